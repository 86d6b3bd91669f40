"""Records as Parquet, by the packages that people have for it."""

from __future__ import annotations

import csv
import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._input import refuse

#: Bytes of a table that are in memory at once.
_BLOCK = 8 << 20

_WORDS = {"scheme", "outcome", "stop", "proof", "bound_method", "reason", "metric", "series"}
_COUNTS = {"point", "trial", "evaluations"}


def kinds(header: list[str], plan: Mapping[str, Any]) -> dict[str, str]:
    """Whether each column holds words, counts or numbers. Said by the plan, not by the first rows."""
    words = set(_WORDS)
    for sweep in plan["sweeps"]:
        if not all(isinstance(value, (int, float)) and not isinstance(value, bool)
                   for value in sweep["values"]):
            words.add(sweep["path"])
    return {name: "words" if name in words else "counts" if name in _COUNTS else "numbers"
            for name in header}


def write(table: Path, plan: Mapping[str, Any], target: Path) -> Path:
    """Write a table of ``noctule.run`` as Parquet; whole or not at all. A link is followed."""
    target = Path(os.path.realpath(target))
    if target.exists() and not target.is_file():
        raise refuse("what has this name is no file, and cannot be replaced by one", str(target),
                     "a folder" if target.is_dir() else "a device or a pipe",
                     "a file, or a name that is free")
    with table.open(encoding="utf-8") as file:
        header = next(csv.reader(file))
    kind = kinds(header, plan)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        if not (_arrow(table, kind, part) or _polars(table, kind, part)):
            raise ImportError("Parquet needs pyarrow or polars: pip install pyarrow")
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _arrow(table: Path, kind: Mapping[str, str], part: Path) -> bool:
    arrow, tables, parquet = (
        _module(name) for name in ("pyarrow", "pyarrow.csv", "pyarrow.parquet"))
    if arrow is None or tables is None or parquet is None:
        return False
    types = {"words": arrow.string(), "counts": arrow.int64(), "numbers": arrow.float64()}
    convert = tables.ConvertOptions(
        column_types={name: types[what] for name, what in kind.items()},
        null_values=[""], strings_can_be_null=True)
    with tables.open_csv(table, read_options=tables.ReadOptions(block_size=_BLOCK, use_threads=False),
                      parse_options=tables.ParseOptions(newlines_in_values=True),
                      convert_options=convert) as reader, \
            parquet.ParquetWriter(part, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    return True


def _polars(table: Path, kind: Mapping[str, str], part: Path) -> bool:
    polars = _module("polars")
    if polars is None:
        return False
    types = {"words": polars.String, "counts": polars.Int64, "numbers": polars.Float64}
    lazy = polars.scan_csv(table, schema={name: types[what] for name, what in kind.items()})
    lazy.sink_parquet(part)
    return True


__all__ = ["kinds", "write"]
