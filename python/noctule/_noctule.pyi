"""Types of the extension module. People use what `noctule` makes of it."""

from collections.abc import Callable
from os import PathLike
from types import ModuleType
from typing import Any, final

from typing_extensions import Self

__all__ = [
    "InvalidInput", "NotSolved", "NumericalError", "Problem", "Told", "__version__", "beamforming",
    "build_id", "cellfree", "check_gradient", "design_batch", "experiments", "figures", "frame",
    "minimize", "phy", "pilots", "problems", "read", "run", "surfaces", "systems_json", "unknown",
    "verify", "water_filling",
]

__version__: str
build_id: str

# Model functions; noctule.phy and the modules of the systems declare them.
phy: ModuleType
beamforming: ModuleType
cellfree: ModuleType
frame: ModuleType
pilots: ModuleType
surfaces: ModuleType

class InvalidInput(ValueError):
    what: str
    where: str
    found: str
    allowed: str
    hint: str | None

class NumericalError(ArithmeticError): ...

class NotSolved(RuntimeError):
    design: Any

@final
class Problem:
    def __new__(
        cls, system: str, scenario: Any = None, arrays: dict[str, Any] | None = None,
        seed: int | None = None, trial: int | None = None,
    ) -> Self: ...
    @property
    def system(self) -> str: ...
    def with_trial(self, trial: int) -> Problem: ...
    def arrays(self) -> dict[str, Any]: ...
    def npz(self) -> bytes: ...
    def json(self) -> str: ...
    def design(self, scheme: str, settings: Any = None, certify: bool = False) -> Told: ...
    def evaluate(self, variables: dict[str, Any]) -> Told: ...

@final
class Told:
    @staticmethod
    def load(document: str) -> Told: ...
    @property
    def title(self) -> str: ...
    @property
    def facts(self) -> list[tuple[str, str]]: ...
    @property
    def tables(self) -> list[tuple[str, list[str], list[list[str]], int]]: ...
    def document(self) -> str: ...
    def member(self, name: str) -> Any: ...
    def variables(self) -> dict[str, Any]: ...
    def instance(self) -> dict[str, Any]: ...
    def npz(self) -> bytes: ...

_Progress = Callable[[int, int], None]

def problems(
    system: str, scenario: Any, arrays: list[dict[str, Any]], seed: int, trials: list[int],
) -> list[Problem]: ...
def design_batch(
    problems: list[Any], scheme: str, settings: Any = None, certify: bool = False,
    threads: int | None = None, progress: _Progress | None = None, keep: str = "all",
) -> list[Any]: ...
def run(
    order: dict[str, Any], schemes: dict[str, tuple[Callable[..., Any], str]],
    progress: _Progress | None = None,
) -> str: ...
def figures(folder: PathLike[str]) -> str: ...
def experiments() -> list[tuple[str, str]]: ...
def verify(document: str) -> tuple[
    bool, float, list[Any], list[tuple[str, str, str | None]], str
]: ...
def read(path: PathLike[str], system: str, kind: str) -> dict[str, Any]: ...
def systems_json() -> str: ...
def unknown(name: str, place: str, known: list[str]) -> InvalidInput: ...
def minimize(
    f_and_grad: Callable[[Any], Any], count: int, length: int, radius: float, x0: Any,
    tolerance: float, max_evaluations: int, memory: int, constraints: list[Any],
    feasibility: float,
) -> dict[str, Any]: ...
def check_gradient(
    f_and_grad: Callable[[Any], Any], count: int, length: int, radius: float, x: Any,
    direction: Any,
) -> tuple[bool, float, Any]: ...
def water_filling(gains: Any, power: float) -> Any: ...
