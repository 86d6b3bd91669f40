"""Models of channels: responses, covariances, draws (docs/channels.md).

Angles are in radians, powers in watts.

Written by python/generate.py; do not edit.
"""

# fmt: off
# ruff: noqa
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._models import checked

ArrayLike = npt.ArrayLike
ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]


if TYPE_CHECKING:
    def covariance(
        shape: ArrayLike,
        azimuth_rad: float,
        polar_rad: float,
        azimuth_std_rad: float,
        polar_std_rad: float = 0.0,
        spectrum: str = 'gaussian',
        spacings: tuple[float, float] = (0.5, 0.5),
    ) -> ComplexArray:
        """Covariance of what local scatterers around a direction send, with trace N.

        Directions are (θ + X, φ + Y), X and Y independent with the standard deviations given; exact for
        any spread (an expansion in Bessel functions over θ, a quadrature over φ), where a small-angle
        form is off by 0.09 at 20°. Half of Björnson, Hoydis, Sanguinetti, "Massive MIMO Networks", Section
        2.6, is its Gaussian case.

        Parameters
        ----------
        shape : ArrayLike
            ``[horizontal, vertical]`` numbers of elements.
        azimuth_rad : float
            θ in radians.
        polar_rad : float
            φ in radians.
        azimuth_std_rad : float
            Standard deviation of the azimuth in radians.
        polar_std_rad : float
            Standard deviation of the polar angle in radians.
        spectrum : str
            ``gaussian``, ``laplacian`` or ``uniform``.
        spacings : tuple[float, float]
            Distances of neighbours in wavelengths.

        Returns
        -------
        ComplexArray
            R, shape [antenna, antenna].

        Raises
        ------
        InvalidInput
            For spreads that are negative, a spectrum that there is not.

        Examples
        --------
        >>> r = covariance([4, 1], 0.3, np.pi / 2, 0.1)
        >>> round(float(np.trace(r).real), 9), bool(abs(r[0, 3]) < abs(r[0, 1]))
        (4.0, True)
        """
        ...

    def delay_line(
        profile: str,
        delay_spread_s: float = 0.0,
        k_factor_db: float | None = None,
        azimuth_rad: float | None = None,
        azimuth_spread_rad: float | None = None,
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]:
        """Rays of a clustered delay line of 3GPP TR 38.901, Section 7.7.1.

        Parameters
        ----------
        profile : str
            ``A`` to ``E``.
        delay_spread_s : float
            Wanted delay spread in seconds.
        k_factor_db : float or None
            Line of sight over all clusters in dB, of D and E; None keeps the profile's.
        azimuth_rad : float or None
            Where the mean azimuth is moved to; None leaves it.
        azimuth_spread_rad : float or None
            Wanted spread of the azimuth; None keeps the profile's.

        Returns
        -------
        tuple[FloatArray, FloatArray, FloatArray, FloatArray, float]
            Powers [cluster], delays in seconds [cluster], azimuths and polar angles in radians [cluster,
            ray], and the power of the line of sight; powers sum to one.

        Raises
        ------
        InvalidInput
            For a profile that there is not, a factor K of one without line of sight.

        Examples
        --------
        >>> powers, delays, azimuths, polars, sight = delay_line("D", 1e-7)
        >>> azimuths.shape, round(float(powers.sum()) + sight, 12)
        ((13, 20), 1.0)
        """
        ...

    def draw(
        channel: Any,
        shape: ArrayLike,
        users: int,
        trials: int = 1,
        seed: int | None = None,
        spacings: tuple[float, float] = (0.5, 0.5),
        centred: bool = False,
    ) -> ComplexArray:
        """Channels as scenarios of ``beamforming`` draw them.

        ``channel`` is the name of a kind or its table: ``rayleigh``, ``correlated`` (local scattering, as
        ``covariance``), ``rician`` (Rice, "Mathematical analysis of random noise"; K from −300 dB, scatter
        alone, to 300 dB, a line of sight alone), ``clustered`` (extended Saleh–Valenzuela), ``cdl`` and
        ``geometry`` (3GPP TR 38.901), with the keys of docs/channels.md. The user receives ``conj(h) · x``. Trial t here is trial t of an experiment with
        this seed.

        Parameters
        ----------
        channel : Any
            Kind, table, or ``beamforming.Channel…``.
        shape : ArrayLike
            ``[horizontal, vertical]`` numbers of elements.
        users : int
            Number of users.
        trials : int
            Number of trials, from 0.
        seed : int
            Seed of the draw.
        spacings : tuple[float, float]
            Distances of neighbours in wavelengths.
        centred : bool
            Whether the phase reference is the middle of the array.

        Returns
        -------
        ComplexArray
            Channels, shape [trial, user, antenna]: what ``channel.kind = "file"`` reads.

        Raises
        ------
        InvalidInput
            For a kind or keys that there are not, parameters out of range.

        Examples
        --------
        >>> h = draw({"kind": "rician", "k_factor_db": 10.0}, [4, 2], 3, trials=5)
        >>> h.shape
        (5, 3, 8)
        """
        ...

    def echo_amplitude(
        wavelength_m: float,
        cross_section_m2: float,
        range_m: float,
    ) -> float:
        """Amplitude of an echo, ``√(λ²σ/((4π)³r⁴))`` (the radar equation), for responses of magnitude one;
        times √(N_t N_r) for responses of norm one.

        Parameters
        ----------
        wavelength_m : float
            λ in metres.
        cross_section_m2 : float
            Radar cross-section σ in m².
        range_m : float
            r in metres.

        Returns
        -------
        float
            |α|.

        Examples
        --------
        >>> bool(np.isclose(echo_amplitude(0.1, 1.0, 100.0) ** 2, 0.01 / (4 * np.pi) ** 3 / 1e8))
        True
        """
        ...

    def element_gain_db(
        azimuth_rad: ArrayLike,
        polar_rad: ArrayLike,
    ) -> FloatArray:
        """Gain of an antenna element of 3GPP TR 38.901, Table 7.3-1, in dB over isotropic.

        Parameters
        ----------
        azimuth_rad : ArrayLike
            Azimuths from broadside in radians, shape [direction].
        polar_rad : ArrayLike
            Polar angles in radians, shape [direction].

        Returns
        -------
        FloatArray
            Gains in dB, shape [direction].

        Examples
        --------
        >>> [float(g) for g in element_gain_db([0.0, np.pi], [np.pi / 2, np.pi / 2])]
        [8.0, -22.0]
        """
        ...

    def line_of_sight_probability(
        scenario: str,
        distance_m: ArrayLike,
        base_height_m: float = 10.0,
        user_height_m: float = 1.5,
    ) -> FloatArray:
        """Probability of a line of sight of 3GPP TR 38.901, Table 7.4.2-1; factories have the clutter of the
        report's calibration.

        Parameters
        ----------
        scenario : str
            As in ``path_loss_db``.
        distance_m : ArrayLike
            Distances in the plane in metres, shape [place].
        base_height_m : float
            Height of the base station in metres.
        user_height_m : float
            Height of the users in metres.

        Returns
        -------
        FloatArray
            Probabilities, shape [place].

        Examples
        --------
        >>> [round(float(p), 4) for p in line_of_sight_probability("umi", [10.0, 100.0])]
        [1.0, 0.231]
        """
        ...

    def noise_w(
        bandwidth_hz: float,
        noise_figure_db: float,
        temperature_k: float = 290.0,
    ) -> float:
        """Thermal noise ``k_B T B 10^{NF/10}`` in watts (Johnson and Nyquist), with the Boltzmann constant of the SI.

        Parameters
        ----------
        bandwidth_hz : float
            B in hertz.
        noise_figure_db : float
            NF in dB.
        temperature_k : float
            T in kelvin.

        Returns
        -------
        float
            Noise power in watts.

        Examples
        --------
        >>> round(float(10 * np.log10(noise_w(100e6, 7.0)) + 30), 3)
        -86.975
        """
        ...

    def path_loss_db(
        scenario: str,
        distance_m: ArrayLike,
        frequency_ghz: float,
        line_of_sight: bool,
        base_height_m: float = 10.0,
        user_height_m: float = 1.5,
    ) -> FloatArray:
        """Path loss of 3GPP TR 38.901, Table 7.4.1-1, in dB.

        Parameters
        ----------
        scenario : str
            ``umi``, ``uma``, ``inf-sl``, ``inf-dl``, ``inf-sh``, ``inf-dh`` or ``inf-hh``.
        distance_m : ArrayLike
            Distances in the plane in metres, shape [place].
        frequency_ghz : float
            Carrier in GHz.
        line_of_sight : bool
            Whether there is one.
        base_height_m : float
            Height of the base station in metres.
        user_height_m : float
            Height of the users in metres.

        Returns
        -------
        FloatArray
            Losses in dB, shape [place].

        Raises
        ------
        InvalidInput
            For a scenario that there is not, users of ``uma`` above 13 m, ``inf-hh`` without line of sight.

        Examples
        --------
        >>> [round(float(x), 3) for x in path_loss_db("umi", [100.0], 28.0, True)]
        [103.376]
        """
        ...

    def steering(
        shape: ArrayLike,
        azimuth_rad: ArrayLike,
        polar_rad: ArrayLike,
        spacings: tuple[float, float] = (0.5, 0.5),
        centred: bool = False,
        frequency_ratio: float = 1.0,
    ) -> ComplexArray:
        """Responses of a planar array of any spacing to plane waves, of norm one.

        ``a = exp(j2πρ[d_h i_h sin θ sin φ + d_v i_v cos φ]) / √N``, vertical index fastest, spacings in
        wavelengths of the carrier, ρ the frequency over that of the carrier. Half a wavelength, ρ = 1 and
        the reference in the corner are ``phy.planar_steering``. The plane wave of any textbook (Van Trees,
        "Optimum Array Processing", Chapter 2).

        Parameters
        ----------
        shape : ArrayLike
            ``[horizontal, vertical]`` numbers of elements.
        azimuth_rad : ArrayLike
            Azimuths θ in radians, shape [direction].
        polar_rad : ArrayLike
            Polar angles φ from the vertical axis in radians, shape [direction].
        spacings : tuple[float, float]
            Distances of neighbours in a row and in a column, in wavelengths.
        centred : bool
            Whether the phase reference is the middle of the array and not its corner.
        frequency_ratio : float
            ρ.

        Returns
        -------
        ComplexArray
            Responses, shape [direction, antenna].

        Raises
        ------
        InvalidInput
            For counts out of range, lengths that differ, entries that are not finite.

        Examples
        --------
        >>> a = steering([2, 1], [np.pi / 6], [np.pi / 2], spacings=(1.0, 0.5))
        >>> np.allclose(a, [[1 / np.sqrt(2), -1 / np.sqrt(2)]])
        True
        """
        ...

else:
    covariance = checked(_noctule.channels.covariance)
    delay_line = checked(_noctule.channels.delay_line)
    draw = checked(_noctule.channels.draw)
    echo_amplitude = checked(_noctule.channels.echo_amplitude)
    element_gain_db = checked(_noctule.channels.element_gain_db)
    line_of_sight_probability = checked(_noctule.channels.line_of_sight_probability)
    noise_w = checked(_noctule.channels.noise_w)
    path_loss_db = checked(_noctule.channels.path_loss_db)
    steering = checked(_noctule.channels.steering)


__all__ = [
    "covariance",
    "delay_line",
    "draw",
    "echo_amplitude",
    "element_gain_db",
    "line_of_sight_probability",
    "noise_w",
    "path_loss_db",
    "steering",
]


def __dir__() -> list[str]:
    return sorted(__all__)
