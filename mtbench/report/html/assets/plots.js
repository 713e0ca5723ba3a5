// --- plots ----------------------------------------------------------------------------------

// Only symbols with an inside: lines alone would not be seen.
const SYMBOLS = ["circle", "square", "triangle", "diamond", "cross", "star", "wye", "hexagon"];
const colour = (at) => `var(--c${at % 8})`;
// Another symbol when the colours begin again, so that 64 systems can be told apart.
const symbol = (at) => SYMBOLS[(at + Math.floor(at / 8)) % 8];

// `belongs` says of each kind of mark which systems its shapes are of, in the order of its data.
function drawn({ belongs, ...options }) {
  const svg = vendor.plot({ className: "chart", marginRight: 24, ...options });
  for (const [kind, places] of Object.entries(belongs ?? {}))
    svg.querySelectorAll(`g[aria-label="${kind}"] > *`).forEach((shape, number) => (shape.dataset.at = places[number]));
  for (const style of svg.querySelectorAll("style")) style.remove(); // the page's own style sheet has it
  for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  svg.setAttribute("role", "img"); // one picture with one name; the tables hold its numbers
  return svg;
}

// `numbers` are those that it shows: a heading, and a line for each mark.
function figure(title, caption, content, numbers, className) {
  const svg = content.matches("svg") ? content : content.querySelector("svg");
  return el("figure", { class: className }, el("figcaption", {}, el("strong", {}, title), caption ? el("span", { class: "quiet" }, caption) : null, saving(svg, title, numbers)), content);
}

function legend(set) {
  return el(
    "ul",
    { class: "legend" },
    shownRows(set).map((row) => {
      const at = set.rows.indexOf(row);
      const mark = drawn({ width: 16, height: 16, margin: 2, axis: null, x: { domain: [0, 1] }, y: { domain: [0, 1] }, ariaHidden: "true",
        marks: [vendor.dot([0], { x: 0.5, y: 0.5, r: 4.5, fill: colour(at), symbol: symbol(at) })] });
      mark.setAttribute("aria-hidden", "true");
      return el("li", { tabindex: "0", "data-at": at }, mark, el("bdi", {}, row.system));
    }),
  );
}

const narrow = matchMedia("(max-width: 999px)"); // where figures stand in one column
const few = (width) => (width < 420 ? 3 : 5);

// Names in the margin; the names are text nodes, whatever is in them.
function leftMargin(names, most = 22) {
  const letters = Math.max(4, ...names.map((name) => Array.from(shortener(names, most)(name)).length));
  return Math.min(210, 18 + letters * 8);
}

// A baseline far off presses the candidates together: it is drawn where it is asked for.
const baselinesShown = (set) => state.base === "1" || set.rows.filter((row) => !row.baseline).length < 2;
const shownRows = (set) => set.rows.filter((row) => !row.baseline || baselinesShown(set));

// A partial score stands beside no other.
function scored(set, metric) {
  return shownRows(set).filter((row) => row.cells[metric] && !row.cells[metric].partial).map((row) => ({ name: row.system, baseline: row.baseline, seconds: row.seconds, ...row.cells[metric] }));
}

function intervalPlot(set, metric, width) {
  const rows = scored(set, metric);
  if (!rows.length) return null;
  const names = rows.map((row) => row.name);
  const sorted = [...rows].sort((a, b) => (betterIfHigher(metric) ? b.score - a.score : a.score - b.score));
  return figure(
    titleOf(metric) + " " + arrowOf(metric),
    "95 % intervals" + (rows.some((row) => !row.reliable) ? ", dotted where unreliable" : "") + (rows.some((row) => row.baseline) ? "; hollow: baseline" : ""),
    drawn({
      width, height: 46 + 26 * rows.length, marginLeft: leftMargin(names), marginTop: 8, marginBottom: 34,
      ariaLabel: `${titleOf(metric)} of ${many(rows.length, "system")} with intervals`,
      x: { label: null, grid: true, nice: true, ticks: few(width) },
      y: { label: null, domain: sorted.map((row) => row.name), tickFormat: shortener(names), tickSize: 0, type: "point", padding: 0.6 },
      marks: [
        vendor.ruleY(rows.filter((row) => row.low !== null), { x1: "low", x2: "high", y: "name", stroke: "var(--range)", strokeWidth: 3, strokeLinecap: "round", strokeDasharray: rows.some((row) => !row.reliable) ? "1 5" : null }),
        vendor.dot(rows, { x: "score", y: "name", r: 5, fill: (row) => (row.baseline ? "var(--paper)" : "var(--accent)"), stroke: "var(--accent)", strokeWidth: 1.5, title: (row) => `${row.name}: ${fixed(row.score, metric)}${row.low === null ? "" : ` [${fixed(row.low, metric)}, ${fixed(row.high, metric)}]`}` }),
      ],
    }),
    table(sorted, { system: "name", [metric]: "score", ci_low: "low", ci_high: "high" }),
  );
}

