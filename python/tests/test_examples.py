"""Examples and notebooks: they run, and the committed outputs are of whole runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_hold_outputs(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert all(output["output_type"] != "error" for cell in cells for output in cell["outputs"])
    assert sum(bool(cell["outputs"]) for cell in cells) >= len(cells) // 2
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_give_what_they_hold(path: Path, tmp_path: Path) -> None:
    """All cells in order: the same words and numbers as in the file, but for the last digits."""
    for package in ("matplotlib", "pandas", "cvxpy"):
        pytest.importorskip(package)
    script = EXAMPLES.parent / "python" / "notebooks.py"
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    told = subprocess.run([sys.executable, script, "--check", path], cwd=tmp_path, text=True,
                          capture_output=True, encoding="utf-8", env=environment, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_changed_outputs_are_found(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    notebook = {"cells": [{"cell_type": "code", "source": ["2 * 1.5"], "outputs": [
        {"output_type": "execute_result", "data": {"text/plain": ["3.1"]}}]}]}
    (tmp_path / "wrong.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    script = EXAMPLES.parent / "python" / "notebooks.py"
    told = subprocess.run([sys.executable, script, "--check", tmp_path / "wrong.ipynb"], text=True,
                          capture_output=True, check=False)
    assert told.returncode == 1 and "'3.0' where the file has '3.1'" in told.stdout, told


# The checker of proofs takes documents, and has tests of its own (`test_proofs.py`).
SCRIPTS = sorted(path for path in EXAMPLES.glob("*.py") if path.stem != "check_proof")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_run(path: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    told = subprocess.run([sys.executable, path], check=True, cwd=tmp_path, capture_output=True,
                          text=True, encoding="utf-8", env=environment)
    assert "converged" in told.stdout
