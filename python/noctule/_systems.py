"""What systems there are, as Rust describes them."""

from __future__ import annotations

import functools
import json
from typing import Any

from . import _noctule
from ._noctule import InvalidInput


@functools.cache
def _all() -> dict[str, dict[str, Any]]:
    return {system["id"]: system for system in json.loads(_noctule.systems_json())}


def systems() -> list[str]:
    """Names of the systems.

    >>> import noctule
    >>> "beamforming" in noctule.systems()
    True
    """
    return list(_all())


def describe(system: str) -> dict[str, Any]:
    """Everything there is to know of a system, as plain dictionaries.

    Keys: ``title``, ``scenario`` (the default one), ``schema`` (JSON schema of a scenario),
    ``metrics``, ``series``, ``schemes`` (with default settings), ``instance_fields`` and
    ``variable_fields`` (names, dimensions, units of the arrays).

    >>> import noctule
    >>> [scheme["name"] for scheme in noctule.describe("beamforming")["schemes"]][:1]
    ['balanced']
    """
    if system not in _all():
        error: InvalidInput = _noctule.unknown(system, "system", systems())
        raise error
    return _all()[system]
