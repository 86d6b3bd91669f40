"""The system ``beamforming``: multi-user, multi-target base station: sum rate against the Cramér–Rao bound.

Schemes
-------
``balanced``
    Riemannian L-BFGS from several starts: a stationary point of the weighted sum, with ``certify`` an upper bound
``best-known``
    ours from its own starts and from where every other scheme ends: none is better
``extended-target``
    sum rate less ρ tr R⁻¹, a target that is no point, to its global optimum by branch and bound
``same-beams``
    of a scenario with ``ofdm``: the best beams that are the same on every subcarrier, at equal power
``each-alone``
    of a scenario with ``ofdm``: every subcarrier designed by itself with its share of the power
``perfect-knowledge``
    of a scenario with ``knowledge``: designed for the channels themselves, judged beside the estimates
``sensing-only``
    the smallest Cramér–Rao bound, users ignored: proven globally optimal by the Frank–Wolfe gap
``wmmse``
    weighted MMSE, targets ignored: a stationary point of the sum rate
``rzf``
    regularised zero forcing, equal power: closed form
``zf``
    zero forcing, power water-filled over the users: closed form
``mrt``
    matched filters, equal power: closed form
``sharing``
    a precoder that ignores targets and sensing beams that ignore users, in the shares that keep what is required
``nominal``
    of a scenario with ``uncertain``: designed for the angles as they are named, judged over all that they may be
``algorithm-1``
    successive convex approximation of T. Fang et al.: as far as its tolerance goes
``projected-gradient``
    gradient ascent on the sphere with a line search: a stationary point
``barzilai-borwein``
    gradient ascent with the step of Barzilai and Borwein, not monotone: a stationary point
``conjugate-gradient``
    Riemannian conjugate gradients: a stationary point
``fp-sgda``
    smoothed gradient ascent with a fixed step, after M. Zhu et al.: no guarantee
``wmmse-sdr``
    one convex program after the other, in the corrected, monotone form; each solved as a factor and certified by its dual
``wmmse-sdr-conic``
    the same programs by a semidefinite interior-point solver, for timing; only in builds with the feature ``sdp``

Arrays of an instance
---------------------
``transmit_shape`` : real [side]
    elements [horizontal, vertical] of the transmit array
``receive_shape`` : real [side]
    elements [horizontal, vertical] of the receive array
``channels`` : complex [user, antenna]
    channels h; user k receives conj(h[k]) · x
``azimuth_rad`` : real [target]
    azimuths θ in radians
``polar_rad`` : real [target]
    polar angles φ in radians
``reflection`` : complex [target]
    reflection coefficients α
``power_w`` : real number
    total transmit power in watts
``user_noise_w`` : real [user]
    noise power of each user in watts
``sensing_noise_w`` : real number
    noise power of each receive antenna in watts
``snapshots`` : real number
    number of snapshots L
``sensing_streams`` : real number
    number of beams without data
``rate_weight_per_nat`` : real number
    weight of the sum rate, per nat/s/Hz
``crb_weight`` : real number
    weight of the trace of the Cramér–Rao bound
``per_antenna_power`` : real number
    1 when every antenna sends power_w / antennas, else 0
``unit_modulus_steering`` : real number
    1 when steering entries have magnitude one, else 0
``goal`` : real number
    1 sum rate, 2 worst rate, 3 proportional fairness, 4 smallest metric, 5 least power, 6 largest metric; absent: the weighted sum
``user_weights`` : real [user]
    weights of the users' rates in a goal of rates
``sinr_floor`` : real [user]
    SINR of each user at least, linear; zero for none
``goal_metric`` : real [column]
    a metric: [kind, target, weight of azimuths, of polar angles, of reflections, limit in SI units]; kinds 0 angles, 1 trace, 2 parameter, 3 worst target, 4 worst angle, 5 largest eigenvalue, 6 log det, 7 extended, 8 illumination, 9 sensing SNR, 10 mutual information, 11 beampattern, 12 SCNR, 13 detection (false-alarm rate in the third column); target -1 is the worst. Over a band two columns more, weights of ranges and of velocities, and kinds 14 worst range, 15 worst velocity
``goal_metric_targets`` : real [target]
    weights of the targets in ``goal_metric``
``limits`` : real [limit, column]
    a metric: [kind, target, weight of azimuths, of polar angles, of reflections, limit in SI units]; kinds 0 angles, 1 trace, 2 parameter, 3 worst target, 4 worst angle, 5 largest eigenvalue, 6 log det, 7 extended, 8 illumination, 9 sensing SNR, 10 mutual information, 11 beampattern, 12 SCNR, 13 detection (false-alarm rate in the third column); target -1 is the worst. Over a band two columns more, weights of ranges and of velocities, and kinds 14 worst range, 15 worst velocity
``limit_targets`` : real [limit, target]
    weights of the targets in ``limits``
``unknown`` : real [target, parameter]
    1 where azimuth, polar angle, reflection of a target are unknown, else 0
``streams_cancelled`` : real number
    1 where users take the sensing streams out, else 0
``transmit_positions`` : real [transmit_element, axis]
    positions of the transmit array in wavelengths, in place of ``transmit_shape``
``receive_positions`` : real [receive_element, axis]
    positions of the receive array in wavelengths, in place of ``receive_shape``
``rate_floor`` : real [user]
    over a band the mean rate of each user in nats at least; zero for none, absent: all zero
``template`` : real [angle]
    beampattern that is wanted, up to a common factor
``template_azimuth_rad`` : real [angle]
    its azimuths in radians
``template_polar_rad`` : real [angle]
    its polar angles in radians
``clutter_covariance`` : complex [receive_element, receive_element]
    covariance of the clutter at the receive array in watts, without noise
``power_group`` : real [antenna]
    the group of every antenna, counted from zero
``group_power_w`` : real [group]
    what each group of antennas may send in watts
``station`` : real [antenna]
    the station of every antenna, counted from zero
``towards_targets`` : complex [target, antenna]
    responses of the stations towards the targets, whose powers add up, in place of the array's
``angle_offsets_rad`` : real [offset, kind]
    offsets [azimuth, polar angle] that the angles of all targets may have, in radians
``angle_shares`` : real [offset]
    the share of each offset
``angle_prior`` : real [kind]
    information about [azimuth, polar angle] that the law of offsets holds, per squared radian
``angle_over`` : real number
    metrics over the offsets: 1 mean, 2 worst, 3 Bayesian bound
``channel_error`` : real [user]
    variance of the error of each entry of a user's channel
``band_channels`` : complex [subcarrier, user, antenna]
    channels on every subcarrier of a band; ``channels`` are then those of the middle one, and noise powers are those of one subcarrier
``band_estimates`` : complex [subcarrier, user, antenna]
    estimates of the channels on every subcarrier, which beams are designed for; absent: the channels
``error_covariances`` : complex [user, antenna, antenna]
    covariances of the errors of the estimates, beside ``band_estimates``
``carrier_hz`` : real number
    carrier frequency; absent: one frequency, and no band
``spacing_hz`` : real number
    distance of neighbouring subcarriers in hertz
``symbol_period_s`` : real number
    length of a symbol with its prefix; there are ``snapshots``
``squint`` : real number
    1 where responses turn with the frequency, else 0
``centred`` : real number
    1 where the arrays' phase reference is in their middle, else 0
``near_field`` : real number
    exponent of amplitudes in spherical waves, 0 or 1; absent: plane
``range_linked`` : real number
    1 where one range sets curvature and delay, 0 where they are two unknowns; absent: 1
``range_m`` : real [target]
    distances of the targets in metres; absent: 0
``velocity_m_s`` : real [target]
    velocities of the targets towards the array in m/s; absent: 0
``band_unknown`` : real [target, band_parameter]
    1 where azimuth, polar angle, range, velocity, reflection of a target are unknown, else 0; absent: all
``bound_weights`` : real [kind]
    weights of the bounds of azimuths, polar angles (per rad²), ranges (per m²), velocities (per m²/s²), reflections; absent: ones

Arrays of a design
------------------
``beams`` : complex [stream, antenna]
    beams in √W, data streams first; antenna n sends Σ beams[stream][n] · symbol[stream]
``covariances`` : complex [covariance, antenna, antenna]
    in place of beams: a covariance in W for each user, then one for sensing; they become beams that do the same
``band_beams`` : complex [subcarrier, stream, antenna]
    beams on every subcarrier of a band in √W, data streams first, in place of ``beams``

Metrics in records
------------------
``objective``
    rate weight · sum rate (nats) − bound weight · tr F⁻¹
``sum_rate_bps_hz`` (bit/s/Hz)
    sum over users of log₂(1 + SINR)
``sum_rate_nats`` (nat/s/Hz)
    sum over users of ln(1 + SINR)
``crb_trace_mixed`` (mixed)
    tr F⁻¹: rad² and squared reflection; with ``ofdm`` m² and (m/s)² too, none of them weighted
``worst_angle_rcrb_deg`` (°)
    largest root-Cramér–Rao bound over targets, azimuth and polar angle
``rms_angle_rcrb_deg`` (°)
    root of the mean Cramér–Rao bound over all angles that are not known
``users_shut_off``
    users with a rate below 0.001 bit/s/Hz
``covariance_rank``
    eigenvalues of the transmit covariance above 10⁻⁵ of the power
``sensing_streams_in_use``
    eigenvalues of the covariance of the sensing beams above 10⁻⁵ of the power
``sensing_power_share``
    power of the beams without data over the total power
``range_m`` (m)
    largest root-Cramér–Rao bound over targets whose range is unknown
``range_by_curvature_m`` (m)
    largest root-Cramér–Rao bound over targets of the range that the curvature of waves tells, where it is not linked to the delay
``velocity_m_s`` (m/s)
    largest root-Cramér–Rao bound over targets whose velocity is unknown
``band_rate_mbps`` (Mbit/s)
    sum over users and subcarriers of rates times the subcarrier spacing; prefixes are not taken off
``true_rate_bps_hz`` (bit/s/Hz)
    sum rate of beams that were designed for estimates on the channels as they are, mean over the band
``perfect_rate_bps_hz`` (bit/s/Hz)
    sum rate of what our method designs for the same goal in the same trial where it knows the channels, mean over the band; beside it ``sum_rate_bps_hz`` says what knowledge is worth where rates are the goal: other goals may spend it on something else
``rate_bound_bps_hz`` (bit/s/Hz)
    no beams with as small a tr F⁻¹, or that keep the same limits, have a larger sum rate: where a design was certified
``evaluations_total``
    of the objective, over all starts
``goal_value``
    value of the goal: a root-CRB in degrees, a rate in bit/s/Hz, a power in dBm
``requirements_met``
    share of the floors and limits that are met
``requirement_violation``
    by how much the requirement that is missed most is missed, relative to it
``power_price`` (1/dB)
    by how much the goal's value rises with one dB more power
``sinr_price`` (1/dB)
    by how much the goal's value rises with one dB more for every user with a floor
``limit_price``
    by how much the goal's value rises where every limit is one step (degree, dB, bit) larger
``best_use_bps_hz`` (bit/s/Hz)
    the goal's rate with data and sensing beams at once, or one after the other if that is more: the same covariance, each with all the power for its share of the time
``likelihood_error_deg`` (°)
    root-mean-square error of all angles over the simulated echoes, waveforms known
``likelihood_mse_over_crb``
    mean squared error of maximum likelihood over the bound, over targets and both angles
``likelihood_outliers``
    share of simulated echoes in which maximum likelihood is off by more than five root-bounds
``music_error_deg`` (°)
    root-mean-square error of all angles over the simulated echoes, waveforms unknown
``music_mse_over_crb``
    mean squared error of MUSIC over the bound, over targets and both angles

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
class ChannelRayleigh:
    """Independent Rayleigh fading.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['rayleigh'] = 'rayleigh'


