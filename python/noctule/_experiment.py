"""Experiments: ours, and methods of your own beside them."""

from __future__ import annotations

import csv
import importlib
import json
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import _noctule, _show
from ._distributed import Spread
from ._identity import identity
from ._input import Array, OnFailure, check_on_failure, member_of, refuse
from ._instance import Instance
from ._parquet import kinds
from ._progress import Bar
from ._verbs import variables_of

Scheme = Callable[[Instance], Any]


class Records:
    """The results of an experiment, from the files in its folder.

    ``records[name]`` is a column of ``records.csv`` as an array: one row for each design. Names of
    metrics are those of ``noctule.describe(system)["metrics"]``; sweeps are columns too. An empty
    cell is NaN in a column of numbers and ``""`` in one of text.
    """

    def __init__(self, folder: str | Path, info: Mapping[str, Any] | None = None) -> None:
        self.folder = Path(folder)
        if not (self.folder / "records.csv").is_file():
            raise refuse("there is no complete run in this folder", str(folder), "no records.csv",
                         "a folder that `noctule run` or noctule.run has written to")
        if self._pooled().get("unfinished"):
            raise refuse("the merge that writes this folder has not ended", str(folder),
                         "tables that may not belong together", "to call the same merge again")
        self.info = dict(info or {})
        self._columns: dict[str, Array] | None = None
        self._owner: Any = None

    @property
    def columns(self) -> dict[str, Array]:
        """All columns of ``records.csv``."""
        if self._columns is None:
            self._columns = self._table("records")
        return self._columns

    def _table(self, name: str) -> dict[str, Array]:
        """The columns of one of the tables."""
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(line for line in file if not line.startswith("#")))
        header, body = rows[0], rows[1:]
        kind = kinds(header, self.plan)
        return {name: _column([row[i] for row in body], kind[name]) for i, name in enumerate(header)}

    def __getitem__(self, name: str) -> Array:
        column: Array = member_of(self.columns, name)
        return column

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for row in range(len(self)):
            yield {name: column[row].item() if isinstance(column[row], np.generic) else column[row]
                   for name, column in self.columns.items()}

    def to_pandas(self, table: str = "records") -> Any:
        """``records`` (one row per design), ``summary`` (statistics) or ``series`` as a data frame
        of pandas."""
        try:
            pandas = importlib.import_module("pandas")
        except ImportError:
            raise ImportError("data frames need pandas: pip install noctule[pandas]") from None
        if table not in ("records", "summary", "series"):
            raise _noctule.unknown(table, "", ["records", "summary", "series"])
        path = self.folder / f"{table}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            kind = kinds(next(csv.reader(file)), self.plan)
        words = {name: str for name, what in kind.items() if what == "words"}
        # A scheme may be called "08" or "NA", and an empty cell is no word.
        return pandas.read_csv(path, dtype=words, keep_default_na=False,
                               na_values={name: [""] for name in kind if name not in words})

    def to_parquet(self, path: str | Path | None = None) -> Path:
        """Write ``records`` as Parquet, with types and compressed; the path, by default
        ``records.parquet`` in the folder.

        Needs pyarrow or polars. Rows go through a part at a time: memory does not grow with them.

        >>> path = noctule.run(study).to_parquet()      # doctest: +SKIP
        >>> pandas.read_parquet(path)                   # doctest: +SKIP
        """
        from ._parquet import write

        target = self.folder / "records.parquet" if path is None else Path(path)
        return write(self.folder / "records.csv", self.plan, target)

    @property
    def summary(self) -> dict[str, Array]:
        """The columns of ``summary.csv``: statistics over trials for every point and scheme."""
        return self._table("summary")

    @property
    def claims(self) -> list[dict[str, Any]]:
        """The verdicts on what a paper claims."""
        document = json.loads((self.folder / "claims.json").read_text(encoding="utf-8"))
        return list(document["claims"])

    @property
    def presentation(self) -> dict[str, Any]:
        """Words for metrics, sweeps and schemes, and the figures."""
        text = (self.folder / "presentation.json").read_text(encoding="utf-8")
        document: dict[str, Any] = json.loads(text)
        return document

    @property
    def plan(self) -> dict[str, Any]:
        """Everything that decided the numbers; of runs that were pooled, that of the first with the
        trials of all."""
        pooled = self._pooled()
        if "plan" in pooled:
            return dict(pooled["plan"])
        document: dict[str, Any] = json.loads(
            (self.folder / "plan.json").read_text(encoding="utf-8"))
        return document

    def _pooled(self) -> dict[str, Any]:
        """What `noctule merge A B --out` says of this folder."""
        try:
            document = json.loads((self.folder / "pooled.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def report(self) -> Path:
        """The report, a page for a browser."""
        return self.folder / "report.html"

    def plot(self, figure: str | None = None, **options: Any) -> Any:
        """Draw a figure with matplotlib; see :func:`noctule.plot.figure`."""
        from . import plot

        return plot.figure(self, figure, **options)

    def __repr__(self) -> str:
        return f"<noctule.Records {len(self)} designs in {self.folder}>"

    def _repr_html_(self) -> str:
        summary = self.summary
        sweeps = [name for name in summary if name.startswith(("scenario.", "scheme."))]
        names = ["scheme", *sweeps, "metric", "mean", "standard_error", "designed"]
        first = str(summary["metric"][0]) if len(summary["metric"]) else ""
        rows = [[_show.value_text(summary[name][row]) for name in names]
                for row in range(len(summary["metric"])) if summary["metric"][row] == first]
        return _show.html_table(repr(self).strip("<>"), names, rows, 1)


def _column(cells: list[str], kind: str) -> Array:
    if kind == "words":
        return np.array(cells, dtype=object)
    if cells and all(cell.lstrip("-").isdigit() and abs(int(cell)) < 2**53 for cell in cells):
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    return np.array([float(cell) if cell else np.nan for cell in cells])


def called(function: Scheme) -> Callable[..., dict[str, Any]]:
    """A function of the caller's own as the engine calls it."""
    def call(
        system: str, arrays: dict[str, Any], scenario: Any, seed: int, trial: int
    ) -> dict[str, Any]:
        problem = _noctule.Problem(system, scenario, None, seed, trial)
        instance = Instance._of(problem, arrays, scenario, seed, trial)
        found = variables_of(instance, function(instance))
        return {name: value for name, value in found.items()}

    return call


def run(
    experiment: str | Path,
    *,
    trials: int | None = None,
    seed: int | None = None,
    ci: bool = False,
    schemes: Mapping[str, Scheme] | None = None,
    out: str | Path | None = None,
    threads: int | None = None,
    fresh: bool = False,
    force: bool = False,
    progress: bool = False,
    on_failure: OnFailure = "return",
    executor: Any = None,
    task_s: float = 1.0,
) -> Records:
    """Run an experiment: its name, the path of its file, or its text.

    The same files, byte for byte, as ``noctule run`` writes with the same options. A run that was
    stopped (Ctrl-C) resumes when called again; a complete one is read.

    Parameters
    ----------
    experiment
        ``"beamforming/region"``, ``"mine.toml"``, or the text of an experiment file.
    trials, seed, ci
        As the options of the command line.
    schemes
        Methods of your own by name: functions that take an :class:`Instance` and return the
        variables (a dictionary of arrays, a bare array where there is one variable, or a
        :class:`Design`). They are evaluated and verified as ours and stand in the same tables and
        figures. An exception is a failure of that design. They are called by several threads, one
        call at a time; Ctrl-C waits for the call that is on its way.
    out
        Folder of the results. By default ``results/<experiment>``; with ``schemes`` a temporary
        one, because a function can change without its name. In a folder of your own, results are
        reused as long as the function is the same: its code, what it has been given (defaults,
        enclosed variables, arguments of ``functools.partial``, attributes of an object) and the
        functions, numbers and arrays of your own modules that it names. Where that cannot be told
        (an open file, an object of C), nothing is reused.
    fresh
        Start over: what the folder holds is moved to ``<out>.old``, or ``.old.2`` and so on where
        there is one; nothing is deleted.
    force
        Write into a folder that holds something else than a run. Files that are in the way are kept
        as ``<name>.old``.
    on_failure
        When a function of your own fails: ``"return"`` goes on and warns at the end, with the first
        traceback and how many designs it was, those of earlier calls counted; ``"raise"`` stops at
        the first exception, with a ``RuntimeError`` where that was one of an earlier call.
    executor
        Who computes: nobody but this process by default; ``"processes"`` or a number for processes
        of this machine (spawned: a script needs ``if __name__ == "__main__":``); any executor with
        ``submit``, such as that of Dask (``client.get_executor()``), joblib, submitit or mpi4py; or
        a function without arguments that makes one, which is called again when it breaks. Tasks
        carry the plan and numbers of chunks; what is lost with a worker is asked for again. The
        results are the same bytes. Functions of your own are sent by value where ``cloudpickle`` is
        installed, and a worker that finds another function than was sent refuses it.
    task_s
        About how long a task takes, in seconds, at least 0.5: long ones (600) for executors that
        start a job for each.

    Raises
    ------
    InvalidInput
        With file, line and column of what is wrong.

    Examples
    --------
    >>> import noctule
    >>> def selfish(instance):
    ...     channels = instance["channels"]
    ...     scale = np.sqrt(instance["power_w"] / np.linalg.norm(channels) ** 2)
    ...     return channels * scale
    >>> records = noctule.run("beamforming/region", ci=True, schemes={"selfish": selfish})
    >>> sorted(set(records["scheme"]))
    ['balanced', 'mrt', 'rzf', 'selfish', 'sensing-only']
    """
    check_on_failure(on_failure)
    name, text = _source(experiment)
    owner = None
    if schemes and out is None:
        owner = tempfile.TemporaryDirectory(prefix="noctule-")
        out = owner.name
    digests = {id: identity(function) for id, function in (schemes or {}).items()}
    functions = {id: (called(function), digests[id]) for id, function in (schemes or {}).items()}
    order = {
        "experiment": name, "text": text, "trials": trials, "seed": seed, "ci": ci,
        "out": None if out is None else Path(out), "threads": threads, "fresh": fresh,
        "force": force, "strict": on_failure == "raise",
    }
    failed: dict[str, Any] = {}
    with Bar(progress, "units") as bar:
        if executor is not None:
            sent = {id: (function, digests[id]) for id, function in (schemes or {}).items()}
            inbox = _noctule.inbox(order, functions)
            spread = Spread(inbox, executor, sent, on_failure == "raise", task_s, bar)
            spread.run()
            failed = spread.failures
            order |= {"out": inbox.folder, "fresh": False}
        info = json.loads(_noctule.run(order, functions, bar.callback))
    info["failures"].update(failed)
    failures = info.pop("failures")
    # All there are, also those of earlier calls, whose tracebacks are gone.
    for id, stored in info.pop("failed").items():
        designs = "one design" if stored["count"] == 1 else f"{stored['count']} designs"
        first = failures.get(id, {"first": f"{stored['first']} (in an earlier call)"})["first"]
        warnings.warn(f"`{id}` failed for {designs}; the first:\n{first}",
                      RuntimeWarning, stacklevel=2)
    records = Records(info["folder"], info)
    # The temporary folder lives as long as what reads it.
    records._owner = owner
    return records


def _source(experiment: str | Path) -> tuple[str, str | None]:
    if isinstance(experiment, str) and "\n" in experiment:
        return "experiment", experiment
    return str(experiment), None


def experiments() -> list[str]:
    """Names of the experiments that come with noctule.

    >>> import noctule
    >>> "beamforming/region" in noctule.experiments()
    True
    """
    return [name for name, _ in _noctule.experiments()]


def show(experiment: str) -> str:
    """The file of an experiment that comes with noctule: a copy to start one's own from."""
    known = dict(_noctule.experiments())
    if experiment not in known:
        raise _noctule.unknown(experiment, "", list(known))
    text: str = known[experiment]
    return text


__all__ = ["Records", "experiments", "run", "show"]
