"""Write the reference of the Python package, docs/api/*.md, from the docstrings of the installed package.

    cargo xtask generate                  # renews it with everything else that is generated
    python python/reference.py --check    # fail when the pages are not what would be written
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

# The installed package is meant, and not the sources beside this file.
sys.path = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "api"

#: The pages: a module, and what it is about where its own first line says it otherwise.
MODULES = {
    "noctule": "Verbs and what they return",
    "noctule.beamforming": "Base station", "noctule.frame": "Frame", "noctule.pilots": "Pilots",
    "noctule.surfaces": "Surfaces", "noctule.cellfree": "Cell-free",
    "noctule.phy": "Arrays, rates, bounds", "noctule.channels": "Channel models",
    "noctule.optim": "Optimisation", "noctule.convert": "Arrays of other programs",
    "noctule.io": "Files", "noctule.plot": "Figures", "noctule.cvxpy": "Scripts for CVXPY",
}
#: Lines of a signature that stay one.
WIDE = 96


def prose(text: str) -> str:
    """Text of a docstring as Markdown: code spans and names of other functions."""
    text = re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"``\1``", text)
    # links of the Rust sources lead nowhere here
    text = re.sub(r"\[([^\]]+)\]\([\w:]+\)", r"\1", text)
    parts = re.split(r"(``.+?``)", text, flags=re.DOTALL)
    shown = []
    for part in parts:
        if part.startswith("``"):
            shown.append("`" + " ".join(part.strip("`").split()) + "`")
        else:
            # words in bold stay so
            part = re.sub(r"(\*\*[^*\n]+\*\*)|([*<|])", lambda found: found[1] or "\\" + found[2], part)
            shown.append(re.sub(r"\bdocs/([\w-]+\.md(?:#[\w-]+)?)", r"[\1](../\1)", part))
    return "".join(shown)


RULE = re.compile(r"=+(?: +=+)+")


def table(lines: list[str]) -> list[str]:
    """A table between rules of equals signs as one of Markdown; a row without a first cell goes on."""
    starts = [found.start() for found in re.finditer(r"=+", lines[0])]
    ends = [*starts[1:], None]
    rows: list[list[str]] = []
    for line in (line for line in lines if not RULE.fullmatch(line)):
        cells = [line[start:end].strip() for start, end in zip(starts, ends)]
        if cells[0] or not rows:
            rows.append(cells)
        else:
            rows[-1] = [" ".join(both).strip() for both in zip(rows[-1], cells)]
    shown = ["| " + " | ".join(prose(cell) for cell in row) + " |" for row in rows]
    return [shown[0], "|" + "---|" * len(starts), *shown[1:]]


def examples(lines: list[str]) -> str:
    """Sessions as blocks, tables as tables, words between them as words."""
    out: list[str] = []
    inside = False
    rules = [k for k, line in enumerate(lines) if RULE.fullmatch(line)]
    if len(rules) >= 3:
        begin, end = rules[0], rules[2] + 1
        before, after = examples(lines[:begin]), examples(lines[end:])
        return "\n\n".join(part for part in (before, "\n".join(table(lines[begin:end])), after) if part)
    for line in [*lines, ""]:
        if line.startswith(">>>") and not inside:
            out += ["```pycon"]
            inside = True
        elif not line.strip() and inside:
            out += ["```"]
            inside = False
        out.append(line if inside else prose(line))
    return "\n".join(out).strip()


def listed(lines: list[str]) -> str:
    """A section of names, each with an indented text below."""
    items: list[tuple[str, list[str]]] = []
    for line in lines:
        if line and not line.startswith(" "):
            name, _, kind = line.partition(" : ")
            names = ", ".join(f"`{one.strip().strip('`')}`" for one in name.split(","))
            items.append((f"- {names}" + (f" (`{kind}`)" if kind else "") + ":", []))
        elif line.strip() and items:
            items[-1][1].append(line.strip())
    return "\n".join("\n".join([head, indented(prose("\n".join(text)))]).rstrip() for head, text in items)


def returned(lines: list[str]) -> str:
    kinds = [line for line in lines if line and not line.startswith(" ")]
    text = indented(prose("\n".join(line.strip() for line in lines if line.startswith(" ") and line.strip())))
    return f"- `{' '.join(kinds)}`\n{text}" if kinds else text


def body(doc: str) -> str:
    """A docstring in numpydoc's form as Markdown."""
    lines = doc.splitlines()
    heads = [k for k in range(len(lines) - 1) if lines[k].strip() and re.fullmatch(r"-{3,}", lines[k + 1])]
    parts = [examples(lines[:heads[0]] if heads else lines)]
    for here, after in zip(heads, [*heads[1:], len(lines)]):
        title, inside = lines[here].strip(), lines[here + 2:after]
        while inside and not inside[-1].strip():
            inside.pop()
        if title == "Examples":
            text = examples(inside)
        elif title == "Returns" or title == "Yields":
            text = returned(inside)
        else:
            text = listed(inside)
        parts.append(f"**{title}**\n\n{text}")
    return "\n\n".join(part for part in parts if part)


