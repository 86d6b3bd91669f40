"""Records as Parquet: the columns of records.csv, with types, in bounded memory."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import _parquet

STUDY = """
format = "noctule-experiment/1"
system = "beamforming"
trials = 5
[[sweep]]
path = "scenario.users"
values = [1, 2]
[[sweep]]
path = "scenario.power_constraint"
values = ["total", "per-antenna"]
[[scheme]]
name = "mrt"
[[scheme]]
name = "rzf"
"""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> noctule.Records:
    return noctule.run(STUDY, out=tmp_path_factory.mktemp("records") / "run")


def check(records: noctule.Records, frame: Any) -> None:
    """A table of pandas against what records.csv says."""
    assert list(frame.columns) == list(records.columns)
    for name, column in records.columns.items():
        found = frame[name]
        if column.dtype == object:
            assert list(found.fillna("")) == list(column), name
        else:
            assert np.array_equal(found.to_numpy(float), column.astype(float), equal_nan=True), name


@pytest.mark.parametrize("package", ["pyarrow", "polars"])
def test_one_line_reads_it(
    records: noctule.Records, tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    pytest.importorskip(package)
    if package == "polars":
        monkeypatch.setattr(_parquet, "_arrow", lambda *_: False)
    path = records.to_parquet(tmp_path / "records.parquet")
    assert list(tmp_path.iterdir()) == [path]
    frame = pandas.read_parquet(path)
    check(records, frame)
    assert str(frame["trial"].dtype) == "int64" and str(frame["residual"].dtype) == "float64"


def test_without_a_package_it_says_so(
    records: noctule.Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_parquet, "_module", lambda name: None)
    with pytest.raises(ImportError, match="pip install pyarrow"):
        records.to_parquet(tmp_path / "records.parquet")
    assert not list(tmp_path.iterdir())
    assert importlib.util.find_spec("noctule")