function againstPlot(set, one, other, width) {
  const rows = scored(set, one).flatMap((row) => {
    const y = other === "human" ? set.human?.means[row.name]?.[0] : set.rows.find((r) => r.system === row.name)?.cells[other]?.score;
    return y === undefined || y === null ? [] : [{ name: row.name, x: row.score, y }];
  });
  if (rows.length < 2) return null;
  return figure(`${titleOf(other)} against ${titleOf(one)}`, "one point per system", drawn({
    belongs: { dot: placesOf(set, rows) },
    width, height: 260, marginLeft: 52, marginBottom: 40, marginTop: 18, inset: 14,
    ariaLabel: `${titleOf(other)} against ${titleOf(one)}`,
    x: { label: `${titleOf(one)} ${arrowOf(one)}`, grid: true, nice: true, ticks: few(width), labelAnchor: "center", labelArrow: false },
    y: { label: `${titleOf(other)} ${arrowOf(other)}`, grid: true, nice: true, ticks: few(width), labelArrow: false },
    marks: namedDots(set, rows),
  }), table(rows, { system: "name", [one]: "x", [other]: "y" }));
}

// --- many systems: the first few are drawn, the others faintly, until somebody points at one ----

const FEW_LINES = 8;

function bringForward(at) {
  const box = $("figures");
  box.classList.toggle("pointing", at !== null);
  for (const shape of box.querySelectorAll("[data-at]")) shape.classList.toggle("lit", shape.dataset.at === at);
  // What is brought forward is painted last.
  for (const shape of box.querySelectorAll("svg path[data-at].lit")) shape.parentElement.append(shape);
}

function startPointing() {
  const box = $("figures");
  const of = (event) => event.target.closest?.("[data-at]")?.dataset.at ?? null;
  box.addEventListener("pointerover", (event) => bringForward(of(event)));
  box.addEventListener("pointerleave", () => bringForward(null));
  box.addEventListener("focusin", (event) => bringForward(of(event)));
  box.addEventListener("focusout", () => bringForward(null));
}

const placesOf = (set, rows) => rows.map((row) => set.rows.findIndex((one) => one.system === row.name));

function namedDots(set, rows) {
  const place = (row) => set.rows.findIndex((one) => one.system === row.name);
  return [
    vendor.dot(rows, { x: "x", y: "y", r: 5.5, fill: (row) => colour(place(row)), symbol: (row) => symbol(place(row)), title: (row) => row.name, stroke: "var(--paper)", strokeWidth: 1 }),
  ];
}

// Round numbers only: powers of ten, and 2 and 5 between them where there are few.
function logarithmic(values) {
  const low = Math.min(...values) / 1.3, high = Math.max(...values) * 1.3;
  const steps = high / low > 300 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) ticks.push(Number(`${step}e${power}`));
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return { domain: [low, high], ticks: inside.length ? inside : values.slice(0, 1) };
}

