"""Every number handed to a model function is in its range, or refused; no answer is NaN."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import InvalidInput, NumericalError, beamforming, cellfree, frame, phy, pilots, surfaces
from noctule import _noctule, optim

MODULES = [beamforming, cellfree, frame, phy, pilots, surfaces]
EYE = np.eye(4)
SCENE = {"transmit_shape": [2, 2], "receive_shape": [2, 2], "azimuth_rad": [0.3],
         "polar_rad": [1.2], "reflection": [0.1], "information": 60.0}
CELL = noctule.cellfree.Scenario().realize()
AGGREGATED = {
    "direct": [[1.0]], "target_ap": [[0.5]], "user_target": [[0.2]],
    "steering": np.ones((1, 1, 2)), "reflection": [0.8], "target_ap_variance": 0.1,
    "user_target_variance": 0.1, "steering_variance": 0.1,
}
FRAME = noctule.frame.Scenario().realize()
PILOTS = noctule.pilots.Scenario().realize()
BAND = noctule.Instance(scenario={"ofdm": {"subcarriers": 4}})
SCENARIO = noctule.Instance(scenario={})
LIT = 0.03 * np.eye(16)
BEAMS = np.tile(0.01 * np.eye(16), (4, 1, 1))
SURFACES = noctule.surfaces.Scenario().realize()
PHASES = surfaces.aligned_phases(SURFACES, "target")
UPLINK = {"gains": [[1.0, 0.5]], "fractions": [[0.5, 0.5]], "uplink_energy": 2.0,
          "uplink_gram": np.eye(2)}
WEIGHTS = {"positions_m": [[0.0, 0.0], [100.0, 0.0], [0.0, 100.0]], "target_m": [30.0, 40.0]}
POWERS = {"gains": [1.0, 2.0], "weights": [1.0, 2.0], "power_w": 1.0, "required": 1.0}

#: A good call of every function: what is wrong is put into it argument by argument.
CALLS: dict[Callable[..., Any], dict[str, Any]] = {
    beamforming.fisher_matrix: {"beams": EYE, **SCENE},
    beamforming.crb: {"beams": EYE, **SCENE},
    beamforming.crb_trace: {"beams": EYE, **SCENE, "weights": np.ones(4)},
    beamforming.band_parameters: {"instance": BAND},
    beamforming.band_fisher_matrix: {"instance": BAND, "band_beams": BEAMS},
    beamforming.band_crb: {"instance": BAND, "band_beams": BEAMS},
    beamforming.band_rates: {"instance": BAND, "band_beams": BEAMS},
    beamforming.predicted_error_deg: {"instance": SCENARIO, "beams": LIT},
    beamforming.threshold_margin_db: {"instance": SCENARIO, "beams": LIT},
    beamforming.barankin_bound_deg: {"instance": SCENARIO, "beams": LIT},
    cellfree.angle_from_broadside: {"aps_m": [[0, 0]], "targets_m": [[1, 2]], "axis_rad": 0.0},
    cellfree.steering: {"elements": 4, "angle_rad": [0.1], "spacing": 0.5},
    cellfree.pilot_groups: {"users_m": [[0, 0], [1, 0], [9, 0]], "pilots": 2},
    cellfree.pair_targets: {"targets_m": [[0, 0]], "aps_m": [[1, 1], [2, 2]]},
    cellfree.channel_covariances: AGGREGATED,
    cellfree.channel_statistics: {**AGGREGATED, "pilot_group": [0], "pilot_energy": 2.0},
    cellfree.estimate_channels: {"channel_covariance": EYE.reshape(1, 2, 2, 2, 2),
                                 "pilot_group": [0], "pilot_energy": 2.0},
    cellfree.signal_terms: {"instance": CELL, "data_beams": 0.01 * CELL["channels"]},
    cellfree.sinr: {"instance": CELL, "data_beams": 0.01 * CELL["channels"]},
    cellfree.quadratic_transform: {"instance": CELL, "data_beams": 0.01 * CELL["channels"]},
    cellfree.block_update: {"quadratic": EYE, "linear": np.ones((4, 2)), "power": 1.0},
    cellfree.beampattern: {"covariance": EYE, "angle_rad": [0.1], "spacing": 0.5},
    cellfree.pattern_error: {"covariance": EYE, "targets_rad": [0.1], "width_rad": 0.3,
                             "points": 61, "spacing": 0.5},
    cellfree.pattern_bound: {"beams": EYE, "targets_rad": [0.1], "width_rad": 0.3, "points": 61,
                             "spacing": 0.5},
    cellfree.best_pattern: {"elements": 4, "targets_rad": [0.1], "width_rad": 0.3, "points": 61,
                            "spacing": 0.5, "gap": 1e-3},
    frame.one_ring: {"elements": 4, "angle_rad": 0.3, "spread_rad": 0.1},
    frame.one_ring_slope: {"elements": 4, "angle_rad": 0.3, "spread_rad": 0.1},
    frame.steering: {"elements": 4, "angle_rad": [0.3]},
    frame.angle_crb: {"samples": 100, "echo_snr": 1.0, "angle_rad": 0.3, "receive_elements": 16},
    frame.aging: {"blocks": 3, "base": 0.5, "offset": 1},
    frame.estimate_trace: {"correlation": EYE / 4, "sensing_error": 0 * EYE, "pilot_snr": 4.0},
    frame.sensed_estimate: {"correlation": EYE / 4, "sensing_error": 0 * EYE, "pilot_snr": 4.0},
    frame.statistics: {"instance": FRAME, "sensing_time_s": 1e-3},
    frame.sinr: {"instance": FRAME, "sensing_time_s": 1e-3},
    frame.throughput: {"instance": FRAME, "sensing_time_s": 1e-9,
                       "blocks_per_update": [FRAME["aging"].shape[1]]},
    frame.shortest_sensing_s: {"instance": FRAME},
    frame.best_division: {"efficiency": [3.0, 2.0, 1.0], "blocks": 3, "updates": 2},
    phy.planar_steering: {"shape": [2, 2], "azimuth_rad": [0.3], "polar_rad": [1.2]},
    phy.linear_steering: {"elements": 4, "angle_rad": [0.3]},
    phy.sinr: {"channels": EYE, "beams": EYE, "noise_w": np.ones(4)},
    phy.sum_rate: {"channels": EYE, "beams": EYE, "noise_w": np.ones(4), "weights": np.ones(4)},
    phy.rayleigh: {"seed": 1, "trial": 0, "users": 2, "antennas": 3},
    phy.power_law_gain: {"reference_gain": 1e-4, "distance_m": 10.0, "exponent": 2.0},
    phy.log_distance_gain: {"intercept_db": 128.1, "slope_db": 37.6, "distance_m": 100.0},
    pilots.three_slope_gain_db: {"distance_m": 100.0, "frequency_hz": 2e9,
                                 "access_point_height_m": 15.0, "user_height_m": 1.6},
    pilots.estimate_gains: {"gains": [[1.0, 3.0]], "energy": 1.0, "gram": np.eye(2)},
    pilots.effective_gains: UPLINK,
    pilots.observations: {**UPLINK, "downlink_energy": 1.0, "downlink_gram": np.eye(2)},
    pilots.gain_error: {**UPLINK, "downlink_energy": 1.0, "downlink_gram": np.eye(2)},
    pilots.printed_error: {"instance": PILOTS,
                           "fractions": np.full(PILOTS["channel_gain"].shape, 0.01)},
    pilots.least_power_to_locate: {"instance": PILOTS, "user": 0},
    pilots.linearisation: {"gains": [[1.0]], "estimate_gains": [[0.5]], "downlink_energy": 1.0,
                           "fractions": [[1.0]], "level": 0.5},
    pilots.delay_information: {**WEIGHTS, "frequency_hz": 2e9, "effective_bandwidth_hz": 1e6,
                               "cross_section_m2": 1.0},
    pilots.echo_gains: {**WEIGHTS, "frequency_hz": 2e9, "cross_section_m2": 1.0},
    pilots.clock_bound: {**WEIGHTS, "weights": np.ones((3, 3))},
    pilots.locate: {"positions_m": WEIGHTS["positions_m"], "ranges_m": np.full((3, 3), 100.0),
                    "weights": np.ones((3, 3))},
    pilots.position_crb: {"information": [[[2.0, 0.0], [0.0, 4.0]]], "powers": [1.0]},
    pilots.symbol_energy: {"power_w": 1.0, "noise_dbm_hz": -174.0, "bandwidth_hz": 1e6},
    surfaces.centred_steering: {"elements": 4, "frequency": [0.2]},
    surfaces.array_pattern: {"elements": 4, "difference": [0.2]},
    surfaces.surface_path: {"base_m": [0, 0], "surface_m": [50, 10], "user_m": [100, 0],
                            "target_m": [100, 20], "base_axis_deg": 90.0, "surface_axis_deg": 0.0,
                            "user_axis_deg": 90.0, "reference_gain": 1e-4, "exponent": 2.0},
    surfaces.link: {"instance": SURFACES, "sites": [0, 1]},
    surfaces.aligned_phases: {"instance": SURFACES, "towards": "user"},
    surfaces.channel: {"instance": SURFACES, "phases": PHASES},
    surfaces.illumination: {"instance": SURFACES, "phases": PHASES},
    surfaces.crb: {"instance": SURFACES, "phases": PHASES,
                   "covariance": np.eye(int(SURFACES["transmit_antennas"]))},
    surfaces.allocate: POWERS,
    surfaces.full_covariance_rate: POWERS,
    surfaces.trade_off: {"elements": 8, "step": 0.3, "blend": 0.5, "phase": 0.1},
    surfaces.element_threshold: {"base_gain": [1.0, 1.0], "user_gain": [1.0, 1.0], "power_w": 1.0,
                                 "required": 8.0, "transmit_antennas": 4, "user_antennas": 2,
                                 "user_noise_w": 1e-3},
}

#: Numbers that may be negative, or zero, or huge, by their meaning.
SIGNED = {"angle_rad", "axis_rad", "step", "blend", "phase", "intercept_db", "slope_db",
          "noise_dbm_hz", "base_axis_deg", "surface_axis_deg", "user_axis_deg"}


def name(function: Callable[..., Any]) -> str:
    return f"{function.__wrapped__.__module__}.{function.__name__}"  # type: ignore[attr-defined]


def finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(finite(member) for member in value.values())
    if isinstance(value, (tuple, list)):
        return all(finite(member) for member in value)
    if value is None or isinstance(value, str):
        return True
    return bool(np.isfinite(value).all())


def scalars() -> list[Any]:
    found = []
    for function, good in CALLS.items():
        for argument, value in good.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found.append(pytest.param(function, argument, id=f"{name(function)}-{argument}"))
    return found


def arrays() -> list[Any]:
    found = []
    for function, good in CALLS.items():
        for argument, value in good.items():
            if isinstance(value, (list, np.ndarray)):
                found.append(pytest.param(function, argument, id=f"{name(function)}-{argument}"))
    return found


def test_every_function_is_in_the_table() -> None:
    known = {function.__name__ for function in CALLS}
    for module in MODULES:
        compiled = getattr(_noctule, module.__name__.rsplit(".", 1)[-1])
        for one, value in vars(compiled).items():
            if callable(value):
                assert getattr(module, one) in CALLS, f"{module.__name__}.{one}"
    assert len(known) > 50


@pytest.mark.parametrize("function", CALLS, ids=name)
def test_good_calls(function: Callable[..., Any]) -> None:
    assert finite(function(**CALLS[function]))
    names = list(inspect.signature(function).parameters)
    assert set(CALLS[function]) <= set(names)


@pytest.mark.parametrize(("function", "argument"), scalars())
def test_scalars(function: Callable[..., Any], argument: str) -> None:
    good = CALLS[function]
    wrong: list[Any] = [math.nan, math.inf, -math.inf, 10**400, "1", None, 1j, [1.0], np.ones(2)]
    if argument not in SIGNED:
        wrong += [-1, -0.5]
    if isinstance(good[argument], int) and argument not in ("seed", "trial", "samples"):
        wrong += [1.5, 2.0**80]
    optional = inspect.signature(function).parameters[argument].default is None
    for value in wrong:
        if value is None and optional:
            continue
        with pytest.raises(InvalidInput) as caught:
            function(**{**good, argument: value})
        error = caught.value
        assert argument in getattr(error, "where"), f"{value!r}: {error}"
        assert error.found and error.allowed
    # What is absurd but in range is a number all the same, or an error.
    for value in (0, 1e-300, 1e300, -1e300, 1e-4):
        try:
            found = function(**{**good, argument: value})
        except (InvalidInput, NumericalError):
            continue
        assert finite(found), f"{argument}={value}: {found}"


@pytest.mark.parametrize(("function", "argument"), arrays())
def test_arrays(function: Callable[..., Any], argument: str) -> None:
    good = CALLS[function]
    value = np.asarray(good[argument])
    broken = [value.astype(complex if value.dtype.kind == "c" else float) for _ in range(2)]
    for array, entry in zip(broken, (math.nan, math.inf)):
        array.reshape(-1)[-1] = entry
    optional = inspect.signature(function).parameters[argument].default is None
    for wrong in (*broken, "x", None, value[None], [[1.0], [1.0, 2.0]], object()):
        if wrong is None and optional:
            continue
        with pytest.raises((InvalidInput, TypeError)) as caught:
            function(**{**good, argument: wrong})
        assert isinstance(caught.value, InvalidInput) or wrong is None, f"{wrong!r}: {caught.value}"
    with np.errstate(all="ignore"):
        for factor in (0.0, -1.0, 1e-200, 1e200, 1e308):
            try:
                found = function(**{**good, argument: factor * value})
            except (InvalidInput, NumericalError):
                continue
            if function is beamforming.crb_trace:
                found = found[1]  # an infinite trace is an answer
            assert finite(found), f"{argument} · {factor}: {found}"
        if value.ndim > 1:
            try:
                found = function(**{**good, argument: value[..., :0]})
            except (InvalidInput, NumericalError):
                return
            assert finite(found)


def test_meanings() -> None:
    """Numbers that are finite and mean nothing."""
    for call in (
        lambda: frame.aging(3, base=2.0),
        lambda: frame.aging(3),
        lambda: frame.aging(3, base=0.5, doppler_blocks=0.1),
        lambda: frame.estimate_trace([[0, 1], [0, 0]], np.zeros((2, 2)), 1.0),
        lambda: frame.estimate_trace(100 * EYE, 0 * EYE, 1.0),
        lambda: frame.angle_crb(10, 1.0, 0.1, 1),
        lambda: frame.one_ring(4, 0.3, -0.1),
        lambda: frame.one_ring(4, 0.3, 0.1, spectrum="unifrom"),
        lambda: cellfree.beampattern([[0, 1], [0, 0]], [0.1]),
        lambda: cellfree.signal_terms(FRAME, CELL["channels"]),
        lambda: frame.sinr(3, 1e-3),
        lambda: frame.sinr({"angle_rad": [0.1]}, 1e-3),
        lambda: pilots.effective_gains([[1.0]], [[1.0]]),
        lambda: surfaces.link(SURFACES, [1]),
        lambda: surfaces.link(SURFACES, [0, 99]),
        lambda: surfaces.channel(SURFACES, PHASES[:-1]),
        lambda: surfaces.crb(SURFACES, PHASES, np.eye(3)),
        lambda: noctule.convert.power_w("nan W"),
        lambda: noctule.convert.power_w("-1 W"),
        lambda: noctule.convert.power_w(-1.0),
        lambda: noctule.convert.power_w("1e9 dBm"),
        lambda: noctule.convert.power_w("1 2 W"),
        lambda: noctule.convert.power_w("dBm"),
    ):
        with pytest.raises(InvalidInput):
            call()
    assert noctule.convert.power_w("30dBm") == noctule.convert.power_w(" 30 dBm ") == 1.0
    # What does not fit the signature is a mistake in the program.
    with pytest.raises(TypeError):
        phy.power_law_gain(1.0, 2.0)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        phy.power_law_gain(1.0, 2.0, 3.0, 4.0)  # type: ignore[call-arg]


def test_counts_of_long_calls(scenario: beamforming.Scenario) -> None:
    good = scenario.realize()
    for call, where in (
        (lambda: noctule.design_batch(scenario, "rzf", trials=[0, -1]), "trial"),
        (lambda: noctule.design_batch(scenario, "rzf", trials=[0.5]), "trial"),
        (lambda: noctule.design_batch([good], "rzf", threads=-1), "threads"),
        (lambda: noctule.design_batch([good], "rzf", threads=1.5), "threads"),
        (lambda: noctule.design_batch([good], "rzf", threads=10**30), "threads"),
        (lambda: noctule.run("beamforming/region", trials=-1), "trials"),
        (lambda: noctule.run("beamforming/region", trials=0), "trials"),
        (lambda: noctule.run("beamforming/region", trials=1.5), "trials"),
        (lambda: noctule.run("beamforming/region", seed=1.5), "seed"),
        (lambda: noctule.run("beamforming/region", seed=-1), "seed"),
        (lambda: noctule.run("beamforming/region", threads=-1), "threads"),
        (lambda: noctule.Instance(scenario={}, seed=1.5), "seed"),
        (lambda: optim.sphere(-3), "manifold.length"),
        (lambda: optim.sphere(3, radius=math.nan), "manifold.radius"),
        (lambda: optim.sphere_of_power(-1.0, (2, 2)), "power_w"),
        (lambda: optim.minimize(square, optim.sphere(2), EYE[0, :2], max_evaluations=-1),
         "max_evaluations"),
        (lambda: optim.minimize(square, optim.sphere(2), EYE[0, :2], memory=0), "memory"),
        (lambda: optim.minimize(square, optim.sphere(2), EYE[0, :2], feasibility=0.0),
         "feasibility"),
        (lambda: optim.water_filling([1.0, -1.0], 1.0), "gains"),
        (lambda: optim.water_filling([1.0], math.nan), "power"),
    ):
        with pytest.raises(InvalidInput) as caught:
            call()
        assert where in getattr(caught.value, "where"), caught.value


def square(x: Any) -> Any:
    return np.vdot(x, x).real, 2 * x


@pytest.mark.parametrize("found", [
    (None, np.ones(2)), (1j, np.ones(2)), ("x", np.ones(2)), (1.0, None), (1.0, np.ones(3)),
    (1.0, np.full(2, np.nan)), 1.0, None, (1.0,),
])
def test_objectives_that_return_something_else(found: Any) -> None:
    for constraint in (None, found):
        first = found if constraint is None else (1.0, np.ones(2))
        with pytest.raises(InvalidInput) as caught:
            optim.minimize(lambda x: first, optim.sphere(2), np.ones(2),
                           constraints=[] if constraint is None else [lambda x: found])
        place = "f_and_grad" if constraint is None else "constraints[0]"
        assert getattr(caught.value, "where").startswith(place)
