"""Records as Parquet: the columns of records.csv, with types, in bounded memory."""

from __future__ import annotations

import importlib
import os
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


def test_what_is_no_file_is_not_replaced(records: noctule.Records, tmp_path: Path) -> None:
    """A folder, a pipe, and a link to one: the same as a device, which root could replace."""
    pytest.importorskip("pyarrow")
    pipe, link, real = (tmp_path / name for name in ("pipe", "link", "real"))
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for wrong, found in ((tmp_path, "a folder"), (pipe, "or a pipe"), (link, "or a pipe")):
        with pytest.raises(noctule.InvalidInput, match="is no file") as error:
            records.to_parquet(wrong)
        assert found in str(error.value)
    assert pipe.is_fifo() and link.is_symlink()
    # A link to a file stays one.
    link.unlink()
    link.symlink_to(real)
    assert records.to_parquet(link) == real
    assert link.is_symlink() and real.is_file()
