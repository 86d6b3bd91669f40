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
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _noctule
from ._input import refuse
from ._systems import systems

if TYPE_CHECKING:
    from ._instance import Instance

Writer = Callable[..., str]


class Problem(NamedTuple):
    """A convex problem that can be written, and with what its optimum is to be compared."""

    writer: Writer
    #: The scheme whose design reaches the optimum.
    scheme: str
    #: Whether the problem holds part of a design fixed: it then takes one as ``at``.
    held: bool


_PROBLEMS: dict[str, dict[str, Problem]] = {}

#: Why a system has nothing to write.
_WITHOUT = {
    "frame": "the plan of a frame is a choice among whole numbers and one time, in which the rate is "
             "not concave; compare/frame/compare.py searches it exhaustively instead",
}


def problem(system: str, name: str, *, compare: str) -> Callable[[Writer], Writer]:
    """Register a writer of scripts for a convex problem of a system; ``compare`` is the scheme
    whose design has the same value."""

    def keep(writer: Writer) -> Writer:
        held = "at" in inspect.signature(writer).parameters
        _PROBLEMS.setdefault(system, {})[name] = Problem(writer, compare, held)
        return writer

    return keep


def known(system: str) -> dict[str, Problem]:
    """The problems of a system, from `noctule/_scripts/<system>.py` where there is one."""
    try:
        importlib.import_module(f"noctule._scripts.{system}")
    except ModuleNotFoundError:
        return {}
    # what an instance asks for itself stands last: the others are there for every instance
    found = _PROBLEMS.get(system, {})
    return dict(sorted(found.items(), key=lambda item: item[0] == "goal"))


def problems(system: str) -> list[str]:
    """Names of the convex problems of a system.

    >>> import noctule
    >>> noctule.cvxpy.problems("beamforming")
    ['sensing-only', 'sum-rate-bound', 'goal']
    """
    return list(known(system))


def script(instance: Instance, problem: str | None = None, *,
           at: Mapping[str, Any] | None = None) -> str:
    """The script of one of :func:`problems`: of the goal where the instance has one, else the first.

    ``at`` is a design, for a problem that is convex while part of the variables is held fixed
    (the phases and sites of ``surfaces``).
    """
    found = known(instance.system)
    if not found:
        others = [system for system in systems() if known(system)]
        raise refuse("this system has no convex problem", "system", instance.system,
                     ", ".join(others), _WITHOUT.get(instance.system))
    if problem is not None and problem not in found:
        raise _noctule.unknown(problem, "problem", list(found))
    weighted = "goal" not in instance or int(instance["goal"]) == 0
    first = "goal" if "goal" in found and not weighted else next(iter(found))
    chosen = found[problem or first]
    if at is None:
        return chosen.writer(instance)
    if not chosen.held:
        raise refuse("nothing is held fixed in this problem", "at", "a design",
                     "no `at` for this problem")
    return chosen.writer(instance, at)


def data(instance: Instance, *names: str) -> str:
    """Assignments of arrays of the instance that read back to the last bit."""
    return "\n".join(assigned(name, instance[name]) for name in names)


def assigned(name: str, value: Any) -> str:
    """An assignment of a number or an array that reads back to the last bit."""
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{name} = {array.item()!r}"
    return f"{name} = np.array({array.tolist()!r}).reshape({array.shape!r})"


__all__ = ["Problem", "assigned", "data", "known", "problem", "problems", "script"]


def __dir__() -> list[str]:
    return sorted(__all__)
