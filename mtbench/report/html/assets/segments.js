// --- the list of segments: only rows in sight exist -------------------------------------------

const ROW = 64;
const list = { data: null, order: [], selected: -1, metric: "", a: 0, b: 1, delta: null };

function currentSet() {
  const found = FACTS.sets.findIndex((one) => one.key === state.set);
  return Math.max(0, found);
}

function systemNumber(facts, name, otherwise) {
  const found = facts.systems.indexOf(name);
  return found >= 0 ? found : Math.min(otherwise, facts.systems.length - 1);
}

// Of a very large test set a page holds some segments, and says so wherever they are looked at.
function tellHeld(facts) {
  for (const node of document.querySelectorAll(".held")) {
    node.hidden = !facts.sentence;
    node.textContent = facts.sentence ?? "";
  }
}

async function showSegments() {
  const number = currentSet();
  tellHeld(FACTS.sets[number]);
  let data;
  try {
    if (list.data?.number !== number) $("count").textContent = "Unpacking …";
    data = await columns(number);
  } catch (error) {
    $("count").textContent = "The segments cannot be read: " + error.message;
    return;
  }
  if (number !== currentSet() || state.view !== "segments") return;
  if (list.data !== data) {
    list.data = data;
    fillFilters(data);
  }
  readFilters(data);
  applyFilters();
}

function fillFilters(data) {
  systemOptions($("a"), data.facts.systems);
  systemOptions($("b"), data.facts.systems);
  options($("metric"), data.metrics.map((name) => [name, `${titleOf(name)} ${arrowOf(name)}`]));
  const labels = (values) => [["", "all"], ...[...new Set(values)].filter((v) => v !== null).map((v) => [v, v])];
  options($("doc"), labels(data.documents));
  options($("dom"), labels(data.domains));
  let seen = 0;
  for (const flags of data.flags) for (const one of flags) seen |= one;
  options($("flag"), [["", "any"], ["all", "any flag at all"], ...FACTS.flags.filter((one) => seen & one.bit).map((one) => [String(one.bit), one.name])]);
  // A choice of one thing is no choice.
  for (const id of ["doc", "dom", "flag"]) $(id).parentElement.hidden = $(id).options.length < 3;
  $("of").parentElement.hidden = $("flag").parentElement.hidden;
  $("dis").parentElement.hidden = !data.disagreement || !data.disagreement.some((value) => value > 0);
  $("b").parentElement.hidden = data.facts.systems.length < 2;
  $("metric").parentElement.hidden = data.metrics.length < 2;
  for (const option of $("sort").options) {
    option.hidden = (["delta", "a", "b"].includes(option.value) && data.facts.systems.length < 2) || (option.value === "dis" && $("dis").parentElement.hidden);
  }
}

function readFilters(data) {
  const facts = data.facts;
  const best = facts.rows.filter((row) => facts.systems.includes(row.system));
  list.a = systemNumber(facts, state.a, facts.systems.indexOf(best[0]?.system));
  list.b = systemNumber(facts, state.b, list.a === 0 ? 1 : 0);
  list.metric = data.metrics.includes(state.metric) ? state.metric : facts.rank_metric && data.scores[facts.rank_metric] ? facts.rank_metric : data.metrics[0] ?? "";
  $("a").value = facts.systems[list.a] ?? "";
  $("b").value = facts.systems[list.b] ?? "";
  $("metric").value = list.metric;
  for (const key of ["q", "sort", "doc", "dom", "flag", "of", "lo", "hi", "dis"]) if ($(key).value !== state[key]) $(key).value = state[key];
  const extra = ["doc", "dom", "flag", "lo", "hi", "dis"].filter((key) => state[key]).length;
  $("morecount").textContent = extra ? `(${extra})` : "";
  list.delta = deltas(data, list.metric, list.a, list.b);
}

function applyFilters() {
  const data = list.data;
  const started = performance.now();
  const words = plain(state.q).split(/\s+/).filter(Boolean);
  const text = words.length ? haystack(data) : null;
  const scores = data.scores[list.metric]?.[list.a];
  const low = state.lo === "" ? -Infinity : Number(state.lo);
  const high = state.hi === "" ? Infinity : Number(state.hi);
  const bounded = scores && (low > -Infinity || high < Infinity);
  const bit = state.flag === "all" ? -1 : Number(state.flag);
  const looked = state.of === "any" ? data.flags : [data.flags[list.a], ...(state.of === "a" ? [] : [data.flags[list.b]])].filter(Boolean);
  const least = Number(state.dis);
  let order = [];
  for (let at = 0; at < data.size; at++) {
    if (state.doc && data.documents[at] !== state.doc) continue;
    if (state.dom && data.domains[at] !== state.dom) continue;
    if (bit && !looked.some((flags) => flags[at] & bit)) continue;
    if (bounded && !(scores[at] >= low && scores[at] <= high)) continue;
    if (least && !(data.disagreement?.[at] >= least)) continue;
    if (text && !words.every((word) => text[at].includes(word))) continue;
    order.push(at);
  }
  list.order = sorted(order, scores);
  const wanted = data.place.get(state.id);
  list.selected = wanted === undefined ? -1 : list.order.indexOf(wanted);
  document.body.dataset.filterMilliseconds = (performance.now() - started).toFixed(1);
  const held = data.facts.of ? ` held here of ${data.facts.of.toLocaleString("en")}` : "";
  const parts = [`${list.order.length.toLocaleString("en")} of ${many(data.size, "segment")}${held}`];
  if (list.delta && list.order.length) {
    let better = 0, worse = 0;
    for (const at of list.order) {
      better += list.delta[at] > 1e-9;
      worse += list.delta[at] < -1e-9;
    }
    parts.push(`A better in ${better.toLocaleString("en")}, B in ${worse.toLocaleString("en")}`);
  }
  $("count").textContent = parts.join(" · ");
  $("spacer").style.height = `${list.order.length * ROW}px`;
  if (wanted === undefined && list.order.length) select(0, false);
  else if (list.selected >= 0) select(list.selected, true);
  else {
    paintList();
    if (wanted !== undefined) showDetail(data, wanted);
    else $("detail").replaceChildren(el("p", { class: "note" }, "No segment fits."));
  }
}

