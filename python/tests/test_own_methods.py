"""Constraints of one's own, and methods of one's own that fail."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import optim

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
