"""The system ``cellfree``: cell-free access points: the region of sum rate against beampattern error.

Schemes
-------
``balanced``
    beams on spheres, the requirement by an augmented Lagrangian, several starts: a stationary point, with ``certify`` an upper bound by branch and bound
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
``antennas`` : real number
    antennas of an access point, where there are no users whose channels say it
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
from ._models import checked
from ._parameters import ScenarioBase, parameters

ArrayLike = npt.ArrayLike
ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]


@parameters
class LinksRayleigh:
    """Independent Rayleigh fading, with the path loss of the system.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['rayleigh'] = 'rayleigh'


@parameters
class LinksCorrelated:
    """Rayleigh fading with the covariance of scatterers around the direction of the other end.

    Attributes
    ----------
    azimuth_std_deg
        Standard deviation of their azimuth in degrees.
    kind
        Which variant.
    spectrum
        Family of the deviation.
    """

    azimuth_std_deg: float = 10.0
    kind: Literal['correlated'] = 'correlated'
    spectrum: Literal['gaussian', 'laplacian', 'uniform'] = 'gaussian'


@parameters
class LinksRician:
    """A line of sight of unknown phase, and scatter.

    Attributes
    ----------
    azimuth_std_deg
        Standard deviation of the azimuth of scatterers around the line of sight in degrees;
        ``None`` means scatter that is independent from antenna to antenna.
    k_factor_db
        Line of sight over scatter in dB: from 300 dB on it is alone, from −300 dB down the scatter.
    kind
        Which variant.
    spectrum
        Family of the deviation.
    """

    azimuth_std_deg: float | None = None
    k_factor_db: float = 6.0
    kind: Literal['rician'] = 'rician'
    spectrum: Literal['gaussian', 'laplacian', 'uniform'] = 'gaussian'


@parameters
class LinksGeometry:
    """Path loss, line of sight, shadowing and Rician factor of 3GPP TR 38.901, each link by itself.

    Attributes
    ----------
    azimuth_std_deg
        Standard deviation of the azimuth of scatterers in degrees; ``None`` means scatter that is
        independent from antenna to antenna.
    base_height_m
        Height of access points in metres.
    carrier_ghz
        Carrier frequency in GHz.
    kind
        Which variant.
    scenario
        Its formulas.
    spectrum
        Family of the deviation.
    user_height_m
        Height of users and targets in metres.
    """

    azimuth_std_deg: float | None = None
    base_height_m: float = 10.0
    carrier_ghz: float = 3.5
    kind: Literal['geometry'] = 'geometry'
    scenario: Literal['umi', 'uma', 'inf-sl', 'inf-dl', 'inf-sh', 'inf-dh', 'inf-hh'] = 'umi'
    spectrum: Literal['gaussian', 'laplacian', 'uniform'] = 'gaussian'
    user_height_m: float = 1.5


@parameters
class Require:
    """What is required of a design, in the words of every system: in the place of ``requirement``, which says
    the same. One of them.

    Attributes
    ----------
    over_best
        The same as a multiple of the smallest error in reach, at most.
    pattern_error
        Mean beampattern error at power one, at most.
    sum_rate_bps_hz
        Sum rate in bit/s/Hz, at least.
    """

    over_best: float | None = None
    pattern_error: float | None = None
    sum_rate_bps_hz: float | None = None


