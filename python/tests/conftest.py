"""Where things are, and a few instances."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

import noctule

ROOT = Path(__file__).resolve().parents[2]

# A session started in the background ignores SIGINT, and the tests of Ctrl-C would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def program() -> Path:
    """The command `noctule` of the same build."""
    path = Path(os.environ.get("NOCTULE_PROGRAM", ROOT / "target" / "ci" / "noctule"))
    if not path.is_file():
        pytest.skip(f"{path} is missing; NOCTULE_PROGRAM says where it is")
    return path


@pytest.fixture
def scenario() -> noctule.beamforming.Scenario:
    """Two users and two targets that can be seen."""
    return noctule.beamforming.Scenario(users=2, sensing_noise_dbm=-30.0)


@pytest.fixture
def instance(scenario: noctule.beamforming.Scenario) -> noctule.Instance:
    """The scenario's first draw."""
    return scenario.realize()


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a seed."""
    return np.random.default_rng(7)
