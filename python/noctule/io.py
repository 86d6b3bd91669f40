"""Files: your own channels and geometry in, designs out.

``.json`` and ``.npz`` are read by Rust, by the rules of the command line. ``.mat`` (MATLAB, through
SciPy), ``.npy`` and ``.csv`` are read here and then go the same way.
"""

from __future__ import annotations

import importlib
import json
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from . import _noctule
from ._design import Array, Design, Instance, InvalidInput, refuse
from ._systems import describe, systems


def _ending(path: str | Path, allowed: str) -> str:
    ending = Path(path).suffix.lower()
    if ending not in allowed.split(", "):
        raise refuse("the file's ending does not tell its format", str(path),
                     ending or "no ending", allowed)
    return ending


def read_text(path: str | Path) -> str:
    """A text file, with or without a byte order mark, or bad input."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
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
    """A matrix of real or complex numbers (``1.5-2j`` or MATLAB's ``1.5-2i``), rows as lines.

    One separator for the whole file: commas, semicolons, tabs, or spaces as ``numpy.savetxt``
    writes them. Decimal points, not decimal commas. Empty lines and lines that begin with ``#``
    are skipped.
    """
    lines = [(number, line.strip()) for number, line in
             enumerate(read_text(path).splitlines(), start=1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if not lines:
        raise refuse("the file is empty", str(path), "no numbers", "a line per row")
    separator = _separator(str(path), [line for _, line in lines])
    rows: list[list[complex]] = []
    for number, line in lines:
        cells = line.split(separator)
        row = [_number(cell, f"{path}:{number}, column {column}")
               for column, cell in enumerate(cells, start=1)]
        if rows and len(row) != len(rows[0]):
            raise refuse("the rows have different lengths", f"{path}:{number}",
                         f"{len(row)} entries", f"{len(rows[0])} entries, as in the first row")
        rows.append(row)
    matrix = np.array(rows)
    return matrix if np.any(matrix.imag) else matrix.real


def _separator(path: str, lines: list[str]) -> str | None:
    """What stands between the numbers of a file; None is any number of spaces."""
    found = [mark for mark in ";,\t" if any(mark in line for line in lines)]
    if ";" in found and "," in found:
        raise refuse("the separator is not clear", path, "semicolons and commas",
                     "one of them between the numbers", "decimal commas are not read: write 1.5")
    return found[0] if found else None


def _number(cell: str, place: str) -> complex:
    # Only the unit at the end is the imaginary one: `inf` and `nan` have letters of their own.
    # NumPy has written `(1+-2j)`; blanks may stand around a sign.
    word = re.sub(r"\s*([+-])\s*", r"\1", cell.strip()).replace("+-", "-")
    word = re.sub(r"[iI](\)?)$", r"j\1", word)
    try:
        if "_" in word:
            raise ValueError
        return complex(word)
    except ValueError:
        found = repr(cell.strip()) if cell.strip() else "an empty cell"
        raise refuse("not a number", place, found,
                     "numbers such as 1.5 or 1.5-2j, with one separator between them") from None


def _fitted(arrays: Mapping[str, Any], fields: list[dict[str, Any]]) -> dict[str, Any]:
    """MATLAB knows matrices only, and drops dimensions of length one at the end: 1 × 1 becomes a
    number, 1 × n a list, and what was dropped comes back, where the field says so."""
    wanted = {field["name"]: len(field["dimensions"]) for field in fields}
    fitted = {}
    for name, value in arrays.items():
        array = np.asarray(value)
        dimensions = wanted.get(name, array.ndim)
        if array.ndim == 2 and dimensions == 0 and array.size == 1:
            array = array.reshape(())
        elif array.ndim == 2 and dimensions == 1 and (1 in array.shape or array.size == 0):
            array = array.reshape(-1)
        elif 2 <= array.ndim < dimensions:
            array = array.reshape(array.shape + (1,) * (dimensions - array.ndim))
        fitted[name] = array
    return fitted


def _fields(system: str, kind: str) -> list[dict[str, Any]]:
    if kind not in ("instance", "design"):
        raise _noctule.unknown(kind, "kind", ["instance", "design"])
    found: list[dict[str, Any]] = describe(system)[
        "instance_fields" if kind == "instance" else "variable_fields"]
    return found


#: What :meth:`noctule.Design.save` writes to a ``.mat`` file beside the variables.
_BESIDE = ("metrics", "instance", "system", "scheme", "stop", "draw")


def read_arrays(path: str | Path, system: str, kind: str = "instance", *,
                array: str | None = None) -> dict[str, Any]:
    """Named arrays of an ``instance`` or a ``design`` from a file of any format.

    ``.csv`` and ``.npy`` files hold one array: ``channels`` where the system has that, otherwise
    ``array`` says which. From a ``.mat`` file of a design both kinds can be read.
    """
    ending = _ending(path, ".json, .npz, .npy, .mat, .csv")
    fields = _fields(system, kind)
    names = [field["name"] for field in fields]
    if array is not None and array not in names:
        raise _noctule.unknown(array, "array", names)
    if ending in (".csv", ".npy"):
        return _fitted({_single(path, array, names): _matrix(path, ending)}, fields)
    if array is not None:
        raise refuse("the file names its arrays itself", "array", f"array={array!r} of {path}",
                     "a .csv or .npy file, which holds one array")
    if ending == ".mat":
        found = read_mat(path)
        inner = found.get("instance")
        if kind == "instance" and inner is not None and inner.dtype.names:
            found = {name: inner[name][0, 0] for name in inner.dtype.names}
        kept = {name: value for name, value in found.items()
                if name in names or name not in _BESIDE}
        return _fitted(kept, fields)
    told: dict[str, Any] = _noctule.read(Path(path), system, kind)
    return told


def _single(path: str | Path, array: str | None, names: list[str]) -> str:
    """Which array a file with only one of them holds."""
    if array is not None:
        return array
    for usual in ("channels", "beams"):
        if usual in names:
            return usual
    raise refuse("it is not clear which array the file holds", str(path), "one array",
                 ", ".join(names), f'array="{names[0]}" says it')


def _matrix(path: str | Path, ending: str) -> Array:
    if ending == ".csv":
        return read_csv(path)
    try:
        found: Array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, MemoryError) as error:
        raise refuse("this is not a readable .npy file", str(path), str(error),
                     "one array, written by numpy.save") from None
    return found


def _system_of(path: Path) -> str | None:
    """The system that a file names, or whose arrays those of the file are."""
    ending = path.suffix.lower()
    names: set[str] = set()
    try:
        if ending == ".json":
            named = json.loads(read_text(path)).get("system")
            return named if isinstance(named, str) else None
        if ending == ".mat":
            found = read_mat(path)
            if "system" in found:
                return str(np.asarray(found["system"]).reshape(-1)[0])
            names = set(found)
        elif ending == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                names = set(archive.files)
    except (OSError, ValueError, AttributeError, IndexError, EOFError, zipfile.BadZipFile):
        return None  # what is wrong with the file is said when it is read
    fitting = [system for system in systems()
               if names <= {field["name"] for field in _fields(system, "instance")}]
    return fitting[0] if fitting else None


def load_instance(path: str | Path, system: str | None = None, *, array: str | None = None,
                  **options: Any) -> Instance:
    """See :meth:`noctule.Instance.load`."""
    system = system or _system_of(Path(path)) or "beamforming"
    arrays = read_arrays(path, system, array=array)
    try:
        return Instance(system, arrays=arrays, **options)
    except InvalidInput as error:
        place = str(getattr(error, "where"))
        if re.split(r"[.\[]", place)[0] not in {*arrays, ""}:
            raise  # the scenario's fault, not the file's
        raise refuse(error.what, f"{path}: {place}", error.found, error.allowed,
                     error.hint) from None


def save_instance(instance: Instance, path: str | Path, force: bool = False) -> None:
    """See :meth:`noctule.Instance.save`."""
    ending = _ending(path, ".json, .npz, .mat")
    if ending == ".mat":
        content = _mat({**instance.arrays, "system": instance.system})
    elif ending == ".npz":
        content = instance._problem.npz()
    else:
        content = instance._problem.json().encode()
    _noctule.write(path, content, force)


def save_design(design: Design, path: str | Path, force: bool = False) -> None:
    """See :meth:`noctule.Design.save`."""
    ending = _ending(path, ".json, .npz, .mat")
    if ending == ".json":
        content = design.document.encode()
    elif ending == ".npz":
        content = design._told.npz()
    else:
        metrics = {name: _for_matlab(value) for name, value in design.metrics.to_dict().items()
                   if value is not None}
        content = _mat({
            **design.variables,
            "metrics": metrics,
            "instance": dict(design.instance.arrays),
            "system": design.system,
            "scheme": design.scheme,
            "stop": design.stop,
        })
    _noctule.write(path, content, force)


def _for_matlab(value: Any) -> Any:
    """Records as structs, a list of records as a struct array; what is absent is empty."""
    if isinstance(value, dict):
        return {name: _for_matlab(member) for name, member in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        names = list(dict.fromkeys(name for item in value for name in item))
        made = np.empty(len(value), dtype=[(name, object) for name in names])
        for index, item in enumerate(value):
            for name in names:
                made[name][index] = _for_matlab(item.get(name))
        return made
    if isinstance(value, list):
        cells = np.empty(len(value), dtype=object)
        for index, item in enumerate(value):  # one by one: rows of one length would broadcast
            cells[index] = _for_matlab(item)
        return cells
    return np.zeros(0) if value is None else value


def _mat(variables: dict[str, Any]) -> bytes:
    """A MATLAB file. Its first 116 bytes are free for text: SciPy writes the time there, we write
    who wrote it, so that the same arrays give the same bytes and a file of ours is known."""
    content = BytesIO()
    # MATLAB reads names of 63 characters; SciPy writes 31 unless told so.
    _scipy().savemat(content, variables, long_field_names=True)
    return b"MATLAB 5.0 MAT-file, written by noctule".ljust(116) + content.getvalue()[116:]


def load_design(path: str | Path) -> Design:
    """See :meth:`noctule.Design.load`."""
    _ending(path, ".json")
    return Design(_noctule.Told.load(read_text(path)))


__all__ = [
    "load_design", "load_instance", "read_arrays", "read_csv", "read_mat", "save_design",
    "save_instance",
]
