"""Many designs at once."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _noctule, _show
from ._design import Design
from ._input import (
    Array,
    OnFailure,
    check_draw,
    check_on_failure,
    member_of,
    no_such,
    refuse,
)
from ._instance import Instance, as_instance
from ._verbs import failure, merged_settings, scheme_of, told_how, variables_of

#: How much of a design a batch keeps.
Keep = Literal["metrics", "variables", "all"]

#: What a design takes at least, and what it takes beside its arrays: text, objects of Python.
LEAST_BYTES, DESIGN_BYTES = 1000, 8000


class Batch(Sequence[Design]):
    """Designs of many instances, in their order.

    ``batch[i]`` is a design, or raises what went wrong with it; ``stack`` and ``metric`` put
    variables and metrics of all together, with the batch as leading axis.
    """

    def __init__(self, entries: list[Design | Exception]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Batch(self._entries[index])
        entry = self._entries[index]
        if isinstance(entry, Exception):
            raise entry
        return entry

    @property
    def errors(self) -> dict[int, Exception]:
        """Exceptions by index: broken numerics, scenes that were refused."""
        return {i: entry for i, entry in enumerate(self._entries) if isinstance(entry, Exception)}

    def stack(self, name: str) -> Array:
        """A variable of all designs: shape [batch, …]. Where there is no design, NaN."""
        return self._together(name, "variables")

    def metric(self, name: str) -> Array:
        """A metric of all designs: shape [batch, …]. What is not defined is NaN."""
        return self._together(name, "metrics")

    def _together(self, name: str, of: str) -> Array:
        """One value of every design; they must have the same shape."""
        found = [None if isinstance(entry, Exception) else member_of(getattr(entry, of), name)
                 for entry in self._entries]
        if self._entries and len(self.errors) == len(self._entries):
            raise refuse("no problem of the batch has a design", "batch", "errors", "a design")
        there = [(index, np.asarray(value)) for index, value in enumerate(found)
                 if value is not None]
        if not there:
            return np.full(len(found), np.nan)
        index, first = there[0]
        if first.dtype.kind not in "biufc":
            raise refuse("this is not an array of numbers", name, f"a {type(found[index]).__name__}",
                         "a number or an array", "[design.metrics for design in batch] has it all")
        for other, value in there:
            if value.shape != first.shape:
                raise refuse("the designs have different shapes", name,
                             f"{list(first.shape)} at {index}, {list(value.shape)} at {other}",
                             "one shape for all", "take them one by one: batch[i]")
        kind = complex if first.dtype.kind == "c" else float
        together = np.full((len(found), *first.shape), np.nan, dtype=kind)
        for index, value in there:
            together[index] = value
        return together

    def __repr__(self) -> str:
        solved = sum(entry.solved for entry in self._entries if isinstance(entry, Design))
        failed = len(self.errors)
        left = len(self) - solved - failed
        return f"<noctule.Batch of {len(self)}: {solved} solved, {left} not solved, {failed} errors>"

    def _repr_html_(self) -> str:
        rows = []
        for index, entry in enumerate(self._entries):
            if isinstance(entry, Design):
                objective = next(iter(entry._told.facts), ("", ""))[1]
                rows.append([str(index), objective, entry.stop, str(entry.proof)])
            else:
                rows.append([str(index), "", "error", str(entry).splitlines()[0]])
        headers = ["problem", "first fact", "stopped", "proven"]
        return _show.html_table(repr(self).strip("<>"), headers, rows, 4)


def design_batch(
    instances: Any,
    scheme: str | None = None,
    settings: Any = None,
    *,
    trials: int | Iterable[int] | None = None,
    seed: int | None = None,
    on_failure: OnFailure = "return",
    certify: bool | Mapping[str, Any] = False,
    threads: int | None = None,
    progress: bool = False,
    keep: Keep = "all",
    **changes: Any,
) -> Batch:
    """Design many instances at once, on all cores, with the interpreter's lock released.

    Parameters
    ----------
    instances
        A list of instances, or a scenario together with ``trials``. :func:`stack` makes a list
        from arrays with a leading batch axis.
    trials, seed
        With a scenario: the number of trials, or which ones, and the seed (1) they are drawn with.
    on_failure
        ``"return"`` keeps going: ``batch[i]`` tells; ``"raise"`` raises the first failure.
    threads
        One per core by default. Results do not depend on it.
    progress
        A line on standard error that tells how many are done, where that is a terminal.
    keep
        How much of each design stays in memory. ``"metrics"``: metrics, proof and stop;
        ``"variables"``: what was designed too; ``"all"``: the instance too, for ``document``,
        ``verify`` and ``save``. A batch that does not fit into the memory that is free is refused;
        :func:`noctule.run` keeps nothing in memory.

    Examples
    --------
    >>> import noctule
    >>> scenario = noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0)
    >>> batch = noctule.design_batch(scenario, "rzf", trials=5)
    >>> batch.stack("beams").shape, batch.metric("sum_rate_bps_hz").shape
    ((5, 8, 16), (5,))
    """
    check_on_failure(on_failure)
    problems = _problems(instances, trials, seed)
    if not problems:
        return Batch([])
    name = scheme_of(problems[0].system, scheme)
    _afford(problems, keep)
    from ._progress import Bar

    asked = told_how(certify, changes)
    with Bar(progress, "designs") as bar:
        told = _noctule.design_batch(
            problems, name, merged_settings(settings, changes), asked, threads, bar.callback, keep
        )
    entries = [entry if isinstance(entry, Exception) else Design(entry) for entry in told]
    if on_failure == "raise":
        for entry in entries:
            error = entry if isinstance(entry, Exception) else failure(entry)
            if error is not None:
                raise error
    return Batch(entries)


def evaluate_batch(
    instances: Any,
    variables: Any,
    *,
    trials: int | Iterable[int] | None = None,
    seed: int | None = None,
    on_failure: OnFailure = "return",
) -> Batch:
    """What variables of your own achieve in many instances, one after the other.

    Parameters
    ----------
    instances, trials, seed
        As for :func:`design_batch`: instances, or a scenario together with ``trials``.
    variables
        One set of variables an instance, as :func:`noctule.evaluate` takes them: a list, or an array with
        a leading batch axis for a system with one variable.
    on_failure
        ``"return"`` keeps going: ``batch[i]`` tells; ``"raise"`` raises the first failure.

    Examples
    --------
    >>> import noctule
    >>> scenario = noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0)
    >>> designs = noctule.design_batch(scenario, "rzf", trials=3)
    >>> again = noctule.evaluate_batch(scenario, designs.stack("beams"), trials=3)
    >>> bool(np.allclose(again.metric("sum_rate_bps_hz"), designs.metric("sum_rate_bps_hz")))
    True
    """
    check_on_failure(on_failure)
    problems = _problems(instances, trials, seed)
    given = list(variables)
    if len(given) != len(problems):
        raise refuse("the numbers differ", "variables", f"{len(given)} for {len(problems)} instances",
                     "one set of variables for each instance")
    entries: list[Design | Exception] = []
    for problem, own in zip(problems, given):
        try:
            instance = Instance._of(problem, {}, None, 0, 0)
            entries.append(Design(problem.evaluate(variables_of(instance, own))))
        except (_noctule.InvalidInput, _noctule.NumericalError) as error:
            if on_failure == "raise":
                raise
            entries.append(error)
    return Batch(entries)


def _problems(instances: Any, trials: int | Iterable[int] | None, seed: int | None) -> list[Any]:
    """What is to be designed: a scenario in its trials, or a list of instances."""
    one = isinstance(instances, (str, Instance)) or hasattr(instances, "realize")
    if trials is not None:
        if isinstance(instances, Instance) or not one:
            raise refuse("instances are drawn already", "trials", repr(trials),
                         "trials with a scenario only")
        # Counted before they are listed: what does not fit is not begun.
        if isinstance(trials, (int, np.integer)) and trials > 0:
            _fits(int(trials), LEAST_BYTES)
        which = which_trials(trials)
        first = as_instance(instances, seed, which[0] if which else 0)._problem
        return [first.with_trial(trial) for trial in which]
    if one:
        raise refuse("one problem is no batch", "instances", f"a {type(instances).__name__}",
                     "a list of instances, or a scenario together with trials",
                     "noctule.design takes one")
    if seed is not None:
        raise refuse("instances are drawn already", "seed", str(seed), "seed with a scenario only")
    return [as_instance(instance)._problem for instance in instances]


def _afford(problems: list[Any], keep: str) -> None:
    """Refuse a batch whose designs do not fit into memory."""
    arrays = sum(np.asarray(array).nbytes for array in problems[0].arrays().values())
    # Variables are about as large as what they are designed from.
    copies = {"metrics": 0, "variables": 1, "all": 2}.get(keep, 2)
    _fits(len(problems), DESIGN_BYTES + copies * arrays)


def _fits(count: int, each: int) -> None:
    free = _free_bytes()
    if count * each <= free:
        return
    raise refuse(
        "the batch does not fit into memory", "trials", f"{count} designs of {each} bytes or more",
        f"about {free // each} in the {free / 1e9:.1f} GB that are free",
        'keep="metrics" keeps least; batches one after the other, or noctule.run, keep nothing',
    )


def _free_bytes() -> int:
    """Bytes of memory that are free, as far as the system tells; else eight gigabytes."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            found = {name: value for name, _, value in (line.partition(":") for line in file)}
        return 1024 * int(found["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError, IndexError):
        return 8 << 30


def which_trials(trials: Any) -> list[int]:
    """The trials of a count or a list."""
    if isinstance(trials, (int, np.integer)):
        trials = range(int(trials)) if trials >= 0 else [trials]
    try:
        which = [operator.index(trial) for trial in trials]
    except TypeError:
        which = [-1]
    if any(not 0 <= trial < 1 << 64 for trial in which):
        raise refuse("this is no choice of trials", "trials", repr(trials),
                     "a count or a list of whole numbers from 0")
    return which


def stack(system: str = "beamforming", *, scenario: Any = None, seed: int = 1,
          trials: int | Iterable[int] | None = None, **arrays: npt.ArrayLike) -> list[Instance]:
    """Instances from arrays with a leading batch axis.

    Every array has one dimension more than the system's field of that name, all of the same
    length, except those that already have the field's dimensions: they are shared by all. What the
    arrays do not give comes from the scenario: from its trial 0 for all alike, or with ``trials``
    from a trial of its own for each (``trials`` is their number, or which ones).

    >>> import noctule, numpy as np
    >>> channels = np.random.default_rng(1).normal(size=(3, 2, 16)) + 0j
    >>> instances = noctule.stack(scenario={}, channels=channels)
    >>> len(instances), instances[2]["channels"].shape
    (3, (2, 16))
    """
    from ._systems import describe

    check_draw(seed, 0)
    fields = {field["name"]: field for field in describe(system)["instance_fields"]}
    batched: dict[str, Array] = {}
    shared: dict[str, npt.ArrayLike] = {}
    for name, value in arrays.items():
        if name not in fields:
            raise no_such(name, fields)
        array = np.asarray(value)
        if array.ndim == len(fields[name]["dimensions"]) + 1:
            batched[name] = array
        else:
            shared[name] = value
    lengths = {name: len(array) for name, array in batched.items()}
    if trials is not None:
        which = which_trials(trials)
        lengths["trials"] = len(which)
    if len(set(lengths.values())) != 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items()) or "none"
        raise refuse("the batches have different lengths", "arrays", found,
                     "one length along the first axis of all")
    if trials is None:
        which = [0] * next(iter(lengths.values()))
    given = [{**shared, **{name: array[i] for name, array in batched.items()}}
             for i in range(len(which))]
    scenario = scenario.to_dict() if hasattr(scenario, "to_dict") else scenario
    problems = _noctule.problems(system, scenario, given, seed, list(which))
    return [Instance._of(problem, problem.arrays(), scenario, seed, trial)
            for problem, trial in zip(problems, which)]
