// Whether the explorer and the command line say the same: node site/tests/numbers.mjs path/to/noctule
//
// Every lesson of every system goes to the command line as the scenario file, and for some as the command, that the
// explorer copies. Compared are the drawn instance, the design, and a document of the one opened in the other.
// Both run the same code; sine, logarithm and the like come from different libraries of the machine, and sums
// of products are fused on one side. So an instance and a document have the same numbers to rounding, and a design, which
// ends where a rule says so, to what the rule leaves open.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync, brotliCompressSync, constants } from "node:zlib";
import { SYSTEMS, liveOf, moduleOf, moduleOpening, put, sky, withGoal } from "../explorer/systems.js";
import { command, stateOf, hashOf, tomlFile } from "../explorer/words.js";
import { library } from "./library.mjs";

const noctule = path.resolve(process.argv[2] ?? "target/ci/noctule");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "noctule-site-"));
/** Relative, for a design; for an instance and a document that is opened. */
const DESIGNED = 1e-7;
const SAME = 1e-10;
/** Compressed bytes of a module at most: for what a first page loads well below half a megabyte, for the others what the library of today
 *  needs, and no more unnoticed. */
const MOST = { "noctule-beamforming.wasm": 480_000, "noctule-surfaces.wasm": 310_000, "noctule-systems.wasm": 400_000, "noctule-whole.wasm": 575_000 };

const problems = [];
const modules = {};
for (const module of new Set(SYSTEMS.flatMap(({ module, whole }) => [module, ...(whole ? [whole] : [])]))) {
  const file = path.join("target/wasm", module);
  modules[module] = await library(file);
  const bytes = fs.readFileSync(file);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } }).length;
  console.log(`${module}: ${bytes.length} bytes, gzip ${gzipSync(bytes, { level: 9 }).length}, brotli ${brotli}`);
  if (brotli > (MOST[module] ?? 0)) problems.push(`${module}: ${brotli} bytes compressed are more than ${MOST[module]}`);
}

/** The largest relative difference of numbers at the same places, and where; a missing one is infinite. */
function difference(a, b, place = "") {
  if (typeof a === "number" && typeof b === "number") {
    const size = Math.max(Math.abs(a), Math.abs(b));
    // How little a requirement is missed by is rounding.
    const nothing = place.endsWith("violation") ? 1e-9 : 1e-12;
    return size < nothing ? [0, place] : [Math.abs(a - b) / size, place];
  }
  if (a && b && typeof a === "object" && typeof b === "object") {
    let worst = [0, place];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const found = difference(a[key], b[key], `${place}.${key}`);
      if (found[0] > worst[0]) worst = found;
    }
    return worst;
  }
  return [(a ?? null) === (b ?? null) ? 0 : Infinity, place];
}

function judge(what, [found, place], allowed) {
  if (!(found <= allowed)) problems.push(`${what}: ${found.toExponential(1)} at ${place}, ${allowed} allowed`);
  return found.toExponential(0);
}

/** Run the command line; infeasible is an answer too. */
function run(words) {
  try {
    execFileSync(noctule, words, { stdio: "pipe" });
  } catch (error) {
    if (error.status !== 4) throw new Error(`noctule ${words.join(" ")}: ${error.status}\n${error.stderr}`);
  }
}

/** A lesson in both. */
function compare(system, name, scenario) {
  const base = path.join(folder, `${system.id}-${name.replaceAll(/\W+/g, "-")}`);
  const state = { system: system.id, scenario, seed: 1, scheme: system.scheme };
  if (JSON.stringify(stateOf(hashOf(state))) !== JSON.stringify(state)) problems.push(`${name}: its link is another scene`);
  fs.writeFileSync(`${base}.toml`, tomlFile(system.id, scenario));
  run(["design", `${base}.toml`, "--scheme", system.scheme, "--seed", "1", "--out", `${base}.json`]);
  const text = fs.readFileSync(`${base}.json`, "utf8");
  const theirs = JSON.parse(text);
  const ask = modules[moduleOf(system, scenario)];
  const answer = ask({ verb: "design", system: system.id, scenario, seed: 1, scheme: system.scheme, settings: theirs.settings, want: { document: true } });
  if (answer.error) return problems.push(`${name}: ${JSON.stringify(answer.error)}`);
  const ours = JSON.parse(answer.document);
  const drawn = judge(`${name}, instance`, difference(ours.instance, theirs.instance), SAME);
  const [goal, reached] = [theirs.metrics, ours.metrics];
  const designed = judge(`${name}, ${system.objective}`, difference(goal[system.objective], reached[system.objective]), DESIGNED);
  if (Boolean(ours.proof.infeasible) !== Boolean(theirs.proof.infeasible)) problems.push(`${name}: infeasible on one side only`);
  const opened = modules[moduleOpening(system)]({ verb: "open", text, want: { document: true } });
  if (opened.error) return problems.push(`${name}, opened: ${JSON.stringify(opened.error)}`);
  // What a scheme adds is its own; all that is evaluated is compared.
  const evaluated = Object.fromEntries(Object.entries(opened.metrics).filter(([key, value]) => value !== null && key in goal && goal[key] !== null));
  const known = Object.fromEntries(Object.keys(evaluated).map((key) => [key, goal[key]]));
  const read = judge(`${name}, opened`, difference(evaluated, known), SAME);
  const again = JSON.parse(opened.document);
  if (JSON.stringify(again.instance) !== JSON.stringify(theirs.instance)) problems.push(`${name}: the instance that was opened is another one`);
  fs.writeFileSync(`${base}-browser.json`, answer.document);
  if (!answer.unsound) run(["verify", `${base}-browser.json`]);
  const bytes = answer.document === text ? "the same bytes" : "";
  console.log(`${system.id}, ${name}: instance ${drawn}, design ${designed}, opened ${read} ${bytes}`);
}

