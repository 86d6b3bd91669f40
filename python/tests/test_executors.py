"""Runs whose chunks others compute: the same bytes, whatever happens to them."""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import InvalidInput, _distributed
from noctule._identity import identity

STUDY = """
format = "noctule-experiment/1"
system = "beamforming"
trials = 40
seed = 3
[scenario]
users = 2
[[sweep]]
path = "scenario.power_dbm"
values = [20, 30]
[[scheme]]
name = "mrt"
[[scheme]]
name = "rzf"
[[figure]]
id = "rates"
kind = "cdf"
x = "sum_rate_bps_hz"
"""
#: What must not depend on who computed.
FILES = ("plan.json", "presentation.json", "records.csv", "series.csv", "summary.csv",
         "claims.json", "manifest.json", "report.html", "figures/rates.svg")
#: A worker that is waited for longer than this will never come.
PATIENCE_S = 60.0


def slow(instance: Any, seconds: float = 0.02) -> Any:
    """Maximum ratio, in its own time."""
    time.sleep(seconds)
    channels = instance["channels"]
    return channels * np.sqrt(instance["power_w"] / np.linalg.norm(channels) ** 2)


def same(a: Path, b: Path) -> None:
    for name in FILES:
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run by one process, with a method of one's own."""
    out = tmp_path_factory.mktemp("serial") / "run"
    noctule.run(STUDY, out=out, schemes={"slow": slow})
    return out


def spawned(count: int = 2) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))


def killing(out: Path, pids: Callable[[], list[int]]) -> threading.Thread:
    """Kills a worker when some chunks are there."""
    def kill() -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if len(list(out.glob("chunks/c*.jsonl"))) >= 10:
                os.kill(pids()[0], signal.SIGKILL)
                return
            time.sleep(0.02)
        raise AssertionError("no chunk came")

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_processes_give_the_same_bytes(serial: Path, tmp_path: Path) -> None:
    noctule.run(STUDY, out=tmp_path / "run", schemes={"slow": slow}, executor=2)
    same(serial, tmp_path / "run")
    again = noctule.run(STUDY, out=tmp_path / "run", schemes={"slow": slow}, executor=2)
    assert (again.info["computed"], len(again)) == (0, 240)


