"""Files: your own channels and geometry in, designs out.

``.json``, ``.npz`` and ``.npy`` are read by Rust, by the rules of the command line. ``.mat``
(MATLAB, through SciPy) and ``.csv`` are read here and then go the same way.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from . import _noctule
from ._design import Array, Design, Instance, refuse
from ._systems import describe


def _ending(path: str | Path, allowed: str) -> str:
    ending = Path(path).suffix.lower()
    if ending not in allowed.split(", "):
        raise refuse("the file's ending does not tell its format", str(path),
                     ending or "no ending", allowed)
    return ending


def read_text(path: str | Path) -> str:
    """A text file, or bad input."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse("the file cannot be read", str(path), str(error), "a readable file") from None


def _scipy() -> Any:
    try:
        return importlib.import_module("scipy.io")
    except ImportError:
        raise ImportError("MATLAB files need SciPy: pip install noctule[mat]") from None


def read_mat(path: str | Path) -> dict[str, Any]:
    """The variables of a MATLAB file up to version 7, real and complex arrays; single numbers and
    vectors lose the dimensions that MATLAB adds only where a system's field says so.

    MATLAB's order of dimensions is kept: a matrix ``H`` of antennas × users comes out as
    ``H[antenna, user]``; :func:`noctule.convert.channels` turns it.
    """
    try:
        found = _scipy().loadmat(str(path))
    except NotImplementedError:
        raise refuse("the file is of MATLAB's version 7.3", str(path), "HDF5",
                     "version 7 or older", "in MATLAB: save('file.mat', ..., '-v7')") from None
    except (OSError, ValueError, TypeError, KeyError, IndexError, EOFError) as error:
        raise refuse("this is not a readable .mat file", str(path), str(error),
                     "a file written by save of MATLAB or Octave, version 7 or older") from None
    except Exception as error:  # SciPy's own MatReadError has no public base
        raise refuse("this is not a readable .mat file", str(path), str(error),
                     "a file written by save of MATLAB or Octave, version 7 or older") from None
    return {name: value for name, value in found.items() if not name.startswith("__")}


def read_csv(path: str | Path) -> Array:
    """A matrix of real or complex numbers (``1.5-2j`` or MATLAB's ``1.5-2i``), rows as lines."""
    text = read_text(path).replace("i", "j").replace(" ", "")
    rows: list[list[complex]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        row = []
        for column, word in enumerate(line.replace(";", ",").split(","), start=1):
            try:
                row.append(complex(word))
            except ValueError:
                raise refuse("not a number", f"{path}:{number}, column {column}", repr(word),
                             "numbers such as 1.5 or 1.5-2j, separated by commas") from None
        if rows and len(row) != len(rows[0]):
            raise refuse("the rows have different lengths", f"{path}:{number}",
                         f"{len(row)} entries", f"{len(rows[0])} entries, as in the first row")
        rows.append(row)
    if not rows:
        raise refuse("the file is empty", str(path), "no numbers", "a line per row")
    matrix = np.array(rows)
    return matrix if np.any(matrix.imag) else matrix.real


def _fitted(arrays: dict[str, Any], fields: list[dict[str, Any]]) -> dict[str, Any]:
    """MATLAB knows matrices only: 1 × 1 becomes a number and 1 × n a list where the field says so."""
    wanted = {field["name"]: len(field["dimensions"]) for field in fields}
    fitted = {}
    for name, value in arrays.items():
        array = np.asarray(value)
        if array.ndim == 2 and wanted.get(name) == 0 and array.size == 1:
            array = array.reshape(())
        elif array.ndim == 2 and wanted.get(name) == 1 and 1 in array.shape:
            array = array.reshape(-1)
        elif array.ndim == 2 and wanted.get(name) == 1 and array.size == 0:
            array = array.reshape(0)
        fitted[name] = array
    return fitted


def read_arrays(path: str | Path, system: str, kind: str = "instance") -> dict[str, Any]:
    """Named arrays of an ``instance`` or a ``design`` from a file of any format."""
    ending = _ending(path, ".json, .npz, .npy, .mat, .csv")
    fields = describe(system)["instance_fields" if kind == "instance" else "variable_fields"]
    if ending == ".mat":
        return _fitted(read_mat(path), fields)
    if ending == ".csv":
        # As for .npy: a single array is the first complex one.
        name = next((f["name"] for f in fields if f["complex"]), fields[0]["name"])
        return {name: read_csv(path)}
    found: dict[str, Any] = _noctule.read(Path(path), system, kind)
    return found


def load_instance(path: str | Path, system: str | None = None, **options: Any) -> Instance:
    """See :meth:`noctule.Instance.load`."""
    if system is None and Path(path).suffix.lower() == ".json":
        try:
            system = json.loads(read_text(path)).get("system")
        except (ValueError, AttributeError):
            system = None  # Rust says what is wrong with it
    system = system or "beamforming"
    return Instance(system, arrays=read_arrays(path, system), **options)


def save_instance(instance: Instance, path: str | Path) -> None:
    """See :meth:`noctule.Instance.save`."""
    ending = _ending(path, ".json, .npz, .mat")
    if ending == ".mat":
        _scipy().savemat(str(path), dict(instance.arrays))
    elif ending == ".npz":
        Path(path).write_bytes(instance._problem.npz())
    else:
        Path(path).write_text(instance._problem.json(), encoding="utf-8")


def save_design(design: Design, path: str | Path) -> None:
    """See :meth:`noctule.Design.save`."""
    ending = _ending(path, ".json, .npz, .mat")
    if ending == ".json":
        Path(path).write_text(design.document, encoding="utf-8")
    elif ending == ".npz":
        Path(path).write_bytes(design._told.npz())
    else:
        metrics = {name: value for name, value in design.metrics.to_dict().items()
                   if value is not None and not isinstance(value, (list, dict))}
        _scipy().savemat(str(path), {
            **design.variables,
            "metrics": metrics,
            "instance": dict(design.instance.arrays),
            "system": design.system,
            "scheme": design.scheme,
            "stop": design.stop,
        })


def load_design(path: str | Path) -> Design:
    """See :meth:`noctule.Design.load`."""
    _ending(path, ".json")
    return Design(_noctule.Told.load(read_text(path)))


__all__ = [
    "load_design", "load_instance", "read_arrays", "read_csv", "read_mat", "save_design",
    "save_instance",
]
