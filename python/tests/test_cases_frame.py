"""The reference cases of `frame`, through Python's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from reference import close, named, pairs

import noctule


def frame_instance(inputs: dict[str, Any], limit: float) -> noctule.Instance:
    users, blocks, offset = len(inputs["beta"]), inputs["N"], inputs["rho_exponent_shift"]
    if inputs["aging"] == "geom":
        aging = noctule.frame.aging(blocks, base=inputs["rho1"], offset=offset)
    else:
        aging = noctule.frame.aging(blocks, doppler_blocks=inputs["fdTb"], offset=offset)
    return noctule.Instance("frame", arrays={
        "angle_rad": inputs["theta_rad"],
        "spread_rad": np.full(users, inputs["spread_rad"]),
        "gain": inputs["beta"],
        "power_w": inputs["p_W"],
        "noise_w": np.full(users, inputs["sigma_c2_W"]),
        "pilot_snr": inputs["gamma_e"],
        "echo_snr": np.full(users, inputs["eta_per_symbol"]),
        "crb_limit_rad2": np.full(users, limit),
        "aging": np.tile(aging, (users, 1)),
        "transmit_antennas": inputs["Lt"],
        "receive_antennas": inputs["Lr"],
        "symbol_time_s": inputs["Ts_s"],
        "block_symbols": inputs["Mb"],
        "pilot_symbols": inputs["Mm"],
        "crb_scale": inputs["crb_scale"],
        "spectrum": 0,
        "reference": ["first", "center"].index(inputs["steering_reference"]),
        "error_shape": ["los", "los-unit", "one-ring"].index(inputs["R_r_shape"]),
        "sinr": ["22", "28", "physical"].index(inputs["sinr"]),
        "project_prior": inputs["psd_projection"],
        "whole_pilots": 0,
    })


@named("frame", "steering-onering-crb")
def test_frame_correlation_and_angle_bound(case: dict[str, Any]) -> None:
    relative, room = case["tolerance"]["rel"], case["tolerance"]["abs"]
    for one in case["cases"]:
        expected, elements, angle = one["expected"], one["Lt"], one["theta_rad"]
        reference = "first" if one["reference"] == "first" else "centre"
        found = noctule.frame.one_ring(elements, angle, one["spread_rad"])
        slope = noctule.frame.steering(elements, [angle], reference)[1][0]
        ring = noctule.frame.one_ring_slope(elements, angle, one["spread_rad"],
                                            reference=reference)
        for ours, key in ((found, "R"), (ring, "D_one_ring"),
                          (np.outer(slope, slope.conj()), "D_los")):
            theirs = pairs(expected[key])
            assert np.abs(ours - theirs).max() <= max(room, relative * np.abs(theirs).max()), key
        crb = noctule.frame.angle_crb(1.0, 0.5, angle, one["Lr"])
        close(crb, 1 / expected["crb_bracket"], relative)


@named("frame", "mmse-sinr")
def test_frame_statistics(case: dict[str, Any]) -> None:
    inputs, expected = case["input"], case["expected"]
    relative, time, gain = case["tolerance"]["rel"], inputs["Tl_s"], np.array(inputs["beta"])
    instance = frame_instance(inputs, 1.0)
    found = noctule.frame.statistics(instance, time)
    close(found["crb_rad2"], expected["crb"], relative)
    close(gain * found["estimate_trace"], expected["trCh"], relative)
    close(gain * found["error_trace"], expected["trCe"], relative)
    smallest = np.array(expected["min_eig_before_projection"])
    assert np.allclose(gain * found["smallest_eigenvalue"], smallest, rtol=relative,
                       atol=1e-14 * gain[0])
    aging = instance["aging"][:, inputs["n"] - 1] ** 2
    for form, key in (("use-and-forget", "sinr22"), ("lower-bound", "sinr28"),
                      ("physical", "sinr_physical")):
        close(aging * noctule.frame.sinr(instance, time, form), expected[key], relative)
    # The same estimate from its parts: R − E of user 0 with E of the printed shape, unit norm.
    angle = inputs["theta_rad"][0]
    slope = noctule.frame.steering(inputs["Lt"], [angle])[1][0]
    shape = np.outer(slope, slope.conj()) / np.vdot(slope, slope).real
    crb = noctule.frame.angle_crb(time / inputs["Ts_s"], inputs["eta_per_symbol"], angle,
                                  inputs["Lr"])
    close(crb, expected["crb"][0], relative)
    part = noctule.frame.sensed_estimate(
        noctule.frame.one_ring(inputs["Lt"], angle, inputs["spread_rad"]), crb * shape,
        inputs["gamma_e"][0] * gain[0])
    close(gain[0] * part["prior"], pairs(expected["Rhat_0"]), relative)
    close(gain[0] * part["estimate_trace"], expected["trCh"][0], relative)


@named("frame", "alloc-monotone")
def test_frame_divisions(case: dict[str, Any]) -> None:
    for one in case["cases"]:
        value, counts = noctule.frame.best_division(case["Phi"], one["Nt"], one["M"])
        close(value, one["expected_best"], case["tolerance"]["rel"])
        assert sorted(counts) == sorted(one["expected_counts"])


@named("frame", "infeasible")
def test_frame_without_room(case: dict[str, Any]) -> None:
    instance = frame_instance(case["input"], case["Gamma"])
    shortest = noctule.frame.shortest_sensing_s(instance)
    close(shortest, case["expected"]["Tmin_s"], case["tolerance"]["rel"])
    design = noctule.design(instance, on_failure="return")
    assert design.infeasible != case["expected"]["feasible"]


@named("frame", "optimum")
def test_frame_optimum(case: dict[str, Any]) -> None:
    relative = case["tolerance"]["rate_rel"]
    schemes = {"PROP": "optimal", "SSU": "single-update", "FSU": "every-block",
               "RBA": "random-blocks"}
    for one in case["cases"]:
        instance = frame_instance(case["input"], one["Gamma"])
        for key, scheme in schemes.items():
            design = noctule.design(instance, scheme)
            rate = one["expected"][key]["rate"]
            close(design.metrics.frame_bits_per_hz, rate, relative)
            if key == "PROP":
                bits, _ = noctule.frame.throughput(
                    instance, design.sensing_time_s, design.blocks_per_update)
                close(bits, rate, relative)
