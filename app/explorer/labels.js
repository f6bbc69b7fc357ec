// Names beside points of a canvas: each finds a place where it covers no other name and no point.

import { cut } from "./dom.js";

const GAP = 10, HIGH = 18, DOT = 6; // pixels: from a point to its name, height of a name, radius of a point
const SIDES = [[1, 0], [-1, 0], [0, -1], [0, 1]];
const RINGS = 9, STEP = 15, TURNS = 16; // farther places: circles around the point, and places on each

/** Write names, each `{name, spot, left, important}`, on the left or right where they can be, the first ones nearest; `look` is `{ink, line, halo, width, height}`. */
export function label(context, names, look) {
  const inside = ({ left, right, top, bottom }) => left >= 0 && top >= 0 && right <= look.width && bottom <= look.height;
  const seen = names.filter(({ spot: [x, y] }) => inside({ left: x, right: x, top: y, bottom: y }));
  const taken = seen.map(({ spot: [x, y] }) => ({ left: x - DOT, right: x + DOT, top: y - DOT, bottom: y + DOT }));
  const free = (box) => inside(box) && !taken.some((other) =>
    box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
  const placed = seen.map(({ name, spot, left, important }) => {
    const text = cut(name, 32), font = `${important ? "600 14px" : "13px"} system-ui, sans-serif`;
    context.font = font;
    const boxes = places(spot, context.measureText(text).width, left ? -1 : 1);
    const box = boxes.find(free) ?? boxes[0];
    taken.push(box);
    return { text, font, spot, box, far: boxes.indexOf(box) >= SIDES.length };
  });
  Object.assign(context, { lineWidth: 1, strokeStyle: look.line });
  for (const { spot, box, far } of placed) if (far) lead(context, spot, box);
  Object.assign(context, { lineWidth: 4, lineJoin: "round", strokeStyle: look.halo, fillStyle: look.ink, textBaseline: "middle" });
  for (const { text, font, box } of placed) {
    context.font = font;
    context.strokeText(text, box.left, (box.top + box.bottom) / 2);
    context.fillText(text, box.left, (box.top + box.bottom) / 2);
  }
}

/** Boxes for a name: beside, above and below its point, then on wider and wider circles, from the right (1) or left (−1) on. */
function places([x, y], wide, side) {
  const around = (across, dy, far) => {
    const dx = side * across, left = x + dx * far - wide * (1 - Math.sign(Math.round(dx))) / 2, middle = y + dy * (far + (dx ? 0 : DOT));
    return { left, right: left + wide, top: middle - HIGH / 2, bottom: middle + HIGH / 2 };
  };
  const circle = (ring) => Array.from({ length: TURNS }, (_, i) => {
    const angle = 2 * Math.PI * i / TURNS;
    return around(Math.cos(angle), Math.sin(angle), GAP + STEP * ring);
  });
  return [...SIDES.map(([dx, dy]) => around(dx, dy, GAP)), ...Array.from({ length: RINGS }, (_, i) => circle(i + 1)).flat()];
}

/** A line from a point to the nearest spot of its name. */
function lead(context, [x, y], { left, right, top, bottom }) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(Math.min(Math.max(x, left), right), Math.min(Math.max(y, top + 3), bottom - 3));
  context.stroke();
}
