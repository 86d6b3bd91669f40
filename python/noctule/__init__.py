"""Design of integrated sensing-and-communication (ISAC) systems, with proofs.

>>> import noctule
>>> scenario = noctule.beamforming.Scenario(users=3, sensing_noise_dbm=-30.0)
>>> design = noctule.design(scenario, seed=1)
>>> design.beams.shape, design.stop, design.proof.point.kind
((9, 16), 'converged', 'stationary')

Powers and angles of scenarios carry their unit in the name (``power_dbm``, ``azimuth_deg``);
arrays are in SI units. The guide is docs/python.md.
"""

from typing import TYPE_CHECKING

from . import _noctule
from ._batch import Batch, design_batch, evaluate_batch, stack
from ._benchmark import Frozen, benchmark
from ._design import Design, Finding
from ._experiment import Records, experiments, run, show
from ._instance import Instance
from ._noctule import InvalidInput, NotSolved, NumericalError
from ._record import Record
from ._systems import describe, systems
from ._verbs import design, evaluate, verify

__version__: str = _noctule.__version__

if TYPE_CHECKING:
    from . import (
        beamforming,
        cellfree,
        channels,
        convert,
        cvxpy,
        frame,
        io,
        optim,
        phy,
        pilots,
        plot,
        surfaces,
    )
else:
    _MODULES = {*systems(), "phy", "channels", "optim", "plot", "io", "convert", "cvxpy"}

    def __getattr__(name):
        # Modules of systems and tools are loaded when they are first used.
        import importlib

        if name in _MODULES:
            return importlib.import_module(f".{name}", __name__)
        raise AttributeError(f"module 'noctule' has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *_MODULES})


__all__ = [
    "Batch", "Design", "Finding", "Frozen", "Instance", "InvalidInput", "NotSolved", "NumericalError",
    "Record", "Records", "beamforming", "benchmark", "cellfree", "channels", "convert", "cvxpy", "describe",
    "design", "design_batch", "evaluate", "evaluate_batch", "experiments", "frame", "io", "optim",
    "phy", "pilots", "plot", "run", "show", "stack", "surfaces", "systems", "verify",
]
