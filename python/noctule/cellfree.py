"""The system ``cellfree``: cell-free access points: the region of sum rate against beampattern error.

Schemes
-------
``balanced``
    beams on spheres, the requirement by an augmented Lagrangian, several starts: a stationary point, with ``certify_nodes`` an upper bound by branch and bound
``rate-only``
    the same without sensing (P2), whatever is required: a stationary point of P2, no claim where the requirement is missed
``sensing-only``
    the best beampatterns, nobody served (P1): proven optimal by the Frank–Wolfe gap; no claim where a requirement is missed
``majorisation``
    the convex step of the corrected Algorithm 3 in factored form, repeated, or with the split of the paper (``split``): feasible, no claim beyond
``block-ascent``
    P2 by block-coordinate ascent on the quadratic transform, one access point after the other or all at once as printed: no claim
``zero-forcing``
    zero forcing over all access points together, one scale for all: closed form
``mrt``
    matched filters, one scale for all: closed form

Arrays of an instance
---------------------
``channels`` : complex [user, ap, antenna]
    estimates ĥ; a user receives √p conj(h)·x
``error_blocks`` : complex [user, ap, antenna, antenna]
    blocks of the error covariance on the diagonal
``error_factors`` : complex [user, factor, ap, antenna]
    vectors u with Θ = blocks + Σ weight · u uᴴ
``error_weights`` : real [user, factor]
    weights of the factors
``error_covariance`` : complex [user, ap, antenna, ap, antenna]
    error covariance Θ, instead of blocks and factors
``channel_covariance`` : complex [user, ap, antenna, ap, antenna]
    channel covariance Φ; with ``pilot_group`` and ``pilot_energy`` instead of an error covariance
``pilot_group`` : real [user]
    which users share a pilot: equal whole numbers
``pilot_energy`` : real number
    energy of a pilot over noise, p τ
``power_over_noise`` : real [ap]
    transmit power over noise power, linear
``sensing_ap`` : real [target]
    the access point that senses each target
``target_rad`` : real [target]
    directions of the targets from broadside, radians
``window_rad`` : real number
    full width of the ideal beam, radians
``grid_points`` : real number
    directions of the grid from −90° to 90°
``spacing`` : real number
    distance of neighbouring antennas in wavelengths
``max_error`` : real number
    largest mean beampattern error, at power one
``min_rate_bps_hz`` : real number
    smallest sum rate in bit/s/Hz
``payload_symbols`` : real number
    symbols of a coherence interval that carry data

Arrays of a design
------------------
``data_beams`` : complex [user, ap, antenna]
    beams w, as shares of each access point's power (Σ |w|² ≤ 1)
``sensing_beams`` : complex [stream, ap, antenna]
    beams of the sensing signals, independent between access points

Metrics in records
------------------
``objective``
    sum rate in bit/s/Hz, or the error under a required rate
``sum_rate_bps_hz`` (bit/s/Hz)
    sum of the lower bounds of the users' rates
``payload_bits`` (bit/Hz)
    symbols without the pilots times the sum rate
``error``
    mean over the access points that sense, at power one
``normalised_error``
    mean over the access points that sense of error over squared scale
``slope_bps_hz`` (bit/s/Hz)
    what a unit of beampattern error is worth in rate, from the multiplier
``worst_rate_bps_hz`` (bit/s/Hz)
    smallest rate of a user
``users_shut_off``
    users with a rate below 0.001 bit/s/Hz
``data_power``
    mean over all access points of the share of power in data beams
``rate_bound_bps_hz`` (bit/s/Hz)
    what no beams exceed, where a design was certified

Written by python/generate.py; do not edit.
"""

# fmt: off
# ruff: noqa
from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._parameters import ScenarioBase, parameters

ArrayLike = npt.ArrayLike
ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]


@parameters
class Orientation:
    """How arrays are turned.

    Exactly one member is given.

    Attributes
    ----------
    turned_deg
        All axes at this angle from the first coordinate, degrees counter-clockwise.
    """

    turned_deg: float | None = field(default=None, metadata={'key': 'turned-deg'})


@parameters
class Places:
    """Where everything is.

    Exactly one member is given.

    Attributes
    ----------
    fixed
        Coordinates that are known; their numbers overrule ``aps``, ``users`` and ``targets``.
    """

    fixed: FixedPlaces | None = None


