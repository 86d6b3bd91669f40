"""What could end the process or eat the memory ends in an exception."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest

import noctule
from noctule import Instance, InvalidInput

GOOD = np.ones((2, 16)) + 1j * np.arange(32).reshape(2, 16)


def alone(code: str, megabytes: int | None = None) -> None:
    """Run code in a process of its own, with so much memory at most."""
    lines = ["import numpy as np, noctule", textwrap.dedent(code)]
    if megabytes is not None:
        limit = f"resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20,) * 2)"
        lines.insert(1, f"import resource; {limit}")
    told = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True,
                          check=False, timeout=120, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    assert told.returncode == 0, f"exit {told.returncode}: {told.stderr[-2000:]}"


def test_what_holds_itself_is_refused() -> None:
    alone("""
        import itertools
        own = []; own.append(own)
        table = {}; table["table"] = table
        deep = 1
        for _ in range(200_000):
            deep = [deep]
        class Self:
            def to_dict(self):
                return self
        class More:
            def to_dict(self):
                return {"a": More()}
        for given in (own, table, deep, Self(), More(), itertools.count(), iter([1]), {1, 2}):
            for scenario in (given, {"users": given}):
                try:
                    noctule.Instance(scenario=scenario)
                except noctule.InvalidInput as error:
                    assert error.allowed and len(error.where) < 100, error
                else:
                    raise SystemExit(f"{type(given)} was accepted")
        for given in (own, deep):
            try:
                noctule.Instance(scenario={}, arrays={"channels": given})
            except noctule.InvalidInput as error:
                assert error.allowed and len(error.found) < 200, error
            else:
                raise SystemExit("accepted as an array")
        for given in (own, deep):
            try:
                noctule.verify({"format": given})
            except noctule.InvalidInput as error:
                assert error.where == "design", error
            else:
                raise SystemExit("accepted as a document")
        # A list that shares its parts is no list that holds itself.
        reflection = [0.1, 0.0]
        noctule.Instance(scenario={"targets": {"fixed": [
            dict(azimuth_deg=angle, polar_deg=80.0, reflection=reflection) for angle in (0.0, 30.0)
        ]}})
    """)


def test_too_many_values() -> None:
    with pytest.raises(InvalidInput, match="too many values"):
        Instance(scenario={"users": np.broadcast_to(1.0, (1 << 12, 1 << 12))})
    with pytest.raises(InvalidInput, match="too many values"):
        Instance(scenario={"users": [[0.0] * (1 << 12)] * (1 << 12)})


def test_dictionaries_that_change_on_the_way() -> None:
    scenario: dict[str, Any] = {}

    class Restless:
        def to_dict(self) -> int:
            scenario["users"] = 3
            return 2

    scenario["users"] = Restless()
    assert Instance(scenario=scenario)["channels"].shape[0] == 2


def test_classes_are_no_objects() -> None:
    with pytest.raises(InvalidInput, match="the class Scenario") as caught:
        noctule.Instance(scenario=noctule.beamforming.Scenario)
    assert "Scenario()" in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory as on Linux")
def test_large_results_are_refused_before_they_are_allocated() -> None:
    alone("""
        zeros = np.zeros
        ones = np.full(8, 0.1)
        places = np.arange(60_000.0).reshape(-1, 2)
        calls = [
            lambda: noctule.phy.planar_steering([4096, 4096], zeros(40), zeros(40)),
            lambda: noctule.phy.planar_steering([4096, 4096], zeros(2), zeros(2)),
            lambda: noctule.phy.linear_steering(1 << 20, zeros(400)),
            lambda: noctule.phy.linear_steering(1 << 20, zeros(30)),
            lambda: noctule.phy.rayleigh(1, 0, 1 << 26, 16),
            lambda: noctule.surfaces.centred_steering(1 << 20, zeros(400)),
            lambda: noctule.cellfree.steering(1 << 20, zeros(400)),
            lambda: noctule.frame.steering(1 << 20, zeros(400)),
            lambda: noctule.cellfree.pilot_groups(places, 1),
            lambda: noctule.pilots.delay_information(places, [0.5, 0.5], 1e9, 1e6),
            lambda: noctule.cellfree.channel_covariances(
                np.ones((300, 40)), np.ones((1, 40)), np.ones((300, 1)), np.ones((1, 40, 16)),
                [1.0], 0.1, 0.1, 0.1),
            lambda: noctule.beamforming.fisher_matrix(
                np.eye(4), [2, 2], [4096, 4096], ones, ones, ones, 60.0),
        ]
        for number, call in enumerate(calls):
            try:
                call()
            except (noctule.InvalidInput, MemoryError) as error:
                assert "large" in str(error) or "room" in str(error), (number, error)
            else:
                raise SystemExit(f"call {number} was accepted")
    """, megabytes=3000)


def test_masked_entries_are_no_data() -> None:
    masked = np.ma.masked_array(GOOD, mask=np.zeros(GOOD.shape, dtype=bool))
    assert np.array_equal(
        Instance(scenario={}, arrays={"channels": masked})["channels"], GOOD)
    masked.mask[0, 3] = True
    for given in (masked, [masked[0], masked[1]]):
        with pytest.raises(InvalidInput, match="masked"):
            Instance(scenario={}, arrays={"channels": given})
        with pytest.raises(InvalidInput, match="masked"):
            noctule.phy.sinr(given, GOOD, [1.0, 1.0])
    with pytest.raises(InvalidInput, match="masked"):
        Instance(scenario={"users": np.ma.masked_array([1.0, 2.0], mask=[True, False])})


def test_weak_channels_are_channels() -> None:
    """Squares of 1e-300 are zero; the channels are not."""
    instance = Instance(scenario={"users": 2}, arrays={"channels": 1e-300 * GOOD})
    for scheme in ("mrt", "rzf"):
        design = instance.design(scheme)
        assert np.isclose(np.linalg.norm(design.beams) ** 2, instance["power_w"])
    with pytest.raises(InvalidInput, match="no user has a channel"):
        Instance(scenario={"users": 2}, arrays={"channels": 0 * GOOD}).design("mrt")
