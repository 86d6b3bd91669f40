"""The worked problems of docs/which-problem.md in MATLAB: the commands and fields; the other blocks are run by
`test_pages.py`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCENARIO = """format = "noctule-scenario/1"
system = "beamforming"

[scenario]
users = 8
transmit_array = { horizontal = 8, vertical = 4 }
# channels with path losses need the noise of a receiver; unless it is said it is 0 dBm, for gains around one
# user_noise_dbm = -94.0
# power_dbm = 30.0
"""


def blocks(root: Path, language: str) -> list[str]:
    """Blocks of the page's worked part, from the heading on."""
    page = (root / "docs" / "which-problem.md").read_text(encoding="utf-8")
    worked = page[page.index("## Two problems, worked"):page.index("## Studies")]
    return re.findall(rf"```{language}\n(.*?)```", worked, re.DOTALL)


@pytest.fixture
def folder(root: Path, tmp_path: Path, rng: np.random.Generator) -> Path:
    """The page's files: H.npy, H.mat and mine.toml."""
    (tmp_path / "mine.toml").write_text(SCENARIO, encoding="utf-8")
    assert SCENARIO in blocks(root, "toml")
    channels = (rng.normal(size=(8, 32)) + 1j * rng.normal(size=(8, 32))) / np.sqrt(2)
    np.save(tmp_path / "H.npy", channels)
    return tmp_path


def run(program: Path, command: str, folder: Path) -> str:
    """What a command of the page prints, by this build."""
    assert command.startswith("noctule ")
    shell = f"'{program}' {command.removeprefix('noctule ')}"
    return subprocess.run(shell, shell=True, check=True, cwd=folder, text=True,
                          capture_output=True, encoding="utf-8").stdout


def test_blocks_of_matlab(root: Path, program: Path, folder: Path) -> None:
    """What MATLAB would save, its `system` call, and the fields that it looks at."""
    scipy = pytest.importorskip("scipy.io")
    scipy.savemat(folder / "H.mat", {"H": np.load(folder / "H.npy")})
    for block in blocks(root, "matlab")[:2]:
        strings = re.findall(r"'((?:[^']|'')*)'", block[block.index("system(["):block.index("]);")])
        run(program, "".join(strings).replace("''", "'"), folder)
        loaded, name = re.search(r"(\w+) = load\('(.*?)'\)", block).groups()
        found = scipy.loadmat(folder / name, squeeze_me=True, struct_as_record=False)
        looked_at = set(re.findall(rf"\b{loaded}\.([a-z_.]+)", block)) - {"mat"}  # the file's name
        assert len(looked_at) >= 3
        for path in looked_at:
            value: Any = found[path.split(".")[0]]
            for field in path.split(".")[1:]:
                value = getattr(value, field)
            assert np.size(value) > 0, path
        assert found["beams"].shape[1] == 32
