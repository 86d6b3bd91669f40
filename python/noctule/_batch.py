"""Many designs at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._design import (
    Array,
    Design,
    Instance,
    OnFailure,
    as_instance,
    check_on_failure,
    failure,
    merged_settings,
    refuse,
    scheme_of,
)


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
        found = [None if isinstance(e, Exception) else e.variables[name] for e in self._entries]
        first = next((np.asarray(value) for value in found if value is not None), None)
        if first is None:
            raise refuse("no problem of the batch has a design", "batch", "errors", "a design")
        absent = np.full(first.shape, np.nan, dtype=first.dtype)
        return np.stack([absent if value is None else np.asarray(value) for value in found])

    def metric(self, name: str) -> Array:
        """A metric of all designs: shape [batch, …]. What is not defined is NaN."""
        values = [
            None if isinstance(e, Exception) else e.metrics[name] for e in self._entries
        ]
        first = next((np.asarray(value, float) for value in values if value is not None), None)
        absent = np.nan if first is None else np.full(first.shape, np.nan)
        return np.array([absent if value is None else value for value in values], dtype=float)


def design_batch(
    instances: Any,
    scheme: str | None = None,
    settings: Any = None,
    *,
    trials: int | Iterable[int] | None = None,
    seed: int = 1,
    on_failure: OnFailure = "return",
    certify: bool = False,
    threads: int | None = None,
    progress: bool = False,
    **changes: Any,
) -> Batch:
    """Design many instances at once, on all cores, with the interpreter's lock released.

    Parameters
    ----------
    instances
        A list of instances, or a scenario together with ``trials``. :func:`stack` makes a list
        from arrays with a leading batch axis.
    trials
        Number of trials, or which ones.
    on_failure
        ``"return"`` keeps going: ``batch[i]`` tells; ``"raise"`` raises the first failure.
    threads
        One per core by default. Results do not depend on it.

    Examples
    --------
    >>> import noctule
    >>> scenario = noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0)
    >>> batch = noctule.design_batch(scenario, "rzf", trials=5)
    >>> batch.stack("beams").shape, batch.metric("sum_rate_bps_hz").shape
    ((5, 8, 16), (5,))
    """
    check_on_failure(on_failure)
    if trials is not None:
        which = range(trials) if isinstance(trials, (int, np.integer)) else list(trials)
        first = as_instance(instances, seed=seed, trial=which[0] if len(which) else 0)._problem
        problems = [first.with_trial(trial) for trial in which]
    else:
        problems = [as_instance(instance)._problem for instance in instances]
    if not problems:
        return Batch([])
    name = scheme_of(problems[0].system, scheme)
    from ._progress import Bar

    with Bar(progress, "designs") as bar:
        told = _noctule.design_batch(
            problems, name, merged_settings(settings, changes), certify, threads, bar.callback
        )
    entries = [entry if isinstance(entry, Exception) else Design(entry) for entry in told]
    if on_failure == "raise":
        for entry in entries:
            error = entry if isinstance(entry, Exception) else failure(entry)
            if error is not None:
                raise error
    return Batch(entries)


def stack(system: str = "beamforming", *, scenario: Any = None, seed: int = 1,
          **arrays: npt.ArrayLike) -> list[Instance]:
    """Instances from arrays with a leading batch axis.

    Every array has one dimension more than the system's field of that name, all of the same
    length, except those that already have the field's dimensions: they are shared by all.

    >>> import noctule, numpy as np
    >>> channels = np.random.default_rng(1).normal(size=(3, 2, 16)) + 0j
    >>> instances = noctule.stack(scenario={}, channels=channels)
    >>> len(instances), instances[2]["channels"].shape
    (3, (2, 16))
    """
    from ._systems import describe

    fields = {field["name"]: field for field in describe(system)["instance_fields"]}
    batched: dict[str, Array] = {}
    shared: dict[str, npt.ArrayLike] = {}
    for name, value in arrays.items():
        if name not in fields:
            raise _noctule.unknown(name, "", list(fields))
        array = np.asarray(value)
        if array.ndim == len(fields[name]["dimensions"]) + 1:
            batched[name] = array
        else:
            shared[name] = value
    lengths = {name: len(array) for name, array in batched.items()}
    if len(set(lengths.values())) != 1:
        found = ", ".join(f"{name} {length}" for name, length in lengths.items()) or "none"
        raise refuse("the batches have different lengths", "arrays", found,
                     "one length along the first axis of all")
    return [
        Instance(system, scenario=scenario, seed=seed,
                 arrays={**shared, **{name: array[i] for name, array in batched.items()}})
        for i in range(next(iter(lengths.values())))
    ]
