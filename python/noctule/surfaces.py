"""The system ``surfaces``: reflecting surfaces for a blocked user and target: rate under a limit on the CRB.

Schemes
-------
``full-covariance``
    the best covariance, no dedicated sensing signal: global optimum with user and target in one place, a search (with ``certify`` an interval) apart
``dedicated-signal``
    independent streams and a sensing signal: Theorem 2 in one place, a search (with ``certify`` branch and bound) apart; optimal for this form only
``sweep-and-majorise``
    the best common blend, then alternation of powers and phases: no proof
``alternating-sca``
    the paper's alternation of powers and phases: where it ends depends on its start, no proof
``communication-only``
    the highest rate, the target ignored: closed form
``sensing-only``
    the smallest bound (21), the user ignored: closed form
``max-eigenmode``
    all power on the path that lights the target most: closed form
``time-switching``
    the designs for communication and for sensing in turn: closed form

Arrays of an instance
---------------------
``base_m`` : real [coordinate]
    position of the base station in metres
``user_m`` : real [coordinate]
    position of the user in metres
``target_m`` : real [coordinate]
    position of the target in metres
``site_m`` : real [site, coordinate]
    candidate sites in metres; sensors beside the first
``base_axis`` : real [coordinate]
    unit vector along the base station's array
``user_axis`` : real [coordinate]
    unit vector along the user's array
``site_axis`` : real [site, coordinate]
    unit vectors along the surfaces
``elements`` : real [site]
    elements of each surface (or give ``shared_elements``)
``shared_elements`` : real number
    elements shared equally by the surfaces that are built
``transmit_antennas`` : real number
    antennas of the base station
``user_antennas`` : real number
    antennas of the user
``sensors`` : real number
    sensors beside the first surface
``snapshots`` : real number
    number of snapshots T
``power_w`` : real number
    transmit power in watts
``user_noise_w`` : real number
    noise power of each user antenna in watts
``sensing_noise_w`` : real number
    noise power of each sensor in watts
``reference_gain`` : real number
    power gain of a path of one metre
``path_loss_exponent`` : real number
    exponent of the path loss
``reflection_gain`` : real number
    reflection |β|² of the target, a power gain
``exact_paths`` : real number
    1 for exact path weights, 0 for the loss of the strongest path
``crb_limit`` : real number
    largest bound of the spatial frequency, 0 for none

Arrays of a design
------------------
``sites`` : real [surface]
    sites that are built, counted from zero; the first is site 0
``phases`` : complex [mode, element]
    reflection coefficients of the surfaces one after the other, unit modulus
``information`` : complex [mode, antenna, antenna]
    covariance of what carries data, in watts
``sensing`` : complex [mode, antenna, antenna]
    covariance of the dedicated sensing signal, in watts (absent: none)
``share`` : real [mode]
    share of the time of each mode (absent: one mode)
``sensed`` : real [mode]
    1 where the sensors use the echoes of a mode (absent: everywhere)
``exact_bound`` : real number
    1 where the limit is meant for the bound (16) itself, 0 for (21) (absent: 0)

Metrics in records
------------------
``rate_bps_hz`` (bit/s/Hz)
    log₂ det(I + H R Hᴴ/σ²), averaged over time
``rate_nats`` (nat/s/Hz)
    ln det(I + H R Hᴴ/σ²), averaged over time
``upper_bound_bps_hz`` (bit/s/Hz)
    no design of this kind over these sites has a higher rate
``crb_db`` (dB)
    Cramér–Rao bound of the target's spatial frequency (16), 10 log₁₀; of an infeasible design the smallest that the sites reach by (21)
``crb_aligned_db`` (dB)
    upper bound (21) of the Cramér–Rao bound
``root_crb``
    root of the Cramér–Rao bound of the spatial frequency
``surfaces``
    number of surfaces that are built
``streams``
    streams that carry data
``sensing_share``
    share of power in a dedicated sensing signal
``coherence``
    largest overlap of two paths, 0 for orthogonal
``limit_price`` (bit/s/Hz/dB)
    by how much the rate rises where the limit on the bound is one decibel larger
``echo_snr_db`` (dB)
    power of the echo over the noise at one sensor
``music_mse_over_crb``
    mean squared error of MUSIC over the bound, errors modulo the period
``likelihood_mse_over_crb``
    mean squared error of waveform-aware maximum likelihood over the bound

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
class SightLoss:
    """Path loss in line of sight of 3GPP TR 38.901, by the length of a path alone: up to the breakpoint,
    beyond which paths of low antennas lose more.

    Attributes
    ----------
    carrier_ghz
        Carrier frequency in GHz.
    scenario
        Its formulas.
    """

    carrier_ghz: float = 3.5
    scenario: Literal['umi', 'uma', 'inf-sl', 'inf-dl', 'inf-sh', 'inf-dh', 'inf-hh'] = 'umi'


@parameters
class Require:
    """What is required of a deployment, in the words of every system: in the place of ``crb_limit_db``, which
    says the same of a square, in dB.

    Attributes
    ----------
    spatial_frequency
        Root-CRB of the target's spatial frequency, which has no unit, at most.
    """

    spatial_frequency: float | None = None


@parameters
class Layout:
    """Candidate sites of surfaces. Generated ones satisfy Proposition 1 and need upright arrays.

    Exactly one member is given.

    Attributes
    ----------
    rays
        Rays given by their spatial frequencies ``[base, user]``.
    sites
        Coordinates in metres.
    """

    rays: list[list[float]] | None = None
    sites: list[list[float]] | None = None


@parameters
class Scenario(ScenarioBase):
    """A base station, candidate sites of reflecting surfaces, a user and a target that the base
    station cannot see.

    The default is the setting behind the published figures of G. Chen et al.: 32 transmit antennas,
    8 at the user, 8 sensors, 256 snapshots, 30 dBm, user and target 100 m away, eight sites. The
    coordinates of the sites are not printed; the default ``bisector`` layout is our choice
    (``docs/errata.md#surfaces-e12``).

    Attributes
    ----------
    base_axis_deg
        Direction of the base station's array, degrees from the first axis.
    base_m
        Position of the base station in metres.
    cell
        Path loss of a cell, in place of ``reference_gain_db`` and ``path_loss_exponent``.
    crb_limit_db
        Largest Cramér–Rao bound of the target's spatial frequency, in dB (10 log₁₀, the frequency has
        no unit). ``None`` for no requirement.
    echo_draws
        Simulated echoes on which estimators are tried, in every trial; 0 for none.
    elements
        Elements: of K surfaces each gets ⌊elements/K⌋.
    first_sites
        Use only the first so many sites. ``None`` means all.
    layout
        Candidate sites.
    path_loss_exponent
        Exponent of the path loss.
    path_weights
        How strongly each surface reaches the target.
    power_dbm
        Transmit power in dBm.
    reference_gain_db
        Power gain of a path of one metre, in dB.
    reflection_gain_db
        Reflection |β|² of the target as a power gain in dB.
    require
        The same in the words of every system; left out, ``crb_limit_db`` is what counts.
    sensing_noise_dbm
        Noise power of each sensor in dBm.
    sensors
        Sensors N_r beside the first surface.
    snapshots
        Snapshots T.
    surface_axis_deg
        Direction of every surface, degrees from the first axis.
    target_m
        Position of the target in metres; ``None`` puts it where the user is.
    transmit_antennas
        Antennas of the base station M_t.
    user_antennas
        Antennas of the user M_r.
    user_axis_deg
        Direction of the user's array, degrees from the first axis.
    user_k_factor_db
        Line of sight over scatter between surfaces and user, in dB; ``None`` is a line of sight alone.
        Phases and powers then count on the line of sight, and the rate is a bound from below of the
        ergodic one.
    user_m
        Position of the user in metres.
    user_noise_dbm
        Noise power of each user antenna in dBm.
    """

    system = 'surfaces'

    base_axis_deg: float = 90.0
    base_m: list[float] = field(default_factory=lambda: [0.0, 0.0])
    cell: SightLoss | None = None
    crb_limit_db: float | None = -32.0
    echo_draws: int = 0
    elements: int = 840
    first_sites: int | None = None
    layout: Literal['bisector', 'skew'] | Layout = 'bisector'
    path_loss_exponent: float = 2.0
    path_weights: Literal['exact', 'max'] = 'exact'
    power_dbm: float = 30.0
    reference_gain_db: float = -40.0
    reflection_gain_db: float = 0.0
    require: Require | None = None
    sensing_noise_dbm: float = -110.0
    sensors: int = 8
    snapshots: int = 256
    surface_axis_deg: float = 0.0
    target_m: list[float] | None = None
    transmit_antennas: int = 32
    user_antennas: int = 8
    user_axis_deg: float = 90.0
    user_k_factor_db: float | None = None
    user_m: list[float] = field(default_factory=lambda: [100.0, 0.0])
    user_noise_dbm: float = -80.0


@parameters
class FullCovarianceSettings:
    """Settings of the scheme ``full-covariance``: the best covariance, no dedicated sensing signal: global optimum with user and target in one place, a search (with ``certify`` an interval) apart.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Where user and target are apart: bound the optimum over phases by branch and bound, of
        4000 regions unless a number is named.
    phase_bits : int | None
        Bits of each phase shifter; ``None`` for continuous phases. Powers and covariance are
        designed again for the quantised phases.
    requirement : Literal['illumination', 'exact-bound']
        Which bound has to stay below the limit.
    select : Literal['best', 'all', 'single']
        Which sites are built.
    """

    certify: bool | dict[str, Any] = False
    phase_bits: int | None = None
    requirement: Literal['illumination', 'exact-bound'] = 'illumination'
    select: Literal['best', 'all', 'single'] = 'best'


@parameters
class DedicatedSignalSettings:
    """Settings of the scheme ``dedicated-signal``: independent streams and a sensing signal: Theorem 2 in one place, a search (with ``certify`` branch and bound) apart; optimal for this form only.

    Parameters
    ----------
    certify : bool | dict[str, Any]
        Where user and target are apart: bound the optimum over phases by branch and bound, of
        4000 regions unless a number is named.
    phase_bits : int | None
        Bits of each phase shifter; ``None`` for continuous phases. Powers and covariance are
        designed again for the quantised phases.
    requirement : Literal['illumination', 'exact-bound']
        Which bound has to stay below the limit.
    select : Literal['best', 'all', 'single']
        Which sites are built.
    """

    certify: bool | dict[str, Any] = False
    phase_bits: int | None = None
    requirement: Literal['illumination', 'exact-bound'] = 'illumination'
    select: Literal['best', 'all', 'single'] = 'best'


@parameters
class SweepAndMajoriseSettings:
    """Settings of the scheme ``sweep-and-majorise``: the best common blend, then alternation of powers and phases: no proof.

    Parameters
    ----------
    max_iterations : int
        Alternations at most.
    select : Literal['best', 'all', 'single']
        Which sites: all, or the first alone.
    start : Literal['sensing', 'communication', 'sweep']
        Phases to start from.
    tolerance : float
        Stop when the rate grows by less than this, relative.
    """

    max_iterations: int = 60
    select: Literal['best', 'all', 'single'] = 'all'
    start: Literal['sensing', 'communication', 'sweep'] = 'sweep'
    tolerance: float = 1e-06


@parameters
class AlternatingScaSettings:
    """Settings of the scheme ``alternating-sca``: the paper's alternation of powers and phases: where it ends depends on its start, no proof.

    Parameters
    ----------
    max_iterations : int
        Alternations at most.
    select : Literal['best', 'all', 'single']
        Which sites: all, or the first alone.
    start : Literal['sensing', 'communication', 'sweep']
        Phases to start from.
    tolerance : float
        Stop when the rate grows by less than this, relative.
    """

    max_iterations: int = 60
    select: Literal['best', 'all', 'single'] = 'all'
    start: Literal['sensing', 'communication', 'sweep'] = 'sensing'
    tolerance: float = 1e-06


@parameters
class CommunicationOnlySettings:
    """Settings of the scheme ``communication-only``: the highest rate, the target ignored: closed form.

    Parameters
    ----------
    select : Literal['best', 'all', 'single']
        Which sites: ``all`` or ``single``.
    """

    select: Literal['best', 'all', 'single'] = 'all'


@parameters
class SensingOnlySettings:
    """Settings of the scheme ``sensing-only``: the smallest bound (21), the user ignored: closed form.

    Parameters
    ----------
    select : Literal['best', 'all', 'single']
        Which sites: ``all`` or ``single``.
    """

    select: Literal['best', 'all', 'single'] = 'all'


@parameters
class MaxEigenmodeSettings:
    """Settings of the scheme ``max-eigenmode``: all power on the path that lights the target most: closed form.

    Parameters
    ----------
    select : Literal['best', 'all', 'single']
        Which sites: ``all`` or ``single``.
    """

    select: Literal['best', 'all', 'single'] = 'all'


@parameters
class TimeSwitchingSettings:
    """Settings of the scheme ``time-switching``: the designs for communication and for sensing in turn: closed form.

    Parameters
    ----------
    always_sense : bool
        Whether echoes are also used while the design for communication is on.
    select : Literal['best', 'all', 'single']
        Which sites: all, the first alone, or those that ``dedicated-signal`` finds best.
    """

    always_sense: bool = True
    select: Literal['best', 'all', 'single'] = 'best'


if TYPE_CHECKING:
    def aligned_phases(
        instance: Any,
        towards: str,
        sites: ArrayLike | None = None,
    ) -> ComplexArray:
        """Phases that align all surfaces to the user or to the target, Eqs. (31) and (34).

        Parameters
        ----------
        instance : Any
            An instance of ``surfaces``, or a dictionary of its arrays.
        towards : str
            ``user`` or ``target``.
        sites : ArrayLike | None
            Sites that are built, ascending from 0; all where absent.

        Returns
        -------
        ComplexArray
            Reflection coefficients of the surfaces one after the other, shape [element].

        Examples
        --------
        >>> import noctule
        >>> phases = aligned_phases(noctule.surfaces.Scenario().realize(), "target")
        >>> bool(np.allclose(abs(phases), 1))
        True
        """
        ...

    def allocate(
        gains: ArrayLike,
        weights: ArrayLike,
        power_w: float,
        required: float,
    ) -> dict[str, Any] | None:
        """Optimal powers of independent streams and of a dedicated sensing signal, Theorem 2.

        Maximises ``Σ ln(1 + g_k p_k)`` over ``w·p + p_s Σ w ≥ required`` and ``Σ p + p_s ≤ power``, exactly.

        Parameters
        ----------
        gains : ArrayLike
            g, shape [stream].
        weights : ArrayLike
            w, shape [stream].
        power_w : float
            Power in watts.
        required : float
            Required illumination Γ.

        Returns
        -------
        dict[str, Any] | None
            ``case`` (``I``, ``II`` or ``III``), ``rate_nats``, ``powers`` of shape [stream],
            ``sensing_power``; None where no powers meet the requirement.

        Examples
        --------
        >>> found = allocate([1.0, 1.0], [1.0, 1.0], 2.0, 1.0)
        >>> found["case"], found["powers"]
        ('II', array([1., 1.]))
        """
        ...

    def array_pattern(
        elements: int,
        difference: ArrayLike,
    ) -> FloatArray:
        """The pattern ``aᴴ(x) a(y)`` of a centred array as a function of ``y − x``, real.

        Parameters
        ----------
        elements : int
            Number of elements M.
        difference : ArrayLike
            Differences of spatial frequencies, shape [difference].

        Returns
        -------
        FloatArray
            Shape [difference]; M at zero.

        Examples
        --------
        >>> array_pattern(8, [0.0])
        array([8.])
        """
        ...

    def centred_steering(
        elements: int,
        frequency: ArrayLike,
    ) -> tuple[ComplexArray, ComplexArray]:
        """Responses of a linear array to spatial frequencies, and their derivatives.

        ``a[i] = exp(jπ x (i − (M−1)/2))``, entries of magnitude one, reference in the middle; the
        spatial frequency is the sine of the angle from broadside.

        Parameters
        ----------
        elements : int
            Number of elements M.
        frequency : ArrayLike
            Spatial frequencies x in [−1, 1], shape [direction].

        Returns
        -------
        tuple[ComplexArray, ComplexArray]
            ``a`` and ``da/dx``, each of shape [direction, antenna].

        Examples
        --------
        >>> a, slope = centred_steering(4, [0.2])
        >>> bool(np.allclose(abs(a), 1)), bool(abs(np.vdot(a, slope)) < 1e-12)
        (True, True)
        """
        ...

    def channel(
        instance: Any,
        phases: ArrayLike,
        sites: ArrayLike | None = None,
    ) -> ComplexArray:
        """The channel from the base station over all surfaces to the user.

        Parameters
        ----------
        instance : Any
            An instance of ``surfaces``, or a dictionary of its arrays.
        phases : ArrayLike
            Reflection coefficients of the surfaces one after the other, shape [element].
        sites : ArrayLike | None
            Sites that are built, ascending from 0; all where absent.

        Returns
        -------
        ComplexArray
            Shape [user antenna, antenna].

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.surfaces.Scenario().realize()
        >>> H = channel(instance, aligned_phases(instance, "user"))
        >>> H.shape == (instance["user_antennas"], instance["transmit_antennas"])
        True
        """
        ...

    def crb(
        instance: Any,
        phases: ArrayLike,
        covariance: ArrayLike,
        sites: ArrayLike | None = None,
    ) -> tuple[float, float]:
        """Cramér–Rao bound of the target's spatial frequency, Eq. (16), and its upper bound (21).

        Parameters
        ----------
        instance : Any
            An instance of ``surfaces``, or a dictionary of its arrays.
        phases : ArrayLike
            Reflection coefficients of the surfaces one after the other, shape [element].
        covariance : ArrayLike
            Transmit covariance in watts, Hermitian, shape [antenna, antenna].
        sites : ArrayLike | None
            Sites that are built, ascending from 0; all where absent.

        Returns
        -------
        tuple[float, float]
            The bound, and what it is at most: equal where the first surface is aligned to the
            target.

        Raises
        ------
        NumericalError
            Where the target is not lit.

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.surfaces.Scenario().realize()
        >>> identity = np.eye(int(instance["transmit_antennas"]))
        >>> bound, most = crb(instance, aligned_phases(instance, "target"), identity)
        >>> bool(np.isclose(bound, most))
        True
        """
        ...

    def element_threshold(
        base_gain: ArrayLike,
        user_gain: ArrayLike,
        power_w: float,
        required: float,
        transmit_antennas: int,
        user_antennas: int,
        user_noise_w: float,
    ) -> tuple[float, float, float]:
        """Numbers of elements beyond which plain water-filling also meets the requirement, Prop. 4.

        For a user at the target and elements shared equally (docs/errata.md#surfaces-e9).

        Parameters
        ----------
        base_gain : ArrayLike
            Power gains from the base station, shape [surface].
        user_gain : ArrayLike
            Power gains to the user, shape [surface].
        power_w : float
            Power in watts.
        required : float
            Required illumination Γ.
        transmit_antennas : int
            Antennas of the base station.
        user_antennas : int
            Antennas of the user.
        user_noise_w : float
            Noise power of each user antenna in watts.

        Returns
        -------
        tuple[float, float, float]
            The threshold N as a real number, N² from which on every stream gets power (52), and N²
            from which on the requirement holds (54), negative where it always does.

        Examples
        --------
        >>> N, streams, sensing = element_threshold([1.0, 1.0], [1.0, 1.0], 1.0, 8.0, 4, 2, 1e-3)
        >>> streams, round(N ** 2, 9) == round(sensing, 9)
        (0.0, True)
        """
        ...

    def full_covariance_rate(
        gains: ArrayLike,
        weights: ArrayLike,
        power_w: float,
        required: float,
    ) -> float | None:
        """The rate of the best covariance of any form for given phases and orthogonal paths.

        Never below :func:`allocate`'s (docs/errata.md#surfaces-e2).

        Parameters
        ----------
        gains : ArrayLike
            g, shape [stream].
        weights : ArrayLike
            w, shape [stream].
        power_w : float
            Power in watts.
        required : float
            Required illumination Γ.

        Returns
        -------
        float | None
            In nat/s/Hz; None where no covariance meets the requirement.

        Examples
        --------
        >>> best = full_covariance_rate([3.0, 1.0], [1.0, 2.0], 2.0, 4.0)
        >>> best >= allocate([3.0, 1.0], [1.0, 2.0], 2.0, 4.0)["rate_nats"]
        True
        """
        ...

    def illumination(
        instance: Any,
        phases: ArrayLike,
        sites: ArrayLike | None = None,
    ) -> tuple[ComplexArray, ComplexArray]:
        """How phases light the target: the vector g and its derivative by the spatial frequency.

        A transmit covariance R puts the power ``gᴴ R g`` on the target.

        Parameters
        ----------
        instance : Any
            An instance of ``surfaces``, or a dictionary of its arrays.
        phases : ArrayLike
            Reflection coefficients of the surfaces one after the other, shape [element].
        sites : ArrayLike | None
            Sites that are built, ascending from 0; all where absent.

        Returns
        -------
        tuple[ComplexArray, ComplexArray]
            g and g', each of shape [antenna].

        Examples
        --------
        >>> import noctule
        >>> instance = noctule.surfaces.Scenario().realize()
        >>> g, slope = illumination(instance, aligned_phases(instance, "target"))
        >>> bool(np.linalg.norm(slope) < 1e-9 * np.linalg.norm(g))  # alignment is a maximum
        True
        """
        ...

    def link(
        instance: Any,
        sites: ArrayLike | None = None,
    ) -> dict[str, Any]:
        """The few numbers of a deployment with orthogonal paths that decide about it.

        Parameters
        ----------
        instance : Any
            An instance of ``surfaces``, or a dictionary of its arrays.
        sites : ArrayLike | None
            Sites that are built, ascending from 0; all where absent.

        Returns
        -------
        dict[str, Any]
            ``gains`` a_k of the streams for each unit of |qᴴv|², ``weights`` b_k of sensing for each
            unit of |sᴴv|², ``elements``, phase ``steps`` δ_k between the two alignments, each of shape
            [surface]; ``required`` illumination Γ = c₀/ε, 0 without a limit; ``bound_constant`` c₀;
            ``coherence`` at the base station and at the user, zero where paths are orthogonal.

        Examples
        --------
        >>> import noctule
        >>> found = link(noctule.surfaces.Scenario().realize())
        >>> bool((found["gains"] > 0).all())
        True
        """
        ...

    def surface_path(
        base_m: ArrayLike,
        surface_m: ArrayLike,
        user_m: ArrayLike,
        target_m: ArrayLike,
        base_axis_deg: float = 90.0,
        surface_axis_deg: float = 0.0,
        user_axis_deg: float = 90.0,
        reference_gain: float = 0.0001,
        exponent: float = 2.0,
    ) -> dict[str, float]:
        """The links of one surface: power gains, and spatial frequencies at all ends.

        Arrays of base station and user lie along their axes, measured from the x axis; a surface
        measures the direction of travel, so that a mirror has equal frequencies.

        Parameters
        ----------
        base_m : ArrayLike
            Base station, shape [2], in metres.
        surface_m : ArrayLike
            Surface, shape [2], in metres.
        user_m : ArrayLike
            User, shape [2], in metres.
        target_m : ArrayLike
            Target, shape [2], in metres.
        base_axis_deg : float
            Direction of the base station's array in degrees.
        surface_axis_deg : float
            Direction of the surface in degrees.
        user_axis_deg : float
            Direction of the user's array in degrees.
        reference_gain : float
            Power gain at one metre.
        exponent : float
            Path-loss exponent.

        Returns
        -------
        dict[str, float]
            ``base_gain``, ``user_gain``, ``target_gain`` (power gains), ``base_departure``,
            ``surface_arrival``, ``user_departure``, ``user_arrival``, ``target_departure`` (spatial
            frequencies).

        Examples
        --------
        >>> path = surface_path([0, 0], [50, 10], [100, 0], [100, 20])
        >>> bool(np.isclose(path["surface_arrival"], path["user_departure"]))
        True
        """
        ...

    def trade_off(
        elements: int,
        step: float,
        blend: float,
        phase: float,
    ) -> tuple[float, float, float]:
        """A point of the trade-off of one surface between user and target.

        Phases that blend the two alignments by an angle α and a relative phase ψ.

        Parameters
        ----------
        elements : int
            Elements of the surface.
        step : float
            Phase step δ between the two alignments, in radians.
        blend : float
            α: 0 is all for the target, π/2 all for the user.
        phase : float
            ψ in radians.

        Returns
        -------
        tuple[float, float, float]
            |qᴴv| towards the user, |sᴴv| towards the target, and the support function h(α, ψ).

        Examples
        --------
        >>> user, target, _ = trade_off(16, 0.3, np.pi / 2, 0.0)
        >>> round(user, 9), target < 16
        (16.0, True)
        """
        ...

else:
    aligned_phases = checked(_noctule.surfaces.aligned_phases)
    allocate = checked(_noctule.surfaces.allocate)
    array_pattern = checked(_noctule.surfaces.array_pattern)
    centred_steering = checked(_noctule.surfaces.centred_steering)
    channel = checked(_noctule.surfaces.channel)
    crb = checked(_noctule.surfaces.crb)
    element_threshold = checked(_noctule.surfaces.element_threshold)
    full_covariance_rate = checked(_noctule.surfaces.full_covariance_rate)
    illumination = checked(_noctule.surfaces.illumination)
    link = checked(_noctule.surfaces.link)
    surface_path = checked(_noctule.surfaces.surface_path)
    trade_off = checked(_noctule.surfaces.trade_off)


__all__ = [
    "SightLoss",
    "Require",
    "Layout",
    "Scenario",
    "FullCovarianceSettings",
    "DedicatedSignalSettings",
    "SweepAndMajoriseSettings",
    "AlternatingScaSettings",
    "CommunicationOnlySettings",
    "SensingOnlySettings",
    "MaxEigenmodeSettings",
    "TimeSwitchingSettings",
    "aligned_phases",
    "allocate",
    "array_pattern",
    "centred_steering",
    "channel",
    "crb",
    "element_threshold",
    "full_covariance_rate",
    "illumination",
    "link",
    "surface_path",
    "trade_off",
]


def __dir__() -> list[str]:
    return sorted(__all__)