@parameters
class ChannelCorrelated:
    """Rayleigh fading with the covariance of scatterers around a direction.

    Attributes
    ----------
    azimuth_deg
        Range of the users' azimuth in degrees.
    azimuth_std_deg
        Standard deviation of the azimuth of scatterers in degrees.
    kind
        Which variant.
    polar_deg
        Range of the users' polar angle in degrees.
    polar_std_deg
        Standard deviation of their polar angle in degrees.
    spectrum
        Family of both deviations.
    """

    azimuth_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    azimuth_std_deg: float = 10.0
    kind: Literal['correlated'] = 'correlated'
    polar_deg: list[float] = field(default_factory=lambda: [90.0, 90.0])
    polar_std_deg: float = 0.0
    spectrum: Literal['gaussian', 'laplacian', 'uniform'] = 'gaussian'


@parameters
class ChannelRician:
    """A line of sight and scatter.

    Attributes
    ----------
    azimuth_deg
        Range of the users' azimuth in degrees.
    azimuth_std_deg
        Standard deviation of the azimuth of scatterers around the line of sight in degrees;
        ``None`` means scatter that is independent from antenna to antenna.
    k_factor_db
        Line of sight over scatter in dB: from 300 dB on it is alone, from −300 dB down the scatter.
    kind
        Which variant.
    polar_deg
        Range of the users' polar angle in degrees.
    polar_std_deg
        Standard deviation of their polar angle in degrees.
    spectrum
        Family of both deviations.
    users_deg
        Directions of the users, azimuth and polar angle in degrees, one a user, where they are
        known: the ranges are then of no account.
    """

    azimuth_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    azimuth_std_deg: float | None = None
    k_factor_db: float = 6.0
    kind: Literal['rician'] = 'rician'
    polar_deg: list[float] = field(default_factory=lambda: [90.0, 90.0])
    polar_std_deg: float = 0.0
    spectrum: Literal['gaussian', 'laplacian', 'uniform'] = 'gaussian'
    users_deg: list[list[float]] | None = None


@parameters
class ChannelClustered:
    """Clusters of rays with Laplacian spreads.

    Attributes
    ----------
    azimuth_deg
        Range of the azimuth of clusters in degrees.
    azimuth_std_deg
        Standard deviation of the azimuth within a cluster in degrees.
    clusters
        Number of clusters.
    decaying
        Whether powers fall with drawn delays and have a shadowing of 3 dB each; else all
        clusters are alike.
    k_factor_db
        Line of sight over the clusters in dB, from where centres of clusters may be; ``None`` means
        no line of sight.
    kind
        Which variant.
    polar_deg
        Range of the polar angle of clusters in degrees.
    polar_std_deg
        Standard deviation of the polar angle within a cluster in degrees.
    powers
        Powers of the clusters in any unit, one for each, where they are known.
    rays
        Rays of a cluster.
    """

    azimuth_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    azimuth_std_deg: float = 5.0
    clusters: int = 3
    decaying: bool = False
    k_factor_db: float | None = None
    kind: Literal['clustered'] = 'clustered'
    polar_deg: list[float] = field(default_factory=lambda: [75.0, 105.0])
    polar_std_deg: float = 3.0
    powers: list[float] | None = None
    rays: int = 8


@parameters
class ChannelCdl:
    """A clustered delay line of 3GPP TR 38.901 on one frequency.

    Attributes
    ----------
    azimuth_deg
        Range of the mean azimuth, the users', in degrees.
    azimuth_spread_deg
        Spread of the azimuth in degrees; ``None`` keeps the profile's.
    element_pattern
        Whether elements have the pattern of the report; the mean power is then no longer the
        number of antennas.
    k_factor_db
        Line of sight over all clusters in dB, for the profiles D and E; ``None`` keeps the profile's.
    kind
        Which variant.
    polar_deg
        Range of the mean polar angle, the users', in degrees; ``None`` keeps the profile's.
    polar_spread_deg
        Spread of the polar angle in degrees, beside ``polar_deg``; ``None`` keeps the profile's.
    profile
        Its profile.
    """

    azimuth_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    azimuth_spread_deg: float | None = None
    element_pattern: bool = False
    k_factor_db: float | None = None
    kind: Literal['cdl'] = 'cdl'
    polar_deg: list[float] | None = None
    polar_spread_deg: float | None = None
    profile: Literal['A', 'B', 'C', 'D', 'E'] = 'A'


@parameters
class ChannelGeometry:
    """Users in a sector of a cell: path loss, line of sight, shadowing and Rician factor of 3GPP
    TR 38.901, and the noise of a bandwidth.

    Attributes
    ----------
    azimuth_std_deg
        Standard deviation of the azimuth of scatterers in degrees; ``None`` means scatter that is
        independent from antenna to antenna.
    bandwidth_mhz
        Bandwidth in MHz: its thermal noise takes the place of ``user_noise_dbm``. ``None`` is that of ``ofdm``, and
        100 without.
    base_height_m
        Height of the base station in metres.
    bearing_deg
        Where its broadside looks, counter-clockwise from the x axis of the world, in degrees.
    carrier_ghz
        Carrier frequency in GHz.
    downtilt_deg
        How far its broadside looks below the horizon, in degrees.
    element_pattern
        Whether its elements have the pattern of the report: users and placed targets are seen
        with its gain in their direction.
    kind
        Which variant.
    nlos
        What a user receives that has no line of sight.
    noise_figure_db
        Noise figure of the users in dB.
    polar_std_deg
        Standard deviation of their polar angle in degrees, beside ``azimuth_std_deg``.
    radius_m
        Smallest and largest distance in the plane, in metres.
    scenario
        Its formulas.
    sector_deg
        Range of the bearing from broadside in degrees.
    spectrum
        Family of both deviations.
    user_height_m
        Height of the users in metres.
    """

    azimuth_std_deg: float | None = None
    bandwidth_mhz: float | None = None
    base_height_m: float = 10.0
    bearing_deg: float | None = None
    carrier_ghz: float = 28.0
    downtilt_deg: float = 0.0
    element_pattern: bool | None = None
    kind: Literal['geometry'] = 'geometry'
    nlos: Literal['scatter', 'clustered', 'cdl-a', 'cdl-b', 'cdl-c'] | None = None
    noise_figure_db: float = 7.0
    polar_std_deg: float | None = None
    radius_m: list[float] = field(default_factory=lambda: [20.0, 150.0])
    scenario: Literal['umi', 'uma', 'inf-sl', 'inf-dl', 'inf-sh', 'inf-dh', 'inf-hh'] = 'umi'
    sector_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    spectrum: Literal['gaussian', 'laplacian', 'uniform'] | None = None
    user_height_m: float = 1.5


