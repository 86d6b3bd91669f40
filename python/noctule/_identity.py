"""What tells one function from another, however alike their names.

Results of a method of one's own are reused when a run is called again, and may be only if the method
is the same. Its source is not enough: two closures over different numbers share it, and so do all
objects of a class.
"""

from __future__ import annotations

import dis
import enum
import functools
import hashlib
import importlib
import importlib.util
import secrets
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import numpy as np

_INSTALLED = tuple(
    str(Path(folder).resolve()) for name, folder in sysconfig.get_paths().items()
    if name in ("stdlib", "platstdlib", "purelib", "platlib"))


class _Untold(Exception):
    """There is no telling whether two of these are the same."""


def identity(function: Any) -> str:
    """A digest of all that decides what the function does; a new one each time where that cannot
    be told.

    >>> def scaled(factor):
    ...     return lambda instance: factor * instance["channels"]
    >>> identity(scaled(1.0)) == identity(scaled(1.0)), identity(scaled(1.0)) == identity(scaled(0.1))
    (True, False)
    """
    return told(function) or "?" + secrets.token_hex(8)


def told(function: Any) -> str | None:
    """The digest where it can be told."""
    try:
        return _Digest().of(function)
    except (_Untold, RecursionError):
        return None


class _Digest:
    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        # By identity, and kept alive, so that no other object takes the place of one.
        self._seen: dict[int, tuple[int, Any]] = {}

    def of(self, value: Any) -> str:
        self._add(value)
        return self._hash.hexdigest()[:16]

    def _say(self, *words: object) -> None:
        for word in words:
            part = word if isinstance(word, bytes) else str(word).encode()
            self._hash.update(f"{len(part)}:".encode() + part)

    def _add(self, value: Any) -> None:
        if isinstance(value, enum.Enum):
            self._say("enum", type(value).__qualname__, value.name)
        elif value is None or value is ... or type(value) in (
                bool, int, float, complex, str, bytes, range, slice):
            self._say(type(value).__name__, repr(value))
        elif isinstance(value, PurePath):
            self._say("path", str(value))
        elif isinstance(value, np.generic):
            self._say("number", value.dtype.str, value.tobytes())
        elif id(value) in self._seen:
            self._say("seen", self._seen[id(value)][0])
        else:
            self._seen[id(value)] = (len(self._seen), value)
            self._compound(value)

    def _compound(self, value: Any) -> None:
        if isinstance(value, types.CodeType):
            self._code(value)
        elif type(value) is np.ndarray and value.dtype.kind in "biufcSU":
            self._say("array", value.dtype.str, value.shape, value.tobytes())
        elif type(value) in (list, tuple):
            self._say(type(value).__name__, len(value))
            for item in value:
                self._add(item)
        elif type(value) in (set, frozenset):
            inner = sorted(_Digest().of(item) for item in value)
            self._say(type(value).__name__, *inner)
        elif type(value) in (dict, types.MappingProxyType):
            self._say("dict", len(value))
            for key, item in value.items():
                self._add(key)
                self._add(item)
        elif isinstance(value, functools.partial):
            self._say("partial")
            for part in (value.func, value.args, value.keywords, value.__dict__):
                self._add(part)
        elif isinstance(value, types.MethodType):
            self._say("method")
            self._add(value.__func__)
            self._add(value.__self__)
        elif isinstance(value, types.ModuleType):
            self._module(value)
        elif _is_installed(value) and "<locals>" not in getattr(value, "__qualname__", ""):
            self._library(value)
        # also one that a package made: what it closes over is not in its name
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, type):
            self._class(value)
        else:
            self._object(value)

    def _code(self, code: types.CodeType) -> None:
        self._say("code", code.co_code, code.co_names, code.co_varnames, code.co_freevars)
        for constant in code.co_consts:
            self._add(constant)

    def _function(self, function: types.FunctionType) -> None:
        self._say("function")
        self._add(function.__code__)
        self._add(function.__defaults__)
        self._add(function.__kwdefaults__)
        self._add(function.__dict__)
        for cell in function.__closure__ or ():
            try:
                self._add(cell.cell_contents)
            except ValueError:
                self._say("empty cell")
        for name, parts in sorted(set(_imports(function.__code__, function.__globals__.get("__package__")))):
            self._say("import", name)
            self._import(name, parts)
        for name in sorted(set(_globals(function.__code__))):
            if name in function.__globals__:
                self._say("global", name)
                self._add(function.__globals__[name])

    def _import(self, name: str, parts: tuple[str, ...]) -> None:
        """A module that is imported when the function runs, with those of its parts that are modules."""
        try:
            module = importlib.import_module(name)
            for part in parts:
                if part != "*" and not hasattr(module, part):
                    importlib.import_module(f"{name}.{part}")
        except ModuleNotFoundError:
            self._say("not there")
            return
        except Exception:
            raise _Untold from None
        self._add(module)

    def _class(self, kind: type) -> None:
        self._say("class", kind.__qualname__)
        if type(kind) is not type:
            self._add(type(kind))
        for base in kind.__bases__:
            self._add(base)
        for name, member in sorted(vars(kind).items()):
            if name in ("__dict__", "__weakref__", "__module__", "__doc__", "__slots__",
                        "__static_attributes__", "__firstlineno__", "__abstractmethods__",
                        "_abc_impl") or isinstance(
                    member, (types.MemberDescriptorType, types.GetSetDescriptorType)):
                continue
            self._say(name)
            if isinstance(member, (staticmethod, classmethod)):
                member = member.__func__
            if isinstance(member, property):
                member = (member.fget, member.fset, member.fdel)
            self._add(member)

    def _object(self, value: Any) -> None:
        """An object: how its class would be asked to make it again, taken apart."""
        self._say("object")
        try:
            made = value.__reduce_ex__(4)
        except Exception:
            raise _Untold from None
        if isinstance(made, str):  # a name alone, which may stand for something else tomorrow
            if from_package(str(getattr(value, "__module__", "")), None):
                self._library(value)
            elif hasattr(value, "__wrapped__"):
                self._add(value.__wrapped__)
            else:
                raise _Untold
            return
        for part in made:
            self._add(list(part) if isinstance(part, Iterator) else part)

    def _module(self, module: types.ModuleType) -> None:
        self._say("module", module.__name__)
        if _is_installed(module):
            self._say(_version(module.__name__))
            return
        try:
            self._say(Path(str(module.__file__)).read_bytes())
        except (OSError, AttributeError):
            raise _Untold from None
        # What it calls of other modules, and what was set in it since it was read, is in no file of
        # its own.
        for name, value in sorted(vars(module).items()):
            if not (name.startswith("__") and name.endswith("__")):
                self._say("in module", name)
                self._add(value)

    def _library(self, value: Any) -> None:
        """A function or class that came with a package: its name, and the package's version."""
        module = str(getattr(value, "__module__", None) or "builtins")
        self._say("library", module, getattr(value, "__qualname__", repr(value)), _version(module))


