"""Executors that are broken for good, hand nothing back, or lose the script that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest
from test_executors import PATIENCE_S, STUDY, same, spawned

import noctule
from noctule import InvalidInput


class Broken:
    """Takes no task, like a pool whose processes are gone."""

    def __init__(self) -> None:
        self.submitted = 0

    def submit(self, *_: Any) -> None:
        self.submitted += 1
        raise BrokenProcessPool("gone")

    def shutdown(self, **_: Any) -> None:
        pass


def test_an_executor_that_stays_broken_ends_the_run(tmp_path: Path) -> None:
    broken = Broken()
    with pytest.raises(RuntimeError, match="broken 4 times") as error:
        noctule.run(STUDY, out=tmp_path / "run", executor=lambda: broken)
    assert broken.submitted == 4 and isinstance(error.value.__cause__, BrokenProcessPool)
    pool = spawned(1)
    with pytest.raises(BrokenProcessPool):
        pool.submit(os._exit, 1).result()
    with pytest.raises(RuntimeError, match="broken 4 times"):
        noctule.run(STUDY, out=tmp_path / "run", executor=lambda: pool)
    # A pool that is handed in itself is made again, and works.
    noctule.run(STUDY, out=tmp_path / "run", executor=pool)
    noctule.run(STUDY, out=tmp_path / "serial")
    same(tmp_path / "serial", tmp_path / "run")


#: Its name, and who computes: nobody else, a number of processes, or a pool of the caller's own.
SCRIPT = """
import signal, sys, time
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import numpy as np
import noctule

def slow(instance):
    time.sleep(0.02)
    channels = instance["channels"]
    return channels * np.sqrt(instance["power_w"] / np.linalg.norm(channels) ** 2)

if __name__ == "__main__":
    out, who = sys.argv[1:]
    if who == "polite":
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    executor = {"serial": None, "pool": None}.get(who, 2)
    if who == "pool":
        executor = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    noctule.run(open("mine.toml").read(), out=out, schemes={"slow": slow}, executor=executor)
"""


def workers_of(script: int) -> list[int]:
    """Processes that a script has spawned."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == script and b"spawn_main" in words:
            found.append(int(process.name))
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
def test_workers_end_with_a_script_that_is_killed(tmp_path: Path) -> None:
    """In mid-run, by either signal: no worker stays, and the same call goes on."""
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "mine.toml").write_text(STUDY, encoding="utf-8")

    def started(out: str, who: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "script.py", out, who], cwd=tmp_path, text=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def waits(what: str, true: Any) -> None:
        until = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < until, what
            time.sleep(0.02)

    with started("serial", "serial") as script:
        assert script.wait(PATIENCE_S) == 0
    for out, who, sent, code in (
        ("a", "two", signal.SIGTERM, -signal.SIGTERM),
        ("b", "two", signal.SIGKILL, -signal.SIGKILL),
        ("c", "pool", signal.SIGTERM, -signal.SIGTERM),
        # With a handler, SIGTERM is what Ctrl-C is.
        ("d", "polite", signal.SIGTERM, -signal.SIGINT),
    ):
        with started(out, who) as script:
            chunks = tmp_path / out / "chunks"
            waits("no chunk", lambda: len(list(chunks.glob("c*.jsonl"))) >= 5)
            workers = workers_of(script.pid)
            # Of a pool of the caller's own those end that have computed something: here the one.
            assert len(workers) == (1 if who == "pool" else 2), (who, workers)
            script.send_signal(sent)
            told = script.communicate(timeout=PATIENCE_S)[1]
            assert script.returncode == code, (who, told)
            assert ("KeyboardInterrupt" in told) == (who == "polite"), told
        waits(f"workers of {who} stay behind", lambda: not any(lives(pid) for pid in workers))
        assert not (tmp_path / out / "records.csv").exists()
        with started(out, who) as script:
            assert script.wait(PATIENCE_S) == 0
        same(tmp_path / "serial", tmp_path / out)


class Silent:
    """Takes tasks and hands nothing back."""

    def submit(self, *_: Any) -> None:
        return None


def test_an_executor_without_futures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"submit\(\) returned None"):
        noctule.run(STUDY, out=tmp_path / "run", executor=Silent())
