"""Instances and designs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _noctule, _show
from ._noctule import InvalidInput, NotSolved, NumericalError

Array = npt.NDArray[Any]
OnFailure = Literal["raise", "return"]

#: Reasons for stopping that are not failures: converged, a closed form, or all that double
#: precision resolves (the residual then says how good the point is).
SOLVED = ("converged", "computed", "stalled")


class UnknownName(InvalidInput, KeyError):
    """A name that is not there: bad input, and a ``KeyError`` where a mapping is asked."""

    def __str__(self) -> str:
        return str(self.args[0])


def member_of(members: Mapping[str, Any], name: Any) -> Any:
    """The member, or bad input with the nearest name."""
    try:
        return members[name]
    except (KeyError, TypeError):
        raise no_such(str(name), members) from None


def no_such(name: str, known: Iterable[str]) -> UnknownName:
    told = _noctule.unknown(name, "", list(known))
    error = UnknownName(str(told))
    for part in ("what", "where", "found", "allowed", "hint"):
        setattr(error, part, getattr(told, part))
    return error


def frozen(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same arrays, read-only: what is changed in them would change nothing else.

    They lie in bytes, which nothing makes writable; a flag alone could be set back.
    """
    return MappingProxyType({
        name: np.ndarray(value.shape, value.dtype, buffer=value.tobytes())
        if isinstance(value, np.ndarray) else value
        for name, value in arrays.items()
    })


