// The sky of a base station: what it sends over azimuth and polar angle, users and targets in it with the
// ellipses of their errors; below it the pattern of every beam, over the same axis.

import { Handles, axes, colour, ellipse, path, scale, short, svg } from "./draw.js";
import { sky as scene } from "./systems.js";

const WIDTH = 720;
const BOX = { left: 50, right: 708, top: 12, bottom: 262 };
const CUT = { left: 50, right: 708, top: 300, bottom: 452 };
const FLOOR = -25;
/** 95 of 100 estimates are inside: −2 ln 0.05 standard deviations squared. */
const INSIDE = 5.991;
const clamp = (x, low, high) => Math.min(high, Math.max(low, x));

/** The picture; `change(scenario)` is called while somebody drags. */
export class Sky {
  #x = scale([-90, 90], [BOX.left, BOX.right]);
  #y = scale([30, 150], [BOX.top, BOX.bottom]);
  #canvas = document.createElement("canvas");

  constructor(root, _system, change) {
    this.root = root;
    this.change = change;
    root.setAttribute("viewBox", `0 0 ${WIDTH} 490`);
    this.back = svg("g");
    root.append(this.back);
    this.handles = new Handles(root);
  }

  /** The marks, at once while they are dragged. */
  place(scenario, answer) {
    const rates = answer?.metrics?.rate_bps_hz ?? [];
    const bounds = answer?.metrics?.targets ?? [];
    const marks = [];
    const add = (kind, list, move) => list.forEach(({ name, azimuth, polar }, i) => {
      const user = kind === "user";
      const moved = (a, p) => this.change(move(scenario, i, clamp(a, -89, 89), clamp(p, 31, 149)));
      const number = user ? `${short(rates[i])} bit/s/Hz` : `root-CRB ${short(bounds[i]?.azimuth_rcrb_deg)}° and ${short(bounds[i]?.polar_rcrb_deg)}°`;
      marks.push({
        key: `${kind}${i}`, kind, name, label: String(i + 1),
        off: user && rates[i] < 1e-3,
        told: `azimuth ${azimuth}°, polar angle ${polar}°, ${number}`,
        x: this.#x(azimuth), y: this.#y(polar), colour: user ? colour(i) : "var(--target)",
        move: (x, y) => moved(this.#x.back(x), this.#y.back(y)),
        nudge: (dx, dy) => moved(azimuth + dx, polar + dy),
      });
    });
    add("target", scene.targets(scenario), scene.moveTarget);
    add("user", scene.users(scenario), scene.moveUser);
    this.handles.show(marks);
  }

  /** What a design sends. */
  draw(scenario, answer, ghost) {
    const details = answer.details;
    const back = [axes(BOX, { x: this.#x, y: this.#y, yLabel: "polar angle (°)", xTicks: [-90, -60, -30, 0, 30, 60, 90], yTicks: [30, 60, 90, 120, 150] })];
    if (details) {
      back.unshift(this.#heat(details.sky));
      back.push(...this.#ellipses(scenario, details.ellipses));
      back.push(this.#patterns(scenario, answer, ghost));
    }
    this.back.replaceChildren(...back);
    this.place(scenario, answer);
  }

  #heat({ azimuth_deg, polar_deg, gain_db }) {
    const [columns, rows] = [azimuth_deg.length, polar_deg.length];
    Object.assign(this.#canvas, { width: columns, height: rows });
    const context = this.#canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    const dark = document.documentElement.dataset.theme === "dark";
    const [r, g, b] = dark ? [86, 180, 233] : [0, 90, 170];
    gain_db.forEach((db, i) => image.data.set([r, g, b, 215 * clamp((db + 12) / 24, 0, 1) ** 1.4], 4 * i));
    context.putImageData(image, 0, 0);
    return svg("image", { href: this.#canvas.toDataURL(), x: BOX.left, y: BOX.top, width: BOX.right - BOX.left, height: BOX.bottom - BOX.top, preserveAspectRatio: "none" });
  }

  #ellipses(scenario, ellipses) {
    if (!ellipses) return [svg("text", { x: BOX.left + 10, y: BOX.top + 20, class: "word" }, "the targets cannot be told apart: no bound")];
    const px = (BOX.right - BOX.left) / 180;
    const py = (BOX.bottom - BOX.top) / 120;
    const clip = svg("g", { "clip-path": "inset(0)" });
    const drawn = scene.targets(scenario).map(({ azimuth, polar }, i) => {
      const [aa, ap, pp] = ellipses[i] ?? [0, 0, 0];
      return ellipse([this.#x(azimuth), this.#y(polar)], [aa * px * px, ap * px * py, pp * py * py].map((v) => INSIDE * v), { class: "error" });
    });
    clip.append(...drawn);
    return [svg("svg", { x: 0, y: 0, width: WIDTH, height: BOX.bottom, viewBox: `0 0 ${WIDTH} ${BOX.bottom}` }, clip)];
  }

  #patterns(scenario, answer, ghost) {
    const { angles_deg, beams } = answer.details;
    const antennas = scenario.transmit_array.horizontal * scenario.transmit_array.vertical;
    const top = Math.max(10, Math.ceil((10 * Math.log10(antennas) + 1) / 5) * 5);
    const y = scale([FLOOR, top], [CUT.bottom, CUT.top]);
    const line = (angles, values, attributes) => path(angles.map((angle, i) => [this.#x(angle), y(Math.max(values[i], FLOOR))]), attributes);
    const group = svg("g", {}, axes(CUT, { x: this.#x, y, xLabel: "azimuth (°), at the polar angle of target 1", yLabel: "power (dB)", xTicks: [-90, -60, -30, 0, 30, 60, 90] }));
    for (const { azimuth } of scene.targets(scenario)) group.append(svg("line", { x1: this.#x(azimuth), x2: this.#x(azimuth), y1: CUT.top, y2: CUT.bottom, class: "towards" }));
    scene.users(scenario).forEach(({ azimuth }, i) => group.append(svg("line", { x1: this.#x(azimuth), x2: this.#x(azimuth), y1: CUT.top, y2: CUT.bottom, class: "towards user", stroke: colour(i) })));
    if (ghost?.pictures?.pattern) {
      const cut = ghost.pictures.pattern;
      const db = cut.curves[0][1].map((power) => 10 * Math.log10(Math.max(power, 1e-6)));
      group.append(line(cut.angles_deg, db, { class: "ghost" }));
    }
    for (const beam of beams) {
      const style = beam.user === null ? { class: "beam sensing" } : { class: "beam", stroke: colour(beam.user) };
      group.append(line(angles_deg, beam.gain_db, style));
    }
    const all = answer.pictures?.pattern?.curves?.[0];
    if (all) group.append(line(answer.pictures.pattern.angles_deg, all[1].map((power) => 10 * Math.log10(Math.max(power, 1e-6))), { class: "whole" }));
    return group;
  }
}
