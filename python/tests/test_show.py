"""What a person sees of a design."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

import noctule
from noctule import _show

SYSTEMS = ["beamforming", "cellfree", "frame", "pilots", "surfaces"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_printing_tells_the_story_of_the_command_line(program: Path, system: str) -> None:
    design = noctule.design(getattr(noctule, system).Scenario(), seed=1, certify=True)
    text = str(design)
    assert all(len(line) <= 80 for line in text.splitlines()), text
    command = [program, "design", system]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    # The same words; how lines break is each one's own.
    assert set(told.replace("─", "").split()) <= set(text.replace("─", "").split())
    html = design._repr_html_()
    assert html.count("<table") == 1 + sum(bool(table[2]) for table in design._told.tables)


def test_a_proof_is_a_sentence(instance: noctule.Instance) -> None:
    proof = instance.design(certify=True).proof
    assert str(proof).startswith("stationary, residual") and "gap" in str(proof)
    assert len(str(proof)) < 200 and len(proof.bound.numbers) > 0


def test_text_from_outside_is_escaped() -> None:
    html = _show.design_html("<b>", [("a&b", "<script>")], [("c", ["h"], [["<i>"]] * 100, 0)], [])
    assert "<script>" not in html and "<i>" not in html and "and 40 more rows" in html


def test_batches_and_findings_are_tables(instance: noctule.Instance) -> None:
    batch = noctule.design_batch([instance, instance])
    assert batch._repr_html_().count("<tr>") == 3
    assert "confirmed" in batch[0].verify()._repr_html_()


def test_everything_is_a_table_in_a_notebook(instance: noctule.Instance, tmp_path: Path) -> None:
    """Instances, metrics, proofs, runs and minimisations say what they hold, and hold no markup of a stranger."""
    html = instance._repr_html_()
    assert "channels" in html and "array [2, 16]" in html and html.count("<tr>") == len(instance.arrays) + 1
    design = instance.design()
    assert "sum_rate_bps_hz" in design.metrics._repr_html_() and "stationary" in design.proof._repr_html_()
    records = noctule.run("frame/speed", ci=True, out=tmp_path / "run")
    html = records._repr_html_()
    assert "scenario.aging.speed_kmh" in html and html.count("optimal") >= 2
    found = noctule.optim.minimize(lambda x: (float(x[0].real), np.array([1.0, 0.0j])), noctule.optim.sphere(2), [1.0, 1.0])
    assert "converged" in found._repr_html_()
    assert "&lt;b&gt;" in noctule.Record({"<b>": "<b>"})._repr_html_()
