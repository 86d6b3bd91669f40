"""The convex problems of noctule as plain CVXPY scripts, for whoever trusts another solver more.

A script holds the numbers of one instance and nothing of noctule: it builds the problem from its
definition, normalises it (raw watts mislead conic solvers), solves it, and prints the optimal
value with the name of the metric it is to be compared with.

    instance = noctule.beamforming.Scenario().realize()
    Path("check.py").write_text(instance.to_cvxpy())      # then: python check.py

One function a problem, registered by :func:`problem`, one file a system in `noctule/_scripts`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _noctule
from ._design import Instance, refuse
from ._systems import systems

Writer = Callable[[Instance], str]
_PROBLEMS: dict[str, dict[str, Writer]] = {}


def problem(system: str, name: str) -> Callable[[Writer], Writer]:
    """Register a writer of scripts for a convex problem of a system."""

    def keep(writer: Writer) -> Writer:
        _PROBLEMS.setdefault(system, {})[name] = writer
        return writer

    return keep


def _known(system: str) -> dict[str, Writer]:
    """The writers of a system, from `noctule/_scripts/<system>.py` where there is one."""
    try:
        importlib.import_module(f"noctule._scripts.{system}")
    except ModuleNotFoundError:
        return {}
    return _PROBLEMS.get(system, {})


def problems(system: str) -> list[str]:
    """Names of the convex problems of a system.

    >>> import noctule
    >>> noctule.cvxpy.problems("beamforming")
    ['sensing-only']
    """
    return list(_known(system))


def script(instance: Instance, problem: str | None = None) -> str:
    """The script of one of :func:`problems`, the first by default."""
    known = _known(instance.system)
    if not known:
        others = [system for system in systems() if _known(system)]
        raise refuse("this system has no convex problem", "system", instance.system,
                     ", ".join(others))
    if problem is not None and problem not in known:
        raise _noctule.unknown(problem, "problem", list(known))
    return known[problem or next(iter(known))](instance)


def data(instance: Instance, *names: str) -> str:
    """Assignments of arrays of the instance that read back to the last bit."""
    return "\n".join(_written(name, instance[name]) for name in names)


def _written(name: str, value: Any) -> str:
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{name} = {array.item()!r}"
    return f"{name} = np.array({array.tolist()!r}).reshape({array.shape!r})"


__all__ = ["data", "problem", "problems", "script"]
