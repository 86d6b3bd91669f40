"""The frozen benchmark in Python."""

from __future__ import annotations

import numpy as np
import pytest

import noctule


def test_a_thousand_instances_of_five_systems() -> None:
    everything = noctule.benchmark()
    assert len(everything) == 1000
    assert {one.system for one in everything} == set(noctule.systems())
    assert all((one.bound >= one.reached) == (one.sense == "maximise") for one in everything)


@pytest.mark.parametrize("system", ["beamforming", "cellfree", "pilots", "surfaces", "frame"])
def test_our_designs_are_judged_as_frozen(system: str) -> None:
    frozen = noctule.benchmark(system)[1]
    design = noctule.design(frozen.instance, on_failure="return")
    verdict = frozen.judge(design.variables)
    assert verdict["verdict"] == "judged", verdict
    assert verdict["gap"] < 1e-2 and abs(verdict["ahead"]) < 1e-2
    assert frozen.question["instance"] == frozen.data


def test_what_is_no_design_has_a_verdict() -> None:
    frozen = noctule.benchmark("beamforming")[0]
    antennas = frozen.arrays["channels"].shape[1]
    assert frozen.judge({"beams": np.ones((1, 1), complex)})["verdict"] == "no-design"
    assert frozen.judge({"beams": np.ones((2, antennas), complex)})["verdict"] == "infeasible"
    assert frozen.judge({})["verdict"] == "no-design"
    with pytest.raises(noctule.InvalidInput):
        noctule.benchmark("nothing")
