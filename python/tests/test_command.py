"""The command `noctule` that the wheel brings is the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENTRY = Path(sys.executable).with_name("noctule.exe" if os.name == "nt" else "noctule")
#: The script that pip made, or the module where the package was not installed by it.
COMMAND = [str(ENTRY)] if ENTRY.is_file() else [sys.executable, "-m", "noctule"]


def call(words: list[str], cwd: Path) -> tuple[int, str, str]:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", [
    ["--version"],
    ["list", "--ids"],
    ["show", "pilots/fig4"],  # its last line must not stay in a buffer
    ["design", "pilots", "--json"],
    ["design", "pilots", "--set", "scenario.crb_limit.m2=0.1"],  # infeasible: 4
    ["design", "frame", "-s", "scenario.no=1"],  # refused: 2
    ["desing", "--json"],  # refused by the grammar, as JSON
    ["help", "run"],
])
def test_it_says_what_the_program_says(words: list[str], program: Path, tmp_path: Path) -> None:
    assert call([*COMMAND, *words], tmp_path) == call([str(program), *words], tmp_path)


def test_scripts_of_a_cluster_call_the_command(tmp_path: Path) -> None:
    """And not the interpreter, which is the process that wrote them."""
    words = ["slurm", "pilots/fig4", "--out", "run", "--shards", "2"]
    code, _, told = call([*COMMAND, *words], tmp_path)
    assert code == 0, told
    script = (tmp_path / "run" / "slurm" / "array.sbatch").read_text(encoding="utf-8")
    assert "noctule" in script and f"{sys.executable} " not in script
    if ENTRY.is_file():
        assert str(ENTRY) in script


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_it_is_stopped_by_a_signal_and_resumes(tmp_path: Path) -> None:
    words = [*COMMAND, "run", "beamforming/region", "--out", "run"]
    running = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while not (tmp_path / "run" / "plan.json").exists() and running.poll() is None:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    assert running.wait(timeout=30) == 75
