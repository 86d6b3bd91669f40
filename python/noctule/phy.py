"""The radio world in closed form: arrays, rates, channels, path loss.

Angles are in radians, powers in watts.

Written by python/generate.py; do not edit.
"""

# fmt: off
# ruff: noqa
from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._models import checked

ArrayLike = npt.ArrayLike
ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]


if TYPE_CHECKING:
    def linear_steering(
        elements: int,
        angle_rad: ArrayLike,
        unit_modulus: bool = False,
    ) -> tuple[ComplexArray, ComplexArray]:
        """Steering vectors of a half-wavelength linear array, ``a[n] = exp(jπ n sin ϑ)/√N``.

        Parameters
        ----------
        elements : int
            Number of elements N.
        angle_rad : ArrayLike
            Angles ϑ from broadside in radians, shape [direction].
        unit_modulus : bool
            Entries of magnitude one instead of vectors of norm one.

        Returns
        -------
        tuple[ComplexArray, ComplexArray]
            ``a`` and ``∂a/∂ϑ`` per radian, each of shape [direction, antenna].

        Examples
        --------
        >>> a, slope = linear_steering(4, [0.0])
        >>> np.allclose(a, 0.5)
        True
        """
        ...

    def log_distance_gain(
        intercept_db: float,
        slope_db: float,
        distance_m: float,
    ) -> float:
        """Mean power gain of the model ``loss = intercept + slope · log₁₀(d / 1 km)`` decibels.

        Parameters
        ----------
        intercept_db : float
            Loss at one kilometre in dB.
        slope_db : float
            Loss per decade in dB.
        distance_m : float
            Distance in metres.

        Returns
        -------
        float
            Linear power gain.

        Examples
        --------
        >>> round(float(-10 * np.log10(log_distance_gain(128.1, 37.6, 1000.0))), 9)
        128.1
        """
        ...

    def planar_steering(
        shape: ArrayLike,
        azimuth_rad: ArrayLike,
        polar_rad: ArrayLike,
        unit_modulus: bool = False,
    ) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
        """Steering vectors of a planar array and their derivatives by both angles.

        ``a = a_h ⊗ a_v``, ``a_h[n] = exp(jπ n sin θ sin φ)``, ``a_v[n] = exp(jπ n cos φ)``, vertical
        index fastest, phase reference at the corner element, norm one (Fang et al., Eq. (3), with
        docs/errata.md#beamforming-e24: φ is a polar angle).

        Parameters
        ----------
        shape : ArrayLike
            ``[horizontal, vertical]`` numbers of elements.
        azimuth_rad : ArrayLike
            Azimuths θ in radians, shape [direction].
        polar_rad : ArrayLike
            Polar angles φ in radians, shape [direction].
        unit_modulus : bool
            Entries of magnitude one instead of vectors of norm one.

        Returns
        -------
        tuple[ComplexArray, ComplexArray, ComplexArray]
            ``a``, ``∂a/∂θ`` and ``∂a/∂φ`` per radian, each of shape [direction, antenna].

        Raises
        ------
        InvalidInput
            For counts out of range, lengths that differ, entries that are not finite.

        Examples
        --------
        >>> a, by_azimuth, by_polar = planar_steering([2, 1], [np.pi / 6], [np.pi / 2])
        >>> np.allclose(a, [[1 / np.sqrt(2), 1j / np.sqrt(2)]])
        True
        """
        ...

    def power_law_gain(
        reference_gain: float,
        distance_m: float,
        exponent: float,
    ) -> float:
        """Mean power gain ``reference_gain · (d / 1 m)^(−exponent)`` of a path.

        Parameters
        ----------
        reference_gain : float
            Linear power gain at one metre.
        distance_m : float
            Distance in metres.
        exponent : float
            Path-loss exponent.

        Returns
        -------
        float
            Linear power gain.

        Raises
        ------
        InvalidInput
            For gains and distances that are not positive, exponents that are negative.

        Examples
        --------
        >>> round(power_law_gain(1e-4, 10.0, 2.0), 12)
        1e-06
        """
        ...

    def rayleigh(
        seed: int,
        trial: int,
        users: int,
        antennas: int,
        system: str = 'beamforming',
    ) -> ComplexArray:
        """Independent Rayleigh fading, the draws that scenarios use: entries CN(0, 1).

        Each user has a random stream of its own, named by seed, system, user and trial.

        Parameters
        ----------
        seed : int
            Seed of all draws.
        trial : int
            Trial.
        users : int
            Number of users.
        antennas : int
            Number of antennas.
        system : str
            The system's name is part of the streams' names.

        Returns
        -------
        ComplexArray
            Channels, shape [user, antenna].

        Examples
        --------
        >>> rayleigh(1, 0, 2, 16).shape
        (2, 16)
        """
        ...

    def sinr(
        channels: ArrayLike,
        beams: ArrayLike,
        noise_w: ArrayLike,
    ) -> FloatArray:
        """Signal-to-interference-plus-noise ratio of every user under linear beams.

        User k receives ``h_kᴴ x`` and treats every stream but its own as noise:
        ``γ_k = |h_kᴴ w_k|² / (Σ_{j≠k} |h_kᴴ w_j|² + σ_k²)`` (Fang et al., Eq. (2)).

        Parameters
        ----------
        channels : ArrayLike
            Channels, shape [user, antenna]; they are conjugated. Read without copying.
        beams : ArrayLike
            Beams in √W, shape [stream, antenna], those of users first. Read without copying.
        noise_w : ArrayLike
            Noise power of each user in watts, shape [user].

        Returns
        -------
        FloatArray
            Linear ratios, shape [user].

        Examples
        --------
        >>> sinr([[1, 1j]], [[1, 1j]], [2.0])
        array([2.])
        """
        ...

    def sum_rate(
        channels: ArrayLike,
        beams: ArrayLike,
        noise_w: ArrayLike,
        weights: ArrayLike | None = None,
    ) -> tuple[float, ComplexArray]:
        """Weighted sum of the users' rates ln(1 + γ) in nat/s/Hz, and its gradient by the beams.

        With ``weights = f'(rate)`` the gradient is that of ``Σ f(rate)``. The gradient g is the
        Euclidean one: ``df = Re Σ conj(g) dW``, twice the derivative by the conjugate.

        Parameters
        ----------
        channels : ArrayLike
            Channels, shape [user, antenna]; they are conjugated. Read without copying.
        beams : ArrayLike
            Beams in √W, shape [stream, antenna], those of users first. Read without copying.
        noise_w : ArrayLike
            Noise power of each user in watts, shape [user].
        weights : ArrayLike | None
            Weight of each user per nat, shape [user]; ones where absent.

        Returns
        -------
        tuple[float, ComplexArray]
            The weighted sum, and its gradient of shape [stream, antenna].

        Examples
        --------
        >>> value, gradient = sum_rate([[1.0, 0.0]], [[1.0, 0.0]], [1.0])
        >>> bool(np.isclose(value, np.log(2))), gradient.real
        (True, array([[1., 0.]]))
        """
        ...

else:
    linear_steering = checked(_noctule.phy.linear_steering)
    log_distance_gain = checked(_noctule.phy.log_distance_gain)
    planar_steering = checked(_noctule.phy.planar_steering)
    power_law_gain = checked(_noctule.phy.power_law_gain)
    rayleigh = checked(_noctule.phy.rayleigh)
    sinr = checked(_noctule.phy.sinr)
    sum_rate = checked(_noctule.phy.sum_rate)


__all__ = [
    "linear_steering",
    "log_distance_gain",
    "planar_steering",
    "power_law_gain",
    "rayleigh",
    "sinr",
    "sum_rate",
]


def __dir__() -> list[str]:
    return sorted(__all__)
