"""Instances and designs as Python's own things: mappings, copies, pickles, sequences."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import InvalidInput


def same(a: Any, b: Any) -> bool:
    return list(a) == list(b) and all(np.array_equal(a[name], b[name]) for name in a)


def test_instances_and_designs_are_mappings(instance: noctule.Instance) -> None:
    design = instance.design("rzf")
    assert "channels" in instance and "beams" in design and "beams" not in instance
    assert "channels" in list(instance) and list(design) == ["beams"] and len(design) == 1
    assert instance.get("nothing") is None and dict(design)["beams"] is design.beams
    assert "beams" in dir(design) and instance == instance and instance != design.instance
    for one, name in ((instance, "chanels"), (design, "beam"), (design.metrics, "sum_rate_nat")):
        with pytest.raises(InvalidInput, match="did you mean") as caught:
            one[name]
        assert isinstance(caught.value, KeyError) and str(caught.value).startswith("there is no")


def test_records_are_compared(instance: noctule.Instance) -> None:
    one, two = instance.design("rzf"), instance.design("rzf")
    assert one.metrics == two.metrics and one.metrics != instance.design("mrt").metrics
    assert one.metrics != dict(one.metrics) and one.proof == two.proof


def test_a_changed_instance_is_another_one(instance: noctule.Instance) -> None:
    with pytest.raises(ValueError, match="read-only"):
        instance["channels"][:] = 0
    with pytest.raises(TypeError):
        instance.arrays["power_w"] = 1e9  # type: ignore[index]
    design = instance.design("rzf")
    with pytest.raises(ValueError, match="read-only"):
        design.beams[:] = 0
    louder = noctule.Instance(arrays={**instance, "power_w": 2.0})
    assert np.isclose(louder.design("rzf").metrics.power_w, 2.0)
    twice = design.beams.copy() * 2
    assert np.isclose(instance.evaluate(twice).metrics.power_w, 4 * design.metrics.power_w)


@pytest.mark.parametrize("system", noctule.systems())
def test_instances_and_designs_are_pickled(system: str) -> None:
    fast = {"beamforming": "rzf", "cellfree": "mrt", "frame": "even-split",
            "pilots": "full-power", "surfaces": "max-eigenmode"}[system]
    instance = noctule.Instance(system, scenario={}, seed=4, trial=3)
    back = pickle.loads(pickle.dumps(instance))
    assert same(back, instance) and (back.seed, back.trial, back.scenario) == (4, 3, {})
    design = instance.design(fast, on_failure="return")
    assert pickle.loads(pickle.dumps(design)).document == design.document
    assert copy.deepcopy(design).document == copy.copy(design).document == design.document
    assert same(copy.deepcopy(instance), instance)


def test_exceptions_and_batches_are_pickled(instance: noctule.Instance, scenario: Any) -> None:
    with pytest.raises(noctule.NotSolved) as caught:
        instance.design(max_evaluations=3, starts=1)
    assert pickle.loads(pickle.dumps(caught.value)).design.stop == "evaluation-limit"
    with pytest.raises(InvalidInput) as refused:
        instance["chanels"]
    assert pickle.loads(pickle.dumps(refused.value)).hint == refused.value.hint
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    batch = pickle.loads(pickle.dumps(noctule.design_batch(scenario, "rzf", trials=2)))
    assert batch.stack("beams").shape == (2, 8, 16)


def test_the_origin_is_kept(scenario: Any) -> None:
    instance = scenario.realize(seed=5, trial=2)
    assert (instance.seed, instance.trial) == (5, 2)
    assert instance.scenario is not None and instance.scenario["users"] == 2


def test_no_argument_is_ignored(instance: noctule.Instance, scenario: Any) -> None:
    beams = instance.design("rzf").beams
    for call in (
        lambda: noctule.design(instance, seed=5),
        lambda: noctule.design(instance, trial=1),
        lambda: noctule.evaluate(instance, beams, seed=5),
        lambda: noctule.design_batch(instance, trials=3),
        lambda: noctule.design_batch([instance], trials=3),
        lambda: noctule.design_batch([instance], seed=3),
    ):
        with pytest.raises(InvalidInput, match="drawn already"):
            call()
    other = noctule.evaluate(scenario, beams, seed=5, trial=1).instance
    assert np.array_equal(other["channels"], scenario.realize(5, 1)["channels"])
    for trials in (-1, [0, -1], "ab", [1 << 64], 2.5):
        with pytest.raises(InvalidInput):
            noctule.design_batch(scenario, trials=trials)


def test_what_is_no_batch_is_refused(instance: noctule.Instance, scenario: Any) -> None:
    for one in (instance, scenario, "beamforming"):
        with pytest.raises(InvalidInput, match="one problem is no batch"):
            noctule.design_batch(one)


def test_targets_of_a_stack(scenario: Any, rng: np.random.Generator) -> None:
    channels = rng.normal(size=(3, 2, 16)) + 0j
    alike = noctule.stack(scenario=scenario, channels=channels)
    own = noctule.stack(scenario=scenario, channels=channels, trials=3)
    later = noctule.stack(scenario=scenario, channels=channels, trials=[7, 8, 9])
    for i in range(3):
        assert np.array_equal(own[i]["channels"], channels[i])
        assert np.array_equal(alike[i]["azimuth_rad"], alike[0]["azimuth_rad"])
        assert np.array_equal(own[i]["azimuth_rad"], scenario.realize(1, i)["azimuth_rad"])
        assert np.array_equal(later[i]["reflection"], scenario.realize(1, 7 + i)["reflection"])
    with pytest.raises(InvalidInput, match="different lengths"):
        noctule.stack(scenario=scenario, channels=channels, trials=2)


def test_batches_of_different_shapes(scenario: Any) -> None:
    more = noctule.beamforming.Scenario(users=3, sensing_noise_dbm=-30.0)
    batch = noctule.design_batch([scenario.realize(), more.realize()], "rzf")
    assert repr(batch) == "<noctule.Batch of 2: 2 solved, 0 not solved, 0 errors>"
    for call in (lambda: batch.stack("beams"), lambda: batch.metric("sinr")):
        with pytest.raises(InvalidInput, match="different shapes"):
            call()
    with pytest.raises(InvalidInput, match="not an array of numbers"):
        batch.metric("targets")
    with pytest.raises(InvalidInput, match="sum_rate_nats"):
        batch.metric("sum_rate_nat")
    with pytest.raises(InvalidInput, match="beams"):
        batch.stack("beam")
    assert batch.metric("power_w").shape == (2,) and batch[:1].stack("beams").shape == (1, 8, 16)


@pytest.mark.parametrize(("system", "scheme", "settings"), [
    ("beamforming", "balanced", {"max_evaluations": 30}), ("cellfree", "balanced", {}),
    ("frame", "simulated", {}), ("pilots", "best-crb", {}),
    ("surfaces", "full-covariance", {"select": "all"})])
def test_a_design_is_made_again(system: str, scheme: str, settings: Any) -> None:
    """Random starts come from the seed and trial of the instance, which its document keeps."""
    small = {"cellfree": {"aps": 3, "antennas": 4, "users": 3, "targets": 2}}.get(system, {})
    instance = noctule.Instance(system, scenario=small, seed=5, trial=3)
    design = instance.design(scheme, settings=settings, on_failure="return")
    assert (design.instance.seed, design.instance.trial) == (5, 3)
    other = noctule.Instance(system, arrays=instance, seed=5, trial=3)
    for again in (design.instance, other, pickle.loads(pickle.dumps(instance))):
        found = again.design(scheme, settings=settings, on_failure="return")
        assert same(found, design) and found.starts == design.starts