function speedPlot(set, metric, width) {
  const rows = scored(set, metric).filter((row) => row.seconds > 0).map((row) => ({ name: row.name, x: row.seconds, y: row.score }));
  if (rows.length < 2) return null;
  return figure("Quality against speed", "seconds per segment, logarithmic: further left is faster", drawn({
    belongs: { dot: placesOf(set, rows) },
    width, height: 260, marginLeft: 52, marginBottom: 40, marginTop: 18, inset: 14,
    ariaLabel: `${titleOf(metric)} against seconds per segment`,
    x: { type: "log", ...logarithmic(rows.map((row) => row.x)), label: "seconds per segment", grid: true, labelAnchor: "center", labelArrow: false, tickFormat: (value) => String(Number(value.toPrecision(2))) },
    y: { label: `${titleOf(metric)} ${arrowOf(metric)}`, grid: true, nice: true, ticks: few(width), labelArrow: false },
    marks: namedDots(set, rows),
  }), table(rows, { system: "name", seconds_per_segment: "x", [metric]: "y" }));
}

function groupRows(set, metric, by) {
  const groups = set.groups.filter((group) => group.by === by && group.metric === metric);
  const shown = new Set(shownRows(set).map((row) => row.system));
  return groups.flatMap((group) =>
    Object.entries(group.scores).filter(([name, [score]]) => shown.has(name) && score !== null).map(([name, [score, low, high]]) => ({ label: group.label, segments: group.segments, name, score, low, high })),
  );
}

function lengthPlot(set, metric, width) {
  const rows = groupRows(set, metric, "length");
  const labels = [...new Set(rows.map((row) => row.label))];
  if (!rows.length) return null;
  const place = (row) => set.rows.findIndex((one) => one.system === row.name);
  const count = new Map(rows.map((row) => [row.label, row.segments]));
  const tight = width < 420; // an interval in two lines
  const short = (label) => label.replace(" characters", "").replace("–", tight ? "–\n" : "–");
  const order = [...new Set(rows.map((row) => row.name))].map((name) => set.rows.findIndex((one) => one.system === name));
  const faint = order.length > FEW_LINES;
  const ranked = new Set(order.slice().sort((one, other) => one - other).slice(0, FEW_LINES));
  const chart = drawn({
    belongs: { line: order, dot: rows.map(place) },
    width, height: 280, marginLeft: 46, marginBottom: tight ? 64 : 50, marginTop: 18,
    ariaLabel: `${titleOf(metric)} by length of the source`,
    x: { domain: labels, type: "point", label: null, tickFormat: (label) => `${short(label)}\n${count.get(label).toLocaleString("en")}`, padding: 0.4 },
    y: { label: `${titleOf(metric)} ${arrowOf(metric)}`, grid: true, nice: true, ticks: few(width), labelArrow: false },
    marks: [
      vendor.lineY(rows, { x: "label", y: "score", z: "name", stroke: (row) => colour(place(row)), strokeWidth: 1.5 }),
      vendor.dot(rows, { x: "label", y: "score", r: 4, fill: (row) => colour(place(row)), symbol: (row) => symbol(place(row)), title: (row) => `${row.name}, ${row.label}: ${fixed(row.score, metric)} [${fixed(row.low, metric)}, ${fixed(row.high, metric)}], ${many(row.segments, "segment")}` }),
    ],
  });
  for (const shape of chart.querySelectorAll("[data-at]")) shape.classList.toggle("faint", faint && !ranked.has(Number(shape.dataset.at)));
  return figure("By length", `characters of the source, with the number of segments${faint ? `; the first ${FEW_LINES} by rank, the others when pointed at` : ""}`, chart, partsTable(rows, metric, "length"));
}

const partsTable = (rows, metric, by) => table(rows, { [by]: "label", segments: "segments", system: "name", [metric]: "score", ci_low: "low", ci_high: "high" });

