"""The reference cases of the repository, through Python's arrays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule

CASES = Path(__file__).resolve().parents[2] / "crates" / "noctule" / "tests" / "cases"


#: Every file that some test here reads.
READ: set[Path] = set()


def document(system: str, name: str) -> Any:
    """The case in a file."""
    path = CASES / system / f"{name}.json"
    READ.add(path)
    return json.loads(path.read_text(encoding="utf-8"))


def cases(system: str, *kinds: str) -> list[Any]:
    """All cases of some kinds, for parameters of a test."""
    found = []
    for path in sorted((CASES / system).glob("*.json")):
        if json.loads(path.read_text(encoding="utf-8")).get("kind") in kinds:
            found.append(pytest.param(document(system, path.stem), id=path.stem))
    assert found, f"there is no case of {system} of kind {kinds}"
    return found


def named(system: str, *names: str) -> Any:
    """Run a test for cases by the names of their files."""
    all_of_them = [pytest.param(document(system, name), id=name) for name in names]
    return pytest.mark.parametrize("case", all_of_them)


def test_every_case_is_read() -> None:
    files = set(CASES.glob("*/*.json"))
    assert len(files) >= 56 and READ == files, sorted(path.name for path in files - READ)


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
    design = noctule.design(instance, certify=True, certify_nodes=0)
    room = 1e-5 * max(1, abs(lower))
    assert lower - room <= design.metrics.objective <= upper + room
    assert design.proof.bound.value >= lower - 1e-9


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


def kilometres(points: Any) -> Any:
    return 1000 * np.array(points, dtype=float)


def amplitude(distance_m: Any) -> Any:
    """Amplitude gain of the cell-free cases."""
    gain = np.vectorize(lambda d: noctule.phy.log_distance_gain(128.1, 37.6, d))
    return np.sqrt(gain(distance_m))


@named("cellfree", "01_pathloss_doa")
def test_cellfree_geometry(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tol"]["rel"]
    close(amplitude(kilometres(inputs["d_km"])), expected["beta"], relative)
    angles = noctule.cellfree.angle_from_broadside(
        kilometres(inputs["ap"]), kilometres(inputs["tg"]))
    close(angles, expected["doa"], relative)
    for row, vectors in zip(angles, expected["steering"]):
        found = noctule.cellfree.steering(inputs["N"], row, inputs["spacing"])
        close(found, pairs(vectors), max(relative, 1e-12))


@named("cellfree", "02_hac_pairing")
def test_cellfree_association(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    for pilots, groups in expected["clusters"].items():
        assert noctule.cellfree.pilot_groups(inputs["iu"], int(pilots)) == groups
    pairing = noctule.cellfree.pair_targets(inputs["tg"], inputs["ap"])
    assert pairing == expected["pair_ap_of_target"]
    aps, targets = np.array(inputs["ap"]), np.array(inputs["tg"])
    close(np.linalg.norm(aps[pairing] - targets, axis=1).sum(), expected["total_distance"],
          case["tol"]["rel"])


def labels(groups: list[list[int]], users: int) -> list[int]:
    """Which group every user is in."""
    return [next(g for g, group in enumerate(groups) if k in group) for k in range(users)]


@named("cellfree", "03_statistics_toy")
def test_cellfree_statistics(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tol"]["rel"]
    users, n = inputs["K"], inputs["M"] * inputs["N"]
    steering = [noctule.cellfree.steering(inputs["N"], row, inputs["spacing"])
                for row in inputs["theta_tm_rad"]]
    scene = (inputs["b_ua"], inputs["b_ta"], inputs["b_ut"], steering,
             np.full(inputs["T"], inputs["alpha"]), inputs["sig2_TA"], inputs["sig2_UT"],
             inputs["chi2"])
    pilots = (labels(inputs["clusters"], users), inputs["pp_times_tau"])
    phi, filters, errors = (
        found.reshape(users, n, n) for found in noctule.cellfree.channel_statistics(*scene, *pilots))
    for k in range(users):
        for ours, key in ((phi, "Phi"), (filters, "C"), (errors, "Theta")):
            close(ours[k], pairs(expected[key][k]), relative)
        close(np.linalg.eigvalsh(errors[k])[0], expected["min_eig_Theta"][k], relative)
    covariance = noctule.cellfree.channel_covariances(*scene)
    close(covariance.reshape(users, n, n), phi, 1e-15)
    # From the covariances alone.
    again = noctule.cellfree.estimate_channels(covariance, *pilots)
    close(again[0].reshape(users, n, n), filters, relative)
    close(again[1].reshape(users, n, n), errors, relative)


@named("cellfree", "04_statistics_table1")
def test_cellfree_statistics_from_places(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    users, aps, n = inputs["K"], inputs["M"], inputs["N"]

    def linear(name: str) -> Any:
        return 10 ** (inputs[name] / 10)

    places = {name: kilometres(inputs[name]) for name in ("ap", "iu", "tg")}

    def gains(a: str, b: str) -> Any:
        far = np.linalg.norm(places[a][:, None] - places[b], axis=-1)
        return amplitude(np.maximum(far, 1000 * inputs["dmin_km"]))

    angles = noctule.cellfree.angle_from_broadside(places["ap"], places["tg"])
    _, filters, errors = noctule.cellfree.channel_statistics(
        gains("iu", "ap"), gains("tg", "ap"), gains("iu", "tg"),
        [noctule.cellfree.steering(n, row) for row in angles],
        np.full(inputs["T"], inputs["alpha"]), linear("sig2_TA_db"), linear("sig2_UT_db"),
        linear("chi2_db"), labels(inputs["clusters"], users),
        linear("pp_db") * inputs["tau_p"])
    for ours, key in ((linear("p_db") * errors, "Theta_scaled"), (filters, "C")):
        theirs = np.array([pairs(one) for one in expected[key]]).reshape(users, aps, n, aps, n)
        for k in range(users):
            for m in range(aps):
                block = theirs[k, m, :, m]
                far = np.abs(ours[k, m, :, m] - block).max()
                assert far <= case["tol"]["rel_block"] * np.linalg.norm(block), (key, k, m)


def cellfree_instance(inputs: dict[str, Any], **more: Any) -> noctule.Instance:
    aps, n, users = inputs["M"], inputs["N"], inputs["K"]
    angles = inputs["theta_rad"] if "theta_rad" in inputs else inputs["theta"]
    errors = np.array([pairs(one) for one in (inputs["Th"] if "Th" in inputs else inputs["Theta"])])
    return noctule.Instance("cellfree", arrays={
        "channels": pairs(inputs["h"]).reshape(users, aps, n),
        "error_covariance": errors.reshape(users, aps, n, aps, n),
        "power_over_noise": np.ones(aps),
        "sensing_ap": [int(ap) for ap in angles],
        "target_rad": list(angles.values()),
        "window_rad": np.radians(inputs["dtheta_deg"]),
        "grid_points": inputs["Ngrid"],
        "spacing": inputs["spacing"],
        "payload_symbols": 1,
        **more,
    })


@named("cellfree", "05_rates_mse_surrogate")
def test_cellfree_rates(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tol"]["rel"]
    aps, n, users = inputs["M"], inputs["N"], inputs["K"]
    instance = cellfree_instance(inputs)
    data = pairs(inputs["W"]).T.reshape(users, aps, n)
    sensing = np.zeros((n, aps, n), dtype=complex)
    covariances = {}
    for ap, matrix in inputs["Z"].items():
        values, vectors = np.linalg.eigh(pairs(matrix))
        sensing[:, int(ap)] = (vectors * np.sqrt(np.maximum(values, 0))).T
        covariances[ap] = pairs(matrix) + data[:, int(ap)].T @ data[:, int(ap)].conj()
    signal, rest = noctule.cellfree.signal_terms(instance, data, sensing)
    close(rest, expected["A"], relative)
    ratios = noctule.cellfree.sinr(instance, data, sensing)
    close(ratios, signal / rest, 1e-12)
    close(np.log2(1 + ratios), expected["rates"], relative)
    gamma, g = noctule.cellfree.quadratic_transform(instance, data, sensing)
    close(gamma, expected["gamma"], relative)
    close(g, pairs(expected["g"]), relative)
    metrics = instance.evaluate({"data_beams": data, "sensing_beams": sensing}).metrics
    close(metrics.sum_rate_bps_hz, expected["f3"], relative)
    close(metrics.error, expected["S"], relative)
    for ap, theirs in expected["pattern"].items():
        angles = np.linspace(-np.pi / 2, np.pi / 2, inputs["Ngrid"])
        pattern = noctule.cellfree.beampattern(covariances[ap], angles, inputs["spacing"])
        close(pattern, theirs, relative)
        error, scale = noctule.cellfree.pattern_error(
            covariances[ap], [inputs["theta_rad"][ap]], np.radians(inputs["dtheta_deg"]),
            inputs["Ngrid"], inputs["spacing"])
        close(error, expected["mse"][ap], relative)
        close(scale, expected["eta"][ap], relative)


@named("cellfree", "06_p1_sdp")
def test_cellfree_best_patterns(case: dict[str, Any]) -> None:
    tolerance = case["tol"]
    for one in case["cases"]:
        centre, width = np.radians(one["centre_deg"]), np.radians(one["width_deg"])
        beams, error, scale, bound = noctule.cellfree.best_pattern(
            one["N"], [centre], width, one["Ngrid"])
        assert abs(error - one["mse"]) <= tolerance["mse_abs"] and bound <= error
        assert abs(np.linalg.norm(beams) ** 2 - 1) <= tolerance["feas"]
        close(scale, one["eta"], 1e-4)
        angles = np.linspace(-np.pi / 2, np.pi / 2, one["Ngrid"])
        pattern = noctule.cellfree.beampattern(beams.T @ beams.conj(), angles)
        assert np.abs(pattern - one["pattern"]).max() <= tolerance["pattern_abs"]


@named("cellfree", "07_block_update")
def test_cellfree_updates(case: dict[str, Any]) -> None:
    relative = case["tol"]["rel"]
    for one in case["cases"]:
        q, c = pairs(one["Q"]), pairs(one["C"])
        w, price = noctule.cellfree.block_update(q, c, one["pmax"])
        close(w, pairs(one["W"]), relative)
        assert abs(price - one["mu"]) <= relative * max(1, one["mu"])
        close((np.vdot(w, q @ w) - 2 * np.vdot(c, w)).real, one["value"], relative)


@named("cellfree", "08_p2")
def test_cellfree_rate_only(case: dict[str, Any]) -> None:
    expected, tolerance = case["expected"], case["tol"]
    instance = cellfree_instance(case["inputs"])
    start = instance.design("mrt", scaling="per-access-point", leftover="unused")
    close(start.metrics.sum_rate_bps_hz, expected["R_mrt_start"], tolerance["sweep_rel"])
    ascent = instance.design("block-ascent")
    assert ascent.metrics.sum_rate_bps_hz >= expected["R_bcd"] * (1 - tolerance["R_rel"])
    design = instance.design()
    best = expected["R_best_of_starts"] * (1 - tolerance["R_rel"])
    assert design.metrics.sum_rate_bps_hz >= best and design.verify()


@named("cellfree", "09_p3_boundary")
def test_cellfree_boundary(case: dict[str, Any]) -> None:
    inputs, expected, tolerance = case["inputs"], case["expected"], case["tol"]
    least = cellfree_instance(inputs).design("sensing-only").metrics.error
    assert abs(least - expected["S_min"]) <= tolerance["S_min_abs"]
    for point in expected["points"]:
        design = cellfree_instance(inputs, max_error=point["delta"]).design()
        assert design.metrics.sum_rate_bps_hz >= point["R"] * (1 - tolerance["R_rel"])
        assert design.metrics.error <= point["delta"] * (1 + tolerance["S_feas"])
    beyond = cellfree_instance(inputs, max_error=expected["infeasible_delta"])
    assert beyond.design(on_failure="return").infeasible


@named("cellfree", "10_baselines")
def test_cellfree_baselines(case: dict[str, Any]) -> None:
    inputs, relative = case["inputs"], case["tol"]["rel"]
    instance = cellfree_instance(inputs)
    for key, scheme in (("mrt", "mrt"), ("zf", "zero-forcing")):
        design = instance.design(scheme, scaling="common", leftover="isotropic")
        expected = case["expected"][key]
        beams = design.data_beams.reshape(inputs["K"], -1)
        close(beams.T, pairs(expected["W"]), relative)
        close(design.metrics.sum_rate_bps_hz, expected["R"], relative)
        close(design.metrics.error, expected["S"], relative)


@named("cellfree", "11_edge")
def test_cellfree_target_beyond_the_grid(case: dict[str, Any]) -> None:
    # The angle that Eq. (4) as printed gives to a target: no direction of the grid is near.
    found = noctule.cellfree.best_pattern(
        case["inputs"]["N"], [2.2], 0.1, case["inputs"]["Ngrid"])
    assert abs(found[1] - case["expected"]["mse"]) <= case["tol"]["abs"]


@named("cellfree", "p1_n16")
def test_cellfree_patterns(case: dict[str, Any]) -> None:
    inputs, expected, relative = case["inputs"], case["expected"], case["tolerance"]["rel"]
    factor, width = pairs(inputs["V"]), np.radians(inputs["width_deg"])
    covariance = factor @ factor.conj().T
    window = ([inputs["theta"]], width, inputs["Ngrid"], inputs["spacing"])
    error, scale = noctule.cellfree.pattern_error(covariance, *window)
    close(error, expected["E_of_V"], relative)
    angles = np.linspace(-np.pi / 2, np.pi / 2, inputs["Ngrid"])
    pattern = noctule.cellfree.beampattern(covariance, angles, inputs["spacing"])
    ideal = np.abs(angles - inputs["theta"]) <= width / 2
    close(np.mean((scale * ideal - pattern) ** 2), expected["E_of_V"], relative)
    error, bound = noctule.cellfree.pattern_bound(np.ascontiguousarray(factor.T), *window)
    close(error, expected["E_of_V"], relative)
    close(bound, expected["lower_bound_of_V"], relative)
    close(bound + error, expected["lmin"], relative)
    _, best, _, proven = noctule.cellfree.best_pattern(inputs["N"], *window)
    assert proven <= expected["E_star_upper"]
    assert expected["E_star_lower"] - 1e-9 <= best <= expected["E_star_upper"] * (1 + 1e-6)


@named("cellfree", "p2_m3n4k3", "p3_m3n4k3")
def test_cellfree_global_bounds(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    limit = {} if inputs["delta"] is None else {"max_error": inputs["delta"]}
    design = cellfree_instance(inputs, **limit).design(
        certify_nodes=20 * case["nodes"], certify_gap=case["eps"])
    rate = design.metrics.sum_rate_bps_hz
    assert expected["rate_lower"] - 1e-3 <= rate <= expected["rate_upper"] * (1 + 1e-6)
    assert design.proof.bound.value >= expected["rate_lower"] - 1e-6
    assert design.gap is not None and design.gap <= case["eps"] * (1 + 1e-9)


@pytest.mark.parametrize("case", cases("channels", "import"))
@pytest.mark.filterwarnings("ignore:only the first")
def test_channels_of_other_programs(case: Any) -> None:
    given, expected = case["inputs"], case["expected"]
    sides = (given["columns"], given["rows"])
    rays = given["deepmimo"]
    options = {"array": (rays["ny"], rays["nz"]), "total_subcarriers": rays["total_subcarriers"]}
    convert = noctule.convert
    for carrier in range(3):
        found = convert.sionna(pairs(given["sionna"]), array=sides, subcarrier=carrier)
        close(found, pairs(expected["sionna"])[..., carrier], 1e-9)
        found = convert.toolbox_5g(pairs(given["toolbox_5g"]), subcarrier=carrier)
        close(found, pairs(expected["toolbox_5g"])[..., carrier], 1e-9)
    for carrier in range(2):
        found = convert.deepmimo(pairs(rays["channels"]), subcarrier=carrier, **options)
        close(found, pairs(expected["deepmimo"])[0, ..., carrier], 1e-9)
        found = convert.quadriga(pairs(given["quadriga_fr"]), carrier=carrier)
        close(found, pairs(expected["quadriga"])[..., carrier], 1e-9)
