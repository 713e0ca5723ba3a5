// --- leaderboards: sorting and choosing -----------------------------------------------------

function sortable(table) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  for (const head of table.tHead.rows[0].cells) {
    if (!head.dataset.sort) continue;
    const button = el("button", { type: "button", class: "sorter" }, ...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numeric = head.dataset.sort === "number";
      const down = head.getAttribute("aria-sort") === (numeric && head.cellIndex ? "none" : "ascending");
      const back = head.getAttribute("aria-sort") === (down ? "ascending" : "descending") && !down;
      for (const other of table.tHead.rows[0].cells) if (other.dataset.sort) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", down && !back ? "descending" : "ascending");
      const factor = down && !back ? -1 : 1;
      const rows = original.map((row, at) => ({ row, at, value: row.cells[head.cellIndex].dataset.value }));
      rows.sort((one, other) => {
        if ((one.value === "") !== (other.value === "")) return one.value === "" ? 1 : -1;
        const order = numeric ? one.value - other.value : one.value.localeCompare(other.value);
        return factor * order || one.at - other.at;
      });
      body.append(...rows.map((entry) => entry.row));
      table.classList.toggle("resorted", !(head.cellIndex === 0 && factor === 1));
    });
  }
}

// A badge leads to the segments that it counts, or opens what explains it.
function linkBadges(row, key, system) {
  for (const badge of row.querySelectorAll(".badge[data-flag]")) {
    const link = el("a", { href: hashOf({ view: "segments", set: key, a: system, flag: badge.dataset.flag, of: "a" }), class: badge.className, title: badge.title });
    link.append(...badge.childNodes);
    badge.replaceWith(link);
  }
}

function openParts(board) {
  for (const badge of board.querySelectorAll(".badge[data-opens]")) {
    const button = el("button", { type: "button", class: badge.className, title: badge.title }, ...badge.childNodes);
    const part = board.querySelector(`details[data-part="${badge.dataset.opens}"]`);
    button.addEventListener("click", () => {
      part.open = true;
      part.scrollIntoView({ block: "nearest" });
      part.querySelector("summary").focus({ preventScroll: true });
    });
    badge.replaceWith(button);
  }
  for (const link of board.querySelectorAll("a[data-segment]")) {
    const { segment, a, b } = link.dataset;
    link.href = hashOf({ view: "segments", set: `${board.dataset.corpus}/${board.dataset.pair}`, id: segment, a, b });
  }
}

function chooseBoards() {
  $("boardcorpus").value = state.corpus;
  $("boardpair").value = state.pair;
  for (const id of ["boardcorpus", "boardpair"]) if ($(id).selectedIndex < 0) $(id).value = "";
  const corpus = $("boardcorpus").value;
  const pair = $("boardpair").value;
  let shown = 0;
  for (const board of document.querySelectorAll(".board")) {
    board.hidden = (corpus && board.dataset.corpus !== corpus) || (pair && board.dataset.pair !== pair);
    shown += !board.hidden;
  }
  document.querySelector("#view-leaderboard .none")?.remove();
  if (!shown) $("view-leaderboard").append(el("p", { class: "note none" }, "No test set of that corpus and pair."));
}

function startBoards() {
  for (const table of document.querySelectorAll("table.scores")) sortable(table);
  const corpora = [...new Set(FACTS.sets.map((one) => one.corpus))];
  const pairs = [...new Set(FACTS.sets.map((one) => `${one.source}-${one.target}`))].sort();
  options($("boardcorpus"), [["", "all"], ...corpora.map((name) => [name, name])]);
  options($("boardpair"), [["", "all"], ...pairs.map((name) => [name, name.replace("-", " → ")])]);
  $("boardfilters").hidden = FACTS.sets.length < 2;
  for (const id of ["boardcorpus", "boardpair"]) {
    $(id).addEventListener("change", () => {
      go({ corpus: $("boardcorpus").value, pair: $("boardpair").value });
      chooseBoards();
    });
  }
  for (const board of document.querySelectorAll(".board")) {
    openParts(board);
    const button = board.querySelector("[data-save=board]");
    button.parentElement.hidden = false;
    button.addEventListener("click", () => saveBoard(board));
  }
  for (const row of document.querySelectorAll("table.scores tbody tr")) {
    const board = row.closest(".board");
    const number = FACTS.sets.findIndex((one) => one.key === `${board.dataset.corpus}/${board.dataset.pair}`);
    const name = row.dataset.system;
    if (!FACTS.sets[number]?.systems.includes(name)) continue;
    linkBadges(row, FACTS.sets[number].key, name);
    const cell = row.querySelector("th.system");
    const link = el("a", { href: hashOf({ view: "segments", set: FACTS.sets[number].key, a: name }) }, ...cell.childNodes);
    link.title = "Read its translations";
    cell.append(link);
  }
}
