"""Convex problems written for CVXPY, solved there and compared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule


@pytest.mark.parametrize("constraint", ["total", "per-antenna"])
def test_cvxpy_agrees(tmp_path: Path, constraint: Any) -> None:
    pytest.importorskip("cvxpy")
    scenario = noctule.beamforming.Scenario(
        transmit_array=noctule.beamforming.ArrayShape(horizontal=3, vertical=2),
        sensing_noise_dbm=-30.0, power_constraint=constraint,
    )
    instance = scenario.realize()
    (tmp_path / "check.py").write_text(instance.to_cvxpy(), encoding="utf-8")
    told = subprocess.run([sys.executable, tmp_path / "check.py"], check=True, text=True,
                          capture_output=True).stdout
    found = dict(line.split(" ", 1) for line in told.splitlines())
    assert found["status"] in ("optimal", "optimal_inaccurate")
    theirs = float(found["crb_trace_mixed"])
    # Under per-antenna power nothing of ours is proven; the climb without users gets there.
    design = instance.design("sensing-only") if constraint == "total" else noctule.Instance(
        scenario=scenario, arrays={"rate_weight_per_nat": 0.0}).design()
    assert np.isclose(design.metrics.crb_trace_mixed, theirs, rtol=1e-5)


def by_cvxpy(folder: Path, text: str) -> tuple[str, float]:
    """What a script prints last, run as its reader would."""
    pytest.importorskip("cvxpy")
    assert "noctule" not in [line.split()[1] for line in text.splitlines()
                             if line.startswith(("import ", "from "))]
    (folder / "check.py").write_text(text, encoding="utf-8")
    told = subprocess.run([sys.executable, folder / "check.py"], check=True, text=True,
                          capture_output=True, encoding="utf-8",
                          env={**os.environ, "PYTHONIOENCODING": "utf-8"}).stdout
    name, value = told.splitlines()[-1].split()
    return name, float(value)


@pytest.mark.parametrize(("system", "scenario"), [
    ("cellfree", {"antennas": 6}), ("pilots", {}), ("surfaces", {"crb_limit_db": -30.0})])
def test_cvxpy_agrees_on_other_systems(tmp_path: Path, system: str, scenario: Any) -> None:
    instance = noctule.Instance(system, scenario=scenario)
    name, value = by_cvxpy(tmp_path, instance.to_cvxpy())
    first = noctule.cvxpy.problems(system)[0]
    scheme = noctule.cvxpy.known(system)[first].scheme
    settings = {"select": "all"} if system == "surfaces" else {}
    ours = instance.design(scheme, settings=settings).metrics[name]
    assert np.isclose(value, ours, rtol=1e-6)


def test_cvxpy_agrees_at_the_phases_of_a_design(tmp_path: Path) -> None:
    instance = noctule.surfaces.Scenario(
        target_m=[90.0, 25.0], first_sites=2, elements=64, crb_limit_db=-14.0).realize()
    design = instance.design(select="all")
    name, value = by_cvxpy(tmp_path, instance.to_cvxpy(at=design))
    assert np.isclose(value, design.metrics[name], rtol=1e-6)
    # Other phases, another optimum: the script does look at them.
    turned = {**design, "phases": design["phases"] * np.exp(0.5j * np.arange(64) ** 2)}
    assert by_cvxpy(tmp_path, instance.to_cvxpy(at=turned))[1] < 0.99 * value
    with pytest.raises(noctule.InvalidInput, match="held fixed"):
        noctule.Instance(scenario={}).to_cvxpy(at=design)


FLOORS = {"sinr_db": 6.0}
SMALL: dict[str, Any] = {"transmit_array": {"horizontal": 3, "vertical": 2}, "users": 2}
LIMITS = [{"metric": {"kind": "sensing-snr", "target": 0}, "limit": 14.0},
          {"metric": {"kind": "worst-angle"}, "limit": 5.0}]


def smallest(kind: str, **more: Any) -> dict[str, Any]:
    return {**SMALL, "goal": {"kind": "min-crb", "metric": {"kind": kind}}, "require": FLOORS, **more}


@pytest.mark.parametrize(("trial", "scenario"), list(enumerate([
    smallest("angles", streams_cancelled=True, users=3),
    smallest("angles", power_constraint="per-antenna", require={"sinr_db": 3.0}),
    smallest("largest-eigenvalue"), smallest("log-det"),
    {**SMALL, "goal": {"kind": "min-power"}, "power_dbm": 30.0,
     "require": {"sinr_db": 8.0, "azimuth_deg": 2.0, "limits": LIMITS}},
    {**SMALL, "goal": {"kind": "max-min-rate"}, "require": {"azimuth_deg": 4.0}},
])))
def test_cvxpy_never_beats_a_convex_goal(tmp_path: Path, trial: int, scenario: Any) -> None:
    instance = noctule.Instance(scenario=scenario, trial=trial)
    name, theirs = by_cvxpy(tmp_path, instance.to_cvxpy())
    design = instance.design()
    assert name == "goal_value" and design.proof.bound.gap_rel < 1e-5
    assert np.isclose(design.metrics.goal.value, theirs, rtol=1e-5)


LINEAR: dict[str, Any] = {
    "users": 2, "transmit_elements": {"kind": "linear", "elements": 8},
    "receive_elements": {"kind": "linear", "elements": 9},
    "unknown": {"azimuth": True, "polar": False, "reflection": True},
    "targets": {"fixed": [{"azimuth_deg": 0.0, "polar_deg": 90.0, "reflection": [0.1, 0.0]},
                          {"azimuth_deg": 35.0, "polar_deg": 90.0, "reflection": [0.0, 0.1]}]},
    "template": {"step_deg": 3.0}, "require": FLOORS,
}
CLUTTER = {"clutter": [{"azimuth_deg": 20.0, "polar_deg": 40.0, "over_noise_db": 20.0},
                       {"azimuth_deg": -40.0, "polar_deg": 80.0, "over_noise_db": 10.0}]}
STATIONS = {
    "places_m": [[0.0, 0.0], [60.0, 10.0]], "elements": 4, "power_dbm": 10.0, "echo_db": 3.0,
    "users_m": [[20.0, 30.0], [45.0, 25.0]], "targets_m": [[30.0, 40.0], [10.0, 50.0]],
}


def lit(kind: str, **more: Any) -> dict[str, Any]:
    return {**SMALL, "goal": {"kind": "max-sensing", "metric": {"kind": kind}}, "require": FLOORS, **more}


def off(over: str, **more: Any) -> dict[str, Any]:
    return {"uncertain": {"over": over, "azimuth_deg": 3.0, "nodes": 3, **more}}


@pytest.mark.parametrize(("trial", "scenario"), list(enumerate([
    {**LINEAR, "goal": {"kind": "min-crb", "metric": {"kind": "beampattern"}}},
    {**LINEAR, "goal": {"kind": "max-sensing"}, "require": {
        **FLOORS, "limits": [{"metric": {"kind": "beampattern"}, "limit": 0.08}]}},
    lit("scnr", **CLUTTER),
    {**SMALL, **CLUTTER, "goal": {"kind": "min-power"}, "power_dbm": 30.0, "require": {**FLOORS, "limits": [
        {"metric": {"kind": "detection"}, "limit": 0.9}, {"metric": {"kind": "scnr", "target": 0}, "limit": 12.0}]}},
    {"stations": STATIONS, "goal": {"kind": "max-sensing"}, "require": FLOORS},
    {"stations": STATIONS, "goal": {"kind": "min-power"}, "require": {
        **FLOORS, "limits": [{"metric": {"kind": "illumination", "target": 0}, "limit": 9.0}]}},
    smallest("angles", **off("expected")), smallest("worst-angle", **off("worst")),
    smallest("angles", **off("bayesian", law="gaussian")), lit("sensing-snr", **off("expected")),
    lit("sensing-snr", **off("worst", polar_deg=2.0)),
    {**SMALL, "goal": {"kind": "max-min-rate"}, "require": {"azimuth_deg": 5.0}, **off("worst")},
    {**SMALL, "goal": {"kind": "min-power"}, "power_constraint": "per-antenna", "require": {
        "sinr_db": 3.0, "azimuth_deg": 4.0}},
])))
def test_cvxpy_agrees_on_what_is_around(tmp_path: Path, trial: int, scenario: Any) -> None:
    """Templates, clutter, stations, angles that are not known exactly, and limits of antennas."""
    instance = noctule.Instance(scenario=scenario)
    _, theirs = by_cvxpy(tmp_path, instance.to_cvxpy())
    design = instance.design()
    assert design.proof.bound.gap_rel < 1e-5, trial
    assert np.isclose(design.metrics.goal.value, theirs, rtol=1e-5)


def test_a_script_looks_at_what_is_around(tmp_path: Path) -> None:
    """Each of them changes the optimum: none is left out."""
    plain = by_cvxpy(tmp_path, noctule.Instance(scenario=lit("sensing-snr")).to_cvxpy())[1]
    for scenario in (lit("scnr", **CLUTTER), lit("sensing-snr", **off("worst"))):
        found = by_cvxpy(tmp_path, noctule.Instance(scenario=scenario).to_cvxpy())[1]
        assert found < 0.999 * plain


def test_only_convex_goals_are_written() -> None:
    for scenario in ({"goal": {"kind": "sum-rate"}}, {}):
        instance = noctule.Instance(scenario=scenario)
        with pytest.raises(noctule.InvalidInput, match="no convex form of this goal"):
            instance.to_cvxpy("goal")


def test_cvxpy_agrees_on_the_bound_of_the_rate(tmp_path: Path) -> None:
    instance = noctule.Instance(scenario={"users": 3}, arrays={
        "crb_weight": 0.0, "rate_weight_per_nat": 1.0})
    _, value = by_cvxpy(tmp_path, instance.to_cvxpy("sum-rate-bound"))
    design = instance.design(settings={"certify": {"nodes": 0}})
    assert np.isclose(design.proof.bound.value, value, rtol=1e-6)
    assert design.metrics.sum_rate_nats < value


def test_a_system_without_a_convex_problem_says_why() -> None:
    with pytest.raises(noctule.InvalidInput, match="not concave"):
        noctule.Instance("frame", scenario={}).to_cvxpy()


def test_scripts_of_problems_that_are_not_there(instance: noctule.Instance) -> None:
    with pytest.raises(noctule.InvalidInput, match="sensing-only"):
        instance.to_cvxpy(problem="sensing")
