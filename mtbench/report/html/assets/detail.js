// --- one segment, whole ---------------------------------------------------------------------

function showDetail(data, at) {
  const facts = data.facts;
  const place = list.selected;
  const move = (step, label, sign) =>
    el("button", { type: "button", class: "ghost", "aria-label": label, disabled: place < 0 || place + step < 0 || place + step >= list.order.length, on: { click: () => select(place + step, true) } }, sign);
  const copy = el("button", { type: "button", class: "ghost", on: { click: () => copyLink(copy) } }, "Copy link");
  const where = [data.documents[at] && ["document", data.documents[at]], data.domains[at] && ["domain", data.domains[at]]].filter(Boolean);
  const node = [
    el("header", {},
      el("h3", {}, el("bdi", {}, data.ids[at])),
      el("span", { class: "moves" }, move(-1, "Previous segment", "↑"), move(1, "Next segment", "↓"), copy),
    ),
    el("p", { class: "quiet" },
      where.flatMap(([kind, name], number) => [number ? " · " : "", `${kind} `, el("bdi", {}, name)]),
      data.disagreement && data.disagreement[at] > 0 ? `${where.length ? " · " : ""}metrics disagree on ${Math.round(100 * data.disagreement[at])} % of pairs` : "",
    ),
  ];
  if (data.sources) node.push(textBlock("Source", facts.source, data.sources[at]));
  for (const [number, text] of (data.references?.[at] ?? []).entries()) {
    node.push(textBlock(data.references[at].length > 1 ? `Reference ${number + 1}` : "Reference", facts.target, text));
  }
  if (!data.sources && facts.notes.length) node.push(el("p", { class: "note" }, facts.notes.join(" ")));
  node.push(comparisonPicker(data, at), el("div", { class: "hypotheses" }, hypothesisOrder(data).map((system) => hypothesis(data, at, system))));
  node.push(documentContext(data, at));
  $("detail").replaceChildren(...node.filter(Boolean));
}

function textBlock(title, language, text) {
  return el("section", { class: "text" }, el("h4", {}, title, " ", el("span", { class: "quiet" }, language)), foreign("p", language, text, "content"));
}

// A and B first, then the others as the table has them.
function hypothesisOrder(data) {
  const all = data.hypotheses.map((_, system) => system);
  return [...new Set([list.a, list.b, ...all])].filter((system) => system in data.hypotheses);
}

function againstOptions(data, at) {
  const references = data.references?.[at] ?? [];
  return [
    ...references.map((_, number) => [`ref${number}`, references.length > 1 ? `reference ${number + 1}` : "the reference"]),
    ...data.facts.systems.map((name) => ["sys:" + name, name]),
    ["none", "nothing"],
  ];
}

function chosenAgainst(data, at) {
  const entries = againstOptions(data, at);
  return entries.some(([value]) => value === state.against) ? state.against : entries[0][0];
}

function comparisonPicker(data, at) {
  const against = el("select", { id: "against" });
  options(against, againstOptions(data, at), chosenAgainst(data, at));
  const by = el("select", { id: "by" });
  options(by, [["", "word"], ["character", "character"]], state.by);
  const change = () => {
    go({ against: against.value, by: by.value });
    showDetail(data, at);
  };
  against.addEventListener("change", change);
  by.addEventListener("change", change);
  return el("div", { class: "filters diffpick" },
    el("label", {}, "Differences from ", against), el("label", {}, "by ", by),
    el("span", { class: "quiet key" }, el("ins", {}, "has more"), " ", el("del", {}, "lacks")));
}

