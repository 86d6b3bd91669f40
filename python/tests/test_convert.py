"""Conventions of other people, and channels of other programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import noctule
from noctule import convert


def test_conventions_give_the_same_received_signal(rng: np.random.Generator) -> None:
    def draw(*shape: int) -> Any:
        return rng.normal(size=shape) + 1j * rng.normal(size=shape)

    x = draw(5)

    def received(h: Any) -> Any:
        return h.conj() @ x

    columns = draw(5, 3)                               # y = H' x
    assert np.allclose(received(convert.channels(columns, "columns")), columns.conj().T @ x)
    rows = draw(3, 5)                                  # y = H x
    assert np.allclose(received(convert.channels(rows, "rows")), rows @ x)
    assert np.allclose(received(convert.channels(rows, "noctule")), rows.conj() @ x)
    book = draw(5, 7, 3)                               # y = H(:,n,k)' x
    found = convert.channels(book, "bjornson")
    assert found.shape == (7, 3, 5) and found.flags.c_contiguous
    assert np.allclose(received(found[2]), [book[:, 2, k].conj() @ x for k in range(3)])
    assert convert.channels(draw(3, 2, 5), "demirhan").shape == (3, 2, 5)
    tensor = draw(4, 3, 2, 1, 5, 6, 8)                 # y = H x
    found = convert.sionna(tensor, array=None, symbol=2, subcarrier=7, receive_antenna=1)
    assert np.allclose(received(found[1]), tensor[1, :, 1, 0, :, 2, 7] @ x)
    rays = draw(9, 1, 5, 4)                            # y = H x
    found = convert.deepmimo(rays, users=[2, 8], array=None, subcarrier=3)
    assert np.allclose(received(found), rays[[2, 8], 0, :, 3] @ x)
    named = convert.channels(tensor[:, :, 0, 0, :, :1, 0], axes="batch, user, antenna, time",
                             conjugate=True)
    with pytest.warns(UserWarning, match="first of 2 along `rx_ant`"):
        assert np.allclose(named[1], convert.sionna(tensor, array=None)[1])
    w = draw(5, 4)
    assert np.array_equal(convert.beams(w), w.T)
    a, *_ = noctule.phy.planar_steering([2, 2], [0.3], [1.0], unit_modulus=True)
    b, *_ = noctule.phy.planar_steering([2, 2], [0.3], [1.0])
    assert np.allclose(convert.steering(a, normalised=False), b)


def line_of_sight(places: Any, azimuth: float, polar: float) -> Any:
    """e^{+jk u·r}: y and z of every element in half wavelengths."""
    y, z = np.asarray(places, dtype=float).T
    phase = y * np.sin(azimuth) * np.sin(polar) + z * np.cos(polar)
    return 0.3 * np.exp(1j * np.pi * phase)


def test_a_user_and_a_target_in_one_direction_stay_so_through_every_import() -> None:
    azimuth, polar, horizontal, vertical = 0.52, 1.22, 8, 4
    count = horizontal * vertical
    sides = (horizontal, vertical)
    a = noctule.phy.planar_steering(list(sides), [azimuth], [polar])[0][0]
    n = np.arange(count)
    rows_down = np.stack([n // vertical, -(n % vertical)], axis=1)
    y_fastest = np.stack([n % horizontal, n // horizontal], axis=1)
    shuffled = np.random.default_rng(1).permutation(y_fastest) * 0.7 - 1.3
    position = np.vstack([np.zeros(count), shuffled.T])

    def seen(places: Any) -> Any:
        return line_of_sight(places, azimuth, polar)

    found = [
        convert.sionna(seen(rows_down).reshape(1, 1, 1, 1, count, 1, 1), array=sides)[0, 0],
        convert.deepmimo(seen(y_fastest).reshape(1, 1, count, 1), array=sides,
                         total_subcarriers=1)[0],
        convert.quadriga(seen(shuffled / 0.7).reshape(1, count), positions=position)[0, 0],
        convert.toolbox_5g(seen(shuffled / 0.7).reshape(1, 1, 1, count),
                           positions=position)[0, 0],
        convert.channels(seen(y_fastest)[None], "rows", array_sides=sides, fastest="horizontal",
                         mirror="both")[0],
    ]
    for h in found:
        cosine = abs(a.conj() @ h) / np.linalg.norm(a) / np.linalg.norm(h)
        assert abs(cosine - 1) < 1e-12
    # in the right direction the target is lit by the user's own beam
    scene = noctule.beamforming.Scenario(
        users=1, transmit_array={"horizontal": horizontal, "vertical": vertical},
        targets={"fixed": [{"azimuth_deg": float(np.degrees(azimuth)),
                            "polar_deg": float(np.degrees(polar)), "reflection": [0.1, 0.0]}]})
    beams = scene.realize(channels=found[1][None]).design("mrt").beams
    assert np.isclose(np.sum(np.abs(a.conj() @ beams.T) ** 2) / np.linalg.norm(beams) ** 2, 1.0)


def test_wrong_conventions_are_refused() -> None:
    for call in (
        lambda: convert.channels(np.ones((2, 3))),
        lambda: convert.channels(np.ones((2, 3)), "matlab"),
        lambda: convert.channels(np.ones(3), "columns"),
        lambda: convert.channels(np.ones((2, 3)), axes="user, user"),
        lambda: convert.channels(np.ones((2, 3)), axes="user, antenna, time"),
        lambda: convert.channels(np.ones((2, 3, 4)), axes="user, antenna, time"),
        lambda: convert.channels([["a"]], "columns"),
        lambda: convert.sionna(np.ones((2, 3))),
        lambda: convert.sionna(np.ones((1, 1, 1, 1, 4, 1, 1)), array=(2, 2), symbol=1),
        lambda: convert.sionna(np.ones((1, 1, 1, 1, 4, 1, 1))),
        lambda: convert.sionna(np.ones((1, 1, 1, 1, 4, 1, 1)), array=(4, 2)),
        lambda: convert.sionna(np.ones((1, 1, 1, 2, 4, 1, 1)), array=(2, 2)),
        lambda: convert.quadriga(np.ones((1, 4, 1)), order=[0, 1, 2, 2]),
        lambda: convert.quadriga(np.ones((1, 4, 1)), positions=np.ones((2, 4))),
        lambda: convert.toolbox_5g(np.ones((1, 4, 1))[0, 0]),
        lambda: convert.channels(np.ones((1, 4)), "rows", fastest="horizontal"),
        lambda: convert.channels(np.ones((1, 4)), "rows", array_sides=(3, 2)),
        lambda: convert.deepmimo(np.ones((1, 1, 1, 1)), array=(1, 1), subcarrier=-1),
        lambda: convert.power_w("ten dBm"),
    ):
        with pytest.raises(noctule.InvalidInput):
            call()


def test_indices_that_are_none_are_refused() -> None:
    tensor, rays = np.ones((5, 4, 1, 1, 16, 14, 64)), np.ones((10, 1, 16, 1))
    calls: list[Any] = [
        lambda: convert.sionna(tensor, array=(4, 4), symbol=0, subcarrier=True),
        lambda: convert.sionna(tensor, array=(4, 4), symbol=0, subcarrier=1.0),  # type: ignore[arg-type]
        lambda: convert.sionna(tensor, array=(4, 4), symbol=True, subcarrier=0),
        lambda: convert.deepmimo(rays, users=2, array=(4, 4), total_subcarriers=64),
        lambda: convert.deepmimo(rays, users=[10], array=(4, 4), total_subcarriers=64),
        lambda: convert.deepmimo(rays, users=[[1, 2]], array=(4, 4), total_subcarriers=64),
        lambda: convert.quadriga(np.ones((1, 2, 1, 1)), order=[0.7, 1.2]),
        lambda: convert.channels(np.ones((3, 2)), "columns", conjugate=True),
    ]
    for call in calls:
        with pytest.raises(noctule.InvalidInput):
            call()
    mask = np.arange(10) > 7
    for users in (mask, [8, 9], [-2, -1], np.array([8, 9], dtype=np.uint8)):
        found = convert.deepmimo(rays, users=users, array=(4, 4), total_subcarriers=64)
        assert found.shape == (2, 16)
    assert convert.deepmimo(rays, users=[], array=(4, 4), total_subcarriers=64).shape == (0, 16)


def test_a_batch_from_a_channel_tensor(rng: np.random.Generator) -> None:
    tensor = rng.normal(size=(3, 2, 1, 1, 16, 1, 4)) + 0j
    instances = noctule.stack(scenario={}, channels=convert.sionna(tensor, array=(4, 4), subcarrier=1))
    assert len(noctule.design_batch(instances, "rzf")) == 3
