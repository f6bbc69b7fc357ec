// Drawing, moving and pointing at up to some hundred thousand points. Points are stamped into the pixels by hand: a hundred
// thousand take a few milliseconds, where as many calls of the canvas would take longer than a frame.

import { cut, h, number, shown } from "./dom.js";

const REACH = 14, STILL = 5; // pixels: how near counts as pointed at, how far a click may slip
const STEP = 1.4; // of a zoom by key or button

export class Canvas {
  /** Over `{nodes, x, y, camera}`; `choose(row)` hears of clicks. The camera is the caller's to keep. */
  constructor(map, choose) {
    Object.assign(this, { map, choose, lit: null, hovered: -1, pointers: new Map(), slipped: 0 });
    this.canvas = h("canvas", {
      tabindex: 0, role: "application",
      "aria-label": `Map of ${number(map.nodes.length)} nodes: arrow keys move it, plus and minus zoom, 0 shows all. The list below has what is lit.`,
    });
    const button = (text, label, act) => h("button", { type: "button", "aria-label": label, onclick: act }, text);
    this.element = h("div", { class: "map" }, this.canvas, h("div", { class: "zoom" },
      button("+", "Zoom in", () => this.zoom(STEP)),
      button("−", "Zoom out", () => this.zoom(1 / STEP)),
      button("All", "Show all", () => this.showAll())));
    this.listen();
  }

  /** Light a row and those that it is likely to be linked to, `[{row, probability}]`. */
  light(row, others) {
    this.lit = { row, others };
  }

  listen() {
    const { canvas } = this, on = (name, act, options) => canvas.addEventListener(name, act, options);
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.drag(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", ({ pointerId }) => this.pointers.delete(pointerId));
    on("pointerleave", () => this.hover(-1));
    on("keydown", (event) => this.key(event));
    on("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), this.spot(event));
    }, { passive: false });
    new ResizeObserver(() => this.resize()).observe(canvas);
    const redress = () => canvas.isConnected ? this.draw() : removeEventListener("themechange", redress);
    addEventListener("themechange", redress);
  }

