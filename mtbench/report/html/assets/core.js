"use strict";

// --- elements: text only ever becomes a text node -------------------------------------------

const $ = (id) => document.getElementById(id);

function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "on") for (const [name, run] of Object.entries(value)) node.addEventListener(name, run);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

// Text of a corpus: its own language and direction, isolated from what stands around it.
function foreign(tag, language, text, className) {
  const node = el(tag, { dir: "auto", class: className });
  if (language) node.lang = language;
  if (text !== undefined) node.textContent = text;
  return node;
}

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, label]) => el("option", { value }, label)));
  if (chosen !== undefined) select.value = chosen;
  if (select.selectedIndex < 0 && entries.length) select.selectedIndex = 0;
}

// --- numbers --------------------------------------------------------------------------------

function fixed(value, metric, more = 0) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const info = FACTS.metrics[metric];
  return value.toFixed((info ? info.decimals : 1) + more).replace("-", "−");
}

function signed(value, metric, more = 0) {
  if (value === null || Number.isNaN(value)) return "–";
  const text = fixed(value, metric, more);
  if (!/[1-9]/.test(text)) return text.replace("−", "");
  return value > 0 ? "+" + text : text;
}

const titleOf = (metric) => (metric === "human" ? "Human" : FACTS.metrics[metric]?.title ?? metric);
const betterIfHigher = (metric) => metric === "human" || (FACTS.metrics[metric]?.higher ?? true);
const arrowOf = (metric) => (betterIfHigher(metric) ? "↑" : "↓");
const many = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

// Names of one family differ at their ends: a long beginning that they share is left out.
function shortener(names, most = 22) {
  const long = names.filter((name) => Array.from(name).length > most);
  let shared = long.length > 1 ? long[0] : "";
  for (const name of long) while (!name.startsWith(shared)) shared = shared.slice(0, -1);
  shared = shared.replace(/[^-_./: ]*$/u, "");
  return (name) => clipped(shared.length > 3 && name.startsWith(shared) ? "…" + name.slice(shared.length) : name, most);
}

function clipped(text, most = 22) {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const tail = Math.floor((most - 1) / 2);
  return letters.slice(0, most - 1 - tail).join("") + "…" + letters.slice(letters.length - tail).join("");
}

// Systems to choose from: short enough to be told apart in a field, whole for who asks.
function systemOptions(select, names, chosen) {
  const short = shortener(names, 26);
  select.replaceChildren(...names.map((name) => el("option", { value: name, title: name }, short(name))));
  if (chosen !== undefined) select.value = chosen;
}

// --- where the reader is: all of it is in the address, so that every place can be linked to -----

const FACTS = JSON.parse($("facts").textContent);
// In the order of the page; without human judgements there is no view of people.
const VIEWS = [...document.querySelectorAll("#views a")].map((link) => link.dataset.view);
const KEYS = ["set", "id", "q", "a", "b", "metric", "sort", "doc", "dom", "flag", "lo", "hi", "dis", "of", "base", "corpus", "pair", "against", "by", "context"];
let state = readHash();

function readHash() {
  const [view, query] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const found = { view: VIEWS.includes(view) ? view : "leaderboard" };
  let parameters;
  try {
    parameters = new URLSearchParams(query || "");
  } catch {
    parameters = new URLSearchParams();
  }
  for (const key of KEYS) found[key] = parameters.get(key) ?? "";
  return found;
}

function hashOf(one) {
  const parameters = new URLSearchParams();
  for (const key of KEYS) if (one[key]) parameters.set(key, one[key]);
  const query = parameters.toString();
  return "#/" + one.view + (query ? "?" + query : "");
}

// A change within a view replaces the entry of the history; another view makes a new one.
function go(change, push = false) {
  state = { ...state, ...change };
  const hash = hashOf(state);
  if (hash !== location.hash) history[push ? "pushState" : "replaceState"](null, "", hash);
}

function debounce(run, milliseconds) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...given), milliseconds);
  };
}
