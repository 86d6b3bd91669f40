"""Blocks of code in Markdown, and what runs them.

Every block of `toml`, `json`, `sh`, `console`, `python` and `rust` is run, in the order of its page, in a
folder that holds what readers are told to have. A comment in the line before a block says otherwise:

    <!-- not run: why -->          it is not
    <!-- file: mine.toml -->       it is a file of that name, which later blocks use
    <!-- first:                    what stands before it and is not shown
    channels = ...
    -->

A command ends with code 0, or with the one that its own comment names (`# … exit code 4`). Built-in
studies run at the size of their `[ci]` table. Of a `console` block what is shown comes out: words as they
are, numbers to 2 %, times and digests as some time and some digest; `…` stands for anything. Blocks of
`rust` are doctests of the crates that include the page.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Languages that are run.
RUN = ("toml", "json", "sh", "bash", "console", "python", "rust")
#: Languages that say something else: output, formulas, and a program that is not there.
SHOWN = ("text", "text formula", "math", "matlab", "pycon")

FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"<!-- (not run|file|first):\s(.*?)\s*-->\s*$", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code: where it begins, and what the comments before it say."""

    page: str
    line: int
    language: str
    text: str
    not_run: str
    file: str
    first: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def marks(before: str) -> dict[str, str]:
    """The comments that end where a block begins."""
    found: dict[str, str] = {}
    while (one := MARK.search(before)) is not None:
        # the last comment alone: a search that began at an earlier one would swallow what is between
        start = before.rindex("<!--", 0, one.end())
        one = MARK.match(before, start)
        if one is None:
            break
        found[one[1]] = one[2]
        before = before[:start]
    return found


def blocks(path: Path, name: str) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    found = []
    for one in FENCE.finditer(text):
        said = marks(text[:one.start()])
        found.append(Block(name, text[:one.start()].count("\n") + 1, one[1].strip(), one[2],
                           said.get("not run", ""), said.get("file", ""), said.get("first", "")))
    return found


def commands(text: str) -> list[str]:
    """The commands of a shell block: lines, joined where they go on."""
    lines = text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def wanted_code(command: str) -> int:
    said = re.search(r"#.*exit code (\d+)", command)
    return int(said[1]) if said else 0


class Desk:
    """A reader at work: a folder, a shell, an interpreter."""

    def __init__(self, folder: Path, program: Path, names: dict[str, Any]) -> None:
        self.folder, self.names = folder, names
        #: Blocks that need a package of Python that is not there.
        self.missing: list[str] = []
        programs = Path(tempfile.mkdtemp(dir=folder.parent))
        # whole studies at the size of continuous integration
        wrapper = programs / "noctule"
        wrapper.write_text(
            f"#!/bin/bash\nif [[ $1 == run && $2 == */* && ! -e $2 && ! $* =~ --trials ]]; then\n"
            f"  set -- \"$@\" --ci\nfi\nexec {shlex.quote(str(program))} \"$@\"\n", encoding="utf-8")
        wrapper.chmod(0o755)
        # a link would lose the virtual environment
        python = programs / "python"
        python.write_text(f"#!/bin/bash\nexec {shlex.quote(sys.executable)} \"$@\"\n", encoding="utf-8")
        python.chmod(0o755)
        path = f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "COLUMNS": "88", "PYTHONIOENCODING": "utf-8"}

    def shell(self, command: str, place: str) -> str:
        code, told = self.ended(command)
        assert code == wanted_code(command), f"{place}: {command}\n{told}"
        return told

    def ended(self, command: str) -> tuple[int, str]:
        """The code of a command and what it says, on both streams as on a terminal."""
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, encoding="utf-8", check=False, timeout=600)
        return done.returncode, done.stdout

    def run(self, block: Block) -> None:
        """Run a block that is to be run."""
        text = f"{block.first}\n{block.text}" if block.first else block.text
        if block.file:
            target = self.folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        if block.language == "toml":
            self.document(text, block)
        elif block.language == "json":
            found = json.loads(text)
            if found.get("format") == "noctule-instance/1":
                (self.folder / "block.json").write_text(text, encoding="utf-8")
                read = self.names["noctule"].io.read_arrays(self.folder / "block.json", found["system"])
                assert set(read) <= set(found), f"{block.place}: {set(read)}"
        elif block.language in ("sh", "bash"):
            for command in commands(text):
                self.shell(command, block.place)
        elif block.language == "console":
            if block.first:
                self.shell(block.first, block.place)
            self.console(block)
        elif block.language == "python":
            self.python(text, block)

    def document(self, text: str, block: Block) -> None:
        """An experiment is checked; a scenario is designed."""
        path = self.folder / (block.file or "block.toml")
        path.write_text(text, encoding="utf-8")
        study = "noctule-experiment/" in text
        verb = f"check {shlex.quote(path.name)}" if study else f"design {shlex.quote(path.name)}"
        self.shell(f"noctule {verb}" + ("" if study else " --json > block.out"), block.place)

    def python(self, text: str, block: Block) -> None:
        for package in re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE):
            if importlib.util.find_spec(package) is None:
                self.missing.append(f"{block.place} needs {package}")
                return
        if "__main__" in text:
            (self.folder / "script.py").write_text(text, encoding="utf-8")
            self.shell("python script.py", block.place)
            return
        lines = "\n" * (block.line - block.first.count("\n") - bool(block.first))
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            exec(compile(lines + text, block.page, "exec"), self.names)
        finally:
            os.chdir(here)

    def console(self, block: Block) -> None:
        """Commands after `$`, and what they are said to print."""
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            part = part.replace("\\\n", " ")
            command, _, shown = part.partition("\n")
            expected = re.search(r"^error: ", shown, re.MULTILINE)
            told = self.told(command, block.place, expected is not None)
            missing = absent(shown, told)
            assert missing is None, f"{block.place}: `{command}` does not print\n{missing}\nbut\n{told}"

    def told(self, command: str, place: str, fails: bool) -> str:
        if not fails:
            return self.shell(command, place)
        code, told = self.ended(command)
        assert code != 0, f"{place}: `{command}` is said to be refused"
        return told


def absent(shown: str, told: str) -> str | None:
    """The first shown line that is not printed, in order; `None` where all are."""
    lines = iter(told.splitlines())
    for line in shown.splitlines():
        if line.strip() in ("", "…"):
            continue
        if not any(same(line, printed) for printed in lines):
            return line
    return None


NUMBER = r"[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?"


def same(shown: str, printed: str) -> bool:
    """Whether two lines say the same."""
    if "…" in shown:
        shown = shown[:shown.index("…")]
        printed = printed[:len(shown)]
    one, other = shown.split(), printed.split()
    if len(one) != len(other):
        return False
    loose = re.search(rf"{NUMBER} (s|ms|µs)\b|plan [0-9a-f]{{12}}", shown) is not None
    for a, b in zip(one, other):
        if a == b or (loose and re.search(r"\d", a) and re.search(r"\d", b)):
            continue
        if re.sub(NUMBER, "#", a) != re.sub(NUMBER, "#", b):
            return False
        for x, y in zip(re.findall(NUMBER, a), re.findall(NUMBER, b)):
            x, y = float(x.replace(",", "")), float(y.replace(",", ""))
            small = max(abs(x), abs(y)) < 1e-8  # rounding errors
            if not small and abs(x - y) > 0.02 * max(abs(x), abs(y)):
                return False
    return True
