"""The reference cases of `beamforming`, through Python's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from reference import cases, close, pairs

import noctule


def beamforming_instance(inputs: dict[str, Any], streams: int | None = None) -> noctule.Instance:
    targets = len(inputs["theta"])
    channels = pairs(inputs["H"]).T if "H" in inputs else np.zeros((0, np.prod(inputs["tx_shape"])))
    if streams is None:
        streams = inputs.get("Ns", 3 * targets)
    return noctule.Instance(arrays={
        "transmit_shape": inputs["tx_shape"],
        "receive_shape": inputs["rx_shape"],
        "channels": channels,
        "azimuth_rad": inputs["theta"],
        "polar_rad": inputs["phi"],
        "reflection": pairs(inputs["alpha"]),
        "power_w": inputs["Pt"],
        "user_noise_w": inputs.get("noise_comm", []),
        "sensing_noise_w": inputs["noise_sensing"],
        "snapshots": inputs["L"],
        "sensing_streams": streams,
        "rate_weight_per_nat": inputs.get("delta_c", 0.0),
        "crb_weight": inputs.get("delta_s", 1.0),
        "per_antenna_power": 0,
        "unit_modulus_steering": 0 if inputs["normalised_steering"] else 1,
    })


@pytest.mark.parametrize("case", cases("beamforming", "steering"))
def test_steering(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    found = noctule.phy.planar_steering(
        inputs["shape"], [inputs["theta"]], [inputs["phi"]], unit_modulus=not inputs["normalised"])
    for array, name in zip(found, ("a", "da_dtheta", "da_dphi")):
        assert np.max(np.abs(array[0] - pairs(expected[name]))) <= case["tolerance"]["abs"]


@pytest.mark.parametrize("case", cases("beamforming", "evaluate"))
def test_evaluation(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    relative = case["tolerance"]["rel"]
    beams = np.ascontiguousarray(pairs(inputs["W"]).T)
    channels = np.ascontiguousarray(pairs(inputs["H"]).T)
    users = len(channels)

    information = 2 * inputs["L"] / inputs["noise_sensing"]
    scene = (inputs["tx_shape"], inputs["rx_shape"], inputs["theta"], inputs["phi"],
             pairs(inputs["alpha"]), information)
    options = {"unit_modulus": not inputs["normalised_steering"]}
    close(noctule.beamforming.fisher_matrix(beams, *scene, **options), expected["F"], relative)
    trace, crb_gradient = noctule.beamforming.crb_trace(beams, *scene, **options)
    close(trace, expected["crlb_trace"], relative)
    close(noctule.beamforming.crb(beams, *scene, **options).sum(), expected["crlb_trace"], relative)
    close(noctule.phy.sinr(channels, beams, inputs["noise_comm"]), expected["sinr"], relative)
    rate, rate_gradient = noctule.phy.sum_rate(channels, beams, inputs["noise_comm"])
    close(rate, expected["sum_rate_nats"], relative)
    gradient = inputs["delta_c"] * rate_gradient - inputs["delta_s"] * crb_gradient
    # The case's gradient is the derivative by the conjugate or twice that.
    reference = pairs(expected["gradient"]).T
    scale = np.linalg.norm(gradient) / np.linalg.norm(reference)
    assert min(abs(scale - 1), abs(scale - 2)) < 1e-9
    close(gradient / round(scale), reference, 10 * relative)

    instance = beamforming_instance(inputs, streams=len(beams) - users)
    metrics = noctule.evaluate(instance, beams).metrics
    close(metrics.objective, expected["objective"], relative)
    close(metrics.crb_trace_mixed, expected["crlb_trace"], relative)


@pytest.mark.parametrize("case", cases("beamforming", "optimise"))
def test_optimum(case: dict[str, Any]) -> None:
    design = noctule.design(beamforming_instance(case["inputs"]), tolerance=1e-8,
                            settings={"certify": {"nodes": 0}})
    best = case["expected"]["objective_best_known"]
    assert design.metrics.objective >= best - 1e-5 * max(1, abs(best))
    assert design.proof.bound.value >= best - 1e-9 * abs(best)
    assert design.verify()


@pytest.mark.parametrize("case", cases("beamforming", "sensing_only"))
def test_sensing_only(case: dict[str, Any]) -> None:
    design = noctule.design(beamforming_instance(case["inputs"]), "sensing-only")
    assert design.gap is not None and design.gap < 1e-6
    close(design.metrics.crb_trace_mixed, case["expected"]["crlb_trace_global"], 1e-6)
    assert design.verify()


@pytest.mark.parametrize("case", cases("beamforming", "alg1_trace"))
def test_first_and_last_point_of_algorithm_1(case: dict[str, Any]) -> None:
    """The algorithm itself is the scheme `algorithm-1`; its start here is the case's own."""
    inputs, expected = case["inputs"], case["expected"]
    history, relative = expected["objective_history"], case["tolerance"]["rel"]
    for beams, objective in ((inputs["W0"], history[0]), (expected["W_final"], history[-1])):
        beams = np.ascontiguousarray(pairs(beams).T)
        instance = beamforming_instance(inputs, streams=len(beams) - len(inputs["noise_comm"]))
        close(noctule.evaluate(instance, beams).metrics.objective, objective, relative)


