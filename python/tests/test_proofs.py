"""``examples/check_proof.py``: it proves what designs claim, and nothing that is false.

The checker shares no code with noctule. It is imported here as a module, so that hundreds of tampered
documents take seconds.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "check_proof.py"
Document = dict[str, Any]
# Changes to every list of a proof; a thousand a system with 150.
MUTATIONS = int(os.environ.get("NOCTULE_MUTATIONS", "40"))
# Cell-free networks whose bounds are checked.
NETWORKS = int(os.environ.get("NOCTULE_NETWORKS", "12"))


def load() -> Any:
    spec = importlib.util.spec_from_file_location("check_proof", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


proofs = load()


def design(scenario: Any, scheme: str | None = None, seed: int = 1) -> Document:
    searched = scheme in (None, "rate-only")
    made = noctule.design(scenario, scheme, seed=seed, **({"certify": True} if searched else {}))
    return json.loads(made.document)


def uncertified(scenario: Any) -> Document:
    """With the bound of cooperating users, which no search has tightened."""
    return json.loads(noctule.design(scenario, certify={"nodes": 1}).document)


def small(system: str, seed: int = 1) -> Document:
    if system == "beamforming":
        return design(noctule.beamforming.Scenario(users=3), seed=seed)
    if system == "cellfree":
        small = {"aps": 3, "antennas": 4, "users": 3, "targets": 1}
        return design(noctule.cellfree.Scenario(requirement={"error_over_best": 1.3}, **small), seed=seed)
    if system == "surfaces":
        at = [(1 + 7 * seed + 3 * k) for k in range(3)]
        sites = [[50 + 11 * np.sin(t), 5 + 12 * k * np.sign(np.cos(t))] for k, t in enumerate(at)]
        made = noctule.design(noctule.surfaces.Scenario(layout={"sites": sites}), select="all", certify=True)
        return json.loads(made.document)
    if system == "frame":
        return design(noctule.frame.Scenario(users={"drawn": {"count": 3}}, crb_limit={"deg2": 0.8}, blocks=20), seed=seed)
    drawn = {"count": 4, "x_m": [0.0, 300.0], "y_m": [0.0, 100.0]}
    return design(noctule.pilots.Scenario(users={"drawn": drawn}, crb_limit={"m2": 3.0}), seed=seed)


DOCUMENTS = {system: small(system) for system in ("beamforming", "cellfree", "frame", "pilots", "surfaces")}


def proven(document: Document) -> bool:
    try:
        return "no design" in proofs.check(document)
    except proofs.Unproven:
        return False


@pytest.mark.parametrize("system", DOCUMENTS)
@pytest.mark.parametrize("seed", range(1, 6))
def test_what_designs_claim_is_proven(system: str, seed: int) -> None:
    assert proven(DOCUMENTS[system] if seed == 1 else small(system, seed))


def test_other_schemes_and_ends() -> None:
    scene = noctule.beamforming.Scenario
    for document in (
        design(scene(), "sensing-only"),
        design(scene(crb_weight=0.0)),
        design(scene(users=1)),
        design(scene(users=0)),
        design(scene(users=2), "extended-target"),
        uncertified(scene(users=4)),
        uncertified(scene(users=4, power_dbm=-5.0)),
        design(noctule.cellfree.Scenario(aps=3, antennas=4, users=2), "sensing-only"),
        design(noctule.cellfree.Scenario(aps=3, antennas=4, users=2), "rate-only"),
        # without users there are no prices, and channels say nothing of the antennas
        design(scene(users=0, goal={"kind": "min-crb"})),
        design(scene(users=0, goal={"kind": "max-sensing", "metric": {"kind": "sensing-snr"}})),
        design(noctule.cellfree.Scenario(aps=3, antennas=4, users=0, requirement={"error_over_best": 1.3})),
    ):
        assert proven(document), (document["system"], document["scheme"])


def test_networks_are_proven() -> None:
    """In one of twenty a bound was claimed that rounding hid from its own checkers."""
    for seed in range(6, 6 + NETWORKS):
        assert proven(small("cellfree", seed)), seed


@pytest.mark.parametrize("system", DOCUMENTS)
def test_a_tighter_claim_is_not_proven(system: str) -> None:
    """No bound is believed beyond its own rounding: 1e-8 closer to the design is too close."""
    document = copy.deepcopy(DOCUMENTS[system])
    bound = document["proof"]["bound"]
    away = 1e-8 * max(abs(bound["value"]), 1.0 if system != "pilots" else 0.0)
    bound["value"] += away if bound["sense"] == "lower" else -away
    assert not proven(document)


@pytest.mark.parametrize(
    ("name", "odd"), [("sensing_ap", [99]), ("sensing_ap", [-1]), ("grid_points", 0), ("grid_points", 181.5)]
)
def test_access_points_and_angles_that_there_are_not(name: str, odd: Any) -> None:
    document = copy.deepcopy(DOCUMENTS["cellfree"])
    document["instance"][name] = odd
    with pytest.raises(proofs.Unproven):
        proofs.check(document)


def reached(document: Document) -> float:
    """What the design in the document reaches: no bound may be on its other side."""
    name = {"beamforming": "objective", "pilots": "worst_error", "surfaces": "rate_bps_hz"}
    return float(document["metrics"][name.get(document["system"], "sum_rate_bps_hz")])


def lie(document: Document) -> Document:
    """The same, claiming that nothing is as good as its own design."""
    document = copy.deepcopy(document)
    upper = document["proof"]["bound"]["sense"] == "upper"
    document["proof"]["bound"]["value"] = reached(document) * (1 - 1e-6 if upper else 1 + 1e-6)
    return document


@pytest.mark.parametrize("system", DOCUMENTS)
def test_tampered_numbers(system: str) -> None:
    """Every list, at random places: scaled, negated, made infinite, cut, doubled. Whatever is done, a lie is
    not proven, and what the document claims is refused in most cases."""
    rng, original, refused, tried = np.random.default_rng(5), DOCUMENTS[system], 0, 0
    assert not proven(lie(original))
    for name, numbers in original["proof"]["bound"]["numbers"].items():
        for _ in range(MUTATIONS if numbers else 0):
            document = copy.deepcopy(original)
            numbers = document["proof"]["bound"]["numbers"][name]
            at, kind = int(rng.integers(len(numbers))), int(rng.integers(7))
            if kind < 4:
                numbers[at] *= (1.3, 0.7, 0.0, -1.0)[kind]
            elif kind == 4:
                numbers[at] = float("nan")
            elif kind == 5:
                del numbers[at]
            else:
                numbers.insert(at, numbers[at])
            assert not proven(lie(document)), (name, at, kind)
            refused += not proven(document)
            tried += 1
    assert tried >= 2 * MUTATIONS and refused > 0.6 * tried, (refused, tried)


@pytest.mark.parametrize("system", ("beamforming", "cellfree", "frame", "pilots"))
def test_dropped_and_shrunk_boxes(system: str) -> None:
    """A leaf that is gone, or narrower than it was, leaves something uncovered."""
    original = DOCUMENTS[system]
    numbers = original["proof"]["bound"]["numbers"]
    each = {"beamforming": 3, "cellfree": 3, "frame": 1, "pilots": 4}[system]
    count = len(numbers["low"]) // each
    for box in range(count):
        document = copy.deepcopy(original)
        for values in document["proof"]["bound"]["numbers"].values():
            if len(values) % count == 0:
                width = len(values) // count
                del values[box * width : (box + 1) * width]
        assert not proven(document), box
        for side, factor in (("low", 1.05), ("high", 0.95)):
            document = copy.deepcopy(original)
            for axis in range(each):
                document["proof"]["bound"]["numbers"][side][box * each + axis] *= factor
            assert not proven(document), (box, side)


def test_forged_frames() -> None:
    """Lists left out, a sense turned, numbers beyond all: what is checked is the statement as it stands."""
    document = small("beamforming")
    document.pop("metrics")  # as a proof file, which has no design to be compared with
    size = (4 * len(document["instance"]["azimuth_rad"])) ** 2
    y = document["proof"]["bound"]["numbers"]["y"][:size]
    for numbers in ({"y": y}, {"y": y, "capacity": []}, {"y": y, "z": None}, {"y": [1e160] * size}):
        forged = copy.deepcopy(document)
        forged["proof"]["bound"] |= {"numbers": numbers, "value": 0.0}
        assert not proven(forged)
    for entry in (1e160, 1e308):
        forged = copy.deepcopy(document)
        forged["proof"]["bound"]["numbers"]["y"] = [entry] * len(forged["proof"]["bound"]["numbers"]["y"])
        forged["proof"]["bound"]["value"] = -1000.0
        assert not proven(forged)
    for system, sense in (("beamforming", "lower"), ("pilots", "upper"), ("cellfree", "banana")):
        forged = small(system)
        forged["proof"]["bound"] |= {"sense": sense, "value": 1e6}
        assert not proven(forged)
    forged = small("beamforming")
    forged["proof"]["bound"]["problem"] = proofs.SENSES_ONLY
    assert not proven(forged)


@pytest.mark.parametrize("system", DOCUMENTS)
def test_a_proof_of_another_instance(system: str) -> None:
    other = small(system, seed=2)
    mixed = copy.deepcopy(DOCUMENTS[system])
    mixed["proof"] = other["proof"]
    assert not proven(mixed)
    assert not proven(lie(mixed))


@pytest.mark.parametrize("system", DOCUMENTS)
def test_more_power_is_another_problem(system: str) -> None:
    """The same multipliers prove less of an instance that can do more."""
    document = copy.deepcopy(DOCUMENTS[system])
    instance = document["instance"]
    if system in ("beamforming", "surfaces"):
        instance["power_w"] *= 1.01
    elif system == "frame":
        instance["power_w"] = [1.01 * p for p in instance["power_w"]]
    elif system == "cellfree":
        instance["power_over_noise"] = [1.01 * p for p in instance["power_over_noise"]]
    else:
        instance["downlink_energy"] *= 1.01
    assert not proven(document)


def test_random_beams_stay_below(rng: np.random.Generator) -> None:
    """Brute force at the smallest size: no beams drawn at random exceed what the checker proves."""
    instance = noctule.beamforming.Scenario(users=2).realize(seed=3)
    made = noctule.design(instance, certify=True)
    top = proofs.beamforming(json.loads(made.document))
    assert made.metrics.objective <= top
    beams = np.asarray(made.beams)
    for _ in range(200):
        noise = rng.normal(size=beams.shape) + 1j * rng.normal(size=beams.shape)
        other = beams + rng.choice([0.01, 0.1, 1.0]) * np.linalg.norm(beams) * noise / np.linalg.norm(noise)
        other *= np.linalg.norm(beams) / np.linalg.norm(other)
        assert noctule.evaluate(instance, other).metrics.objective <= top


def test_semidefinite_is_never_said_of_what_is_not() -> None:
    """Matrices whose least eigenvalue is just below zero, of sizes and scales that differ."""
    rng = np.random.default_rng(9)
    for _ in range(300):
        n, scale = int(rng.integers(1, 12)), 10.0 ** rng.uniform(-8, 8)
        q, _ = np.linalg.qr(rng.normal(size=(n, n)) + 1j * rng.normal(size=(n, n)))
        values = rng.uniform(0, 1, n)
        values[0] = -(10.0 ** rng.uniform(-13, -1))
        matrix = scale * (q * values) @ q.conj().T
        assert not proofs.semidefinite(proofs.Ball((matrix + matrix.conj().T) / 2))
        assert proofs.largest(proofs.Ball(matrix)) >= np.linalg.eigvalsh(matrix)[-1] * (1 - 1e-15)


def test_radii_hold_what_longer_numbers_say() -> None:
    """Every operation against fractions: the exact result lies in the ball."""
    from fractions import Fraction

    rng = np.random.default_rng(4)
    for _ in range(200):
        x, y, z = rng.normal(size=3) * 10.0 ** rng.uniform(-6, 6, 3)
        made = (proofs.ball(x) + y) * z / (proofs.ball(abs(y)) + 1.0) - x
        exact = (Fraction(x) + Fraction(y)) * Fraction(z) / (Fraction(abs(y)) + 1) - Fraction(x)
        assert abs(Fraction(float(made.mid)) - exact) <= Fraction(float(made.rad))
    a, b = rng.normal(size=(6, 40)), rng.normal(size=(40, 5))
    made = proofs.Ball(a) @ proofs.Ball(b)
    for i in range(6):
        for j in range(5):
            exact = sum(Fraction(a[i, k]) * Fraction(b[k, j]) for k in range(40))
            assert abs(Fraction(float(made.mid[i, j])) - exact) <= Fraction(float(made.rad[i, j]))


def test_as_a_command(tmp_path: Path) -> None:
    def run(*paths: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, SCRIPT, *paths], capture_output=True, text=True, check=False)

    good, bad, other = (tmp_path / f"{name}.json" for name in ("good", "bad", "other"))
    good.write_text(json.dumps(DOCUMENTS["pilots"]), encoding="utf-8")
    false = copy.deepcopy(DOCUMENTS["pilots"])
    false["proof"]["bound"]["value"] *= 1.01
    bad.write_text(json.dumps(false), encoding="utf-8")
    other.write_text("{}", encoding="utf-8")
    assert run(good).returncode == 0
    assert run(good, bad).returncode == 1
    assert run(good, other).returncode == 3
    assert run(tmp_path / "missing.json").returncode == 2
    other.write_text("no document", encoding="utf-8")
    assert run(other).returncode == 2
    assert run().returncode == 2