@parameters
class FixedPlaces:
    """Coordinates in kilometres, ``[x, y]``.

    Attributes
    ----------
    aps_km
        Access points.
    targets_km
        Targets, as far as they are known.
    users_km
        Users.
    """

    aps_km: list[list[float]]
    targets_km: list[list[float]]
    users_km: list[list[float]]


@parameters
class RequirementSpec:
    """What is required of a design.

    Exactly one member is given.

    Attributes
    ----------
    max_error
        A largest mean beampattern error, at power one.
    error_over_best
        The same, as a multiple of the smallest error of the instance.
    min_rate_bps_hz
        A smallest sum rate in bit/s/Hz.
    """

    max_error: float | None = field(default=None, metadata={'key': 'max-error'})
    error_over_best: float | None = field(default=None, metadata={'key': 'error-over-best'})
    min_rate_bps_hz: float | None = field(default=None, metadata={'key': 'min-rate-bps-hz'})


@parameters
class Scenario(ScenarioBase):
    """Access points, users and targets in a square, pilots, and what is required.

    The default is Table I of W. Mao et al. with what it leaves open: antennas half a wavelength
    apart along the first axis, distances of at least ten metres.

    Attributes
    ----------
    antennas
        Antennas of every access point, N.
    aps
        Number of access points M.
    area_km
        Side of the square service area in kilometres.
    clustering
        How users share pilots.
    coherence_symbols
        Symbols of a coherence interval τ_c.
    estimator
        Whether access points estimate channels separately or together.
    grid_points
        Directions of the grid.
    layout
        Cell-free, or one station that senses all targets.
    min_distance_m
        Smallest distance of the path loss model in metres; shorter ones count as this.
    orientation
        How arrays are turned.
    pilot_over_noise_db
        Power of a pilot symbol over the noise power of an antenna, dB.
    pilot_symbols
        Symbols of a pilot τ_p: that many users can be told apart.
    places
        Where everything is.
    power_over_noise_db
        Transmit power of an access point over the noise power of a user, dB.
    power_rule
        How transmit power is shared.
    reflection
        Reflection coefficient α of every target.
    reflection_gain_db
        Gain of every reflection beyond α, dB of power: the radar cross-section, which the model of
        the paper leaves out.
    requirement
        What is required of a design.
    spacing_wavelengths
        Distance of neighbouring antennas in wavelengths.
    steering_variance_db
        Variance χ² of the entries of steering vectors, dB.
    target_ap_variance_db
        Variance of the path gain between targets and access points, dB; in units of β².
    targets
        Number of targets T.
    total_antennas
        Antennas of all access points together, shared evenly; ``None`` leaves ``antennas`` as it is.
    user_target_variance_db
        Variance of the path gain between users and targets, dB; in units of β².
    users
        Number of users K.
    window_deg
        Full width Δθ of the ideal beam in degrees.
    """

    system = 'cellfree'

    antennas: int = 12
    aps: int = 6
    area_km: float = 2.0
    clustering: Literal['farthest', 'balanced'] = 'farthest'
    coherence_symbols: int = 40
    estimator: Literal['per-access-point', 'joint'] = 'per-access-point'
    grid_points: int = 181
    layout: Literal['cell-free', 'cellular'] = 'cell-free'
    min_distance_m: float = 10.0
    orientation: Literal['parallel', 'towards-target'] | Orientation = 'parallel'
    pilot_over_noise_db: float = 150.0
    pilot_symbols: int = 5
    places: Literal['drawn'] | Places = 'drawn'
    power_over_noise_db: float = 125.0
    power_rule: Literal['each', 'shared-rest'] = 'each'
    reflection: float = 0.8
    reflection_gain_db: float = 0.0
    requirement: Literal['none'] | RequirementSpec = 'none'
    spacing_wavelengths: float = 0.5
    steering_variance_db: float = -30.0
    target_ap_variance_db: float = -160.0
    targets: int = 3
    total_antennas: int | None = None
    user_target_variance_db: float = -160.0
    users: int = 9
    window_deg: float = 10.0


