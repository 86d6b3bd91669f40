"""Files of other programs: what is read is what they wrote, or it is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import io


def matrix(rng: np.random.Generator, kind: str) -> Any:
    real = rng.normal(size=(3, 4)) * 10.0 ** rng.integers(-8, 8, size=(3, 4))
    return real if kind == "real" else real - 1j * rng.normal(size=(3, 4))


@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("separator", [" ", ",", ";", "\t"])
def test_savetxt(tmp_path: Path, rng: np.random.Generator, kind: str, separator: str) -> None:
    given = matrix(rng, kind)
    np.savetxt(tmp_path / "a.csv", given, delimiter=separator, header="of somebody")
    assert np.array_equal(io.read_csv(tmp_path / "a.csv"), given)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_and_matlab(tmp_path: Path, rng: np.random.Generator, separator: str) -> None:
    """A byte order mark, lines of Windows, an imaginary unit i, blanks around signs."""
    given = matrix(rng, "complex")
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(
            [f" {float(z.real)!r}  {'-' if z.imag < 0 else '+'} {float(abs(z.imag))!r}i" for z in row]
            for row in given)
    assert path.read_bytes()[:3] == b"\xef\xbb\xbf" and b"\r\n" in path.read_bytes()
    assert np.array_equal(io.read_csv(path), given)


@pytest.mark.parametrize(("text", "where", "found"), [
    ("1 2, 3 4\n", ": line 1, column 1", "`1 2`"),
    ("1,5 2,5\n", ": line 1, column 2", "`5 2`"),
    ("1\t2 3\n", ": line 1, column 2", "`2 3`"),
    ("# a\n\n1,2\n3,\n", ": line 4, column 2", "an empty cell"),
    ("1,1_000\n", ": line 1, column 2", "`1_000`"),
    ("1,2i3\n", ": line 1, column 2", "`2i3`"),
    ("1 - 2i\n", ": line 1, column 2", "`-`"),
    ("1,information\n", ": line 1, column 2", "`information`"),
    ("5.0D1,4.0D1\n3,4\n", ": line 1, column 1", "`5.0D1`"),
    ("1 2\n3\n", ": line 2", "1 numbers"),
    ("# nothing\n", "", "no numbers"),
])
def test_what_is_not_clear_is_refused(tmp_path: Path, text: str, where: str, found: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(noctule.InvalidInput) as caught:
        io.read_csv(tmp_path / "a.csv")
    assert getattr(caught.value, "where") == f"{tmp_path / 'a.csv'}{where}"
    assert caught.value.found == found


def test_headings_and_decimal_commas_are_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x;y\n1,5;2,5\n3;4\n")
    with pytest.warns(UserWarning) as told:
        found = io.read_csv(tmp_path / "a.csv")
    assert np.array_equal(found, [[1.5, 2.5], [3, 4]])
    assert ["heading" in str(told[0].message), "commas" in str(told[1].message)] == [True, True]


def test_half_and_long_numbers_are_read(tmp_path: Path) -> None:
    for kind in ("float16", "longdouble", "clongdouble", ">c8", "int16"):
        given = np.arange(16).reshape(1, 16).astype(kind)
        np.save(tmp_path / "h.npy", given)
        back = noctule.Instance.load(tmp_path / "h.npy", scenario={})
        assert np.array_equal(back["channels"], np.arange(16).reshape(1, 16)), kind


def test_infinite_entries_are_named_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text(",".join(["1"] * 15 + ["inf"]))
    assert io.read_csv(tmp_path / "h.csv")[0, -1] == np.inf
    with pytest.raises(noctule.InvalidInput) as caught:
        noctule.Instance.load(tmp_path / "h.csv", scenario={})
    assert caught.value.found == "inf" and "channels[0][15]" in getattr(caught.value, "where")


@pytest.mark.parametrize(("system", "array"), [("surfaces", "site_m"), ("pilots", "channel_gain")])
@pytest.mark.parametrize("ending", ["csv", "npy"])
def test_one_array_is_named(tmp_path: Path, system: str, array: str, ending: str) -> None:
    given = noctule.Instance(system, scenario={})[array]
    path = tmp_path / f"a.{ending}"
    if ending == "csv":
        np.savetxt(path, given)
    else:
        np.save(path, given)
    with pytest.raises(noctule.InvalidInput, match="which array"):
        noctule.Instance.load(path, system, scenario={})
    found = noctule.Instance.load(path, system, array=array, scenario={})
    assert np.array_equal(found[array], given)
    with pytest.raises(noctule.InvalidInput, match=array):
        noctule.Instance.load(path, system, array=array + "s", scenario={})


def test_a_list_lies_or_stands(tmp_path: Path, scenario: Any) -> None:
    for text in ("0.001,0.002", "0.001\n0.002\n"):
        (tmp_path / "noise.csv").write_text(text)
        found = noctule.Instance.load(tmp_path / "noise.csv", array="user_noise_w",
                                      scenario=scenario)
        assert np.array_equal(found["user_noise_w"], [1e-3, 2e-3])


@pytest.mark.parametrize("system", noctule.systems())
@pytest.mark.parametrize("ending", ["json", "npz", "mat"])
def test_files_say_their_system(tmp_path: Path, system: str, ending: str) -> None:
    if ending == "mat":
        pytest.importorskip("scipy.io")
    given = noctule.Instance(system, scenario={})
    given.save(tmp_path / f"a.{ending}")
    back = noctule.Instance.load(tmp_path / f"a.{ending}")
    assert back.system == system and list(back) == list(given)
    for name, value in given.items():
        assert np.array_equal(back[name], value), name
        assert np.shape(back[name]) == np.shape(value), name


@pytest.mark.parametrize("system", noctule.systems())
def test_designs_go_through_matlab(tmp_path: Path, system: str) -> None:
    scipy = pytest.importorskip("scipy.io")
    fast = {"beamforming": "rzf", "cellfree": "mrt", "frame": "even-split",
            "pilots": "full-power", "surfaces": "max-eigenmode"}[system]
    instance = noctule.Instance(system, scenario={})
    design = instance.design(fast, on_failure="return")
    design.save(tmp_path / "d.mat")
    loaded = noctule.Design.load(tmp_path / "d.mat")
    assert json.loads(loaded.document) == json.loads(design.document)
    assert bool(noctule.verify(tmp_path / "d.mat")) == bool(design.verify())
    variables = io.read_arrays(tmp_path / "d.mat", system, "design")
    assert list(variables) == list(design)
    again = noctule.evaluate(io.load_instance(tmp_path / "d.mat"), variables)
    assert again.metrics.to_dict().keys() == design.metrics.to_dict().keys()
    for name, value in design.items():
        assert np.array_equal(again[name], value), name
    scalar = next(name for name, value in again.metrics.items() if isinstance(value, float))
    stored = scipy.loadmat(tmp_path / "d.mat")["metrics"][scalar][0, 0].item()
    assert np.isclose(stored, again.metrics[scalar], rtol=1e-12)


def test_matlab_drops_dimensions_of_one(tmp_path: Path) -> None:
    scipy = pytest.importorskip("scipy.io")
    given = noctule.Instance("cellfree", scenario={"antennas": 1})
    arrays = {name: np.squeeze(value, axis=-1) if np.ndim(value) > 2 and np.shape(value)[-1] == 1
              else value for name, value in given.items()}
    assert arrays["channels"].ndim == 2 and given["channels"].ndim == 3
    scipy.savemat(tmp_path / "a.mat", arrays)
    back = noctule.Instance.load(tmp_path / "a.mat", "cellfree")
    assert all(np.array_equal(back[name], value) for name, value in given.items())


def test_what_is_wrong_in_a_file_is_said_with_the_file(tmp_path: Path, scenario: Any) -> None:
    bad = np.full((2, 16), np.nan + 0j)
    np.savez(tmp_path / "a.npz", channels=bad)
    np.save(tmp_path / "a.npy", bad)
    np.savetxt(tmp_path / "a.csv", bad)
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY\x01\x00nonsense")
    for name in ("a.npz", "a.npy", "a.csv"):
        with pytest.raises(noctule.InvalidInput) as caught:
            noctule.Instance.load(tmp_path / name, scenario=scenario)
        assert getattr(caught.value, "where") == f"{tmp_path / name}: channels[0][0]"
    with pytest.raises(noctule.InvalidInput) as caught:
        noctule.Instance.load(tmp_path / "a.npz", scenario={"users": -1})
    assert getattr(caught.value, "where") == "scenario.users"
    with pytest.raises(noctule.InvalidInput, match="b.npy"):
        noctule.Instance.load(tmp_path / "b.npy", scenario=scenario)


def test_a_document_with_a_byte_order_mark(tmp_path: Path, instance: noctule.Instance) -> None:
    design = instance.design("rzf")
    (tmp_path / "d.json").write_text(design.document, encoding="utf-8-sig")
    assert json.loads(noctule.Design.load(tmp_path / "d.json").document) == json.loads(
        design.document)


@pytest.mark.parametrize("ending", ["json", "npz", "mat"])
def test_saving_replaces_files_of_ours_and_no_others(tmp_path: Path, ending: str) -> None:
    if ending == "mat":
        pytest.importorskip("scipy.io")
    design = noctule.beamforming.Scenario(users=2).realize().design("mrt")
    path = tmp_path / f"design.{ending}"
    design.save(path)
    first = path.read_bytes()
    design.save(path)
    assert path.read_bytes() == first
    path.write_bytes(b"mine")
    with pytest.raises(noctule.InvalidInput, match="force=True"):
        design.save(path)
    assert path.read_bytes() == b"mine"
    design.save(path, force=True)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_of_ones_own_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(noctule.InvalidInput, match="force=True"):
        noctule.run("beamforming/region", ci=True, out=tmp_path)
    noctule.run("beamforming/region", ci=True, out=tmp_path, force=True)
    assert (tmp_path / "report.html.old").read_text() == "mine"


def test_a_changed_variable_is_not_that_of_the_document(tmp_path: Path,
                                                        instance: noctule.Instance) -> None:
    scipy = pytest.importorskip("scipy.io")
    design = instance.design("rzf")
    design.save(tmp_path / "d.mat")
    content = {name: value for name, value in scipy.loadmat(tmp_path / "d.mat").items()
               if not name.startswith("__")}
    scipy.savemat(tmp_path / "same.mat", content, long_field_names=True, do_compression=True)
    assert bool(noctule.verify(tmp_path / "same.mat")) == bool(design.verify())
    content["beams"] = content["beams"] * 2
    scipy.savemat(tmp_path / "d.mat", content, long_field_names=True)
    with pytest.raises(noctule.InvalidInput, match="document"):
        noctule.Design.load(tmp_path / "d.mat")
