// Every page in a browser without a window:
// node site/tests/browser.mjs chromium target/site [seconds of dragging] [seconds for pages] [seconds for all of it]

import fs from "node:fs";
import path from "node:path";
import { launch, serve, sleep } from "./chromium.mjs";

const [program = "chromium", folder = "target/site", seconds = "10", patience = "3600", most = "3600"] = process.argv.slice(2);
/** Frames a second of the default scene at least, while it is dragged: none is asked of a machine that may be busy. */
const FRAMES = Number(process.env.NOCTULE_FRAMES ?? 0);
/** What the first page may ask for until its first design is drawn: requests, and bytes before compression. */
const BUDGET = { requests: 20, bytes: 2.1e6 };
const problems = [];
const site = await serve(folder);
const browser = await launch(program);
setTimeout(() => {
  console.error(["the browser was not done in time", ...problems].join("\n"));
  browser.close();
  process.exit(1);
}, 1000 * Number(most)).unref();
const blame = (place) => {
  problems.push(...browser.errors.map((error) => `${place}: ${error}`));
  browser.errors.length = 0;
};

const pages = fs.readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html")).sort();
/** In steps of thirty pages, so that where time runs out some of every kind were opened. */
const order = Array.from({ length: 30 }, (_, k) => pages.filter((_, i) => i % 30 === k)).flat();
const begun = performance.now();
let opened = 0;
for (const [width, mobile] of [[390, true], [1280, false]]) {
  await browser.send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile });
  for (const page of order) {
    if (performance.now() - begun > 1000 * Number(patience)) break;
    opened += 1;
    await browser.open(site.url + page.split(path.sep).join("/"));
    const broken = await browser.evaluate("[...document.images].filter((i) => i.complete && !i.naturalWidth).map((i) => i.src).join()");
    if (broken) problems.push(`${page}: no picture ${broken}`);
    const over = await browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    if (over > 1) problems.push(`${page}: ${over} pixels wider than ${width}`);
    const elsewhere = browser.requests().filter((url) => !url.startsWith(site.url) && !/^(data|about|blob):/.test(url));
    if (elsewhere.length) problems.push(`${page}: asks ${elsewhere.join()}`);
    blame(page);
  }
}
const left = 2 * pages.length - opened;
console.log(`${pages.length} pages at 390 and 1280 pixels${left ? `; ${left} of these were left out, for want of time` : ""}`);

await browser.send("Emulation.setDeviceMetricsOverride", { width: 1280, height: 1000, deviceScaleFactor: 1, mobile: false });
await browser.open(`${site.url}beamforming.html`);
for (const [word, place] of [["slurm", "cluster"], ["matlab", "files"], ["rician", "channels"], ["infeasible", ""], ["erratum", ""], ["steering", "conventions"], ["cvxpy", ""], ["resume", ""], ["squint", "wideband"], ["certify", ""]]) {
  const found = await browser.evaluate(`noctuleFind(${JSON.stringify(word)}).then((hits) => hits.map(([place]) => place).join(" "))`);
  if (!found || !found.includes(place)) problems.push(`search: ${word} finds ${found || "nothing"}`);
}
console.log("ten words are found");

await browser.open(`${site.url}index.html`);
const load = await browser.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd");
const until = async (condition, what, tries = 200) => {
  for (let i = 0; i < tries; i++) {
    if (await browser.evaluate(condition)) return true;
    await sleep(100);
  }
  problems.push(`the explorer: ${what}`);
  return false;
};
await until("globalThis.explorer?.told.frames > 0", "no first design");
const first = await browser.evaluate("performance.now()");
const sizes = await browser.evaluate("performance.getEntriesByType('resource').map((r) => r.decodedBodySize).reduce((a, b) => a + b, 0)");
console.log(`first page: loaded in ${load.toFixed(0)} ms, ${browser.requests().length} requests, ${(sizes / 1e6).toFixed(2)} MB before compression; first design within ${first.toFixed(0)} ms`);
if (browser.requests().length > BUDGET.requests) problems.push(`the first page asks ${browser.requests().length} times: ${browser.requests().join(" ")}`);
if (sizes > BUDGET.bytes) problems.push(`the first page takes ${sizes} bytes`);

/** Where the handles are. */
const handles = () => browser.evaluate("[...document.querySelectorAll('.scene .handle')].map((h) => { const r = h.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })");

async function drag(milliseconds, random) {
  const list = await handles();
  const [x0, y0] = list[Math.floor(random() * list.length)];
  const [fx, fy, reach] = [0.5 + random(), 0.5 + random(), 60 + 100 * random()];
  await browser.mouse("mousePressed", x0, y0);
  const begin = performance.now();
  const frames = await browser.evaluate("explorer.told.frames");
  for (;;) {
    const t = (performance.now() - begin) / 1000;
    if (t * 1000 > milliseconds) break;
    await browser.mouse("mouseMoved", x0 + reach * Math.sin(3 * fx * t), y0 + 0.5 * reach * Math.sin(4 * fy * t));
    await sleep(8);
  }
  await browser.mouse("mouseReleased", x0, y0);
  // Where a mark is held at the end of its way nothing changes, and nothing is designed: the time between two designs tells
  // how fast they are, unless a busy machine has none that are close to each other.
  const [now, gap] = await browser.evaluate("[explorer.told.frames, explorer.told.gap]");
  return now === frames ? 0 : gap ? 1000 / gap : (now - frames) / ((performance.now() - begin) / 1000);
}