@parameters
class BalancedSettings:
    """Settings of the scheme ``balanced``: beams on spheres, the requirement by an augmented Lagrangian, several starts: a stationary point, with ``certify_nodes`` an upper bound by branch and bound."""

    certify_gap: float = 0.01
    certify_nodes: int = 0
    feasibility: float = 1e-07
    max_evaluations: int = 20000
    pattern_gap: float = 1e-06
    sensing_beams: int = 3
    starts: int = 3
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class RateOnlySettings:
    """Settings of the scheme ``rate-only``: the same without sensing (P2), whatever is required: a stationary point of P2, no claim where the requirement is missed."""

    certify_gap: float = 0.01
    certify_nodes: int = 0
    feasibility: float = 1e-07
    max_evaluations: int = 20000
    pattern_gap: float = 1e-06
    sensing_beams: int = 3
    starts: int = 3
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class SensingOnlySettings:
    """Settings of the scheme ``sensing-only``: the best beampatterns, nobody served (P1): proven optimal by the Frank–Wolfe gap; no claim where a requirement is missed."""

    pattern_gap: float = 1e-06


@parameters
class MajorisationSettings:
    """Settings of the scheme ``majorisation``: the convex step of the corrected Algorithm 3 in factored form, repeated, or with the split of the paper (``split``): feasible, no claim beyond."""

    max_steps: int = 30
    sensing_beams: int = 3
    split: str = 'none'
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class BlockAscentSettings:
    """Settings of the scheme ``block-ascent``: P2 by block-coordinate ascent on the quadratic transform, one access point after the other or all at once as printed: no claim."""

    max_sweeps: int = 2000
    order: str = 'gauss-seidel'
    tolerance: float = 1e-09
    trace_rows: int = 0


@parameters
class ZeroForcingSettings:
    """Settings of the scheme ``zero-forcing``: zero forcing over all access points together, one scale for all: closed form."""

    leftover: str = 'best-pattern'
    scaling: str = 'common'


@parameters
class MrtSettings:
    """Settings of the scheme ``mrt``: matched filters, one scale for all: closed form."""

    leftover: str = 'best-pattern'
    scaling: str = 'common'


if TYPE_CHECKING:
    def beampattern(
        covariance: ArrayLike,
        angle_rad: ArrayLike,
        spacing: float = 0.5,
    ) -> FloatArray:
        """Power ``aᴴ(θ) R a(θ)`` that beams of covariance R send towards each angle.

        ``a[n] = exp(j2π · spacing · n sin θ)``, entries of magnitude one.

        Parameters
        ----------
        covariance : ArrayLike
            Hermitian R in watts, shape [antenna, antenna].
        angle_rad : ArrayLike
            Angles from broadside in radians, shape [direction].
        spacing : float
            Distance of elements in wavelengths.

        Returns
        -------
        FloatArray
            Watts, shape [direction].

        Examples
        --------
        >>> beampattern(np.eye(4) / 4, [0.0, 0.5])
        array([1., 1.])
        """
        ...

    def pattern_error(
        covariance: ArrayLike,
        targets_rad: ArrayLike,
        width_rad: float,
        points: int = 181,
        spacing: float = 0.5,
    ) -> tuple[float, float]:
        """Mean squared distance of a beampattern from the nearest multiple of an ideal one.

        The ideal pattern is one within half a width of some target and zero elsewhere, on a grid of
        angles over the half circle; the multiple is the best one.

        Parameters
        ----------
        covariance : ArrayLike
            Hermitian R in watts, shape [antenna, antenna].
        targets_rad : ArrayLike
            Angles of the targets from broadside in radians, shape [target].
        width_rad : float
            Full width of each window in radians.
        points : int
            Angles of the grid.
        spacing : float
            Distance of elements in wavelengths.

        Returns
        -------
        tuple[float, float]
            The error in W², and the multiple in watts.

        Examples
        --------
        >>> error, scale = pattern_error(np.eye(2) / 2, [0.0], 4.0)
        >>> round(abs(error), 12), round(scale, 12)
        (0.0, 1.0)
        """
        ...

else:
    beampattern = _noctule.cellfree.beampattern
    pattern_error = _noctule.cellfree.pattern_error


__all__ = [
    "Orientation",
    "Places",
    "FixedPlaces",
    "RequirementSpec",
    "Scenario",
    "BalancedSettings",
    "RateOnlySettings",
    "SensingOnlySettings",
    "MajorisationSettings",
    "BlockAscentSettings",
    "ZeroForcingSettings",
    "MrtSettings",
    "beampattern",
    "pattern_error",
]
