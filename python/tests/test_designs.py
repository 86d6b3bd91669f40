"""Designs, files, batches, threads, Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule


def test_a_design_says_everything(instance: noctule.Instance) -> None:
    design = instance.design(certify={"nodes": 0}, starts=3, trace_rows=50)
    assert design.solved and design.stop == "converged" and not design.infeasible
    assert design.proof.point.kind == "stationary" and design.proof.point.residual <= 1e-6
    assert design.proof.bound.sense == "upper" and design.gap >= 0
    # Every start climbs twice: with few sensing streams that grow, and with all of them.
    assert len(design.starts) == 2 * 3 and np.isclose(max(design.starts), design.metrics.objective)
    assert design.work.evaluations > 10 and isinstance(design.warnings, list)
    assert np.all(np.diff(design.trace["value"]) <= 1e-12)
    assert design.beams.dtype == np.complex128 and design.beams is design.variables["beams"]
    assert np.isclose(np.linalg.norm(design.beams) ** 2, instance["power_w"])
    assert design.metrics.sinr.shape == (2,) and design.settings["starts"] == 3
    assert "converged" in str(design) and "beamforming" not in design.metrics
    with pytest.raises(AttributeError):
        design.phases  # noqa: B018
    found = design.verify()
    assert found and found.violation < 1e-9 and "objective" in found.compared
    assert found.claims["proof.bound.value"] == "checked" and "not checkable" in found.summary
    document = json.loads(design.document)
    document["proof"]["bound"]["gap_rel"] /= 1000
    lied = noctule.verify(document)
    assert not lied and lied.claims["proof.bound.gap"] == "refuted"
    assert "proof.bound.gap" in lied.reasons and "1 refuted" in lied.summary


def test_designs_are_those_of_the_command_line(program: Path, tmp_path: Path,
                                               scenario: noctule.beamforming.Scenario) -> None:
    path = tmp_path / "theirs.json"
    command = [program, "design", "-s", "scenario.users=2", "-s", "scenario.sensing_noise_dbm=-30",
               "--seed", "5", "--trial", "3", "--out", path]
    subprocess.run(command, check=True, capture_output=True)
    design = noctule.design(scenario, seed=5, trial=3, certify=True)
    assert design.document == path.read_text()
    design.save(tmp_path / "ours.npz")
    subprocess.run([*command[:-1], tmp_path / "theirs.npz"], check=True, capture_output=True)
    assert (tmp_path / "ours.npz").read_bytes() == (tmp_path / "theirs.npz").read_bytes()


@pytest.mark.parametrize("certify", ["no", "yes", "", None, 0, 1, 1.0, [], np.array([True, False])])
def test_a_bound_is_asked_for_by_yes_or_no(instance: noctule.Instance, certify: Any) -> None:
    with pytest.raises(noctule.InvalidInput, match="certify is neither yes nor no"):
        instance.design(certify=certify)
    with pytest.raises(noctule.InvalidInput, match="certify is neither yes nor no"):
        noctule.design_batch([instance], certify=certify)


def test_truth_of_numpy_asks_for_a_bound_too(instance: noctule.Instance) -> None:
    with_bound = instance.design(certify=np.bool_(True), starts=1)
    assert with_bound.document == instance.design(certify=True, starts=1).document
    without = instance.design(certify=np.bool_(False), starts=1)
    assert without.document == instance.design(certify=False, starts=1).document


def test_failures_are_raised_or_returned(instance: noctule.Instance) -> None:
    with pytest.raises(noctule.NotSolved) as caught:
        instance.design(max_evaluations=3, starts=1)
    assert caught.value.design.stop == "evaluation-limit"
    design = instance.design(max_evaluations=3, starts=1, on_failure="return")
    assert not design.solved and design.beams.shape == (8, 16)


def test_settings_by_class_dictionary_and_name(instance: noctule.Instance) -> None:
    one = instance.design(settings=noctule.beamforming.BalancedSettings(starts=2))
    two = instance.design(settings={"starts": 2})
    three = instance.design(starts=2)
    assert one.document == two.document == three.document
    assert one.proof.bound is None
    assert instance.design(settings={"certify": True}).proof.bound is not None


@pytest.mark.parametrize("ending", ["json", "npz", "mat"])
def test_instances_survive_files(instance: noctule.Instance, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"instance.{ending}"
    instance.save(path)
    back = noctule.Instance.load(path)
    for name, value in instance.arrays.items():
        assert np.array_equal(back[name], value), name


def test_designs_survive_files(instance: noctule.Instance, tmp_path: Path) -> None:
    scipy = pytest.importorskip("scipy.io")
    design = instance.design("rzf")
    design.save(tmp_path / "design.json")
    back = noctule.Design.load(tmp_path / "design.json")
    assert np.array_equal(back.beams, design.beams) and back.verify()
    assert back.metrics.sum_rate_nats == design.metrics.sum_rate_nats
    assert np.array_equal(back.instance["channels"], instance["channels"])
    assert noctule.verify(tmp_path / "design.json")
    design.save(tmp_path / "design.npz")
    assert np.array_equal(np.load(tmp_path / "design.npz")["beams"], design.beams)
    design.save(tmp_path / "design.mat")
    found = scipy.loadmat(tmp_path / "design.mat")
    assert np.array_equal(found["beams"], design.beams)
    assert found["metrics"]["sum_rate_nats"][0, 0][0, 0] == design.metrics.sum_rate_nats
    again = noctule.io.read_arrays(tmp_path / "design.mat", "beamforming", "design")["beams"]
    assert instance.evaluate(again).metrics.sum_rate_nats == design.metrics.sum_rate_nats
    with pytest.raises(noctule.InvalidInput):
        design.save(tmp_path / "design.txt")


def test_channels_from_csv_and_mat(instance: noctule.Instance, tmp_path: Path,
                                   scenario: noctule.beamforming.Scenario) -> None:
    channels = instance["channels"]
    lines = [",".join(f"{z.real:.17g}{z.imag:+.17g}i" for z in row) for row in channels]
    (tmp_path / "h.csv").write_text("# users in rows\n" + "\n".join(lines) + "\n")
    read = noctule.Instance.load(tmp_path / "h.csv", scenario=scenario)
    assert np.allclose(read["channels"], channels, rtol=1e-15)
    scipy = pytest.importorskip("scipy.io")
    scipy.savemat(tmp_path / "h.mat", {"H": channels.T})
    matrix = noctule.io.read_mat(tmp_path / "h.mat")["H"]
    assert np.array_equal(noctule.convert.channels(matrix, "columns"), channels)
    for content in (b"", b"MATLAB 5.0 MAT-file" + bytes(200), b"x" * 1000):
        (tmp_path / "bad.mat").write_bytes(content)
        with pytest.raises(noctule.InvalidInput):
            noctule.io.read_mat(tmp_path / "bad.mat")
    for text in ("", "1,2\n3\n", "1,b\n"):
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(noctule.InvalidInput):
            noctule.io.read_csv(tmp_path / "bad.csv")


def test_batches_are_designs_one_by_one(scenario: noctule.beamforming.Scenario) -> None:
    single = [noctule.design(scenario, trial=t).document for t in range(6)]
    for threads in (1, 3):
        batch = noctule.design_batch(scenario, trials=6, threads=threads)
        assert [design.document for design in batch] == single
    assert batch.stack("beams").shape == (6, 8, 16)
    assert np.array_equal(batch.metric("sum_rate_nats"),
                          [design.metrics.sum_rate_nats for design in batch])
    assert batch.metric("sinr").shape == (6, 2)
    assert len(batch[2:4]) == 2 and not batch.errors


def test_batches_over_a_leading_axis(scenario: noctule.beamforming.Scenario,
                                     rng: np.random.Generator) -> None:
    channels = rng.normal(size=(4, 2, 16, 2)) @ np.array([1, 1j])
    instances = noctule.stack(scenario=scenario, channels=channels)
    batch = noctule.design_batch(instances, "rzf")
    assert batch.stack("beams").shape == (4, 8, 16)
    assert np.array_equal(batch[3].instance["channels"], channels[3])
    noise = np.array([[1e-3, 2e-3]] * 4)
    assert len(noctule.stack(scenario=scenario, channels=channels, user_noise_w=noise)) == 4
    with pytest.raises(noctule.InvalidInput, match="different lengths"):
        noctule.stack(scenario=scenario, channels=channels, user_noise_w=noise[:3])
    assert len(noctule.design_batch([])) == 0


def test_a_batch_keeps_its_failures(scenario: noctule.beamforming.Scenario) -> None:
    silent = scenario.realize(channels=np.zeros((2, 16)))
    batch = noctule.design_batch([scenario.realize(), silent], "rzf")
    assert list(batch.errors) == [1] and batch[0].solved
    with pytest.raises(noctule.InvalidInput, match="no user has a channel"):
        batch[1]
    assert np.isnan(batch.stack("beams")[1]).all() and np.isnan(batch.metric("power_w")[1])
    with pytest.raises(noctule.InvalidInput, match="no user has a channel"):
        noctule.design_batch([silent], "rzf", on_failure="raise")


def test_the_lock_is_released(scenario: noctule.beamforming.Scenario) -> None:
    """Another thread keeps counting while a batch is computed on one thread."""
    count, stop = 0, threading.Event()

    def work() -> None:
        nonlocal count
        while not stop.is_set():
            count += 1
            time.sleep(0.001)

    counter = threading.Thread(target=work)
    counter.start()
    begin = time.monotonic()
    noctule.design_batch(scenario, trials=60, threads=1)
    seconds = time.monotonic() - begin
    found = count
    stop.set()
    counter.join()
    assert found > 50 * seconds, f"{found} turns in {seconds:.2f} s"


def test_designs_from_many_threads(scenario: noctule.beamforming.Scenario) -> None:
    expected = noctule.design(scenario).document
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(noctule.design(scenario).document))
               for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 6


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("call", [
    "noctule.design(scenario, starts=10000, max_evaluations=10**6, tolerance=1e-14)",
    "noctule.design_batch(scenario, trials=10**5)",
    "noctule.run('beamforming/region', trials=10**5, out=sys.argv[1])",
    "noctule.design(noctule.frame.Scenario(transmit_antennas=1000))",
    "noctule.cellfree.Scenario(users=1000).realize()",
    "noctule.design(noctule.surfaces.Scenario(echo_draws=100000))",
    "noctule.optim.minimize(slow, noctule.optim.sphere(4), [1, 0, 0, 0], tolerance=1e-15)",
])
def test_ctrl_c(call: str, tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys, time, noctule, numpy as np
        scenario = noctule.beamforming.Scenario(users=12, sensing_noise_dbm=-30.0)
        def slow(x):
            time.sleep(0.05)
            return np.vdot(x, np.arange(4) * x).real, 2 * np.arange(4) * x + 1e-3 * np.ones(4)
        print("ready", flush=True)
        try:
            while True:
                {call}
        except KeyboardInterrupt:
            print("stopped", flush=True)
    """)
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "run")],
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    time.sleep(1.0)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout.read() == "stopped\n"
    process.wait(timeout=20)
    # Half a second is promised; a busy machine may add to it.
    assert time.monotonic() - begin < 3