@parameters
class Orientation:
    """How arrays are turned.

    Exactly one member is given.

    Attributes
    ----------
    turned_deg
        All axes at this angle from the first coordinate, degrees counter-clockwise.
    """

    turned_deg: float | None = None


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
        Targets, as far as they are known. Instances and designs number them by the access points that sense
        them, and not in this order.
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

    max_error: float | None = None
    error_over_best: float | None = None
    min_rate_bps_hz: float | None = None


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
    channel
        How the links between users and access points fade; ``None`` means independent Rayleigh fading.
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
    require
        The same in the words of every system; left out, ``requirement`` is what counts.
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
    channel: LinksRayleigh | LinksCorrelated | LinksRician | LinksGeometry | None = None
    clustering: Literal['farthest', 'balanced', 'in-turn'] = 'farthest'
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
    require: Require | None = None
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
    """Settings of the scheme ``balanced``: beams on spheres, the requirement by an augmented Lagrangian, several starts: a stationary point, with ``certify`` an upper bound by branch and bound.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Whether branch and bound adds an upper bound on the rate. It affords 500 regions; zero
        of them is one, which is not divided.
    feasibility : float
        Constraints hold to this, relative to the requirement.
    max_evaluations : int
        Evaluations each start, and the final polish, may spend.
    pattern_gap : float
        Relative gap to which the best beampatterns are proven.
    sensing_beams : int
        Sensing beams of each access point that senses.
    starts : int
        Number of starts, taken in this order: regularised zero forcing, matched filters, then
        randomly perturbed regularised zero forcing. Where there are several and something is
        required, the beams of the largest rate without sensing come before, as one more.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    certify: bool | dict[str, Any] = False
    feasibility: float = 1e-07
    max_evaluations: int = 20000
    pattern_gap: float = 1e-06
    sensing_beams: int = 3
    starts: int = 3
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class RateOnlySettings:
    """Settings of the scheme ``rate-only``: the same without sensing (P2), whatever is required: a stationary point of P2, no claim where the requirement is missed.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Whether branch and bound adds an upper bound on the rate. It affords 500 regions; zero
        of them is one, which is not divided.
    feasibility : float
        Constraints hold to this, relative to the requirement.
    max_evaluations : int
        Evaluations each start, and the final polish, may spend.
    pattern_gap : float
        Relative gap to which the best beampatterns are proven.
    sensing_beams : int
        Sensing beams of each access point that senses.
    starts : int
        Number of starts, taken in this order: regularised zero forcing, matched filters, then
        randomly perturbed regularised zero forcing. Where there are several and something is
        required, the beams of the largest rate without sensing come before, as one more.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    certify: bool | dict[str, Any] = False
    feasibility: float = 1e-07
    max_evaluations: int = 20000
    pattern_gap: float = 1e-06
    sensing_beams: int = 3
    starts: int = 3
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class SensingOnlySettings:
    """Settings of the scheme ``sensing-only``: the best beampatterns, nobody served (P1): proven optimal by the Frank–Wolfe gap; no claim where a requirement is missed.

    Parameters
    ----------
    pattern_gap : float
        Relative gap to which the beampatterns are proven.
    """

    pattern_gap: float = 1e-06


@parameters
class MajorisationSettings:
    """Settings of the scheme ``majorisation``: the convex step of the corrected Algorithm 3 in factored form, repeated, or with the split of the paper (``split``): feasible, no claim beyond.

    Parameters
    ----------
    max_steps : int
        Steps, at most.
    sensing_beams : int
        Sensing beams of each access point that senses.
    split : Literal['none', 'as-printed']
        How the interference enters a step.
    tolerance : float
        Stops when a step raises the sum rate by less than this, relative.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    max_steps: int = 30
    sensing_beams: int = 3
    split: Literal['none', 'as-printed'] = 'none'
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class BlockAscentSettings:
    """Settings of the scheme ``block-ascent``: P2 by block-coordinate ascent on the quadratic transform, one access point after the other or all at once as printed: no claim.

    Parameters
    ----------
    max_sweeps : int
        Sweeps over all access points, at most.
    order : Literal['gauss-seidel', 'jacobi']
        In which order the access points are updated.
    tolerance : float
        Stops when a sweep raises the sum rate by less than this, relative.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    max_sweeps: int = 2000
    order: Literal['gauss-seidel', 'jacobi'] = 'gauss-seidel'
    tolerance: float = 1e-09
    trace_rows: int = 0


@parameters
class ZeroForcingSettings:
    """Settings of the scheme ``zero-forcing``: zero forcing over all access points together, one scale for all: closed form.

    Parameters
    ----------
    leftover : Literal['best-pattern', 'isotropic', 'unused']
        What happens to the power that is left.
    scaling : Literal['common', 'per-access-point']
        How beams are scaled.
    """

    leftover: Literal['best-pattern', 'isotropic', 'unused'] = 'best-pattern'
    scaling: Literal['common', 'per-access-point'] = 'common'


