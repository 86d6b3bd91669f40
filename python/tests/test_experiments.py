"""Experiments: the bytes of the command line, and methods of one's own in the same tables."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the clock."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "timings.csv"
    }


def mine(instance: noctule.Instance) -> Any:
    """Matched filters: what the scheme `mrt` does, by hand."""
    channels = instance["channels"]
    beams = channels / np.linalg.norm(channels, axis=1, keepdims=True)
    silent = np.zeros((int(instance["sensing_streams"]), channels.shape[1]))
    return np.concatenate([beams, silent]) * np.sqrt(instance["power_w"] / len(channels))


def test_the_bytes_are_those_of_the_command_line(program: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    command = [program, "run", "beamforming/region", "--trials", "2", "--out", theirs]
    subprocess.run(command, check=True, capture_output=True)
    records = noctule.run("beamforming/region", trials=2, out=tmp_path / "ours")
    ours, expected = files(records.folder), files(theirs)
    assert ours.keys() == expected.keys() and len(ours) > 8
    for name, content in expected.items():
        assert ours[name] == content, name


def test_own_methods_stand_beside_ours(tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []
    records = noctule.run("beamforming/region", ci=True, schemes={"mine": mine},
                          out=tmp_path / "own", threads=2)
    ours = records["scheme"] == "mrt"
    theirs = records["scheme"] == "mine"
    assert ours.sum() == theirs.sum() > 0 and shown == []
    for metric in ("sum_rate_nats", "crb_trace_mixed", "objective"):
        assert np.allclose(records[metric][ours], records[metric][theirs], rtol=1e-9)
    assert (records["violation"][theirs] < 1e-9).all()
    again = noctule.run("beamforming/region", ci=True, schemes={"mine": mine}, out=tmp_path / "own")
    assert again.info["computed"] == 0
    with pytest.raises(noctule.InvalidInput, match="another plan"):
        noctule.run("beamforming/region", ci=True, schemes={"mine": lambda i: mine(i) / 2},
                    out=tmp_path / "own")
    assert "mine" in (records.folder / "report.html").read_text()
    figure = (records.folder / "figures" / "weight.svg").read_text()
    assert "mine" in figure, "a figure that lists its schemes shows the caller's too"


def test_exceptions_of_own_methods_are_counted() -> None:
    def broken(instance: noctule.Instance) -> Any:
        raise RuntimeError("no idea")

    def misshapen(instance: noctule.Instance) -> Any:
        return np.ones((1, 3))

    records = noctule.run("beamforming/region", ci=True,
                          schemes={"broken": broken, "misshapen": misshapen})
    for name in ("broken", "misshapen"):
        rows = records["scheme"] == name
        assert set(records["outcome"][rows]) == {"failed"}
        assert np.isnan(records["sum_rate_nats"][rows]).all()
    assert "no idea" in (records.folder / "records.csv").read_text()


def test_designs_of_ours_inside_own_methods() -> None:
    """A function may call noctule: the lock is taken and given back in both directions."""
    def polished(instance: noctule.Instance) -> Any:
        return instance.design("rzf")

    records = noctule.run("beamforming/region", ci=True, schemes={"polished": polished})
    theirs, ours = records["scheme"] == "polished", records["scheme"] == "rzf"
    assert np.array_equal(records["sum_rate_nats"][theirs], records["sum_rate_nats"][ours])


def test_tables(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    records = noctule.run("beamforming/region", ci=True, out=tmp_path / "run", progress=True)
    frame = records.to_pandas()
    assert len(frame) == len(records) == len(list(records))
    assert np.allclose(frame["sum_rate_nats"], records["sum_rate_nats"])
    assert len(records.to_pandas("summary")) > 0 and len(records.to_pandas("series")) > 0
    assert np.issubdtype(records["trial"].dtype, np.integer)
    assert records.plan["system"] == "beamforming" and records.claims == []
    assert records.presentation["experiment"] == "beamforming/region"
    with pytest.raises(noctule.InvalidInput, match="sum_rate_nats"):
        records["sum_rate_nat"]
    reread = noctule.Records(records.folder)
    assert np.array_equal(reread["objective"], records["objective"], equal_nan=True)


def test_an_experiment_as_text(tmp_path: Path) -> None:
    text = noctule.show("beamforming/region").replace("trials = 100", "trials = 1", 1)
    records = noctule.run(text, out=tmp_path / "text")
    assert set(records["trial"]) == {0}
