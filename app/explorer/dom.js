// Elements from data. Strings become text, never markup: whatever a node is called, it is only read.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: `on…` properties are listeners, null and false ones are left out. */
export const h = (tag, properties, ...children) => build(document.createElement(tag), properties, children);

/** The same in SVG. */
export const svg = (tag, properties, ...children) => build(document.createElementNS(SVG, tag), properties, children);

function build(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value == null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** How an id is shown: as it is, unless there would be nothing to see or it would reach beyond its line. */
export function shown(id) {
  return id.trim() === "" || /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u.test(id) ? JSON.stringify(id).replace(/[\u2028-\u202e\u2066-\u2069]/g, code) : id;
}

const code = (character) => `\\u${character.charCodeAt(0).toString(16)}`;

/** As many characters of an id as there is room for. */
export function cut(text, room) {
  const characters = [...text];
  return characters.length > room ? `${characters.slice(0, room - 1).join("")}…` : text;
}

/** A probability: never 100 % unless it is 1, never 0 unless it is 0. */
export function percent(p) {
  if (p > 0.999 && p < 1) return "> 99.9 %";
  if (p > 0 && p < 0.001) return "< 0.1 %";
  return `${(100 * p).toFixed(1)} %`;
}

export const number = (n) => n.toLocaleString("en");

/** A bar that is as long as a probability is large; beside it stands the number, so it says nothing of its own. */
export function bar(p, kind) {
  const fill = h("span", {});
  fill.style.width = `${100 * p}%`;
  return h("span", { class: `bar ${kind}`, "aria-hidden": "true" }, fill);
}

/** `20260102T030405000000Z`, an instant of UTC, for a person. */
export const moment = (version) => version.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d).*/, "$1-$2-$3 $4:$5:$6");
