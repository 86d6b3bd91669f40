"""Channels of other programs, for :mod:`noctule.convert`: axes, phases and the order of elements of
each are known.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._input import refuse

ComplexArray = npt.NDArray[np.complex128]


def sides_of(sides: Any) -> str:
    try:
        horizontal, vertical = (operator.index(side) for side in sides)
    except (TypeError, ValueError):
        raise refuse("these are no sides of an array", "array", repr(sides),
                     "(8, 4), elements horizontal, vertical") from None
    return f"array={horizontal}x{vertical}"


def _whole(name: str, index: Any) -> int:
    try:
        if isinstance(index, (bool, np.bool_)):
            raise TypeError
        return operator.index(index)
    except TypeError:
        raise refuse("the index is not a whole number", name, repr(index), "0, 1, 2, …") from None


def _imported(tool: str, found: Any, options: list[str],
              chosen: Mapping[str, int | None]) -> ComplexArray:
    """Axes [trial, user, antenna, subcarrier]."""
    for name, index in chosen.items():
        if index is not None:
            options.append(f"{name}={_whole(name, index)}")
            if index < 0:
                raise refuse("the index is out of range", name, str(index), "0 or more")
    result, notes = _noctule.imported(found, "; ".join([f"tool={tool}", *options]))
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=3)
    return np.asarray(result, dtype=np.complex128)


def _one(result: ComplexArray, subcarrier: int | None) -> ComplexArray:
    """One subcarrier of [trial, user, antenna, subcarrier]."""
    count = result.shape[3]
    if subcarrier is None and count > 1:
        warnings.warn(f"only the first of {count} subcarriers was taken; subcarrier=0 says it is so",
                      UserWarning, stacklevel=3)
    index = 0 if subcarrier is None else _whole("subcarrier", subcarrier)
    _inside(result, {"subcarrier": (3, index)})
    return np.ascontiguousarray(result[..., index])


#: The sides of an array that nobody said.
_UNSAID: Any = object()


def sionna(h: npt.ArrayLike, *, array: tuple[int, int] | None = _UNSAID,
           subcarrier: int | None = None, symbol: int | None = None,
           transmitter: int | None = None, receive_antenna: int | None = None) -> ComplexArray:
    """Channels from Sionna's tensor of channel frequency responses.

    Sionna: ``[batch, rx, rx_ant, tx, tx_ant, symbol, subcarrier]``, signal ``y = H x`` (not
    conjugated), elements column by column from the top. Every receiver is a user with one antenna.
    Of several transmitters one must be chosen; of the other axes the first entry is taken, with a
    warning, where none is chosen.

    Parameters
    ----------
    h
        The tensor.
    array
        Elements (horizontal, vertical) of the transmit array: columns, rows. ``None`` keeps their
        order, and directions then mean nothing.
    subcarrier, symbol, transmitter, receive_antenna
        Which entry of these axes.

    Returns
    -------
    ComplexArray
        Shape [batch, user, antenna]; ``noctule.stack(scenario=…, channels=…)`` takes it.

    Examples
    --------
    >>> import numpy as np
    >>> sionna(np.ones((5, 4, 1, 1, 16, 14, 64)), array=(4, 4), symbol=0, subcarrier=0).shape
    (5, 4, 16)
    """
    chosen = {"symbol": symbol, "tx": transmitter, "rx_ant": receive_antenna}
    return _one(_imported("sionna", h, _said(array), chosen), subcarrier)


def _said(array: Any) -> list[str]:
    if array is _UNSAID:
        return []
    return ["array=as-is" if array is None else sides_of(array)]


def deepmimo(channel: npt.ArrayLike, users: Any = None, *,
             array: tuple[int, int] | None = _UNSAID, subcarrier: int | None = None,
             receive_antenna: int | None = None,
             total_subcarriers: int | None = None) -> ComplexArray:
    """Channels from DeepMIMO's array ``[user, rx_ant, tx_ant, subcarrier]``, signal ``y = H x``,
    elements with the horizontal index fastest.

    Parameters
    ----------
    channel
        The array, with or without an axis of time behind.
    users
        Which rows (indices or a mask); all of them by default.
    array
        Elements (horizontal, vertical) of the transmit array. ``None`` keeps their order, and
        directions then mean nothing.
    subcarrier, receive_antenna
        Which entry of these axes.
    total_subcarriers
        All subcarriers of its OFDM symbol, by whose root DeepMIMO divides amplitudes.

    Returns
    -------
    ComplexArray
        Shape [user, antenna].

    Examples
    --------
    >>> import numpy as np
    >>> rays = np.ones((100, 1, 16, 1))
    >>> deepmimo(rays, users=[3, 14, 15], array=(4, 4), total_subcarriers=64).shape
    (3, 16)
    """
    options = _said(array)
    if total_subcarriers is not None:
        options.append(f"total-subcarriers={total_subcarriers}")
    found = _imported("deepmimo", channel, options, {"rx_ant": receive_antenna})
    result: ComplexArray = _one(found, subcarrier)[0]
    if users is not None:
        result = result[_rows(users, len(result))]
    return result


def _rows(users: npt.ArrayLike, count: int) -> npt.NDArray[Any]:
    """Indices of users, or a mask of all."""
    rows = np.asarray(users)
    if rows.size == 0 and rows.ndim == 1:
        rows = rows.astype(int)
    is_mask = rows.dtype.kind == "b" and rows.shape == (count,)
    is_list = rows.dtype.kind in "iu" and rows.ndim == 1 and bool(np.all((-count <= rows) & (rows < count)))
    if not (is_mask or is_list):
        raise refuse("these are no users", "users", f"{rows.dtype} of shape {list(rows.shape)}",
                     f"a list of indices below {count}, or a mask of {count}")
    return rows


def quadriga(fr: npt.ArrayLike, *, positions: npt.ArrayLike | None = None,
             order: npt.ArrayLike | None = None, carrier: int | None = None,
             receive_antenna: int | None = None) -> ComplexArray:
    """Channels of one link from QuaDRiGa's ``fr``: ``[rx_ant, tx_ant, carrier, snapshot]``.

    Parameters
    ----------
    fr
        The array, dimensions of one at the end dropped or not.
    positions
        ``element_position`` of the transmit array, 3 × antennas (x forward, y left, z up): the
        elements are put in order by it.
    order
        Instead: which foreign element is element n here. Without both the order is kept.
    carrier, receive_antenna
        Which entry of these axes.

    Returns
    -------
    ComplexArray
        Shape [snapshot, 1, antenna]: each snapshot is a trial of one user.

    Examples
    --------
    >>> import numpy as np
    >>> quadriga(np.ones((1, 16, 1, 10))).shape
    (10, 1, 16)
    """
    found = _imported("quadriga", fr, _order(positions, order), {"rx_ant": receive_antenna})
    return _one(found, carrier)


def toolbox_5g(h: npt.ArrayLike, *, positions: npt.ArrayLike | None = None,
               order: npt.ArrayLike | None = None, subcarrier: int | None = None,
               symbol: int | None = None, receive_antenna: int | None = None) -> ComplexArray:
    """Channels of one link from the 5G Toolbox' ``nrPerfectChannelEstimate``:
    ``[subcarrier, symbol, rx_ant, tx_ant]``. See :func:`quadriga` for ``positions`` and ``order``.

    Examples
    --------
    >>> import numpy as np
    >>> toolbox_5g(np.ones((12, 14, 1, 8)), subcarrier=0, symbol=0).shape
    (1, 1, 8)
    """
    chosen = {"symbol": symbol, "rx_ant": receive_antenna}
    found = _imported("5g-toolbox", h, _order(positions, order), chosen)
    return _one(found, subcarrier)


def _order(positions: npt.ArrayLike | None, order: npt.ArrayLike | None) -> list[str]:
    if positions is not None and order is not None:
        raise refuse("the order of the elements is said twice", "order", "positions and order",
                     "one of them")
    if positions is not None:
        places = np.asarray(positions, dtype=float)
        if places.ndim != 2 or places.shape[0] != 3 or not np.all(np.isfinite(places)):
            raise refuse("these are no positions of elements", "positions",
                         f"shape {list(places.shape)}", "shape [3, antennas], finite numbers")
        # Columns from the left (largest y), in each from the top: the transmit index counts
        # against the axes. Rounded, so that a column is one in spite of rounding.
        scale = max(float(np.max(np.abs(places))), 1e-300)
        places = np.round(places / scale, 9)
        order = np.lexsort((-places[2], -places[1]))
    if order is None:
        return []
    given = np.asarray(order).reshape(-1)
    if given.dtype.kind not in "iu":
        raise refuse("the order is not one of whole numbers", "order", str(given.dtype), "0, 1, 2, …")
    return ["order=" + ",".join(str(index) for index in given)]


def _inside(array: Any, chosen: dict[str, tuple[int, int]]) -> None:
    for name, (axis, index) in chosen.items():
        if not 0 <= index < array.shape[axis]:
            raise refuse("the index is out of range", name, str(index),
                         f"0 to {array.shape[axis] - 1}")
