// Lessons, goals, sliders.

import { html, short } from "./draw.js";
import { at, put, sky, withGoal } from "./systems.js";

const STEPS = 400;

/** The column of controls; `change(scenario)` follows every move. */
export class Controls {
  #rows = [];
  #system = null;
  #scenario = null;

  constructor(change, preset) {
    this.change = change;
    this.preset = preset;
    this.root = html("div", { className: "controls" });
  }

  /** The controls of a system. */
  show(system, scenario) {
    this.#system = system;
    this.#scenario = scenario;
    this.#rows = [];
    const kind = scenario.goal?.kind ?? "weighted";
    const rows = [this.#lessons(system)];
    if (system.goals) rows.push(this.#goals(system, kind));
    if (system.view === "sky") rows.push(this.#count("Users", sky.users, sky.setUsers, [0, 8]), this.#count("Targets", sky.targets, sky.setTargets, [1, 4]));
    for (const slider of system.sliders) {
      if (!slider.goals || slider.goals.includes(kind)) rows.push(this.#slider(slider));
    }
    this.root.replaceChildren(...rows);
    this.told(scenario);
  }

  /** The scene changed, by whomever: sliders follow. */
  told(scenario) {
    this.#scenario = scenario;
    this.#rows.forEach((row) => row());
  }

  #lessons(system) {
    const same = (preset) => JSON.stringify(preset) === JSON.stringify(this.#scenario);
    const now = Math.max(0, system.presets.findIndex(([, , preset]) => same(preset)));
    const words = html("p", { className: "lesson" }, system.presets[now][1]);
    const select = html("select", { id: "lessons" }, ...system.presets.map(([name], i) => html("option", { value: String(i) }, name)));
    select.value = String(now);
    select.onchange = () => this.preset(system.presets[Number(select.value)]);
    return html("div", { className: "control" }, html("label", { htmlFor: "lessons" }, "Lesson"), select, words);
  }

  #goals(system, kind) {
    const select = html("select", { id: "goals" }, ...system.goals.map(([name, words]) => html("option", { value: name }, words)));
    select.value = kind;
    select.onchange = () => {
      const scenario = withGoal(system, this.#scenario, select.value);
      this.show(system, scenario);
      this.change(scenario);
      document.getElementById("goals").focus();
    };
    return html("div", { className: "control" }, html("label", { htmlFor: "goals" }, "Goal"), select);
  }

  #count(words, list, set, [least, most]) {
    const shown = html("output", {});
    const turn = (by) => {
      const count = list(this.#scenario).length + by;
      if (count >= least && count <= most) this.change(set(this.#scenario, count));
    };
    const button = (sign, by) => html("button", { type: "button", "aria-label": `${by < 0 ? "fewer" : "more"} ${words.toLowerCase()}`, onclick: () => turn(by) }, sign);
    this.#rows.push(() => (shown.textContent = String(list(this.#scenario).length)));
    return html("div", { className: "control count" }, html("span", {}, words), button("−", -1), shown, button("+", 1));
  }

  #slider({ path, label, unit, min, max, step, log }) {
    const id = `slider-${path.replaceAll(".", "-")}`;
    const input = html("input", { type: "range", id, min: String(log ? 0 : min), max: String(log ? STEPS : max), step: String(log ? 1 : step) });
    const shown = html("output", { htmlFor: id });
    const value = () => (log ? Number((min * (max / min) ** (Number(input.value) / STEPS)).toPrecision(3)) : Number(input.value));
    input.oninput = () => this.change(put(this.#scenario, path, value()));
    this.#rows.push(() => {
      const now = at(this.#scenario, path);
      if (now === undefined) return;
      const place = log ? (STEPS * Math.log(now / min)) / Math.log(max / min) : now;
      if (document.activeElement !== input || Math.abs(value() - now) > 1e-9 * Math.abs(now)) input.value = String(place);
      shown.textContent = `${short(now, 4)} ${unit}`;
      input.setAttribute("aria-valuetext", shown.textContent);
    });
    return html("div", { className: "control" }, html("label", { htmlFor: id }, label), shown, input);
  }
}
