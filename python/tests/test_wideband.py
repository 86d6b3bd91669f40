"""Beams over a band: said by dataclasses, kept in documents, confirmed by the witness."""

import numpy as np
import pytest

from test_cvxpy import by_cvxpy

import noctule
from noctule import beamforming as bf


def scenario(subcarriers=6, **more):
    return bf.Scenario(
        users=2,
        targets={"fixed": [{"azimuth_deg": 20.0, "polar_deg": 80.0, "reflection": [0.1, 0.0],
                            "range_m": 25.0, "velocity_m_s": 12.0}]},
        ofdm=bf.Ofdm(subcarriers=subcarriers, spacing_khz=1000.0),
        **more,
    )


def test_a_design_over_a_band_has_beams_on_every_subcarrier():
    design = noctule.design(scenario(), seed=1)
    assert design.solved and bool(design.verify())
    assert np.asarray(design["band_beams"]).shape == (6, 3, 16)
    assert np.sum(np.abs(design["band_beams"]) ** 2) == pytest.approx(0.01)
    metrics = design.metrics
    assert metrics.range_m > 0 and metrics.velocity_m_s > 0
    assert metrics.targets[0].range_rcrb_m == pytest.approx(metrics.range_m)
    assert np.asarray(metrics.band.rate_bps_hz).shape == (6, 2)


def test_beams_of_your_own_are_judged_over_the_band():
    instance = scenario().realize(seed=1)
    assert np.asarray(instance["band_channels"]).shape == (6, 2, 16)
    beams = np.zeros((6, 2, 16), complex)
    channels = np.asarray(instance["band_channels"])
    beams += channels / np.linalg.norm(channels) * np.sqrt(instance["power_w"])
    own = noctule.evaluate(instance, {"band_beams": beams})
    gains = np.einsum("nka,nja->nkj", channels.conj(), beams)
    power = np.abs(gains) ** 2
    noise = np.asarray(instance["user_noise_w"])[None, :]
    signal = np.einsum("nkk->nk", power)
    rate = np.log2(1 + signal / (power.sum(-1) - signal + noise)).sum(-1).mean()
    assert own.metrics.sum_rate_bps_hz == pytest.approx(rate)
    with pytest.raises(noctule.InvalidInput, match="another band"):
        noctule.evaluate(instance, {"beams": beams[0]})


def test_what_one_subcarrier_does_not_show_is_refused():
    with pytest.raises(noctule.InvalidInput, match="range of a target is unobservable"):
        noctule.design(scenario(subcarriers=1))
    with pytest.raises(noctule.InvalidInput, match="of one frequency"):
        scenario().realize().to_cvxpy("sum-rate-bound")


def test_near_fields_and_estimates_are_a_line_each():
    near = scenario(unknown=bf.Unknown(polar=True))
    near.ofdm.near_field = bf.NearField(linked=False)
    targets = noctule.design(near).metrics.targets
    assert targets[0].curvature_rcrb_m > targets[0].range_rcrb_m
    known = scenario(knowledge=bf.Knowledge(pilots=1))
    design = noctule.design(known)
    assert bool(design.verify())
    assert design.metrics.true_rate_bps_hz > design.metrics.sum_rate_bps_hz * 0.5
    perfect = noctule.design(known, scheme="perfect-knowledge")
    assert perfect.metrics.true_rate_bps_hz > design.metrics.true_rate_bps_hz


def small(**more):
    return bf.Scenario(
        transmit_array=bf.ArrayShape(horizontal=3, vertical=2), receive_array=bf.ArrayShape(horizontal=2, vertical=3),
        users=2, targets={"fixed": [{"azimuth_deg": 20.0, "polar_deg": 80.0, "reflection": [0.1, 0.0],
                                     "range_m": 25.0, "velocity_m_s": 12.0}]},
        snapshots=8, ofdm=bf.Ofdm(subcarriers=3, spacing_khz=2000.0, delay_spread_ns=100.0, squint=True), **more)


@pytest.mark.parametrize("more", [
    {}, {"goal": {"kind": "min-crb", "metric": {"kind": "worst-range"}}},
    {"goal": {"kind": "min-crb", "metric": {"kind": "trace", "range": 0.1, "velocity": 0.01}}},
])
def test_cvxpy_agrees_on_sensing_alone_over_a_band(tmp_path, more):
    instance = small(**more).realize()
    name, theirs = by_cvxpy(tmp_path, instance.to_cvxpy("sensing-only"))
    design = instance.design("sensing-only")
    ours = design.metrics.goal.value if more else design.metrics.band.weighted_bound
    assert name == ("goal_value" if more else "weighted_bound")
    assert np.isclose(ours, theirs, rtol=2e-5)
    assert design.proof.bound.gap_rel < 1e-4


