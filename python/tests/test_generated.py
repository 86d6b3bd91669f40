"""What is generated is what the extension module says, and its examples run."""

from __future__ import annotations

import doctest
import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import noctule
from noctule import _noctule


def test_generated_modules_are_what_the_generator_writes(root: Path) -> None:
    told = subprocess.run([sys.executable, root / "python" / "generate.py", "--check"],
                          capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_reference_is_what_its_writer_writes(root: Path) -> None:
    told = subprocess.run([sys.executable, root / "python" / "reference.py", "--check"],
                          capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("system", noctule.systems())
def test_dataclasses_are_the_schema(system: str) -> None:
    """The class without arguments is the default scenario, and says every key of the schema."""
    
    described = noctule.describe(system)
    module = importlib.import_module(f"noctule.{system}")
    scenario = module.Scenario()
    assert set(scenario.__dataclass_fields__) == set(described["schema"]["properties"])
    explicit = noctule.Instance(system, scenario=scenario)
    default = noctule.Instance(system, scenario=described["scenario"])
    for name, value in default.arrays.items():
        assert np.array_equal(explicit[name], value), name
    documented = {scheme["name"]: scheme["settings"] for scheme in described["schemes"]}
    for name, settings in documented.items():
        if settings:
            cls = getattr(module, "".join(p.capitalize() for p in name.split("-")) + "Settings")
            assert json.loads(json.dumps(cls().to_dict())).items() <= settings.items()


MODULES = [name for name in ("phy", "channels", *noctule.systems()) if hasattr(_noctule, name)]


@pytest.mark.parametrize("module", MODULES)
def test_examples_of_model_functions(module: str) -> None:
    """The doctests in the documentation of the Rust functions."""
    compiled = getattr(_noctule, module)
    names = [name for name in vars(compiled) if not name.startswith("_")]
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    scope = {"np": np, **{name: getattr(compiled, name) for name in names}}
    for name in names:
        examples = parser.get_doctest(getattr(compiled, name).__doc__, dict(scope), name, None, 0)
        assert examples.examples, f"{module}.{name} has no example"
        assert runner.run(examples).failed == 0, f"{module}.{name}"
