"""Whatever is handed in, the answer is an exception with noctule's sentence, never a crash."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import Instance, InvalidInput

GOOD = np.ones((2, 16)) + 1j * np.arange(32).reshape(2, 16)


def with_channels(channels: Any) -> Instance:
    return Instance(scenario={}, arrays={"channels": channels})


class Strange:
    """Neither a number nor an array."""


def huge() -> Any:
    return np.broadcast_to(np.complex128(1), (1 << 20, 1 << 20))


@pytest.mark.parametrize(
    ("channels", "what"),
    [
        (np.array([["a", "b"]]), "the array's type is not numeric"),
        (np.array([[None, 1]]), "the array's type is not numeric"),
        (np.array(["2020-01-01"], dtype="datetime64[D]"), "the array's type is not numeric"),
        (Strange(), "the array's type is not numeric"),
        ([[1, 2], [3]], "the rows have different lengths"),
        (np.ones(16), "the array has the wrong number of dimensions"),
        (np.ones((1, 2, 16)), "the array has the wrong number of dimensions"),
        (1.0, "the array has the wrong number of dimensions"),
        (np.ones((2, 15)), "the channels do not fit the transmit array"),
        (np.full((2, 16), np.nan), "an entry is not a finite number"),
        (np.full((2, 16), np.inf * 1j), "an entry is not a finite number"),
        (huge(), "the array is too large"),
        (np.ones((0, 16)), None),
        (np.ones((2, 0)), "the channels do not fit the transmit array"),
    ],
)
def test_channels(channels: Any, what: str | None) -> None:
    if what is None:
        assert with_channels(channels)["channels"].shape == (0, 16)
        return
    with pytest.raises(InvalidInput) as caught:
        with_channels(channels)
    error = caught.value
    assert error.what == what, str(error)
    assert error.where and error.found and error.allowed
    assert str(error).startswith(error.what)
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    "channels",
    [
        GOOD.astype(np.complex64),
        np.asfortranarray(GOOD),
        np.repeat(GOOD, 2, axis=1)[:, ::2],
        GOOD[::-1][::-1],
        GOOD.astype(">c16"),
        GOOD.tolist(),
        np.ma.masked_array(GOOD),
    ],
)
def test_every_layout_is_the_same_array(channels: Any) -> None:
    assert np.array_equal(with_channels(channels)["channels"], GOOD)


def test_read_only_and_unaligned_arrays() -> None:
    frozen = GOOD.copy()
    frozen.flags.writeable = False
    assert np.array_equal(with_channels(frozen)["channels"], GOOD)
    raw = np.zeros(GOOD.nbytes + 1, dtype=np.uint8)
    unaligned = raw[1:].view(np.complex128).reshape(GOOD.shape)
    unaligned[:] = GOOD
    assert np.array_equal(with_channels(unaligned)["channels"], GOOD)
    noise = np.ones(2)
    noise.flags.writeable = False
    assert noctule.phy.sinr(frozen, unaligned, noise).shape == (2,)


def test_integers_and_booleans_are_numbers() -> None:
    assert with_channels(np.eye(2, 16, dtype=bool))["channels"].dtype == np.complex128
    assert with_channels(np.eye(2, 16, dtype=np.int8))["channels"][1, 1] == 1


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"power_w": 1.0}, "scenario.power_w"),
        ({"users": "four"}, "scenario.users"),
        ({"users": -1}, "scenario.users"),
        ({"users": 2.5}, "scenario.users"),
        ({"users": 10**30}, "scenario.users"),
        ({"power_dbm": float("nan")}, "scenario.power_dbm"),
        ({"power_dbm": np.inf}, "scenario.power_dbm"),
        ({"power_dbm": 1e9}, "scenario.power_dbm"),
        ({"power_dbm": None}, "scenario.power_dbm"),
        ({"transmit_array": {"rows": 1}}, "scenario.transmit_array.rows"),
        ({"targets": {"fixed": [{"azimuth_deg": 1e9, "polar_deg": 0, "reflection": [1, 0]}]}},
         "scenario.targets.fixed[0].azimuth_deg"),
        ({"users": Strange()}, "scenario.users"),
        ([1, 2], "scenario"),
        (3, "scenario"),
    ],
)
def test_scenarios(given: Any, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Instance(scenario=given)
    assert getattr(caught.value, "where") == where, str(caught.value)


def test_a_wrong_unit_is_told_the_right_one() -> None:
    with pytest.raises(InvalidInput, match="power_dbm"):
        Instance(scenario={"power_db": 3.0})
    with pytest.raises(InvalidInput, match="power_dbm") as caught:
        noctule.beamforming.Scenario(power_db=3.0)
    assert caught.value.hint is not None
    with pytest.raises(InvalidInput, match="dBm"):
        noctule.convert.power_w("3 dBV")


def test_draws() -> None:
    for wrong in ({"seed": -1}, {"trial": -1}, {"seed": 1 << 64}):
        with pytest.raises(InvalidInput):
            Instance(scenario={}, **wrong)


def test_names(instance: noctule.Instance) -> None:
    with pytest.raises(InvalidInput, match="beamforming"):
        Instance("beamfroming", scenario={})
    with pytest.raises(InvalidInput, match="did you mean `balanced`"):
        instance.design("balance")
    with pytest.raises(InvalidInput, match="starts"):
        instance.design(startz=2)
    with pytest.raises(InvalidInput, match="there is no array of that name"):
        Instance(scenario={}, arrays={"chanels": GOOD})
    with pytest.raises(InvalidInput, match="an array is missing"):
        Instance(arrays={"channels": GOOD})
    with pytest.raises(InvalidInput, match="there is no instance"):
        Instance()
    with pytest.raises(InvalidInput):
        noctule.design(3)
    with pytest.raises(InvalidInput):
        noctule.describe("nothing")
    with pytest.raises(InvalidInput):
        instance.design(on_failure="ignore")


def test_variables(instance: noctule.Instance) -> None:
    for wrong in (np.ones((1, 16)), np.ones((2, 15)), np.full((2, 16), np.nan), np.ones(16), "x"):
        with pytest.raises(InvalidInput):
            instance.evaluate(wrong)
    with pytest.raises(InvalidInput, match="beams"):
        instance.evaluate({"baems": np.ones((2, 16))})


def test_documents(instance: noctule.Instance) -> None:
    document = json.loads(instance.design("rzf").document)
    for change in ({"format": "noctule-design/9"}, {"format": "noctule-run/1"}, {"system": "x"}):
        with pytest.raises(InvalidInput):
            noctule.verify({**document, **change})
    with pytest.raises(InvalidInput):
        noctule.verify("{ not json")
    with pytest.raises(InvalidInput):
        noctule.verify(Path("nowhere.json"))
    del document["metrics"]
    with pytest.raises(InvalidInput):
        noctule.verify(document)


def test_model_functions() -> None:
    good = (np.eye(4), [2, 2], [2, 2], [0.3], [1.2], [0.1], 60.0)
    noctule.beamforming.fisher_matrix(*good)
    for position, wrong in [
        (0, np.eye(3)), (0, np.full((4, 4), np.nan)), (0, "x"), (0, [1.0]), (1, [2]), (1, [0, 2]),
        (1, [2.5, 2]), (2, [-1, 2]), (3, [0.3, 0.4]), (3, []), (4, [np.inf]), (5, [1, 2]),
        (6, -1.0), (6, float("nan")),
    ]:
        arguments = [*good[:position], wrong, *good[position + 1:]]
        for function in (noctule.beamforming.fisher_matrix, noctule.beamforming.crb,
                         noctule.beamforming.crb_trace):
            with pytest.raises(InvalidInput):
                function(*arguments)
    for wrong in ([[1.0]], [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]):
        with pytest.raises(InvalidInput):
            noctule.phy.sinr(np.ones((2, 2)), wrong[:1], [1.0, 1.0])
    for noise in ([0.0], [-1.0], [1.0, 1.0]):
        with pytest.raises(InvalidInput):
            noctule.phy.sinr(np.ones((1, 2)), np.ones((1, 2)), noise)
    with pytest.raises(InvalidInput):
        noctule.phy.rayleigh(1, 0, 1 << 20, 1 << 20)
    with pytest.raises(InvalidInput):
        noctule.phy.sinr(np.ones((0, 0)), np.ones((0, 0)), [])


def test_a_singular_matrix_is_an_error_of_numerics_or_infinite() -> None:
    silent = (np.zeros((1, 4)), [2, 2], [2, 2], [0.3], [1.2], [0.1], 60.0)
    with pytest.raises(noctule.NumericalError):
        noctule.beamforming.crb(*silent)
    assert noctule.beamforming.crb_trace(*silent)[0] == np.inf
    # No beams tell the azimuth of a target in the array's plane: rounding alone gives 4e31.
    shapes = (np.eye(16), [4, 4], [5, 4])
    for azimuth, polar in ([np.pi / 2], [0.7]), ([0.3], [0.0]), ([0.3, np.pi - 0.3], [1.0, 1.0]):
        scene = (*shapes, azimuth, polar, [0.1] * len(azimuth), 128.0)
        with pytest.raises(noctule.NumericalError):
            noctule.beamforming.crb(*scene)
        assert noctule.beamforming.crb_trace(*scene)[0] == np.inf


def test_experiments() -> None:
    with pytest.raises(InvalidInput, match="did you mean"):
        noctule.run("beamforming/regoin")
    with pytest.raises(InvalidInput, match=":2:"):
        noctule.run('format = "noctule-experiment/1"\nsistem = "beamforming"\n')
    with pytest.raises(InvalidInput, match="thread"):
        noctule.run("beamforming/region", ci=True, threads=0)
    with pytest.raises(InvalidInput, match="comes with the system"):
        noctule.run("beamforming/region", ci=True, schemes={"rzf": lambda instance: None})


def test_the_sentence_is_that_of_the_command_line(program: Path, tmp_path: Path) -> None:
    path = tmp_path / "channels.npz"
    np.savez(path, channels=np.full((2, 16), np.nan + 0j))
    told = subprocess.run([program, "design", path, "--scenario", "default", "--json"],
                          capture_output=True, text=True, check=False)
    assert told.returncode == 2
    theirs = json.loads(told.stdout)["error"]
    with pytest.raises(InvalidInput) as caught:
        Instance.load(path, scenario={})
    assert caught.value.what == theirs["what"]
    assert caught.value.found == theirs["found"]
    assert caught.value.allowed == theirs["allowed"]
    assert theirs["where"].endswith(getattr(caught.value, "where"))


def test_mutated_arrays_never_crash(rng: np.random.Generator) -> None:
    """Seeded mutations of a whole instance: an instance or InvalidInput, nothing else."""
    whole = Instance(scenario={"users": 2}).arrays
    names = list(whole)
    kinds = [np.float32, np.int64, np.complex128, np.uint8, bool, object, "U5"]
    for _ in range(300):
        arrays = dict(whole)
        name = names[rng.integers(len(names))]
        value = np.asarray(arrays[name])
        match rng.integers(7):
            case 0:
                with np.errstate(all="ignore"):
                    value = value.astype(complex) * rng.choice([np.nan, np.inf, -1.0, 0.0, 1e300, 1j])
            case 1:
                value = value[..., :0] if value.ndim else np.ones((0,))
            case 2:
                value = value[None]
            case 3:
                value = np.repeat(np.atleast_1d(value), 2, axis=0)
            case 4:
                with np.errstate(all="ignore"):
                    value = value.real.astype(kinds[rng.integers(len(kinds))])
            case 5:
                value = rng.normal(size=rng.integers(0, 4, size=rng.integers(0, 4)))
            case _:
                del arrays[name]
                value = None
        if value is not None:
            arrays[name] = value
        try:
            Instance(arrays=arrays)
        except InvalidInput as error:
            assert error.allowed


def told(call: Any, *parts: str) -> InvalidInput:
    """The refusal, which has these words."""
    with pytest.raises(InvalidInput) as caught:
        call()
    for part in parts:
        assert part in str(caught.value), str(caught.value)
    return caught.value


@pytest.mark.parametrize("seed", [True, None, np.True_])
def test_what_is_no_number_is_no_seed(seed: Any) -> None:
    error = told(lambda: Instance(scenario={}, seed=seed))
    assert error.where == "seed" and error.found == repr(seed)
    assert told(lambda: Instance(scenario={}, trial=seed)).where == "trial"


def test_near_misses_are_told_what_was_meant() -> None:
    scenario = noctule.beamforming.Scenario
    told(lambda: scenario(user=4), "did you mean `users`?")
    told(lambda: Instance(scenario={"targets": 3}), "targets.drawn.count = 3")
    told(lambda: Instance(scenario={"targets": [{"azimuth_deg": 1.0}]}), "targets.fixed = [")
    told(lambda: Instance("cellfree", scenario={"requirement": 1.3}), "max_error = a number")
    told(lambda: Instance(scenario={"targets": {"fixed": [{"elevation_deg": 30}]}}),
         "polar_deg = 90 - elevation")
    told(lambda: Instance(scenario={}, arrays={"H": GOOD}), "did you mean `channels`")
    told(lambda: with_channels(GOOD.T), "the transpose of this one fits")
    told(lambda: Instance(scenario={}, arrays={"azimuth_rad": [42.39, 48.92]}), "degrees")
    told(lambda: noctule.design("beamforming", "zerof"), "did you mean `zf` (zero forcing)?")
    told(lambda: Instance(scenario={}).evaluate(None), "there is no array", "`return`")
    told(lambda: noctule.verify('{"format": "noctule-design/1", "stop": 1, "stop": 2}'),
         "a key occurs twice")


def test_zero_forcing_names_the_user() -> None:
    same = np.vstack([GOOD, 2j * GOOD[:1]])
    instance = Instance(scenario={}, arrays={"channels": same})
    error = told(lambda: instance.design("zf"), "user 2 is a multiple of user 0")
    assert error.where.endswith("channels[2]")


def test_users_of_a_frame_have_speeds_of_their_own() -> None:
    frame = noctule.frame
    aging = frame.AgingJakes(speed_kmh=30.0, carrier_ghz=28.0)
    users = frame.Users(fixed=[
        frame.UserSpec(angle_deg=-40.0, speed_kmh=3.0),
        frame.UserSpec(angle_deg=0.0, crb_limit_deg2=0.1, path_gain_db=-95.0),
    ])
    typed = Instance("frame", scenario=frame.Scenario(aging=aging, users=users))
    told = Instance("frame", scenario={
        "aging": {"kind": "jakes", "speed_kmh": 30, "carrier_ghz": 28},
        "users": {"fixed": [{"angle_deg": -40, "speed_kmh": 3},
                            {"angle_deg": 0, "crb_limit_deg2": 0.1, "path_gain_db": -95}]},
    })
    for name, value in typed.items():
        assert np.array_equal(value, told[name]), name
    assert told["aging"][0, 1] > told["aging"][1, 1]
    assert told["crb_limit_rad2"][1] == pytest.approx(0.1 * np.radians(1) ** 2)


def test_variables_that_miss_a_requirement_say_so(instance: noctule.Instance) -> None:
    found = noctule.evaluate(instance, 100.0 * np.asarray(instance["channels"]))
    assert not found.meets_requirements and not found.solved
    assert "REQUIREMENT MISSED by" in repr(found)
    assert any("misses a requirement" in text for text in found.warnings)


def test_arrays_cannot_be_made_writable(instance: noctule.Instance) -> None:
    design = instance.design("mrt")
    for array in (instance["channels"], design["beams"], design.instance["channels"]):
        with pytest.raises(ValueError):
            array.setflags(write=True)
        with pytest.raises(ValueError):
            array[0, 0] = 0
        owner = array
        while isinstance(owner, np.ndarray):
            assert not owner.flags.writeable
            owner = owner.base


@pytest.mark.parametrize("system", noctule.systems())
def test_a_metric_has_one_name_everywhere(system: str, tmp_path: Path) -> None:
    scipy = pytest.importorskip("scipy.io")
    scheme = noctule.describe(system)["schemes"][0]["name"]
    batch = noctule.design_batch([Instance(system, scenario={})], scheme)
    design = batch[0]
    design.save(tmp_path / "design.mat")
    metrics = scipy.loadmat(tmp_path / "design.mat", simplify_cells=True)["metrics"]
    goals: set[str] = set()
    if system == "beamforming":
        # some metrics are those of a goal, and only of that
        required = {"goal": {"kind": "min-crb"}, "require": {"sinr_db": 5.0}}
        goals = set(noctule.design(Instance(system, scenario=required)).metrics)
        required = {"goal": {"kind": "max-min-rate"}}
        goals |= set(noctule.design(Instance(system, scenario=required)).metrics)
        goals |= {"best_use_bps_hz", "rate_bound_bps_hz"}  # of `sharing`; of certified designs
        # others are those of a band, of estimated channels, of simulated echoes
        for asked in ({"ofdm": {"subcarriers": 2}}, {"echo_draws": 2}):
            goals |= set(noctule.design(Instance(system, scenario=asked)).metrics)
        goals |= {"range_m", "velocity_m_s", "band_rate_mbps", "true_rate_bps_hz", "perfect_rate_bps_hz",
                  "range_by_curvature_m"}
    for metric in noctule.describe(system)["metrics"]:
        name = metric["name"]
        if name in goals and name not in design.metrics:
            continue
        assert name in design.metrics, name
        assert batch.metric(name).shape == (1,), name
        if design.metrics[name] is not None:
            assert metrics[name] == design.metrics[name], name
    assert design.verify()
    if system == "beamforming":
        assert [target["polar_rcrb_deg"] for target in metrics["targets"]] == [
            target.polar_rcrb_deg for target in design.metrics.targets]


def test_beams_of_single_precision_meet_the_power(instance: noctule.Instance) -> None:
    beams = instance.design("mrt")["beams"].astype(np.complex64)
    assert noctule.evaluate(instance, beams).meets_requirements
