"""Designs, and what verification finds of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _noctule, _show
from ._input import Array, frozen, member_of
from ._instance import Instance
from ._record import ProofRecord, Record

if TYPE_CHECKING:
    from .optim import Minimum

#: Reasons for stopping that are not failures: converged, a closed form, or all that double
#: precision resolves (the residual then says how good the point is).
SOLVED = ("converged", "computed", "stalled")


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
        #: How :func:`noctule.optim.minimize` ended, where the design is from there.
        self.minimum: Minimum | None = None

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
        from ._verbs import verify

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

    def plot(
        self, path: str | Path | None = None, kind: str | None = None, force: bool = False
    ) -> str:
        """Draw the design: ``scene`` (who stands where, and where beams go), ``pattern`` (power
        against direction), ``map`` (power over azimuth and polar angle) or ``timeline`` (the parts
        of a frame); by default the first that the system has.

        Returns the SVG document, and writes it to ``path`` if one is given: ``.svg`` as the command
        line does, ``.pdf``, ``.eps`` and ``.png`` by matplotlib, which also draws ``allocation`` (what was
        divided among whom) and ``curve`` (how the best run went). A file of the same name that noctule
        did not write is replaced only with ``force``. For axes of your own: :func:`noctule.plot.picture`.
        """
        drawn_here = path is None or Path(path).suffix.lower() not in {".pdf", ".eps", ".png"}
        if not drawn_here or kind in {"allocation", "curve"}:
            from . import plot

            drawn = plot.picture(self, kind)
            if path is not None:
                plot.save(drawn, path, force)
            return plot.written(drawn, ".svg").decode()
        svg = str(self._told.picture(kind))
        if path is not None:
            text = svg.rstrip() + "\n<!-- written by noctule -->\n"
            _noctule.write(path, text.encode(), force)
        return svg

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


def _design_of(document: str) -> Design:
    return Design(_noctule.Told.load(document))


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
