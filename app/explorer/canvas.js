// A plane of points, to move, zoom and point at. Points are written into the pixels directly: 100,000 take a few
// milliseconds; as many canvas calls would take longer than a frame.

import { button, h, named, number } from "./dom.js";
import { label } from "./labels.js";

const POINTING = 14, SLIP = 5, MARGIN = 30; // pixels: radius of pointing, tolerance of a click, margin of the map
const STEP = 1.4, MOVE = 60; // by key

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const ends = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);

/**
 * An element that shows a map `{nodes, x, y, camera}`, whose camera is `{x, y, scale}`; `lit` is null or `{row, others}`, the others
 * `{row, probability}`; `choose(row)` receives clicks.
 */
export function plane(map, lit, choose) {
  const { nodes, x, y, camera } = map;
  let width = 0, height = 0, whole, hovered = -1, held = null, slipped = 0, waiting = false;
  const canvas = h("canvas", {
    tabindex: 0, role: "application",
    "aria-label": `Map of ${number(nodes.length)} nodes: arrow keys move it, plus and minus zoom, 0 shows all. The list below has what is lit.`,
    onpointerdown: press, onpointermove: drag, onpointerup: release, onpointercancel: () => { held = null; },
    onpointerleave: () => hover(-1), onkeydown: type,
  });
  const keys = {
    ArrowLeft: () => move(MOVE, 0), ArrowRight: () => move(-MOVE, 0), ArrowUp: () => move(0, MOVE), ArrowDown: () => move(0, -MOVE),
    "+": () => zoom(STEP), "-": () => zoom(1 / STEP), 0: showAll,
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), [event.offsetX, event.offsetY]);
  }, { passive: false });
  new ResizeObserver(resize).observe(canvas);
  addEventListener("themechange", function redress() {
    if (canvas.isConnected) draw();
    else removeEventListener("themechange", redress);
  });

  function resize() {
    const first = !width;
    [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    [canvas.width, canvas.height] = [width, height].map((size) => Math.round(size * devicePixelRatio));
    const [left, right] = ends(x), [bottom, top] = ends(y);
    const scale = Math.min((width - 2 * MARGIN) / (right - left || 1), (height - 2 * MARGIN) / (top - bottom || 1));
    whole = { x: (left + right) / 2, y: (bottom + top) / 2, scale };
    if (!camera.scale) return showAll();
    if (first && lit && !near(spotOf(lit.row))) Object.assign(camera, { x: x[lit.row], y: y[lit.row] });
    draw();
  }

  function showAll() {
    Object.assign(camera, whole);
    draw();
  }

  /** Zoom about a spot, which stays where it is. */
  function zoom(factor, spot = [width / 2, height / 2]) {
    const before = under(spot);
    camera.scale = clamp(camera.scale * factor, whole.scale / 4, whole.scale * 400);
    const after = under(spot);
    move((after[0] - before[0]) * camera.scale, (before[1] - after[1]) * camera.scale);
  }

  function move(dx, dy) {
    camera.x -= dx / camera.scale;
    camera.y += dy / camera.scale;
    draw();
  }

  const spotOf = (row) => [width / 2 + (x[row] - camera.x) * camera.scale, height / 2 - (y[row] - camera.y) * camera.scale];
  const near = ([px, py]) => px > MARGIN && py > MARGIN && px < width - MARGIN && py < height - MARGIN;
  const under = ([px, py]) => [camera.x + (px - width / 2) / camera.scale, camera.y - (py - height / 2) / camera.scale];

  /** The row whose point is nearest to where a pointer is, −1 if none is near. */
  function nearest({ offsetX, offsetY }) {
    const [ux, uy] = under([offsetX, offsetY]);
    let best = (POINTING / camera.scale) ** 2, row = -1;
    for (let i = 0; i < x.length; i++) {
      const squared = (x[i] - ux) ** 2 + (y[i] - uy) ** 2;
      if (squared < best) [best, row] = [squared, i];
    }
    return row;
  }

  function press(event) {
    if (event.button > 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    [held, slipped] = [[event.offsetX, event.offsetY], 0];
  }

  function drag(event) {
    if (!held) return hover(nearest(event));
    const [dx, dy] = [event.offsetX - held[0], event.offsetY - held[1]];
    slipped = Math.max(slipped, Math.hypot(dx, dy));
    if (!event.isPrimary || slipped < SLIP) return;
    held = [event.offsetX, event.offsetY];
    move(dx, dy);
  }

  function release(event) {
    const row = held && slipped < SLIP ? nearest(event) : -1;
    held = null;
    if (row >= 0) choose(row);
  }

  function hover(row) {
    if (row === hovered) return;
    hovered = row;
    draw();
  }

  function type(event) {
    const act = keys[event.key === "=" ? "+" : event.key];
    if (act) event.preventDefault();
    act?.();
  }

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (!canvas.isConnected) return;
      const context = canvas.getContext("2d");
      stamp(context);
      context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      light(context);
    });
  }

  /** A colour of the style sheet as `rgb(…)`. */
  function colour(name) {
    canvas.style.color = `var(--${name})`;
    return getComputedStyle(canvas).color;
  }

  /** Every point as a soft disc, added up where several lie on each other. */
  function stamp(context) {
    const { width: across, height: down } = canvas, scale = camera.scale * devicePixelRatio;
    const image = context.createImageData(across, down), pixels = new Uint32Array(image.data.buffer);
    const [red, green, blue] = colour("known").match(/\d+/g);
    const ink = (blue << 16) | (green << 8) | red; // little-endian, as all machines with browsers are
    const { radius, offsets, alphas } = disc(across);
    const left = across / 2 - camera.x * scale, top = down / 2 + camera.y * scale;
    for (let i = 0; i < x.length; i++) {
      const px = Math.round(left + x[i] * scale), py = Math.round(top - y[i] * scale);
      if (px < radius || py < radius || px >= across - radius || py >= down - radius) continue;
      for (let d = 0; d < offsets.length; d++) {
        const at = py * across + px + offsets[d], alpha = pixels[at] >>> 24;
        pixels[at] = ink | ((alpha + (((255 - alpha) * alphas[d]) >> 8)) << 24);
      }
    }
    context.putImageData(image, 0, 0);
  }

  /** The pixels of a disc: smaller and fainter where there are many, fainter still where others are lit. */
  function disc(across) {
    const size = clamp(0.16 * Math.sqrt(width * height / x.length), 0.8, 2.6), alpha = (60 + 50 * size) * (lit ? 0.55 : 1);
    const reach = size * clamp((camera.scale / whole.scale) ** 0.35, 1, 2.2) * devicePixelRatio + 0.5;
    const radius = Math.ceil(reach), offsets = [], alphas = [];
    for (let dy = -radius; dy <= radius; dy++) for (let dx = -radius; dx <= radius; dx++) {
      offsets.push(dy * across + dx);
      alphas.push(Math.round(alpha * clamp(reach - Math.hypot(dx, dy), 0, 1)));
    }
    return { radius, offsets, alphas };
  }

  /** The lit and the hovered points, with their names. */
  function light(context) {
    const [orange, text, halo, line] = ["predicted", "text", "card", "quiet"].map(colour);
    context.strokeStyle = context.fillStyle = orange;
    context.setLineDash([7, 5]);
    for (const { row, probability } of lit?.others ?? []) {
      context.lineWidth = 0.6 + 2 * probability ** 2;
      context.beginPath();
      context.moveTo(...spotOf(lit.row));
      context.lineTo(...spotOf(row));
      context.stroke();
    }
    context.setLineDash([]);
    const dots = [lit?.row ?? -1, hovered, ...lit?.others.map(({ row }) => row) ?? []].filter((row) => row >= 0);
    for (const row of dots.toReversed()) {
      context.fillStyle = row === lit?.row ? text : orange;
      context.beginPath();
      context.arc(...spotOf(row), row === lit?.row ? 7 : 5, 0, 2 * Math.PI);
      context.fill();
    }
    const names = [...new Set(dots)].map((row) => ({
      name: named(nodes[row]), spot: spotOf(row), left: lit && x[row] < x[lit.row], important: row === lit?.row || row === hovered,
    }));
    label(context, names, { ink: text, line, halo, width, height });
  }

  return h("div.map", canvas, h("div.zoom",
    button("+", keys["+"], { "aria-label": "Zoom in" }),
    button("−", keys["-"], { "aria-label": "Zoom out" }),
    button("All", showAll, { "aria-label": "Show all" })));
}