def signature(name: str, thing: Any) -> str:
    """How it is called, a parameter a line where one line is too long."""
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return name
    plain = [one.replace(annotation=inspect.Parameter.empty) for one in found.parameters.values()
             if one.name not in ("self", "cls")]
    words = [re.sub(r"<object object at 0x[0-9a-f]+>", "…", str(one)) for one in plain]
    keyword = next((k for k, one in enumerate(plain) if one.kind is one.KEYWORD_ONLY), None)
    if keyword is not None and not any(one.kind is one.VAR_POSITIONAL for one in plain):
        words.insert(keyword, "*")
    text = f"{name}({', '.join(words)})"
    if "<factory>" in text or len(text) > WIDE:
        words = [word.replace("=<factory>", "=…") for word in words]
        text = f"{name}(\n" + "".join(f"    {word},\n" for word in words) + ")"
    return text


def members(thing: type) -> list[tuple[str, Any]]:
    """Public methods and properties that a class itself declares, or its bases of this package."""
    found = {}
    for base in reversed(thing.__mro__):
        if not base.__module__.startswith("noctule"):
            continue
        found |= {name: one for name, one in vars(base).items() if not name.startswith("_")}
    return [(name, one) for name, one in sorted(found.items())
            if isinstance(one, (property, staticmethod, classmethod)) or inspect.isfunction(one)]


def entry(name: str, thing: Any) -> str:
    """One function or class."""
    doc = inspect.getdoc(thing) or ""
    parts = [f"### {name}"]
    if isinstance(thing, type) and issubclass(thing, BaseException):
        return "\n\n".join([*parts, body(doc)])
    if callable(thing):
        parts.append(f"```text\n{signature(name, thing)}\n```")
    elif not isinstance(thing, type):
        doc = ""
    parts.append(body(doc))
    if isinstance(thing, type) and thing.__module__.split(".")[-1].startswith("_"):
        for one, member in members(thing):
            called = getattr(member, "__func__", member)
            text = inspect.getdoc(member) or ""
            head = f"`.{one}`" if isinstance(member, property) else f"`.{signature(one, called)}`"
            parts.append(f"- **{' '.join(head.split())}**\n\n" + indented(body(text)))
    return "\n\n".join(part for part in parts if part)


def indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.splitlines())


def page(name: str, title: str) -> str:
    module = importlib.import_module(name)
    exported = [one for one in module.__all__ if not inspect.ismodule(getattr(module, one))]
    things = [(one, getattr(module, one)) for one in exported]
    functions = [pair for pair in things if inspect.isroutine(pair[1])]
    classes = [pair for pair in things if isinstance(pair[1], type)]
    head = (f"# `{name}`: {title}\n\n<!-- written by python/reference.py from the docstrings; "
            "`cargo xtask generate` renews it -->")
    about = body(inspect.getdoc(module) or "")
    parts = [head, about]
    for heading, group in (("Functions", functions), ("Classes", classes)):
        if group:
            parts.append(f"## {heading}")
            parts += [entry(one, thing) for one, thing in group]
    return "\n\n".join(parts).rstrip() + "\n"


def main() -> int:
    texts = {FOLDER / f"{name.rpartition('.')[2]}.md": page(name, title) for name, title in MODULES.items()}
    if "--check" in sys.argv[1:]:
        stale = [path.name for path, text in texts.items()
                 if not path.is_file() or path.read_text(encoding="utf-8") != text]
        if stale:
            print(f"{', '.join(stale)}: not what python/reference.py writes; run `cargo xtask generate`")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
