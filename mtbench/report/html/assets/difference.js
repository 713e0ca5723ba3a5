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
  const found = Array.from(segmenters.get(key).segment(text), (one) => one.segment);
  return by === "character" ? found : withSpaces(found);
}

// Space goes with the word after it, so that what differs is whole words and not the gaps between.
function withSpaces(found) {
  const joined = [];
  let space = "";
  for (const piece of found) {
    if (/^\s+$/u.test(piece)) space += piece;
    else {
      joined.push(space + piece);
      space = "";
    }
  }
  if (space) joined.push(space);
  return joined;
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
    const space = lacking && added ? sharedSpace(lacking, added) : "";
    node.append(space);
    if (lacking) node.append(el("del", {}, lacking.slice(space.length)));
    if (added) node.append(el("ins", {}, added.slice(space.length)));
    at = toEnd;
  }
  node.append(mine.slice(at).join(""));
  return node;
}

// White space that both begin with, as long as something is left of either.
function sharedSpace(one, other) {
  const space = /^\s*/u.exec(one)[0];
  return other.startsWith(space) && one.length > space.length && other.length > space.length ? space : "";
}
