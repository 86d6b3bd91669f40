"""Goals and requirements of ``beamforming``: said by dataclasses, answered with proofs and prices."""

import re
import subprocess

import numpy as np
import pytest

import noctule
from noctule import beamforming as bf


def test_the_best_accuracy_with_a_floor_for_every_user():
    scenario = bf.Scenario(goal=bf.GoalMinCrb(), require=bf.Require(sinr_db=10.0))
    design = noctule.design(scenario, seed=1)
    assert design.solved and bool(design.verify())
    sinr = np.asarray(design.metrics.sinr)
    assert (sinr >= 10.0 * (1 - 1e-9)).all()
    assert design.proof.bound.gap_rel < 1e-5
    goal = design.metrics.goal
    assert goal.kind == "min-crb" and goal.met == 4
    prices = design.metrics.prices
    assert len(prices.per_sinr_db) == 4 and min(prices.per_sinr_db) > 0
    assert prices.per_power_db < 0


def test_metrics_limits_and_arrays_are_dataclasses():
    scenario = bf.Scenario(
        goal=bf.GoalMinPower(),
        require=bf.Require(
            sinr_db=5.0,
            limits=[bf.Limit(metric=bf.MeasureWorstAngle(), limit=2.0),
                    bf.Limit(metric=bf.MeasureSensingSnr(target=0), limit=10.0)],
        ),
        transmit_elements=bf.ElementsLinear(elements=8),
        receive_elements=bf.ElementsCircular(elements=10, radius=0.8),
        unknown=bf.Unknown(polar=False),
        power_dbm=40.0,
        users=2,
    )
    design = noctule.design(scenario)
    assert design.meets_requirements and bool(design.verify())
    assert len(design.metrics.prices.per_limit) == 2


def test_what_nothing_meets_raises_with_what_is_in_reach():
    scenario = bf.Scenario(goal=bf.GoalMinCrb(), require=bf.Require(sinr_db=30.0))
    with pytest.raises(noctule.NotSolved, match="every floor lower by"):
        noctule.design(scenario)
    design = noctule.design(scenario, on_failure="return")
    certificate = design.proof.infeasible
    assert certificate.required == pytest.approx(30.0)
    assert certificate.reachable < 30.0 and bool(design.verify())


def test_beams_of_ones_own_are_judged_by_the_goal():
    scenario = bf.Scenario(goal=bf.GoalMinCrb(), require=bf.Require(sinr_db=10.0), users=2)
    instance = scenario.realize()
    h = instance["channels"]
    matched = h / np.linalg.norm(h) * 0.1
    found = noctule.evaluate(instance, matched)
    assert found.metrics.goal.asked == 2
    assert found.meets_requirements == (found.metrics.goal.met == 2)


def test_requirements_without_a_goal_are_refused():
    with pytest.raises(noctule.InvalidInput, match="goal"):
        noctule.design(bf.Scenario(require=bf.Require(sinr_db=10.0)))


def test_words_of_sensing_power_and_of_what_is_around():
    scenario = bf.Scenario(
        goal=bf.GoalMaxSensing(metric=bf.MeasureScnr()),
        require=bf.Require(sinr_db=5.0, groups=[bf.PowerGroup(antennas=list(range(8)), power_dbm=7.0)]),
        clutter=[bf.ClutterSource(azimuth_deg=0.0, polar_deg=90.0, over_noise_db=10.0)],
        channel_error_db=-25.0, users=2,
    )
    found = noctule.design(scenario)
    assert found.proof.bound.gap_rel < 1e-5 and found.verify()
    assert np.sum(np.abs(found.beams[:, :8]) ** 2) <= 10 ** 0.7 / 1000 * (1 + 1e-9)
    worst = bf.Scenario(goal="min-crb", require=bf.Require(sinr_db=5.0), users=2,
                        uncertain=bf.Uncertain(over="worst", azimuth_deg=1.0, nodes=3))
    assert noctule.design(worst).proof.bound.gap_rel < 1e-5