def _globals(code: types.CodeType) -> Iterator[str]:
    """Names that a function, or one inside it, looks up in its module."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals(constant)


def _imports(code: types.CodeType, package: str | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Modules that a function, or one inside it, imports when it runs, and what it takes from each."""
    before: list[Any] = [None, None]
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            level, name = before[0], str(instruction.argval)
            if not isinstance(level, int) or (level and not package):
                raise _Untold
            if level:
                name = importlib.util.resolve_name("." * level + name, package)
            yield name, tuple(before[1] or ())
        if instruction.opname.startswith("LOAD_"):
            before = [before[1], instruction.argval]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _imports(constant, package)


def _version(module: str) -> str:
    package = sys.modules.get(module.partition(".")[0])
    return str(getattr(package, "__version__", sys.version_info[:2]))


def _is_installed(value: Any) -> bool:
    """Whether a module, function or class comes with Python, a package, or noctule."""
    if isinstance(value, types.BuiltinFunctionType):
        # A method of an object has that object as its state.
        owner = value.__self__
        return owner is None or isinstance(owner, (types.ModuleType, type))
    if isinstance(value, np.ufunc):
        return True
    if not isinstance(value, (types.FunctionType, types.ModuleType, type)):
        return False
    if isinstance(value, types.ModuleType):
        return from_package(value.__name__, getattr(value, "__file__", None))
    if isinstance(value, types.FunctionType):
        # one that a package made around a function of somebody else (functools.singledispatch) is theirs
        own = value.__code__.co_filename
        return from_package(str(value.__module__), own) and from_package(str(value.__module__), None)
    return from_package(str(value.__module__), None)


def from_package(module: str, file: str | None) -> bool:
    """Whether a module comes with Python, a package, or noctule; the main one is whatever was
    started, and tells nothing."""
    top = module.partition(".")[0]
    if top in ("__main__", "__mp_main__") and file is None:
        return False
    if top in sys.builtin_module_names or top == "noctule":
        return True
    file = file or getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        return False
    path = Path(file).resolve()
    return str(path).startswith(_INSTALLED) or bool(
        {"site-packages", "dist-packages"} & set(path.parts))


__all__ = ["from_package", "identity", "told"]
