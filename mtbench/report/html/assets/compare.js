// --- two systems, side by side --------------------------------------------------------------

async function showComparison() {
  const number = currentSet();
  const facts = FACTS.sets[number];
  const box = $("comparison");
  for (const node of document.querySelectorAll(".setname")) node.textContent = `${facts.corpus} ${facts.source} → ${facts.target}`;
  tellHeld(facts);
  if (facts.systems.length < 2) {
    box.replaceChildren(el("p", { class: "note" }, "It takes two systems with stored segments."));
    return;
  }
  const data = await columns(number);
  if (number !== currentSet() || state.view !== "compare") return;
  const a = systemNumber(facts, state.a, 0);
  const b = systemNumber(facts, state.b === facts.systems[a] ? "" : state.b, a === 0 ? 1 : 0);
  const metric = data.metrics.includes(state.metric) ? state.metric : facts.rank_metric && data.scores[facts.rank_metric] ? facts.rank_metric : data.metrics[0];
  systemOptions($("ca"), facts.systems, facts.systems[a]);
  systemOptions($("cb"), facts.systems, facts.systems[b]);
  options($("cm"), data.metrics.map((name) => [name, `${titleOf(name)} ${arrowOf(name)}`]), metric);
  const names = [facts.systems[a], facts.systems[b]];
  box.replaceChildren(
    el("p", { class: "verdict" }, verdictOf(facts, names)),
    metricTable(data, a, b),
    el("div", { class: "flow" }, ...[histogram(data, metric, a, b), extremes(data, metric, a, b, 1), extremes(data, metric, a, b, -1), groupDeltas(facts, metric, names, "length"), groupDeltas(facts, metric, names, "domain"), groupDeltas(facts, metric, names, "document")].filter(Boolean)),
  );
}

function verdictOf(facts, names) {
  const test = facts.tests.find((one) => names.includes(one.a) && names.includes(one.b));
  if (test) return test.verdict;
  const baseline = facts.rows.find((row) => row.baseline && names.includes(row.system));
  if (baseline) return `${baseline.system} is a baseline: it stands outside the tests, so that there is no verdict on this pair.`;
  return "This pair was not tested. " + facts.why_untested;
}

const NOTHING = { wins: 0, losses: 0, ties: 0 };

function counted(delta) {
  const found = { ...NOTHING };
  for (const value of delta) {
    if (value > 1e-9) found.wins++;
    else if (value < -1e-9) found.losses++;
    else if (!Number.isNaN(value)) found.ties++;
  }
  return found;
}

// What was counted of all segments where the page holds only some.
function ofAll(data, metric, a, b) {
  const [one, other] = [data.facts.systems[a], data.facts.systems[b]];
  const pair = data.facts.pairs.find((each) => each.metric === metric && each.a === one && each.b === other);
  if (pair) return pair;
  const turned = data.facts.pairs.find((each) => each.metric === metric && each.a === other && each.b === one);
  return turned && { ...turned, wins: turned.losses, losses: turned.wins, bins: [...turned.bins].reverse() };
}

function metricTable(data, a, b) {
  const facts = data.facts;
  const cell = (system, metric) => facts.rows.find((row) => row.system === facts.systems[system])?.cells[metric];
  const score = (system, metric) => metric === "human" ? facts.human?.means[facts.systems[system]]?.[0] : cell(system, metric)?.score;
  const partial = (system, metric) => cell(system, metric)?.partial ?? false;
  const text = (system, metric) => fixed(score(system, metric), metric) + (partial(system, metric) ? "†" : "");
  const rows = data.metrics.map((metric) => {
    const delta = deltas(data, metric, a, b);
    const one = score(a, metric), other = score(b, metric);
    const { wins, losses, ties } = facts.of ? ofAll(data, metric, a, b) ?? NOTHING : counted(delta ?? []);
    const total = wins + losses + ties;
    const bar = drawn({ width: 180, height: 16, margin: 0, axis: null, x: { domain: [0, Math.max(1, total)] }, marks: [
      vendor.barX([{ from: 0, to: wins, fill: "var(--up)" }, { from: wins, to: wins + ties, fill: "var(--none)" }, { from: wins + ties, to: total, fill: "var(--down)" }], { x1: "from", x2: "to", fill: "fill" })] });
    bar.setAttribute("aria-hidden", "true");
    const cell = (label, ...content) => el("td", { role: "cell", class: "num", "data-label": label }, ...content);
    return el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader" }, `${titleOf(metric)} ${arrowOf(metric)}`),
      cell("A", text(a, metric)), cell("B", text(b, metric)),
      cell("A − B", one === undefined || other === undefined || one === null || other === null || partial(a, metric) !== partial(b, metric) ? "–" : signed(one - other, metric)),
      cell("A better", wins.toLocaleString("en")), cell("same", ties.toLocaleString("en")), cell("B better", losses.toLocaleString("en")),
      el("td", { role: "cell", "data-label": "Segments" }, bar));
  });
  const side = (name) => el("span", { class: `role ${name}` }, name);
  const head = ["Metric", side("A"), side("B"), "A − B", "A better", "same", "B better", "Segments"];
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores of both systems" },
    el("table", { class: "parts", role: "table" }, el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head.map((text, at) => el("th", { scope: "col", role: "columnheader", class: at && at < 7 ? "num" : null }, text)))), el("tbody", { role: "rowgroup" }, rows)));
}