class Record(Mapping[str, Any]):
    """Named values, by key or by attribute; lists of numbers are arrays, what is absent is None.

    >>> record = Record({"sum_rate_nats": 2.5, "sinr": [1.0, 3.0], "targets": None})
    >>> record.sum_rate_nats, record["sinr"], record.targets
    (2.5, array([1., 3.]), None)
    """

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = {name: _shown(value) for name, value in members.items()}

    def __getitem__(self, name: str) -> Any:
        return member_of(self._members, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._members[name]
        except KeyError:
            raise AttributeError(f"there is no `{name}`; there are {', '.join(self)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._members]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and _listed(self) == _listed(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Record({self._members!r})"

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary, records inside too."""
        return {name: _plain(value) for name, value in self._members.items()}


class ProofRecord(Record):
    """What is proven, said in a sentence when it is printed; the members have all numbers."""

    def __str__(self) -> str:
        return _show.proof_text(self.to_dict())

    def __repr__(self) -> str:
        return f"<noctule.Proof {self}>"


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Record(value)
    if isinstance(value, list):
        if value and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in value):
            return np.array(value, dtype=float)
        return [_shown(x) for x in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(x) for x in value]
    return value


def _listed(value: Any) -> Any:
    """The value with lists for arrays, which have no single answer to ==."""
    if isinstance(value, Record):
        return {name: _listed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_listed(x) for x in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


class Instance(Mapping[str, Any]):
    """One concrete problem: drawn from a scenario, made of your own arrays, or both.

    Arrays win over what the scenario gives. Which arrays a system knows, with shapes and units, is
    in ``noctule.describe(system)["instance_fields"]`` and in the documentation of its module.

    An instance is a mapping of its arrays and does not change: they are read-only; another problem
    is another instance, ``Instance(arrays={**instance, "power_w": 2.0})``. It can be pickled.

    Parameters
    ----------
    system
        Name of the system, ``"beamforming"`` by default.
    scenario
        A scenario of that system or a dictionary of what differs from the default one; absent, the
        arrays must be complete.
    arrays
        Named arrays. ``complex128`` in C order is what is stored; everything else numeric is
        converted. Each is copied once, because an instance keeps its data.
    seed, trial
        Which draw.

    Raises
    ------
    InvalidInput
        When something handed in cannot be used, in the words of the command line.

    Examples
    --------
    >>> import noctule, numpy as np
    >>> channels = np.ones((2, 16)) + 1j * np.arange(32).reshape(2, 16)
    >>> instance = noctule.Instance(scenario={}, arrays={"channels": channels})
    >>> instance["channels"].shape, instance["user_noise_w"]
    ((2, 16), array([0.001, 0.001]))
    """

    def __init__(
        self,
        system: str = "beamforming",
        *,
        scenario: Any = None,
        arrays: Mapping[str, npt.ArrayLike] | None = None,
        seed: int = 1,
        trial: int = 0,
    ) -> None:
        given = None if arrays is None else dict(arrays)
        check_draw(seed, trial)
        try:
            self._problem = _noctule.Problem(system, scenario, given, seed, trial)
        except OverflowError:
            raise _refuse_draw(seed, trial) from None
        self._arrays: Mapping[str, Any] | None = None
        self._origin = (_scenario_of(scenario), int(seed), int(trial))
        # What is wrong with an instance is said here, not at its first use.
        self.arrays  # noqa: B018

    @classmethod
    def _of(cls, problem: Any, arrays: Mapping[str, Any], scenario: Any, seed: int,
            trial: int) -> Instance:
        made = cls.__new__(cls)
        made._problem = problem
        made._arrays = frozen(arrays)
        made._origin = (_scenario_of(scenario), seed, trial)
        return made

    def __reduce__(self) -> Any:
        # Whole arrays, and the draw for methods with random starts.
        return _restored, (self.system, dict(self.arrays), *self._origin)

    def __copy__(self) -> Instance:
        return self

    def __deepcopy__(self, _: Any) -> Instance:
        return self

    @property
    def system(self) -> str:
        """Name of the system."""
        name: str = self._problem.system
        return name

    @property
    def scenario(self) -> dict[str, Any] | None:
        """What was said of the scenario, if anything."""
        return None if self._origin[0] is None else dict(self._origin[0])

    @property
    def seed(self) -> int:
        """The seed of the draw, also of random starts of methods."""
        return self._origin[1]

    @property
    def trial(self) -> int:
        """The trial of the draw, also of random starts of methods."""
        return self._origin[2]

    @property
    def arrays(self) -> Mapping[str, Any]:
        """All arrays of the instance by name, in SI units, read-only; single numbers are floats."""
        if self._arrays is None:
            self._arrays = frozen(self._problem.arrays())
        return self._arrays

    def __getitem__(self, name: str) -> Any:
        return member_of(self.arrays, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    # Arrays have no single answer to ==, so an instance is equal to itself alone.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        shapes = ", ".join(
            f"{name} {list(np.shape(value))}" for name, value in self.arrays.items() if np.ndim(value)
        )
        return f"<noctule.Instance of {self.system}: {shapes}>"

    def design(
        self, scheme: str | None = None, settings: Any = None, *, on_failure: OnFailure = "raise",
        certify: bool = False, **changes: Any,
    ) -> Design:
        """Design; see :func:`noctule.design`."""
        return design(
            self, scheme, settings, on_failure=on_failure, certify=certify, **changes
        )

    def evaluate(self, variables: Any) -> Design:
        """What variables of your own achieve; see :func:`noctule.evaluate`."""
        return evaluate(self, variables)

    def to_cvxpy(
        self, problem: str | None = None, *, at: Mapping[str, Any] | None = None
    ) -> str:
        """A plain CVXPY script of a convex problem of the system; see :func:`noctule.cvxpy.script`."""
        from . import cvxpy

        return cvxpy.script(self, problem, at=at)

    def save(self, path: str | Path, force: bool = False) -> None:
        """Write all arrays: ``.json`` and ``.npz`` as the command line reads them, or ``.mat``.

        The file appears whole or not at all. One of the same name that noctule did not write is
        replaced only with ``force``.
        """
        from . import io

        io.save_instance(self, path, force)

    @classmethod
    def load(cls, path: str | Path, system: str | None = None, **options: Any) -> Instance:
        """Read an instance, or part of one, from ``.json``, ``.npz``, ``.npy``, ``.mat``, ``.csv``.

        ``options`` are those of :class:`Instance`; a file with channels alone needs a ``scenario``.
        The system is what the file says or what its arrays belong to. ``array="site_m"`` names the
        one array in a ``.csv`` or ``.npy`` file; ``channels`` by default. ``member="chan.H"`` picks
        a variable, field or cell of a ``.mat`` (or a member of an ``.npz``), and
        ``reading="axes=antenna,user; conjugate"`` says how it is to be understood: see
        :func:`noctule.io.read_arrays`.
        """
        from . import io

        return io.load_instance(path, system, **options)


def _scenario_of(scenario: Any) -> dict[str, Any] | None:
    if scenario is None:
        return None
    return dict(scenario.to_dict() if hasattr(scenario, "to_dict") else scenario)


def _restored(system: str, arrays: dict[str, Any], scenario: dict[str, Any] | None, seed: int,
              trial: int) -> Instance:
    problem = _noctule.Problem(system, None, arrays, seed, trial)
    return Instance._of(problem, problem.arrays(), scenario, seed, trial)


def _design_of(document: str) -> Design:
    return Design(_noctule.Told.load(document))


def _refuse_draw(seed: Any, trial: Any) -> InvalidInput:
    return refuse(
        "the count is out of range", "seed, trial", f"{seed}, {trial}", "whole numbers of 64 bits"
    )


def check_draw(seed: Any, trial: Any) -> None:
    """Refuse what is no number of a draw: nothing, or a truth value."""
    for name, value in (("seed", seed), ("trial", trial)):
        if value is None or isinstance(value, (bool, np.bool_)):
            raise refuse("this is no count", name, repr(value),
                         "a whole number from 0 to 18446744073709551615")


def refuse(what: str, where: str, found: str, allowed: str, hint: str | None = None) -> InvalidInput:
    """An exception in the form of all of noctule's."""
    text = f"{what}\n  where:   {where}\n  found:   {found}\n  allowed: {allowed}"
    error = InvalidInput(text if hint is None else f"{text}\n  hint:    {hint}")
    error.what, error.where, error.found, error.allowed = what, where, found, allowed
    error.hint = hint
    return error


class Design(Mapping[str, Any]):
    """A design: what was chosen, what it achieves, why the method stopped, what is proven.

    A design is a mapping of its variables, which are read-only. Attributes are read from Rust when
    they are asked for. The same class holds what :func:`noctule.evaluate` says about variables of
    your own. A pickled design is its document, as a saved one is.
    """

    def __init__(self, told: Any) -> None:
        self._told = told
        self._members: dict[str, Any] = {}
        self._variables: Mapping[str, Any] | None = None
        self._instance: Instance | None = None

    def __reduce__(self) -> Any:
        return _design_of, (self.document,)

    def __copy__(self) -> Design:
        return self

    def __deepcopy__(self, _: Any) -> Design:
        return self

    def _member(self, name: str) -> Any:
        if name not in self._members:
            self._members[name] = self._told.member(name)
        return self._members[name]

    @property
    def system(self) -> str:
        """Name of the system."""
        return str(self._member("system"))

    @property
    def scheme(self) -> str:
        """The scheme, or ``"handed in"``."""
        return str(self._member("scheme"))

    @property
    def settings(self) -> dict[str, Any]:
        """Complete settings of the scheme."""
        return dict(self._member("settings"))

    @property
    def variables(self) -> Mapping[str, Any]:
        """What was designed, by name, as read-only arrays; ``.copy()`` makes one to change."""
        if self._variables is None:
            self._variables = frozen(self._told.variables())
        return self._variables

    def __getitem__(self, name: str) -> Any:
        return member_of(self.variables, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.variables:
            return self.variables[name]
        raise AttributeError(f"a design of {self.system} has no `{name}`")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.variables]

    @property
    def metrics(self) -> Record:
        """What the variables achieve, by the system's own evaluation."""
        return Record(self._member("metrics"))

    @property
    def stop(self) -> str:
        """Why the method stopped: converged, computed, iteration-limit, evaluation-limit,
        time-limit, stalled, interrupted."""
        return str(self._member("stop"))

    @property
    def proof(self) -> Record:
        """What is proven: ``point`` (stationary with a residual, feasible with a violation),
        ``bound`` (value, gap and method, where there is one), ``infeasible`` (a certificate)."""
        return ProofRecord({"bound": None, "infeasible": None, **self._member("proof")})

    @property
    def infeasible(self) -> bool:
        """Whether it is proven that no design meets the requirements."""
        return self.proof.infeasible is not None

    @property
    def unsound(self) -> str | None:
        """Why the numbers are not to be believed, or None: the independent witness does not
        confirm the objective or the violation, or a number is not finite. Nothing is then proven."""
        reason = self._member("unsound")
        return None if reason is None else str(reason)

    @property
    def status(self) -> str:
        """``designed``; ``unsound`` (see :attr:`unsound`); ``infeasible``, by proof; or ``missed``,
        where a requirement is missed without a proof that it must be."""
        if self.unsound is not None:
            return "unsound"
        if self.infeasible:
            return "infeasible"
        return "designed" if self.meets_requirements else "missed"

    @property
    def meets_requirements(self) -> bool:
        """Whether the independent witness finds every requirement met."""
        return bool(self._member("meets_requirements"))

    @property
    def violation(self) -> float:
        """Largest violation of a requirement, relative to its limit, by the independent witness."""
        value = self._member("violation")
        return float("inf") if value is None else float(value)

    @property
    def gap(self) -> float | None:
        """Relative gap to a proven bound, or None where there is no bound."""
        bound = self.proof.bound
        return None if bound is None else float(bound.gap_rel)

    @property
    def solved(self) -> bool:
        """Whether the method did what was asked: it meets every requirement of the instance, was
        not stopped by a limit, and something is proven of the point."""
        proof = self._member("proof")
        return (
            self.meets_requirements
            and self.stop in SOLVED
            and proof["point"]["kind"] != "none"
        )

    @property
    def trace(self) -> dict[str, Array]:
        """The best run, iteration by iteration: columns by name (scheme setting ``trace_rows``)."""
        rows = self._member("trace")
        names = ["iteration", "evaluations", "value", "residual", "step"]
        return {name: np.array([row[name] for row in rows], dtype=float) for name in names}

    @property
    def work(self) -> Record:
        """Evaluations, iterations, factorisations, cone programs, over all starts."""
        return Record(self._member("work"))

    @property
    def starts(self) -> list[float | None]:
        """Objective reached from each start."""
        return list(self._member("starts"))

    @property
    def warnings(self) -> list[str]:
        """Sentences a careful colleague would add."""
        return list(self._member("warnings"))

    @property
    def instance(self) -> Instance:
        """The instance the design is for; ``design.instance.design()`` repeats the design."""
        if self._instance is None:
            arrays = self._told.instance()
            draw = self._member("draw") or {}
            seed, trial = int(draw.get("seed", 1)), int(draw.get("trial", 0))
            problem = _noctule.Problem(self.system, None, arrays, seed, trial)
            self._instance = Instance._of(problem, arrays, None, seed, trial)
        return self._instance

    @property
    def document(self) -> str:
        """The ``noctule-design/1`` document, instance included: the bytes the command line writes."""
        return str(self._told.document())

    def verify(self) -> Finding:
        """Recompute everything by the independent witness; see :func:`noctule.verify`."""
        return verify(self)

    def save(self, path: str | Path, force: bool = False) -> None:
        """Write the design: ``.json`` the whole story, ``.npz`` the variables (both as the command
        line does), ``.mat`` variables, metrics, instance and the whole story for
        MATLAB.

        The file appears whole or not at all. One of the same name that noctule did not write is
        replaced only with ``force``.
        """
        from . import io

        io.save_design(self, path, force)

    @staticmethod
    def load(path: str | Path) -> Design:
        """Read a ``.json`` document or a ``.mat`` file of a design back; ``verify`` says whether it
        is true. A ``.mat`` whose variables were changed is refused."""
        from . import io

        return io.load_design(path)

    def __repr__(self) -> str:
        facts = "; ".join(f"{name}: {value}" for name, value in self._told.facts[:2])
        state = "proven infeasible" if self.infeasible else self.stop
        if not self.meets_requirements and not self.infeasible:
            state = f"REQUIREMENT MISSED by {100 * self.violation:.3g} % of its limit"
        if self.unsound is not None:
            state = "numerically unsound"
        return f"<noctule.Design {self._told.title}; {facts}; {state}>"

    def __str__(self) -> str:
        told = self._told
        return _show.design_text(told.title, told.facts, told.tables, self.warnings)

    def _repr_html_(self) -> str:
        told = self._told
        return _show.design_html(told.title, told.facts, told.tables, self.warnings)


class Finding:
    """What became of every claim of a document, and of the numbers that were compared.

    ``bool(finding)`` is ``finding.agrees``: no claim is refuted and every requirement met.
    ``finding.claims`` maps the name of each claim to ``"checked"``, ``"refuted"`` or
    ``"not checkable"``; ``finding.reasons`` says why for the latter two, and ``finding.summary``
    counts them in one line.
    """

    def __init__(
        self,
        agrees: bool,
        violation: float,
        compared: list[Any],
        claims: list[tuple[str, str, str | None]],
        summary: str,
    ) -> None:
        self.agrees = agrees
        self.violation = violation
        self.compared: dict[str, tuple[float | None, float | None]] = {
            name: (stored, found) for name, stored, found in compared
        }
        self.claims: dict[str, str] = {name: verdict for name, verdict, _ in claims}
        self.reasons: dict[str, str] = {
            name: reason for name, _, reason in claims if reason is not None
        }
        self.summary = summary

    def __bool__(self) -> bool:
        return self.agrees

    def __repr__(self) -> str:
        verdict = "confirmed" if self.agrees else "NOT confirmed"
        return f"<noctule.Finding {verdict}, violation {self.violation:.1e}; {self.summary}>"

    def _repr_html_(self) -> str:
        rows = [[name, *("–" if value is None else repr(float(value)) for value in pair)]
                for name, pair in self.compared.items()]
        headers = ["number", "in the document", "recomputed"]
        return _show.html_table(repr(self).strip("<>"), headers, rows, 1)


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


def scheme_of(system: str, scheme: str | None) -> str:
    return scheme if scheme is not None else _first_scheme(system)


def _first_scheme(system: str) -> str:
    from ._systems import describe

    return str(describe(system)["schemes"][0]["name"])


def as_instance(problem: Any, seed: int | None = None, trial: int | None = None) -> Instance:
    """An instance from whatever stands for one: itself, a scenario, the name of a system."""
    if isinstance(problem, Instance):
        given = {"seed": seed, "trial": trial}
        given = {name: value for name, value in given.items() if value is not None}
        if given:
            raise refuse("an instance is drawn already", ", ".join(given),
                         ", ".join(map(str, given.values())), "seed and trial with a scenario only",
                         "scenario.realize(seed=…, trial=…) draws another instance")
        return problem
    draw = {"seed": 1 if seed is None else seed, "trial": 0 if trial is None else trial}
    if hasattr(problem, "realize") and not isinstance(problem, type):
        made: Instance = problem.realize(**draw)
        return made
    if isinstance(problem, str):
        return Instance(problem, scenario={}, seed=draw["seed"], trial=draw["trial"])
    found = f"a {type(problem).__name__}"
    allowed = "a noctule.Instance, a scenario, or the name of a system"
    raise refuse("this is no problem to design for", "instance", found, allowed)


def design(
    instance: Any,
    scheme: str | None = None,
    settings: Any = None,
    *,
    on_failure: OnFailure = "raise",
    certify: bool = False,
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
        seconds. Otherwise the settings decide (``certify``, ``certify_nodes``).

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
    found = Design(problem.design(name, merged_settings(settings, changes), certify))
    error = failure(found) if on_failure == "raise" else None
    if error is not None:
        raise error
    return found


def check_on_failure(on_failure: str) -> None:
    if on_failure not in ("raise", "return"):
        raise refuse("there is no such behaviour", "on_failure", repr(on_failure),
                     '"raise" or "return"')


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


__all__ = [
    "Design", "Finding", "Instance", "InvalidInput", "NotSolved", "NumericalError", "Record",
    "design", "evaluate", "verify",
]
