"""What a person sees of a design."""

from __future__ import annotations

import subprocess
from pathlib import Path

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
