// One instance of the library in a thread of its own. Messages: {module} once, then {id, request};
// answers: {id, answer}. A trap is told as an error, and the instance is made anew.

/** @type {WebAssembly.Module} */ let module;
/** @type {Promise<any>} */ let ready;
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

const start = async () => (await WebAssembly.instantiate(module, {})).exports;

/** Text at a place of the memory. */
const text = (wasm, at, length) => decoder.decode(new Uint8Array(wasm.memory.buffer, at, length));

/** Ask once. */
function ask(wasm, request) {
  const bytes = encoder.encode(JSON.stringify(request));
  const at = wasm.noctule_input(bytes.length);
  new Uint8Array(wasm.memory.buffer, at, bytes.length).set(bytes);
  const length = wasm.noctule_call();
  return JSON.parse(text(wasm, wasm.noctule_output(), length));
}

onmessage = async ({ data }) => {
  if (data.module) {
    module = data.module;
    ready = start();
    return;
  }
  const wasm = await ready;
  const begin = performance.now();
  let answer;
  try {
    answer = ask(wasm, data.request);
  } catch (trap) {
    const words = text(wasm, wasm.noctule_panic(), wasm.noctule_panic_length());
    answer = { error: { what: `the library stopped: ${words || trap}` } };
    ready = start();
  }
  postMessage({ id: data.id, answer, milliseconds: performance.now() - begin, bytes: wasm.memory.buffer.byteLength });
};
