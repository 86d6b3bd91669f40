"""Executors that are broken for good, hand nothing back, or lose the script that started them."""

from __future__ import annotations

import os
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


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
def test_workers_end_with_a_script_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import os, time\nfrom noctule import _distributed\n"
        "if __name__ == '__main__':\n"
        "    pool, _ = _distributed.opened(2)\n"
        "    tasks = [pool.submit(time.sleep, 0.2) for _ in range(2)]\n"
        "    [task.result() for task in tasks]\n"
        "    print(*pool._processes, flush=True)\n"
        "    time.sleep(60)\n", encoding="utf-8")

    def lives(pid: str) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state != "Z"

    with subprocess.Popen([sys.executable, "script.py"], cwd=tmp_path, text=True,
                          stdout=subprocess.PIPE) as script:
        assert script.stdout is not None
        workers = script.stdout.readline().split()
        assert workers and all(lives(pid) for pid in workers)
        script.kill()
        until = time.monotonic() + PATIENCE_S
        while any(lives(pid) for pid in workers):
            assert time.monotonic() < until, "workers stay behind"
            time.sleep(0.05)


class Silent:
    """Takes tasks and hands nothing back."""

    def submit(self, *_: Any) -> None:
        return None


def test_an_executor_without_futures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"submit\(\) returned None"):
        noctule.run(STUDY, out=tmp_path / "run", executor=Silent())
