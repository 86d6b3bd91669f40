// The explorer: a scene is dragged, the library designs every frame, the rest follows while the mouse rests.

import { Chart } from "./chart.js";
import { curveOf, ghostsOf, pointOf, scenariosOf } from "./curves.js";
import { html, short, svg } from "./draw.js";
import { Engine } from "./engine.js";
import { Controls } from "./controls.js";
import { Fan, Plan } from "./plan.js";
import { Sky } from "./sky.js";
import { SYSTEMS, liveOf, moduleOf, moduleOpening, systemOf } from "./systems.js";
import { command, hashOf, pythonScript, stateOf, tomlFile } from "./words.js";

const REST = 350;
const NODES = [0, 30, 150, 700];
const SLOW = 100;
const VIEWS = { sky: Sky, plan: Plan, fan: Fan };

/** The page. */
class Explorer {
  #live = new Engine();
  #aside = new Engine();
  #proof = new Engine();
  #version = 0;
  #frames = [];
  #curve = { points: [], ghosts: {} };
  #bound = null;
  #curving = false;
  #rest = 0;
  #changed = -Infinity;
  /** Whether the last frame took too long to be dragged. */
  #slow = false;
  /** What tests look at. */
  told = { frames: 0, errors: [] };

  constructor(root) {
    this.root = root;
    this.#build();
    const held = stateOf(location.hash);
    this.open(systemOf(held?.system), held);
    addEventListener("hashchange", () => {
      const state = stateOf(location.hash);
      if (state && JSON.stringify(state) !== JSON.stringify(this.state)) this.open(systemOf(state.system), state);
    });
    new MutationObserver(() => this.answer && this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  #url(system, scenario = this.state.scenario) {
    return this.#address(moduleOf(system, scenario));
  }

  #address(module) {
    return new URL(module, import.meta.url).href;
  }

