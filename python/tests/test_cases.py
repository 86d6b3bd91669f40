"""All reference cases of the repository are read; those of channels of other programs."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from reference import CASES, READ, cases, close, pairs

import noctule

SYSTEMS = ["beamforming", "cellfree", "frame", "pilots", "surfaces"]


def test_every_case_is_read() -> None:
    for system in SYSTEMS:
        importlib.import_module(f"test_cases_{system}")
    # channel models, and requirements below the scenario, are functions of the Rust library alone
    rust_only = set(CASES.glob("requirements/*.json")) | set(CASES.glob("channels/*.json"))
    rust_only |= set(CASES.glob("published/*.json"))
    rust_only.discard(CASES / "channels" / "import.json")
    files = set(CASES.glob("*/*.json")) - rust_only
    assert len(files) >= 65 and READ == files, sorted(path.name for path in files - READ)


@pytest.mark.parametrize("case", cases("channels", "import"))
@pytest.mark.filterwarnings("ignore:only the first")
def test_channels_of_other_programs(case: Any) -> None:
    given, expected = case["inputs"], case["expected"]
    sides = (given["columns"], given["rows"])
    rays = given["deepmimo"]
    options = {"array": (rays["ny"], rays["nz"]), "total_subcarriers": rays["total_subcarriers"]}
    convert = noctule.convert
    for carrier in range(3):
        found = convert.sionna(pairs(given["sionna"]), array=sides, subcarrier=carrier)
        close(found, pairs(expected["sionna"])[..., carrier], 1e-9)
        found = convert.toolbox_5g(pairs(given["toolbox_5g"]), subcarrier=carrier)
        close(found, pairs(expected["toolbox_5g"])[..., carrier], 1e-9)
    for carrier in range(2):
        found = convert.deepmimo(pairs(rays["channels"]), subcarrier=carrier, **options)
        close(found, pairs(expected["deepmimo"])[0, ..., carrier], 1e-9)
        found = convert.quadriga(pairs(given["quadriga_fr"]), carrier=carrier)
        close(found, pairs(expected["quadriga"])[..., carrier], 1e-9)
