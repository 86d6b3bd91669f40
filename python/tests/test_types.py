"""Types of the package, of the guide and of the examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import noctule


def complaints(folder: Path, *arguments: str) -> list[str]:
    """What a type checker has against files in a folder."""
    told = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True,
                          check=False, cwd=folder,
                          env={**os.environ, "PYTHONPATH": str(folder)})
    lines = (told.stdout + told.stderr).splitlines()
    found = [line for line in lines if "error:" in line]
    assert told.returncode == 0 or found, lines
    return found


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package: neighbours of an installed one are not its sources."""
    pytest.importorskip("mypy")
    installed = Path(noctule.__file__).parent
    assert (installed / "py.typed").is_file()
    folder = tmp_path_factory.mktemp("typed")
    shutil.copytree(installed, folder / "noctule")
    return folder


def test_types(copied: Path) -> None:
    assert complaints(copied, "mypy", "--strict", "noctule") == []


def test_the_stub_is_the_extension_module(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    # Without the rest of the package, whose types take longer to read than this.
    (tmp_path / "noctule").mkdir()
    (tmp_path / "noctule" / "__init__.py").touch()
    for path in Path(noctule.__file__).parent.glob("_noctule.*"):
        shutil.copy(path, tmp_path / "noctule")
    assert complaints(tmp_path, "mypy.stubtest", "noctule._noctule") == []


def test_modules_of_all_systems_are_declared() -> None:
    assert set(noctule.systems()) <= set(noctule.__all__)
    for name in noctule.__all__:
        assert getattr(noctule, name) is not None


GUIDE = """
from typing import Any
import numpy as np
import noctule
"""


def guide(root: Path) -> list[str]:
    text = (root / "docs" / "python.md").read_text(encoding="utf-8")
    return [part.split("```")[0] for part in text.split("```python\n")[1:]]


def test_the_guide_and_the_examples_have_types(root: Path, copied: Path) -> None:
    """As a reader's own type checker sees them."""
    first, *others = guide(root)
    (copied / "first.py").write_text(first, encoding="utf-8")
    names = "".join(f"{name}: Any = None\n" for name in GIVEN)
    (copied / "guide.py").write_text(GUIDE + names + first + "".join(others), encoding="utf-8")
    examples = [str(path) for path in sorted((root / "examples").glob("*.py"))]
    # A mistake must be found, or a clean answer says nothing.
    wrong = "import noctule\nnoctule.beamforming.Scenario(users=6).desing()\n"
    (copied / "wrong.py").write_text(wrong, encoding="utf-8")
    found = complaints(
        copied, "mypy", "--strict", "--allow-untyped-defs", "--allow-untyped-calls",
        "--ignore-missing-imports", "first.py", "guide.py", "wrong.py", *examples)
    assert len(found) == 1 and "desing" in found[0], found


#: What a reader of the guide brings along.
GIVEN = {
    "channels": np.ones((6, 16)) + 1j * np.eye(6, 16),
    "tensor": np.ones((3, 6, 16)) + 1j * np.eye(6, 16),
    "beams": np.ones((6, 16)) * (0.01 + 0j),
    "h": np.ones((2, 16)) + 1j * np.eye(2, 16),
    "noise": np.ones(2),
    "start": np.eye(2, 16) + 0j,
}