@parameters
class ChannelFile:
    """Channels of one's own, trial by trial: an array ``[trial, user, antenna]`` or
    ``[trial, user, antenna, subcarrier]`` in a file, or ``[user, antenna]`` for one trial.

    Attributes
    ----------
    path
        The file, ``.npz``, ``.npy``, ``.mat`` or ``.h5``; a path is relative to the file that names it.
    axes
        The order of its axes, such as ``"user,antenna,trial"``; left empty it is the order above.
    channel_scale
        In which unit the channels are.
    conjugate
        Whether phases have the other sign, as where users receive ``hᵀx``; channels of a known
        ``tool`` are turned without it.
    direction_check
        A line of sight whose direction is known: refused where it lies elsewhere.
    element_order
        Which element of the file is ours, element by element, where its order is another one; ours
        have the vertical index fastest.
    kind
        Which variant.
    receive_antennas
        What becomes of several receive antennas of a user of the program.
    rows
        Number of its trials; filled in, and compared where it is said.
    sha256
        SHA-256 of the file; filled in, and compared where it is said.
    subcarrier
        Which subcarrier is taken of several, from zero.
    symbol
        Which OFDM symbol, or sample in time, is taken of several, from zero.
    tool
        The program that wrote it, whose axes, signs and order of elements are known.
    total_subcarriers
        Number of subcarriers of DeepMIMO's OFDM symbol, by whose root it divides amplitudes.
    transmitter
        Which of several transmitters of Sionna is ours, from zero.
    trials_beyond_file
        What is done with more trials than rows.
    variable
        The array in it; left empty it is ``channels``, or the only one.
    zero_users
        What is done with users whose channel is zero.
    """

    path: str
    axes: str | None = None
    channel_scale: Literal['as-is', 'unit-mean'] | None = None
    conjugate: bool | None = None
    direction_check: DirectionCheck | None = None
    element_order: list[int] | None = None
    kind: Literal['file'] = 'file'
    receive_antennas: Literal['first', 'users'] | None = None
    rows: int | None = None
    sha256: str | None = None
    subcarrier: int | None = None
    symbol: int | None = None
    tool: Literal['sionna', 'deepmimo', 'quadriga', '5g-toolbox'] | None = None
    total_subcarriers: int | None = None
    transmitter: int | None = None
    trials_beyond_file: Literal['refuse', 'wrap'] | None = None
    variable: str | None = None
    zero_users: Literal['refuse', 'keep'] | None = None


@parameters
class DirectionCheck:
    """A channel of the file that is a pure line of sight in a known direction.

    Attributes
    ----------
    azimuth_deg
        Its azimuth in degrees.
    at_least
        The cosine |aᴴh|/(‖a‖‖h‖) that it must reach.
    polar_deg
        Its polar angle in degrees.
    trial
        Its row.
    user
        Its user.
    """

    azimuth_deg: float
    at_least: float = 0.99
    polar_deg: float = 90.0
    trial: int = 0
    user: int = 0


@parameters
class ClutterSource:
    """A source of clutter: what it sends back does not depend on the beams.

    Attributes
    ----------
    azimuth_deg
        Azimuth in degrees.
    over_noise_db
        Its power at each receive antenna over the noise there, in dB.
    polar_deg
        Polar angle in degrees.
    """

    azimuth_deg: float
    over_noise_db: float
    polar_deg: float


@parameters
class GoalWeighted:
    """The largest rate weight · sum rate − bound weight · tr F⁻¹, with nothing required.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['weighted'] = 'weighted'


@parameters
class GoalSumRate:
    """The largest sum rate: local, with an interval where a bound is asked for.

    Attributes
    ----------
    kind
        Which variant.
    user_weights
        Weights of the users' rates, one a user; ``None`` gives every user one.
    """

    kind: Literal['sum-rate'] = 'sum-rate'
    user_weights: list[float] | None = None


@parameters
class GoalMaxMinRate:
    """The largest worst rate, each over its weight: proven.

    Attributes
    ----------
    kind
        Which variant.
    user_weights
        Weights of the users, one a user: twice the weight, twice the rate. ``None`` gives every
        user one.
    """

    kind: Literal['max-min-rate'] = 'max-min-rate'
    user_weights: list[float] | None = None


@parameters
class GoalProportionalFair:
    """The largest sum of the logarithms of the rates: local.

    Attributes
    ----------
    kind
        Which variant.
    user_weights
        Weights of the users, one a user; ``None`` gives every user one.
    """

    kind: Literal['proportional-fair'] = 'proportional-fair'
    user_weights: list[float] | None = None


@parameters
class GoalMinCrb:
    """The smallest metric of those that are wanted small: bounds, a beampattern error. Proven.

    Attributes
    ----------
    kind
        Which variant.
    metric
        The metric.
    """

    kind: Literal['min-crb'] = 'min-crb'
    metric: MeasureAngles | MeasureTrace | MeasureParameter | MeasureWorstTarget | MeasureWorstAngle | MeasureWorstRange | MeasureWorstVelocity | MeasureLargestEigenvalue | MeasureLogDet | MeasureExtended | MeasureBeampattern | MeasureIllumination | MeasureSensingSnr | MeasureScnr | MeasureDetection | MeasureMutualInformation = field(default_factory=lambda: MeasureAngles())


@parameters
class MeasureAngles:
    """The sum of the bounds of all unknown angles; its root in degrees.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['angles'] = 'angles'


@parameters
class MeasureTrace:
    """A weighted sum of bounds. Of angles alone its root in degrees, of ranges alone in metres, of
    velocities alone in m/s, else mixed units as they are.

    Attributes
    ----------
    azimuth
        Weight of azimuths.
    kind
        Which variant.
    polar
        Weight of polar angles.
    range
        Weight of ranges, of a scenario with ``ofdm``.
    reflection
        Weight of reflections.
    targets
        Weights of the targets, by which the others are multiplied; ``None`` gives each one.
    velocity
        Weight of velocities, of a scenario with ``ofdm``.
    """

    azimuth: float = 1.0
    kind: Literal['trace'] = 'trace'
    polar: float = 1.0
    range: float | None = None
    reflection: float = 0.0
    targets: list[float] | None = None
    velocity: float | None = None


@parameters
class MeasureParameter:
    """The bound of one parameter of one target; the root of it, in degrees of an angle, metres of a range,
    m/s of a velocity.

    Attributes
    ----------
    target
        The target, counted from zero.
    kind
        Which variant.
    parameter
        The parameter.
    """

    target: int
    kind: Literal['parameter'] = 'parameter'
    parameter: Literal['azimuth', 'polar', 'reflection', 'range', 'velocity'] = 'azimuth'


@parameters
class MeasureWorstTarget:
    """The largest over targets of the sum of the bounds of a target's angles; its root in degrees.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['worst-target'] = 'worst-target'


@parameters
class MeasureWorstAngle:
    """The largest bound of an angle; its root in degrees.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['worst-angle'] = 'worst-angle'


@parameters
class MeasureWorstRange:
    """The largest bound of a range, of a scenario with ``ofdm``; its root in metres.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['worst-range'] = 'worst-range'


@parameters
class MeasureWorstVelocity:
    """The largest bound of a velocity, of a scenario with ``ofdm``; its root in m/s.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['worst-velocity'] = 'worst-velocity'


@parameters
class MeasureLargestEigenvalue:
    """The largest eigenvalue of the bound of all unknown angles; its root in degrees.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['largest-eigenvalue'] = 'largest-eigenvalue'


@parameters
class MeasureLogDet:
    """log det of the bound of all unknown angles, in nats: the volume of their ellipsoid.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['log-det'] = 'log-det'


@parameters
class MeasureExtended:
    """``σ_s² N_r/L · tr R⁻¹``, the bound of the whole response of an extended target: its root.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['extended'] = 'extended'


@parameters
class MeasureBeampattern:
    """Mean square of a beampattern's distance from the scenario's ``template``, ``min_η mean_n (η d_n −
    a_nᴴRa_n/tr R)²`` with unit-norm a: its root.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['beampattern'] = 'beampattern'


@parameters
class MeasureIllumination:
    """Power towards a target ``aᴴRa`` in dBm: what is required at least. a has unit norm, or entries of unit modulus
    where the scenario says ``unit_modulus_steering`` (of stations always, whose powers add up).

    Attributes
    ----------
    kind
        Which variant.
    target
        The target, counted from zero; ``None`` is the one that is lit worst.
    """

    kind: Literal['illumination'] = 'illumination'
    target: int | None = None


@parameters
class MeasureSensingSnr:
    """``(L/σ_s²)|α|²‖b‖² aᴴRa`` of a target in dB: what is required at least.

    Attributes
    ----------
    kind
        Which variant.
    target
        The target, counted from zero; ``None`` is the worst.
    """

    kind: Literal['sensing-snr'] = 'sensing-snr'
    target: int | None = None


@parameters
class MeasureScnr:
    """``L|α|² bᴴC⁻¹b · aᴴRa`` of a target in dB, with the covariance ``C = σ_s²1 + Σ p bbᴴ`` of noise and the
    scenario's ``clutter`` and the receive beam that is best for it: what is required at least.

    Attributes
    ----------
    kind
        Which variant.
    target
        The target, counted from zero; ``None`` is the worst.
    """

    kind: Literal['scnr'] = 'scnr'
    target: int | None = None


@parameters
class MeasureDetection:
    """Probability that a target is detected by the energy of its matched filter, ``Q₁(√(2ρ), √(−2 ln
    false_alarm))`` of the sensing SNR ρ (of the SCNR, where there is clutter): what is required at least.

    Attributes
    ----------
    false_alarm
        The probability of a false alarm.
    kind
        Which variant.
    target
        The target, counted from zero; ``None`` is the worst.
    """

    false_alarm: float = 1e-06
    kind: Literal['detection'] = 'detection'
    target: int | None = None


