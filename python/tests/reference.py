"""The reference cases of the repository, and how their numbers are compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CASES = Path(__file__).resolve().parents[2] / "crates" / "noctule" / "tests" / "cases"


#: Every file that some test here reads.
READ: set[Path] = set()


def document(system: str, name: str) -> Any:
    """The case in a file."""
    path = CASES / system / f"{name}.json"
    READ.add(path)
    return json.loads(path.read_text(encoding="utf-8"))


def cases(system: str, *kinds: str) -> list[Any]:
    """All cases of some kinds, for parameters of a test."""
    found = []
    for path in sorted((CASES / system).glob("*.json")):
        if json.loads(path.read_text(encoding="utf-8")).get("kind") in kinds:
            found.append(pytest.param(document(system, path.stem), id=path.stem))
    assert found, f"there is no case of {system} of kind {kinds}"
    return found


def named(system: str, *names: str) -> Any:
    """Run a test for cases by the names of their files."""
    all_of_them = [pytest.param(document(system, name), id=name) for name in names]
    return pytest.mark.parametrize("case", all_of_them)


def pairs(values: Any) -> Any:
    """Nested lists of [re, im]."""
    array = np.asarray(values, dtype=float)
    return array[..., 0] + 1j * array[..., 1]


def close(found: Any, expected: Any, relative: float) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.max(np.abs(found - expected)) <= relative * np.max(np.abs(expected))
