// The neighbourhood of a node as an SVG: known links on the left, solid; predicted ones on the right, dashed, as strong as likely.

import { cut, h, percent, shown, svg } from "./dom.js";
import { addressOf } from "./place.js";

const ROW = 30, TOP = 26, NARROW = 560, CLEAR = 36; // pixels

/** A figure of `{center, known, predicted, links}`, drawn anew where its width changes. */
export function picture(drawn) {
  const figure = h("figure", {});
  let width = 0;
  const observer = new ResizeObserver(([entry]) => {
    if (!figure.isConnected) return observer.disconnect();
    const found = Math.round(entry.contentRect.width);
    if (found === width || !found) return;
    width = found;
    figure.replaceChildren(draw(drawn, width), legend());
  });
  observer.observe(figure);
  return figure;
}

const legend = () => h("figcaption", {},
  h("span", { class: "key known" }, "known link"),
  h("span", { class: "key predicted" }, "predicted, wider where likelier"),
  h("span", { class: "key among" }, "known among the others"));

function draw({ center, known, predicted, links }, width) {
  const rows = Math.max(known.length, predicted.length, 5);
  const height = 2 * TOP + (rows - 1) * ROW;
  const middle = { x: width / 2, y: height / 2 };
  const place = new Map();
  arrange(known, -1, middle, width, height, place);
  arrange(predicted, 1, middle, width, height, place);
  const lines = new Map([...place.keys()].map((id) => [id, []]));
  const among = links.map(([a, b]) => {
    const line = svg("path", { class: "among", d: bent(place.get(a), place.get(b), middle) });
    lines.get(a).push(line);
    lines.get(b).push(line);
    return line;
  });
  return svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": `${shown(center)} with ${known.length} of its known and ${predicted.length} of its predicted neighbours; the lists below have the same links`,
  },
  among,
  [...place.values()].map(({ x, y, other, side }) => edge(middle, { x, y }, other, side)),
  [...place.values()].map((spot) => dot(spot, width, lines.get(spot.other.node))),
  svg("circle", { class: "center", cx: middle.x, cy: middle.y, r: 9 }),
  svg("text", { class: "center", x: middle.x, y: middle.y - 18, "text-anchor": "middle" }, cut(shown(center), width < NARROW ? 14 : 28)));
}

/** Spots on an arc to the left (−1) or right (1) of the middle, one row each, so that no label covers another. */
function arrange(others, side, middle, width, height, place) {
  const reach = width < NARROW ? width * 0.18 : Math.min(width * 0.27, 300);
  const flat = height / 2 + 30;
  others.forEach((other, i) => {
    const y = middle.y + (i - (others.length - 1) / 2) * ROW;
    const x = middle.x + side * reach * Math.sqrt(1 - ((y - middle.y) / flat) ** 2);
    place.set(other.node, { x, y, other, side });
  });
}

function edge(from, to, other, side) {
  const p = other.probability ?? 0.5;
  const start = side < 0 ? 0 : Math.min(0.35, CLEAR / Math.hypot(to.x - from.x, to.y - from.y)); // dashes would run into each other
  const line = svg("line", {
    class: side < 0 ? "known" : "predicted", x2: to.x, y2: to.y,
    x1: from.x + start * (to.x - from.x), y1: from.y + start * (to.y - from.y),
  });
  if (side > 0) {
    line.style.strokeWidth = `${0.8 + 3.2 * p ** 2}px`;
    line.style.opacity = 0.35 + 0.65 * p;
  }
  return line;
}

function bent(a, b, middle) {
  const x = (a.x + b.x) / 2 + (middle.x - (a.x + b.x) / 2) * 0.45;
  const y = (a.y + b.y) / 2 + (middle.y - (a.y + b.y) / 2) * 0.3;
  return `M${a.x} ${a.y}Q${x} ${y} ${b.x} ${b.y}`;
}

/** A neighbour that one can walk to; pointed at, it shows its own links. The lists have it for the keyboard. */
function dot({ x, y, other, side }, width, lines) {
  const light = (on) => () => lines.forEach((line) => line.classList.toggle("lit", on));
  const room = Math.max(6, Math.floor(((side < 0 ? x : width - x) - 16) / 6.9));
  const name = shown(other.node);
  const told = other.probability === undefined ? name : `${name}: ${percent(other.probability)}`;
  return svg("a", {
    href: addressOf(other.node), tabindex: -1, class: side < 0 ? "known" : "predicted",
    onpointerenter: light(true), onpointerleave: light(false),
  },
  svg("title", {}, told),
  svg("rect", { x: side < 0 ? 0 : x - 8, y: y - ROW / 2, width: side < 0 ? x + 8 : width - x + 8, height: ROW }),
  svg("circle", { cx: x, cy: y, r: 6 }),
  svg("text", { x: x + side * 12, y: y + 4, "text-anchor": side < 0 ? "end" : "start" }, cut(name, room)));
}
