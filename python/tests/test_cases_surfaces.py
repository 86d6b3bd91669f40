"""The reference cases of `surfaces`, through Python's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from reference import close, named, pairs

import noctule


def surfaces_instance(inputs: dict[str, Any], **more: Any) -> noctule.Instance:
    par, count = inputs["par"], len(inputs["sites"])
    arrays: dict[str, Any] = {
        "base_m": inputs["bs"], "user_m": inputs["cu"], "target_m": inputs["target"],
        "site_m": inputs["sites"], "base_axis": [0, 1], "user_axis": [0, 1],
        "site_axis": [[1, 0]] * count, "elements": inputs["Nk"],
        "transmit_antennas": par["Mt"], "user_antennas": par["Mr"], "sensors": par["Nr"],
        "snapshots": par["T"], "power_w": par["P"], "user_noise_w": par["s2"],
        "sensing_noise_w": par["ss2"], "reference_gain": par["K0"],
        "path_loss_exponent": par["alpha"], "reflection_gain": par["beta2"],
        "exact_paths": 0, "crb_limit": 0, **more,
    }
    if "shared_elements" in more:
        del arrays["elements"]
    return noctule.Instance("surfaces", arrays=arrays)


def requiring(inputs: dict[str, Any], required: float) -> noctule.Instance:
    """With the limit that asks for an illumination Γ."""
    free = surfaces_instance(inputs)
    limit = noctule.surfaces.link(free)["bound_constant"] / required
    return surfaces_instance(inputs, crb_limit=limit)


@named("surfaces", "geometry")
def test_surfaces_geometry(case: dict[str, Any]) -> None:
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
    coherence = noctule.surfaces.link(surfaces_instance(inputs))["coherence"]
    assert abs(coherence[0] - expected["VhV_offdiag_max"]) <= 1e-10


@named("surfaces", "crb16")
def test_surfaces_bound(case: dict[str, Any]) -> None:
    relative = case["tolerance"]["rel"]
    for one in case["cases"]:
        phases = np.concatenate([pairs(surface) for surface in one["v"]])
        covariance = pairs(one["Rx"])
        expected = one["expected"]
        instance = surfaces_instance(one["input"])
        bound, most = noctule.surfaces.crb(instance, phases, covariance)
        close(bound, expected["crb16_max_approx"], relative)
        close(most, expected["crb21_bound"], relative)
        g, _ = noctule.surfaces.illumination(instance, phases)
        power = np.vdot(g, covariance @ g).real
        close(noctule.surfaces.link(instance)["bound_constant"] / power, most, relative)
        exact = surfaces_instance(one["input"], exact_paths=1)
        close(noctule.surfaces.crb(exact, phases, covariance)[0], expected["crb16_exact_path"],
              relative)


@named("surfaces", "theorem2")
def test_surfaces_powers(case: dict[str, Any]) -> None:
    tolerance = case["tolerance"]
    for one in case["cases"]:
        problem = (one["g"], one["w"], one["P"], one["Gamma"])
        found, expected = noctule.surfaces.allocate(*problem), one["expected"]
        if found is None:
            assert expected["case"] == "infeasible"
            assert noctule.surfaces.full_covariance_rate(*problem) is None
            continue
        assert found["case"] == expected["case"]
        close(found["rate_nats"] / np.log(2), expected["rate"], tolerance["rate_rel"])
        assert np.allclose(found["powers"], expected["p"], rtol=0, atol=tolerance["p_abs"])
        assert abs(found["sensing_power"] - expected["ps"]) <= tolerance["p_abs"]
        if "rate_full_covariance" in expected:
            full = noctule.surfaces.full_covariance_rate(*problem)
            assert full is not None
            close(full / np.log(2), expected["rate_full_covariance"],
                  tolerance["rate_full_covariance_rel"])


@named("surfaces", "certified-inner")
def test_surfaces_inner_problems(case: dict[str, Any]) -> None:
    relative = case["tolerance"]["relative"]
    for one in case["fullcov"]:
        found = noctule.surfaces.full_covariance_rate(one["d"], one["w"], one["P"], one["Gamma"])
        assert found is not None
        close(found / np.log(2), one["expected_rate"], relative)
    for one in case["curve"]:
        user, target, support = noctule.surfaces.trade_off(
            one["N"], one["delta"], one["alpha"], one["psi"])
        close([user, target, support], [one["abs_z"], one["abs_y"], one["support"]], relative)


@named("surfaces", "prop4")
def test_surfaces_threshold(case: dict[str, Any]) -> None:
    par, expected = case["par"], case["expected"]
    found = noctule.surfaces.element_threshold(
        case["rho_BI2"], case["rho_IU2"], par["P"], case["Gamma"], par["Mt"], par["Mr"], par["s2"])
    for ours, key in zip(found, ("N_threshold", "radicand_rank", "radicand_sensing")):
        close(ours, expected[key], case["tolerance"]["rel"])


@named("surfaces", "coloc")
def test_surfaces_co_located(case: dict[str, Any]) -> None:
    relative = case["tolerance"]["rel"]
    for one in case["cases"]:
        instance = surfaces_instance(one["input"], crb_limit=10 ** (one["crb_dB"] / 10))
        expected, link = one["expected"], noctule.surfaces.link(instance)
        if "Gamma_s" in expected:
            close(link["required"], expected["Gamma_s"], relative)
        squares = link["elements"] ** 2
        power = instance["power_w"]
        found = noctule.surfaces.allocate(link["gains"] * squares, link["weights"] * squares,
                                          power, link["required"])
        design = noctule.design(instance, "dedicated-signal", select="all", on_failure="return")
        if found is None:
            assert expected["case"] == "infeasible" and design.infeasible
            continue
        assert found["case"] == expected["case"]
        close(found["rate_nats"] / np.log(2), expected["rate"], relative)
        close(design.metrics.rate_bps_hz, expected["rate"], relative)
        full = noctule.design(instance, "full-covariance", select="all")
        close(full.metrics.rate_bps_hz, expected["rate_full_covariance"], relative)
        # The channel of the aligned phases has exactly these gains.
        phases = noctule.surfaces.aligned_phases(instance, "user")
        channel = noctule.surfaces.channel(instance, phases)
        values = np.linalg.svd(channel)[1][: len(squares)] ** 2 / instance["user_noise_w"]
        close(values, sorted(link["gains"] * squares, reverse=True), 1e-9)


@named("surfaces", "subset")
def test_surfaces_subsets(case: dict[str, Any]) -> None:
    relative, expected = case["tolerance"]["rel"], case["expected"]
    instance = surfaces_instance(case["input"], crb_limit=10 ** (case["crb_dB"] / 10),
                                 shared_elements=case["N"])
    design = noctule.design(instance, "dedicated-signal")
    close(design.metrics.rate_bps_hz, expected["rate"], relative)
    assert len(design.sites) == len(expected["subset_0based"])
    for key, always in (("time_switching_both_phases_sense", True),
                        ("time_switching_dedicated_only", False)):
        switched = noctule.design(instance, "time-switching", always_sense=always)
        close(switched.metrics.rate_bps_hz, expected[key], relative)


@named("surfaces", "separate")
def test_surfaces_apart(case: dict[str, Any]) -> None:
    instance = requiring(case["input"], case["Gamma_s"])
    low, high = case["expected"]["certified_interval"]
    design = noctule.design(instance, "dedicated-signal", select="all")
    assert low * (1 - 1e-3) <= design.metrics.rate_bps_hz <= high * (1 + 1e-9)
    stalled = noctule.design(instance, "alternating-sca", select="all", on_failure="return")
    close(stalled.metrics.rate_bps_hz, case["expected"]["alternating_from_sensing_start"], 1e-6)


@named("surfaces", "certified-a-n3-k2", "certified-a-n10-k4", "certified-r2-n14-k3")
def test_surfaces_certified(case: dict[str, Any]) -> None:
    instance = requiring(case["input"], case["Gamma_s"])
    link, expected = noctule.surfaces.link(instance), case["expected"]
    for ours, key in (("gains", "a_k"), ("weights", "b_k"), ("steps", "delta_k")):
        close(link[ours], case[key], 1e-9)
    witness = expected["witness"]
    points = np.array([noctule.surfaces.trade_off(n, step, alpha, psi) for n, step, alpha, psi in
                       zip(link["elements"], link["steps"], witness["alpha"], witness["psi"])])
    close(points[:, 0], witness["abs_qc_v"], 1e-6)
    close(points[:, 1], witness["abs_qs_v"], 1e-6)
    found = noctule.surfaces.allocate(
        link["gains"] * points[:, 0] ** 2, link["weights"] * points[:, 1] ** 2,
        instance["power_w"], link["required"])
    assert found is not None
    close(found["rate_nats"] / np.log(2), expected["global_rate_lower"], 1e-6)
    design = noctule.design(instance, "dedicated-signal", select="all")
    rate = design.metrics.rate_bps_hz
    assert expected["global_rate_lower"] * (1 - 1e-3) <= rate <= expected["global_rate_upper"]