def test_a_pool_that_breaks_is_made_again(serial: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with spawned() as pool:
        thread = killing(out, lambda: list(pool._processes))
        noctule.run(STUDY, out=out, schemes={"slow": slow}, executor=pool)
        thread.join()
        with pytest.raises(Exception, match=r"terminated abruptly|not usable"):
            pool.submit(int).result()
    same(serial, out)


def test_dask_loses_a_worker_and_nothing_else(serial: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    out = tmp_path / "run"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True,
                                      dashboard_address=None) as cluster, \
                distributed.Client(cluster) as client:
            thread = killing(out, lambda: [cluster.workers[0].pid])
            noctule.run(STUDY, out=out, schemes={"slow": slow}, executor=client.get_executor())
            thread.join()
    same(serial, out)


def test_threads_and_loky(serial: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:
        noctule.run(STUDY, out=tmp_path / "threads", schemes={"slow": slow}, executor=threads)
    same(serial, tmp_path / "threads")
    loky = pytest.importorskip("joblib.externals.loky")
    noctule.run(STUDY, out=tmp_path / "loky", schemes={"slow": slow},
                executor=lambda: loky.get_reusable_executor(max_workers=2))
    same(serial, tmp_path / "loky")


class Job:
    """A job as submitit has them: no future of Python's, asked again and again."""

    def __init__(self, result: Callable[[], Any]) -> None:
        self._result, self._asked = result, 0

    def done(self) -> bool:
        self._asked += 1
        return self._asked > 2

    def result(self) -> Any:
        return self._result()

    def cancel(self) -> None:
        pass


class Jobs:
    """Loses every third task."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Job:
        self.submitted += 1
        if self.submitted % 3 == 0:
            return Job(lambda: (_ for _ in ()).throw(OSError("the node is gone")))
        return Job(lambda: function(*arguments))


def test_jobs_that_are_lost_are_asked_for_again(tmp_path: Path) -> None:
    noctule.run(STUDY, out=tmp_path / "serial")
    jobs = Jobs()
    noctule.run(STUDY, out=tmp_path / "jobs", executor=jobs)
    same(tmp_path / "serial", tmp_path / "jobs")
    assert jobs.submitted > 3


class Recorder(Executor):
    """Runs tasks at once and remembers them; the first so many are lost."""

    def __init__(self, lost: float = 0) -> None:
        self.sizes: list[int] = []
        self.sent: list[int] = []
        self.lost = lost

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.sizes.append(len(arguments[1]))
        self.sent.append(len(pickle.dumps(arguments)))
        if len(self.sizes) <= self.lost:
            future.set_exception(ConnectionError("lost"))
        else:
            future.set_result(function(*arguments))
        return future


def test_tasks_are_long_and_small(tmp_path: Path) -> None:
    """One chunk to see how long it takes, then half a second of work or more in each."""
    trials = STUDY.replace("trials = 40", "trials = 2000")
    recorder = Recorder()
    noctule.run(trials, out=tmp_path / "run", executor=recorder)
    assert sum(recorder.sizes) > 300 > 10 * len(recorder.sizes), recorder.sizes
    # So many chunks are packed when all are there.
    assert len(list((tmp_path / "run" / "chunks").rglob("*.jsonl"))) == 1
    assert noctule.run(trials, out=tmp_path / "run", executor=recorder).info["computed"] == 0
    assert max(recorder.sent) < 20_000, "the plan and numbers, never arrays"
    with pytest.raises(InvalidInput, match="too short"):
        noctule.run(STUDY, out=tmp_path / "short", executor=recorder, task_s=0.1)


def test_what_is_lost_for_ever_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="lost 4 times"):
        noctule.run(STUDY, out=tmp_path / "run", executor=Recorder(lost=float("inf")))
    # What is there is kept, and the same call goes on.
    noctule.run(STUDY, out=tmp_path / "run", executor=Recorder(lost=2))
    noctule.run(STUDY, out=tmp_path / "serial")
    same(tmp_path / "serial", tmp_path / "run")


def test_failures_of_functions_are_failures_and_no_losses(tmp_path: Path) -> None:
    def odd(instance: Any) -> Any:
        if np.real(instance["channels"].flat[0]) > 0:
            raise ValueError("an odd one")
        return slow(instance, 0.0)

    with pytest.warns(RuntimeWarning, match="an odd one"):
        spread = noctule.run(STUDY, out=tmp_path / "a", schemes={"odd": odd}, executor=2)
    with pytest.warns(RuntimeWarning, match="an odd one"):
        alone = noctule.run(STUDY, out=tmp_path / "b", schemes={"odd": odd})
    same(alone.folder, spread.folder)
    with pytest.raises(ValueError, match="an odd one"):
        noctule.run(STUDY, out=tmp_path / "c", schemes={"odd": odd}, executor=2,
                    on_failure="raise")
    # What is stored already failed all the same, whoever asks.
    failed = int(np.sum(alone["outcome"] == "failed"))
    for executor in (None, 2):
        with pytest.warns(RuntimeWarning, match=f"failed for {failed} designs.*\n.*earlier call"):
            noctule.run(STUDY, out=tmp_path / "b", schemes={"odd": odd}, executor=executor)
        with pytest.raises(RuntimeError, match="`odd` failed at point .*earlier call.*an odd one"):
            noctule.run(STUDY, out=tmp_path / "b", schemes={"odd": odd}, executor=executor,
                        on_failure="raise")
    # Some of them there, the others computed now: all are counted, with a traceback.
    for chunk in sorted((tmp_path / "b" / "chunks").glob("c*.jsonl"))[::2]:
        chunk.unlink()
    with pytest.warns(RuntimeWarning, match=f"failed for {failed} designs") as told:
        noctule.run(STUDY, out=tmp_path / "b", schemes={"odd": odd})
    assert "Traceback" in str(told[0].message)


def test_workers_refuse_another_function() -> None:
    schemes = {"mine": (functools.partial(slow, seconds=0.0), identity(slow))}
    told = pickle.loads(_distributed.task(b"", [0], _distributed.pickled(schemes), False, 0))
    assert isinstance(told["error"], InvalidInput)
    assert "another function" in str(told["error"]) and told["error"].where == "schemes['mine']"


def test_what_is_no_executor_is_refused(tmp_path: Path) -> None:
    for wrong in ("threads", 0, 3.5, object()):
        with pytest.raises(InvalidInput, match="executor"):
            noctule.run(STUDY, out=tmp_path / "run", executor=wrong)
    precise = STUDY + '[precision]\nmetric = "sum_rate_bps_hz"\nstandard_error = 0.1\n'
    with pytest.raises(InvalidInput, match="cannot be split"):
        noctule.run(precise, out=tmp_path / "precise", executor=2)
    if _has_cloudpickle():
        return
    with pytest.raises(InvalidInput, match="cloudpickle"):
        noctule.run(STUDY, out=tmp_path / "run", executor=2, schemes={"x": lambda instance: slow})


def _has_cloudpickle() -> bool:
    try:
        import cloudpickle  # noqa: F401
    except ImportError:
        return False
    return True


def test_bytes_that_come_back_damaged_are_not_results(tmp_path: Path) -> None:
    order = {"experiment": "x", "text": STUDY, "trials": None, "seed": None, "ci": False,
             "out": tmp_path / "run", "threads": None, "fresh": False, "force": False,
             "strict": False}
    inbox = noctule._noctule.inbox(order, {})
    (chunk, text, _), = noctule._noctule.compute(inbox.plan, [0], {}, False)[0]
    for wrong in (b"", text[:-9], text.replace(b"mrt", b"mrr"), text + b"\n"):
        if wrong != text:
            with pytest.raises(RuntimeError, match="damaged"):
                inbox.put(chunk, wrong)
    with pytest.raises(InvalidInput, match="another chunk"):
        inbox.put(1, text)
    other = noctule._noctule.compute(inbox.plan.replace('"seed":3', '"seed":4'), [0], {}, False)
    with pytest.raises(InvalidInput, match="another plan"):
        inbox.put(0, other[0][0][1])
    assert inbox.put(chunk, text) == 1
    assert not (tmp_path / "run" / "records.csv").exists()
    with pytest.raises(InvalidInput, match="no such chunk"):
        noctule._noctule.compute(inbox.plan, [10**9], {}, False)
    with pytest.raises(InvalidInput, match="not a plan"):
        noctule._noctule.compute("{}", [0], {}, False)
    with pytest.raises(RuntimeError, match="damaged"):
        noctule._noctule.compute("{", [0], {}, False)


def test_one_progress_line_over_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[int, int]] = []

    class Shown(noctule._experiment.Bar):
        def __init__(self, on: bool, what: str) -> None:
            super().__init__(on, what)
            self.callback = lambda done, total: shown.append((done, total))

    monkeypatch.setattr(noctule._experiment, "Bar", Shown)
    noctule.run(STUDY, out=tmp_path / "run", executor=Recorder(), progress=True)
    assert all(a <= b for (a, _), (b, _) in zip(shown, shown[1:])) and shown[-1] == (160, 160)


def test_the_guide_runs_from_its_text_alone(root: Path, tmp_path: Path, program: Path) -> None:
    """Code blocks of docs/cluster.md that need no cluster, in the order of the page."""
    page = (root / "docs" / "cluster.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    study, = (text for kind, text in blocks if kind == "toml")
    study = study.replace("trials = 400", "trials = 3")
    (tmp_path / "mine.toml").write_text(study, encoding="utf-8")
    path = f"{program.parent}:{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path}

    def call(*command: str, **more: str) -> None:
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False,
                              env={**environment, **more}, timeout=120)
        assert told.returncode == 0, f"{command}: {told.stdout}{told.stderr}"

    call("noctule", "run", "mine.toml", "--out", "serial")
    ran = 0
    for kind, text in blocks:
        if kind == "sh":
            call("bash", "-n", "-c", text)
        if "PBS_ARRAY_INDEX" in text:
            text = text.replace("/16", "/3")
            for index in range(3):
                call("bash", "-c", text, PBS_ARRAY_INDEX=str(index), PBS_O_WORKDIR=str(tmp_path))
            call("noctule", "merge", "results/mine")
            ran += 1
        if kind == "python" and "import noctule" in text and needs(text):
            (tmp_path / "script.py").write_text(text, encoding="utf-8")
            call(sys.executable, "script.py")
            ran += 1
    assert ran >= 2, "the process pool and PBS need nothing"
    for folder in (tmp_path / "results").iterdir():
        names = ("records.csv", "summary.csv", "report.html", "manifest.json")
        for name in names:
            assert (folder / name).read_bytes() == (tmp_path / "serial" / name).read_bytes()


def needs(script: str) -> bool:
    """Whether everything that a script imports is here, and it needs no cluster."""
    if "SLURMCluster" in script or "submitit" in script:
        return False
    for module in re.findall(r"^(?:from|import) (\w+)", script, re.MULTILINE):
        try:
            __import__(module)
        except ImportError:
            return False
    return True