@pytest.mark.parametrize("case", cases("beamforming", "edge"))
def test_edges(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    steering = noctule.phy.planar_steering(inputs["tx_shape"], inputs["theta"], inputs["phi"])[0]
    beams = np.eye(int(np.prod(inputs["tx_shape"])))
    scene = (inputs["tx_shape"], inputs["rx_shape"], inputs["theta"], inputs["phi"],
             pairs(inputs["alpha"]), 2 * inputs["L"] / inputs["noise_sensing"])
    if "second_singular_value_of_A" in case["expected"]:
        assert np.linalg.svd(steering)[1][1] < 1e-9
        with pytest.raises(noctule.NumericalError):
            noctule.beamforming.crb(beams, *scene)
    else:
        fisher = noctule.beamforming.fisher_matrix(beams, *scene)
        rank = np.linalg.matrix_rank(fisher, tol=1e-9 * np.abs(fisher).max())
        assert rank == case["expected"]["fim_rank_at_R_identity"]
        with pytest.raises(noctule.NumericalError):
            noctule.beamforming.crb(beams, *scene)


@pytest.mark.parametrize("case", cases("beamforming", "per_antenna"))
def test_power_per_antenna(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    arrays = beamforming_instance(inputs, streams=inputs["Ns"]).arrays
    instance = noctule.Instance(arrays={**arrays, "per_antenna_power": 1})
    design = noctule.design(instance, starts=8, tolerance=1e-8)
    assert design.metrics.objective >= expected["objective_best_known"] - 1e-5
    # The projection of the case has the rows that designs have, and is a point of the problem.
    projected = np.ascontiguousarray(pairs(expected["projection_of_X"]).T)
    shares = np.full(projected.shape[1], inputs["Pt"] / projected.shape[1])
    close(np.sum(abs(design.beams) ** 2, axis=0), shares, 1e-9)
    found = instance.evaluate(projected)
    assert found.proof.point.violation < 1e-12
    assert found.metrics.objective <= design.metrics.objective


@pytest.mark.parametrize("case", cases("beamforming", "reduction"))
def test_reduction(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    a = noctule.phy.planar_steering(inputs["tx_shape"], inputs["theta"], inputs["phi"])
    space = np.hstack([pairs(inputs["H"]), *(one.T for one in a)])
    assert space.shape[1] == expected["columns"]
    assert np.linalg.matrix_rank(space) == expected["rank"] == expected["reduced_dim"]


@pytest.mark.parametrize("case", cases("beamforming", "global_bound_beamforming"))
def test_global_bounds(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    lower, upper = expected["objective_lower"], expected["objective_upper"]
    theirs = np.ascontiguousarray(pairs(case["design_W"]).T)
    streams = len(theirs) - len(inputs["noise_comm"])
    instance = beamforming_instance(inputs, streams=streams)
    reached = noctule.evaluate(instance, theirs).metrics.objective
    assert abs(reached - lower) <= 1e-6 * max(1, abs(lower))
    design = noctule.design(instance, certify={"nodes": 0})
    room = 1e-5 * max(1, abs(lower))
    assert lower - room <= design.metrics.objective <= upper + room
    assert design.proof.bound.value >= lower - 1e-9