/** The point on the trade-off: dragged along the curve it turns the number that the curve is made of. */
async function slide(id) {
  // from the scene to begin with: where a drag has led there may be no curve
  await browser.evaluate(`document.getElementById('tab-${id}').click()`);
  const places = "(() => { const middle = (e) => { const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }; const handle = document.querySelector('.chart .handle'); const dots = [...document.querySelectorAll('.chart .dot')].map(middle); if (!handle || dots.length < 3) return null; const here = middle(handle); const away = ([x, y]) => Math.hypot(x - here[0], y - here[1]); return [here, dots.sort((a, b) => away(b) - away(a))[0]]; })()";
  if (!(await until(places, `${id}: no curve`, 600))) return;
  const [from, to] = await browser.evaluate(places);
  const held = await browser.evaluate("JSON.stringify(explorer.state.scenario)");
  await browser.mouse("mousePressed", ...from);
  for (let k = 1; k <= 10; k++) {
    await browser.mouse("mouseMoved", from[0] + ((to[0] - from[0]) * k) / 10, from[1] + ((to[1] - from[1]) * k) / 10);
    await sleep(30);
  }
  await browser.mouse("mouseReleased", ...to);
  if ((await browser.evaluate("JSON.stringify(explorer.state.scenario)")) === held) problems.push(`${id}: the point on the curve moves nothing`);
}

let state = 1;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
for (const id of ["beamforming", "frame", "pilots", "surfaces", "cellfree"]) {
  await browser.evaluate(`document.getElementById('tab-${id}').click()`);
  await until(`explorer.state.system === '${id}' && explorer.answer?.system === '${id}'`, `${id} is not designed`);
  const before = await browser.evaluate("JSON.stringify([explorer.state.scenario, explorer.answer.metrics])");
  const frames = await drag(2500, random);
  await until("explorer.told.proven !== undefined", `${id}: nothing when the mouse rests`);
  const after = await browser.evaluate("JSON.stringify([explorer.state.scenario, explorer.answer.metrics])");
  if (before === after) problems.push(`${id}: a drag changes nothing`);
  await slide(id);
  const ms = await browser.evaluate("explorer.told.milliseconds");
  const least = await browser.evaluate("[explorer.told.fastest, explorer.told.drawing].map((ms) => ms.toFixed(1)).join(' + ')");
  console.log(`${id}: ${frames.toFixed(0)} designs a second while the scene changes; the fastest took ${least} ms to design and to draw, the last ${ms.toFixed(1)}`);
  if (id === "beamforming" && !(frames > FRAMES)) problems.push(`${id}: ${frames.toFixed(1)} frames a second`);
  blame(id);
}

await browser.evaluate("document.getElementById('tab-beamforming').click()");
await until("explorer.answer?.system === 'beamforming'", "back to beams");
const heap = async () => (await browser.send("Runtime.getHeapUsage")).usedSize / 2 ** 20 + (await browser.evaluate("explorer.told.bytes")) / 2 ** 20;
const before = await heap();
const end = performance.now() + 1000 * Number(seconds);
while (performance.now() < end) await drag(900, random);
const grown = (await heap()) - before;
if (grown > 60) problems.push(`memory grows by ${grown.toFixed(0)} MB in ${seconds} s of dragging`);
console.log(`${seconds} s of dragging: memory grows by ${grown.toFixed(1)} MB`);

// The keyboard, and the words that are copied.
await browser.evaluate("document.querySelector('.scene .handle').focus()");
const place = () => browser.evaluate("JSON.stringify(explorer.state.scenario.targets)");
const [still] = [await place()];
let moved = false;
// Dragging may have left the mark at one end of its way.
for (const key of ["ArrowRight", "ArrowLeft"]) {
  await browser.send("Input.dispatchKeyEvent", { type: "keyDown", key, code: key });
  moved ||= (await place()) !== still;
}
if (!moved) problems.push("an arrow key moves nothing");
await browser.evaluate("[...document.querySelectorAll('.actions button')].find((b) => b.textContent === 'Copy TOML').click()");
await until("explorer.told.copied?.includes('noctule-scenario/1')", "nothing is copied", 20);
await until("explorer.told.held === JSON.stringify(explorer.state)", "the address holds no scene", 100);
const told = await browser.evaluate("JSON.stringify(explorer.state)");
const link = await browser.evaluate("location.href");
await browser.open(`${site.url}about.html`);
await browser.open(link);
await until("globalThis.explorer?.told.frames > 0", "no design from a link");
if ((await browser.evaluate("JSON.stringify(explorer.state)")) !== told) problems.push("a link opens another scene");
const errors = await browser.evaluate("explorer.told.errors.join()");
if (errors) problems.push(`the explorer complains: ${errors}`);
blame("the explorer");

browser.close();
site.close();
if (problems.length) {
  console.error(problems.join("\n"));
  process.exit(1);
}
console.log("the site is whole");