@parameters
class MeasureMutualInformation:
    """Mutual information in bits between the echoes and a response whose rows are independent with
    the covariance ``Σ_m |α_m|² (‖b_m‖²/N_r) a_m a_mᴴ``: what is required at least.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['mutual-information'] = 'mutual-information'


@parameters
class GoalMaxSensing:
    """The largest metric of those that are wanted large: sensing power, mutual information. Proven.

    Attributes
    ----------
    kind
        Which variant.
    metric
        The metric.
    """

    kind: Literal['max-sensing'] = 'max-sensing'
    metric: MeasureAngles | MeasureTrace | MeasureParameter | MeasureWorstTarget | MeasureWorstAngle | MeasureWorstRange | MeasureWorstVelocity | MeasureLargestEigenvalue | MeasureLogDet | MeasureExtended | MeasureBeampattern | MeasureIllumination | MeasureSensingSnr | MeasureScnr | MeasureDetection | MeasureMutualInformation = field(default_factory=lambda: MeasureSensingSnr(target=None))


@parameters
class GoalMinPower:
    """The least power that meets what is required; ``power_dbm`` is what there is. Proven.

    Attributes
    ----------
    kind
        Which variant.
    """

    kind: Literal['min-power'] = 'min-power'


@parameters
class Knowledge:
    """What is known of the users' channels: linear minimum-mean-square-error estimates from pilots. Beams are
    designed for a lower bound on the mean rate over what the estimates leave open, and ``true_rate_bps_hz`` is what
    they achieve on the channels. Lines of sight, with their phase, and directions are known beside.

    Attributes
    ----------
    age_correlation
        Correlation ρ between what is random of the channels of the pilots and of those of the data: 1 where nothing
        has changed. A line of sight stays.
    pilot_snr_db
        Energy of a pilot over the noise, on every subcarrier and for a channel of gain one, in dB: where path
        losses are drawn, those come off it.
    pilots
        Number of orthogonal pilots: user k sends pilot k mod this, so that users may contaminate each other's.
        ``None`` is one pilot a user.
    """

    age_correlation: float = 1.0
    pilot_snr_db: float = 10.0
    pilots: int | None = None


@parameters
class Ofdm:
    """An OFDM frame: beams on every subcarrier under one power, echoes that tell ranges and velocities.

    Powers are those of the whole band: ``power_dbm`` is shared by the subcarriers, and each has its share
    of ``user_noise_dbm`` and ``sensing_noise_dbm``. Rates are averages over the band, in bit/s/Hz.

    Attributes
    ----------
    carrier_ghz
        Carrier frequency in GHz.
    centred
        Whether the phase reference of both arrays is in their middle and not in a corner. Where it is matters to
        squint and to spherical waves; ``None`` is the middle with ``near_field`` and a corner without.
    delay_spread_ns
        Spread of the delays of users' channels in ns: the decay of the taps of scatter, and the unit of
        clusters and delay lines.
    near_field
        Spherical waves in place of plane ones: ranges bend the responses of arrays. ``None`` is plane waves.
    range_weight_per_m2
        Weight of the bounds of ranges, per m²: as if so many rad² were added for every m². By default a
        metre counts as much as a degree.
    spacing_khz
        Distance of neighbouring subcarriers in kHz.
    squint
        Whether the arrays' responses turn with the frequency (beam squint): those of targets, lines of sight and
        rays. The covariance of scatter does not turn.
    subcarriers
        Number of subcarriers N.
    symbol_us
        Length of a symbol with its cyclic prefix in µs; ``None`` is one over the spacing, and 144/2048 of
        it for the prefix.
    symbols
        Number of OFDM symbols that echoes are collected over; ``None`` is ``snapshots``.
    taps
        Taps of scatter, one over the bandwidth apart; ``None`` is as many as reach four spreads. One tap is
        scatter that is the same on every subcarrier. Clusters and delay lines have delays of their own.
    velocity_weight_per_m2_s2
        Weight of the bounds of velocities, per (m/s)². By default a metre per second counts as much as
        a degree.
    """

    carrier_ghz: float = 28.0
    centred: bool | None = None
    delay_spread_ns: float = 50.0
    near_field: NearField | None = None
    range_weight_per_m2: float = 0.00030461741978670857
    spacing_khz: float = 240.0
    squint: bool = False
    subcarriers: int = 64
    symbol_us: float | None = None
    symbols: int | None = None
    taps: int | None = None
    velocity_weight_per_m2_s2: float = 0.00030461741978670857


@parameters
class NearField:
    """Waves that are spheres around targets and users.

    Attributes
    ----------
    amplitude_exponent
        How amplitudes fall over the array, as (range over distance) to this power: 0, the same
        everywhere, or 1, those of free space.
    linked
        Whether one range sets curvature and delay, as it does; else they are two unknowns, each with a bound
        of its own.
    users
        Places of the users, as many as ``users``: lines of sight in place of the channels of ``channel``.
    """

    amplitude_exponent: float = 0.0
    linked: bool = True
    users: list[NearUser] | None = None


@parameters
class NearUser:
    """Where a user is, as seen from the array.

    Attributes
    ----------
    azimuth_deg
        Azimuth in degrees.
    polar_deg
        Polar angle in degrees.
    range_m
        Distance in metres.
    """

    azimuth_deg: float
    polar_deg: float
    range_m: float


@parameters
class ElementsLinear:
    """On the y axis: it sees the azimuth of targets whose polar angle is known.

    Attributes
    ----------
    elements
        Number of elements.
    centred
        Whether the phase reference is the middle of the array and not its first element.
    kind
        Which variant.
    spacing
        Distance of neighbours in wavelengths.
    """

    elements: int
    centred: bool = False
    kind: Literal['linear'] = 'linear'
    spacing: float = 0.5


@parameters
class ElementsCircular:
    """On a circle in the plane z = 0, around the phase reference.

    Attributes
    ----------
    elements
        Number of elements.
    radius
        Radius in wavelengths.
    kind
        Which variant.
    """

    elements: int
    radius: float
    kind: Literal['circular'] = 'circular'


@parameters
class ElementsPlanar:
    """In the plane x = 0, the vertical index running fastest, at any spacing.

    Attributes
    ----------
    horizontal
        Elements in a row.
    vertical
        Elements in a column.
    centred
        Whether the phase reference is the middle of the array and not its corner.
    kind
        Which variant.
    spacings
        Distances of neighbours in a row and in a column, in wavelengths.
    """

    horizontal: int
    vertical: int
    centred: bool = False
    kind: Literal['planar'] = 'planar'
    spacings: list[float] = field(default_factory=lambda: [0.5, 0.5])


@parameters
class ElementsPositions:
    """Anywhere.

    Attributes
    ----------
    wavelengths
        ``[x, y, z]`` of every element.
    kind
        Which variant.
    """

    wavelengths: list[list[float]]
    kind: Literal['positions'] = 'positions'


@parameters
class ElementsPlaced:
    """Anywhere, in metres: the same places describe one array that sends and receives.

    Attributes
    ----------
    carrier_ghz
        Carrier frequency in GHz.
    positions_m
        ``[x, y, z]`` of every element in metres, in the frame of the array: it looks along x, z is up.
    kind
        Which variant.
    """

    carrier_ghz: float
    positions_m: list[list[float]]
    kind: Literal['placed'] = 'placed'


@parameters
class Require:
    """What is required of beams beside their power. What is left out is not required.

    Attributes
    ----------
    azimuth_deg
        Root-CRB of every unknown azimuth in degrees, at most.
    groups
        Limits on the power of groups of antennas, beside ``power_dbm``.
    limits
        Limits on any other metric.
    over_best
        Limits that are said relative to the best that any beams reach, users ignored.
    polar_deg
        Root-CRB of every unknown polar angle in degrees, at most.
    range_m
        Root-CRB of every unknown range in metres, at most, of a scenario with ``ofdm``.
    rate_bps_hz
        Rate of every user in bit/s/Hz, at least; over a band the mean of its subcarriers.
    reflection
        Root-CRB of every unknown reflection, at most.
    sinr_db
        SINR of every user in dB, at least; over a band on every subcarrier.
    target_azimuth_deg
        Root-CRB of the azimuth of each target in degrees, at most.
    target_polar_deg
        Root-CRB of the polar angle of each target in degrees, at most.
    target_range_m
        Root-CRB of the range of each target in metres, at most, of a scenario with ``ofdm``.
    target_velocity_m_s
        Root-CRB of the velocity of each target in m/s, at most, of a scenario with ``ofdm``.
    user_rate_bps_hz
        Rate of each user in bit/s/Hz, at least; zero for none.
    user_sinr_db
        SINR of each user in dB, at least; over a band on every subcarrier.
    velocity_m_s
        Root-CRB of every unknown velocity in m/s, at most, of a scenario with ``ofdm``.
    """

    azimuth_deg: float | None = None
    groups: list[PowerGroup] | None = None
    limits: list[Limit] | None = None
    over_best: list[Relative] | None = None
    polar_deg: float | None = None
    range_m: float | None = None
    rate_bps_hz: float | None = None
    reflection: float | None = None
    sinr_db: float | None = None
    target_azimuth_deg: list[float] | None = None
    target_polar_deg: list[float] | None = None
    target_range_m: list[float] | None = None
    target_velocity_m_s: list[float] | None = None
    user_rate_bps_hz: list[float] | None = None
    user_sinr_db: list[float] | None = None
    velocity_m_s: float | None = None


@parameters
class PowerGroup:
    """Antennas that share a limit on their power.

    Attributes
    ----------
    antennas
        The antennas, counted from zero; antennas of no group share what is left of ``power_dbm``.
    power_dbm
        What they may send together in dBm.
    """

    antennas: list[int]
    power_dbm: float


@parameters
class Limit:
    """A limit on a metric of sensing.

    Attributes
    ----------
    limit
        What it may be at most, or must be at least, in the metric's unit.
    metric
        The metric.
    """

    limit: float
    metric: MeasureAngles | MeasureTrace | MeasureParameter | MeasureWorstTarget | MeasureWorstAngle | MeasureWorstRange | MeasureWorstVelocity | MeasureLargestEigenvalue | MeasureLogDet | MeasureExtended | MeasureBeampattern | MeasureIllumination | MeasureSensingSnr | MeasureScnr | MeasureDetection | MeasureMutualInformation


@parameters
class Relative:
    """A limit on a metric relative to the smallest that any beams of the same power reach.

    Attributes
    ----------
    factor
        How many times that smallest root the root may be; 1.0 is what only sensing alone reaches.
    metric
        The metric, one whose root people say.
    """

    factor: float
    metric: MeasureAngles | MeasureTrace | MeasureParameter | MeasureWorstTarget | MeasureWorstAngle | MeasureWorstRange | MeasureWorstVelocity | MeasureLargestEigenvalue | MeasureLogDet | MeasureExtended | MeasureBeampattern | MeasureIllumination | MeasureSensingSnr | MeasureScnr | MeasureDetection | MeasureMutualInformation


@parameters
class Stations:
    """Stations that send together in a plane, each a line of elements half a wavelength apart along x. They take
    the place of the transmit array, of channels and of targets: all of them see line of sight,
    ``e^{jπ n cos θ}`` with the direction θ of a place as its own station sees it.

    Attributes
    ----------
    echo_db
        ``(L/σ_s²)|α|²‖b‖²`` of every target in dB: its sensing SNR is that times the power ``Σ_s |a_sᴴw|²`` of the
        stations' signals, which add up in power.
    elements
        Elements of each.
    places_m
        Places of the stations in metres.
    power_dbm
        What each may send, in dBm.
    targets_m
        Places of the targets in metres.
    users_m
        Places of the users in metres.
    """

    echo_db: float
    elements: int
    places_m: list[list[float]]
    power_dbm: float
    targets_m: list[list[float]]
    users_m: list[list[float]]


@parameters
class Template:
    """A beampattern that is wanted: one around some azimuths, zero elsewhere.

    Attributes
    ----------
    azimuth_deg
        Middles of what is lit, azimuths in degrees; ``None`` means those of the targets.
    polar_deg
        The polar angle of all of them in degrees.
    range_deg
        Range of azimuths in degrees.
    step_deg
        Distance of azimuths in degrees.
    width_deg
        Width of each in degrees.
    """

    azimuth_deg: list[float] | None = None
    polar_deg: float = 90.0
    range_deg: list[float] = field(default_factory=lambda: [-90.0, 90.0])
    step_deg: float = 1.0
    width_deg: float = 10.0


@parameters
class Uncertain:
    """Angles of the targets that are not known exactly: all targets are off by the same. Metrics are
    judged on a grid of evenly spaced offsets.

    Attributes
    ----------
    azimuth_deg
        Spread of the azimuth in degrees.
    law
        How offsets are spread.
    nodes
        Offsets of each angle that is spread, an odd number.
    over
        How metrics are judged.
    polar_deg
        Spread of the polar angle in degrees.
    """

    azimuth_deg: float = 2.0
    law: Literal['box', 'gaussian'] = 'box'
    nodes: int = 5
    over: Literal['expected', 'worst', 'bayesian'] = 'expected'
    polar_deg: float = 0.0


@parameters
class Unknown:
    """Which parameters of a target are unknown.

    Attributes
    ----------
    azimuth
        The azimuth.
    polar
        The polar angle.
    range
        The range, of a scenario with ``ofdm``.
    reflection
        Both parts of the reflection.
    velocity
        The velocity, of a scenario with ``ofdm``.
    """

    azimuth: bool = True
    polar: bool = True
    range: bool | None = None
    reflection: bool = True
    velocity: bool | None = None


@parameters
class ArrayShape:
    """Elements of a planar array, half a wavelength apart.

    Attributes
    ----------
    horizontal
        Elements in a row.
    vertical
        Elements in a column.
    """

    horizontal: int
    vertical: int


@parameters
class Targets:
    """Where targets come from.

    Exactly one member is given.

    Attributes
    ----------
    fixed
        Known positions, the same in every trial.
    drawn
        Drawn anew in every trial.
    placed
        By position and radar cross-section, in the world of a geometry; the noise of the radar is then
        that of the geometry's bandwidth.
    """

    fixed: list[TargetSpec] | None = None
    drawn: DrawnTargets | None = None
    placed: list[PlacedTarget] | None = None


@parameters
class TargetSpec:
    """One point target.

    Attributes
    ----------
    azimuth_deg
        Azimuth θ in degrees.
    polar_deg
        Polar angle φ in degrees from the array's vertical axis; a negative one is flipped
        together with the azimuth, which gives the same response.
    reflection
        Complex reflection coefficient α as ``[re, im]``.
    range_m
        Its distance in metres, which only a scenario with ``ofdm`` knows of; ``None`` is 30 m there.
    unknown
        What of it is unknown; ``None`` is what the scenario says for all targets.
    velocity_m_s
        Its velocity towards the array in m/s, likewise; ``None`` is 0 there.
    """

    azimuth_deg: float
    polar_deg: float
    reflection: list[float]
    range_m: float | None = None
    unknown: Unknown | None = None
    velocity_m_s: float | None = None


@parameters
class DrawnTargets:
    """A law for targets: angles uniform in a range, reflection
    ``magnitude · (1 + spread · N(0,1)) · e^{j2πU}``.

    Attributes
    ----------
    azimuth_deg
        Range of the azimuth in degrees.
    count
        Number of targets M.
    polar_deg
        Range of the polar angle in degrees.
    range_m
        Range of the distance in metres, which only a scenario with ``ofdm`` knows of; ``None`` is 30 m there.
    reflection_magnitude
        Mean magnitude of the reflection coefficient.
    reflection_spread
        Relative standard deviation of the magnitude.
    velocity_m_s
        Range of the velocity towards the array in m/s, likewise; ``None`` is 0 there.
    """

    azimuth_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    count: int = 2
    polar_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    range_m: list[float] | None = None
    reflection_magnitude: float = 0.1
    reflection_spread: float = 0.2
    velocity_m_s: list[float] | None = None


@parameters
class PlacedTarget:
    """A target in the world of ``channel.kind = "geometry"``: the base station stands above the origin.

    Its reflection is |α| = √(N_t N_r) · √(λ²σ/((4π)³r⁴)), times the gain of an element there and back
    where the geometry has a pattern, with the phase of the way there and back.

    Attributes
    ----------
    position_m
        Where it is: ``[x, y, z]`` in metres, z the height over the ground.
    cross_section_m2
        Its radar cross-section in m².
    unknown
        What of it is unknown; ``None`` is what the scenario says for all targets.
    velocity_m_s
        Its velocity towards the array in m/s, which only a scenario with ``ofdm`` knows of; ``None`` is 0 there.
    """

    position_m: list[float]
    cross_section_m2: float = 1.0
    unknown: Unknown | None = None
    velocity_m_s: float | None = None


@parameters
class Scenario(ScenarioBase):
    """A base station with planar transmit and receive arrays, single-antenna users, and point targets.

    The default is a scene in which both halves of the trade-off mean something: 16 transmit and 20
    receive antennas, 4 users, 2 targets well apart, 10 dBm over a noise of 0 dBm at the users and
    of −20 dBm, the gain of coherent processing, at the radar. Its root-CRBs are about a degree, a
    tenth of half a beam. ``Scenario::paper`` is the setting of the published results.

    Attributes
    ----------
    channel
        Where the users' channels come from; ``None`` means independent Rayleigh fading.
    channel_error_db
        Power of the error of the channels' estimates over that of the channels, in dB; ``None`` is none. SINRs
        then are those of the usual lower bound on rates.
    clutter
        Clutter that the metrics ``scnr`` and ``detection`` count beside the noise.
    crb_weight
        Weight of the trace of the Cramér–Rao bound (rad² and squared reflection added up).
    echo_draws
        Simulated echoes on which estimators are tried, in every trial; 0 for none.
    goal
        What is designed for; left out it is the weighted sum.
    knowledge
        What the station knows of channels, from pilots; ``None`` is everything. Without ``ofdm`` of one
        frequency, as of a band of one subcarrier.
    ofdm
        An OFDM frame: beams on every subcarrier, echoes that tell ranges and velocities. ``None`` is one
        frequency.
    power_constraint
        What limits the transmit power.
    power_dbm
        Total transmit power in dBm.
    rate_weight_per_nat
        Weight of the sum rate, per nat/s/Hz.
    receive_array
        Receive array of the radar.
    receive_elements
        The receive array where it is not planar, in place of ``receive_array``.
    receive_follows_transmit
        Whether the receive array has as many elements in a column as the transmit array, whatever
        it says itself; so it was behind the published results (``docs/errata.md#beamforming-e3``).
    require
        What is required beside the power, where the goal is another one than the weighted sum.
    sensing_noise_dbm
        Noise power at every receive antenna of the radar in dBm.
    sensing_streams
        Number of beams that carry no data. ``None`` means three per target, which always suffices; on every
        subcarrier of several one per target, as the band has many together.
    snapshots
        Number of snapshots L the radar observes.
    stations
        Stations that send together, in place of arrays, channels and targets.
    streams_cancelled
        Whether users know the sensing streams and take them out: they then do not interfere.
    targets
        The targets: a fixed list, or a law they are drawn from.
    template
        The beampattern that the metric ``beampattern`` asks for.
    transmit_array
        Transmit array.
    transmit_elements
        The transmit array where it is not planar, in place of ``transmit_array``.
    uncertain
        Angles of the targets that are not known exactly.
    unknown
        What is unknown of targets that do not say it themselves.
    user_noise_dbm
        Noise power at every user in dBm.
    users
        Number of single-antenna users K.
    """

    system = 'beamforming'

    channel: ChannelRayleigh | ChannelCorrelated | ChannelRician | ChannelClustered | ChannelCdl | ChannelGeometry | ChannelFile | None = None
    channel_error_db: float | None = None
    clutter: list[ClutterSource] | None = None
    crb_weight: float = 1000.0
    echo_draws: int | None = None
    goal: GoalWeighted | GoalSumRate | GoalMaxMinRate | GoalProportionalFair | GoalMinCrb | GoalMaxSensing | GoalMinPower | None = None
    knowledge: Knowledge | None = None
    ofdm: Ofdm | None = None
    power_constraint: Literal['total', 'per-antenna'] = 'total'
    power_dbm: float = 10.0
    rate_weight_per_nat: float = 1.0
    receive_array: ArrayShape = field(default_factory=lambda: ArrayShape(horizontal=5, vertical=4))
    receive_elements: ElementsLinear | ElementsCircular | ElementsPlanar | ElementsPositions | ElementsPlaced | None = None
    receive_follows_transmit: bool = False
    require: Require | None = None
    sensing_noise_dbm: float = -20.0
    sensing_streams: int | None = None
    snapshots: int = 30
    stations: Stations | None = None
    streams_cancelled: bool | None = None
    targets: Targets = field(default_factory=lambda: Targets(fixed=[TargetSpec(azimuth_deg=-30.0, polar_deg=75.0, reflection=[0.1, 0.0]), TargetSpec(azimuth_deg=40.0, polar_deg=100.0, reflection=[0.06, 0.08])]))
    template: Template | None = None
    transmit_array: ArrayShape = field(default_factory=lambda: ArrayShape(horizontal=4, vertical=4))
    transmit_elements: ElementsLinear | ElementsCircular | ElementsPlanar | ElementsPositions | ElementsPlaced | None = None
    uncertain: Uncertain | None = None
    unknown: Unknown | None = None
    user_noise_dbm: float = 0.0
    users: int = 4


@parameters
class BalancedSettings:
    """Settings of the scheme ``balanced``: Riemannian L-BFGS from several starts: a stationary point of the weighted sum, with ``certify`` an upper bound.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Attach an upper bound to the proof: the smallest one of the [separate
        optima](super::bound::separate_optima), [Sato's](super::cooperation::sato) (for the
        price of a few more starts) and [branch and bound](super::global), which closes the gap.
        Of its boxes 3000 may be examined unless ``nodes`` says otherwise: on the paper's scene
        some twenty suffice for four users, a hundred for six, a thousand for eight. The gap is
        relative to max(|objective|, its unit).
    max_evaluations : int
        Evaluations each start of the weighted sum may spend. Goals with requirements end where
        their steps do.
    starts : int | None
        Number of starts, taken in this order: regularised zero forcing, matched filters, then
        randomly perturbed regularised zero forcing; each with and without sensing beams.
        ``None`` takes as many as antennas and users like these need. One is a single climb.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    certify: bool | dict[str, Any] = False
    max_evaluations: int = 3000
    starts: int | None = None
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class BestKnownSettings:
    """Settings of the scheme ``best-known``: ours from its own starts and from where every other scheme ends: none is better.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Attach an upper bound to the proof: the smallest one of the [separate
        optima](super::bound::separate_optima), [Sato's](super::cooperation::sato) (for the
        price of a few more starts) and [branch and bound](super::global), which closes the gap.
        Of its boxes 3000 may be examined unless ``nodes`` says otherwise: on the paper's scene
        some twenty suffice for four users, a hundred for six, a thousand for eight. The gap is
        relative to max(|objective|, its unit).
    max_evaluations : int
        Evaluations each start of the weighted sum may spend. Goals with requirements end where
        their steps do.
    starts : int | None
        Number of starts, taken in this order: regularised zero forcing, matched filters, then
        randomly perturbed regularised zero forcing; each with and without sensing beams.
        ``None`` takes as many as antennas and users like these need. One is a single climb.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    certify: bool | dict[str, Any] = False
    max_evaluations: int = 3000
    starts: int | None = None
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class ExtendedTargetSettings:
    """Settings of the scheme ``extended-target``: sum rate less ρ tr R⁻¹, a target that is no point, to its global optimum by branch and bound.

    Parameters
    ----------
    gap : float
        It ends when the gap relative to max(|objective|, 1) is at most this.
    nodes : int
        Boxes that branch and bound may examine.
    starts : int
        Random starts.
    weight_nat_w : float
        ρ in nat·W: the weight of tr R⁻¹ beside the sum rate in nat/s/Hz, with R in watts.
    """

    gap: float = 0.001
    nodes: int = 300
    starts: int = 4
    weight_nat_w: float = 1e-06


@parameters
class SameBeamsSettings:
    """Settings of the scheme ``same-beams``: of a scenario with ``ofdm``: the best beams that are the same on every subcarrier, at equal power.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Attach an upper bound to the proof: the smallest one of the [separate
        optima](super::bound::separate_optima), [Sato's](super::cooperation::sato) (for the
        price of a few more starts) and [branch and bound](super::global), which closes the gap.
        Of its boxes 3000 may be examined unless ``nodes`` says otherwise: on the paper's scene
        some twenty suffice for four users, a hundred for six, a thousand for eight. The gap is
        relative to max(|objective|, its unit).
    max_evaluations : int
        Evaluations each start of the weighted sum may spend. Goals with requirements end where
        their steps do.
    starts : int | None
        Number of starts, taken in this order: regularised zero forcing, matched filters, then
        randomly perturbed regularised zero forcing; each with and without sensing beams.
        ``None`` takes as many as antennas and users like these need. One is a single climb.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    certify: bool | dict[str, Any] = False
    max_evaluations: int = 3000
    starts: int | None = None
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class EachAloneSettings:
    """Settings of the scheme ``each-alone``: of a scenario with ``ofdm``: every subcarrier designed by itself with its share of the power.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Attach an upper bound to the proof: the smallest one of the [separate
        optima](super::bound::separate_optima), [Sato's](super::cooperation::sato) (for the
        price of a few more starts) and [branch and bound](super::global), which closes the gap.
        Of its boxes 3000 may be examined unless ``nodes`` says otherwise: on the paper's scene
        some twenty suffice for four users, a hundred for six, a thousand for eight. The gap is
        relative to max(|objective|, its unit).
    max_evaluations : int
        Evaluations each start of the weighted sum may spend. Goals with requirements end where
        their steps do.
    starts : int | None
        Number of starts, taken in this order: regularised zero forcing, matched filters, then
        randomly perturbed regularised zero forcing; each with and without sensing beams.
        ``None`` takes as many as antennas and users like these need. One is a single climb.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    certify: bool | dict[str, Any] = False
    max_evaluations: int = 3000
    starts: int | None = None
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class PerfectKnowledgeSettings:
    """Settings of the scheme ``perfect-knowledge``: of a scenario with ``knowledge``: designed for the channels themselves, judged beside the estimates.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Attach an upper bound to the proof: the smallest one of the [separate
        optima](super::bound::separate_optima), [Sato's](super::cooperation::sato) (for the
        price of a few more starts) and [branch and bound](super::global), which closes the gap.
        Of its boxes 3000 may be examined unless ``nodes`` says otherwise: on the paper's scene
        some twenty suffice for four users, a hundred for six, a thousand for eight. The gap is
        relative to max(|objective|, its unit).
    max_evaluations : int
        Evaluations each start of the weighted sum may spend. Goals with requirements end where
        their steps do.
    starts : int | None
        Number of starts, taken in this order: regularised zero forcing, matched filters, then
        randomly perturbed regularised zero forcing; each with and without sensing beams.
        ``None`` takes as many as antennas and users like these need. One is a single climb.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace_rows : int
        Rows of the trace to keep; zero keeps none.
    """

    certify: bool | dict[str, Any] = False
    max_evaluations: int = 3000
    starts: int | None = None
    tolerance: float = 1e-06
    trace_rows: int = 0


@parameters
class SensingOnlySettings:
    """Settings of the scheme ``sensing-only``: the smallest Cramér–Rao bound, users ignored: proven globally optimal by the Frank–Wolfe gap.

    Parameters
    ----------
    streams : int | None
        Number of beams; ``None`` means three per target, which always suffices.
    tolerance : float
        Residual at which the climb stops.
    """

    streams: int | None = None
    tolerance: float = 1e-08


@parameters
class WmmseSettings:
    """Settings of the scheme ``wmmse``: weighted MMSE, targets ignored: a stationary point of the sum rate.

    Parameters
    ----------
    max_iterations : int
        Iterations at most.
    tolerance : float
        Stop when the residual of the sum rate is at most this.
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    max_iterations: int = 5000
    tolerance: float = 1e-06
    trace: bool = False


@parameters
class SharingSettings:
    """Settings of the scheme ``sharing``: a precoder that ignores targets and sensing beams that ignore users, in the shares that keep what is required.

    Parameters
    ----------
    data : Literal['zf', 'rzf', 'mrt', 'best-rate']
        Where the data beams come from.
    off_users : bool
        Whether the sensing beams are projected off the users' channels, so that nobody hears
        them, where what is required can be kept so.
    """

    data: Literal['zf', 'rzf', 'mrt', 'best-rate'] = 'zf'
    off_users: bool = True


@parameters
class NominalSettings:
    """Settings of the scheme ``nominal``: of a scenario with ``uncertain``: designed for the angles as they are named, judged over all that they may be.

    Parameters
    ----------
    over : Literal['expected', 'worst', 'bayesian'] | None
        How metrics are judged while the beams are designed; ``None``: at the angles as they are
        named.
    """

    over: Literal['expected', 'worst', 'bayesian'] | None = None


@parameters
class Algorithm1Settings:
    """Settings of the scheme ``algorithm-1``: successive convex approximation of T. Fang et al.: as far as its tolerance goes.

    Parameters
    ----------
    max_iterations : int
        Iterations at most.
    reduced : bool
        Work in the reduced space (same iterates when the start lies in it).
    shift_factor : float
        Factor on the shift λ = max |eig C₀|. The paper's is 1, which has no proof of
        monotonicity and zig-zags; 1.5 or 2 is faster near the end
        (``docs/errata.md#beamforming-e13``).
    start : Literal['rzf', 'mrt', 'published', 'random']
        Where it begins.
    tolerance : float
        Stop when the objective changes by at most this between iterations. The paper's 10⁻⁴
        stops well short of the limit (``docs/errata.md#beamforming-e11``).
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    max_iterations: int = 10000
    reduced: bool = True
    shift_factor: float = 1.0
    start: Literal['rzf', 'mrt', 'published', 'random'] = 'rzf'
    tolerance: float = 0.0001
    trace: bool = False


@parameters
class ProjectedGradientSettings:
    """Settings of the scheme ``projected-gradient``: gradient ascent on the sphere with a line search: a stationary point.

    Parameters
    ----------
    max_evaluations : int
        Evaluations at most.
    reduced : bool
        Work in the reduced space.
    start : Literal['rzf', 'mrt', 'published', 'random']
        Where it begins.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    max_evaluations: int = 20000
    reduced: bool = True
    start: Literal['rzf', 'mrt', 'published', 'random'] = 'rzf'
    tolerance: float = 1e-06
    trace: bool = False


@parameters
class BarzilaiBorweinSettings:
    """Settings of the scheme ``barzilai-borwein``: gradient ascent with the step of Barzilai and Borwein, not monotone: a stationary point.

    Parameters
    ----------
    max_evaluations : int
        Evaluations at most.
    reduced : bool
        Work in the reduced space.
    start : Literal['rzf', 'mrt', 'published', 'random']
        Where it begins.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    max_evaluations: int = 20000
    reduced: bool = True
    start: Literal['rzf', 'mrt', 'published', 'random'] = 'rzf'
    tolerance: float = 1e-06
    trace: bool = False


@parameters
class ConjugateGradientSettings:
    """Settings of the scheme ``conjugate-gradient``: Riemannian conjugate gradients: a stationary point.

    Parameters
    ----------
    max_evaluations : int
        Evaluations at most.
    reduced : bool
        Work in the reduced space.
    start : Literal['rzf', 'mrt', 'published', 'random']
        Where it begins.
    tolerance : float
        Converged when ‖grad‖ / max(1, |objective|) of the normalised problem is at most this.
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    max_evaluations: int = 20000
    reduced: bool = True
    start: Literal['rzf', 'mrt', 'published', 'random'] = 'rzf'
    tolerance: float = 1e-06
    trace: bool = False


@parameters
class FpSgdaSettings:
    """Settings of the scheme ``fp-sgda``: smoothed gradient ascent with a fixed step, after M. Zhu et al.: no guarantee.

    Parameters
    ----------
    averaging : float
        Share by which the average follows the beams, 0 to 1.
    max_iterations : int
        Iterations at most.
    proximal : float
        Weight of the proximal term that holds the beams near their average.
    reduced : bool
        Work in the reduced space.
    start : Literal['rzf', 'mrt', 'published', 'random']
        Where it begins.
    step : float
        Step along the gradient of the normalised problem.
    tolerance : float
        Stop when the residual is at most this.
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    averaging: float = 0.5
    max_iterations: int = 1500
    proximal: float = 1.0
    reduced: bool = True
    start: Literal['rzf', 'mrt', 'published', 'random'] = 'rzf'
    step: float = 0.01
    tolerance: float = 1e-06
    trace: bool = False


@parameters
class WmmseSdrSettings:
    """Settings of the scheme ``wmmse-sdr``: one convex program after the other, in the corrected, monotone form; each solved as a factor and certified by its dual.

    Parameters
    ----------
    inner_evaluations : int
        Evaluations that one convex program may take.
    inner_tolerance : float
        Residual to which every convex program is solved.
    max_programs : int
        Convex programs at most.
    start : Literal['rzf', 'mrt', 'published', 'random']
        Where it begins.
    tolerance : float
        Stop when the residual of the original problem is at most this.
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    inner_evaluations: int = 2000
    inner_tolerance: float = 1e-08
    max_programs: int = 500
    start: Literal['rzf', 'mrt', 'published', 'random'] = 'rzf'
    tolerance: float = 1e-06
    trace: bool = False


@parameters
class WmmseSdrConicSettings:
    """Settings of the scheme ``wmmse-sdr-conic``: the same programs by a semidefinite interior-point solver, for timing; only in builds with the feature ``sdp``.

    Parameters
    ----------
    inner_evaluations : int
        Evaluations that one convex program may take.
    inner_tolerance : float
        Residual to which every convex program is solved.
    max_programs : int
        Convex programs at most.
    start : Literal['rzf', 'mrt', 'published', 'random']
        Where it begins.
    tolerance : float
        Stop when the residual of the original problem is at most this.
    trace : bool
        Whether its trace is kept, which makes records long.
    """

    inner_evaluations: int = 2000
    inner_tolerance: float = 1e-08
    max_programs: int = 500
    start: Literal['rzf', 'mrt', 'published', 'random'] = 'rzf'
    tolerance: float = 1e-06
    trace: bool = False


if TYPE_CHECKING:
    def band_crb(
        instance: Any,
        band_beams: ArrayLike,
    ) -> FloatArray:
        """Cramér–Rao bounds of the targets of a band.

        Parameters
        ----------
        instance : Any
            An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.
        band_beams : ArrayLike
            Complex beams in √W, shape [subcarrier, stream, antenna], users first.

        Returns
        -------
        FloatArray
            Shape [parameter], squared units of :func:`band_parameters`: no unbiased estimator has a smaller
            variance.

        Raises
        ------
        NumericalError
            Where the Fisher matrix is singular.

        Examples
        --------
        >>> import noctule
        >>> band = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}})
        >>> bounds = band_crb(band, np.tile(np.eye(16), (4, 1, 1)))
        >>> bool((bounds > 0).all())
        True
        """
        ...

    def band_fisher_matrix(
        instance: Any,
        band_beams: ArrayLike,
    ) -> FloatArray:
        """Fisher matrix of the targets of a band, of all symbols and subcarriers.

        Parameters
        ----------
        instance : Any
            An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.
        band_beams : ArrayLike
            Complex beams in √W, shape [subcarrier, stream, antenna], users first.

        Returns
        -------
        FloatArray
            Shape [parameter, parameter], in radians, metres, m/s and reflections, in the order of
            :func:`band_parameters`.

        Examples
        --------
        >>> import noctule
        >>> band = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}})
        >>> F = band_fisher_matrix(band, np.tile(np.eye(16), (4, 1, 1)))
        >>> F.shape, bool(np.allclose(F, F.T))
        ((12, 12), True)
        """
        ...

    def band_parameters(
        instance: Any,
    ) -> list[str]:
        """Names of the parameters of a band's Fisher matrix, in order.

        Parameters
        ----------
        instance : Any
            An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.

        Returns
        -------
        list[str]
            Kind with its unit and target, as ``delay_range_m[0]``: the range that the delay tells. ``range_m`` is that of
            the curvature of waves, or of both where they are linked.

        Examples
        --------
        >>> import noctule
        >>> band = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}})
        >>> band_parameters(band)[:2], len(band_parameters(band))
        (['azimuth_rad[0]', 'azimuth_rad[1]'], 12)
        """
        ...

    def band_rates(
        instance: Any,
        band_beams: ArrayLike,
        known: bool = False,
    ) -> FloatArray:
        """Rates of all users on every subcarrier.

        Parameters
        ----------
        instance : Any
            An instance of ``beamforming`` with ``ofdm``, or a dictionary of its arrays.
        band_beams : ArrayLike
            Complex beams in √W, shape [subcarrier, stream, antenna], users first.
        known : bool
            Rates on the channels as they are; else, where the instance has estimates, those that hold for certain.

        Returns
        -------
        FloatArray
            Shape [subcarrier, user], in nat/s/Hz.

        Examples
        --------
        >>> import noctule
        >>> design = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}}).design()
        >>> rates = band_rates(design.instance, design["band_beams"])
        >>> bool(np.isclose(rates.mean(axis=0).sum(), design.metrics.sum_rate_nats))
        True
        """
        ...

    def barankin_bound_deg(
        instance: Any,
        beams: ArrayLike,
    ) -> FloatArray:
        """Lower bounds on errors of unbiased estimators with other lobes as test points (McAulay and Hofstetter).

        Parameters
        ----------
        instance : Any
            An instance of ``beamforming`` of one frequency, or a dictionary of its arrays.
        beams : ArrayLike
            Complex beams in √W, shape [stream, antenna], users first.

        Returns
        -------
        FloatArray
            Shape [target, 2]: of azimuth and polar angle in degrees, never below the root-CRB.

        Raises
        ------
        NumericalError
            Where the Fisher matrix is singular, and without targets.

        Examples
        --------
        >>> import noctule
        >>> design = noctule.Instance(scenario={}).design()
        >>> bool((barankin_bound_deg(design.instance, design["beams"]) > 0).all())
        True
        """
        ...

    def crb(
        beams: ArrayLike,
        transmit_shape: ArrayLike,
        receive_shape: ArrayLike,
        azimuth_rad: ArrayLike,
        polar_rad: ArrayLike,
        reflection: ArrayLike,
        information: float,
        unit_modulus: bool = False,
    ) -> FloatArray:
        """Cramér–Rao bounds of every target: lower bounds of variances, all parameters unknown.

        Parameters
        ----------
        beams : ArrayLike
            Beams in √W, shape [stream, antenna]. Read without copying.
        transmit_shape : ArrayLike
            ``[horizontal, vertical]`` elements of the transmit array.
        receive_shape : ArrayLike
            ``[horizontal, vertical]`` elements of the receive array.
        azimuth_rad : ArrayLike
            Azimuths θ in radians, shape [target].
        polar_rad : ArrayLike
            Polar angles φ in radians, shape [target].
        reflection : ArrayLike
            Complex reflection coefficients α, shape [target].
        information : float
            2L/σ² per watt.
        unit_modulus : bool
            Steering entries of magnitude one instead of steering vectors of norm one.

        Returns
        -------
        FloatArray
            Shape [target, 4]: azimuth in rad², polar angle in rad², real and imaginary part of the
            reflection.

        Raises
        ------
        NumericalError
            Where the Fisher matrix is singular: no beams tell the directions apart (smallest over
            largest eigenvalue below 10⁻¹² under isotropic transmission and reflections of magnitude
            one, the rule that instances are refused by), or these beams do not (a bound above 10¹²
            after scaling to a unit diagonal).

        Examples
        --------
        >>> bounds = crb(np.eye(4), [2, 2], [2, 2], [0.3], [1.2], [0.1], information=60.0)
        >>> bounds.shape, bool((bounds > 0).all())
        ((1, 4), True)
        """
        ...

    def crb_trace(
        beams: ArrayLike,
        transmit_shape: ArrayLike,
        receive_shape: ArrayLike,
        azimuth_rad: ArrayLike,
        polar_rad: ArrayLike,
        reflection: ArrayLike,
        information: float,
        weights: ArrayLike | None = None,
        unit_modulus: bool = False,
    ) -> tuple[float, ComplexArray]:
        """Weighted trace of the Cramér–Rao bound, and its gradient by the beams.

        ``Σ_i weights[i] · [F⁻¹]_ii``; with weights of one the mixed trace of the literature (Fang et
        al., Eq. (10)), which adds squared radians to squared reflections. The gradient g is the
        Euclidean one: ``df = Re Σ conj(g) dW``.

        Parameters
        ----------
        beams : ArrayLike
            Beams in √W, shape [stream, antenna]. Read without copying.
        transmit_shape : ArrayLike
            ``[horizontal, vertical]`` elements of the transmit array.
        receive_shape : ArrayLike
            ``[horizontal, vertical]`` elements of the receive array.
        azimuth_rad : ArrayLike
            Azimuths θ in radians, shape [target].
        polar_rad : ArrayLike
            Polar angles φ in radians, shape [target].
        reflection : ArrayLike
            Complex reflection coefficients α, shape [target].
        information : float
            2L/σ² per watt.
        weights : ArrayLike | None
            Weight of each parameter ``[θ…, φ…, Re α…, Im α…]``, shape [4·target]; ones where absent.
        unit_modulus : bool
            Steering entries of magnitude one instead of steering vectors of norm one.

        Returns
        -------
        tuple[float, ComplexArray]
            The trace (infinite where the Fisher matrix is singular as in :func:`crb`, with a
            gradient of zeros), and
            its gradient of shape [stream, antenna].

        Examples
        --------
        >>> value, gradient = crb_trace(np.eye(4), [2, 2], [2, 2], [0.3], [1.2], [0.1], 60.0)
        >>> bool(np.isclose(np.vdot(gradient, np.eye(4)).real, -2 * value))  # homogeneous of order −2
        True
        """
        ...

    def fisher_matrix(
        beams: ArrayLike,
        transmit_shape: ArrayLike,
        receive_shape: ArrayLike,
        azimuth_rad: ArrayLike,
        polar_rad: ArrayLike,
        reflection: ArrayLike,
        information: float,
        unit_modulus: bool = False,
    ) -> FloatArray:
        """Fisher matrix of the angles and reflections of several targets.

        ``F_ij = information · Re tr(D_iᴴ D_j WWᴴ)`` with ``D_i = ∂(B U Aᴴ)/∂ω_i`` and
        ``ω = [θ…, φ…, Re α…, Im α…]`` (Fang et al., Eq. (8); W is the
        expected covariance's root, docs/errata.md#beamforming-e32).

        Parameters
        ----------
        beams : ArrayLike
            Beams in √W, shape [stream, antenna]. Read without copying.
        transmit_shape : ArrayLike
            ``[horizontal, vertical]`` elements of the transmit array.
        receive_shape : ArrayLike
            ``[horizontal, vertical]`` elements of the receive array.
        azimuth_rad : ArrayLike
            Azimuths θ in radians, shape [target].
        polar_rad : ArrayLike
            Polar angles φ in radians, shape [target].
        reflection : ArrayLike
            Complex reflection coefficients α, shape [target].
        information : float
            2L/σ² per watt: twice the snapshots over the noise power of a receive antenna.
        unit_modulus : bool
            Steering entries of magnitude one instead of steering vectors of norm one.

        Returns
        -------
        FloatArray
            Shape [4·target, 4·target].

        Raises
        ------
        InvalidInput
            For shapes that do not fit, entries that are not finite.

        Examples
        --------
        >>> F = fisher_matrix(np.eye(4), [2, 2], [2, 2], [0.3], [1.2], [0.1], information=60.0)
        >>> F.shape, bool(np.allclose(F, F.T))
        ((4, 4), True)
        """
        ...

    def predicted_error_deg(
        instance: Any,
        beams: ArrayLike,
    ) -> FloatArray:
        """Errors of maximum likelihood that are predicted for every target, by the method of interval errors.

        Parameters
        ----------
        instance : Any
            An instance of ``beamforming`` of one frequency, or a dictionary of its arrays.
        beams : ArrayLike
            Complex beams in √W, shape [stream, antenna], users first.

        Returns
        -------
        FloatArray
            Shape [target, 2]: root-mean-square errors of azimuth and polar angle in degrees.

        Raises
        ------
        NumericalError
            Where the Fisher matrix is singular, and without targets.

        Examples
        --------
        >>> import noctule
        >>> design = noctule.Instance(scenario={}).design()
        >>> predicted_error_deg(design.instance, design["beams"]).shape
        (2, 2)
        """
        ...

    def threshold_margin_db(
        instance: Any,
        beams: ArrayLike,
    ) -> FloatArray:
        """How many decibels of power there are above the threshold of maximum likelihood, at which squared errors
        are predicted to be twice the Cramér–Rao bound.

        Parameters
        ----------
        instance : Any
            An instance of ``beamforming`` of one frequency, or a dictionary of its arrays.
        beams : ArrayLike
            Complex beams in √W, shape [stream, antenna], users first.

        Returns
        -------
        FloatArray
            Shape [target], in dB; negative below the threshold.

        Raises
        ------
        NumericalError
            Where the Fisher matrix is singular, and without targets.

        Examples
        --------
        >>> import noctule
        >>> design = noctule.Instance(scenario={}).design()
        >>> bool((threshold_margin_db(design.instance, design["beams"]) > 0).all())
        True
        """
        ...

else:
    band_crb = checked(_noctule.beamforming.band_crb)
    band_fisher_matrix = checked(_noctule.beamforming.band_fisher_matrix)
    band_parameters = checked(_noctule.beamforming.band_parameters)
    band_rates = checked(_noctule.beamforming.band_rates)
    barankin_bound_deg = checked(_noctule.beamforming.barankin_bound_deg)
    crb = checked(_noctule.beamforming.crb)
    crb_trace = checked(_noctule.beamforming.crb_trace)
    fisher_matrix = checked(_noctule.beamforming.fisher_matrix)
    predicted_error_deg = checked(_noctule.beamforming.predicted_error_deg)
    threshold_margin_db = checked(_noctule.beamforming.threshold_margin_db)


__all__ = [
    "ChannelRayleigh",
    "ChannelCorrelated",
    "ChannelRician",
    "ChannelClustered",
    "ChannelCdl",
    "ChannelGeometry",
    "ChannelFile",
    "DirectionCheck",
    "ClutterSource",
    "GoalWeighted",
    "GoalSumRate",
    "GoalMaxMinRate",
    "GoalProportionalFair",
    "GoalMinCrb",
    "MeasureAngles",
    "MeasureTrace",
    "MeasureParameter",
    "MeasureWorstTarget",
    "MeasureWorstAngle",
    "MeasureWorstRange",
    "MeasureWorstVelocity",
    "MeasureLargestEigenvalue",
    "MeasureLogDet",
    "MeasureExtended",
    "MeasureBeampattern",
    "MeasureIllumination",
    "MeasureSensingSnr",
    "MeasureScnr",
    "MeasureDetection",
    "MeasureMutualInformation",
    "GoalMaxSensing",
    "GoalMinPower",
    "Knowledge",
    "Ofdm",
    "NearField",
    "NearUser",
    "ElementsLinear",
    "ElementsCircular",
    "ElementsPlanar",
    "ElementsPositions",
    "ElementsPlaced",
    "Require",
    "PowerGroup",
    "Limit",
    "Relative",
    "Stations",
    "Template",
    "Uncertain",
    "Unknown",
    "ArrayShape",
    "Targets",
    "TargetSpec",
    "DrawnTargets",
    "PlacedTarget",
    "Scenario",
    "BalancedSettings",
    "BestKnownSettings",
    "ExtendedTargetSettings",
    "SameBeamsSettings",
    "EachAloneSettings",
    "PerfectKnowledgeSettings",
    "SensingOnlySettings",
    "WmmseSettings",
    "SharingSettings",
    "NominalSettings",
    "Algorithm1Settings",
    "ProjectedGradientSettings",
    "BarzilaiBorweinSettings",
    "ConjugateGradientSettings",
    "FpSgdaSettings",
    "WmmseSdrSettings",
    "WmmseSdrConicSettings",
    "band_crb",
    "band_fisher_matrix",
    "band_parameters",
    "band_rates",
    "barankin_bound_deg",
    "crb",
    "crb_trace",
    "fisher_matrix",
    "predicted_error_deg",
    "threshold_margin_db",
]


def __dir__() -> list[str]:
    return sorted(__all__)