function sorted(order, scores) {
  const by = (value) => {
    const known = order.filter((at) => !Number.isNaN(value(at)));
    const unknown = order.filter((at) => Number.isNaN(value(at)));
    known.sort((one, other) => value(other) - value(one) || one - other);
    return [...known, ...unknown];
  };
  const delta = list.delta;
  const sign = betterIfHigher(list.metric) ? 1 : -1;
  if (state.sort === "delta" && delta) return by((at) => Math.abs(delta[at]));
  if (state.sort === "a" && delta) return by((at) => delta[at]);
  if (state.sort === "b" && delta) return by((at) => -delta[at]);
  if (state.sort === "low" && scores) return by((at) => -sign * scores[at]);
  if (state.sort === "high" && scores) return by((at) => sign * scores[at]);
  if (state.sort === "dis" && list.data.disagreement) return by((at) => list.data.disagreement[at]);
  return order;
}

function paintList() {
  const box = $("list");
  const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 4);
  const last = Math.min(list.order.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + 4);
  const rows = [];
  for (let place = first; place < last; place++) rows.push(row(place));
  $("spacer").replaceChildren(...rows);
  box.setAttribute("aria-activedescendant", list.selected >= first && list.selected < last ? `row-${list.selected}` : "");
  if (!box.getAttribute("aria-activedescendant")) box.removeAttribute("aria-activedescendant");
}

function row(place) {
  const data = list.data;
  const at = list.order[place];
  const facts = data.facts;
  const delta = list.delta?.[at];
  const scoreOf = (system) => data.scores[list.metric]?.[system]?.[at];
  const snippet = data.sources ? foreign("span", facts.source, data.sources[at], "snippet") : foreign("span", facts.target, data.hypotheses[list.a]?.[at] ?? "", "snippet");
  const flagged = data.flags[list.a]?.[at] | data.flags[list.b]?.[at];
  const node = el(
    "div",
    { class: "item", role: "option", id: `row-${place}`, "aria-selected": String(place === list.selected), "aria-setsize": list.order.length, "aria-posinset": place + 1 },
    el("span", { class: "line" },
      el("bdi", { class: "id" }, data.ids[at]),
      flagged ? el("span", { class: "dot", title: "A or B has a flag" }, "⚑") : null,
      el("span", { class: "numbers" },
        el("span", {}, fixed(scoreOf(list.a), list.metric)),
        data.hypotheses.length > 1 ? el("span", { class: "quiet" }, fixed(scoreOf(list.b), list.metric)) : null,
        delta === undefined || Number.isNaN(delta) ? null : el("span", { class: delta > 1e-9 ? "up" : delta < -1e-9 ? "down" : "same" }, delta > 1e-9 ? "▲" : delta < -1e-9 ? "▼" : "=", fixed(Math.abs(delta), list.metric)),
      ),
    ),
    snippet,
  );
  node.style.transform = `translateY(${place * ROW}px)`;
  node.addEventListener("click", () => select(place, true, true));
  return node;
}

function select(place, remember, reveal) {
  if (!list.order.length) return;
  list.selected = Math.max(0, Math.min(list.order.length - 1, place));
  const at = list.order[list.selected];
  if (remember) go({ id: list.data.ids[at] });
  const box = $("list");
  const top = list.selected * ROW;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW - box.clientHeight;
  paintList();
  showDetail(list.data, at);
  if (reveal && matchMedia("(max-width: 799px)").matches) $("detail").scrollIntoView({ block: "start" });
}

function startSegments() {
  $("list").addEventListener("scroll", () => requestAnimationFrame(paintList), { passive: true });
  new ResizeObserver(() => list.data && paintList()).observe($("list"));
  const refresh = () => {
    go(Object.fromEntries(["a", "b", "metric", "q", "sort", "doc", "dom", "flag", "of", "lo", "hi", "dis"].map((key) => [key, $(key).value])));
    readFilters(list.data);
    $("list").scrollTop = 0;
    applyFilters();
  };
  const soon = debounce(refresh, 120);
  for (const key of ["a", "b", "metric", "sort", "doc", "dom", "flag", "of", "dis"]) $(key).addEventListener("change", refresh);
  for (const key of ["q", "lo", "hi"]) $(key).addEventListener("input", soon);
  $("savecsv").addEventListener("click", () => saveSegments("csv"));
  $("savexlsx").addEventListener("click", () => saveSegments("xlsx"));
  $("savejsonl").addEventListener("click", () => saveSegments("jsonl"));
  $("segmentfilters").addEventListener("submit", (event) => event.preventDefault());
  $("clear").addEventListener("click", () => {
    for (const key of ["q", "doc", "dom", "flag", "of", "lo", "hi", "dis", "sort"]) $(key).value = "";
    refresh();
  });
  $("list").addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor($("list").clientHeight / ROW) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    select(Math.max(0, Math.min(list.order.length - 1, list.selected + step)), true);
  });
}