function hypothesis(data, at, system) {
  const facts = data.facts;
  const name = facts.systems[system];
  const text = data.hypotheses[system][at];
  const against = chosenAgainst(data, at);
  const other = against.startsWith("ref") ? data.references[at][Number(against.slice(3))] : against.startsWith("sys:") ? data.hypotheses[facts.systems.indexOf(against.slice(4))][at] : null;
  const content = foreign("p", facts.target, undefined, "content");
  if (text === null || text === undefined) {
    content.classList.add("absent");
    content.textContent = "No translation: " + (data.failures[system].get(at) ?? "the system failed");
  } else if (text === "") {
    content.classList.add("absent");
    content.textContent = "(empty)";
  } else if (other === null || other === undefined || against === "sys:" + name) content.textContent = text;
  else content.append(difference(text, other, state.by, facts.target));
  const role = system === list.a ? "A" : system === list.b ? "B" : "";
  const flags = FACTS.flags.filter((one) => data.flags[system][at] & one.bit);
  const seen = data.evidence[system].get(at) ?? {};
  const cut = data.cut[system].get(at) ?? [];
  const said = Object.entries(data.annotations).filter(([, bySystem]) => bySystem[system].has(at)).map(([metric, bySystem]) => [metric, bySystem[system].get(at)]);
  return el("section", { class: "text hypothesis", "aria-label": name },
    el("h4", {}, role ? el("span", { class: `role ${role}` }, role) : null, el("bdi", {}, name), " ", flags.map((one) => el("span", { class: "badge warn", title: one.explained }, one.name)),
      cut.map((metric) => el("span", { class: "badge warn", title: "the text is longer than the metric reads" }, `${titleOf(metric)} read only the beginning`))),
    flags.some((one) => seen[one.bit]) ? el("p", { class: "seen" }, flags.filter((one) => seen[one.bit]).flatMap((one, at) => [at ? " · " : "", `${one.name}: `, el("bdi", {}, seen[one.bit])])) : null,
    scoreChips(data, at, system),
    content,
    said.flatMap(([metric, one]) => whatWasSaid(metric, one, text ?? "", facts.target)),
  );
}

// Marked errors in the text, evidence by kind in words; whatever else as it is kept.
function whatWasSaid(metric, said, text, language) {
  const marks = said?.error_spans;
  if (Array.isArray(marks)) {
    const reasons = [said.reasons ?? []].flat();
    return [
      el("p", { class: "marks" }, el("span", { class: "quiet" }, `${titleOf(metric)} marks ${marks.length ? many(marks.length, "error") + ": " : said.unlocated?.length ? "no place" : "no error"}`), marks.length ? marked(text, marks, language) : null),
      said.unlocated?.length ? el("p", { class: "quiet" }, "Not placed in it: ", said.unlocated.flatMap((one, at) => [at ? "; " : "", markTitle(one) + " ", el("bdi", {}, one.text ?? "")])) : null,
      reasons.length ? el("p", { class: "quiet" }, "Why: ", reasons.flatMap((one, at) => [at ? " · " : "", el("bdi", {}, one)])) : null,
    ];
  }
  const kinds = said && typeof said === "object" ? Object.entries(said) : [];
  if (kinds.length && kinds.every(([, lines]) => Array.isArray(lines) && lines.every((line) => typeof line === "string"))) {
    return el("p", { class: "seen" }, `${titleOf(metric)}: `, kinds.flatMap(([kind, lines], at) => [at ? " · " : "", `${kind.replaceAll("_", " ")}: `, el("bdi", {}, lines.join("; "))]));
  }
  return el("details", {}, el("summary", {}, `${titleOf(metric)} says`), foreign("pre", "", JSON.stringify(said, null, 1)));
}

const SEVERITIES = ["minor", "major", "critical"];
const severityOf = (one) => String(one.severity ?? "").toLowerCase();
const markTitle = (one) => [severityOf(one), one.category, one.rater && `by ${one.rater}`].filter(Boolean).join(" · ");

// The text with what was marked in it; places are characters of Unicode, not units of UTF-16.
function marked(text, marks, language) {
  const letters = Array.from(text);
  const cuts = [...new Set([0, letters.length, ...marks.flatMap((one) => [one.start, one.end])])].filter((at) => at >= 0 && at <= letters.length).sort((a, b) => a - b);
  const node = foreign("span", language, undefined, "marked");
  for (let number = 0; number + 1 < cuts.length; number++) {
    const piece = letters.slice(cuts[number], cuts[number + 1]).join("");
    const here = marks.filter((one) => one.start <= cuts[number] && one.end >= cuts[number + 1]);
    const worst = Math.max(-1, ...here.map((one) => SEVERITIES.indexOf(severityOf(one))));
    const title = here.map(markTitle).join("; ");
    node.append(here.length ? el("mark", { class: SEVERITIES[worst] ?? "other", title }, piece, el("span", { class: "hidden" }, ` (${title})`)) : piece);
  }
  return node;
}

