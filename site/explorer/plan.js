// Plans seen from above, the fan of a frame, and what stands below them: patterns, or the frame in time.

import { Handles, axes, colour, path, scale, short, svg, ticks } from "./draw.js";
import { put } from "./systems.js";

const WIDTH = 720;
const BOX = { left: 50, right: 708, top: 12, bottom: 330 };
const CUT = { left: 50, right: 708, top: 372, bottom: 492 };
const NAMES = { station: "var(--ink)", surface: "var(--ink)", target: "var(--target)" };

/** Ends of both axes that show all places in metres, one metre as long on either. */
function ends(places, held) {
  const lows = [0, 1].map((k) => Math.min(...places.map((p) => p[k])));
  const highs = [0, 1].map((k) => Math.max(...places.map((p) => p[k])));
  const wide = Math.max(highs[0] - lows[0], ((highs[1] - lows[1]) * (BOX.right - BOX.left)) / (BOX.bottom - BOX.top), 1) * 1.25;
  const high = (wide * (BOX.bottom - BOX.top)) / (BOX.right - BOX.left);
  const middle = [0, 1].map((k) => (lows[k] + highs[k]) / 2);
  const made = { x: [middle[0] - wide / 2, middle[0] + wide / 2], y: [middle[1] - high / 2, middle[1] + high / 2], wide };
  // The frame stays while somebody drags, unless it no longer fits.
  const fits = held && [0, 1].every((k) => lows[k] >= held[k ? "y" : "x"][0] && highs[k] <= held[k ? "y" : "x"][1]);
  return fits && held.wide < made.wide * 2.2 ? held : made;
}

/** A pattern below the plan. */
function pattern(cut) {
  const floor = -25;
  const db = cut.curves.map(([, powers]) => powers.map((power) => 10 * Math.log10(Math.max(power, 1e-6))));
  const top = Math.max(5, Math.ceil(Math.max(...db.flat()) / 5) * 5);
  const x = scale([-90, 90], [CUT.left, CUT.right]);
  const y = scale([floor, top], [CUT.bottom, CUT.top]);
  const group = svg("g", {}, axes(CUT, { x, y, xLabel: `${cut.angle.toLowerCase()} (°)`, yLabel: "power (dB)", xTicks: [-90, -60, -30, 0, 30, 60, 90] }));
  for (const angle of cut.marks.flatMap(([, angles]) => angles)) group.append(svg("line", { x1: x(angle), x2: x(angle), y1: CUT.top, y2: CUT.bottom, class: "towards" }));
  db.forEach((values, i) => group.append(path(cut.angles_deg.map((angle, k) => [x(angle), y(Math.max(values[k], floor))]), { class: "beam", stroke: colour(i) })));
  cut.curves.forEach(([name], i) => group.append(svg("text", { x: CUT.left + 8, y: CUT.top + 2, dy: `${1.15 * (i + 1)}em`, style: `fill: ${colour(i)}`, class: "name" }, name)));
  return group;
}

/** The frame in time. */
function timeline(line, box) {
  const end = Math.max(...line.parts.map(([, to]) => to), ...line.taken.map(([, , to]) => to), 1);
  const most = Math.max(...line.parts.map(([, , value]) => value), 1e-9);
  const x = scale([0, end], [box.left, box.right]);
  const y = scale([0, most * 1.1], [box.bottom, box.top]);
  const group = svg("g", {}, axes(box, { x, y, xLabel: `${line.time[0].toLowerCase()} (${line.time[1]})`, yLabel: line.value[1] }));
  for (const [name, from, to] of line.taken) {
    group.append(svg("rect", { x: x(from), y: box.top, width: x(to) - x(from), height: box.bottom - box.top, class: "sensing-time" }));
    group.append(svg("text", { x: (x(from) + x(to)) / 2, y: box.top + 18, "text-anchor": "middle", class: "word" }, name));
  }
  for (const [from, to, value] of line.parts) group.append(svg("rect", { x: x(from), y: y(value), width: Math.max(x(to) - x(from) - 0.7, 0.5), height: box.bottom - y(value), class: "block" }));
  for (const at of line.marks.flatMap(([, moments]) => moments)) group.append(svg("line", { x1: x(at), x2: x(at), y1: box.top, y2: box.bottom, class: "update" }));
  return group;
}

class View {
  constructor(root, system, change) {
    Object.assign(this, { root, system, change });
    root.setAttribute("viewBox", `0 0 ${WIDTH} ${system.pictures.length > 1 || system.view === "fan" ? 530 : 372}`);
    this.back = svg("g");
    root.append(this.back);
    this.handles = new Handles(root);
  }
}

/** A place seen from above, in metres. */
export class Plan extends View {
  #ends = null;

