"""The reference cases of `cellfree`, through Python's arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from reference import close, named, pairs

import noctule


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
    certify = {"nodes": 20 * case["nodes"], "gap": case["eps"]}
    design = cellfree_instance(inputs, **limit).design(settings={"certify": certify})
    rate = design.metrics.sum_rate_bps_hz
    assert expected["rate_lower"] - 1e-3 <= rate <= expected["rate_upper"] * (1 + 1e-6)
    assert design.proof.bound.value >= expected["rate_lower"] - 1e-6
    assert design.gap is not None and design.gap <= case["eps"] * (1 + 1e-9)
