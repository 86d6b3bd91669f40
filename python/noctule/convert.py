"""Channels and beams of other people's conventions.

noctule's: channels ``h[user, antenna]`` (with a batch in front and the access point before the
antenna where there are several), received signal ``y = hᴴ x`` — the channel is conjugated — and
beams ``w[stream, antenna]``. Every function here says what it turns into that, and each has a test
that a received signal computed in the foreign convention is the one computed here.

=============  ================================  =============  ==========================
preset         axes                              signal         who
=============  ================================  =============  ==========================
``noctule``    user, antenna                     y = hᴴ x       noctule
``columns``    antenna, user                     y = hᴴ x       Fang et al. (``H'*W``), most
                                                                MATLAB code
``rows``       user, antenna                     y = h x        ``H*W``, rows not conjugated
``bjornson``   antenna, realisation, user        y = hᴴ x       cell-free-book, ``H(:, n, k)``
``demirhan``   user, access point, antenna       y = hᴴ x       Cell-free-ISAC-beamforming
=============  ================================  =============  ==========================

Sionna and DeepMIMO tensors, which are not conjugated either, have functions of their own. Scripts
change; where yours conjugates otherwise than the table says, name the axes instead of a preset.
"""

from __future__ import annotations

import math
import re
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._design import refuse

ComplexArray = npt.NDArray[np.complex128]

#: name → (axes of the foreign array, axes here, whether to conjugate)
_PRESETS: dict[str, tuple[str, str, bool]] = {
    "noctule": ("user, antenna", "user, antenna", False),
    "columns": ("antenna, user", "user, antenna", False),
    "rows": ("user, antenna", "user, antenna", True),
    "bjornson": ("antenna, batch, user", "batch, user, antenna", False),
    "demirhan": ("user, ap, antenna", "user, ap, antenna", False),
}


def _turned(array: npt.ArrayLike, given: str, wanted: str, conjugate: bool) -> ComplexArray:
    found = np.asarray(array)
    if found.dtype.kind not in "biufc":
        raise refuse("the array's type is not numeric", "channels", str(found.dtype),
                     "float, complex or integer entries")
    names, order = given.split(", "), wanted.split(", ")
    if found.ndim != len(names):
        raise refuse("the array has the wrong number of dimensions", "channels",
                     f"shape {list(found.shape)}", f"a complex array of shape [{given}]")
    turned = np.transpose(found, [names.index(name) for name in order])
    result: ComplexArray = np.ascontiguousarray(turned, dtype=np.complex128)
    return np.conj(result) if conjugate else result


def channels(
    array: npt.ArrayLike,
    convention: Literal["noctule", "columns", "rows", "bjornson", "demirhan"] | None = None,
    *,
    axes: str | None = None,
    conjugate: bool = False,
) -> ComplexArray:
    """Channels in noctule's convention, from a preset or from the names of the axes.

    Parameters
    ----------
    array
        The foreign array.
    convention
        One of the presets of this module.
    axes
        Instead of a preset: names of the axes in order, out of ``batch``, ``user``, ``ap``,
        ``antenna``. Axes of other names must have length one and are dropped.
    conjugate
        With ``axes``: whether the foreign signal is ``y = h x`` (true) or ``y = hᴴ x``.

    Returns
    -------
    ComplexArray
        Axes in the order batch, user, ap, antenna, as far as there are any.

    Examples
    --------
    >>> import numpy as np
    >>> H = np.arange(6).reshape(3, 2) * 1j              # 3 antennas, 2 users, y = H'*x
    >>> channels(H, "columns").shape
    (2, 3)
    >>> channels(np.ones((1, 2, 3)), axes="time, user, antenna", conjugate=True).shape
    (2, 3)
    """
    if (convention is None) == (axes is None):
        raise refuse("it is not clear how to read the channels", "convention",
                     f"convention={convention!r}, axes={axes!r}", "one of the two",
                     f"presets are {', '.join(_PRESETS)}")
    if convention is not None:
        if convention not in _PRESETS:
            raise _noctule.unknown(convention, "convention", list(_PRESETS))
        return _turned(array, *_PRESETS[convention])
    names = [name.strip() for name in str(axes).split(",")]
    order = [name for name in ("batch", "user", "ap", "antenna") if name in names]
    if len(set(names)) != len(names) or not {"user", "antenna"} <= set(names):
        raise refuse("the names of the axes do not fit", "axes", repr(axes),
                     "each once, `user` and `antenna` among them")
    found = np.asarray(array)
    if found.ndim != len(names):
        raise refuse("the array has the wrong number of dimensions", "channels",
                     f"shape {list(found.shape)}", f"a complex array of shape [{axes}]")
    for position in reversed(range(len(names))):
        if names[position] not in order:
            if found.shape[position] != 1:
                raise refuse("an axis cannot be dropped", f"axes, `{names[position]}`",
                             f"length {found.shape[position]}", "length 1",
                             "choose one entry of it first")
            found = found.take(0, axis=position)
            names.pop(position)
    return _turned(found, ", ".join(names), ", ".join(order), conjugate)