  resize() {
    const { canvas } = this;
    this.density = devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * this.density);
    canvas.height = Math.round(canvas.clientHeight * this.density);
    if (!canvas.width) return;
    this.measure();
    if (this.map.camera.scale === undefined) this.showAll();
    this.draw();
  }

  /** The extent of all points, and the scale (CSS pixels a unit) at which they fill the canvas. */
  measure() {
    const range = (values) => values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]);
    const [left, right] = range(this.map.x), [bottom, top] = range(this.map.y);
    const fit = Math.min((this.canvas.clientWidth - 60) / (right - left || 1), (this.canvas.clientHeight - 60) / (top - bottom || 1));
    this.whole = { x: (left + right) / 2, y: (bottom + top) / 2, scale: fit };
  }

  showAll() {
    Object.assign(this.map.camera, this.whole);
    this.draw();
  }

  /** Zoom by a factor about a spot of the canvas, its middle if none is given. */
  zoom(factor, [px, py] = [this.canvas.clientWidth / 2, this.canvas.clientHeight / 2]) {
    const { camera } = this.map;
    const scale = Math.min(Math.max(camera.scale * factor, this.whole.scale / 4), this.whole.scale * 400);
    const moved = 1 / camera.scale - 1 / scale;
    camera.x += (px - this.canvas.clientWidth / 2) * moved;
    camera.y -= (py - this.canvas.clientHeight / 2) * moved;
    camera.scale = scale;
    this.draw();
  }

  /** Move what is seen by CSS pixels. */
  move(dx, dy) {
    const { camera } = this.map;
    camera.x -= dx / camera.scale;
    camera.y += dy / camera.scale;
    this.draw();
  }

  spot = ({ offsetX, offsetY }) => [offsetX, offsetY];

  press(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.spot(event));
    if (this.pointers.size === 1) this.slipped = 0;
  }

  drag(event) {
    const [x, y] = this.spot(event), before = this.pointers.get(event.pointerId);
    if (!before) return this.hover(this.nearest(x, y));
    this.pointers.set(event.pointerId, [x, y]);
    this.slipped += Math.hypot(x - before[0], y - before[1]);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const distance = ([a, b]) => Math.hypot(a - other[0], b - other[1]) || 1;
      this.zoom(distance([x, y]) / distance(before), other);
    } else if (this.slipped > STILL) this.move(x - before[0], y - before[1]);
  }

  release(event) {
    if (!this.pointers.delete(event.pointerId) || this.pointers.size || this.slipped > STILL) return;
    const row = this.nearest(...this.spot(event));
    if (row >= 0) this.choose(row);
  }

  key(event) {
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (moves[event.key]) this.move(...moves[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoom(STEP);
    else if (event.key === "-") this.zoom(1 / STEP);
    else if (event.key === "0") this.showAll();
    else return;
    event.preventDefault();
  }

  hover(row) {
    if (row === this.hovered) return;
    this.hovered = row;
    this.canvas.classList.toggle("over", row >= 0);
    this.draw();
  }

  /** The row whose point is nearest to a spot, −1 if none is near. */
  nearest(px, py) {
    const { x, y, camera } = this.map;
    const wx = camera.x + (px - this.canvas.clientWidth / 2) / camera.scale;
    const wy = camera.y - (py - this.canvas.clientHeight / 2) / camera.scale;
    let best = (REACH / camera.scale) ** 2, row = -1;
    for (let i = 0; i < x.length; i++) {
      const distance = (x[i] - wx) ** 2 + (y[i] - wy) ** 2;
      if (distance < best) [best, row] = [distance, i];
    }
    return row;
  }

  /** Draw with the next frame. */
  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (!this.canvas.isConnected || !this.canvas.width || this.map.camera.scale === undefined) return;
      const context = this.canvas.getContext("2d");
      this.stamp(context);
      context.setTransform(this.density, 0, 0, this.density, 0, 0);
      this.drawLit(context);
    });
  }

  /** Every point as a soft disc, added up where several lie on each other. */
  stamp(context) {
    const { width, height } = this.canvas, { x, y, camera } = this.map;
    const image = context.createImageData(width, height), pixels = new Uint32Array(image.data.buffer);
    const [red, green, blue] = this.colour("known").match(/\d+/g).map(Number);
    const ink = (blue << 16) | (green << 8) | red; // as little-endian machines have it, which all that run a browser are
    const mask = this.mask(), scale = camera.scale * this.density;
    const left = width / 2 - camera.x * scale, top = height / 2 + camera.y * scale, margin = mask.margin;
    for (let i = 0; i < x.length; i++) {
      const px = Math.round(left + x[i] * scale), py = Math.round(top - y[i] * scale);
      if (px < margin || py < margin || px >= width - margin || py >= height - margin) continue;
      for (let m = 0; m < mask.alphas.length; m++) {
        const at = (py + mask.dy[m]) * width + px + mask.dx[m], alpha = pixels[at] >>> 24;
        pixels[at] = ink | ((alpha + (((255 - alpha) * mask.alphas[m]) >> 8)) << 24);
      }
    }
    context.putImageData(image, 0, 0);
  }

  /** The pixels of a disc about its middle: smaller and fainter where there are many, fainter still where others are lit. */
  mask() {
    const room = Math.sqrt(this.canvas.clientWidth * this.canvas.clientHeight / this.map.x.length); // pixels a point has
    const base = Math.min(2.6, Math.max(0.8, 0.16 * room)), zoomed = Math.min(2.2, Math.max(1, (this.map.camera.scale / this.whole.scale) ** 0.35));
    const radius = base * zoomed * this.density, alpha = (60 + 50 * base) * (this.lit ? 0.55 : 1);
    const margin = Math.ceil(radius + 0.5), mask = { margin, dx: [], dy: [], alphas: [] };
    for (let dy = -margin; dy <= margin; dy++) for (let dx = -margin; dx <= margin; dx++) {
      const covered = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)));
      if (covered) mask.dx.push(dx), mask.dy.push(dy), mask.alphas.push(Math.round(alpha * covered));
    }
    return mask;
  }

  drawLit(context) {
    const labels = new Labels(context, this.colour("text"), this.colour("card"));
    const predicted = this.colour("predicted");
    if (this.lit) {
      const [cx, cy] = this.at(this.lit.row);
      for (const { row } of [this.lit, ...this.lit.others]) labels.keep(...this.at(row));
      context.strokeStyle = context.fillStyle = predicted;
      context.setLineDash([7, 5]);
      for (const { row, probability } of this.lit.others) {
        context.lineWidth = 0.6 + 2 * probability ** 2;
        line(context, cx, cy, ...this.at(row));
      }
      context.setLineDash([]);
      for (const { row } of this.lit.others) disc(context, ...this.at(row), 5);
      context.fillStyle = this.colour("text");
      disc(context, cx, cy, 7);
      labels.write(this.map.nodes[this.lit.row], cx, cy, true);
      for (const { row } of this.lit.others) if (row !== this.hovered) labels.write(this.map.nodes[row], ...this.at(row), false, this.at(row)[0] < cx);
    }
    if (this.hovered >= 0 && this.hovered !== this.lit?.row) {
      context.fillStyle = predicted;
      disc(context, ...this.at(this.hovered), 5);
      labels.write(this.map.nodes[this.hovered], ...this.at(this.hovered), true);
    }
  }

  at(row) {
    const { x, y, camera } = this.map;
    return [this.canvas.clientWidth / 2 + (x[row] - camera.x) * camera.scale, this.canvas.clientHeight / 2 - (y[row] - camera.y) * camera.scale];
  }

  /** A colour of the style sheet as `rgb(…)`. */
  colour(name) {
    this.canvas.style.color = `var(--${name})`;
    return getComputedStyle(this.canvas).color;
  }
}

/** Names beside points, to the right or `before` them; one that would cover another is left out, unless it must be there. */
class Labels {
  constructor(context, ink, halo) {
    Object.assign(this, { context, ink, halo, taken: [] });
  }

  keep(x, y) {
    this.taken.push([x - 6, y - 6, x + 6, y + 6]);
  }

  write(node, x, y, must = false, before = false) {
    const { context } = this, text = cut(shown(node), 32);
    context.font = `${must ? "600 14px" : "13px"} system-ui, sans-serif`;
    const width = context.measureText(text).width, left = before && x > width + 12 ? x - 10 - width : x + 10;
    const box = [left - 1, y - 9, left + 1 + width, y + 9];
    if (!must && this.taken.some(([l, t, r, b]) => box[0] < r && box[2] > l && box[1] < b && box[3] > t)) return;
    this.taken.push(box);
    Object.assign(context, { strokeStyle: this.halo, lineWidth: 4, lineJoin: "round", fillStyle: this.ink });
    context.strokeText(text, left, y + 5);
    context.fillText(text, left, y + 5);
  }
}

function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
