"""The system ``frame``: frame design under channel aging: sensing time, number and placement of updates.

Schemes
-------
``optimal``
    sensing time, number and placement of updates: globally optimal up to the gap it reports
``even-split``
    the paper's method: as optimal, but blocks divided evenly; optimal among those
``single-update``
    one update at the start, best sensing time; optimal among those
``every-block``
    an update in every block, best sensing time; optimal among those
``random-blocks``
    sensing time and number of updates of the optimum, blocks divided at random: an expectation, no claim of optimality
``grid``
    brute force over sensing times on a grid, exact placement: nothing proven between its points
``simulated``
    the optimum, with one block of it simulated: channels, pilots, estimates, beams

Arrays of an instance
---------------------
``angle_rad`` : real [user]
    angles from broadside in radians
``spread_rad`` : real [user]
    single-sided angular spreads in radians
``gain`` : real [user]
    average channel gains, linear
``power_w`` : real [user]
    downlink powers in watts
``noise_w`` : real [user]
    noise powers in watts
``pilot_snr`` : real [user]
    pilot signal-to-noise ratios for a channel of gain one
``echo_snr`` : real [user]
    signal-to-noise ratios of one echo sample
``crb_limit_rad2`` : real [user]
    largest allowed Cramér–Rao bounds of the angles in rad²
``aging`` : real [user, block]
    correlation with the last estimate, by blocks since then
``transmit_antennas`` : real number
    number of transmit antennas
``receive_antennas`` : real number
    number of receive antennas
``symbol_time_s`` : real number
    duration of a symbol in seconds
``block_symbols`` : real number
    symbols of a block
``pilot_symbols`` : real number
    symbols of a pilot
``crb_scale`` : real number
    factor on the Cramér–Rao bound; 1 for an efficient receiver
``spectrum`` : real number
    power-angle spectrum: 0 uniform, 1 Gaussian, 2 Laplacian, 3 cosine
``reference`` : real number
    element of phase zero: 0 first, 1 centre
``error_shape`` : real number
    sensing error: 0 los, 1 los-unit, 2 one-ring
``sinr`` : real number
    SINR: 0 use-and-forget, 1 lower bound, 2 physical
``project_prior`` : real number
    1 when the sensed prior is made positive semidefinite
``whole_pilots`` : real number
    1 when a pilot must fit whole into its block

Arrays of a design
------------------
``sensing_time_s`` : real number
    sensing time in seconds
``blocks_per_update`` : real [update]
    number of blocks of every channel update
``random_updates`` : real number
    number of updates of a random division, instead of ``blocks_per_update``

Metrics in records
------------------
``sum_rate_bps_hz`` (bit/s/Hz)
    bits per hertz of a frame over its duration, all users: the objective
``sum_rate_nats`` (nat/s/Hz)
    the same with the natural logarithm
``frame_bits_per_hz`` (bit/Hz)
    Eq. (24): block rates times their time, less sensing and pilots
``sensing_time_us`` (µs)
    duration of sensing
``sensing_blocks`` (blocks)
    duration of sensing over that of a block
``updates``
    number of pilots in a frame
``longest_update`` (blocks)
    most blocks that share one estimate
``overhead``
    share of the frame that goes to sensing and pilots
``worst_crb_ratio``
    largest Cramér–Rao bound of an angle over its limit
``worst_angle_rcrb_deg`` (°)
    largest root-Cramér–Rao bound of a user's angle
``least_captured``
    smallest tr C / gain of a user: what its estimate captures, as believed
``needed_sensing_blocks`` (blocks)
    shortest sensing time that meets every requirement, also where the frame has no room
``closed_form_bps_hz`` (bit/s/Hz)
    use-and-forget rate of the simulated block; only under ``simulated``
``simulated_bps_hz`` (bit/s/Hz)
    the same with the means and variances a simulation saw; only under ``simulated``
``informed_bps_hz`` (bit/s/Hz)
    ergodic rate of users that know their effective gains; only under ``simulated``
``worst_standard_errors`` (standard errors)
    largest distance over users; only under ``simulated``

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
class Require:
    """What is required of a frame, in the words of every system: in the place of ``crb_limit``, which says
    the same of a square. A user's own ``crb_limit_deg2`` comes before both.

    Attributes
    ----------
    azimuth_deg
        Root-CRB of every user's angle in degrees, at most.
    """

    azimuth_deg: float | None = None


@parameters
class AgingGeometric:
    """ρ_n = correlation^(n−1): a first-order recursion.

    Attributes
    ----------
    correlation
        Correlation from one block to the next.
    kind
        Which variant.
    """

    correlation: float
    kind: Literal['geometric'] = 'geometric'


@parameters
class AgingJakes:
    """ρ_n = J₀(2π f_d T (n−1)): scatterers all around a moving user.

    Attributes
    ----------
    carrier_ghz
        Carrier frequency in GHz.
    speed_kmh
        Speed in km/h.
    kind
        Which variant.
    """

    carrier_ghz: float
    speed_kmh: float
    kind: Literal['jakes'] = 'jakes'


@parameters
class AgingSequence:
    """A sequence of one's own, for all users; the offset does not apply.

    Attributes
    ----------
    values
        ρ_1, …, ρ_N.
    kind
        Which variant.
    """

    values: list[float]
    kind: Literal['sequence'] = 'sequence'


@parameters
class CrbLimit:
    """A limit on the Cramér–Rao bound of an angle (a variance), in one of two units.

    Exactly one member is given.

    Attributes
    ----------
    deg2
        In squared degrees.
    rad2
        In squared radians.
    """

    deg2: float | None = None
    rad2: float | None = None


@parameters
class Users:
    """Where users come from.

    Exactly one member is given.

    Attributes
    ----------
    fixed
        Known users, the same in every trial.
    drawn
        Drawn anew in every trial.
    """

    fixed: list[UserSpec] | None = None
    drawn: DrawnUsers | None = None


@parameters
class UserSpec:
    """One user. What is left out is taken from the scenario.

    Attributes
    ----------
    angle_deg
        Angle from broadside in degrees.
    correlation
        Correlation from one block to the next, under the geometric law.
    crb_limit_deg2
        Largest allowed Cramér–Rao bound of the angle in squared degrees.
    path_gain_db
        Average channel gain in dB.
    speed_kmh
        Speed in km/h, under Jakes' law.
    """

    angle_deg: float = 0.0
    correlation: float | None = None
    crb_limit_deg2: float | None = None
    path_gain_db: float | None = None
    speed_kmh: float | None = None


@parameters
class DrawnUsers:
    """A law for users: everything uniform in a range.

    Attributes
    ----------
    angle_deg
        Range of the angle in degrees.
    count
        Number of users K.
    gain_offset_db
        Range of the average channel gain around ``path_gain_db``, in dB.
    speed_factor
        Range of a factor on the speed, under Jakes' law.
    """

    angle_deg: list[float] = field(default_factory=lambda: [-60.0, 60.0])
    count: int = 5
    gain_offset_db: list[float] = field(default_factory=lambda: [0.0, 0.0])
    speed_factor: list[float] = field(default_factory=lambda: [1.0, 1.0])


@parameters
class Scenario(ScenarioBase):
    """A base station with linear arrays that senses its users' angles and then serves them in a
    frame of blocks.

    The default is the setting of Z. Bai et al. — 8 antennas, five users, 35 blocks of 70 symbols
    of 1 µs, pilots of 9, 23 dBm, ρ = 0.98 — with what the paper leaves out filled in
    (``docs/errata.md#frame-e14``) and corrected: requirements in squared degrees
    (``docs/errata.md#frame-e4``), the sound shape of the sensing error, whole pilots
    (``docs/errata.md#frame-e11``), and no aging within the block of the estimate.

    Attributes
    ----------
    aging
        How channels age from block to block.
    aging_offset
        Blocks by which a channel is already aged in the block of its estimate: 0, or 1 as the
        paper writes.
    angular_spread_deg
        Single-sided angular spread in degrees.
    block_symbols
        Symbols of a block.
    blocks
        Blocks N of a frame.
    crb_limit
        Largest allowed Cramér–Rao bound of every user's angle, with its unit.
    echo_snr_db
        Signal-to-noise ratio of one echo sample in dB, array and processing gains included.
    error_shape
        Shape of the sensing-error covariance.
    noise_dbm
        Noise power at every user in dBm.
    path_gain_db
        Average channel gain of a user in dB, where a user has none of its own.
    phase_reference
        Element with phase zero.
    pilot_snr_db
        Signal-to-noise ratio of a pilot in dB, for a user with that average gain.
    pilot_symbols
        Symbols of a pilot.
    power_dbm
        Total downlink power in dBm, shared equally.
    receive_antennas
        Receive antennas of the radar's half-wavelength linear array.
    require
        The same in the words of every system; left out, ``crb_limit`` is what counts.
    sinr
        Form of the signal-to-interference-plus-noise ratio.
    spectrum
        How the power is spread over it.
    symbol_time_us
        Duration of a symbol in microseconds.
    transmit_antennas
        Transmit antennas of a half-wavelength linear array.
    users
        The users: a fixed list, or a law they are drawn from.
    whole_pilots
        Whether a pilot must fit whole into its block.
    """

    system = 'frame'

    aging: AgingGeometric | AgingJakes | AgingSequence = field(default_factory=lambda: AgingGeometric(correlation=0.98))
    aging_offset: int = 0
    angular_spread_deg: float = 1.0
    block_symbols: int = 70
    blocks: int = 35
    crb_limit: CrbLimit = field(default_factory=lambda: CrbLimit(deg2=0.05))
    echo_snr_db: float = 2.4
    error_shape: Literal['los', 'los-unit', 'one-ring'] = 'one-ring'
    noise_dbm: float = -74.0
    path_gain_db: float = -100.0
    phase_reference: Literal['first', 'centre'] = 'centre'
    pilot_snr_db: float = 10.0
    pilot_symbols: int = 9
    power_dbm: float = 23.0
    receive_antennas: int = 8
    require: Require | None = None
    sinr: Literal['use-and-forget', 'lower-bound', 'physical'] = 'use-and-forget'
    spectrum: Literal['uniform', 'gaussian', 'laplacian', 'raised-cosine'] = 'uniform'
    symbol_time_us: float = 1.0
    transmit_antennas: int = 8
    users: Users = field(default_factory=lambda: Users(fixed=[UserSpec(angle_deg=-45.0), UserSpec(angle_deg=-20.0), UserSpec(angle_deg=5.0), UserSpec(angle_deg=25.0), UserSpec(angle_deg=55.0)]))
    whole_pilots: bool = True


@parameters
class OptimalSettings:
    """Settings of the scheme ``optimal``: sensing time, number and placement of updates: globally optimal up to the gap it reports.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        The relative gap between plan and bound at which the search stops, and the intervals it
        may examine: 10⁻⁹ and 5000 where none are named. When they are spent, the design keeps
        the bound reached. The search always proves: ``false`` is refused.
    sensing_blocks : float | None
        Sensing time in blocks; ``None`` lets the search choose it.
    updates : int | None
        Number of channel updates; ``None`` lets the search choose it.
    """

    certify: bool | dict[str, Any] = field(default_factory=lambda: {'gap': 1e-09, 'nodes': None})
    sensing_blocks: float | None = None
    updates: int | None = None


@parameters
class EvenSplitSettings:
    """Settings of the scheme ``even-split``: the paper's method: as optimal, but blocks divided evenly; optimal among those.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        The relative gap between plan and bound at which the search stops, and the intervals it
        may examine: 10⁻⁹ and 5000 where none are named. When they are spent, the design keeps
        the bound reached. The search always proves: ``false`` is refused.
    sensing_blocks : float | None
        Sensing time in blocks; ``None`` lets the search choose it.
    updates : int | None
        Number of channel updates; ``None`` lets the search choose it.
    """

    certify: bool | dict[str, Any] = field(default_factory=lambda: {'gap': 1e-09, 'nodes': None})
    sensing_blocks: float | None = None
    updates: int | None = None


@parameters
class SingleUpdateSettings:
    """Settings of the scheme ``single-update``: one update at the start, best sensing time; optimal among those.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        As for ``optimal``.
    sensing_blocks : float | None
        Sensing time in blocks; ``None`` lets the search choose it.
    """

    certify: bool | dict[str, Any] = field(default_factory=lambda: {'gap': 1e-09, 'nodes': None})
    sensing_blocks: float | None = None


@parameters
class EveryBlockSettings:
    """Settings of the scheme ``every-block``: an update in every block, best sensing time; optimal among those.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        As for ``optimal``.
    sensing_blocks : float | None
        Sensing time in blocks; ``None`` lets the search choose it.
    """

    certify: bool | dict[str, Any] = field(default_factory=lambda: {'gap': 1e-09, 'nodes': None})
    sensing_blocks: float | None = None


@parameters
class RandomBlocksSettings:
    """Settings of the scheme ``random-blocks``: sensing time and number of updates of the optimum, blocks divided at random: an expectation, no claim of optimality.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        The relative gap between plan and bound at which the search stops, and the intervals it
        may examine: 10⁻⁹ and 5000 where none are named. When they are spent, the design keeps
        the bound reached. The search always proves: ``false`` is refused.
    sensing_blocks : float | None
        Sensing time in blocks; ``None`` lets the search choose it.
    updates : int | None
        Number of channel updates; ``None`` lets the search choose it.
    """

    certify: bool | dict[str, Any] = field(default_factory=lambda: {'gap': 1e-09, 'nodes': None})
    sensing_blocks: float | None = None
    updates: int | None = None


@parameters
class GridSettings:
    """Settings of the scheme ``grid``: brute force over sensing times on a grid, exact placement: nothing proven between its points.

    Parameters
    ----------
    step_us : float
        Step of the sensing time in microseconds.
    updates : int | None
        Number of channel updates; ``None`` tries all.
    """

    step_us: float = 1.0
    updates: int | None = None


@parameters
class SimulatedSettings:
    """Settings of the scheme ``simulated``: the optimum, with one block of it simulated: channels, pilots, estimates, beams.

    Parameters
    ----------
    age : int
        Distance of the simulated block from its update: 0 is the block of the estimate.
    draws : int
        Channels drawn in a trial.
    pilot : Literal['believed', 'true']
        Through which channel the pilot travels.
    sensing_blocks : float | None
        Sensing time in blocks; ``None`` takes the optimal one.
    """

    age: int = 0
    draws: int = 2000
    pilot: Literal['believed', 'true'] = 'true'
    sensing_blocks: float | None = None


if TYPE_CHECKING:
    def aging(
        blocks: int,
        base: float | None = None,
        doppler_blocks: float | None = None,
        offset: int = 0,
    ) -> FloatArray:
        """Correlation of a channel with itself some blocks later.

        Parameters
        ----------
        blocks : int
            Number of blocks, the first is that of the estimate.
        base : float | None
            Geometric aging ``base^lag``, from 0 to 1.
        doppler_blocks : float | None
            Jakes' aging ``J₀(2π · doppler_blocks · lag)``: Doppler frequency times block duration.
        offset : int
            Blocks added to the lag (docs/errata.md#frame-e8).

        Returns
        -------
        FloatArray
            Shape [block].

        Examples
        --------
        >>> aging(3, base=0.5)
        array([1.  , 0.5 , 0.25])
        """
        ...

    def angle_crb(
        samples: float,
        echo_snr: float,
        angle_rad: float,
        receive_elements: int,
    ) -> float:
        """Cramér–Rao bound of a user's angle under its own matched beam, in rad².

        ``1 / (2 m η B)`` with ``B = π² cos²θ (L_r² − 1)/12`` (docs/errata.md#frame-e2).

        Parameters
        ----------
        samples : float
            Samples m of the echo.
        echo_snr : float
            Signal-to-noise ratio η of one sample, linear.
        angle_rad : float
            Angle from broadside in radians.
        receive_elements : int
            Receive antennas L_r.

        Returns
        -------
        float
            Bound in rad².

        Examples
        --------
        >>> round(angle_crb(100, 1.0, 0.0, 16) * 1e5, 3)
        2.384
        """
        ...

    def best_division(
        efficiency: ArrayLike,
        blocks: int,
        updates: int,
    ) -> tuple[float, list[int]]:
        """The best division of blocks among channel updates, exactly.

        Maximises ``Σ_m Σ_{n ≤ N_m} Φ_n`` over divisions ``Σ_m N_m = blocks`` into so many updates.

        Parameters
        ----------
        efficiency : ArrayLike
            Φ_n, the worth of the n-th block of an update, shape [block].
        blocks : int
            Blocks to divide, at most as many as there are efficiencies, and 1024.
        updates : int
            Number of updates.

        Returns
        -------
        tuple[float, list[int]]
            The worth, and the blocks of each update, longest first.

        Examples
        --------
        >>> best_division([3.0, 2.0, 1.0, 0.5], 4, 2)
        (10.0, [2, 2])
        """
        ...

    def estimate_trace(
        correlation: ArrayLike,
        sensing_error: ArrayLike,
        pilot_snr: float,
        project: bool = True,
    ) -> float:
        """Trace of the covariance of a channel estimate whose prior was sensed, relative to the gain.

        Prior ``(R − E)₊``, filter ``W = R̂(R̂ + I/γ)⁻¹``, covariance ``W R̂`` (docs/errata.md#frame-e3).

        Parameters
        ----------
        correlation : ArrayLike
            R, Hermitian and of unit trace, shape [antenna, antenna].
        sensing_error : ArrayLike
            Covariance E of what sensing leaves unknown, Hermitian, shape [antenna, antenna].
        pilot_snr : float
            Signal-to-noise ratio γ of the pilot per unit of gain, linear.
        project : bool
            Whether negative eigenvalues of R − E are set to zero.

        Returns
        -------
        float
            tr C, between 0 and the trace of the prior; that is 1 at most for an E that is a
            covariance.

        Examples
        --------
        >>> round(estimate_trace(np.eye(4) / 4, np.zeros((4, 4)), 4.0), 12)
        0.5
        """
        ...

    def one_ring(
        elements: int,
        angle_rad: float,
        spread_rad: float,
        spectrum: str = 'uniform',
    ) -> ComplexArray:
        """Spatial correlation of a user in a ring of scatterers, ``R = ∫ S(ϑ) a(ϑ) aᴴ(ϑ) dϑ``, tr R = 1.

        ``a[i] = exp(−jπ ι_i sin ϑ)/√L`` on a half-wavelength line (the one-ring model of the frame
        paper, Eq. (2), normalised to unit trace).

        Parameters
        ----------
        elements : int
            Number of antennas L.
        angle_rad : float
            Angle of the user from broadside in radians.
        spread_rad : float
            Single-sided angular spread in radians; zero is a line of sight.
        spectrum : str
            ``uniform``, ``gaussian``, ``laplacian`` or ``raised-cosine``.

        Returns
        -------
        ComplexArray
            Shape [antenna, antenna].

        Examples
        --------
        >>> R = one_ring(8, 0.3, 0.1)
        >>> bool(np.isclose(np.trace(R).real, 1)), bool(np.allclose(R, R.conj().T))
        (True, True)
        """
        ...

    def one_ring_slope(
        elements: int,
        angle_rad: float,
        spread_rad: float,
        spectrum: str = 'uniform',
        reference: str = 'first',
    ) -> ComplexArray:
        """Average over the ring of the outer products of the slopes, ``∫ S(ϑ) a'(ϑ) a'ᴴ(ϑ) dϑ``.

        Times the variance of a sensed angle in rad² it is the covariance of the channel error that
        sensing leaves, to first order. With the slope of :func:`steering` at the user's angle instead,
        ``a' a'ᴴ`` is the form the paper prints.

        Parameters
        ----------
        elements : int
            Number of antennas L.
        angle_rad : float
            Angle of the user from broadside in radians.
        spread_rad : float
            Single-sided angular spread in radians.
        spectrum : str
            ``uniform``, ``gaussian``, ``laplacian`` or ``raised-cosine``.
        reference : str
            Element of phase zero: ``first`` or ``centre``.

        Returns
        -------
        ComplexArray
            Shape [antenna, antenna].

        Examples
        --------
        >>> D = one_ring_slope(8, 0.3, 0.0)
        >>> _, slope = steering(8, [0.3])
        >>> bool(np.allclose(D, np.outer(slope[0], slope[0].conj())))
        True
        """
        ...

    def sensed_estimate(
        correlation: ArrayLike,
        sensing_error: ArrayLike,
        pilot_snr: float,
        project: bool = True,
    ) -> dict[str, Any]:
        """What a sensed prior makes of a channel estimate, relative to the gain.

        Prior ``R̂ = (R − E)₊``, filter ``W = R̂(R̂ + I/γ)⁻¹``, covariance of the estimate ``W R̂``
        (docs/errata.md#frame-e3).

        Parameters
        ----------
        correlation : ArrayLike
            R, Hermitian and of unit trace, shape [antenna, antenna].
        sensing_error : ArrayLike
            Covariance E of what sensing leaves unknown, Hermitian, shape [antenna, antenna].
        pilot_snr : float
            Signal-to-noise ratio γ of the pilot per unit of gain, linear.
        project : bool
            Whether negative eigenvalues of R − E are set to zero.

        Returns
        -------
        dict[str, Any]
            ``prior``, ``filter``, ``estimate`` of shape [antenna, antenna]; ``estimate_trace``,
            ``error_trace``; ``smallest_eigenvalue`` of R − E before it is projected.

        Examples
        --------
        >>> found = sensed_estimate(np.eye(4) / 4, np.zeros((4, 4)), 4.0)
        >>> round(found["estimate_trace"], 12), round(found["error_trace"], 12)
        (0.5, 0.5)
        """
        ...

    def shortest_sensing_s(
        instance: Any,
    ) -> float:
        """The shortest sensing time that meets all limits on angles.

        Parameters
        ----------
        instance : Any
            An instance of ``frame``, or a dictionary of its arrays.

        Returns
        -------
        float
            Seconds, whether the frame has room for them or not.

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.frame.Scenario().realize()
        >>> time = shortest_sensing_s(instance)
        >>> worst = (statistics(instance, time)["crb_rad2"] / instance["crb_limit_rad2"]).max()
        >>> bool(np.isclose(worst, 1))
        True
        """
        ...

    def sinr(
        instance: Any,
        sensing_time_s: float,
        form: str = 'use-and-forget',
    ) -> FloatArray:
        """Signal-to-interference-plus-noise ratio of every user in the block of its estimate.

        A block whose channel has correlation ρ with the estimate has ρ² times as much.

        Parameters
        ----------
        instance : Any
            An instance of ``frame``, or a dictionary of its arrays.
        sensing_time_s : float
            Sensing time in seconds.
        form : str
            ``use-and-forget`` (22), ``lower-bound`` (28) or ``physical`` (a filter made for another
            channel than the pilot travels through).

        Returns
        -------
        FloatArray
            Linear ratios, shape [user].

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.frame.Scenario().realize()
        >>> bool((sinr(instance, 1e-3, "lower-bound") <= sinr(instance, 1e-3)).all())
        True
        """
        ...

    def statistics(
        instance: Any,
        sensing_time_s: float,
    ) -> dict[str, FloatArray]:
        """Statistics of all users' estimates after some sensing time, relative to their gains.

        Parameters
        ----------
        instance : Any
            An instance of ``frame``, or a dictionary of its arrays.
        sensing_time_s : float
            Sensing time in seconds.

        Returns
        -------
        dict[str, FloatArray]
            ``crb_rad2`` (bounds of the angles), ``estimate_trace``, ``error_trace``,
            ``smallest_eigenvalue`` (of the priors before they are projected), each of shape [user].

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.frame.Scenario().realize()
        >>> short, long = (statistics(instance, time)["crb_rad2"] for time in (1e-4, 2e-4))
        >>> bool(np.allclose(short, 2 * long))
        True
        """
        ...

    def steering(
        elements: int,
        angle_rad: ArrayLike,
        reference: str = 'first',
    ) -> tuple[ComplexArray, ComplexArray]:
        """Steering vectors ``a[i] = exp(−jπ ι_i sin ϑ)/√L`` of a half-wavelength line, and their slopes.

        Parameters
        ----------
        elements : int
            Number of antennas L.
        angle_rad : ArrayLike
            Angles from broadside in radians, shape [direction].
        reference : str
            Element of phase zero: ``first`` or ``centre``.

        Returns
        -------
        tuple[ComplexArray, ComplexArray]
            ``a`` and ``da/dϑ`` per radian, each of shape [direction, antenna].

        Examples
        --------
        >>> a, slope = steering(4, [0.0])
        >>> np.allclose(a, 0.5), slope.shape
        (True, (1, 4))
        """
        ...

    def throughput(
        instance: Any,
        sensing_time_s: float,
        blocks_per_update: ArrayLike,
    ) -> tuple[float, FloatArray]:
        """What a frame carries, Eq. (24).

        Parameters
        ----------
        instance : Any
            An instance of ``frame``, or a dictionary of its arrays.
        sensing_time_s : float
            Sensing time in seconds.
        blocks_per_update : ArrayLike
            Blocks of every channel update, shape [update]; each starts with a pilot.

        Returns
        -------
        tuple[float, FloatArray]
            Bits per hertz that one frame carries to all users, and the average rate of every user
            in bit/s/Hz, shape [user].

        Examples
        --------
        >>> import noctule
        >>> design = noctule.design(noctule.frame.Scenario())
        >>> bits, rates = throughput(design.instance, design.sensing_time_s,
        ...                          design.blocks_per_update)
        >>> bool(np.isclose(bits, design.metrics.frame_bits_per_hz))
        True
        """
        ...

else:
    aging = checked(_noctule.frame.aging)
    angle_crb = checked(_noctule.frame.angle_crb)
    best_division = checked(_noctule.frame.best_division)
    estimate_trace = checked(_noctule.frame.estimate_trace)
    one_ring = checked(_noctule.frame.one_ring)
    one_ring_slope = checked(_noctule.frame.one_ring_slope)
    sensed_estimate = checked(_noctule.frame.sensed_estimate)
    shortest_sensing_s = checked(_noctule.frame.shortest_sensing_s)
    sinr = checked(_noctule.frame.sinr)
    statistics = checked(_noctule.frame.statistics)
    steering = checked(_noctule.frame.steering)
    throughput = checked(_noctule.frame.throughput)


__all__ = [
    "Require",
    "AgingGeometric",
    "AgingJakes",
    "AgingSequence",
    "CrbLimit",
    "Users",
    "UserSpec",
    "DrawnUsers",
    "Scenario",
    "OptimalSettings",
    "EvenSplitSettings",
    "SingleUpdateSettings",
    "EveryBlockSettings",
    "RandomBlocksSettings",
    "GridSettings",
    "SimulatedSettings",
    "aging",
    "angle_crb",
    "best_division",
    "estimate_trace",
    "one_ring",
    "one_ring_slope",
    "sensed_estimate",
    "shortest_sensing_s",
    "sinr",
    "statistics",
    "steering",
    "throughput",
]


def __dir__() -> list[str]:
    return sorted(__all__)