function scoreChips(data, at, system) {
  const chips = data.metrics.map((metric) => {
    const values = data.scores[metric].map((column) => column?.[at] ?? NaN);
    const mine = values[system];
    if (Number.isNaN(mine)) return null;
    const known = values.filter((value) => !Number.isNaN(value));
    const best = (betterIfHigher(metric) ? Math.max : Math.min)(...known);
    const judged = metric === "human" ? data.judges[system][at] : 0;
    return el("span", { class: "chip" + (known.length > 1 && mine === best ? " best" : "") },
      el("span", { class: "quiet" }, titleOf(metric) + (FACTS.metrics[metric]?.indicative ? "*" : "")), " ", fixed(mine, metric), judged > 1 ? el("span", { class: "quiet" }, ` (${judged})`) : null, known.length > 1 && mine === best ? el("span", { class: "hidden" }, " best") : null);
  });
  const indicative = data.metrics.some((metric) => FACTS.metrics[metric]?.indicative);
  return el("p", { class: "chips", title: indicative ? "*: a corpus metric, whose value for one segment is only indicative" : null }, chips.filter(Boolean));
}

const MOST_IN_DOCUMENT = 300; // rows; beyond, only those around the segment

// The whole document, side by side: source, references, and the translations by A and B.
function documentContext(data, at) {
  const name = data.documents[at];
  if (name === null || name === undefined) return null;
  const all = data.ids.map((_, other) => other).filter((other) => data.documents[other] === name);
  if (all.length < 2) return null;
  const here = all.indexOf(at);
  const from = all.length > MOST_IN_DOCUMENT ? Math.max(0, Math.min(here - MOST_IN_DOCUMENT / 2, all.length - MOST_IN_DOCUMENT)) : 0;
  const some = all.slice(from, from + MOST_IN_DOCUMENT);
  const node = el("details", { class: "document", id: "context" }, el("summary", {}, `The whole document, ${many(all.length, "segment")}, side by side`));
  const fill = () => {
    if (!node.open || node.querySelector("table")) return;
    const whole = el("button", { type: "button", class: "ghost", on: { click: () => { $("doc").value = name; $("more").open = true; $("doc").dispatchEvent(new Event("change")); } } }, "List only this document");
    node.append(whole,
      some.length < all.length ? el("p", { class: "note" }, `Segments ${from + 1} to ${from + some.length} of ${all.length}.`) : "",
      documentTable(data, some, at));
    node.querySelector("tr.here")?.scrollIntoView({ block: "nearest" });
  };
  node.addEventListener("toggle", () => {
    go({ context: node.open ? "1" : "" });
    fill();
  });
  node.open = state.context === "1";
  fill();
  return node;
}

function documentTable(data, some, at) {
  const facts = data.facts;
  const systems = [...new Set([list.a, list.b])].filter((system) => system in data.hypotheses);
  const columns = [
    ...(data.sources ? [["Source", facts.source, (other) => data.sources[other]]] : []),
    ...(data.references?.[at]?.length ? [["Reference", facts.target, (other) => data.references[other]?.[0] ?? ""]] : []),
    ...systems.map((system) => [facts.systems[system], facts.target, (other) => data.hypotheses[system][other] ?? "(no translation)", system]),
  ];
  const head = el("tr", { role: "row" }, columns.map(([title, , , system]) => el("th", { scope: "col", role: "columnheader" }, system === undefined ? null : el("span", { class: `role ${system === list.a ? "A" : "B"}` }, system === list.a ? "A" : "B"), " ", el("bdi", {}, title))));
  const rows = some.map((other) =>
    el("tr", { role: "row", class: other === at ? "here" : null, "aria-current": other === at ? "true" : null },
      columns.map(([title, language, text, system], number) => el("td", { role: "cell", "data-label": title },
        number ? null : el("a", { href: hashOf({ ...state, id: data.ids[other] }) }, el("bdi", {}, data.ids[other])),
        foreign("p", language, text(other)),
        system === undefined ? null : el("span", { class: "quiet" }, fixed(data.scores[list.metric]?.[system]?.[other], list.metric))))));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The document side by side" },
    el("table", { class: "side", role: "table" }, el("thead", { role: "rowgroup" }, head), el("tbody", { role: "rowgroup" }, rows)));
}

async function copyLink(button) {
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
  } catch {
    button.textContent = "See the address bar"; // a page from disk may not be let write
  }
}