function figureWidth() {
  const room = $("view-compare").clientWidth || 900;
  return Math.max(260, !narrow.matches ? Math.floor((room - 24) / 2) - 34 : room - 34);
}

function histogram(data, metric, a, b) {
  const half = 10;
  const whole = data.facts.of ? ofAll(data, metric, a, b) : null;
  if (data.facts.of && !whole) return null;
  const delta = whole ? null : deltas(data, metric, a, b);
  const known = delta ? [...delta].filter((value) => !Number.isNaN(value)) : [];
  if (!whole && known.length < 2) return null;
  const size = known.map(Math.abs).sort((one, other) => one - other);
  const reach = whole ? whole.reach : size[Math.floor(0.99 * (size.length - 1))] || 1;
  const bins = Array.from({ length: 2 * half }, (_, at) => ({ from: (reach * (at - half)) / half, to: (reach * (at - half + 1)) / half, count: whole?.bins[at] ?? 0 }));
  for (const value of known) bins[Math.max(0, Math.min(2 * half - 1, Math.floor((value / reach) * half + half)))].count++;
  return figure("Where segments lie", `${titleOf(metric)}: right of zero A is better; outer bars hold what lies beyond`, drawn({
    width: figureWidth(), height: 220, marginLeft: 44, marginBottom: 38, ariaLabel: "Histogram of differences by segment",
    x: { label: null, ticks: 7 }, y: { label: "segments", grid: true, ticks: Math.min(5, Math.max(...bins.map((bin) => bin.count))), labelArrow: false, tickFormat: (value) => (Number.isInteger(value) ? value.toLocaleString("en") : "") },
    marks: [vendor.rectY(bins, { x1: "from", x2: "to", y: "count", inset: 0.5, fill: (bin) => (bin.from >= 0 ? "var(--up)" : "var(--down)") }), vendor.ruleX([0], { stroke: "var(--ink)" })],
  }), table(bins, { from: "from", to: "to", segments: "count" }));
}

function groupDeltas(facts, metric, names, by) {
  const sign = betterIfHigher(metric) ? 1 : -1;
  let rows = facts.groups.filter((group) => group.by === by && group.metric === metric && names.every((name) => name in group.scores))
    .map((group) => ({ label: group.label, segments: group.segments, delta: sign * (group.scores[names[0]][0] - group.scores[names[1]][0]) }));
  if (rows.length < 2) return null;
  const all = facts.spreads?.find((one) => one.by === by && one.metric === metric)?.labels ?? rows.length;
  if (all > 24) {
    rows.sort((one, other) => other.delta - one.delta);
    rows = [...rows.slice(0, 12), ...rows.slice(-12)];
  }
  const labels = rows.map((row) => row.label);
  const short = shortener(labels);
  return figure(`By ${by}`, all > 24 ? `the 24 of ${all} that differ most` : "right of zero A is better", drawn({
    width: figureWidth(), height: 46 + 24 * rows.length, marginLeft: leftMargin(labels), marginBottom: 34, marginTop: 8, ariaLabel: `Differences by ${by}`,
    x: { label: null, grid: true, ticks: 5, nice: true }, y: { domain: labels, label: null, tickSize: 0, tickFormat: short },
    marks: [vendor.barX(rows, { x: "delta", y: "label", insetTop: 4, insetBottom: 4, fill: (row) => (row.delta >= 0 ? "var(--up)" : "var(--down)"), title: (row) => `${row.label}: ${signed(row.delta, metric)}, ${many(row.segments, "segment")}` }), vendor.ruleX([0], { stroke: "var(--ink)" })],
  }), table(rows, { [by]: "label", segments: "segments", better: "delta" }));
}

function extremes(data, metric, a, b, sign) {
  const delta = deltas(data, metric, a, b);
  const order = delta ? [...delta.keys()].filter((at) => sign * delta[at] > 1e-9).sort((one, other) => sign * (delta[other] - delta[one]) || one - other).slice(0, 6) : [];
  const who = data.facts.systems[sign > 0 ? a : b];
  return el("section", { class: "card" }, el("h3", {}, "Where ", el("bdi", {}, who), " is better"),
    order.length ? el("ol", { class: "extremes" }, order.map((at) => el("li", {},
      el("a", { href: hashOf({ ...state, view: "segments", set: data.facts.key, id: data.ids[at], a: data.facts.systems[a], b: data.facts.systems[b], metric, sort: sign > 0 ? "a" : "b", q: "", doc: "", dom: "", flag: "", of: "", lo: "", hi: "", dis: "" }) }, el("bdi", {}, data.ids[at])), " ",
      el("span", { class: sign > 0 ? "up" : "down" }, sign > 0 ? "▲" : "▼", fixed(Math.abs(delta[at]), metric)),
      foreign("p", data.sources ? data.facts.source : data.facts.target, data.sources ? data.sources[at] : data.hypotheses[a][at] ?? "", "snippet")))) : el("p", { class: "quiet" }, "Nowhere."));
}
