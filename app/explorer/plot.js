// Lines over epochs, as an SVG.

import { h, svg } from "./dom.js";

const WIDTH = 460, HEIGHT = 220, LEFT = 52, BOTTOM = 28, TOP = 10, RIGHT = 12;

/** A figure of named series, each a list by epoch with null where nothing was measured; `best` is the epoch that was kept. */
export function plot(series, best, heading = "") {
  const points = Object.values(series).map((values) => values.map((y, i) => [i + 1, y]).filter(([, y]) => y != null));
  const ys = points.flat().map(([, y]) => y), last = Math.max(2, ...points.flat().map(([x]) => x));
  if (!ys.length) return null;
  const low = Math.min(...ys), high = Math.max(...ys), span = high - low || 1;
  const x = (epoch) => LEFT + (epoch - 1) / (last - 1) * (WIDTH - LEFT - RIGHT);
  const y = (value) => TOP + (high - value) / span * (HEIGHT - TOP - BOTTOM);
  const names = Object.keys(series);
  const told = names.map((name, i) => `${name} from ${digits(points[i].at(0)?.[1])} to ${digits(points[i].at(-1)?.[1])}`).join(", ");
  return h("figure", { class: "plot" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${heading} ${told}, over ${last} epochs` },
      [low, (low + high) / 2, high].map((value) => [
        svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value) }),
        svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, digits(value))]),
      [1, last].map((epoch) => svg("text", { x: x(epoch), y: HEIGHT - 8, "text-anchor": epoch > 1 ? "end" : "start" }, `epoch ${epoch}`)),
      best && best <= last && svg("line", { class: "kept", x1: x(best), x2: x(best), y1: TOP, y2: HEIGHT - BOTTOM }),
      points.map((line, i) => svg("polyline", { class: `series${i}`, points: line.map(([e, v]) => `${x(e)},${y(v)}`).join(" ") }))),
    h("figcaption", {}, names.map((name, i) => h("span", { class: `key series${i}` }, `${heading} ${name}`.trim())),
      best && h("span", { class: "key kept" }, `kept: epoch ${best}`)));
}

const digits = (value) => value === undefined ? "–" : Number(value.toPrecision(3)).toString();