  #scales(scenario) {
    const places = this.system.items.flatMap((item) => item.list(scenario).map(({ place }) => place));
    this.#ends = ends(places, this.#ends);
    this.x = scale(this.#ends.x, [BOX.left, BOX.right]);
    this.y = scale(this.#ends.y, [BOX.bottom, BOX.top]);
  }

  /** The marks. */
  place(scenario, answer) {
    if (!this.x) this.#scales(scenario);
    const built = answer?.pictures?.scene?.groups?.find(([name]) => name === "surfaces")?.[1].map(([name]) => name);
    const step = this.#ends.wide / 100;
    const marks = this.system.items.flatMap((item) => item.list(scenario).map(({ name, place: [px, py] }, i) => ({
      key: `${item.kind}${i}`, kind: item.kind, name,
      label: item.kind === "user" || item.kind === "target" ? (item.list(scenario).length > 1 ? String(i + 1) : "") : "",
      off: item.kind === "surface" && built && !built.includes(`site ${i}`),
      told: `at ${short(px)}, ${short(py)} metres`,
      x: this.x(px), y: this.y(py),
      colour: item.kind === "user" ? colour(i) : NAMES[item.kind],
      move: (x, y) => this.change(item.move(scenario, i, [this.x.back(x), this.y.back(y)])),
      nudge: (dx, dy) => this.change(item.move(scenario, i, [px + dx * step, py - dy * step])),
    })));
    this.handles.show(marks);
  }

  /** What a design does. */
  draw(scenario, answer) {
    this.#scales(scenario);
    const { x, y } = this;
    const back = [axes(BOX, { x, y, xLabel: answer.pictures?.pattern ? "" : "x (m)", yLabel: "y (m)", xTicks: ticks(x, 8) })];
    for (const { from, to, share, group } of answer.pictures?.scene?.beams ?? []) {
      const ends = { x1: x(from[0]), y1: y(from[1]), x2: x(to[0]), y2: y(to[1]) };
      back.push(svg("line", { ...ends, class: `flow g${group}`, "stroke-width": 0.4 + 6 * share, "stroke-opacity": 0.15 + 0.6 * share }));
    }
    const radii = this.system.radius?.(answer.metrics) ?? [];
    const users = this.system.items.find((item) => item.kind === "user").list(scenario);
    radii.forEach((radius, i) => {
      const [px, py] = users[i]?.place ?? [0, 0];
      back.push(svg("circle", { cx: x(px), cy: y(py), r: Math.min(Math.abs(x(px + radius) - x(px)), 2000), class: "error" }));
    });
    if (answer.pictures?.pattern) back.push(pattern(answer.pictures.pattern));
    this.back.replaceChildren(...back);
    this.place(scenario, answer);
  }
}

/** Users of a frame at their angles, and the frame in time below. */
export class Fan extends View {
  #middle = [379, 214];
  #radius = 190;

  #at(angle, radius = this.#radius) {
    const t = (angle * Math.PI) / 180;
    return [this.#middle[0] + radius * Math.sin(t), this.#middle[1] - radius * Math.cos(t)];
  }

  /** The marks. */
  place(scenario, answer) {
    const rates = answer?.metrics?.rate_bps_hz ?? [];
    const turn = (i, angle) => this.change(put(scenario, `users.fixed.${i}.angle_deg`, Math.max(-85, Math.min(85, Math.round(angle)))));
    this.handles.show(scenario.users.fixed.map(({ angle_deg }, i) => {
      const [x, y] = this.#at(angle_deg);
      return {
        key: `user${i}`, kind: "user", name: `user ${i + 1}`, label: String(i + 1), told: `${angle_deg}° from broadside, ${short(rates[i])} bit/s/Hz`,
        x, y, colour: colour(i),
        move: (px, py) => turn(i, (Math.atan2(px - this.#middle[0], Math.max(this.#middle[1] - py, 1)) * 180) / Math.PI),
        nudge: (dx, dy) => turn(i, angle_deg + dx - dy),
      };
    }));
  }

  /** What a design does: wedges are root-CRBs, ten times as wide as they are. */
  draw(scenario, answer) {
    const [cx, cy] = this.#middle;
    const r = this.#radius;
    const back = [svg("path", { d: `M${cx - r} ${cy}A${r} ${r} 0 0 1 ${cx + r} ${cy}Z`, class: "frame" })];
    for (const angle of [-60, -30, 0, 30, 60]) {
      const [x, y] = this.#at(angle);
      back.push(svg("line", { x1: cx, y1: cy, x2: x, y2: y, class: "rule" }));
    }
    (answer.metrics?.angle_rcrb_deg ?? []).forEach((bound, i) => {
      const user = scenario.users.fixed[i];
      if (!user) return;
      const [a, b] = [-5 * bound, 5 * bound].map((d) => this.#at(user.angle_deg + d, r - 10));
      back.push(svg("path", { d: `M${cx} ${cy}L${a.map((v) => v.toFixed(1)).join(" ")}A${r - 10} ${r - 10} 0 0 1 ${b.map((v) => v.toFixed(1)).join(" ")}Z`, class: "wedge", fill: colour(i) }));
    });
    back.push(svg("path", { d: `M${cx} ${cy - 7}L${cx + 8} ${cy + 6}L${cx - 8} ${cy + 6}Z`, class: "base" }));
    back.push(svg("text", { x: cx, y: cy + 22, "text-anchor": "middle", class: "word" }, "wedges: ten root-CRBs wide"));
    if (answer.pictures?.timeline) back.push(timeline(answer.pictures.timeline, { left: 50, right: 708, top: 268, bottom: 480 }));
    this.back.replaceChildren(...back);
    this.place(scenario, answer);
  }
}
