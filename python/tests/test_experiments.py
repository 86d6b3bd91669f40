"""Experiments: the bytes of the command line, and methods of one's own in the same tables."""

from __future__ import annotations

import functools
import importlib
import subprocess
import sys
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
    with pytest.raises(noctule.InvalidInput, match="plan of another run"):
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


def scaled(factor: float) -> Any:
    """A closure: the same source for every factor."""
    return lambda instance: factor * unit(instance)


def unit(instance: noctule.Instance) -> Any:
    h = instance["channels"]
    return h * np.sqrt(instance["power_w"]) / np.linalg.norm(h)


class Scaled:
    """An object that is called: the same class for every factor."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def __call__(self, instance: noctule.Instance) -> Any:
        return self.factor * unit(instance)


def by_factor(instance: noctule.Instance, factor: float) -> Any:
    return factor * unit(instance)


@pytest.mark.parametrize("make", [
    scaled, Scaled, lambda factor: functools.partial(by_factor, factor=factor)])
def test_a_changed_method_gets_new_numbers(tmp_path: Path, make: Any) -> None:
    def run(factor: float, **options: Any) -> Any:
        return noctule.run("beamforming/region", ci=True, out=tmp_path,
                           schemes={"mine": make(factor)}, **options)

    first = run(1.0)
    assert first.info["computed"] > 0 and run(1.0).info["computed"] == 0
    with pytest.raises(noctule.InvalidInput, match="fresh=True"):
        run(0.1)
    rows = first["scheme"] == "mine"
    before = first["sum_rate_nats"][rows]
    assert np.all(run(0.1, fresh=True)["sum_rate_nats"][rows] < before)


def test_methods_are_told_apart() -> None:
    from noctule._identity import identity

    def enclosing(value: Any) -> Any:
        return lambda instance, *, with_default=value: (value, with_default)

    rng = np.random.default_rng(1)
    same = [1.0, "a", [1, {"b": (2, 3)}], np.arange(3.0), {1, 2}, Path("x"), scaled(1.0), np.fft,
            Scaled(1.0).__call__, noctule.beamforming.Scenario(users=3)]
    other = [1, "b", [1, {"b": (2, 4)}], np.arange(3.0) + 1e-9, {1, 3}, Path("y"), scaled(2.0),
             np.linalg, Scaled(2.0).__call__, noctule.beamforming.Scenario(users=4)]
    for a, b in zip(same, other):
        assert identity(enclosing(a)) == identity(enclosing(a)) != identity(enclosing(b)), a
    kept = identity(enclosing(rng))
    assert kept == identity(enclosing(rng))
    rng.normal()
    assert kept != identity(enclosing(rng))
    # What cannot be told apart is never the same.
    generator = (x for x in range(3))
    assert identity(enclosing(generator)) != identity(enclosing(generator))


OWN_MODULES = {
    "an import": ("", "def f(i):\n    import own_part\n    return own_part.value"),
    "a part of a package": ("", "def f(i):\n    from own_package import part\n    return part.value"),
    "a function of a module": ("", "def f(i):\n    from own_part import value\n    return value"),
    "a registered function": (
        "import functools\n@functools.singledispatch\ndef h(x): return 0\n@h.register\ndef _(x: int): return VALUE\n",
        "def f(i): return h(1)"),
    "a metaclass": (
        "class M(type):\n    def k(c): return VALUE\nclass C(metaclass=M): pass\n", "def f(i): return C.k()"),
}


@pytest.mark.parametrize("kind", OWN_MODULES)
def test_what_is_imported_or_registered_is_part_of_a_method(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from noctule._identity import told

    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").write_text("")
    digests = []
    for value in (1, 2, 1):
        before, method = OWN_MODULES[kind]
        for path in ("own_part.py", "own_package/part.py"):
            (tmp_path / path).write_text(f"value = {value}\n")
        (tmp_path / "own_method.py").write_text(before.replace("VALUE", str(value)) + method)
        for name in [name for name in sys.modules if name.startswith("own_")]:
            del sys.modules[name]
        importlib.invalidate_caches()
        digests.append(told(importlib.import_module("own_method").f))
    first, other, again = digests
    # where it cannot be told nothing is reused
    assert first is None or (first == again != other), digests
    if kind not in ("a registered function", "a metaclass"):
        assert first is not None


def test_a_module_that_is_not_there_is_told_as_such() -> None:
    from noctule._identity import told

    def careful(instance: Any) -> int:
        try:
            import not_a_module_of_anybody  # type: ignore[import-not-found]  # noqa: F401
        except ImportError:
            return 1
        return 2

    assert told(careful) is not None and told(careful) == told(careful)


def test_names_of_schemes_stay_words(tmp_path: Path) -> None:
    text = 'format = "noctule-experiment/1"\nsystem = "beamforming"\ntitle = "names"\ntrials = 2\n'
    names = ["08", "8", "1_0", "nan", "null", "NA"]
    text += "".join(f'[[scheme]]\nid = "{name}"\nname = "{"rzf" if i % 2 else "zf"}"\n' for i, name in enumerate(names))
    records = noctule.run(text, out=tmp_path / "out")
    assert records["scheme"].tolist() == 2 * names
    assert sorted(set(records.summary["scheme"])) == sorted(names)
    assert [row["scheme"] for row in records] == 2 * names
    assert set(records["reason"]) == {""}, "an empty cell is no word"
    pandas = pytest.importorskip("pandas")
    frame = records.to_pandas()
    assert list(frame["scheme"]) == 2 * names and list(frame["reason"]) == 12 * [""]
    for name, column in records.columns.items():
        if column.dtype != object:
            np.testing.assert_allclose(frame[name].to_numpy(), column, rtol=1e-15, err_msg=name)
    assert isinstance(frame, pandas.DataFrame)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_a_method_says_is_kept_as_text(tmp_path: Path) -> None:
    text = 'format = "noctule-experiment/1"\nsystem = "beamforming"\ntitle = "t"\ntrials = 2\n[[scheme]]\nname = "rzf"\n'
    for number, said in enumerate(["x" * 300_000, "half \ud800 of a pair", "two\nlines, \"quoted\""]):
        def failing(instance: noctule.Instance, said: str = said) -> None:
            raise ValueError(said)

        records = noctule.run(text, schemes={"mine": failing}, out=tmp_path / str(number))
        reasons = records["reason"][records["scheme"] == "mine"]
        assert len(reasons) == 2 and all("ValueError" in reason and len(reason) < 3000 for reason in reasons)
