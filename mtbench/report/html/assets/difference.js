// --- differences between two texts ----------------------------------------------------------

const segmenters = new Map();

function pieces(text, by, language) {
  const key = by + language;
  if (!segmenters.has(key)) {
    const granularity = by === "character" ? "grapheme" : "word";
    let segmenter;
    try {
      segmenter = new Intl.Segmenter(language || undefined, { granularity });
    } catch {
      segmenter = new Intl.Segmenter(undefined, { granularity });
    }
    segmenters.set(key, segmenter);
  }
  return Array.from(segmenters.get(key).segment(text), (one) => one.segment);
}

const MOST_PIECES = 6000; // of both texts together; beyond, nobody reads a difference

// A translation with what it has more (ins) and lacks (del) against another text.
function difference(text, other, by, language) {
  const node = document.createDocumentFragment();
  const mine = pieces(text, by, language);
  const theirs = pieces(other, by, language);
  if (mine.length + theirs.length > MOST_PIECES) {
    node.append(text);
    return node;
  }
  let at = 0;
  for (const [fromStart, fromEnd, toStart, toEnd] of vendor.diff(theirs, mine)) {
    node.append(mine.slice(at, toStart).join(""));
    const lacking = theirs.slice(fromStart, fromEnd).join("");
    const added = mine.slice(toStart, toEnd).join("");
    if (lacking) node.append(el("del", {}, lacking));
    if (added) node.append(el("ins", {}, added));
    at = toEnd;
  }
  node.append(mine.slice(at).join(""));
  return node;
}