def sionna(h: npt.ArrayLike, *, subcarrier: int = 0, symbol: int = 0, transmitter: int = 0,
           receive_antenna: int = 0) -> ComplexArray:
    """Channels from Sionna's tensor of channel frequency responses.

    Sionna: ``[batch, rx, rx_ant, tx, tx_ant, symbol, subcarrier]``, signal ``y = H x`` (not
    conjugated). Every receiver is a user with one antenna; choose the others by index.

    Returns
    -------
    ComplexArray
        Shape [batch, user, antenna]; ``noctule.stack(scenario=…, channels=…)`` takes it.

    Examples
    --------
    >>> import numpy as np
    >>> sionna(np.ones((5, 4, 1, 1, 16, 14, 64))).shape
    (5, 4, 16)
    """
    found = np.asarray(h)
    wanted = "batch, rx, rx_ant, tx, tx_ant, symbol, subcarrier"
    if found.ndim != 7:
        raise refuse("the array has the wrong number of dimensions", "h",
                     f"shape {list(found.shape)}", f"a complex array of shape [{wanted}]")
    _inside(found, {"receive_antenna": (2, receive_antenna), "transmitter": (3, transmitter),
                    "symbol": (5, symbol), "subcarrier": (6, subcarrier)})
    chosen = found[:, :, receive_antenna, transmitter, :, symbol, subcarrier]
    return _turned(chosen, "batch, user, antenna", "batch, user, antenna", True)


def deepmimo(channel: npt.ArrayLike, users: Any = None, *, subcarrier: int = 0,
             receive_antenna: int = 0) -> ComplexArray:
    """Channels from DeepMIMO's array ``[user, rx_ant, tx_ant, subcarrier]``, signal ``y = H x``.

    ``users`` picks rows (indices or a mask); all of them by default.

    Returns
    -------
    ComplexArray
        Shape [user, antenna].

    Examples
    --------
    >>> import numpy as np
    >>> deepmimo(np.ones((100, 1, 16, 8)), users=[3, 14, 15]).shape
    (3, 16)
    """
    found = np.asarray(channel)
    if found.ndim != 4:
        raise refuse("the array has the wrong number of dimensions", "channel",
                     f"shape {list(found.shape)}",
                     "a complex array of shape [user, rx_ant, tx_ant, subcarrier]")
    _inside(found, {"receive_antenna": (1, receive_antenna), "subcarrier": (3, subcarrier)})
    chosen = found[:, receive_antenna, :, subcarrier]
    return _turned(chosen if users is None else chosen[users], "user, antenna", "user, antenna",
                   True)


def _inside(array: Any, chosen: dict[str, tuple[int, int]]) -> None:
    for name, (axis, index) in chosen.items():
        if not 0 <= index < array.shape[axis]:
            raise refuse("the index is out of range", name, str(index),
                         f"0 to {array.shape[axis] - 1}")


def beams(array: npt.ArrayLike, *, axes: str = "antenna, stream") -> ComplexArray:
    """Beams ``W`` of the literature (antenna × stream, ``x = W s``) as ``w[stream, antenna]``.

    >>> import numpy as np
    >>> beams(np.ones((16, 4))).shape
    (4, 16)
    """
    return _turned(array, axes, "stream, antenna", False)


def steering(array: npt.ArrayLike, *, normalised: bool) -> ComplexArray:
    """Steering vectors ``[direction, antenna]`` scaled to norm one, from norm one or entries of
    magnitude one (``normalised=False``: each is divided by the root of the number of antennas).

    >>> import numpy as np
    >>> float(np.linalg.norm(steering(np.ones((1, 4)), normalised=False)))
    1.0
    """
    found = _turned(array, "direction, antenna", "direction, antenna", False)
    return found if normalised else found / np.sqrt(found.shape[1])


def power_w(text: str | float) -> float:
    """Watts from ``"30 dBm"``, ``"0 dBW"``, ``"1 mW"``, ``"2.5 W"``; a number is watts already.

    >>> power_w("30dBm"), power_w("1 mW"), power_w(2)
    (1.0, 0.001, 2.0)
    """
    if not isinstance(text, str):
        return _power(float(text), text)
    found = re.fullmatch(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S*)\s*", text)
    factors = {"W": 1.0, "mW": 1e-3, "uW": 1e-6, "µW": 1e-6, "nW": 1e-9}
    if found is None:
        raise refuse("not a number", "power", repr(text), "such as \"30 dBm\"")
    value, unit = float(found[1]), found[2]
    if unit in ("dBm", "dBW"):
        exponent = (value - (30 if unit == "dBm" else 0)) / 10
        return _power(10.0**exponent if abs(exponent) < 300 else math.inf, text)
    if unit in factors:
        return _power(value * factors[unit], text)
    raise refuse("the unit is not a unit of power", "power", repr(text),
                 f"dBm, dBW, {', '.join(factors)}")


def _power(value: float, text: str | float) -> float:
    if not 0 <= value < math.inf:
        raise refuse("this is no power", "power", repr(text), "finite, 0 W or more")
    return value


__all__ = ["beams", "channels", "deepmimo", "power_w", "sionna", "steering"]
