"""The reference cases of the repository, through Python's arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule

CASES = Path(__file__).resolve().parents[2] / "crates" / "noctule" / "tests" / "cases"


def cases(system: str, *kinds: str) -> list[Any]:
    found = []
    for path in sorted((CASES / system).glob("*.json")):
        document = json.loads(path.read_text())
        if document["kind"] in kinds:
            found.append(pytest.param(document, id=path.stem))
    assert found, f"there is no case of {system} of kind {kinds}"
    return found


def pairs(values: Any) -> Any:
    """Nested lists of [re, im]."""
    array = np.asarray(values, dtype=float)
    return array[..., 0] + 1j * array[..., 1]


def close(found: Any, expected: Any, relative: float) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.max(np.abs(found - expected)) <= relative * np.max(np.abs(expected))


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
    design = noctule.design(beamforming_instance(case["inputs"]), tolerance=1e-8, certify=True,
                            certify_nodes=0)
    best = case["expected"]["objective_best_known"]
    assert design.metrics.objective >= best - 1e-5 * max(1, abs(best))
    assert design.proof.bound.value >= best - 1e-9 * abs(best)
    assert design.verify()


@pytest.mark.parametrize("case", cases("beamforming", "sensing_only"))
def test_sensing_only(case: dict[str, Any]) -> None:
    design = noctule.design(beamforming_instance(case["inputs"]), "sensing-only")
    assert design.gap is not None and design.gap < 1e-6
    assert design.verify()