for (const system of SYSTEMS) {
  for (const [name, , scenario] of system.presets) compare(system, name, scenario);
  for (const [kind] of system.goals ?? []) {
    if (kind !== "weighted") compare(system, kind, withGoal(system, system.base, kind));
  }
}

// What is in a module of its own: the first one refuses it by its place, and does not design something else.
const [station] = SYSTEMS;
compare(station, "a band", { ...station.base, ofdm: { subcarriers: 3 } });
for (const [place, more] of [["ofdm", { ofdm: { subcarriers: 2 } }], ["ofdm", { channel: { kind: "rayleigh" }, knowledge: {} }], ["echo_draws", { echo_draws: 5 }]]) {
  const request = { verb: "design", system: station.id, scenario: { ...station.base, ...more } };
  const refused = modules[station.module](request).error;
  if (!refused?.where?.includes(place)) problems.push(`the first module and ${place}: ${JSON.stringify(refused)}`);
  const designed = modules[moduleOf(station, request.scenario)](request);
  if (designed.error) problems.push(`the whole module and ${place}: ${JSON.stringify(designed.error)}`);
}
const fewest = { verb: "design", system: station.id, scenario: station.base, settings: { fewest_sensing_streams: true } };
if (!modules[station.module](fewest).error?.where?.includes("fewest")) problems.push("the first module has the search for the fewest streams");
if (modules[station.whole](fewest).error) problems.push("the whole module has no search for the fewest streams");

/** The scene to begin with, with something dragged a little. */
function dragged({ base, view, items }, k) {
  if (view === "sky") return sky.moveTarget(base, 0, -30 + k / 2, 75);
  if (!items) return put(base, "users.fixed.0.angle_deg", -45 + k / 2);
  const crowd = items.find(({ kind }) => kind === "user");
  const [x, y] = crowd.list(base)[0].place;
  return crowd.move(base, 0, [x + k / 10, y]);
}

// Frames of a drag in processor time, which says much the same on a machine with other work; of surfaces those where paths overlap.
for (const system of SYSTEMS) {
  const want = { pictures: system.pictures, details: Boolean(system.details), story: true };
  const frame = (k) => {
    const scenario = dragged(system, k);
    const request = { verb: "design", system: system.id, scenario, seed: 1, scheme: system.scheme, settings: system.quick ?? liveOf(system, scenario), want, warm: "live" };
    const answer = modules[moduleOf(system, scenario)](request);
    if (answer.error) problems.push(`${system.id}, dragged: ${JSON.stringify(answer.error)}`);
  };
  for (let k = 0; k < 20; k++) frame(k);
  const begin = process.cpuUsage();
  for (let k = 20; k < 50; k++) frame(k);
  const { user, system: kernel } = process.cpuUsage(begin);
  const milliseconds = (user + kernel) / 30 / 1000;
  console.log(`${system.id}: a frame of a drag takes ${milliseconds.toFixed(1)} ms of processor time`);
  if (system === station && milliseconds > 1000 / 30) problems.push(`${system.id}: ${milliseconds.toFixed(1)} ms a frame are fewer than 30 a second`);
}

// The command that is copied designs what the file designs.
for (const system of SYSTEMS) {
  const out = path.join(folder, `${system.id}-command.json`);
  const words = command({ system: system.id, scenario: system.base, seed: 1, scheme: system.scheme });
  execFileSync("sh", ["-c", `${words.replace(/^noctule/, '"$0"')} --out ${out}`, noctule], { stdio: "pipe" });
  const file = path.join(folder, `${system.id}-${system.presets[0][0].replaceAll(/\W+/g, "-")}.json`);
  if (fs.readFileSync(out, "utf8") !== fs.readFileSync(file, "utf8")) problems.push(`${system.id}: the command designs something else than the file`);
}

// A wrong scene is refused by its place, not by a trap.
const wrong = modules[SYSTEMS[0].module]({ verb: "design", system: "beamforming", scenario: { power_dbm: "much" } });
if (!wrong.error?.where?.includes("power_dbm")) problems.push(`a wrong scene: ${JSON.stringify(wrong)}`);
for (const text of ["", "{", '{"verb": "fly"}', '{"verb": "open", "text": "{}"}']) {
  const request = text.startsWith("{") && text.length > 1 ? JSON.parse(text) : text;
  if (!modules[SYSTEMS[0].module](request).error) problems.push(`a wrong request is answered: ${text}`);
}

fs.rmSync(folder, { recursive: true });
if (problems.length) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log("the explorer says what the command line says");