@pytest.mark.parametrize("more", [
    {"goal": {"kind": "min-crb"}, "require": {"sinr_db": 6.0, "range_m": 5.0}},
    {"goal": {"kind": "min-power"}, "require": {"sinr_db": 6.0, "range_m": 2.0, "velocity_m_s": 2000.0}},
])
def test_cvxpy_agrees_on_goals_over_a_band(tmp_path, more):
    instance = small(**more).realize()
    design = instance.design()
    assert bool(design.verify()) and design.metrics.goal.met == design.metrics.goal.asked
    _, theirs = by_cvxpy(tmp_path, instance.to_cvxpy())
    assert np.isclose(design.metrics.goal.value, theirs, rtol=1e-4)
    with pytest.raises(noctule.InvalidInput, match="not convex"):
        small(goal={"kind": "sum-rate"}).realize().to_cvxpy()


def test_functions_over_a_band_are_those_of_a_design():
    design = noctule.design(scenario(), seed=2)
    instance, beams = design.instance, design["band_beams"]
    names = bf.band_parameters(instance)
    bounds = dict(zip(names, bf.band_crb(instance, beams), strict=True))
    assert np.sqrt(bounds["delay_range_m[0]"]) == pytest.approx(design.metrics.range_m, rel=1e-9)
    assert np.sqrt(bounds["speed_m_per_s[0]"]) == pytest.approx(design.metrics.velocity_m_s, rel=1e-9)
    fisher = bf.band_fisher_matrix(instance, beams)
    assert np.allclose(np.diag(np.linalg.inv(fisher)), list(bounds.values()), rtol=1e-6)
    rates = bf.band_rates(instance, beams)
    assert np.allclose(rates / np.log(2), design.metrics.band.rate_bps_hz)
    with pytest.raises(noctule.InvalidInput):
        bf.band_crb(bf.Scenario().realize(), beams)
    with pytest.raises(noctule.NumericalError):
        bf.band_crb(instance, 0 * np.asarray(beams))


def test_channels_of_a_file_are_those_of_the_band(tmp_path):
    rng = np.random.default_rng(1)
    channels = rng.normal(size=(3, 2, 16, 6)) + 1j * rng.normal(size=(3, 2, 16, 6))
    np.savez(tmp_path / "own.npz", channels=channels)

    def own(subcarriers=6, **more):
        channel = {"kind": "file", "path": str(tmp_path / "own.npz"), **more}
        return noctule.Instance(scenario=scenario(subcarriers, channel=channel), seed=1, trial=2)

    found = np.asarray(own()["band_channels"])
    assert np.array_equal(found, channels[2].transpose(2, 0, 1))
    assert np.array_equal(np.asarray(own()["channels"]), found[3])
    design = own().design()
    assert design.solved and bool(design.verify())
    # one for all
    flat = np.asarray(own(subcarrier=4)["band_channels"])
    assert np.array_equal(flat, np.repeat(channels[2][None, :, :, 4], 6, axis=0))
    for count in (5, 7):
        with pytest.raises(noctule.InvalidInput, match="subcarrier"):
            own(count)
    np.savez(tmp_path / "own.npz", channels=channels[..., :1])
    assert np.array_equal(np.asarray(own()["band_channels"])[5], channels[2, :, :, 0])
    study = tmp_path / "study.toml"
    study.write_text(f"""format = "noctule-experiment/1"
title = "Channels of a file over a band"
system = "beamforming"
trials = 3

[scenario]
users = 2
channel = {{ kind = "file", path = "{tmp_path / "own.npz"}" }}
ofdm = {{ subcarriers = 6 }}

[[scheme]]
id = "rzf"
name = "rzf"
label = "RZF"
""", encoding="utf-8")
    np.savez(tmp_path / "own.npz", channels=channels)
    assert len(noctule.run(study, out=tmp_path / "run")) == 3
    with pytest.raises(noctule.InvalidInput, match="5 trials and 3 rows|3 rows"):
        noctule.run(study, trials=5, out=tmp_path / "more")
