"""The frozen benchmark: instances of all systems with what is proven of their optima."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _noctule
from ._instance import Instance
from ._systems import describe, systems


@dataclass(frozen=True)
class Frozen:
    """One instance, and what is proven of it."""

    #: System, form and number.
    id: str
    system: str
    form: str
    #: The metric that is compared, a path in the metrics of a design.
    metric: str
    #: ``maximise`` or ``minimise``.
    sense: str
    #: What our design reaches.
    reached: float
    #: No design is better.
    bound: float
    #: What rounding may cost the bound, contained in it.
    margin: float
    #: How the bound is proven, and by which scheme and settings (by path).
    method: str
    scheme: str
    settings: dict[str, Any]
    #: The numbers, as JSON has them: complex ones are ``[re, im]``.
    data: dict[str, Any]

    @functools.cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """The numbers as arrays."""
        complex_fields = {f["name"] for f in describe(self.system)["instance_fields"] if f["complex"]}
        arrays = {}
        for name, value in self.data.items():
            if name in ("format", "system"):
                continue
            array = np.asarray(value, dtype=float)
            arrays[name] = array[..., 0] + 1j * array[..., 1] if name in complex_fields else array
        return arrays

    @property
    def instance(self) -> Instance:
        """The instance, to be designed by :func:`noctule.design`."""
        return Instance(self.system, arrays=self.arrays)

    @property
    def question(self) -> dict[str, Any]:
        """What a program of ``noctule bench --against`` reads."""
        question: dict[str, Any] = json.loads(_noctule.benchmark_question(self.id))
        return question

    def judge(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The verdict on somebody's variables, by our evaluation: ``verdict``, and ``value`` and ``gap`` of a design."""
        def plain(value: Any) -> Any:
            array = np.asarray(value)
            if np.iscomplexobj(array):
                array = np.stack([array.real, array.imag], axis=-1)
            return array.tolist()

        text = json.dumps({name: plain(value) for name, value in variables.items()})
        verdict: dict[str, Any] = json.loads(_noctule.benchmark_judged(self.id, text))
        return verdict


def benchmark(system: str | None = None) -> list[Frozen]:
    """The frozen instances of a system, or of all: numbers, not seeds, each with a bound that is proven.

    >>> import noctule
    >>> frozen = noctule.benchmark("pilots")[0]
    >>> design = noctule.design(frozen.instance)
    >>> frozen.judge(design.variables)["verdict"]
    'judged'
    """
    names = systems() if system is None else [system]
    lines = [json.loads(line) for name in names for line in _noctule.benchmark_lines(name)]
    return [Frozen(data=line.pop("instance"), **line) for line in lines]
