// --- files that the page hands out: what is in sight, never anything from elsewhere -----------

function save(name, type, content) {
  const link = el("a", { href: URL.createObjectURL(new Blob([content].flat(), { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// A cell that a spreadsheet would run as a formula is quoted by a leading apostrophe.
function csvCell(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  let text = String(value);
  if (typeof value !== "number" && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csv = (rows) => rows.map((row) => row.map(csvCell).join(",") + "\r\n").join("");

const fileName = (...parts) => parts.join("-").replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 120);

// A picture that stands alone: what style sheets and variables give it is written into it.
const DRAWN = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "opacity", "font-size", "font-family", "font-weight", "text-anchor"];

function standalone(svg) {
  const copy = svg.cloneNode(true);
  const pairs = [[svg, copy], ...[...svg.querySelectorAll("*")].map((one, at) => [one, copy.querySelectorAll("*")[at]])];
  for (const [one, other] of pairs) {
    const style = getComputedStyle(one);
    for (const name of DRAWN) other.setAttribute(name, style.getPropertyValue(name));
    other.removeAttribute("style");
    other.removeAttribute("class");
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["width", "100%"], ["height", "100%"], ["fill", getComputedStyle(document.documentElement).getPropertyValue("--paper")]]) paper.setAttribute(name, value);
  copy.prepend(paper);
  return new XMLSerializer().serializeToString(copy);
}

async function savePicture(svg, name) {
  const text = standalone(svg);
  const picture = new Image();
  picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  await picture.decode();
  const canvas = el("canvas", {});
  canvas.width = 2 * svg.width.baseVal.value;
  canvas.height = 2 * svg.height.baseVal.value;
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => save(name + ".png", "image/png", blob));
}

// Buttons beside a figure's title.
function saving(svg, title, numbers) {
  const name = () => fileName(FACTS.sets[currentSet()].key.replace("/", "-"), title);
  return el("span", { class: "save" },
    el("button", { type: "button", class: "ghost small", "aria-label": `Save ${title} as SVG`, on: { click: () => save(name() + ".svg", "image/svg+xml", standalone(svg)) } }, "SVG"),
    el("button", { type: "button", class: "ghost small", "aria-label": `Save ${title} as PNG`, on: { click: () => savePicture(svg, name()) } }, "PNG"),
    el("button", { type: "button", class: "ghost small", "aria-label": `Save the numbers of ${title} as CSV`, on: { click: () => save(name() + ".csv", "text/csv", csv(numbers)) } }, "CSV"));
}

// Rows as lines of a table: heading → the key of its values, or what gives one.
const table = (rows, columns) => [Object.keys(columns), ...rows.map((row) => Object.values(columns).map((of) => (typeof of === "string" ? row[of] : of(row))))];

// A leaderboard as its table shows it, with every digit that the page has.
function saveBoard(board) {
  const set = FACTS.sets.find((one) => one.key === `${board.dataset.corpus}/${board.dataset.pair}`);
  const metrics = [...new Set(set.rows.flatMap((row) => Object.keys(row.cells)))];
  const told = set.rows.some((row) => row.terms);
  const head = ["corpus", "src", "tgt", "system", "rank", "cluster", ...metrics.flatMap((name) => [name, `${name}_ci_low`, `${name}_ci_high`, `${name}_signature`]), ...(told ? ["term_recall", "terms_asked", "terms_used"] : [])];
  const rows = set.rows.map((row) => [set.corpus, set.source, set.target, row.system, row.rank, row.cluster,
    ...metrics.flatMap((name) => [row.cells[name]?.score, row.cells[name]?.low, row.cells[name]?.high, row.cells[name]?.signature]),
    ...(told ? [row.terms && row.terms.used / row.terms.asked, row.terms?.asked, row.terms?.used] : [])]);
  save(fileName(set.key) + ".csv", "text/csv", csv([head, ...rows]));
}

// The segments in the list, in its order, both systems of each, as `mtbench segments` writes them.
function listed() {
  const data = list.data;
  const chosen = [...new Set([list.a, list.b])].filter((system) => system in data.hypotheses);
  const known = (value) => (value === undefined || Number.isNaN(value) ? null : value);
  const entries = (system, at) => Object.entries(data.annotations).filter(([, bySystem]) => bySystem[system].has(at)).map(([metric, bySystem]) => [metric, bySystem[system].get(at)]);
  return list.order.flatMap((at) => chosen.map((system) => ({
    corpus: data.facts.corpus, pair: `${data.facts.source}-${data.facts.target}`, system: data.facts.systems[system], id: data.ids[at],
    document: data.documents[at] ?? null, domain: data.domains[at] ?? null,
    source: data.sources?.[at] ?? null, references: data.references?.[at] ?? [], output: data.hypotheses[system][at] ?? null,
    scores: Object.fromEntries(data.metrics.map((metric) => [metric, known(data.scores[metric][system]?.[at])])),
    flags: FACTS.flags.filter((one) => one.key && (data.flags[system]?.[at] ?? 0) & one.bit).map((one) => one.key),
    difference: chosen.length > 1 ? known(data.scores[list.metric]?.[list.a]?.[at] - data.scores[list.metric]?.[list.b]?.[at]) : null,
    said: Object.fromEntries(entries(system, at)),
  })));
}

// What a metric said of a segment, in the words of `mtbench segments`.
function inWords(said) {
  if (said === null || typeof said !== "object" || Array.isArray(said)) return [JSON.stringify(said)];
  return Object.entries(said).flatMap(([key, value]) => {
    if (["error_spans", "unlocated"].includes(key) && Array.isArray(value))
      return value.map((span) => `${span.severity ?? "error"}${span.category ? " " + span.category : ""} “${span.text ?? ""}”${key === "unlocated" ? ", not found in the translation" : ""}`);
    if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value.map((one) => `${key}: ${one}`);
    return [`${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`];
  });
}

// The list as rows of a table, its header first.
function asRows(found) {
  const metrics = list.data.metrics;
  const most = Math.max(1, ...found.map((one) => one.references.length));
  const references = Array.from({ length: most }, (_, at) => (at ? `reference_${at + 1}` : "reference"));
  const head = ["id", "source", "output", ...references, ...metrics, "difference", "flags", "system", "corpus", "pair", "document", "domain", "said"];
  const words = (said) => Object.entries(said).flatMap(([metric, value]) => inWords(value).map((one) => `${metric}: ${one}`)).join("; ");
  return [head, ...found.map((one) => [one.id, one.source, one.output, ...references.map((_, at) => one.references[at]), ...metrics.map((metric) => one.scores[metric]), one.difference, one.flags.join(" "), one.system, one.corpus, one.pair, one.document, one.domain, words(one.said)])];
}

function saveSegments(kind) {
  const found = listed();
  const name = fileName(list.data.facts.key, "segments");
  $("saved").textContent = "";
  if (kind === "jsonl") {
    save(name + ".jsonl", "application/jsonl", found.map((one) => JSON.stringify(one) + "\n").join(""));
    return;
  }
  const rows = asRows(found);
  if (kind === "csv") {
    save(name + ".csv", "text/csv", csv(rows));
    return;
  }
  const why = unfit(rows);
  if (why) $("saved").textContent = `No sheet: ${why}. The CSV can.`;
  else save(name + ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", sheetFile(rows));
}
