"""What is said of input that cannot be used, and what all classes do with names and arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._noctule import InvalidInput

Array = npt.NDArray[Any]
OnFailure = Literal["raise", "return"]


def refuse(what: str, where: str, found: str, allowed: str, hint: str | None = None) -> InvalidInput:
    """An exception in the form of all of noctule's."""
    text = f"{what}\n  where:   {where}\n  found:   {found}\n  allowed: {allowed}"
    error = InvalidInput(text if hint is None else f"{text}\n  hint:    {hint}")
    error.what, error.where, error.found, error.allowed = what, where, found, allowed
    error.hint = hint
    return error


class UnknownName(InvalidInput, KeyError):
    """A name that is not there: bad input, and a ``KeyError`` where a mapping is asked."""

    def __str__(self) -> str:
        return str(self.args[0])


def member_of(members: Mapping[str, Any], name: Any) -> Any:
    """The member, or bad input with the nearest name."""
    try:
        return members[name]
    except (KeyError, TypeError):
        raise no_such(str(name), members) from None


def no_such(name: str, known: Iterable[str]) -> UnknownName:
    told = _noctule.unknown(name, "", list(known))
    error = UnknownName(str(told))
    for part in ("what", "where", "found", "allowed", "hint"):
        setattr(error, part, getattr(told, part))
    return error


def frozen(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same arrays, read-only: what is changed in them would change nothing else.

    They lie in bytes, which nothing makes writable; a flag alone could be set back.
    """
    return MappingProxyType({
        name: np.ndarray(value.shape, value.dtype, buffer=value.tobytes())
        if isinstance(value, np.ndarray) else value
        for name, value in arrays.items()
    })


def check_draw(seed: Any, trial: Any) -> None:
    """Refuse what is no number of a draw: nothing, or a truth value."""
    for name, value in (("seed", seed), ("trial", trial)):
        if value is None or isinstance(value, (bool, np.bool_)):
            raise refuse("this is no count", name, repr(value),
                         "a whole number from 0 to 18446744073709551615")


def refuse_draw(seed: Any, trial: Any) -> InvalidInput:
    return refuse(
        "the count is out of range", "seed, trial", f"{seed}, {trial}", "whole numbers of 64 bits"
    )


def check_on_failure(on_failure: str) -> None:
    if on_failure not in ("raise", "return"):
        raise refuse("there is no such behaviour", "on_failure", repr(on_failure),
                     '"raise" or "return"')
