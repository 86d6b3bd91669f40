// The modules of the explorer in Node.

import fs from "node:fs";

const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

/** A function that asks the module in a file. */
export async function library(file) {
  const module = await WebAssembly.compile(fs.readFileSync(file));
  const wasm = (await WebAssembly.instantiate(module, {})).exports;
  const text = (at, length) => decoder.decode(new Uint8Array(wasm.memory.buffer, at, length));
  return (request) => {
    const bytes = encoder.encode(JSON.stringify(request));
    const at = wasm.noctule_input(bytes.length);
    new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
    let length;
    try {
      length = wasm.noctule_call();
    } catch (trap) {
      throw new Error(`${trap.message}: ${text(wasm.noctule_panic(), wasm.noctule_panic_length())}`);
    }
    return JSON.parse(text(wasm.noctule_output(), length));
  };
}
