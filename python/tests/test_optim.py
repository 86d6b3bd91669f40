"""Minimisation on manifolds, with objectives of your own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import noctule
from noctule import optim


def test_a_rayleigh_quotient(rng: np.random.Generator) -> None:
    a = rng.normal(size=(6, 6, 2)) @ np.array([1, 1j])
    a = a @ a.conj().T

    def quotient(x: Any) -> Any:
        return np.vdot(x, a @ x).real, 2 * a @ x

    found = optim.minimize(quotient, optim.sphere(6), rng.normal(size=6) + 0j, tolerance=1e-10)
    assert found.converged and np.isclose(found.value, np.linalg.eigvalsh(a)[0])
    assert optim.check_gradient(quotient, optim.sphere(6), found.x).passed
    wrong = optim.check_gradient(lambda x: (quotient(x)[0], 2.01 * a @ x), optim.sphere(6),
                                 rng.normal(size=6) + 0j)
    assert not wrong.passed and wrong.slope < 1.5
    assert found.trace.shape[1] == 5 and found.trace[-1, 2] == found.value


def test_phase_shifters(rng: np.random.Generator) -> None:
    """|aᴴx| over unit-modulus x is the sum of magnitudes, at x = a/|a|."""
    a = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))

    def gain(x: Any) -> Any:
        inner = np.vdot(a, x)
        return -abs(inner) ** 2, -2 * inner * a

    found = optim.minimize(gain, optim.circles(12), np.ones((3, 4)), tolerance=1e-9)
    assert found.x.shape == (3, 4) and np.allclose(abs(found.x), 1)
    assert np.isclose(-found.value, np.abs(a).sum() ** 2)


def test_objectives_that_fail() -> None:
    sphere = optim.sphere(3)
    start = np.ones(3)

    def broken(x: Any) -> Any:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        optim.minimize(broken, sphere, start)
    for wrong in (lambda x: 1.0, lambda x: (1.0, x[:2]), lambda x: (1.0, x * np.nan),
                  lambda x: (1.0, None), lambda x: None):
        with pytest.raises(noctule.InvalidInput):
            optim.minimize(wrong, sphere, start)
    outside = optim.minimize(lambda x: (np.nan, x), sphere, start)
    assert outside.stop == "stalled" and outside.value == np.inf and not outside.converged
    for arguments in ((optim.sphere(4), start), (sphere, start * np.nan), (sphere, []),
                      (sphere, ["a", "b", "c"])):
        with pytest.raises(noctule.InvalidInput):
            optim.minimize(lambda x: (0.0, x), *arguments)
    with pytest.raises(noctule.InvalidInput):
        optim.minimize(lambda x: (0.0, x), sphere, start, tolerance=2.0)
    with pytest.raises(noctule.InvalidInput):
        optim.sphere(3, -1.0)


def test_the_system_s_own_objective_from_its_parts(instance: noctule.Instance) -> None:
    """Rate and bound with gradients, climbed from Python: the optimum that Rust finds."""
    h, noise = instance["channels"], instance["user_noise_w"]
    scene = {name: instance[name] for name in
             ("transmit_shape", "receive_shape", "azimuth_rad", "polar_rad", "reflection")}
    information = 2 * instance["snapshots"] / instance["sensing_noise_w"]
    weight, price = instance["rate_weight_per_nat"], instance["crb_weight"]

    def objective(w: Any) -> Any:
        rate, by_rate = noctule.phy.sum_rate(h, w, noise)
        crb, by_crb = noctule.beamforming.crb_trace(w, **scene, information=information)
        return price * crb - weight * rate, price * by_crb - weight * by_rate

    ours = instance.design()
    sphere = optim.sphere_of_power(instance["power_w"], ours.beams.shape)
    assert optim.check_gradient(objective, sphere, ours.beams * 1j + 1e-3).passed
    start = instance.design("rzf").beams + 1e-3
    found = optim.minimize(objective, sphere, start, tolerance=1e-7)
    assert np.isclose(-found.value, ours.metrics.objective, rtol=1e-6)
    assert np.isclose(instance.evaluate(found.x).metrics.objective, -found.value, rtol=1e-9)
