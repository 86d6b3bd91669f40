"""Run the notebooks of examples/ and keep their outputs, or compare with those that are kept.

    python python/notebooks.py            # renew the outputs in examples/*.ipynb
    python python/notebooks.py --check    # fail where they are no longer what comes out

It needs the installed package with matplotlib, pandas and cvxpy, and no notebook server: a cell is
Python, its output what is printed and the value of its last line. `cargo xtask notebooks` makes the
environment.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import os
import pprint
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w.])")


def execute(cells: list[str]) -> list[list[dict[str, Any]]]:
    """The outputs of cells, run in order in one namespace and in a folder of their own."""
    import matplotlib

    matplotlib.use("Agg")
    scope: dict[str, Any] = {"__name__": "__main__"}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            return [outputs(number, source, scope) for number, source in enumerate(cells, start=1)]
        finally:
            os.chdir(before)


def outputs(number: int, source: str, scope: dict[str, Any]) -> list[dict[str, Any]]:
    tree = ast.parse(re.sub(r"^%.*$", "", source, flags=re.MULTILINE))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    name = f"<cell {number}>"
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, name, "exec"), scope)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), scope)
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": lines(printed.getvalue())})
    if value is not None:
        found.append({"data": shown(value), "execution_count": number, "metadata": {},
                      "output_type": "execute_result"})
    return found


def shown(value: Any) -> dict[str, Any]:
    """A value as text, and as picture or table where it is one."""
    data: dict[str, Any] = {}
    if hasattr(value, "savefig"):
        picture = io.BytesIO()
        value.savefig(picture, format="png", dpi=110, bbox_inches="tight")
        data["image/png"] = base64.b64encode(picture.getvalue()).decode()
        import matplotlib.pyplot

        matplotlib.pyplot.close(value)
    table = value._repr_html_() if hasattr(value, "_repr_html_") else None
    if table:
        data["text/html"] = lines(table)
    plain = isinstance(value, (list, tuple, dict))
    text = pprint.pformat(value, width=100, sort_dicts=False) if plain else repr(value)
    data["text/plain"] = lines(text)
    return data


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def told(cell: list[dict[str, Any]]) -> str:
    """The text of a cell's outputs."""
    parts = ["".join(output.get("text") or output.get("data", {}).get("text/plain", []))
             for output in cell]
    return "\n".join(parts)


def same(a: str, b: str) -> bool:
    """Equal words, and equal numbers to what another machine may change of them: not what it took
    to get there.

    >>> same("rate 1.23456\\nwork 344 evaluations", "rate 1.23457\\nwork 339 evaluations")
    True
    >>> same("shape (4, 16)", "shape (4, 15)"), same("residual 2e-7", "residual 1e-3")
    (False, False)
    """
    a, b = (re.sub(r"^.*\bevaluations\b.*$", "", text, flags=re.MULTILINE) for text in (a, b))
    if NUMBER.sub("#", a).split() != NUMBER.sub("#", b).split():
        return False
    return all(near(x, y) for x, y in zip(NUMBER.findall(a), NUMBER.findall(b)))


def near(a: str, b: str) -> bool:
    x, y = float(a), float(b)
    if a.lstrip("+-").isdigit() and b.lstrip("+-").isdigit():
        # Counts of evaluations depend on the last digits; sizes are small.
        return x == y if max(abs(x), abs(y)) <= 20 else abs(x - y) <= 0.1 * max(abs(x), abs(y))
    return abs(x - y) <= 1e-3 * max(abs(x), abs(y)) or max(abs(x), abs(y)) < 1e-5


def renew(path: Path, check: bool) -> list[str]:
    """Run a notebook; what differs, with ``check``, or nothing and a renewed file."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    found = execute(["".join(cell["source"]) for cell in cells])
    if check:
        return [f"{path.name}, cell {number}: {told(new)!r} where the file has {told(old)!r}"
                for number, (new, old) in enumerate(
                    ((new, cell["outputs"]) for new, cell in zip(found, cells)), start=1)
                if not same(told(new), told(old))]
    for number, (cell, new) in enumerate(zip(cells, found), start=1):
        cell["outputs"], cell["execution_count"] = new, number
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return []


def main() -> int:
    check = "--check" in sys.argv[1:]
    named = [Path(name) for name in sys.argv[1:] if name != "--check"]
    wrong = [line for path in named or sorted(EXAMPLES.glob("*.ipynb"))
             for line in renew(path.resolve(), check)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    # The package that is installed, whatever stands beside its sources.
    sys.path.pop(0)
    sys.exit(main())
