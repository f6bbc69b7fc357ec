// Lines over two axes, as an SVG.

import { h, svg } from "./dom.js";

const WIDTH = 460, HEIGHT = 240, LEFT = 66, BOTTOM = 42, TOP = 12, RIGHT = 22;

/** A figure of `lines`, `{name, kind, points}`, over axes `x` and `y`, `{title, low, high, format}`; `label` describes it in words. */
export function plot({ label, x, y, lines }) {
  const across = (value) => LEFT + (value - x.low) / (x.high - x.low || 1) * (WIDTH - LEFT - RIGHT);
  const up = (value) => HEIGHT - BOTTOM - (value - y.low) / (y.high - y.low || 1) * (HEIGHT - TOP - BOTTOM);
  const text = (x, y, content, more) => svg("text", { x, y, "text-anchor": "middle", ...more }, content);
  const middle = (TOP + HEIGHT - BOTTOM) / 2;
  return h("figure.plot",
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
      ticks(y).map((value) => [
        svg("line.grid", { x1: LEFT, x2: WIDTH - RIGHT, y1: up(value), y2: up(value) }),
        text(LEFT - 6, up(value) + 4, y.format(value), { "text-anchor": "end" })]),
      ticks(x).map((value) => text(across(value), HEIGHT - BOTTOM + 16, x.format(value))),
      text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, x.title),
      text(12, middle, y.title, { transform: `rotate(-90 12 ${middle})` }),
      lines.map(({ kind, points }) => svg(`polyline.${kind}`, { points: points.map(([a, b]) => `${across(a)},${up(b)}`).join(" ") }))),
    h("figcaption", lines.map(({ name, kind }) => h(`span.key.${kind}`, name))));
}

const ticks = ({ low, high }) => [low, (low + high) / 2, high];
