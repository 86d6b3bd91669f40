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


def document(system: str, name: str) -> Any:
    path = CASES / system / f"{name}.json"
    if system not in noctule.systems() or not path.is_file():
        pytest.skip(f"there is no case {system}/{name}")
    return json.loads(path.read_text())


def test_frame_correlation_and_angle_bound() -> None:
    case = document("frame", "steering-onering-crb")
    for one in case["cases"]:
        expected = one["expected"]
        found = noctule.frame.one_ring(one["L"], one["theta_rad"], one["spread_rad"])
        close(found, pairs(expected["R"]), 1e-9)
        bracket = next(v for k, v in expected.items() if "bracket" in k.lower())
        crb = noctule.frame.angle_crb(1.0, 0.5, one["theta_rad"], one["Lr"])
        close(crb, 1 / bracket, case["tolerance"]["rel"])


def test_frame_estimates() -> None:
    case = document("frame", "mmse-sinr")
    inputs, expected = case["input"], case["expected"]
    seconds, samples = inputs["Tl_s"], inputs["Tl_s"] / inputs["Ts_s"]
    assert seconds > 0
    for k, angle in enumerate(inputs["theta_rad"]):
        crb = noctule.frame.angle_crb(samples, inputs["eta_per_symbol"], angle, inputs["Lr"])
        close(crb, expected["crb"][k], case["tolerance"]["rel"])
        # The prior that is expected of user 0, and R − R̂ as the error of sensing.
        if k == 0:
            correlation = noctule.frame.one_ring(inputs["Lt"], angle, inputs["spread_rad"])
            prior = pairs(expected["Rhat_0"]) / inputs["beta"][0]
            trace = noctule.frame.estimate_trace(
                correlation, correlation - prior, inputs["gamma_e"][0] * inputs["beta"][0])
            close(trace * inputs["beta"][0], expected["trCh"][0], 1e-6)


def test_pilots_path_gain() -> None:
    case = document("pilots", "01_pathloss")
    inputs = case["inputs"]
    found = [noctule.pilots.three_slope_gain_db(
        d, frequency_hz=inputs["f_mhz"] * 1e6, access_point_height_m=inputs["h_ap"],
        user_height_m=inputs["h_u"]) for d in inputs["distance_m"]]
    assert np.allclose(found, case["expected"]["gain_db"], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["orthogonal", "dl_contaminated", "ul_and_dl_contaminated"])
def test_pilots_estimates(name: str) -> None:
    case = document("pilots", f"02_gain_stats_{name}")
    inputs = case["inputs"]
    found = noctule.pilots.estimate_gains(inputs["beta"], inputs["su"], pairs(inputs["G_ul"]))
    close(found, np.array(case["expected"]["gamma"]), case["tolerance"]["rel"])


def test_pilots_localisation() -> None:
    case = document("pilots", "04_crb")
    inputs, expected = case["inputs"], case["expected"]
    for k, user in enumerate(inputs["ue"]):
        information = noctule.pilots.delay_information(
            inputs["ap"], user, inputs["fc"], inputs["b_eff"], inputs["rcs2"])
        close(information[:, 0, 0], np.array(expected["ra"])[:, k], 1e-9)
        close(information[:, 0, 1], np.array(expected["rc"])[:, k], 1e-9)
        crb = noctule.pilots.position_crb(information, np.array(inputs["p"])[:, k])
        close(crb, expected["crb"][k], 1e-9)


def test_surfaces_geometry() -> None:
    case = document("surfaces", "geometry")
    inputs, expected = case["input"], case["expected"]
    for k, site in enumerate(inputs["sites"]):
        path = noctule.surfaces.surface_path(
            inputs["bs"], site, inputs["cu"], inputs["target"],
            reference_gain=inputs["par"]["K0"], exponent=inputs["par"]["alpha"])
        for ours, theirs in [("base_gain", "rho_BI2"), ("user_gain", "rho_IU2"),
                             ("target_gain", "rho_IT2"), ("base_departure", "mu_BI_D"),
                             ("surface_arrival", "mu_BI_A"), ("user_departure", "mu_IU_D"),
                             ("user_arrival", "mu_IU_A")]:
            assert np.isclose(path[ours], expected[theirs][k], rtol=1e-10, atol=1e-12), ours


def test_cellfree_patterns() -> None:
    case = document("cellfree", "p1_n16")
    inputs, expected = case["inputs"], case["expected"]
    factor = pairs(inputs["V"])
    error, scale = noctule.cellfree.pattern_error(
        factor @ factor.conj().T, [inputs["theta"]], np.radians(inputs["width_deg"]),
        points=inputs["Ngrid"], spacing=inputs["spacing"])
    close(error, expected["E_of_V"], 1e-9)
    assert scale > 0
    angles = np.linspace(-np.pi / 2, np.pi / 2, inputs["Ngrid"])
    pattern = noctule.cellfree.beampattern(factor @ factor.conj().T, angles, inputs["spacing"])
    ideal = np.abs(angles - inputs["theta"]) <= np.radians(inputs["width_deg"]) / 2
    close(np.mean((scale * ideal - pattern) ** 2), expected["E_of_V"], 1e-9)