  #build() {
    const tab = (system) => html("button", { type: "button", role: "tab", id: `tab-${system.id}`, "aria-controls": "scene-panel", onclick: () => this.open(system) }, system.title);
    this.tabs = html("div", { role: "tablist", "aria-label": "Systems", className: "tabs" }, ...SYSTEMS.map(tab));
    this.tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = SYSTEMS[(SYSTEMS.indexOf(this.system) + step + SYSTEMS.length) % SYSTEMS.length];
      this.open(next);
      document.getElementById(`tab-${next.id}`).focus();
    });
    this.line = html("p", { className: "line" });
    this.scene = html("div", { className: "scene", id: "scene-panel", role: "tabpanel" });
    this.legend = html("p", { className: "legend" });
    this.numbers = html("dl", { className: "numbers", "aria-live": "off" });
    this.proof = html("div", { className: "proof", role: "status" });
    this.chartBox = html("div", { className: "chart" });
    this.tables = html("details", { className: "tables" }, html("summary", {}, "Tables"), html("div", {}));
    this.speed = html("p", { className: "speed" });
    this.said = html("p", { className: "said", role: "status" });
    this.controls = new Controls((scenario) => this.change(scenario), (preset) => this.preset(preset));
    const action = (words, run) => html("button", { type: "button", onclick: run }, words);
    const file = html("input", { type: "file", accept: ".json,application/json", hidden: true, onchange: () => this.#load(file.files[0]) });
    const actions = html("div", { className: "actions" },
      action("Copy link", () => this.#copy(location.href.split("#")[0] + hashOf(this.state), "link")),
      action("Copy TOML", () => this.#copy(tomlFile(this.state.system, this.state.scenario), "scenario file")),
      action("Copy Python", () => this.#copy(pythonScript(this.state), "script")),
      action("Copy command", () => this.#copy(command(this.state), "command")),
      action("Download design", () => this.#document()),
      action("Download SVG", () => this.#picture()),
      action("Open design …", () => file.click()), file);
    this.root.replaceChildren(this.tabs, this.line,
      html("div", { className: "panes" },
        html("div", { className: "pane main" }, this.scene, this.legend, actions, this.said),
        html("div", { className: "pane" }, this.numbers, this.proof, this.chartBox, this.tables, this.speed),
        html("div", { className: "pane", id: "controls" }, this.controls.root)));
  }

  /** Show a system, from a state of an address where there is one. */
  open(system, held) {
    this.system = system;
    const scenario = held?.scenario ?? structuredClone(system.base);
    this.state = { system: system.id, scenario, seed: held?.seed ?? 1, scheme: held?.scheme ?? system.scheme };
    for (const one of SYSTEMS) {
      const tab = document.getElementById(`tab-${one.id}`) ?? this.tabs.children[SYSTEMS.indexOf(one)];
      tab.setAttribute("aria-selected", String(one === system));
      tab.tabIndex = one === system ? 0 : -1;
    }
    this.scene.setAttribute("aria-labelledby", `tab-${system.id}`);
    this.line.textContent = system.line;
    const picture = svg("svg", { class: "picture", role: "group", "aria-label": `Scene of ${system.title}: everything that can be dragged takes the arrow keys` });
    this.scene.replaceChildren(picture);
    this.view = new VIEWS[system.view](picture, system, (s) => this.change(s));
    this.chartBox.replaceChildren();
    const chart = svg("svg", { class: "picture", role: "group", "aria-label": "Trade-off: the point of the design can be dragged along the curve" });
    this.chartBox.append(chart);
    this.chart = new Chart(chart, system, (s) => this.change(s));
    this.#curve = { points: [], ghosts: {} };
    this.answer = null;
    this.#slow = false;
    this.told.fastest = this.told.drawing = this.told.gap = undefined;
    this.#frames = [];
    this.numbers.replaceChildren();
    this.proof.replaceChildren("Designing …");
    this.legend.textContent = "";
    this.said.textContent = "";
    this.controls.show(system, scenario);
    this.change(scenario);
  }

  /** A lesson. */
  preset([, , scenario]) {
    this.chart?.fresh();
    this.#curve = { points: [], ghosts: {} };
    this.change(structuredClone(scenario));
    this.controls.show(this.system, this.state.scenario);
  }

  /** Another scene: design for it, and drop everything that is about the old one. */
  change(scenario) {
    this.state = { ...this.state, scenario };
    this.#version += 1;
    this.#changed = performance.now();
    this.#bound = null;
    this.#proof.stop();
    this.#frames = this.#frames.slice(-120);
    this.controls.told(scenario);
    if (this.answer) this.view.place(scenario, this.answer);
    this.#design();
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#settle(), REST);
  }

  /** Whether the scene was changed a moment ago. */
  #moving() {
    return performance.now() - this.#changed < REST;
  }

  #request(settings, want, scenario = this.state.scenario, scheme = this.state.scheme) {
    return { verb: "design", system: this.state.system, scenario, seed: this.state.seed, scheme, settings, want };
  }

  async #design() {
    const [version, system, scenario] = [this.#version, this.system, this.state.scenario];
    const want = { pictures: system.pictures, details: Boolean(system.details), story: true };
    const settings = this.#slow && system.quick ? system.quick : liveOf(system, scenario);
    const request = { ...this.#request(settings, want), warm: "live" };
    const answer = await this.#live.newest(this.#url(system, scenario), request);
    if (!answer || this.system !== system) return;
    if (answer.milliseconds > SLOW) this.#slow = true;
    const now = performance.now();
    this.#frames.push(now);
    this.told.frames += 1;
    this.#show(answer, scenario);
    this.#tempo(answer, now);
    if (version === this.#version) this.told.settled = version;
    if (this.chart) this.#trace();
  }

  #show(answer, scenario) {
    if (answer.error) {
      this.#refused(answer.error);
      return;
    }
    this.said.textContent = "";
    this.answer = answer;
    this.drawn = scenario;
    this.#draw();
    this.#tell(answer);
  }

  #draw() {
    const begin = performance.now();
    this.view.draw(this.drawn, this.answer, this.#curve.rzf);
    if (this.drawn !== this.state.scenario) this.view.place(this.state.scenario, this.answer);
    this.chart?.draw(this.state.scenario, { ...this.#curve, answer: this.answer, bound: this.#bound });
    this.told.drawing = Math.min(this.told.drawing ?? Infinity, performance.now() - begin);
  }

  #refused({ what, where, found, allowed, hint }) {
    const words = [where && `where: ${where}`, found && `found: ${found}`, allowed && `allowed: ${allowed}`, hint && `hint: ${hint}`];
    this.said.textContent = [what, ...words.filter(Boolean)].join(" · ");
    if (!where) this.told.errors.push(what);
    this.view.place(this.state.scenario, this.answer);
  }

  #tell(answer) {
    const { metrics, proof } = answer;
    const row = ([name, label, unit, digits]) => {
      const value = metrics[name];
      const text = typeof value === "number" ? (Math.abs(value) < 1e-3 && value !== 0 ? value.toExponential(3) : value.toFixed(digits)) : "–";
      return [html("dt", {}, label), html("dd", { "data-metric": name, "data-value": String(value) }, `${text} ${unit}`)];
    };
    this.numbers.replaceChildren(...this.system.show.flatMap(row));
    this.#certificate(answer);
    const table = ({ caption, headers, rows }) => html("table", {}, html("caption", {}, caption),
      html("thead", {}, html("tr", {}, ...headers.map((word) => html("th", { scope: "col" }, word)))),
      html("tbody", {}, ...rows.map((cells) => html("tr", {}, ...cells.map((cell) => html("td", {}, cell))))));
    if (this.tables.open) this.tables.lastChild.replaceChildren(...(answer.tables ?? []).filter(({ rows }) => rows.length).map(table));
    else this.tables.ontoggle = () => this.answer && this.#tell(this.answer);
    this.legend.textContent = this.system.view === "sky" && !proof.infeasible
      ? "Circles: users (faint when switched off). Diamonds: targets; their ellipses, to scale, hold 95 % of the estimates of the best unbiased estimator there could be. Shade: power sent. Dotted: RZF."
      : this.system.view === "plan"
        ? `Lines: power.${this.system.radius ? " Circles about users: ten times the root-CRB of their position." : ""} ${this.system.note ?? ""}`
        : "";
  }

  #certificate({ proof, violation, unsound, metrics }) {
    const words = [];
    let share = null;
    if (unsound) words.push(`Numerically unsound: ${unsound}`);
    else if (proof.infeasible) words.push(`Proven impossible: ${proof.infeasible.statement}. Shown is what comes nearest.`);
    else if (proof.bound) {
      share = proof.bound.gap_rel;
      words.push(share < 1e-6 ? "Proven optimal." : `Proven within ${short(100 * share, 2)} % of the best that is possible.`);
    } else if (proof.point?.kind === "stationary") words.push(`A local optimum (residual ${short(proof.point.residual, 2)}); the proof closes while you rest.`);
    if (violation > 1e-6 && !proof.infeasible) words.push(`A requirement is missed by ${short(100 * violation, 2)} %.`);
    const off = metrics?.users_shut_off ?? 0;
    if (off > 0) words.push(off === 1 ? "One user is switched off." : `${off} users are switched off.`);
    const bar = share === null ? null : html("meter", { min: 0, max: 6, value: Math.min(6, Math.max(0, -Math.log10(Math.max(share, 1e-6)))), "aria-label": "how far the proof is closed" });
    this.proof.replaceChildren(...(bar ? [bar] : []), html("span", {}, words.join(" ")));
  }

  #tempo(answer, now) {
    if (answer.milliseconds === undefined) return;
    const recent = this.#frames.filter((t) => now - t < 1000).length;
    const memory = (this.#live.bytes / 2 ** 20).toFixed(0);
    this.speed.textContent = `One design: ${answer.milliseconds.toFixed(1)} ms · ${recent} in the last second · ${memory} MB · in this page, nothing is sent anywhere`;
    // between two designs while the scene changes; a longer pause is one of the hand, or of its end of the way
    const gaps = this.#frames.slice(1).map((t, i) => t - this.#frames[i]).filter((gap) => gap < 250).sort((a, b) => a - b);
    this.told.gap = gaps[gaps.length >> 1];
    this.told.milliseconds = answer.milliseconds;
    this.told.fastest = Math.min(this.told.fastest ?? Infinity, answer.milliseconds);
    this.told.bytes = this.#live.bytes;
  }

  /** The curve of the scene that is newest when it begins; runs again while scenes change. */
  async #trace() {
    if (this.#curving) return;
    this.#curving = true;
    let done = -1;
    while (done !== this.#version && this.chart) {
      done = this.#version;
      const [system, scenario] = [this.system, this.state.scenario];
      const curve = curveOf(system, scenario);
      const ask = (request) => this.#aside.newest(this.#url(system, scenario), request);
      const ghosts = {};
      let rzf = null;
      for (const [name, scheme] of Object.entries(ghostsOf(system, scenario))) {
        const answer = await ask(this.#request({}, { pictures: name === "RZF" ? ["pattern"] : [] }, scenario, scheme));
        ghosts[name] = scenario.goal?.kind === "min-power" ? null : pointOf(curve, answer);
        if (name === "RZF" && !answer?.error) rzf = answer;
      }
      const points = [];
      let left = false;
      for (const { value, scenario: one } of scenariosOf(system, scenario)) {
        const answer = await ask({ ...this.#request(liveOf(system, one), {}, one), warm: "curve" });
        const turned = curve.value && answer?.metrics ? curve.value(answer.metrics) : value;
        points.push({ value: turned, at: pointOf(curve, answer) });
        // The frame that is dragged comes first: cores may be few, and the curve is wanted whole when the hand rests.
        if (this.#moving()) await new Promise((done) => setTimeout(done, 2 * (answer?.milliseconds ?? 0)));
        left = this.system !== system || curveOf(system, this.state.scenario) !== curve;
        if (left) break;
      }
      if (left) continue;
      this.#curve = { points, ghosts, rzf };
      if (this.answer) this.#draw();
    }
    this.#curving = false;
  }

  /** The mouse rests: a design from all starts, then its proof, box by box. */
  async #settle() {
    const [version, system, scenario] = [this.#version, this.system, this.state.scenario];
    history.replaceState(null, "", hashOf(this.state));
    this.told.held = JSON.stringify(this.state);
    const certifies = system.view === "sky" ? NODES.map((nodes) => ({ certify: { nodes } })) : [system.full];
    for (const settings of certifies) {
      const want = { pictures: system.pictures, details: Boolean(system.details), story: true };
      const answer = await this.#proof.newest(this.#url(system, scenario), this.#request(settings, want));
      if (!answer || version !== this.#version) return;
      if (answer.error) return this.#refused(answer.error);
      if (answer.milliseconds < SLOW) this.#slow = false;
      this.#bound = answer.proof.bound?.value ?? null;
      this.#show(answer, scenario);
      this.told.proven = version;
      if (answer.proof.infeasible || (answer.proof.bound?.gap_rel ?? 1) < 1e-3) return;
    }
  }

  async #copy(text, what) {
    this.told.copied = text;
    try {
      await navigator.clipboard.writeText(text);
      this.said.textContent = `The ${what} is in the clipboard.`;
    } catch {
      const area = html("textarea", { value: text, readOnly: true, rows: 6, "aria-label": what });
      this.said.replaceChildren(`Copy the ${what} from here:`, area);
      area.select();
    }
  }

  #save(name, text, type) {
    const link = html("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async #document() {
    const settings = this.system.view === "sky" ? { certify: { nodes: 150 } } : this.system.full;
    this.#proof.stop();
    const answer = await this.#proof.newest(this.#url(this.system), this.#request(settings, { document: true }));
    if (answer?.error) return this.#refused(answer.error);
    if (answer) this.#save(`${this.state.system}-design.json`, answer.document, "application/json");
  }

  #picture() {
    const copy = this.scene.firstChild.cloneNode(true);
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const styles = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.selectorText?.includes(".picture"));
    const computed = getComputedStyle(document.documentElement);
    const names = ["--ink", "--faint", "--target", "--accent", "--paper"];
    const root = `svg { ${names.map((name) => `${name}: ${computed.getPropertyValue(name)};`).join(" ")} background: var(--paper); color: var(--ink); font-family: sans-serif; }`;
    copy.prepend(svg("style", {}, [root, ...styles.map((rule) => rule.cssText)].join("\n")));
    this.#save(`${this.state.system}.svg`, new XMLSerializer().serializeToString(copy), "image/svg+xml");
  }

  /** A document of the command line: its numbers, evaluated here. */
  async #load(file) {
    if (!file) return;
    const text = await file.text();
    let system;
    try {
      system = SYSTEMS.find(({ id }) => id === JSON.parse(text)?.system);
    } catch {
      return this.#refused({ what: "the file is no JSON", where: file.name });
    }
    if (!system) return this.#refused({ what: "the file is no design of a system here", where: file.name, allowed: SYSTEMS.map(({ id }) => id).join(", ") });
    const answer = await this.#aside.newest(this.#address(moduleOpening(system)), { verb: "open", text, want: { story: true } });
    if (!answer || answer.error) return answer && this.#refused(answer.error);
    this.#proof.stop();
    clearTimeout(this.#rest);
    if (system !== this.system) this.open(system);
    clearTimeout(this.#rest);
    this.#version += 1;
    this.tables.open = true;
    this.#tell(answer);
    this.told.opened = answer;
    this.said.textContent = `${file.name}: ${answer.headline}. Numbers and tables are those of this design, evaluated here; the scene is not in a document. Drag to leave it.`;
  }
}

const root = document.getElementById("explorer");
if (root) globalThis.explorer = new Explorer(root);
