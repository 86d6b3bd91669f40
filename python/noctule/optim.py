"""Building blocks for objectives of one's own: the manifold solver, and gradient checks.

A power constraint is a sphere, per-antenna power a product of spheres, a phase shifter a circle.
Together with rates and bounds with gradients (:func:`noctule.phy.sum_rate`,
:func:`noctule.beamforming.crb_trace`) a new objective is ten lines:

>>> import noctule, numpy as np
>>> instance = noctule.beamforming.Scenario(sensing_noise_dbm=-30.0).realize()
>>> h, noise, power = instance["channels"], instance["user_noise_w"], instance["power_w"]
>>> def unfairness(w):                       # minus the sum of the logarithms of the rates
...     gamma = noctule.phy.sinr(h, w, noise)
...     rates = np.log1p(gamma)
...     _, gradient = noctule.phy.sum_rate(h, w, noise, weights=1 / rates)
...     return -np.log(rates).sum(), -gradient
>>> sphere = sphere_of_power(power, shape=h.shape)
>>> check_gradient(unfairness, sphere, h).passed
True
>>> found = minimize(unfairness, sphere, x0=h)
>>> found.converged, bool(np.isclose(np.linalg.norm(found.x) ** 2, power))
(True, True)
"""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from . import _noctule, _show
from ._input import refuse

if TYPE_CHECKING:
    from ._design import Design
    from ._instance import Instance

ComplexArray = npt.NDArray[np.complex128]
Objective = Callable[[ComplexArray], tuple[float, npt.ArrayLike]]


@dataclasses.dataclass(frozen=True)
class Manifold:
    """A product of ``count`` complex spheres of ``length`` dimensions and norm ``radius``.

    A point is an array of ``count · length`` entries of any shape, read in C order: the blocks are
    consecutive entries.
    """

    count: int
    length: int
    radius: float = 1.0

    def __post_init__(self) -> None:
        for name, value in (("count", self.count), ("length", self.length)):
            if not (isinstance(value, numbers.Real) and value >= 1 and value == int(value)):
                raise refuse("the count is out of range", f"manifold.{name}", repr(value),
                             "a whole number, 1 or more")
        if not (isinstance(self.radius, numbers.Real) and 0 < self.radius < math.inf):
            raise refuse("the value is not positive", "manifold.radius", repr(self.radius),
                         "a positive number")


def sphere(size: int, radius: float = 1.0) -> Manifold:
    """All arrays of ``size`` complex entries with norm ``radius``."""
    return Manifold(1, size, radius)


def sphere_of_power(power_w: float, shape: Sequence[int]) -> Manifold:
    """Beams of this shape whose total power is ``power_w``."""
    if not (isinstance(power_w, numbers.Real) and 0 < power_w < math.inf):
        raise refuse("the value is not positive", "power_w", repr(power_w), "a positive number")
    return Manifold(1, math.prod(shape), math.sqrt(power_w))


def spheres(count: int, length: int, radius: float = 1.0) -> Manifold:
    """``count`` spheres: for per-antenna power, arrays of shape [antenna, stream]."""
    return Manifold(count, length, radius)


def circles(size: int) -> Manifold:
    """Arrays whose ``size`` entries have magnitude one: phase shifters."""
    return Manifold(size, 1, 1.0)


@dataclasses.dataclass(frozen=True)
class Minimum:
    """How a minimisation ended.

    Attributes
    ----------
    x
        The point, in the shape of the start.
    value
        Its value.
    residual
        ‖grad‖·‖x‖ / max(1, abs(value)): zero at a stationary point.
    stop
        Why it stopped; only ``"converged"`` means a stationary point.
    converged
        ``stop == "converged"``. Nothing is said about global optimality.
    iterations, evaluations
        What it cost.
    constraints
        Values of the constraints, in their order; feasible where they are at most zero.
    prices
        Their multipliers, never negative: to first order, allowing ``c ≤ e`` instead of zero lowers
        the value by ``price · e``. Zero where a constraint is not active.
    violation
        Largest constraint above zero. A failure to reach feasibility proves nothing.
    trace
        Columns iteration, evaluations, value, residual, step: shape [iteration, 5].
    """

    x: ComplexArray
    value: float
    residual: float
    stop: str
    converged: bool
    iterations: int
    evaluations: int
    trace: npt.NDArray[np.float64]
    constraints: npt.NDArray[np.float64]
    prices: npt.NDArray[np.float64]
    violation: float

    def _repr_html_(self) -> str:
        return _show.members_html("noctule.optim.Minimum", vars(self).items())


@dataclasses.dataclass(frozen=True)
class GradientCheck:
    """Whether a gradient is right: the error of the first-order model falls with the square of the
    step (``slope`` 2) or only linearly (1). ``errors`` has columns step and error."""

    passed: bool
    slope: float
    errors: npt.NDArray[np.float64]

    def _repr_html_(self) -> str:
        return _show.members_html("noctule.optim.GradientCheck", vars(self).items())


@overload
def minimize(
    f_and_grad: Objective,
    manifold: Manifold,
    x0: npt.ArrayLike,
    *,
    tolerance: float = 1e-6,
    max_evaluations: int = 5000,
    memory: int = 10,
    constraints: Sequence[Objective] = (),
    feasibility: float = 1e-7,
    instance: None = None,
) -> Minimum: ...


