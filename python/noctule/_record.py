"""Named values: metrics, proofs, work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from . import _show
from ._input import member_of


class Record(Mapping[str, Any]):
    """Named values, by key or by attribute; lists of numbers are arrays, what is absent is None.

    >>> record = Record({"sum_rate_nats": 2.5, "sinr": [1.0, 3.0], "targets": None})
    >>> record.sum_rate_nats, record["sinr"], record.targets
    (2.5, array([1., 3.]), None)
    """

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = {name: _shown(value) for name, value in members.items()}

    def __getitem__(self, name: str) -> Any:
        return member_of(self._members, name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._members[name]
        except KeyError:
            raise AttributeError(f"there is no `{name}`; there are {', '.join(self)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._members]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and _listed(self) == _listed(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Record({self._members!r})"

    def _repr_html_(self) -> str:
        return _show.members_html("", self._members.items())

    def to_dict(self) -> dict[str, Any]:
        """A plain dictionary, records inside too."""
        return {name: _plain(value) for name, value in self._members.items()}


class ProofRecord(Record):
    """What is proven, said in a sentence when it is printed; the members have all numbers."""

    def __str__(self) -> str:
        return _show.proof_text(self.to_dict())

    def __repr__(self) -> str:
        return f"<noctule.Proof {self}>"

    def _repr_html_(self) -> str:
        return _show.html_table("", [], [["proven", str(self)]], 2)


def _shown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Record(value)
    if isinstance(value, list):
        if value and all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in value):
            return np.array(value, dtype=float)
        return [_shown(x) for x in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(x) for x in value]
    return value


def _listed(value: Any) -> Any:
    """The value with lists for arrays, which have no single answer to ==."""
    if isinstance(value, Record):
        return {name: _listed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_listed(x) for x in value]
    return value.tolist() if isinstance(value, np.ndarray) else value
