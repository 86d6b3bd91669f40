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

Arrays of Sionna, DeepMIMO, QuaDRiGa and the 5G Toolbox, which are not conjugated either, have
functions of their own. Scripts change; where yours conjugates otherwise than the table says, name
the axes instead of a preset.

**Directions.** A planar array here has its vertical index fastest, and element n of a(θ, φ) has the
phase +jπ(h sin θ sin φ + v cos φ). Channels of another order have the right rates and the wrong
direction, so that users and targets of one scene do not fit. ``array=(horizontal, vertical)`` with
``fastest`` and ``mirror`` puts the elements in order; :func:`sionna` and :func:`deepmimo` know theirs
and ask for the sides; :func:`quadriga` and :func:`toolbox_5g` take ``positions`` or ``order``. What an
importer leaves out without having been told to is a ``UserWarning``.
"""

from __future__ import annotations

import math
import re
from typing import Literal

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._importers import deepmimo, quadriga, sides_of, sionna, toolbox_5g
from ._input import refuse

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
    array_sides: tuple[int, int] | None = None,
    fastest: Literal["vertical", "horizontal"] = "vertical",
    mirror: Literal["none", "horizontal", "vertical", "both"] = "none",
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
        With ``axes``: whether the foreign signal is ``y = h x`` (true) or ``y = hᴴ x``. Presets know it.
    array_sides
        Elements (horizontal, vertical) of the planar array, for the next two.
    fastest
        Which index runs fastest in the foreign array.
    mirror
        Which index counts the other way there, so that its phases fall where ours rise.

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
        if conjugate:
            raise refuse("a preset says itself whether channels are conjugated", "conjugate", "True",
                         "conjugate with axes", f"axes=\"{_PRESETS[convention][0]}\", conjugate=True")
        return _ordered(_turned(array, *_PRESETS[convention]), array_sides, fastest, mirror)
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
    turned = _turned(found, ", ".join(names), ", ".join(order), conjugate)
    return _ordered(turned, array_sides, fastest, mirror)


def _ordered(turned: ComplexArray, sides: tuple[int, int] | None, fastest: str,
             mirror: str) -> ComplexArray:
    options = f"fastest={fastest}; mirror={mirror}"
    if sides is None and (fastest, mirror) == ("vertical", "none"):
        return turned
    if sides is None:
        raise refuse("the order of the elements needs the array's sides", "array_sides", "nothing",
                     "(8, 4), elements horizontal, vertical")
    found: ComplexArray = _noctule.reordered(turned, f"{options}; {sides_of(sides)}")
    return found


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


__all__ = [
    "beams", "channels", "deepmimo", "power_w", "quadriga", "sionna", "steering", "toolbox_5g",
]


def __dir__() -> list[str]:
    return sorted(__all__)
