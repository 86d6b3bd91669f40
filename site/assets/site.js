// Theme, search, copying of code: all of it without a server.
(() => {
  const root = document.documentElement;
  const base = document.currentScript.dataset.root;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const paint = () => (root.dataset.theme = kept() ?? (dark.matches ? "dark" : "light"));
  paint();
  dark.addEventListener("change", paint);

  let index = null;
  const load = () => (index ??= fetch(`${base}assets/search.json`).then((response) => response.json()));

  /** Sections that have every word, or one that begins so; the best first. */
  function find({ sections, sizes, words, places }, query) {
    const pairs = (run) => (/\p{Script=Han}/u.test(run) ? [...run].slice(1).map((c, i) => [...run][i] + c) : [run]);
    const asked = query.toLowerCase().split(/[^\p{L}\p{N}]+/u).flatMap(pairs).filter((word) => word.length > 1);
    if (!asked.length) return [];
    // a word means less in a long section, and what has changed is not what is
    const share = (at) => (sections[at][0].startsWith("changelog") ? 0.3 : 1) / (1 + Math.log1p(sizes[at] / 100));
    let hits = null;
    for (const word of asked) {
      let low = 0;
      let high = words.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (words[middle] < word) low = middle + 1;
        else high = middle;
      }
      const found = new Map();
      for (let k = low; k < words.length && words[k].startsWith(word) && k < low + 200; k++) {
        const whole = words[k] === word ? 3 : 1;
        for (let i = 0; i < places[k].length; i += 2) {
          const [at, count] = [places[k][i], places[k][i + 1]];
          found.set(at, (found.get(at) ?? 0) + whole * Math.log1p(count) * share(at));
        }
      }
      hits = hits === null ? found : new Map([...found].filter(([at]) => hits.has(at)).map(([at, score]) => [at, score + hits.get(at)]));
    }
    return [...hits].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 12).map(([at]) => sections[at]);
  }

  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").onclick = () => {
      const next = root.dataset.theme === "dark" ? "light" : "dark";
      try {
        localStorage.setItem("theme", next);
      } catch {
        // private windows keep nothing
      }
      root.dataset.theme = next;
    };
    const input = document.getElementById("search");
    const found = document.getElementById("found");
    let turn = 0;
    const show = async () => {
      const mine = ++turn;
      const hits = find(await load(), input.value);
      if (mine !== turn) return;
      const link = ([place, title, heading, text]) => {
        const one = document.createElement("a");
        one.href = base + place;
        const [name, words] = [document.createElement("strong"), document.createElement("span")];
        name.textContent = heading && heading !== title ? `${title} · ${heading}` : title;
        words.textContent = text;
        one.append(name, words);
        return one;
      };
      const nothing = document.createElement("p");
      nothing.textContent = "Nothing found.";
      found.replaceChildren(...(hits.length ? hits.map(link) : [nothing]));
      found.hidden = input.value.trim().length < 2;
    };
    input.addEventListener("focus", load);
    input.addEventListener("input", show);
    const list = () => [...found.querySelectorAll("a")];
    document.querySelector(".search").addEventListener("keydown", (event) => {
      const links = list();
      const here = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown" && links.length) {
        event.preventDefault();
        links[Math.min(here + 1, links.length - 1)].focus();
      } else if (event.key === "ArrowUp" && here >= 0) {
        event.preventDefault();
        (here === 0 ? input : links[here - 1]).focus();
      } else if (event.key === "Enter" && document.activeElement === input && links.length) {
        links[0].click();
      } else if (event.key === "Escape") {
        found.hidden = true;
        input.focus();
      }
    });
    addEventListener("click", (event) => event.target.closest(".search") || (found.hidden = true));
    addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
        event.preventDefault();
        input.focus();
      }
    });
    const wide = matchMedia("(min-width: 960px)");
    const menu = document.querySelector(".menu details");
    const open = () => (menu.open = wide.matches && !document.body.classList.contains("home"));
    open();
    wide.addEventListener("change", open);
    for (const block of document.querySelectorAll("main pre")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.onclick = async () => {
        // where commands stand beside what they print, the commands alone
        const code = block.querySelector("code").textContent;
        const typed = code.match(/^\$ .*(?:\\\n.*)*/gm);
        await navigator.clipboard.writeText(typed ? typed.join("\n").replace(/^\$ /gm, "") + "\n" : code);
        button.textContent = "Copied";
        setTimeout(() => (button.textContent = "Copy"), 1500);
      };
      block.append(button);
    }
  });
  globalThis.noctuleFind = async (query) => find(await load(), query);
})();
