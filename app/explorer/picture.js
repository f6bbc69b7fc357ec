// The neighbourhood of a node as an SVG: known links on the left, solid; predicted ones on the right, dashed, as strong as likely.

import { cut, h, named, shown, svg } from "./dom.js";
import { addressOf } from "./place.js";

const ROW = 30, TOP = 26, NARROW = 560, CLEAR = 36, WIDE = 220; // pixels

/** A figure of `{center, known, predicted}`, drawn anew where its width changes. */
export function picture(drawn) {
  const figure = h("figure");
  let width = 0;
  const observer = new ResizeObserver(([entry]) => {
    if (!figure.isConnected) return observer.disconnect();
    const found = Math.round(entry.contentRect.width);
    if (found === width || !found) return;
    width = found;
    figure.replaceChildren(draw(drawn, width), h("figcaption",
      h("span.key.known", "known link"), h("span.key.predicted.dashed", "predicted, wider where likelier")));
  });
  observer.observe(figure);
  return figure;
}

function draw({ center, known, predicted }, width) {
  const height = 2 * TOP + (Math.max(known.length, predicted.length, 5) - 1) * ROW;
  const middle = { x: width / 2, y: height / 2 };
  const spots = [...arranged(known, "known", -1, middle), ...arranged(predicted, "predicted", 1, middle)];
  const label = `${named(center)} with ${known.length} known and ${predicted.length} predicted neighbours, as in the lists below`;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    spots.map((spot) => edge(middle, spot)),
    spots.map((spot) => dot(spot, width)),
    width < NARROW
      ? svg("circle.center", { cx: middle.x, cy: middle.y, r: 9 }) // the name stands above the picture
      : svg("foreignObject", { x: middle.x - WIDE / 2, y: middle.y - ROW / 2, width: WIDE, height: ROW },
        h("div.center", h("span", shown(center.node)))));
}

/** Spots on an arc to the left (−1) or right (1) of the middle, one row each, so that no name covers another. */
const arranged = (others, kind, side, { x, y }) => others.map((other, i) => {
  const radius = 2 * x < NARROW ? x * 0.36 : Math.min(x * 0.54, 300), above = (i - (others.length - 1) / 2) * ROW;
  return { ...other, kind, side, x: x + side * radius * Math.sqrt(1 - (above / (y + 30)) ** 2), y: y + above };
});

function edge(from, { x, y, kind, probability }) {
  const predicted = kind === "predicted";
  const start = predicted ? Math.min(0.35, CLEAR / Math.hypot(x - from.x, y - from.y)) : 0; // dashes would run into each other
  const line = svg(`line.${kind}`, { x1: from.x + start * (x - from.x), y1: from.y + start * (y - from.y), x2: x, y2: y });
  if (predicted) Object.assign(line.style, { strokeWidth: `${0.8 + 3.2 * probability ** 2}px`, opacity: 0.35 + 0.65 * probability });
  return line;
}

function dot({ kind, side, x, y, ...node }, width) {
  const beside = side < 0 ? x : width - x, room = Math.max(6, Math.floor((beside - 16) / 6.9));
  return svg(`a.${kind}`, { href: addressOf(node), tabindex: -1 },
    svg("rect", { x: side < 0 ? 0 : x - 8, y: y - ROW / 2, width: beside + 8, height: ROW }),
    svg("circle", { cx: x, cy: y, r: 6 }),
    svg("text", { x: x + side * 12, y: y + 4, "text-anchor": side < 0 ? "end" : "start" }, cut(named(node), room)));
}
