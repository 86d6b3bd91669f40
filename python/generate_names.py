"""Names and documentation of files and of Rust, as Python has them."""

from __future__ import annotations

import keyword
import re
from typing import Any


def camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[-_ ]", name))


def python_name(key: str) -> str:
    """A key of a file as a name in Python: `turned-deg` is `turned_deg`, `from` is `from_`."""
    name = re.sub(r"\W", "_", key)
    return f"{name}_" if keyword.iskeyword(name) else name


def comment(text: str) -> str:
    """Documentation of Rust for Python: links become names."""
    text = re.sub(r"\[`([^`]+)`\](\([^)]*\))?", r"``\1``", text)
    text = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", text)
    return text.replace("\\", "\\\\").replace("``null``", "``None``")


def with_default(kind: str, value: Any) -> tuple[str, Any]:
    """A type and its default as a type checker reads them, from what the extension says of them."""
    kind = kind.replace(" or None", " | None")
    if value is None and "None" not in kind:
        kind += " | None"
    if value is Ellipsis and kind == "tuple[float, float]":
        value = (0.5, 0.5)  # half a wavelength: the extension cannot say it
    if kind == "int" and isinstance(value, float):
        value = int(value)
    return kind, value