def test_a_batch_keeps_what_is_asked_for(scenario: noctule.beamforming.Scenario) -> None:
    whole = noctule.design_batch(scenario, "mrt", trials=3)
    assert all(design.verify() for design in whole)
    for keep in ("variables", "metrics"):
        some = noctule.design_batch(scenario, "mrt", trials=3, keep=keep)
        assert np.array_equal(some.metric("sum_rate_bps_hz"), whole.metric("sum_rate_bps_hz"))
        assert some[0].proof == whole[0].proof
        with pytest.raises(noctule.InvalidInput, match="did not keep"):
            _ = some[0].document
    assert np.array_equal(noctule.design_batch(scenario, "mrt", trials=3, keep="variables")
                          .stack("beams"), whole.stack("beams"))
    with pytest.raises(noctule.InvalidInput, match="did not keep"):
        some.stack("beams")


def test_a_batch_that_does_not_fit_is_refused(scenario: noctule.beamforming.Scenario) -> None:
    for keep in ("metrics", "all"):
        with pytest.raises(noctule.InvalidInput, match="does not fit into memory"):
            noctule.design_batch(scenario, "mrt", trials=10**18, keep=keep)


def test_a_batch_of_many_cheap_designs_is_small() -> None:
    resource = pytest.importorskip("resource")
    assert resource is not None
    script = textwrap.dedent("""
        import resource, noctule
        scenario = noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0)
        noctule.design_batch(scenario, "mrt", trials=10)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        batch = noctule.design_batch(scenario, "mrt", trials=2000, keep="metrics")
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2000)
    """)
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert float(told.stdout) < 10, f"{told.stdout} kB a design"


