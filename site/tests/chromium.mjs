// A browser without a window, over its own protocol; nothing to install beside Node and Chromium.

import { spawn } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json", ".wasm": "application/wasm" };

/** A server of files on a port of its own. */
export function serve(folder) {
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, "http://x").pathname);
    const file = path.join(folder, path.normalize(name));
    fs.readFile(file, (error, bytes) => {
      response.writeHead(error ? 404 : 200, { "Content-Type": TYPES[path.extname(file)] ?? "text/plain" });
      response.end(error ? "" : bytes);
    });
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() })));
}

function frame(text) {
  const data = Buffer.from(text);
  const head = data.length < 126 ? [0x81, 0x80 | data.length] : data.length < 65536 ? [0x81, 0xfe, data.length >> 8, data.length & 255] : [0x81, 0xff, 0, 0, 0, 0, data.length >>> 24, (data.length >> 16) & 255, (data.length >> 8) & 255, data.length & 255];
  // masked with zeros, as the protocol asks of clients
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), data]);
}

/** Speak to a page of the browser. */
function connect(address) {
  const url = new URL(address);
  const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Key": crypto.randomBytes(16).toString("base64"), "Sec-WebSocket-Version": "13" };
  return new Promise((resolve, reject) => {
    const request = http.request({ host: url.hostname, port: url.port, path: url.pathname, headers });
    request.on("error", reject);
    request.on("upgrade", (_, socket) => {
      let [held, parts, count] = [Buffer.alloc(0), [], 0];
      const [waiting, listeners] = [new Map(), []];
      const take = (message) => {
        if (!message.id) return listeners.forEach((listener) => listener(message));
        const [done, failed] = waiting.get(message.id);
        waiting.delete(message.id);
        return message.error ? failed(new Error(message.error.message)) : done(message.result);
      };
      socket.on("data", (bytes) => {
        held = Buffer.concat([held, bytes]);
        for (;;) {
          if (held.length < 2) return;
          let [length, at] = [held[1] & 127, 2];
          if (length === 126) [length, at] = held.length < 4 ? [Infinity, 4] : [held.readUInt16BE(2), 4];
          else if (length === 127) [length, at] = held.length < 10 ? [Infinity, 10] : [Number(held.readBigUInt64BE(2)), 10];
          if (held.length < at + length) return;
          const last = held[0] & 128;
          parts.push(held.subarray(at, at + length));
          held = held.subarray(at + length);
          if (!last) continue;
          const text = Buffer.concat(parts).toString();
          parts = [];
          take(JSON.parse(text));
        }
      });
      resolve({
        send: (method, params = {}) => new Promise((done, failed) => {
          waiting.set(++count, [done, failed]);
          socket.write(frame(JSON.stringify({ id: count, method, params })));
        }),
        on: (listener) => listeners.push(listener),
      });
    });
    request.end();
  });
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Start a browser with one page. */
export async function launch(program) {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "noctule-browser-"));
  const options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", `--user-data-dir=${home}`, "about:blank"];
  const browser = spawn(program, options, { stdio: "ignore" });
  const portFile = path.join(home, "DevToolsActivePort");
  for (let i = 0; i < 300 && !fs.existsSync(portFile); i++) await sleep(100);
  await sleep(300);
  const port = fs.readFileSync(portFile, "utf8").split("\n")[0];
  const pages = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
  const page = await connect(pages.find(({ type }) => type === "page").webSocketDebuggerUrl);
  const errors = [];
  let requests = [];
  page.on(({ method, params }) => {
    if (method === "Runtime.exceptionThrown") errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Log.entryAdded" && params.entry.level === "error") errors.push(`${params.entry.text} ${params.entry.url ?? ""}`);
    if (method === "Runtime.consoleAPICalled" && params.type === "error") errors.push(params.args.map(({ value, description }) => value ?? description).join(" "));
    if (method === "Network.requestWillBeSent") requests.push(params.request.url);
  });
  for (const domain of ["Page", "Runtime", "Log", "Network"]) await page.send(`${domain}.enable`);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await page.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return {
    ...page, errors, evaluate,
    requests: () => requests,
    async open(url) {
      requests = [];
      await page.send("Page.navigate", { url: "about:blank" });
      await page.send("Page.navigate", { url });
      for (let i = 0; i < 200; i++) {
        if ((await evaluate("document.readyState + location.href")) === `complete${url}`) return;
        await sleep(50);
      }
      throw new Error(`${url} is not loaded`);
    },
    mouse: (type, x, y) => page.send("Input.dispatchMouseEvent", { type, x, y, button: "left", buttons: type === "mouseReleased" ? 0 : 1, clickCount: 1 }),
    close() {
      browser.kill();
      browser.once("exit", () => {
        try {
          fs.rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
        } catch {
          // A child of the browser still writes there; that is no fault of the site, and the folder a temporary one.
        }
      });
    },
  };
}
