"""What all model functions share: arguments of the wrong type are bad input, in noctule's words."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def checked(function: F) -> F:
    """The function, which raises :class:`noctule.InvalidInput` for arguments of the wrong type.

    Calls that do not fit the signature stay a ``TypeError``.
    """

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except (TypeError, OverflowError) as error:
            name = _processed(error)
            if name is None:
                raise
            value = inspect.signature(function).bind(*arguments, **named).arguments.get(name)
            raise _refusal(name, value, error) from None

    return call  # type: ignore[return-value]


def _processed(error: Exception) -> str | None:
    """The argument that could not be read, where that is the trouble."""
    notes = " ".join(getattr(error, "__notes__", []))
    found = re.search(r"while processing '(\w+)'|argument '(\w+)'", f"{notes} {error}")
    return None if found is None else found[1] or found[2]


def _refusal(name: str, value: Any, error: Exception) -> Exception:
    from ._input import refuse

    if isinstance(error, OverflowError):
        return refuse("the number is too large", name, repr(value)[:40], "a number of 64 bits")
    wanted = {"'str'": "text", "'bool'": "True or False"}
    allowed = next((word for kind, word in wanted.items() if kind in str(error)), "a number")
    return refuse("the argument has the wrong type", name, f"a {type(value).__name__}", allowed)
