"""Both checkers of proofs against documents that somebody changed: they say the same of every one, and prove no lie.

``NOCTULE_MUTATIONS=1000`` is the campaign at depth; by default it is a moderate number.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_proofs import DOCUMENTS, Document, proofs, reached, small

from noctule import _noctule

MUTATIONS = int(os.environ.get("NOCTULE_MUTATIONS", "40"))
# What stands in a document where a number should.
ODD: list[Any] = [None, True, False, "1", "NaN", [], [1.0], [[1]], {}, {"x": 1}, 1e308, -1e308, 0, -0.0, 5e-324, 2**70]
WORDS: list[Any] = ["lower", "upper", "optimal", "balanced", "frame", "pilots", "all", "best", proofs.SENSES_ONLY, "any design"]


def by_python(document: Document) -> int:
    """The exit code of the command for this document, by `check_proof.py`."""
    try:
        proofs.check(document)
    except proofs.Unproven:
        return 5
    except proofs.NotHere:
        return 2
    return 0


def by_rust(document: Document, at: Path) -> int:
    at.write_text(json.dumps(document), encoding="utf-8")
    return int(_noctule.command(None, ["verify", "--proof", str(at)]))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to everything in a document."""
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from places(inner, (*path, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


def get(document: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        document = document[key]
    return document


def change_number(document: Document, rng: random.Random) -> None:
    numbers = document["proof"]["bound"]["numbers"]
    for _ in range(rng.choice((1, 1, 1, 5))):
        entries = numbers[rng.choice([name for name in numbers if numbers[name]])]
        at = rng.randrange(len(entries))
        if not isinstance(entries[at], (int, float)):
            continue  # changed before
        factor = rng.choice((1.3, 0.7, -1.0, 0.0, 1.001, 1 + 1e-12, 1e250, rng.gauss(1, 0.05)))
        entries[at] = entries[at] * factor if rng.random() < 0.8 else rng.choice(ODD)


def change_lists(document: Document, rng: random.Random) -> None:
    """Entries that are gone or doubled, leaves dropped, boxes that are smaller, lists too many or too few."""
    numbers = document["proof"]["bound"]["numbers"]
    kind = rng.randrange(4)
    if kind == 0:
        entries = numbers[rng.choice([name for name in numbers if numbers[name]])]
        at = rng.randrange(len(entries))
        if rng.random() < 0.5:
            del entries[at]
        else:
            entries.insert(at, entries[at])
    elif kind == 1:
        instance = document["instance"]
        users = len(instance.get("channels", [])) or len(instance.get("uplink_gram", [])) or 1
        count = max(1, len(numbers.get("low", [])) // users)
        gone = rng.randrange(count)
        for name, entries in numbers.items():
            each = len(entries) // count
            if each * count == len(entries):
                numbers[name] = entries[: gone * each] + entries[(gone + 1) * each :]
    elif kind == 2 and "low" in numbers:
        side, away = rng.choice((("low", 1.0), ("high", -1.0)))
        numbers[side][rng.randrange(len(numbers[side]))] *= 1 + away * 10 ** rng.uniform(-9, -1)
    else:
        name = rng.choice((*numbers, "extra", "left_out", "y", "capacity", "lags", "empty", "between"))
        if name in numbers and rng.random() < 0.5:
            del numbers[name]
        else:
            numbers[name] = rng.choice(([], [0.0], [1.0, 2.0], None, "x", True))


def change_problem(document: Document, other: Document, rng: random.Random) -> None:
    """Parts of another document, and instances with anything anywhere."""
    if rng.random() < 0.3:
        name = rng.choice(("instance", "proof", "settings", "scheme", "system"))
        document[name] = copy.deepcopy(other[name])
        return
    path = rng.choice(list(places(document["instance"])))
    found = get(document["instance"], path)
    number = isinstance(found, (int, float)) and rng.random() < 0.6
    put(document["instance"], path, found * rng.choice((1.3, 0.7, 1.0001, -1, 0)) if number else rng.choice(ODD))


def change_claim(document: Document, rng: random.Random) -> None:
    """The value by a little or a lot, senses, problems and sentences."""
    bound = document["proof"]["bound"]
    if rng.random() < 0.4:
        bound["value"] *= 1 + rng.choice((-1, 1)) * 10 ** rng.uniform(-12, 0)
    elif rng.random() < 0.6:
        bound[rng.choice(("value", "sense", "problem", "method", "rounding", "numbers"))] = rng.choice(ODD + WORDS)
    else:
        settings = {"settings": document["settings"]}
        where, names = rng.choice(
            ((document, ("settings", "scheme", "metrics")), (settings["settings"], ("updates", "select", "requirement")))
        )
        where[rng.choice(names)] = rng.choice([*ODD, *WORDS, 3, 3.0])


def changed(original: Document, other: Document, rng: random.Random) -> Document:
    document = copy.deepcopy(original)
    kind = rng.randrange(5)
    if kind < 2:
        change_number(document, rng)
    elif kind == 2:
        change_lists(document, rng)
    elif kind == 3:
        change_problem(document, other, rng)
    else:
        change_claim(document, rng)
    return document


def is_json(document: Document) -> bool:
    """Whether all numbers are still finite: a product beyond double precision is no JSON, and nobody's document."""
    try:
        json.dumps(document, allow_nan=False)
    except ValueError:
        return False
    return True


def as_lie(document: Document, original: Document) -> Document | None:
    """The same, claiming that nothing is as good as the original's own design; none where it is about something else."""
    about = ("instance", "system", "settings", "scheme")
    bound = document["proof"].get("bound") if isinstance(document["proof"], dict) else None
    same = all(document[name] == original[name] for name in about)
    if not same or not isinstance(bound, dict) or bound.get("sense") != original["proof"]["bound"]["sense"]:
        return None
    lying = copy.deepcopy(document)
    lying.pop("metrics", None)
    upper = bound["sense"] == "upper"
    lying["proof"]["bound"]["value"] = reached(original) * (1 - 1e-6 if upper else 1 + 1e-6)
    return lying


@pytest.mark.parametrize("system", DOCUMENTS)
def test_both_checkers_agree(system: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    original, other, rng = DOCUMENTS[system], small(system, seed=2), random.Random(system)
    verdicts: dict[int, int] = {}
    for case in range(MUTATIONS):
        document = changed(original, other, rng)
        if not is_json(document):
            continue
        mine, theirs = by_python(document), by_rust(document, tmp_path / "changed.json")
        said = capfd.readouterr()
        assert mine == theirs, (case, mine, theirs, said.out, said.err)
        verdicts[mine] = verdicts.get(mine, 0) + 1
        lying = as_lie(document, original)
        if lying is not None:
            assert by_python(lying) != 0, case
            assert by_rust(lying, tmp_path / "lie.json") != 0, case
            capfd.readouterr()
    assert verdicts.get(5, 0) > MUTATIONS // 3, verdicts


@pytest.mark.parametrize("system", DOCUMENTS)
@pytest.mark.parametrize("value", [1e308, -1e308, 2e290])
def test_claims_beyond_all_numbers_are_none(system: str, value: float, tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENTS[system])
    document["proof"]["bound"]["value"] = value
    assert by_python(document) == by_rust(document, tmp_path / "changed.json") == 5


@pytest.mark.parametrize(("system", "name", "value"), [
    ("cellfree", "power_over_noise", 0.0),
    ("frame", "crb_limit_rad2", 5e-324),
])
def test_instances_that_are_none(system: str, name: str, value: float, tmp_path: Path) -> None:
    document = copy.deepcopy(DOCUMENTS[system])
    document["instance"][name][-1] = value
    assert by_python(document) == by_rust(document, tmp_path / "changed.json") == 5