@parameters
class MrtSettings:
    """Settings of the scheme ``mrt``: matched filters, one scale for all: closed form.

    Parameters
    ----------
    leftover : Literal['best-pattern', 'isotropic', 'unused']
        What happens to the power that is left.
    scaling : Literal['common', 'per-access-point']
        How beams are scaled.
    """

    leftover: Literal['best-pattern', 'isotropic', 'unused'] = 'best-pattern'
    scaling: Literal['common', 'per-access-point'] = 'common'


if TYPE_CHECKING:
    def angle_from_broadside(
        aps_m: ArrayLike,
        targets_m: ArrayLike,
        axis_rad: float = 0.0,
    ) -> FloatArray:
        """Angles from the broadside of each access point's array towards each target.

        The arcsine of the share of the distance that lies along the array (Mao et al., Eq. (4),
        corrected in docs/errata.md#cellfree-e1); front and back cannot be told apart.

        Parameters
        ----------
        aps_m : ArrayLike
            Access points, shape [ap, 2], in metres.
        targets_m : ArrayLike
            Targets, shape [target, 2], in metres.
        axis_rad : float
            Direction of all arrays, in radians from the first axis.

        Returns
        -------
        FloatArray
            Radians, shape [target, ap].

        Examples
        --------
        >>> angles = angle_from_broadside([[0, 0]], [[0, 10], [10, 10]])
        >>> np.round(np.degrees(angles[:, 0]), 9)
        array([ 0., 45.])
        """
        ...

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

    def best_pattern(
        elements: int,
        targets_rad: ArrayLike,
        width_rad: float,
        points: int = 181,
        spacing: float = 0.5,
        gap: float = 1e-06,
    ) -> tuple[ComplexArray, float, float, float]:
        """The beampattern of power one nearest to an ideal one, with a proof.

        Problem P1 of Mao et al., solved over factors of the covariance to a proven gap.

        Parameters
        ----------
        elements : int
            Number of antennas, at most 512.
        targets_rad : ArrayLike
            Angles of the targets from broadside in radians, shape [target].
        width_rad : float
            Full width of each window in radians.
        points : int
            Angles of the grid.
        spacing : float
            Distance of elements in wavelengths.
        gap : float
            Relative gap at which it stops.

        Returns
        -------
        tuple[ComplexArray, float, float, float]
            Beams of shape [stream, antenna], their error, the multiple of the ideal pattern, and a
            lower bound of the error that is proven.

        Examples
        --------
        >>> beams, error, scale, bound = best_pattern(8, [0.0], np.radians(10))
        >>> bool(bound <= error <= bound * (1 + 1e-5)), bool(np.isclose(np.linalg.norm(beams), 1))
        (True, True)
        """
        ...

    def block_update(
        quadratic: ArrayLike,
        linear: ArrayLike,
        power: float,
    ) -> tuple[ComplexArray, float]:
        """The minimum of ``tr WᴴQW − 2 Re tr CᴴW`` over ``‖W‖² ≤ power``: one step of block ascent.

        Parameters
        ----------
        quadratic : ArrayLike
            Q, Hermitian and positive semidefinite, shape [antenna, antenna].
        linear : ArrayLike
            C, shape [antenna, user].
        power : float
            Largest squared Frobenius norm.

        Returns
        -------
        tuple[ComplexArray, float]
            W of shape [antenna, user], and the price μ of power.

        Examples
        --------
        >>> W, price = block_update(np.eye(2), [[3.0], [4.0]], 1.0)
        >>> np.round(W.real.T, 9), round(price, 9)
        (array([[0.6, 0.8]]), 4.0)
        """
        ...

    def channel_covariances(
        direct: ArrayLike,
        target_ap: ArrayLike,
        user_target: ArrayLike,
        steering: ArrayLike,
        reflection: ArrayLike,
        target_ap_variance: float,
        user_target_variance: float,
        steering_variance: float,
    ) -> ComplexArray:
        """Covariances ``Φ_k = E h_k h_kᴴ`` of channels with reflections off roughly known targets.

        ``h_km = β_km g + Σ_t α_t β_kt β_tm g_kt a(θ_tm)`` with random amplitudes and steering vectors
        (Mao et al., Proposition 1). Gains are amplitudes, not powers.

        Parameters
        ----------
        direct : ArrayLike
            Amplitude gains of the direct paths, shape [user, ap].
        target_ap : ArrayLike
            Mean amplitude gains between targets and access points, shape [target, ap].
        user_target : ArrayLike
            Mean amplitude gains between users and targets, shape [user, target].
        steering : ArrayLike
            Steering vectors from access points to targets, shape [target, ap, antenna].
        reflection : ArrayLike
            Reflection coefficients α of the targets, real, shape [target].
        target_ap_variance : float
            Variance of the gains between targets and access points.
        user_target_variance : float
            Variance of the gains between users and targets.
        steering_variance : float
            Variance χ² of every entry of a steering vector.

        Returns
        -------
        ComplexArray
            Shape [user, ap, antenna, ap, antenna]: an instance's ``channel_covariance``.

        Examples
        --------
        >>> scene = ([[1.0]], [[0.5]], [[0.2]], np.ones((1, 1, 2)), [0.8], 0.0, 0.0, 0.0)
        >>> np.round(channel_covariances(*scene)[0, 0, :, 0, :].real, 6)
        array([[1.0064, 0.0064],
               [0.0064, 1.0064]])
        """
        ...

    def channel_statistics(
        direct: ArrayLike,
        target_ap: ArrayLike,
        user_target: ArrayLike,
        steering: ArrayLike,
        reflection: ArrayLike,
        target_ap_variance: float,
        user_target_variance: float,
        steering_variance: float,
        pilot_group: ArrayLike,
        pilot_energy: float,
        joint: bool = False,
    ) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        """Statistics of aggregated channels and of their estimates from shared pilots.

        Covariances Φ, filters C of the estimates ``ĥ = C y`` with ``y = √E Σ h + n``, and covariances Θ of
        the errors (Mao et al., Propositions 1 to 3).

        Parameters
        ----------
        direct : ArrayLike
            Amplitude gains of the direct paths, shape [user, ap].
        target_ap : ArrayLike
            Mean amplitude gains between targets and access points, shape [target, ap].
        user_target : ArrayLike
            Mean amplitude gains between users and targets, shape [user, target].
        steering : ArrayLike
            Steering vectors from access points to targets, shape [target, ap, antenna].
        reflection : ArrayLike
            Reflection coefficients α of the targets, real, shape [target].
        target_ap_variance : float
            Variance of the gains between targets and access points.
        user_target_variance : float
            Variance of the gains between users and targets.
        steering_variance : float
            Variance χ² of every entry of a steering vector.
        pilot_group : ArrayLike
            Which users share a pilot: equal whole numbers, shape [user].
        pilot_energy : float
            Energy E of a pilot over the noise.
        joint : bool
            Whether all access points estimate together; otherwise each from what it received.

        Returns
        -------
        tuple[ComplexArray, ComplexArray, ComplexArray]
            Φ, C and Θ, each of shape [user, ap, antenna, ap, antenna].

        Examples
        --------
        >>> scene = ([[1.0]], [[0.5]], [[0.2]], np.ones((1, 1, 2)), [0.0], 0.0, 0.0, 0.0)
        >>> covariance, filters, errors = channel_statistics(*scene, [0], 3.0)
        >>> np.round(errors[0, 0, :, 0, :].real, 12)  # 1/(1 + 3) of each entry's power
        array([[0.25, 0.  ],
               [0.  , 0.25]])
        """
        ...

    def estimate_channels(
        channel_covariance: ArrayLike,
        pilot_group: ArrayLike,
        pilot_energy: float,
        joint: bool = False,
    ) -> tuple[ComplexArray, ComplexArray]:
        """Filters and error covariances of estimates of channels with covariances of your own.

        Parameters
        ----------
        channel_covariance : ArrayLike
            Φ, Hermitian for each user, shape [user, ap, antenna, ap, antenna].
        pilot_group : ArrayLike
            Which users share a pilot: equal whole numbers, shape [user].
        pilot_energy : float
            Energy E of a pilot over the noise.
        joint : bool
            Whether all access points estimate together; otherwise each from what it received.

        Returns
        -------
        tuple[ComplexArray, ComplexArray]
            C and Θ, each of shape [user, ap, antenna, ap, antenna].

        Examples
        --------
        >>> identity = np.eye(4).reshape(1, 2, 2, 2, 2)
        >>> filters, errors = estimate_channels(identity, [0], 1.0)
        >>> bool(np.allclose(errors, identity / 2))
        True
        """
        ...

    def pair_targets(
        targets_m: ArrayLike,
        aps_m: ArrayLike,
    ) -> list[int]:
        """The access point that senses each target: at most one target each, smallest total distance.

        Parameters
        ----------
        targets_m : ArrayLike
            Targets, shape [target, 2], in metres.
        aps_m : ArrayLike
            Access points, shape [ap, 2], in metres.

        Returns
        -------
        list[int]
            An access point for each target, counted from zero.

        Examples
        --------
        >>> pair_targets([[90, 0], [10, 0]], [[0, 0], [100, 0]])
        [1, 0]
        """
        ...

    def pattern_bound(
        beams: ArrayLike,
        targets_rad: ArrayLike,
        width_rad: float,
        points: int = 181,
        spacing: float = 0.5,
    ) -> tuple[float, float]:
        """A number that no pattern of power one can undercut, proven by any given beams.

        Parameters
        ----------
        beams : ArrayLike
            Beams whose covariance is the point of tangency, shape [stream, antenna].
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
            The error of the beams, and a lower bound of the error of all patterns of power one.

        Examples
        --------
        >>> beams, least, _, _ = best_pattern(8, [0.0], 0.3)
        >>> error, bound = pattern_bound(beams, [0.0], 0.3)
        >>> bool(bound <= least and np.isclose(bound, error, rtol=1e-5))
        True
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

    def pilot_groups(
        users_m: ArrayLike,
        pilots: int,
        rule: str = 'farthest',
    ) -> list[list[int]]:
        """Groups of users that share a pilot: users far from each other (Mao et al., Algorithm 1).

        Parameters
        ----------
        users_m : ArrayLike
            Users, shape [user, 2], in metres.
        pilots : int
            Number of pilots.
        rule : str
            ``farthest`` merges the pair farthest apart, ``balanced`` keeps groups of equal size, and
            ``in-turn`` hands pilots out in turn.

        Returns
        -------
        list[list[int]]
            Users of each group, counted from zero.

        Examples
        --------
        >>> pilot_groups([[0, 0], [1, 0], [100, 0]], 2)
        [[0, 2], [1]]
        """
        ...

    def quadratic_transform(
        instance: Any,
        data_beams: ArrayLike,
        sensing_beams: ArrayLike | None = None,
    ) -> tuple[FloatArray, ComplexArray]:
        """Auxiliary variables of the quadratic transform at given beams.

        ``γ_k`` and ``g_k`` with which the surrogate ``Σ ln(1+γ) − γ + 2√(1+γ) Re(g* s) − |g|²(A + |s|²)`` in nats
        touches the sum rate (Mao et al., Eqs. (38) to (40)).

        Parameters
        ----------
        instance : Any
            An instance of ``cellfree``, or a dictionary of its arrays.
        data_beams : ArrayLike
            Beams of the users as shares of power, shape [user, ap, antenna].
        sensing_beams : ArrayLike | None
            Beams of the sensing signals, shape [stream, ap, antenna].

        Returns
        -------
        tuple[FloatArray, ComplexArray]
            γ and g, each of shape [user].

        Examples
        --------
        >>> import noctule
        >>> design = noctule.design(noctule.cellfree.Scenario(), "mrt")
        >>> gamma, g = quadratic_transform(design.instance, design.data_beams)
        >>> signal, rest = signal_terms(design.instance, design.data_beams)
        >>> bool(np.allclose(gamma, signal / rest)), bool(np.allclose(
        ...     abs(g) ** 2, (1 + gamma) * signal / (signal + rest) ** 2))
        (True, True)
        """
        ...

    def signal_terms(
        instance: Any,
        data_beams: ArrayLike,
        sensing_beams: ArrayLike | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Signal power and everything else that users receive, over the noise.

        ``|ĥᴴw|²`` and ``A_k`` with estimation errors and sensing signals (Mao et al., Eq. (18),
        corrected in docs/errata.md#cellfree-e2).

        Parameters
        ----------
        instance : Any
            An instance of ``cellfree``, or a dictionary of its arrays.
        data_beams : ArrayLike
            Beams of the users as shares of power, shape [user, ap, antenna].
        sensing_beams : ArrayLike | None
            Beams of the sensing signals, shape [stream, ap, antenna].

        Returns
        -------
        tuple[FloatArray, FloatArray]
            Signal and interference with noise, each of shape [user].

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.cellfree.Scenario().realize()
        >>> signal, rest = signal_terms(instance, np.zeros_like(instance["channels"]))
        >>> bool((signal == 0).all() and (rest == 1).all())
        True
        """
        ...

    def sinr(
        instance: Any,
        data_beams: ArrayLike,
        sensing_beams: ArrayLike | None = None,
    ) -> FloatArray:
        """Signal-to-interference-plus-noise ratios of the users, estimation errors included.

        Parameters
        ----------
        instance : Any
            An instance of ``cellfree``, or a dictionary of its arrays.
        data_beams : ArrayLike
            Beams of the users as shares of power, shape [user, ap, antenna].
        sensing_beams : ArrayLike | None
            Beams of the sensing signals, shape [stream, ap, antenna].

        Returns
        -------
        FloatArray
            Linear ratios, shape [user]; the rate of a user is log₂(1 + ratio) in bit/s/Hz.

        Examples
        --------
        >>> import noctule
        >>> design = noctule.design(noctule.cellfree.Scenario(), "mrt")
        >>> ratios = sinr(design.instance, design.data_beams, design.variables.get("sensing_beams"))
        >>> bool(np.isclose(np.log2(1 + ratios).sum(), design.metrics.sum_rate_bps_hz))
        True
        """
        ...

    def steering(
        elements: int,
        angle_rad: ArrayLike,
        spacing: float = 0.5,
    ) -> ComplexArray:
        """Steering vectors ``a[n] = exp(j2π · spacing · n sin θ)`` of a linear array.

        Parameters
        ----------
        elements : int
            Number of antennas.
        angle_rad : ArrayLike
            Angles from broadside in radians, shape [direction].
        spacing : float
            Distance of elements in wavelengths.

        Returns
        -------
        ComplexArray
            Entries of magnitude one, shape [direction, antenna].

        Examples
        --------
        >>> np.round(steering(3, [np.pi / 6]), 12)
        array([[ 1.+0.j,  0.+1.j, -1.+0.j]])
        """
        ...

