"""The system ``pilots``: a cell-free network: downlink pilot powers for estimation and localisation.

Schemes
-------
``optimal``
    interior point on the exact problem: stationary; with ``certify`` proven within ``certify.gap`` of the global optimum; unreachable limits are proven infeasible
``least-power``
    the least pilot power for a target error (that of equal shares by default): stationary; with ``certify`` a lower bound on the power
``best-crb``
    the smallest worst bound on positions, errors ignored: proven by a dual bound
``full-power``
    all power in equal shares (or equal coefficients): closed form, limits not looked at
``algorithm-1``
    bisection over a linearised feasibility problem, of J. Liao et al.: feasible where it finds a point, else full power
``no-downlink``
    all pilots uplink; users know the mean of their gain; nobody is located
``dedicated-sensing``
    sensing symbols instead of downlink pilots, same echo power as Algorithm 1 (our definition)
``theta-conic``
    our problem through a general conic solver: the cross-check of ``optimal``
``located``
    an allocation of full power and what estimators make of its echoes

Arrays of an instance
---------------------
``channel_gain`` : real [point, user]
    path gains β, linear
``estimate_gain`` : real [point, user]
    γ, where known (orthogonal uplink pilots)
``uplink_energy`` : real number
    energy of an uplink pilot over the noise density
``downlink_energy`` : real number
    energy of the downlink pilots over the noise density
``uplink_gram`` : complex [user, user]
    products φ_kᴴφ_j of the uplink pilots
``downlink_gram`` : complex [user, user]
    products ψ_kᴴψ_j of the downlink pilots
``point_m`` : real [point, axis]
    positions of the access points in metres
``user_m`` : real [user, axis]
    positions of the users in metres
``frequency_hz`` : real number
    carrier frequency in hertz
``effective_bandwidth_hz`` : real number
    root-mean-square bandwidth in hertz
``cross_section_m2`` : real number
    radar cross-section of a user in m²
``information`` : real [point, user, term]
    [xx, yy, xy] in 1/m², for unit energy
``crb_limit_m2`` : real number
    largest bound on a position in m²; absent for no limit
``bandwidth_hz`` : real number
    bandwidth in hertz, for rates
``array_gain`` : real number
    array gain κ of the rate
``data_power`` : real number
    power of the data over the noise, for rates

Arrays of a design
------------------
``fractions`` : real [point, user]
    fractions of the pilot power of each access point
``pilot_use`` : real number
    0 downlink pilots, 1 dedicated sensing, 2 uplink only; 0 when absent

Metrics in records
------------------
``worst_error``
    largest normalised error of a user
``mean_error``
    mean normalised error over users
``worst_error_all_pilots``
    largest error when users combine the correlators of all pilots linearly
``worst_error_printed``
    largest error by Eq. (18) of the paper, which falls with contamination
``worst_crb_m2`` (m²)
    largest tr J⁻¹ over users
``mean_crb_m2`` (m²)
    mean of tr J⁻¹ over users
``worst_position_rcrb_m`` (m)
    root of the largest tr J⁻¹ over users
``power_percent`` (%)
    pilot power spent over what there is
``largest_user_power_percent`` (%)
    share of the power spent that goes to the user who gets most
``mean_rate_mbps`` (Mbit/s)
    mean over users of B log₂(1 + SINR)
``limit_price`` (1/m)
    by how much the largest error rises where the limit on positions is a metre larger
``mse_m2`` (m²)
    of estimated positions, over noises and users
``mse_over_crb``
    of estimated positions
``outlier_percent`` (%)
    estimated positions off by more than 10 m

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
    """What is required of an allocation, in the words of every system: in the place of ``crb_limit``, which
    says the same of squares. At most one of them.

    Attributes
    ----------
    over_best
        The same as a multiple of the smallest that is in reach of all users at once, 1 or more.
    position_m
        Root-CRB of every user's position in metres, at most: of the sum of both squared errors.
    """

    over_best: float | None = None
    position_m: float | None = None


@parameters
class AccessPoints:
    """Where access points are.

    Exactly one member is given.

    Attributes
    ----------
    road
        On both sides of a road, equally far from each other.
    fixed
        Coordinates ``[x, y]`` in metres.
    """

    road: Road | None = None
    fixed: list[list[float]] | None = None


@parameters
class Road:
    """A road along x, from the origin.

    Attributes
    ----------
    length_m
        Length in metres.
    per_side
        Access points on each side.
    width_m
        Width in metres.
    """

    length_m: float = 300.0
    per_side: int = 4
    width_m: float = 100.0


@parameters
class CrbLimit:
    """How well every user must be located: the largest bound on the sum of both squared errors.

    Exactly one member is given.

    Attributes
    ----------
    m2
        In m².
    over_best
        Relative to the best that is reachable for all users at once: 1 is the best.
    """

    m2: float | None = None
    over_best: float | None = None


@parameters
class PathLoss:
    """Three slopes with COST-Hata constants.

    Attributes
    ----------
    access_point_height_m
        Height of an access point in metres.
    cell
        Formulas of 3GPP TR 38.901 in place of the three slopes, ``near_m``, ``far_m`` and ``shadowing_db``: path
        loss, line of sight by its probability, and shadowing of every path, at ``carrier_mhz``.
    extra_loss_db
        Loss on top of it for each user in order, in dB; users beyond the list have none.
    far_m
        Distance beyond which the slope is 35 dB a decade, in metres.
    near_m
        Distance below which the gain is constant, in metres.
    shadowing_db
        Standard deviation of log-normal shadowing beyond that distance, in dB; 0 for none.
    user_height_m
        Height of a user in metres.
    """

    access_point_height_m: float = 15.0
    cell: Literal['umi', 'uma', 'inf-sl', 'inf-dl', 'inf-sh', 'inf-dh', 'inf-hh'] | None = None
    extra_loss_db: list[float] = field(default_factory=lambda: [])
    far_m: float = 50.0
    near_m: float = 10.0
    shadowing_db: float = 0.0
    user_height_m: float = 1.65


@parameters
class Users:
    """Where users are.

    Exactly one member is given.

    Attributes
    ----------
    drawn
        Uniform in a rectangle, anew in every trial.
    fixed
        Coordinates ``[x, y]`` in metres.
    """

    drawn: Region | None = None
    fixed: list[list[float]] | None = None


@parameters
class Region:
    """A rectangle and how many users are in it.

    Attributes
    ----------
    count
        Number of users K.
    x_m
        From and to along x, in metres.
    y_m
        From and to along y, in metres.
    """

    count: int = 2
    x_m: list[float] = field(default_factory=lambda: [0.0, 300.0])
    y_m: list[float] = field(default_factory=lambda: [0.0, 100.0])


@parameters
class Scenario(ScenarioBase):
    """Access points along a road (or anywhere), users on it, pilots in both directions, echoes.

    The default is a scene whose bounds real estimators reach: eight access points, four on each
    side of a road of 300 m × 100 m, two users anywhere on it, 200 mW for each pilot symbol, a flat
    spectrum of 20 MHz at 2.4 GHz, two hundred pilot symbols in each direction, and half a metre of
    error in each coordinate. Users are located to about four decimetres there. The paper has 20
    pilot symbols, an effective bandwidth of 20 MHz and a limit of 1 m² (``Scenario::paper`` in Rust).

    Attributes
    ----------
    access_points
        Where the access points are.
    array_gain
        Array gain κ in the rate; ``None`` means access points over users.
    bandwidth_mhz
        Bandwidth in MHz.
    carrier_mhz
        Carrier frequency in MHz.
    crb_limit
        How well every user must be located.
    cross_section_m2
        Radar cross-section of a user in m².
    data_power
        Power of the data over the noise P_d, in the rate.
    downlink_correlation
        Correlation |ψ_kᴴψ_j| between any two downlink pilots, from 0 to 1.
    downlink_share
        Share of them that is sent downlink; the rest is uplink.
    effective_bandwidth_mhz
        Root-mean-square bandwidth of the pilots in MHz, which the radar's delay resolution depends
        on. A flat spectrum of 20 MHz has 5.77; the published numbers need 20
        (``docs/errata.md#pilots-e10``).
    noise_dbm_hz
        Noise density at every receiver in dBm/Hz.
    path_loss
        Path loss.
    pilot_power_mw
        Power of a pilot symbol in milliwatts, of users and of access points.
    pilot_symbols
        Pilot symbols of both directions together, τ_u + τ_d.
    require
        The same in the words of every system; left out, ``crb_limit`` is what counts.
    uplink_correlation
        Correlation |φ_kᴴφ_j| between any two uplink pilots, from 0 to 1.
    users
        Where the users are.
    """

    system = 'pilots'

    access_points: AccessPoints = field(default_factory=lambda: AccessPoints(road=Road(length_m=300.0, per_side=4, width_m=100.0)))
    array_gain: float | None = None
    bandwidth_mhz: float = 20.0
    carrier_mhz: float = 2400.0
    crb_limit: Literal['none'] | CrbLimit = field(default_factory=lambda: CrbLimit(m2=0.5))
    cross_section_m2: float = 0.85
    data_power: float = 1.0
    downlink_correlation: float = 0.0
    downlink_share: float = 0.5
    effective_bandwidth_mhz: float = 5.773502691896258
    noise_dbm_hz: float = -164.0
    path_loss: PathLoss = field(default_factory=lambda: PathLoss(access_point_height_m=15.0, extra_loss_db=[], far_m=50.0, near_m=10.0, shadowing_db=0.0, user_height_m=1.65))
    pilot_power_mw: float = 200.0
    pilot_symbols: float = 400.0
    require: Require | None = None
    uplink_correlation: float = 0.0
    users: Users = field(default_factory=lambda: Users(drawn=Region(count=2, x_m=[0.0, 300.0], y_m=[0.0, 100.0])))


@parameters
class OptimalSettings:
    """Settings of the scheme ``optimal``: interior point on the exact problem: stationary; with ``certify`` proven within ``certify.gap`` of the global optimum; unreachable limits are proven infeasible.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Prove how far from the global optimum the design can be; 2000 regions unless a number is
        named, and one at least.
    max_steps : int
        Newton steps at most.
    tolerance : float
        Converged when complementarity and scaled gradient are below this.
    """

    certify: bool | dict[str, Any] = False
    max_steps: int = 150
    tolerance: float = 1e-09


@parameters
class LeastPowerSettings:
    """Settings of the scheme ``least-power``: the least pilot power for a target error (that of equal shares by default): stationary; with ``certify`` a lower bound on the power.

    Parameters
    ----------
    search : dict[str, Any]
        The rest.
    target_error : float | None
        Largest error allowed; ``None`` means what full power in equal shares has.
    """

    search: dict[str, Any] = field(default_factory=lambda: {'certify': False, 'max_steps': 150, 'tolerance': 1e-09})
    target_error: float | None = None


@parameters
class FullPowerSettings:
    """Settings of the scheme ``full-power``: all power in equal shares (or equal coefficients): closed form, limits not looked at.

    Parameters
    ----------
    share : Literal['equal', 'equal-coefficients']
        How the power is shared.
    """

    share: Literal['equal', 'equal-coefficients'] = 'equal'


@parameters
class Algorithm1Settings:
    """Settings of the scheme ``algorithm-1``: bisection over a linearised feasibility problem, of J. Liao et al.: feasible where it finds a point, else full power.

    Parameters
    ----------
    bisection : Literal['literal', 'reset']
        What is reset between outer iterations.
    outer : int
        Outer iterations I.
    radar : Literal['printed', 'exact']
        How the limit on positions enters.
    tolerance : float
        The bisection ends when both bounds agree to this, relative (it halves in log t: errors
        are of the order of 1e-4, so that an absolute tolerance would say nothing).
    """

    bisection: Literal['literal', 'reset'] = 'literal'
    outer: int = 4
    radar: Literal['printed', 'exact'] = 'printed'
    tolerance: float = 1e-06


@parameters
class LocatedSettings:
    """Settings of the scheme ``located``: an allocation of full power and what estimators make of its echoes.

    Parameters
    ----------
    estimator : Literal['ranges', 'waveform']
        What is estimated from.
    noise_trials : int
        Noises drawn for every user.
    tones : int
        Tones of a flat spectrum, for the waveform.
    window_m : float | None
        Half width of the window around the true position that is searched, in metres: a
        tracker's prior. ``None`` searches the smallest rectangle around all access points and
        users. Cells are a quarter of c/B long, with B the flat bandwidth, √12 times the
        effective one; a window of more than a million cells is refused.
    """

    estimator: Literal['ranges', 'waveform'] = 'waveform'
    noise_trials: int = 20
    tones: int = 16
    window_m: float | None = None


if TYPE_CHECKING:
    def clock_bound(
        positions_m: ArrayLike,
        target_m: ArrayLike,
        weights: ArrayLike,
        clocks: str = 'synchronised',
    ) -> float:
        """Bound on a position from the lengths of paths, with clocks that agree or do not.

        Parameters
        ----------
        positions_m : ArrayLike
            Access points, shape [ap, 2], in metres.
        target_m : ArrayLike
            Target, shape [2], in metres; not at an access point.
        weights : ArrayLike
            One over the variance of each path's length in 1/m², shape [transmitter, receiver].
        clocks : str
            ``synchronised``; ``common-offset``: transmitters against receivers;
            ``transmitter-offsets``: every transmitter against the receivers (time differences).

        Returns
        -------
        float
            Bound on the mean squared error in m².

        Raises
        ------
        NumericalError
            Where the position cannot be told.

        Examples
        --------
        >>> scene = ([[0, 0], [100, 0], [0, 100]], [30, 40], np.ones((3, 3)))
        >>> clock_bound(*scene) < clock_bound(*scene, "common-offset")
        True
        """
        ...

    def delay_information(
        positions_m: ArrayLike,
        target_m: ArrayLike,
        frequency_hz: float,
        effective_bandwidth_hz: float,
        cross_section_m2: float = 1.0,
    ) -> FloatArray:
        """What each access point's echoes know of a target's position, per unit of power.

        ``R_m = Σ_n w_mn u_mn u_mnᵀ`` in 1/m²; the information of powers p is ``Σ_m p_m R_m``.

        Parameters
        ----------
        positions_m : ArrayLike
            Access points, shape [ap, 2], in metres.
        target_m : ArrayLike
            Target, shape [2], in metres; not at an access point.
        frequency_hz : float
            Carrier frequency in hertz.
        effective_bandwidth_hz : float
            Root-mean-square bandwidth in hertz.
        cross_section_m2 : float
            Radar cross-section in m².

        Returns
        -------
        FloatArray
            Shape [ap, 2, 2].

        Examples
        --------
        >>> R = delay_information([[0, 0], [100, 0]], [30, 40], 2.4e9, 1e6)
        >>> R.shape, bool(np.allclose(R, R.transpose(0, 2, 1)))
        ((2, 2, 2), True)
        """
        ...

    def echo_gains(
        positions_m: ArrayLike,
        target_m: ArrayLike,
        frequency_hz: float,
        cross_section_m2: float = 1.0,
    ) -> FloatArray:
        """Signal-to-noise ratio of the echo over each pair of access points, per unit of power.

        Parameters
        ----------
        positions_m : ArrayLike
            Access points, shape [ap, 2], in metres.
        target_m : ArrayLike
            Target, shape [2], in metres; not at an access point.
        frequency_hz : float
            Carrier frequency in hertz.
        cross_section_m2 : float
            Radar cross-section in m².

        Returns
        -------
        FloatArray
            Shape [transmitter, receiver]; times the energy of the transmitter over the noise density.

        Examples
        --------
        >>> echo_gains([[0, 0], [100, 0]], [30, 40], 2.4e9).shape
        (2, 2)
        """
        ...

    def effective_gains(
        gains: ArrayLike,
        fractions: ArrayLike,
        uplink_energy: float | None = None,
        uplink_gram: ArrayLike | None = None,
        estimate_gains: ArrayLike | None = None,
    ) -> tuple[ComplexArray, ComplexArray]:
        """Moments of the effective gains that users see through conjugate beamforming.

        ``a_kj = Σ_m √(x_mj/γ_mj) g_mk ĝ*_mj``: what user k receives of the pilot of user j. Exact for any
        Gram matrix of the uplink pilots (docs/errata.md#pilots-e1).

        Parameters
        ----------
        gains : ArrayLike
            Channel gains β, shape [ap, user].
        fractions : ArrayLike
            Fractions x of each access point's pilot power, shape [ap, user].
        uplink_energy : float | None
            Energy s_u of an uplink pilot over the noise density.
        uplink_gram : ArrayLike | None
            Gram matrix ``φ_iᴴ φ_j`` of the uplink pilots, shape [user, user]; orthogonal where absent.
        estimate_gains : ArrayLike | None
            γ of shape [ap, user] instead of an energy, for orthogonal uplink pilots.

        Returns
        -------
        tuple[ComplexArray, ComplexArray]
            Means of a_kj of shape [user, user], and covariances of a_ki and a_kj of shape
            [user, user, user].

        Examples
        --------
        >>> mean, covariance = effective_gains([[1.0]], [[1.0]], uplink_energy=1.0)
        >>> np.round(mean.real ** 2, 9), covariance.real
        (array([[0.5]]), array([[[1.]]]))
        """
        ...

    def estimate_gains(
        gains: ArrayLike,
        energy: float,
        gram: ArrayLike,
    ) -> FloatArray:
        """Mean power of the channel estimates from uplink pilots, ``γ_mk = c_mk √s β_mk``.

        Parameters
        ----------
        gains : ArrayLike
            Channel gains β, shape [ap, user], relative to the noise.
        energy : float
            Pilot energy s over the noise.
        gram : ArrayLike
            Gram matrix ``φ_iᴴ φ_j`` of the pilots, shape [user, user].

        Returns
        -------
        FloatArray
            Shape [ap, user].

        Examples
        --------
        >>> estimate_gains([[1.0, 3.0]], 1.0, np.eye(2))
        array([[0.5 , 2.25]])
        """
        ...

    def gain_error(
        gains: ArrayLike,
        fractions: ArrayLike,
        downlink_energy: float,
        downlink_gram: ArrayLike | None = None,
        uplink_energy: float | None = None,
        uplink_gram: ArrayLike | None = None,
        estimate_gains: ArrayLike | None = None,
        all_pilots: bool = False,
        normalised: bool = True,
    ) -> FloatArray:
        """Error variance of the users' estimates of their effective gains: the objective of designs.

        Linear estimates from the own pilot's correlator, or from the correlators with all pilots.

        Parameters
        ----------
        gains : ArrayLike
            Channel gains β, shape [ap, user].
        fractions : ArrayLike
            Fractions x of each access point's pilot power, shape [ap, user].
        downlink_energy : float
            Energy s_d of the downlink pilots of an access point over the noise density; 0 without.
        downlink_gram : ArrayLike | None
            Gram matrix ``ψ_iᴴ ψ_j`` of the downlink pilots, shape [user, user]; orthogonal where absent.
        uplink_energy : float | None
            Energy s_u of an uplink pilot over the noise density.
        uplink_gram : ArrayLike | None
            Gram matrix ``φ_iᴴ φ_j`` of the uplink pilots, shape [user, user]; orthogonal where absent.
        estimate_gains : ArrayLike | None
            γ of shape [ap, user] instead of an energy, for orthogonal uplink pilots.
        all_pilots : bool
            Whether users correlate with all pilots and combine them.
        normalised : bool
            Whether errors are relative to the mean power of the gain, as in designs.

        Returns
        -------
        FloatArray
            Shape [user].

        Examples
        --------
        >>> gain_error([[1.0]], [[1.0]], 1.0, uplink_energy=1.0, normalised=False)
        array([0.5])
        """
        ...

    def least_power_to_locate(
        instance: Any,
        user: int,
        printed: bool = False,
    ) -> float | None:
        """The sum of powers with which one user alone is located within the limit.

        Parameters
        ----------
        instance : Any
            An instance of ``pilots`` with a limit, or a dictionary of its arrays.
        user : int
            The user, counted from zero.
        printed : bool
            By the element-wise constraint (30) of the paper instead of the exact one
            (docs/errata.md#pilots-e6).

        Returns
        -------
        float | None
            In units of the power of one access point; None where the printed constraint cannot be
            met.

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.pilots.Scenario().realize()
        >>> least_power_to_locate(instance, 0) > 0
        True
        """
        ...

    def linearisation(
        gains: ArrayLike,
        estimate_gains: ArrayLike,
        downlink_energy: float,
        fractions: ArrayLike,
        level: float,
        overlap: ArrayLike | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """The function ``H = t W Z − F`` of Liao et al., Algorithm 1, and its gradient.

        It is as printed: with pilots that overlap, W hears other users through their own channels (docs/errata.md#pilots-e2)
        and F lacks the interference (docs/errata.md#pilots-e1), so that its sign says less than ``gain_error`` does; with
        orthogonal pilots it is negative exactly where the error is above the level.

        Its first-order model at one point can accept another where the function itself is negative
        (docs/errata.md#pilots-e7). All is times the downlink energy, as in the paper.

        Parameters
        ----------
        gains : ArrayLike
            Channel gains β, shape [ap, user].
        estimate_gains : ArrayLike
            γ, shape [ap, user].
        downlink_energy : float
            Energy s_d of the downlink pilots over the noise density.
        fractions : ArrayLike
            Fractions x, shape [ap, user].
        level : float
            The level t of the error.
        overlap : ArrayLike | None
            Squared products ``|ψ_iᴴ ψ_j|²`` of the pilots, shape [user, user]; zero where absent.

        Returns
        -------
        tuple[FloatArray, FloatArray]
            H of shape [user], and its gradient by the fractions of shape [user, ap, user].

        Examples
        --------
        >>> value, gradient = linearisation([[1.0]], [[0.5]], 1.0, [[1.0]], 0.5)
        >>> value, gradient.shape
        (array([0.5]), (1, 1, 1))
        """
        ...

    def locate(
        positions_m: ArrayLike,
        ranges_m: ArrayLike,
        weights: ArrayLike,
    ) -> tuple[FloatArray, float]:
        """The position that explains bistatic ranges best, by weighted least squares.

        Parameters
        ----------
        positions_m : ArrayLike
            Access points, shape [ap, 2], in metres.
        ranges_m : ArrayLike
            Lengths of the paths in metres, shape [transmitter, receiver].
        weights : ArrayLike
            One over the variance of each length in 1/m², shape [transmitter, receiver].

        Returns
        -------
        tuple[FloatArray, float]
            The position of shape [2] in metres, and the weighted sum of squares.

        Examples
        --------
        >>> places, at = np.array([[0, 0], [100, 0], [0, 100]]), np.array([30, 40])
        >>> d = np.linalg.norm(places - at, axis=1)
        >>> position, _ = locate(places, d[:, None] + d, np.ones((3, 3)))
        >>> bool(np.allclose(position, at, atol=1e-6))
        True
        """
        ...

    def observations(
        gains: ArrayLike,
        fractions: ArrayLike,
        downlink_energy: float,
        downlink_gram: ArrayLike | None = None,
        uplink_energy: float | None = None,
        uplink_gram: ArrayLike | None = None,
        estimate_gains: ArrayLike | None = None,
    ) -> tuple[ComplexArray, FloatArray, ComplexArray]:
        """Moments of what users observe of their own downlink pilots.

        ``y_k = √s_d Σ_j (ψ_kᴴψ_j) a_kj + n``.

        Parameters
        ----------
        gains : ArrayLike
            Channel gains β, shape [ap, user].
        fractions : ArrayLike
            Fractions x of each access point's pilot power, shape [ap, user].
        downlink_energy : float
            Energy s_d of the downlink pilots of an access point over the noise density.
        downlink_gram : ArrayLike | None
            Gram matrix ``ψ_iᴴ ψ_j`` of the downlink pilots, shape [user, user]; orthogonal where absent.
        uplink_energy : float | None
            Energy s_u of an uplink pilot over the noise density.
        uplink_gram : ArrayLike | None
            Gram matrix ``φ_iᴴ φ_j`` of the uplink pilots, shape [user, user]; orthogonal where absent.
        estimate_gains : ArrayLike | None
            γ of shape [ap, user] instead of an energy, for orthogonal uplink pilots.

        Returns
        -------
        tuple[ComplexArray, FloatArray, ComplexArray]
            Mean of y_k, its variance, and its covariance with a_kk, each of shape [user].

        Examples
        --------
        >>> mean, variance, cross = observations([[1.0]], [[1.0]], 2.0, uplink_energy=1.0)
        >>> variance, bool(np.isclose(cross[0], np.sqrt(2)))
        (array([3.]), True)
        """
        ...

    def position_crb(
        information: ArrayLike,
        powers: ArrayLike,
    ) -> float:
        """Bound on the mean squared error of a position, ``tr (Σ_m p_m R_m)⁻¹`` in m².

        Parameters
        ----------
        information : ArrayLike
            R, shape [ap, 2, 2], from :func:`delay_information`.
        powers : ArrayLike
            Energies over the noise density, shape [ap].

        Returns
        -------
        float
            Bound in m².

        Raises
        ------
        NumericalError
            Where the position cannot be told.

        Examples
        --------
        >>> position_crb([[[2, 0], [0, 4]]], [1.0])
        0.75
        """
        ...

    def printed_error(
        instance: Any,
        fractions: ArrayLike,
    ) -> FloatArray:
        """The errors by Eq. (18) as printed, for comparison (docs/errata.md#pilots-e1).

        Parameters
        ----------
        instance : Any
            An instance of ``pilots``, or a dictionary of its arrays.
        fractions : ArrayLike
            Fractions of each access point's pilot power, shape [ap, user].

        Returns
        -------
        FloatArray
            Shape [user].

        Examples
        --------
        >>> import noctule
        >>> design = noctule.design(noctule.pilots.Scenario(), "full-power")
        >>> worst = printed_error(design.instance, design.fractions).max()
        >>> bool(np.isclose(worst, design.metrics.worst_error_printed))
        True
        """
        ...

    def symbol_energy(
        power_w: float,
        noise_dbm_hz: float,
        bandwidth_hz: float,
    ) -> float:
        """Energy of a pilot symbol over the noise density.

        Parameters
        ----------
        power_w : float
            Transmit power in watts.
        noise_dbm_hz : float
            Noise power density in dBm/Hz.
        bandwidth_hz : float
            Bandwidth in hertz.

        Returns
        -------
        float
            Linear ratio.

        Examples
        --------
        >>> round(float(10 * np.log10(symbol_energy(1.0, -174.0, 1e6))), 9)
        144.0
        """
        ...

    def three_slope_gain_db(
        distance_m: float,
        frequency_hz: float = 2400000000.0,
        access_point_height_m: float = 15.0,
        user_height_m: float = 1.65,
    ) -> float:
        """Three-slope path gain with COST-Hata constants, in dB (Ngo et al., Eq. (52) and (53)).

        Parameters
        ----------
        distance_m : float
            Distance in metres.
        frequency_hz : float
            Carrier frequency in hertz.
        access_point_height_m : float
            Height of the access point in metres.
        user_height_m : float
            Height of the user in metres.

        Returns
        -------
        float
            Gain in dB, negative.

        Examples
        --------
        >>> round(three_slope_gain_db(1000.0, frequency_hz=1.9e9), 1)
        -140.7
        """
        ...

else:
    clock_bound = checked(_noctule.pilots.clock_bound)
    delay_information = checked(_noctule.pilots.delay_information)
    echo_gains = checked(_noctule.pilots.echo_gains)
    effective_gains = checked(_noctule.pilots.effective_gains)
    estimate_gains = checked(_noctule.pilots.estimate_gains)
    gain_error = checked(_noctule.pilots.gain_error)
    least_power_to_locate = checked(_noctule.pilots.least_power_to_locate)
    linearisation = checked(_noctule.pilots.linearisation)
    locate = checked(_noctule.pilots.locate)
    observations = checked(_noctule.pilots.observations)
    position_crb = checked(_noctule.pilots.position_crb)
    printed_error = checked(_noctule.pilots.printed_error)
    symbol_energy = checked(_noctule.pilots.symbol_energy)
    three_slope_gain_db = checked(_noctule.pilots.three_slope_gain_db)


__all__ = [
    "Require",
    "AccessPoints",
    "Road",
    "CrbLimit",
    "PathLoss",
    "Users",
    "Region",
    "Scenario",
    "OptimalSettings",
    "LeastPowerSettings",
    "FullPowerSettings",
    "Algorithm1Settings",
    "LocatedSettings",
    "clock_bound",
    "delay_information",
    "echo_gains",
    "effective_gains",
    "estimate_gains",
    "gain_error",
    "least_power_to_locate",
    "linearisation",
    "locate",
    "observations",
    "position_crb",
    "printed_error",
    "symbol_energy",
    "three_slope_gain_db",
]


def __dir__() -> list[str]:
    return sorted(__all__)
