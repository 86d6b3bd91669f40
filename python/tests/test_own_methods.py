"""Constraints of one's own, and methods of one's own that fail."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import optim
from noctule._identity import identity

A, B = np.diag([3.0, 2.0, 1.0]), np.diag([1.0, 0.5, 0.0])


def form(matrix: Any, limit: float = 0.0, sign: float = 1.0) -> optim.Objective:
    return lambda x: (sign * np.vdot(x, matrix @ x).real - limit, 2 * sign * (matrix @ x))


def largest(limit: float) -> optim.Minimum:
    return optim.minimize(form(A, sign=-1.0), optim.sphere(3), np.ones(3),
                          constraints=[form(B, limit), form(B, 2.0)])


def test_prices_of_constraints() -> None:
    # With q = |x|², a linear program on the simplex: max 3q₀ + 2q₁ + q₂ with q₀ + q₁/2 ≤ limit.
    # Its optimum is 1 + 2 limit (q₂ and either other one), and the price is 2.
    found = largest(0.4)
    assert found.converged and found.violation < 1e-6
    assert np.isclose(found.value, -1.8, atol=1e-6)
    assert np.allclose(found.prices, [2.0, 0.0], atol=1e-4)
    assert np.allclose(found.constraints, [0.0, -1.6], atol=1e-6)
    slope = (largest(0.41).value - largest(0.39).value) / 0.02
    assert np.isclose(slope, -found.prices[0], atol=1e-4)


def test_constraints_that_cannot_be_met() -> None:
    found = optim.minimize(form(A), optim.sphere(3), np.ones(3), constraints=[form(A, 0.5)],
                           max_evaluations=2000)
    assert not found.converged and np.isclose(found.violation, 0.5, atol=1e-3)


def test_what_a_constraint_raises_is_passed_on() -> None:
    def broken(x: Any) -> Any:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        optim.minimize(form(A), optim.sphere(3), np.ones(3), constraints=[broken])


def misspelt(instance: noctule.Instance) -> Any:
    return instance["chanels"]


def misshapen(instance: noctule.Instance) -> Any:
    return instance["channels"][:, :-1]


@pytest.mark.parametrize(("function", "told"), [(misspelt, "chanels"), (misshapen, "the beams do not fit")])
def test_failures_of_own_methods(function: Any, told: str) -> None:
    with pytest.warns(RuntimeWarning, match="`mine` failed for") as caught:
        records = noctule.run("beamforming/region", ci=True, schemes={"mine": function})
    assert len(caught) == 1 and told in str(caught[0].message)
    mine = records["scheme"] == "mine"
    assert (records["outcome"][mine] == "failed").all() and records["outcome"][~mine].size
    assert f"{mine.sum()} designs" in str(caught[0].message)
    if function is misspelt:
        assert "Traceback" in str(caught[0].message) and "misspelt" in str(caught[0].message)
    error: type[Exception] = KeyError if function is misspelt else noctule.InvalidInput
    with pytest.raises((error, noctule.InvalidInput)):
        noctule.run("beamforming/region", ci=True, schemes={"mine": function}, on_failure="raise")


def test_methods_that_work_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        noctule.run("beamforming/region", ci=True, on_failure="raise",
                    schemes={"mine": lambda instance: instance.design("mrt")})
    with pytest.raises(noctule.InvalidInput):
        noctule.run("beamforming/region", ci=True, on_failure="ignore")


def test_batches_say_which_instance_is_wrong() -> None:
    channels = np.ones((5, 2, 16), dtype=complex)
    channels[3, 1, 2] = np.nan
    with pytest.raises(noctule.InvalidInput) as caught:
        noctule.stack(scenario={"users": 2}, channels=channels)
    assert getattr(caught.value, "where").startswith("instances[3].channels[1]")
    with pytest.raises(noctule.InvalidInput):
        noctule.stack(scenario={"users": 2}, channels=channels[:, :, :15])
    assert noctule.stack(scenario={"users": 2}, channels=channels[:3])[2].design("rzf").verify()


def test_what_a_module_of_ones_own_has_is_part_of_the_method(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers set in a module after it was read, and modules that it calls in its turn."""
    (tmp_path / "mine_inner.py").write_text("K = 1.0\n", encoding="utf-8")
    (tmp_path / "mine_outer.py").write_text(
        "import mine_inner\nimport numpy as np\nFACTOR = 1.0\n"
        "def scale():\n    return FACTOR * mine_inner.K\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import importlib

    outer, inner = (importlib.import_module(name) for name in ("mine_outer", "mine_inner"))
    try:
        def direct(instance: Any) -> Any:
            return instance["channels"] * outer.FACTOR

        def called(instance: Any) -> Any:
            return instance["channels"] * outer.scale()

        first = [identity(direct), identity(called)]
        assert first == [identity(direct), identity(called)]
        assert not any(digest.startswith("?") for digest in first)
        for module, name in ((outer, "FACTOR"), (inner, "K")):
            setattr(module, name, 0.5)
            now = [identity(direct), identity(called)]
            assert now[0] != first[0] and now[1] != first[1]
            setattr(module, name, 1.0)
        assert first == [identity(direct), identity(called)]
        # The file of the inner one is edited, and read by another process.
        (tmp_path / "mine_inner.py").write_text("K = 0.5  # edited\n", encoding="utf-8")
        importlib.invalidate_caches()
        importlib.reload(inner)
        assert identity(called) != first[1]
    finally:
        for name in ("mine_outer", "mine_inner"):
            sys.modules.pop(name, None)


def test_workers_with_other_numbers_in_a_module_refuse(tmp_path: Path) -> None:
    """Without cloudpickle a worker reads the module for itself, and what was set in it is not there."""
    (tmp_path / "mine_numbers.py").write_text("FACTOR = 1.0\n", encoding="utf-8")
    (tmp_path / "mine_methods.py").write_text(
        "import numpy as np\nimport mine_numbers\n"
        "def half(instance):\n"
        "    c = instance['channels']\n"
        "    p = instance['power_w']\n"
        "    return mine_numbers.FACTOR * c * np.sqrt(p / np.linalg.norm(c) ** 2)\n", encoding="utf-8")
    (tmp_path / "script.py").write_text(
        "import sys\n"
        "sys.modules['cloudpickle'] = None\n"
        "import mine_methods, mine_numbers, noctule\n"
        "STUDY = \"\"\"format = 'noctule-experiment/1'\nsystem = 'beamforming'\ntrials = 4\n"
        "[[scheme]]\nname = 'mrt'\n\"\"\"\n"
        "if __name__ == '__main__':\n"
        "    mine_numbers.FACTOR = float(sys.argv[1])\n"
        "    noctule.run(STUDY, out=sys.argv[2], executor=1, schemes={'half': mine_methods.half})\n",
        encoding="utf-8")

    def call(factor: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "script.py", factor, f"out-{factor}"], cwd=tmp_path,
                              capture_output=True, text=True, check=False, timeout=120)

    same, other = call("1.0"), call("0.5")
    assert same.returncode == 0, same.stderr
    assert other.returncode != 0 and "another function" in other.stderr, other.stderr
