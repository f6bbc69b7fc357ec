// Elements from data, and numbers as people read them. Strings become text, never markup, whatever a node is called.

/** An HTML element: `h("p.quiet", {title}, …)`; `on…` properties are listeners, null and false ones are left out. */
export const h = (...description) => build("http://www.w3.org/1999/xhtml", ...description);

export const svg = (...description) => build("http://www.w3.org/2000/svg", ...description);

function build(namespace, tag, ...content) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElementNS(namespace, name);
  const properties = content[0]?.constructor === Object ? content.shift() : {};
  for (const [key, value] of Object.entries({ class: classes.join(" ") || null, ...properties })) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...content.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

export const card = (title, ...content) => h("section.card", h("h2", title), content);

export const heading = (title) => h("h1", { tabindex: -1 }, title);

export const button = (text, act, properties) => h("button", { type: "button", onclick: act, ...properties }, text);

/** Numbers that are read first, each `[value, name]`. */
export const figures = (pairs) => h("dl", pairs.map(([value, name]) => h("div", h("dt", name), h("dd", value))));

/** A bar with parts, each `[kind, from, to]` as fractions of its length; the numbers beside it show the same. */
export const bar = (...parts) => h("span.bar", { "aria-hidden": "true" }, parts.map(([kind, from, to]) => {
  const part = h(`span.${kind}`);
  part.style.inset = `0 ${100 - 100 * Math.max(from, to)}% 0 ${100 * Math.min(from, to)}%`;
  return part;
}));

const UNSEEN = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
const code = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** An id as it is, unless it would be invisible or extend beyond its line. */
export const shown = (id) => /^[\s\p{Cf}\u3164]*$/u.test(id) || UNSEEN.test(id) ? JSON.stringify(id).replace(new RegExp(UNSEEN, "gu"), code) : id;

/** A node `{node, type}` by its id, and its type in a typed model. */
export const named = ({ node, type }) => type ? `${shown(node)} · ${type}` : shown(node);

export function cut(text, room) {
  const characters = [...text];
  return characters.length > room ? `${characters.slice(0, room - 1).join("")}…` : text;
}

export const number = (n) => n.toLocaleString("en");

export const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`;

/** A probability: never 100 % unless it is 1; a small one as one case in so many. */
export function percent(p) {
  if (p > 0.999 && p < 1) return "> 99.9 %";
  if (p >= 0.01 || p === 0) return `${(100 * p).toFixed(1)} %`;
  return p < 1e-6 ? "< 1 in a million" : `1 in ${number(Number((1 / p).toPrecision(2)))}`;
}

/** Two probabilities in one unit: as cases in so many where both are small, else in percent. */
export function range([low, high]) {
  if (high < 0.01) return `${percent(low || 1e-9)} – ${percent(high || 1e-9)}`;
  const part = (p) => p > 0.999 && p < 1 ? "> 99.9" : p > 0 && p < 1e-4 ? "< 0.01" : (100 * p).toFixed(p < 0.01 ? 2 : 1);
  return `${part(low)} – ${part(high)} %`;
}

/** `20260102T030405000000Z`, an instant of UTC, for a person. */
export const moment = (version) => version.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d).*/, "$1-$2-$3 $4:$5:$6");