@overload
def minimize(
    f_and_grad: Objective,
    manifold: Manifold,
    x0: npt.ArrayLike,
    *,
    tolerance: float = 1e-6,
    max_evaluations: int = 5000,
    memory: int = 10,
    constraints: Sequence[Objective] = (),
    feasibility: float = 1e-7,
    instance: Instance,
) -> Design: ...


def minimize(
    f_and_grad: Objective,
    manifold: Manifold,
    x0: npt.ArrayLike,
    *,
    tolerance: float = 1e-6,
    max_evaluations: int = 5000,
    memory: int = 10,
    constraints: Sequence[Objective] = (),
    feasibility: float = 1e-7,
    instance: Instance | None = None,
) -> Minimum | Design:
    """Minimise a real function of complex variables on a product of spheres, by Riemannian L-BFGS.

    With constraints by the augmented Lagrangian method, whose multipliers are their prices.

    Parameters
    ----------
    f_and_grad
        Called with the point (``complex128``, in the shape of ``x0``); returns the value and the
        Euclidean gradient g of the same shape, for which ``df = Re Σ conj(g) dx`` (twice the
        derivative by the conjugate). A value that is not finite says that the point is outside the
        domain; the search backs away.
    manifold
        :func:`sphere`, :func:`spheres`, :func:`circles` or :func:`sphere_of_power`.
    x0
        The start; it is scaled onto the manifold.
    tolerance
        Residual at which it has converged. Scale the objective to the order of one: the residual is
        relative to max(1, abs(value)).
    max_evaluations
        Evaluations at most, in all rounds together.
    memory
        Pairs of L-BFGS; with constraints the solver's own.
    constraints
        Functions like ``f_and_grad`` whose values shall be at most zero, each of the order of one
        where it is violated badly. A value that is not finite is outside the domain.
    feasibility
        Largest constraint that is accepted, and largest failure of complementarity.
    instance
        The point is a design of it: what is returned is the :class:`~noctule.Design` that
        :func:`noctule.evaluate` makes of the point, with the minimisation as its ``minimum``.

    Raises
    ------
    InvalidInput
        For shapes that do not fit. What ``f_and_grad`` raises is passed on.

    Examples
    --------
    The strongest direction that keeps away from another: at most a tenth of the power there.

    >>> A, B = np.diag([2.0, 1.0]), np.diag([1.0, 0.0])
    >>> def against(M, limit=0.0, sign=1.0):
    ...     return lambda x: (sign * np.vdot(x, M @ x).real - limit, 2 * sign * (M @ x))
    >>> found = minimize(against(A, sign=-1.0), sphere(2), np.ones(2), constraints=[against(B, 0.1)])
    >>> found.converged, round(found.value, 6), np.round(found.prices, 4)
    (True, -1.1, array([1.]))

    A design of an instance, judged as all are:

    >>> import noctule
    >>> instance = noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0).realize()
    >>> h, noise = instance["channels"], instance["user_noise_w"]
    >>> def minus_rate(w):
    ...     rate, gradient = noctule.phy.sum_rate(h, w, noise)
    ...     return -rate, -gradient
    >>> ball = sphere_of_power(instance["power_w"], shape=h.shape)
    >>> design = minimize(minus_rate, ball, h, instance=instance)
    >>> design.minimum.converged, bool(np.isclose(design.metrics.sum_rate_nats, -design.minimum.value))
    (True, True)
    """
    start = np.asarray(x0)
    found = _noctule.minimize(
        f_and_grad, manifold.count, manifold.length, manifold.radius, start, tolerance,
        max_evaluations, memory, list(constraints), feasibility,
    )
    minimum = Minimum(**found)
    if instance is None:
        return minimum
    from ._verbs import evaluate

    design = evaluate(instance, minimum.x)
    design.minimum = minimum
    return design


def check_gradient(
    f_and_grad: Objective,
    manifold: Manifold,
    x: npt.ArrayLike,
    direction: npt.ArrayLike | None = None,
) -> GradientCheck:
    """Check a gradient at ``x`` along a direction (a fixed pseudo-random one by default)."""
    point = np.asarray(x)
    along: Any = direction
    if along is None:
        draw = np.random.default_rng(1)
        along = draw.normal(size=point.shape) + 1j * draw.normal(size=point.shape)
    passed, slope, errors = _noctule.check_gradient(
        f_and_grad, manifold.count, manifold.length, manifold.radius, point, np.asarray(along))
    return GradientCheck(passed, slope, errors)


def water_filling(gains: npt.ArrayLike, power: float) -> npt.NDArray[np.float64]:
    """The powers that maximise ``Σ ln(1 + gains · p)`` with ``Σ p ≤ power``, exactly.

    >>> water_filling([2.0, 1.0, 0.1], 1.0)
    array([0.75, 0.25, 0.  ])
    """
    found: npt.NDArray[np.float64] = _noctule.water_filling(gains, power)
    return found


__all__ = [
    "GradientCheck", "Manifold", "Minimum", "check_gradient", "circles", "minimize", "sphere",
    "sphere_of_power", "spheres", "water_filling",
]


def __dir__() -> list[str]:
    return sorted(__all__)
