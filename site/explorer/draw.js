// Small things to draw with: SVG elements, scales, axes.

const SVG = "http://www.w3.org/2000/svg";

/** Colours of users, told apart by everybody: Okabe and Ito's. */
export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#7f7f7f"];
export const colour = (i) => COLOURS[i % COLOURS.length];

/** An SVG element with attributes and children. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** An HTML element with properties and children. */
export function html(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element && !key.startsWith("aria") && key !== "list" && key !== "role") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A scale from numbers to pixels; `log` where it is one of powers. */
export function scale([from, to], [low, high], log = false) {
  const f = log ? Math.log : (x) => x;
  const g = log ? Math.exp : (x) => x;
  const [a, b] = [f(from), f(to)];
  const place = (x) => low + ((f(x) - a) / (b - a)) * (high - low);
  place.back = (pixel) => g(a + ((pixel - low) / (high - low)) * (b - a));
  place.domain = [from, to];
  place.log = log;
  return place;
}

/** Round numbers of a scale. */
export function ticks(place, count = 6) {
  const [from, to] = place.domain;
  if (place.log && to / from > 8) {
    const found = [];
    for (let k = Math.floor(Math.log10(from)); k <= Math.ceil(Math.log10(to)); k++) {
      for (const m of Math.log10(to / from) > 2.5 ? [1] : [1, 2, 5]) found.push(m * 10 ** k);
    }
    return found.filter((x) => x >= from * 0.999 && x <= to * 1.001);
  }
  const rough = (to - from) / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * unit).find((s) => s >= rough);
  const found = [];
  for (let x = Math.ceil(from / step - 1e-9) * step; x <= to + step * 1e-9; x += step) found.push(Number(x.toPrecision(12)));
  return found;
}

/** A number with so many significant digits, as short as it can be said. */
export function short(x, digits = 3) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  if (x !== 0 && (Math.abs(x) >= 1e7 || Math.abs(x) < 1e-3)) return x.toExponential(digits - 1).replace("e+", "e").replace("-", "−");
  return String(Number(x.toPrecision(digits))).replace("-", "−");
}

/** Axes of a box `{left, right, top, bottom}`: lines, numbers, words. */
export function axes(box, { x, y, xLabel, yLabel, xTicks, yTicks }) {
  const group = svg("g", { class: "axes" });
  for (const value of xTicks ?? ticks(x)) {
    const at = x(value);
    group.append(svg("line", { x1: at, x2: at, y1: box.top, y2: box.bottom, class: "rule" }));
    group.append(svg("text", { x: at, y: box.bottom + 14, "text-anchor": "middle" }, short(value)));
  }
  for (const value of yTicks ?? ticks(y, 5)) {
    const at = y(value);
    group.append(svg("line", { x1: box.left, x2: box.right, y1: at, y2: at, class: "rule" }));
    group.append(svg("text", { x: box.left - 6, y: at + 4, "text-anchor": "end" }, short(value)));
  }
  group.append(svg("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, class: "frame" }));
  if (xLabel) group.append(svg("text", { x: (box.left + box.right) / 2, y: box.bottom + 30, "text-anchor": "middle", class: "word" }, xLabel));
  if (yLabel) {
    const [cx, cy] = [box.left - 41, (box.top + box.bottom) / 2];
    group.append(svg("text", { x: cx, y: cy, "text-anchor": "middle", class: "word up", transform: `rotate(-90 ${cx} ${cy})` }, yLabel));
  }
  return group;
}

/** A path through points; where a number is missing it is broken. */
export function path(points, attributes) {
  let [d, pen] = ["", "M"];
  for (const [x, y] of points) {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = "M";
      continue;
    }
    d += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = "L";
  }
  return svg("path", { d, fill: "none", ...attributes });
}

/** The path of an ellipse of a 2×2 covariance `[xx, xy, yy]` about a place, in pixels. */
export function ellipse([cx, cy], [xx, xy, yy], attributes) {
  const [mean, half] = [(xx + yy) / 2, (xx - yy) / 2];
  const root = Math.hypot(half, xy);
  const [major, minor] = [Math.sqrt(Math.max(mean + root, 0)), Math.sqrt(Math.max(mean - root, 0))];
  const angle = (Math.atan2(2 * xy, xx - yy) / 2) * (180 / Math.PI);
  return svg("ellipse", { cx, cy, rx: Math.min(major, 4000), ry: Math.min(minor, 4000), transform: `rotate(${angle} ${cx} ${cy})`, ...attributes });
}

const MARKS = {
  user: (r) => svg("circle", { r }),
  target: (r) => svg("path", { d: `M0 ${-r}L${r} 0L0 ${r}L${-r} 0Z` }),
  station: (r) => svg("path", { d: `M0 ${-r * 1.2}L${r * 1.1} ${r}L${-r * 1.1} ${r}Z` }),
  surface: (r) => svg("rect", { x: -r, y: -r, width: 2 * r, height: 2 * r }),
  point: (r) => svg("circle", { r }),
};

/** Marks that can be dragged, and moved with the arrow keys, in an SVG picture. */
export class Handles {
  #group;
  #root;
  #marks = new Map();

  /** `unit` turns a move of one pixel into that of an arrow key. */
  constructor(root) {
    this.#root = root;
    this.#group = svg("g", { class: "handles" });
    root.append(this.#group);
  }

  /** Where the pointer is, in the units of the picture. */
  #where(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.#root.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  /** Show these marks: `{key, kind, x, y, colour, name, told, move(x, y), nudge(dx, dy)}`. */
  show(marks) {
    const seen = new Set();
    for (const mark of marks) {
      seen.add(mark.key);
      let held = this.#marks.get(mark.key);
      if (!held) {
        held = this.#make(mark);
        this.#marks.set(mark.key, held);
        this.#group.append(held.element);
      }
      held.mark = mark;
      held.element.setAttribute("transform", `translate(${mark.x.toFixed(1)} ${mark.y.toFixed(1)})`);
      held.element.setAttribute("aria-label", `${mark.name}, ${mark.told}`);
      held.element.setAttribute("class", `handle ${mark.kind}${mark.off ? " off" : ""}`);
      held.shape.setAttribute("fill", mark.colour ?? "currentColor");
      held.label.textContent = mark.label ?? "";
    }
    for (const [key, held] of this.#marks) {
      if (!seen.has(key)) {
        held.element.remove();
        this.#marks.delete(key);
      }
    }
    this.#root.append(this.#group); // on top of what was drawn anew
  }

  #make(mark) {
    const shape = MARKS[mark.kind](7);
    const label = svg("text", { y: -12, "text-anchor": "middle" });
    const element = svg("g", { tabindex: 0, role: "button", "aria-roledescription": "movable, arrow keys move it" }, svg("circle", { r: 22, class: "reach" }), shape, label);
    const held = { element, shape, label, mark };
    element.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      element.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
      held.drag = true;
    });
    element.addEventListener("pointermove", (event) => held.drag && held.mark.move(...this.#where(event)));
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (held.drag = false));
    element.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 5 : 1;
      const step = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
      if (!step) return;
      event.preventDefault();
      held.mark.nudge(...step);
    });
    return held;
  }
}
