"""Files: your own channels and geometry in, designs out.

``.json``, ``.npz``, ``.npy``, ``.mat`` (MATLAB 5 to 7.3, without SciPy) and ``.csv`` are read by
Rust, by the rules of the command line. What a reader decided that its caller should know — a
heading that was left out, a square matrix that fits both ways — is a ``UserWarning``.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from . import _noctule
from ._design import Design
from ._input import Array, refuse
from ._instance import Instance
from ._noctule import InvalidInput
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


def tell(notes: Iterable[str]) -> None:
    """What a reader decided, as warnings at the line that called this package."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        level, frame = level + 1, frame.f_back
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=level)


def read_mat(path: str | Path) -> dict[str, Any]:
    """The variables of a MATLAB file of any version from 5 to 7.3: arrays as MATLAB shows them,
    structures as dictionaries, cells as lists, texts as ``str``; what is none of these is ``None``.

    MATLAB's order of dimensions is kept: a matrix ``H`` of antennas × users comes out as
    ``H[antenna, user]``; :func:`noctule.convert.channels` turns it.
    """
    _ending(path, ".mat")
    found, notes = _noctule.members(Path(path))
    tell(notes)
    return found


def read_csv(path: str | Path) -> Array:
    """A matrix of real or complex numbers (``1.5-2j`` or MATLAB's ``1.5-2i``), rows as lines.

    One separator for the whole file: commas, semicolons, tabs, or spaces as ``numpy.savetxt``
    writes them. With semicolons or tabs, or inside quotes, a comma is a decimal comma. A first line
    that names columns is left out, with a warning; another that is no numbers is an error. Empty
    lines and lines that begin with ``#`` or ``%`` are skipped.
    """
    _ending(path, ".csv, .txt, .tsv")
    found, notes = _noctule.members(Path(path))
    tell(notes)
    matrix: Array = np.asarray(found[""])
    return matrix


def _fields(system: str, kind: str) -> list[dict[str, Any]]:
    if kind not in ("instance", "design"):
        raise _noctule.unknown(kind, "kind", ["instance", "design"])
    found: list[dict[str, Any]] = describe(system)[
        "instance_fields" if kind == "instance" else "variable_fields"]
    return found


def read_arrays(path: str | Path, system: str, kind: str = "instance", *,
                array: str | None = None, member: str | None = None,
                reading: str = "") -> dict[str, Any]:
    """Named arrays of an ``instance`` or a ``design`` from a file of any format.

    ``.csv`` and ``.npy`` files hold one array: ``channels`` where the system has that, otherwise
    ``array`` says which. Of ``.mat``, ``.npz`` and ``.json`` files ``member`` picks a variable, a
    field or a cell (``H``, ``chan.H``, ``cell{2}``). ``reading`` says how its numbers are to be
    understood, as on the command line: ``"axes=antenna,user; conjugate; array=8x4;
    fastest=horizontal; mirror=both"``, ``"tool=sionna; array=8x4"``, ``"heading"``.
    """
    ending = _ending(path, ".json, .npz, .npy, .mat, .csv")
    names = [field["name"] for field in _fields(system, kind)]
    if array is not None and array not in names:
        raise _noctule.unknown(array, "array", names)
    if array is None and (ending in (".csv", ".npy") or member is not None or reading):
        array = _single(path, names)
    told, notes = _noctule.read(Path(path), system, kind, array, member, reading)
    tell(notes)
    return told


def _single(path: str | Path, names: list[str]) -> str:
    """Which array a file with only one of them holds."""
    for usual in ("channels", "beams"):
        if usual in names:
            return usual
    raise refuse("it is not clear which array the file holds", str(path), "one array",
                 ", ".join(names), f'array="{names[0]}" says it')


def _system_of(path: Path) -> str | None:
    """The system that a file names, or whose arrays those of the file are."""
    named = _noctule.system_in(path)
    if named is not None or path.suffix.lower() not in (".mat", ".npz"):
        return named
    try:
        names = set(_noctule.members(path)[0])
    except InvalidInput:
        return None  # what is wrong with the file is said when it is read
    known = {system: {field["name"] for field in _fields(system, "instance")}
             for system in systems()}
    fitting = [system for system, fields in known.items() if names and names <= fields]
    return fitting[0] if fitting else None


def load_instance(path: str | Path, system: str | None = None, *, array: str | None = None,
                  member: str | None = None, reading: str = "", **options: Any) -> Instance:
    """See :meth:`noctule.Instance.load`."""
    system = system or _system_of(Path(path)) or "beamforming"
    arrays = read_arrays(path, system, array=array, member=member, reading=reading)
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
        content = instance._problem.mat()
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
        content = design._told.mat()
    _noctule.write(path, content, force)


def load_design(path: str | Path) -> Design:
    """See :meth:`noctule.Design.load`."""
    _ending(path, ".json, .mat")
    return Design(_noctule.Told.load(_noctule.design_document(Path(path))))


__all__ = [
    "load_design", "load_instance", "read_arrays", "read_csv", "read_mat", "save_design",
    "save_instance",
]


def __dir__() -> list[str]:
    return sorted(__all__)