else:
    angle_from_broadside = checked(_noctule.cellfree.angle_from_broadside)
    beampattern = checked(_noctule.cellfree.beampattern)
    best_pattern = checked(_noctule.cellfree.best_pattern)
    block_update = checked(_noctule.cellfree.block_update)
    channel_covariances = checked(_noctule.cellfree.channel_covariances)
    channel_statistics = checked(_noctule.cellfree.channel_statistics)
    estimate_channels = checked(_noctule.cellfree.estimate_channels)
    pair_targets = checked(_noctule.cellfree.pair_targets)
    pattern_bound = checked(_noctule.cellfree.pattern_bound)
    pattern_error = checked(_noctule.cellfree.pattern_error)
    pilot_groups = checked(_noctule.cellfree.pilot_groups)
    quadratic_transform = checked(_noctule.cellfree.quadratic_transform)
    signal_terms = checked(_noctule.cellfree.signal_terms)
    sinr = checked(_noctule.cellfree.sinr)
    steering = checked(_noctule.cellfree.steering)


__all__ = [
    "LinksRayleigh",
    "LinksCorrelated",
    "LinksRician",
    "LinksGeometry",
    "Require",
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
    "angle_from_broadside",
    "beampattern",
    "best_pattern",
    "block_update",
    "channel_covariances",
    "channel_statistics",
    "estimate_channels",
    "pair_targets",
    "pattern_bound",
    "pattern_error",
    "pilot_groups",
    "quadratic_transform",
    "signal_terms",
    "sinr",
    "steering",
]


def __dir__() -> list[str]:
    return sorted(__all__)
