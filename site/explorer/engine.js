// Workers that hold the library: one that answers the newest question only, and may be stopped.

const compiled = new Map();

/** The compiled module at an address, fetched once. */
function moduleAt(url) {
  if (!compiled.has(url)) {
    const fetched = fetch(url).then((response) => {
      if (!response.ok) throw new Error(`${url}: ${response.status}`);
      return response.arrayBuffer();
    });
    compiled.set(url, fetched.then((bytes) => WebAssembly.compile(bytes)));
  }
  return compiled.get(url);
}

/** A worker. Questions that were overtaken by a newer one, or stopped, are answered with null. */
export class Engine {
  #worker = null;
  #url = "";
  #running = null;
  #next = null;
  #count = 0;
  /** Memory of the library in bytes, as of the last answer. */
  bytes = 0;

  /** Ask for a module at `url`; an earlier question that still waits is dropped. */
  newest(url, request) {
    return new Promise((resolve) => {
      this.#next?.resolve(null);
      this.#next = { url, request, resolve };
      if (!this.#running) this.#go();
    });
  }

  /** Stop what runs and drop what waits. */
  stop() {
    this.#next?.resolve(null);
    this.#next = null;
    if (!this.#running) return;
    this.#running.resolve(null);
    this.#running = null;
    this.#worker.terminate();
    this.#worker = null;
  }

  async #go() {
    const job = this.#next;
    [this.#running, this.#next] = [job, null];
    job.id = ++this.#count;
    try {
      await this.#have(job.url);
    } catch (error) {
      return this.#done(job, { answer: { error: { what: String(error.message ?? error) } } });
    }
    if (this.#running !== job) return; // stopped while it was fetched
    this.#worker.postMessage({ id: job.id, request: job.request });
  }

  async #have(url) {
    if (this.#worker && this.#url === url) return;
    const module = await moduleAt(url);
    this.#worker?.terminate();
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.#url = url;
    this.#worker.postMessage({ module });
    this.#worker.onmessage = ({ data }) => {
      if (this.#running?.id === data.id) this.#done(this.#running, data);
    };
    this.#worker.onerror = (event) => {
      if (this.#running) this.#done(this.#running, { answer: { error: { what: event.message } } });
    };
  }

  #done(job, data) {
    this.bytes = data.bytes ?? this.bytes;
    if (this.#running === job) this.#running = null;
    job.resolve({ ...data.answer, milliseconds: data.milliseconds });
    if (this.#next && !this.#running) this.#go();
  }
}
