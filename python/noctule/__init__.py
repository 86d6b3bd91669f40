"""Design of integrated sensing-and-communication (ISAC) systems, with proofs.

>>> import noctule
>>> scenario = noctule.beamforming.Scenario(users=3, sensing_noise_dbm=-30.0)
>>> design = noctule.design(scenario, seed=1)
>>> design.beams.shape, design.stop, design.proof.point.kind
((9, 16), 'converged', 'stationary')

Powers and angles of scenarios carry their unit in the name (``power_dbm``, ``azimuth_deg``);
arrays are in SI units. The guide is docs/python.md.
"""

from . import _noctule
from ._batch import Batch, design_batch, stack
from ._design import (
    Design,
    Finding,
    Instance,
    InvalidInput,
    NotSolved,
    NumericalError,
    Record,
    design,
    evaluate,
    verify,
)
from ._experiment import Records, experiments, run, show
from ._systems import describe, systems

__version__: str = _noctule.__version__

__all__ = [
    "Batch", "Design", "Finding", "Instance", "InvalidInput", "NotSolved", "NumericalError",
    "Record", "Records", "describe", "design", "design_batch", "evaluate", "experiments", "run",
    "show", "stack", "systems", "verify",
]


def __getattr__(name: str) -> object:
    # Modules of systems and tools are loaded when they are first used.
    import importlib

    if name in {*systems(), "phy", "optim", "plot", "io", "convert", "cvxpy"}:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'noctule' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *systems(), "phy", "optim", "plot", "io", "convert", "cvxpy"})