// Of very many documents, how many lie where.
function spreadPlot(set, spread, width) {
  const names = shownRows(set).map((row) => row.system).filter((name) => name in spread.bins);
  const rows = names.flatMap((name) => spread.bins[name].flatMap((count, at) => (count ? [{ name, count, from: spread.edges[at], to: spread.edges[at + 1], score: (spread.edges[at] + spread.edges[at + 1]) / 2 }] : [])));
  return figure(`By ${spread.by}`, `the larger a dot, the more of ${many(spread.labels, spread.by)}`, drawn({
    width, height: 46 + 24 * names.length, marginLeft: leftMargin(names), marginTop: 8, marginBottom: 34,
    ariaLabel: `${titleOf(spread.metric)} by ${spread.by}`,
    x: { label: null, grid: true, nice: true, ticks: few(width) },
    y: { label: null, domain: names, tickFormat: shortener(names), tickSize: 0, type: "point", grid: true, padding: 0.6 },
    r: { range: [0, 9] },
    marks: [vendor.dot(rows, { x: "score", y: "name", r: "count", fillOpacity: 0.5, fill: "var(--accent)", title: (row) => `${row.count.toLocaleString("en")} from ${fixed(row.from, spread.metric)} to ${fixed(row.to, spread.metric)}` })],
  }), table(rows, { system: "name", from: "from", to: "to", [`${spread.by}s`]: "count" }));
}

function partsPlot(set, metric, by, width) {
  const binned = set.spreads?.find((one) => one.by === by && one.metric === metric);
  if (binned) return spreadPlot(set, binned, width);
  let rows = groupRows(set, metric, by);
  const labels = [...new Set(rows.map((row) => row.label))];
  if (labels.length < 2) return null;
  const place = (row) => set.rows.findIndex((one) => one.system === row.name);
  const spread = labels.length > 40;
  const names = shownRows(set).map((row) => row.system);
  const marks = spread
    ? [vendor.dot(rows, { x: "score", y: "name", r: 3, fillOpacity: 0.35, fill: "var(--accent)", title: (row) => `${row.label}: ${fixed(row.score, metric)}` })]
    : [vendor.dot(rows, { x: "score", y: "label", r: 4.5, fill: (row) => colour(place(row)), symbol: (row) => symbol(place(row)), title: (row) => `${row.name}, ${row.label}: ${fixed(row.score, metric)}, ${many(row.segments, "segment")}` })];
  const domain = spread ? names : labels;
  return figure(by === "domain" ? "By domain" : "By document", spread ? `one point for each of ${many(labels.length, by)}` : null, drawn({
    belongs: { dot: placesOf(set, rows) },
    width, height: 46 + (spread || names.length <= 8 ? 24 : 36) * domain.length, marginLeft: leftMargin(domain), marginTop: 8, marginBottom: 34,
    ariaLabel: `${titleOf(metric)} by ${by}`,
    x: { label: null, grid: true, nice: true, ticks: few(width) },
    y: { label: null, domain, tickFormat: shortener(domain), tickSize: 0, type: "point", grid: true, padding: 0.6 },
    marks,
  }), partsTable(rows, metric, by));
}

const MOST_NUMBERS = 16; // systems; beyond, a matrix is squares without numbers

