"""What the generated dataclasses share: dictionaries, and refusals in noctule's words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from . import _noctule

T = TypeVar("T")

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[T], T]:
        """For type checkers: what the decorator makes is a dataclass."""
        return lambda function: function


def to_dict(value: Any) -> Any:
    """The value as what JSON is made of; dataclasses become dictionaries without absent members.

    Absent members are left out where ``None`` is the default (a variant that is not chosen), and
    kept where it is not (a value taken away).
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = {}
        for field in dataclasses.fields(value):
            member = getattr(value, field.name)
            if member is None and field.default is None:
                continue
            members[field.metadata.get("key", field.name)] = to_dict(member)
        return members
    if isinstance(value, dict):
        return {key: to_dict(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_dict(member) for member in value]
    return value


@dataclass_transform(kw_only_default=True)
def parameters(cls: type[T]) -> type[T]:
    """Make a dataclass with keyword arguments only, whose mistakes are bad input.

    An argument of an unknown name raises :class:`noctule.InvalidInput` with the nearest known
    one, as a file with that key would.
    """
    made = dataclasses.dataclass(kw_only=True)(cls)
    names = [field.name for field in dataclasses.fields(made)]  # type: ignore[arg-type]
    plain = made.__init__

    def __init__(self: Any, *args: Any, **given: Any) -> None:
        for name in given:
            if name not in names:
                raise _noctule.unknown(name, cls.__name__, names)
        plain(self, *args, **given)

    __init__.__doc__ = plain.__doc__
    __init__.__wrapped__ = plain  # type: ignore[attr-defined]
    made.__init__ = __init__  # type: ignore[method-assign]
    made.to_dict = lambda self: to_dict(self)  # type: ignore[attr-defined]
    return made


class ScenarioBase:
    """What every scenario can do. Its members are the keys of an experiment's ``[scenario]``."""

    #: Name of the system.
    system: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The scenario as a file would say it."""
        members: dict[str, Any] = to_dict(self)
        return members

    def realize(self, seed: int = 1, trial: int = 0, **arrays: Any) -> Any:
        """The instance of a trial; named arrays of your own win over what would be drawn.

        Depends on seed and trial alone: the same numbers on the command line give the same draw.
        """
        from ._instance import Instance

        return Instance(self.system, scenario=self, arrays=arrays or None, seed=seed, trial=trial)

    def design(self, scheme: str | None = None, settings: Any = None, **options: Any) -> Any:
        """Draw and design; see :func:`noctule.design`."""
        from ._verbs import design

        return design(self, scheme, settings, **options)
