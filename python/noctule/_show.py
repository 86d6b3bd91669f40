"""What a person sees of a design: text as wide as a terminal, and tables for notebooks."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

#: Characters of a line, as on the command line when nothing says otherwise.
WIDTH = 80
#: Rows of a table in a notebook; the rest is counted.
MOST_ROWS = 60

_Table = tuple[str, list[str], list[list[str]], int]

_STYLE = ("border-collapse:collapse", "font-variant-numeric:tabular-nums")


def number(value: float) -> str:
    """Six digits, with an exponent only where the size asks for it."""
    return f"{value:.6g}"


def proof_text(proof: Any) -> str:
    """What is proven, in a sentence or two."""
    certificate = proof.get("infeasible")
    if certificate is not None:
        return f"infeasible: {certificate['statement']} ({certificate['method']})"
    point = proof["point"]
    kind = point["kind"]
    if kind == "stationary":
        words = f"stationary, residual {point['residual']:.1e} (a local statement)"
    elif kind == "feasible":
        words = f"feasible, violation {point['violation']:.1e}"
    else:
        words = "nothing about the point"
    bound = proof.get("bound")
    if bound is None:
        return f"{words}; no bound"
    side = "at most" if bound["sense"] == "upper" else "at least"
    of = "" if bound.get("problem") is None else f" for {bound['problem']}"
    return (f"{words}; {side} {number(bound['value'])}{of}, gap {bound['gap_rel']:.1e} relative "
            f"({bound['method']})")


def _broken(facts: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in facts), default=0)
    lines = []
    for name, value in facts:
        parts = textwrap.wrap(value, max(WIDTH - width - 4, 24), break_long_words=False, break_on_hyphens=False) or [""]
        lines += [f"  {name if k == 0 else '':<{width}}  {part}" for k, part in enumerate(parts)]
    return lines


def _set(headers: Sequence[str], rows: Iterable[Sequence[str]], text: int, width: int) -> list[str]:
    """A table whose headers are broken into lines of so many characters."""
    heads = [textwrap.wrap(header, width, break_long_words=False, break_on_hyphens=False) or [""] for header in headers]
    depth = max(map(len, heads), default=1)
    lines = [[head[k] if k < len(head) else "" for head in heads] for k in range(depth)]
    lines += [list(row) for row in rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(headers))]
    set_ = [" " + "  ".join(cell.ljust(w) if k < text else cell.rjust(w)
                            for k, (cell, w) in enumerate(zip(line, widths))).rstrip()
            for line in lines]
    return [*set_[:depth], "─" * (sum(widths) + 2 * len(widths)), *set_[depth:]]


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], text: int) -> list[str]:
    lines: list[str] = []
    for width in (14, 10, 8, 6, 4):
        lines = _set(headers, rows, text, width)
        if all(len(line) <= WIDTH for line in lines):
            break
    return lines


def design_text(title: str, facts: Sequence[tuple[str, str]], tables: Sequence[_Table],
                warnings: Sequence[str]) -> str:
    """The story that the command line tells."""
    lines = [*textwrap.wrap(title, WIDTH, break_on_hyphens=False), "", *_broken(facts)]
    for caption, headers, rows, text in tables:
        if rows:
            lines += ["", *textwrap.wrap(caption, WIDTH, break_on_hyphens=False), *_table(headers, rows, text)]
    for warning in warnings:
        lines += ["", *textwrap.wrap(f"warning: {warning}", WIDTH)]
    return "\n".join(lines)


def _cells(tag: str, cells: Iterable[str], text: int) -> str:
    return "".join(
        f'<{tag} style="text-align:{"left" if k < text else "right"};padding:0 .6em">'
        f"{html.escape(cell)}</{tag}>"
        for k, cell in enumerate(cells))


def html_table(caption: str, headers: Sequence[str], rows: Sequence[Sequence[str]],
               text: int) -> str:
    """One table; of a long one the first rows, and how many more there are."""
    head = f"<thead><tr>{_cells('th', headers, text)}</tr></thead>" if headers else ""
    body = "".join(f"<tr>{_cells('td', row, text)}</tr>" for row in rows[:MOST_ROWS])
    more = len(rows) - MOST_ROWS
    rest = f"<p>… and {more} more rows</p>" if more > 0 else ""
    return (f'<table style="{";".join(_STYLE)}"><caption style="text-align:left;font-weight:600">'
            f"{html.escape(caption)}</caption>{head}<tbody>{body}</tbody></table>{rest}")


def value_text(value: Any) -> str:
    """A value in a cell: numbers in six digits, arrays by their shape."""
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if len(shape) == 1 and shape[0] <= 8:
        return ", ".join(value_text(one) for one in value)
    if shape:
        return f"array {list(shape)}"
    if isinstance(value, complex):
        return f"{value:.6g}"
    if isinstance(value, float):
        return number(value)
    return "–" if value is None else str(value)


def members_html(title: str, members: Iterable[tuple[str, Any]]) -> str:
    """Names and values as a table."""
    return html_table(title, [], [[name, value_text(value)] for name, value in members], 2)


def design_html(title: str, facts: Sequence[tuple[str, str]], tables: Sequence[_Table],
                warnings: Sequence[str]) -> str:
    """The same story for notebooks: the tables of the command line."""
    parts = [html_table(title, [], [[name, value] for name, value in facts], 2)]
    parts += [html_table(*table) for table in tables if table[2]]
    parts += [f"<p><strong>warning:</strong> {html.escape(text)}</p>" for text in warnings]
    return f"<div>{''.join(parts)}</div>"
