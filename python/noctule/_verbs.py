"""What is done with an instance: design, evaluate, verify."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from . import _noctule
from ._design import SOLVED, Design, Finding
from ._input import OnFailure, check_on_failure, refuse
from ._instance import Instance, as_instance
from ._noctule import NotSolved


def failure(design: Design) -> NotSolved | None:
    """The exception of a design that does not do what was asked, or None."""
    if design.solved:
        return None
    certificate = design.proof.infeasible
    if design.unsound is not None:
        text = f"numerically unsound: {design.unsound}"
    elif certificate is not None:
        text = f"proven infeasible ({certificate.method}): {certificate.statement}"
    elif not design.meets_requirements:
        text = (f"the design misses a requirement by {100 * design.violation:.3g} % of its limit; "
                f"stopped: {design.stop}")
    elif design.stop in SOLVED:
        text = f"nothing is proven of the point; stopped: {design.stop}"
    else:
        # with the setting by which a limit is raised
        text = f"stopped before the goal: {dict(design._told.facts).get('stopped', design.stop)}"
    advice = 'the design is in `.design`; on_failure="return" returns it'
    error = NotSolved(f"{text}\n  hint:    {advice}")
    error.design = design
    return error


def merged_settings(settings: Any, changes: Mapping[str, Any]) -> Any:
    if not changes:
        return settings
    given = settings.to_dict() if hasattr(settings, "to_dict") else dict(settings or {})
    return {**given, **changes}


def told_how(certify: Any, changes: dict[str, Any]) -> bool:
    """Whether the best affordable bound is asked for; a table of ``nodes`` and ``gap`` is a setting."""
    if isinstance(certify, Mapping):
        changes["certify"] = dict(certify)
        return False
    if not isinstance(certify, (bool, np.bool_)):
        # Every text is true to Python, "no" too: it would be asked for what it declines.
        raise refuse("certify is neither yes nor no", "certify", repr(certify)[:60],
                     "True, False, or a table of nodes and gap")
    return bool(certify)


def scheme_of(system: str, scheme: str | None) -> str:
    return scheme if scheme is not None else _first_scheme(system)


def _first_scheme(system: str) -> str:
    from ._systems import describe

    return str(describe(system)["schemes"][0]["name"])


def design(
    instance: Any,
    scheme: str | None = None,
    settings: Any = None,
    *,
    on_failure: OnFailure = "raise",
    certify: bool | Mapping[str, Any] = False,
    seed: int | None = None,
    trial: int | None = None,
    **changes: Any,
) -> Design:
    """Design one instance. The interpreter's lock is released; Ctrl-C stops it.

    Parameters
    ----------
    instance
        An :class:`Instance`, a scenario (drawn with ``seed`` and ``trial``), or a system's name.
    scheme
        Name of a scheme (``noctule.describe(system)["schemes"]``); the first, ours, by default.
    settings
        Settings of the scheme: its dataclass or a dictionary; ``changes`` go on top.
    on_failure
        ``"raise"`` raises :class:`NotSolved` for a design that is proven infeasible or was stopped
        by a limit; ``"return"`` returns it.
    certify
        Attach the best bound that the command line would attach to a single design; it may cost
        seconds. A dictionary, ``{"nodes": 50, "gap": 1e-3}``, says how hard the gap is worked on;
        without it the settings decide.

    Returns
    -------
    Design
        With arrays in ``variables`` and as attributes.

    Raises
    ------
    InvalidInput, NotSolved, NumericalError

    Examples
    --------
    >>> import noctule
    >>> scenario = noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0)
    >>> design = noctule.design(scenario, starts=2)
    >>> design.stop, design.beams.shape, bool(design.verify())
    ('converged', (8, 16), True)
    """
    check_on_failure(on_failure)
    problem = as_instance(instance, seed, trial)._problem
    name = scheme_of(problem.system, scheme)
    asked = told_how(certify, changes)
    found = Design(problem.design(name, merged_settings(settings, changes), asked))
    error = failure(found) if on_failure == "raise" else None
    if error is not None:
        raise error
    return found


def variables_of(instance: Instance, variables: Any) -> dict[str, Any]:
    if isinstance(variables, Mapping):
        return dict(variables)
    from ._systems import describe

    # A bare array stands for the first variable.
    return {describe(instance.system)["variable_fields"][0]["name"]: variables}


def evaluate(
    instance: Any, variables: Any, *, seed: int | None = None, trial: int | None = None
) -> Design:
    """What variables of your own achieve, measured as ours are.

    Parameters
    ----------
    instance
        As for :func:`design`: a scenario is drawn with ``seed`` and ``trial``.
    variables
        A dictionary of arrays, a :class:`Design`, or a bare array for a system with one variable.

    Returns
    -------
    Design
        Its ``stop`` is ``"computed"``; ``proof.point`` holds the violation of the constraints.

    Examples
    --------
    >>> import noctule, numpy as np
    >>> instance = noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0).realize()
    >>> matched = instance["channels"] / np.linalg.norm(instance["channels"]) * 0.1
    >>> found = noctule.evaluate(instance, matched)
    >>> found.proof.point.violation < 1e-12, found.metrics.sum_rate_bps_hz > 1
    (True, True)
    """
    instance = as_instance(instance, seed, trial)
    return Design(instance._problem.evaluate(variables_of(instance, variables)))


def verify(design: Any) -> Finding:
    """Recompute what a design claims, by code that shares no formula with the designer.

    ``design`` is a :class:`Design`, a document as text or dictionary, or the path of one: ``.json``, or
    ``.mat`` as :meth:`Design.save` writes it.
    """
    if isinstance(design, Design):
        text = design.document
    elif isinstance(design, Mapping):
        try:
            text = json.dumps(design)
        except (ValueError, TypeError, RecursionError) as error:
            found = str(error).splitlines()[0]
            raise refuse("this is no document", "design", found,
                         "a noctule-design/1 document as a dictionary") from None
    elif isinstance(design, Path) or (isinstance(design, str) and not design.lstrip()[:1] == "{"):
        text = _noctule.design_document(Path(design))
    else:
        text = str(design)
    return Finding(*_noctule.verify(text))
