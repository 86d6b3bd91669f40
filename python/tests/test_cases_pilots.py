"""The reference cases of `pilots`, through Python's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from reference import close, named, pairs

import noctule


@named("pilots", "01_pathloss")
def test_pilots_path_gain(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    found = [noctule.pilots.three_slope_gain_db(
        d, frequency_hz=inputs["f_mhz"] * 1e6, access_point_height_m=inputs["h_ap"],
        user_height_m=inputs["h_u"]) for d in inputs["distance_m"]]
    assert np.allclose(found, expected["gain_db"], rtol=0, atol=case["tolerance"]["abs_db"])
    rho = noctule.pilots.symbol_energy(inputs["p_tx_w"], inputs["n0_dbm_hz"], inputs["bw_hz"])
    close(rho, expected["rho"], case["tolerance"]["rel"])


@named("pilots", "02_gain_stats_orthogonal", "02_gain_stats_dl_contaminated",
       "02_gain_stats_ul_and_dl_contaminated")
def test_pilots_estimates(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tolerance"]["rel"]
    uplink = {"uplink_energy": inputs["su"], "uplink_gram": pairs(inputs["G_ul"])}
    downlink = {"downlink_energy": inputs["sd"], "downlink_gram": pairs(inputs["G_dl"])}
    gains, fractions = inputs["beta"], inputs["x"]
    found = noctule.pilots.estimate_gains(gains, inputs["su"], uplink["uplink_gram"])
    close(found, expected["gamma"], relative)
    mean, covariance = noctule.pilots.effective_gains(gains, fractions, **uplink)
    own = np.einsum("kkk->k", covariance).real
    close(np.diag(mean), pairs(expected["mean"]), relative)
    close(own, expected["F"], relative)
    close(own + abs(np.diag(mean)) ** 2, expected["Ea2"], relative)
    seen = noctule.pilots.observations(gains, fractions, **downlink, **uplink)
    close(seen[0], pairs(expected["mean_y"]), relative)
    close(seen[1], expected["var_y"], relative)
    close(seen[2], pairs(expected["cov_ay"]), relative)
    for all_pilots, key in ((False, "lmmse_scalar"), (True, "lmmse_full")):
        error = noctule.pilots.gain_error(gains, fractions, **downlink, **uplink,
                                          all_pilots=all_pilots, normalised=False)
        close(error, expected[key], relative)


def squared(gram: Any) -> Any:
    """A Gram matrix from the squares of its entries."""
    root = np.sqrt(np.array(gram, dtype=float))
    np.fill_diagonal(root, 1.0)
    return root


def pilots_instance(inputs: dict[str, Any], **more: Any) -> noctule.Instance:
    """Without positions: gains, and the information of the echoes where there is some."""
    terms = np.stack([np.array(inputs[key]) for key in ("ra", "rb", "rc")], axis=-1) \
        if "ra" in inputs else None
    gains = np.array(inputs["beta"]) if "beta" in inputs else np.full(terms.shape[:2], 1e-12)
    users = gains.shape[1]
    arrays = {
        "channel_gain": gains,
        "estimate_gain": inputs.get("gamma", gains),
        "uplink_energy": inputs.get("su", 1.0),
        "downlink_energy": inputs["sd"],
        "uplink_gram": np.eye(users),
        "downlink_gram": squared(inputs["c"]) if "c" in inputs else np.eye(users),
        "bandwidth_hz": 2e7,
        "array_gain": 1.0,
        "data_power": 1.0,
        **more,
    }
    if terms is not None:
        arrays["information"] = terms
    if "Gamma_max" in inputs:
        arrays["crb_limit_m2"] = inputs["Gamma_max"]
    return noctule.Instance("pilots", arrays=arrays)


@named("pilots", "03_normalised_error")
def test_pilots_error(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tolerance"]["rel"]
    gram = squared(inputs["c"])
    for energy, pilots, key in ((inputs["sd"], gram, "exact"), (0.0, gram, "no_dl"),
                                (inputs["sd"], np.eye(len(gram)), "exact_orthogonal")):
        error = noctule.pilots.gain_error(inputs["beta"], inputs["x"], energy, pilots,
                                          estimate_gains=inputs["gamma"])
        close(error, expected[key], relative)
    printed = noctule.pilots.printed_error(pilots_instance(inputs), inputs["x"])
    close(printed, expected["printed_eq18"], relative)


@named("pilots", "04_crb")
def test_pilots_localisation(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tolerance"]["rel"]
    for k, user in enumerate(inputs["ue"]):
        information = noctule.pilots.delay_information(
            inputs["ap"], user, inputs["fc"], inputs["b_eff"], inputs["rcs2"])
        for entry, key in (((0, 0), "ra"), ((1, 1), "rb"), ((0, 1), "rc")):
            close(information[:, entry[0], entry[1]], np.array(expected[key])[:, k], relative)
        crb = noctule.pilots.position_crb(information, np.array(inputs["p"])[:, k])
        close(crb, expected["crb"][k], relative)
    gains = noctule.pilots.echo_gains(inputs["ap"], inputs["ue"][0], inputs["fc"], inputs["rcs2"])
    powers = np.array(inputs["p"])[:, :1]
    close(gains * powers, expected["snr_mnk0"], relative)


@named("pilots", "05_opt_orth_0", "05_opt_orth_1", "06_opt_contaminated",
       "14_partial_power_optimal")
def test_pilots_optimum(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    relative = case["tolerance"]["objective_rel"]
    instance = pilots_instance(inputs)
    design = noctule.design(instance, certify=True)
    worst = design.metrics.worst_error
    assert expected["certified_lower_bound"] * (1 - relative) <= worst
    assert worst <= expected["objective_upper"] * (1 + relative)
    assert design.gap is not None and design.gap <= 1e-3 and design.verify()
    example = noctule.pilots.gain_error(
        inputs["beta"], expected["example_x"], inputs["sd"], squared(inputs["c"]),
        estimate_gains=inputs["gamma"]).max()
    assert worst * (1 - 1e-6) <= example <= expected["objective_upper"] * (1 + 1e-4)
    equal = noctule.design(instance, "full-power", on_failure="return").metrics
    if "equal_split_error" in expected:
        close(equal.worst_error, expected["equal_split_error"], 1e-8)
        close(equal.crb_m2, expected["crb_equal_split"], 1e-8)
    if "error_full_power" in expected:
        close(equal.worst_error, expected["error_full_power"], 1e-9)


@named("pilots", "07_best_gamma_infeasible")
def test_pilots_best_bound(case: dict[str, Any]) -> None:
    expected, relative = case["expected"], case["tolerance"]["rel"]
    instance = pilots_instance(case["inputs"])
    close(noctule.design(instance, "best-crb").metrics.worst_crb_m2, expected["best_gamma"],
          relative)
    for limit, feasible in expected["feasible_at"]:
        limited = pilots_instance({**case["inputs"], "Gamma_max": limit})
        assert noctule.design(limited, on_failure="return").infeasible != feasible


@named("pilots", "08_sca_linearisation")
def test_pilots_linearisation(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tolerance"]["rel"]
    model = (inputs["beta"], inputs["gamma"], inputs["sd"])
    value, gradient = noctule.pilots.linearisation(*model, inputs["x0"], inputs["t"])
    close(value[0], expected["H_x0"], relative)
    close(gradient[0], expected["grad_x0"], relative)
    predicted = value[0] + np.sum(gradient[0] * np.subtract(inputs["x1"], inputs["x0"]))
    close(predicted, expected["Hlin_x1"], relative)
    exact, _ = noctule.pilots.linearisation(*model, inputs["x1"], inputs["t"])
    close(exact[0], expected["H_x1"], relative)


@named("pilots", "09_radar_min_power")
def test_pilots_least_power_to_locate(case: dict[str, Any]) -> None:
    instance = pilots_instance(case["inputs"])
    for user, one in enumerate(case["expected"]["per_user"]):
        for printed, key in ((False, "min_power_exact"), (True, "min_power_printed30")):
            found = noctule.pilots.least_power_to_locate(instance, user, printed=printed)
            if one[key] is None:
                assert found is None
            else:
                close(found, one[key], case["tolerance"]["rel"])


@named("pilots", "10_end_to_end_equal_split")
def test_pilots_end_to_end(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tolerance"]["rel"]
    p, (up, down) = inputs["params"], (inputs["tau_u"], inputs["tau_d"])
    instance = noctule.pilots.Scenario(
        access_points={"fixed": inputs["ap"]}, users={"fixed": inputs["ue"]},  # type: ignore
        carrier_mhz=p["fc"] / 1e6, bandwidth_mhz=p["bw"] / 1e6,
        effective_bandwidth_mhz=p["b_eff"] / 1e6, pilot_power_mw=1e3 * p["p_tx"],
        noise_dbm_hz=p["n0_dbm_hz"], pilot_symbols=up + down, downlink_share=down / (up + down),
        cross_section_m2=p["rcs2"], crb_limit={"m2": p["gamma_max"]},  # type: ignore
        data_power=inputs["P_d"],
        path_loss=noctule.pilots.PathLoss(
            access_point_height_m=p["h_ap"], user_height_m=p["h_u"], near_m=p["d0"],
            far_m=p["d1"]),
    ).realize()
    close(instance["channel_gain"], expected["beta"], relative)
    metrics = instance.evaluate({"fractions": inputs["x"]}).metrics
    gamma = noctule.pilots.estimate_gains(
        instance["channel_gain"], instance["uplink_energy"], instance["uplink_gram"])
    close(gamma, expected["gamma"], relative)
    for ours, theirs in (("error", "error"), ("crb_m2", "crb"), ("echo_snr", "radar_snr_sum"),
                         ("rate_bps", "rate_bps")):
        close(metrics[ours], expected[theirs], relative)
    silent = instance.design("no-downlink", on_failure="return").metrics
    close(silent.error, expected["no_dl_error"], relative)
    close(silent.rate_bps, expected["rate_no_dl_bps"], relative)


@named("pilots", "11_bistatic_wnls")
def test_pilots_position(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    position, objective = noctule.pilots.locate(
        inputs["ap"], inputs["ranges_m"], inputs["weights"])
    assert np.abs(position - expected["position"]).max() <= case["tolerance"]["position_abs_m"]
    close(objective, expected["objective"], case["tolerance"]["objective_rel"])


@named("pilots", "12_toa_tdoa_bounds")
def test_pilots_clocks(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    for clocks, key in (("synchronised", "toa"), ("common-offset", "common_offset"),
                        ("transmitter-offsets", "per_tx_offset_tdoa")):
        found = noctule.pilots.clock_bound(inputs["ap"], inputs["ue"], inputs["weights"], clocks)
        close(found, case["expected"][key], case["tolerance"]["rel"])


@named("pilots", "13_min_power")
def test_pilots_least_power(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    design = noctule.design(pilots_instance(inputs), "least-power",
                            target_error=inputs["target_error"])
    total = design.metrics.power_fraction * len(inputs["beta"])
    assert total <= case["expected"]["best_known_total"] * (1 + case["tolerance"]["rel"])
    assert design.metrics.worst_error <= inputs["target_error"] * (1 + 1e-6)