def test_arrays_are_read_where_they_lie() -> None:
    """64 MB of channels and beams: the peak of memory does not grow by a copy."""
    resource = pytest.importorskip("resource")
    script = textwrap.dedent("""
        import resource, numpy as np, noctule
        h = np.ones((1, 4_000_000), dtype=np.complex128)
        noctule.phy.sinr(h[:, :8].copy(), h[:, :8].copy(), [1.0])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = noctule.phy.sinr(h, h, [1.0])
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, found[0])
    """)
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    growth, ratio = told.stdout.split()
    assert int(growth) < 16_000, f"{growth} kB"
    assert np.isclose(float(ratio), 1.6e13)
    assert resource is not None


def test_own_arrays_are_not_changed(instance: noctule.Instance,
                                    scenario: noctule.beamforming.Scenario) -> None:
    channels = instance["channels"].copy()
    kept = channels.copy()
    other = scenario.realize(channels=channels)
    channels[:] = 0
    assert np.array_equal(other["channels"], kept)
    other.design("rzf")
    assert np.array_equal(other["channels"], kept)


@pytest.mark.parametrize("share", [2e-7, 8e-7, 1e-5])
def test_a_limit_just_out_of_reach_is_refused_and_the_refusal_confirmed(share: float) -> None:
    def instance(**more: object) -> noctule.Instance:
        return noctule.cellfree.Scenario(aps=2, users=2, antennas=4, targets=2, **more).realize(seed=3)

    least = instance().design("sensing-only").metrics.error
    limited = instance(requirement={"max_error": least * (1.0 - share)})
    design = limited.design(on_failure="return")
    assert design.status == "infeasible"
    assert design.verify(), design.verify().reasons
    reached = instance(requirement={"max_error": least * (1.0 + 1e-3)}).design()
    assert reached.status == "designed" and reached.verify()


@pytest.mark.parametrize("share", [1e-8, 8e-7, 1e-5])
def test_a_limit_of_surfaces_just_out_of_reach_is_confirmed_too(share: float) -> None:
    def design(limit_db: float) -> noctule.Design:
        scenario = noctule.surfaces.Scenario(crb_limit_db=limit_db)
        return scenario.realize(seed=1).design(on_failure="return")

    far = design(-60.0).proof.infeasible
    least_db = -60.0 + 10.0 * np.log10(far.required / far.reachable)
    near = design(least_db + 10.0 * np.log10(1.0 - share))
    assert near.status == "infeasible" and near.verify(), near.verify().reasons
    assert design(least_db + 0.01).status == "designed"
