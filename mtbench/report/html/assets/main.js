// --- views, keys, start -----------------------------------------------------------------------

function show(focus) {
  for (const view of VIEWS) $("view-" + view).hidden = view !== state.view;
  for (const link of document.querySelectorAll("#views a")) {
    const here = link.dataset.view === state.view;
    if (here) {
      link.setAttribute("aria-current", "page");
      link.parentElement.scrollLeft = link.offsetLeft - link.parentElement.offsetLeft - 24;
    }
    else link.removeAttribute("aria-current");
    link.href = hashOf({ ...state, view: link.dataset.view });
  }
  const perSet = ["plots", "segments", "compare"].includes(state.view);
  $("setpick").hidden = !perSet || FACTS.sets.length < 2;
  $("set").value = FACTS.sets[currentSet()].key;
  document.body.dataset.view = state.view;
  if (state.view === "leaderboard") chooseBoards();
  if (state.view === "plots") drawPlots();
  if (state.view === "segments") showSegments();
  if (state.view === "compare") showComparison();
  if (focus) scrollTo(0, 0);
}

function openView(view) {
  go({ view }, true);
  show(true);
}

function startKeys() {
  const typing = (target) => target.closest?.("input, select, textarea, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const number = "123456".slice(0, VIEWS.length).indexOf(event.key);
    if (event.key === "?") $("help").showModal();
    else if (number >= 0 && event.key) openView(VIEWS[number]);
    else if (event.key === "/") {
      if (state.view !== "segments") openView("segments");
      $("q").focus();
      $("q").select();
    } else if (state.view === "segments" && list.data && !segmentKey(event.key)) return;
    else if (state.view !== "segments") return;
    event.preventDefault();
  });
}

function segmentKey(key) {
  if (key === "j") select(list.selected + 1, true);
  else if (key === "k") select(list.selected - 1, true);
  else if (key === "g") select(0, true);
  else if (key === "G") select(list.order.length - 1, true);
  else if (key === "d" || key === "w") {
    const choice = $(key === "d" ? "against" : "by");
    choice.selectedIndex = (choice.selectedIndex + 1) % choice.options.length;
    choice.dispatchEvent(new Event("change"));
  } else if (key === "c" && $("context")) $("context").open = !$("context").open;
  else return false;
  return true;
}

function startTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  $("theme").addEventListener("click", () => {
    const now = document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  });
}

// Test sets to choose from, by corpus where there are several.
function fillSets() {
  const corpora = [...new Set(FACTS.sets.map((one) => one.corpus))];
  const option = (one) => el("option", { value: one.key }, `${one.corpus} ${one.source} → ${one.target}`);
  const of = (corpus) => FACTS.sets.filter((one) => one.corpus === corpus).map(option);
  $("set").replaceChildren(...(corpora.length > 1 ? corpora.map((name) => el("optgroup", { label: name }, of(name))) : of(corpora[0])));
}

function start() {
  fillSets();
  $("set").addEventListener("change", () => {
    go({ set: $("set").value, id: "", doc: "", dom: "", flag: "", of: "", a: "", b: "", against: "" }, true);
    show();
  });
  $("plotmetric").addEventListener("change", () => {
    go({ metric: $("plotmetric").value });
    drawPlots();
  });
  $("baselines").addEventListener("change", () => {
    go({ base: $("baselines").checked ? "1" : "" });
    drawPlots();
  });
  for (const [id, key] of [["ca", "a"], ["cb", "b"], ["cm", "metric"]]) {
    $(id).addEventListener("change", () => {
      go({ a: $("ca").value, b: $("cb").value, [key]: $(id).value });
      showComparison();
    });
  }
  $("keys").addEventListener("click", () => $("help").showModal());
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address belongs to the views
    $("main").focus();
  });
  addEventListener("hashchange", () => {
    state = readHash();
    show();
  });
  addEventListener("popstate", () => {
    state = readHash();
    show();
  });
  addEventListener("resize", debounce(() => {
    if (state.view === "plots") drawPlots();
    if (state.view === "compare") showComparison();
  }, 150));
  addEventListener("beforeprint", () => {
    if (["segments", "compare"].includes(state.view)) return;
    drawPlots(true);
  });
  addEventListener("afterprint", () => state.view === "plots" && drawPlots());
  startBoards();
  startSegments();
  startPointing();
  startKeys();
  startTheme();
  show();
  document.body.dataset.ready = "yes";
}

start();
