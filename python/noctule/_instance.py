"""Instances: one concrete problem each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _noctule, _show
from ._input import OnFailure, check_draw, frozen, member_of, refuse, refuse_draw

if TYPE_CHECKING:
    from ._design import Design


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
            raise refuse_draw(seed, trial) from None
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

    def _repr_html_(self) -> str:
        from ._systems import describe

        told = {field["name"]: field["summary"] for field in describe(self.system)["instance_fields"]}
        rows = [[name, _show.value_text(value), told.get(name, "")] for name, value in self.arrays.items()]
        return _show.html_table(f"noctule.Instance of {self.system}", ["array", "value", "what it is"], rows, 3)

    def design(
        self, scheme: str | None = None, settings: Any = None, *, on_failure: OnFailure = "raise",
        certify: bool | Mapping[str, Any] = False, **changes: Any,
    ) -> Design:
        """Design; see :func:`noctule.design`."""
        from ._verbs import design

        return design(
            self, scheme, settings, on_failure=on_failure, certify=certify, **changes
        )

    def evaluate(self, variables: Any) -> Design:
        """What variables of your own achieve; see :func:`noctule.evaluate`."""
        from ._verbs import evaluate

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
