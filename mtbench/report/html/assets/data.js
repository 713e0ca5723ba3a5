// --- segments: parts are base64 over zlib over JSON -----------------------------------------

const waiting = new Map(); // part → what to do when its file has come
const loaded = new Map(); // number of a test set → promise of its columns

globalThis.mtbenchPart = (name, text) => waiting.get(name)?.(text);

function partText(name) {
  const element = $("part-" + name);
  if (element) return Promise.resolve(element.textContent);
  return new Promise((resolve, reject) => {
    waiting.set(name, resolve);
    const script = el("script", { src: `segments-${name}.js` });
    script.addEventListener("error", () => reject(new Error(`segments-${name}.js is not beside this page`)));
    script.addEventListener("load", () => script.remove());
    document.head.append(script);
  });
}

async function unpack(text) {
  const binary = atob(text.trim());
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function columns(number) {
  if (!loaded.has(number)) loaded.set(number, load(number));
  return loaded.get(number);
}

async function load(number) {
  const facts = FACTS.sets[number];
  const names = Array.from({ length: facts.parts }, (_, part) => `${number}-${part}`);
  const parts = await Promise.all(names.map(async (name) => unpack(await partText(name))));
  const systems = facts.systems;
  const join = (pick) => (parts.length && pick(parts[0]) ? parts.flatMap(pick) : null);
  const numbers = (pick) => {
    if (!parts.length || !pick(parts[0])) return null;
    const found = new Float64Array(facts.segments).fill(NaN);
    let at = 0;
    for (const part of parts) for (const value of pick(part)) found[at++] = value ?? NaN;
    return found;
  };
  const sparse = (pick) => {
    const found = new Map();
    let start = 0;
    for (const part of parts) {
      for (const [at, value] of Object.entries(pick(part) || {})) found.set(start + Number(at), value);
      start += part.ids.length;
    }
    return found;
  };
  const scores = {};
  for (const metric of facts.metrics) {
    scores[metric] = systems.map((_, s) => numbers((part) => part.scores[metric][s]));
  }
  const human = parts.length && parts[0].human;
  if (human) scores.human = systems.map((_, s) => numbers((part) => part.human[s]));
  const annotations = {};
  for (const metric of Object.keys(parts[0]?.annotations || {})) {
    annotations[metric] = systems.map((_, s) => sparse((part) => part.annotations[metric][s]));
  }
  const ids = join((part) => part.ids) || [];
  return {
    number,
    facts,
    size: ids.length,
    ids,
    place: new Map(ids.map((id, at) => [id, at])),
    documents: join((part) => part.documents) || [],
    domains: join((part) => part.domains) || [],
    sources: join((part) => part.sources),
    references: join((part) => part.references),
    hypotheses: systems.map((_, s) => join((part) => part.hypotheses[s]) || []),
    failures: systems.map((_, s) => sparse((part) => part.failures[s])),
    evidence: systems.map((_, s) => sparse((part) => part.evidence[s])),
    flags: systems.map((_, s) => join((part) => part.flags[s]) || []),
    cut: systems.map((_, s) => sparse((part) => part.cut[s])),
    scores,
    metrics: [...facts.metrics, ...(human ? ["human"] : [])],
    judges: human ? systems.map((_, s) => numbers((part) => part.judges[s])) : null,
    annotations,
    disagreement: numbers((part) => part.disagreement),
    haystack: null,
  };
}

// Delta of a segment, positive where the first system is better.
function deltas(data, metric, a, b) {
  const first = data.scores[metric]?.[a];
  const second = data.scores[metric]?.[b];
  if (!first || !second) return null;
  const sign = betterIfHigher(metric) ? 1 : -1;
  return first.map((value, at) => sign * (value - second[at]));
}

const plain = (text) => text.normalize("NFC").toLocaleLowerCase();

function haystack(data) {
  if (!data.haystack) {
    data.haystack = data.ids.map((id, at) =>
      plain(
        [
          id,
          data.sources?.[at] ?? "",
          ...(data.references?.[at] ?? []),
          ...data.hypotheses.map((texts) => texts[at] ?? ""),
        ].join("\n"),
      ),
    );
  }
  return data.haystack;
}