function matrixPlot(set, room, column) {
  if (!set.tests.length) return null;
  const names = set.rows.filter((row) => set.tests.some((test) => test.a === row.system || test.b === row.system)).map((row) => row.system);
  const cells = set.tests.flatMap((test) => [
    { row: test.a, column: test.b, delta: test.delta, test },
    { row: test.b, column: test.a, delta: -test.delta, test },
  ]);
  const numbers = names.length <= MOST_NUMBERS;
  const kind = (cell) => (cell.test.winner === null ? "none" : cell.test.winner === cell.row ? "better" : "worse");
  const sign = { none: "", better: "▲", worse: "▼" };
  const left = leftMargin(names);
  const size = numbers ? Math.max(62, Math.min(104, (room - left - 24) / names.length)) : Math.max(14, Math.min(30, (room - left - 24) / names.length));
  // Names that would run into each other are turned.
  const turned = Math.max(...names.map((name) => Array.from(shortener(names)(name)).length)) > size / 6.2;
  const full = Math.round(left + 24 + size * names.length);
  const above = turned ? (numbers ? 92 : 122) : 28;
  const chart = drawn({
    width: full, height: Math.round(above + 4 + (numbers ? 40 : size) * names.length), marginLeft: left, marginTop: above, marginBottom: 4,
    ariaLabel: "Significance of all pairs",
    x: { domain: names, axis: "top", label: null, tickFormat: shortener(names, turned ? 16 : 22), tickSize: 0, tickRotate: turned ? (numbers ? -50 : -90) : 0 },
    y: { domain: names, label: null, tickFormat: shortener(names), tickSize: 0 },
    marks: [
      vendor.cell(cells, { x: "column", y: "row", inset: numbers ? 1.5 : 0.5, rx: numbers ? 4 : 1, fill: (cell) => `var(--${kind(cell)})`, title: (cell) => cell.test.verdict }),
      vendor.text(cells, { x: "column", y: "row", text: (cell) => (numbers ? `${sign[kind(cell)]} ${signed(cell.delta, set.rank_metric)}`.trim() : sign[kind(cell)]), fill: "var(--ink)", fontSize: numbers ? 12 : 8, pointerEvents: "none" }),
    ],
  });
  // Numbers that would be too small to read are scrolled to.
  const box = el("div", { class: "scroll fixed", tabindex: "0", role: "region", "aria-label": "Who is better than whom" }, chart);
  return figure("Who is better than whom", `by ${titleOf(set.rank_metric)}: row minus column; ▲ better, ▼ worse, unmarked: not established${numbers ? "" : "; point at a square for the difference"}`, box,
    table(set.tests, { a: "a", b: "b", metric: () => set.rank_metric, delta: "delta", p_adjusted: "p", winner: "winner" }), full > column ? "wide" : null);
}

let plotsOf = "";

const PRINTED = 330; // a column of a sheet, so that letters keep their size

function drawPlots(printed = false) {
  const number = currentSet();
  const set = FACTS.sets[number];
  for (const node of document.querySelectorAll(".setname")) node.textContent = `${set.corpus} ${set.source} → ${set.target}`;
  const metrics = set.metrics;
  const chosen = metrics.includes(state.metric) ? state.metric : set.rank_metric || metrics[0];
  options($("plotmetric"), metrics.map((name) => [name, titleOf(name)]), chosen);
  const room = $("figures").clientWidth || Math.min(1100, document.documentElement.clientWidth - 48);
  const wide = !narrow.matches;
  const width = printed ? PRINTED : Math.max(260, wide ? Math.floor((room - 24) / 2) - 34 : room - 34);
  const key = `${number} ${chosen} ${width} ${baselinesShown(set)}`;
  $("baselines").checked = baselinesShown(set);
  $("baselinespick").hidden = !set.rows.some((row) => row.baseline) || (state.base !== "1" && baselinesShown(set));
  if (key === plotsOf) return;
  plotsOf = key;
  if (!chosen) {
    $("figures").replaceChildren(el("p", { class: "note" }, "There are no scores to draw."));
    return;
  }
  const others = [...metrics.filter((name) => name !== chosen), ...(set.human ? ["human"] : [])];
  const coloured = [
    ...others.map((other) => againstPlot(set, chosen, other, width)),
    speedPlot(set, chosen, width),
    lengthPlot(set, chosen, width),
    partsPlot(set, chosen, "domain", width),
    partsPlot(set, chosen, "document", width),
  ].filter(Boolean);
  // Three stand in one line, so that no place stays empty.
  const three = wide && !printed && metrics.length % 3 === 0;
  const third = Math.floor((room - 48) / 3) - 34;
  const ranges = [chosen, ...metrics.filter((name) => name !== chosen)].map((name) => intervalPlot(set, name, three ? third : width)).filter(Boolean);
  $("lithint").hidden = shownRows(set).length <= FEW_LINES;
  $("figures").replaceChildren(
    ...(three ? [el("div", { class: "wide three" }, ranges)] : ranges),
    ...[matrixPlot(set, printed ? 2 * PRINTED : room - 34, width)].filter(Boolean),
    ...(set.tests.length ? [] : [el("p", { class: "note wide" }, set.why_untested)]),
    ...(coloured.length ? [el("div", { class: "wide" }, legend(set)), ...coloured] : []),
  );
}
