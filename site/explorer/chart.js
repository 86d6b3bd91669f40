// The trade-off of a scene: what other weights and requirements would reach, where the design is, what
// other precoders reach, and what is proven out of reach. The point of the design can be dragged along the curve.

import { Handles, axes, path, scale, short, svg } from "./draw.js";
import { curveOf, pointOf } from "./curves.js";
import { at, put } from "./systems.js";

const BOX = { left: 52, right: 408, top: 12, bottom: 250 };

/** The chart. */
export class Chart {
  #ends = null;

  constructor(root, system, change) {
    this.root = root;
    this.system = system;
    this.change = change;
    root.setAttribute("viewBox", "0 0 420 290");
    this.back = svg("g");
    root.append(this.back);
    this.handles = new Handles(root);
  }

  /** Forget the ends of the axes. */
  fresh() {
    this.#ends = null;
  }

  /** Axes that hold all points; they stay until points leave them or fill little of them. */
  #fit(points, goal, level) {
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    // far ends say little: two decades to the right of the best suffice
    const low = Math.min(...xs);
    const high = Math.min(Math.max(...xs, low * 1.5), low * 150);
    const made = { goal, x: [low / 1.15, high * 1.15], y: [Math.min(0, ...ys), Math.max(...ys, 1e-3) * 1.12] };
    const room = Math.max(0.15 * (Math.max(...ys) - Math.min(...ys)), 0.02 * Math.abs(Math.max(...ys)), 0.1);
    if (level) made.y = [Math.min(...ys) - room, Math.max(...ys) + room];
    const held = this.#ends;
    const keeps = held?.goal === goal && made.x[0] >= held.x[0] * 0.95 && made.x[1] <= held.x[1] * 1.05 && made.y[1] <= held.y[1] + 0.01 * Math.abs(held.y[1]) && made.y[1] - made.y[0] > 0.5 * (held.y[1] - held.y[0]) && made.y[0] >= held.y[0] - 0.3 * room && made.x[0] < held.x[0] * 2.5;
    if (!keeps) this.#ends = made;
    return this.#ends;
  }

  /** Draw: `points` of the curve `{value, at: [x, y]}`, the design, the ghosts by name, the bound. */
  draw(scenario, { points, answer, ghosts, bound }) {
    const curve = curveOf(this.system, scenario);
    const here = pointOf(curve, answer);
    const reached = points.filter((point) => point.at);
    const shown = [...reached.map((point) => point.at), ...(here ? [here] : []), ...Object.values(ghosts).filter(Boolean)];
    if (!shown.length) {
      this.back.replaceChildren(svg("text", { x: 210, y: 130, "text-anchor": "middle", class: "word" }, "nothing in reach to draw"));
      return this.handles.show([]);
    }
    const ends = this.#fit(shown, curve.path + curve.yLabel, curve.level);
    const x = scale(ends.x, [BOX.left, BOX.right], true);
    const y = scale(ends.y, [BOX.bottom, BOX.top]);
    const inside = ([px, py]) => [Math.min(Math.max(x(px), BOX.left), BOX.right), Math.min(Math.max(y(py), BOX.top), BOX.bottom)];
    const back = [axes(BOX, { x, y, xLabel: curve.xLabel, yLabel: curve.yLabel })];
    if (bound && curve.path === "crb_weight") back.push(...this.#bound(scenario, bound, x, y));
    const sorted = [...reached].sort((a, b) => a.at[0] - b.at[0]);
    back.push(path(sorted.map((point) => inside(point.at)), { class: "curve" }));
    for (const point of sorted) {
      const [px, py] = inside(point.at);
      back.push(svg("circle", { cx: px, cy: py, r: 2, class: "dot" }));
    }
    for (const [name, place] of Object.entries(ghosts)) {
      if (!place) continue;
      const [px, py] = inside(place);
      const inward = px > BOX.right - 50; // its name would be cut off
      const said = { x: inward ? px - 8 : px + 8, y: py + 4, "text-anchor": inward ? "end" : "start", class: "name" };
      back.push(svg("circle", { cx: px, cy: py, r: 4.5, class: "ghost-point" }), svg("text", said, name));
    }
    this.back.replaceChildren(...back);
    if (!here) return this.handles.show([]);
    const [px, py] = inside(here);
    const value = at(scenario, curve.path);
    this.handles.show([{
      key: "here", kind: "point", name: "the design on the trade-off", told: `${short(here[0])} against ${short(here[1])}`,
      x: px, y: py, colour: "var(--accent)",
      move: (tx, ty) => this.#slide(scenario, curve, reached, inside, [tx, ty]),
      nudge: (dx, dy) => this.#set(scenario, curve, curve.log ? value * 1.15 ** ((curve.back ? -1 : 1) * (dx - dy)) : value + dx - dy),
    }]);
  }

  #set(scenario, curve, value) {
    const [low, high] = curve.range ?? [Math.min(...curve.values), Math.max(...curve.values)];
    this.change(put(scenario, curve.path, Number(Math.min(high, Math.max(low, value)).toPrecision(4))));
  }

  /** The number whose design is nearest to a place on the curve, between its points. */
  #slide(scenario, curve, reached, inside, [tx, ty]) {
    let best = null;
    for (let k = 0; k + 1 < reached.length; k++) {
      const [a, b] = [inside(reached[k].at), inside(reached[k + 1].at)];
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
      const along = Math.min(1, Math.max(0, ((tx - a[0]) * dx + (ty - a[1]) * dy) / (dx * dx + dy * dy || 1)));
      const away = Math.hypot(a[0] + along * dx - tx, a[1] + along * dy - ty);
      if (!best || away < best.away) best = { away, k, along };
    }
    if (!best) return;
    const [from, to] = [reached[best.k].value, reached[best.k + 1].value];
    this.#set(scenario, curve, curve.log ? from * (to / from) ** best.along : from + (to - from) * best.along);
  }

  /** Above the dashed line nothing can be: rate weight · rate − bound weight · tr CRB ≤ what is proven. */
  #bound(scenario, value, x, y) {
    const weight = scenario.rate_weight_per_nat ?? 1;
    const rate = (t) => (value + scenario.crb_weight * t * t) / weight / Math.LN2;
    const places = Array.from({ length: 80 }, (_, k) => x.back(BOX.left + ((BOX.right - BOX.left) * k) / 79));
    const points = places.map((t) => [x(t), Math.max(y(rate(t)), BOX.top - 2)]);
    const below = points.filter(([, py]) => py >= BOX.top);
    const area = svg("path", { d: `M${BOX.left} ${BOX.top}${points.map(([px, py]) => `L${px.toFixed(1)} ${Math.min(Math.max(py, BOX.top), BOX.bottom).toFixed(1)}`).join("")}L${BOX.right} ${BOX.top}Z`, class: "impossible" });
    return [area, path(below.filter(([, py]) => py <= BOX.bottom), { class: "bound" })];
  }
}