def test_covariances_become_beams():
    instance = bf.Scenario(goal="min-crb", require=bf.Require(sinr_db=5.0), users=2).realize()
    best = noctule.design(instance)
    outer = [np.outer(w, w.conj()) for w in best.beams]
    # no sensing stream is in use where none is needed
    sensing = sum(outer[2:], np.zeros_like(outer[0]))
    covariances = np.array([outer[0], outer[1], sensing])
    found = noctule.evaluate(instance, {"covariances": covariances})
    assert np.isclose(found.metrics.goal.value, best.metrics.goal.value, rtol=1e-6)
    assert found.meets_requirements


def test_covariances_beside_beams_are_refused():
    design = noctule.design("beamforming")
    covariances = np.array([np.eye(16)] * 5) * 1e-4  # four users, and sensing
    assert design.instance.evaluate({"covariances": covariances}).metrics.power_w > 0
    with pytest.raises(noctule.InvalidInput, match="given twice"):
        design.instance.evaluate({"beams": design["beams"], "covariances": covariances})


def test_a_bound_in_nats_says_so(program):
    words = ["design", "-s", "scenario.goal.kind=sum-rate", "-s", "scenario.users=2", "-s", "scenario.require.azimuth_deg=5"]
    told = subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout
    assert re.search(r"at most [\d.]+ nat within", " ".join(told.split())), told


def test_errors_of_channels_let_through_what_is_sent_past_everything():
    instance = noctule.Instance(
        scenario={
            "users": 2, "goal": {"kind": "min-crb"}, "channel_error_db": -10.0,
            "require": {"sinr_db": 0.0},
        }
    )
    rng = np.random.default_rng(0)
    w = rng.normal(size=(3, 16)) + 1j * rng.normal(size=(3, 16))
    w *= np.sqrt(0.01) / np.linalg.norm(w)
    heard = abs(instance["channels"].conj() @ w.T) ** 2
    signal = np.diag(heard)
    error = instance["channel_error"] * np.linalg.norm(w) ** 2
    noise = heard.sum(1) - signal + error + instance["user_noise_w"]
    design = noctule.evaluate(instance, w)
    np.testing.assert_allclose(design.metrics.sinr, signal / noise, rtol=1e-10)
    assert design.verify()


def test_positions_stand_in_the_place_of_a_shape():
    scenario = bf.Scenario(goal=bf.GoalMinCrb(), require=bf.Require(sinr_db=5.0), users=2)
    whole = dict(scenario.realize(seed=1))
    rng = np.random.default_rng(1)
    for name in ("transmit", "receive"):
        elements = int(np.prod(whole[f"{name}_shape"]))
        whole[f"{name}_positions"] = np.cumsum(rng.uniform(0.5, 0.8, (elements, 3)), axis=0)
    shapeless = {name: array for name, array in whole.items() if not name.endswith("_shape")}
    both, alone = (noctule.Instance(arrays=arrays).design() for arrays in (whole, shapeless))
    assert both.metrics.crb_trace_mixed == alone.metrics.crb_trace_mixed
    assert alone.verify()


def test_a_known_angle_is_no_part_of_the_mean_bound():
    scenario = bf.Scenario(
        transmit_array=bf.ArrayShape(horizontal=8, vertical=1),
        receive_array=bf.ArrayShape(horizontal=8, vertical=1),
        users=1, goal=bf.GoalMinCrb(), unknown=bf.Unknown(polar=False),
    )
    batch = noctule.design_batch([scenario.realize(seed=1)])
    angles = [target.azimuth_rcrb_deg for target in batch[0].metrics.targets]
    assert all(target.polar_rcrb_deg == 0.0 for target in batch[0].metrics.targets)
    mean = np.sqrt(np.mean(np.square(angles)))
    np.testing.assert_allclose(batch.metric("rms_angle_rcrb_deg"), [mean], rtol=1e-12)


def test_floors_that_overflow_every_price_are_not_priced():
    scenario = bf.Scenario(
        users=3, goal=bf.GoalMinPower(), channel_error_db=-5.0, require=bf.Require(sinr_db=20.0),
        transmit_array=bf.ArrayShape(horizontal=2, vertical=2),
    )
    design = scenario.realize(seed=1).design(on_failure="return")
    assert design.status == "infeasible" and design.verify()
    statement = design.proof.infeasible.statement
    assert "cost more than 300 dBm, and there are 10.000 dBm" in statement
