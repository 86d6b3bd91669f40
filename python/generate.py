"""Write the modules of the systems: dataclasses from the schemas of scenarios and settings, and
typed model functions from the documentation of their Rust sources.

    cargo xtask generate                 # build, and renew python/noctule/<system>.py and phy.py
    python python/generate.py            # the same with the package that is installed
    python python/generate.py --check    # fail when they are not what would be written

What files may say and what Python may say come from one description; a test runs the check.
"""

from __future__ import annotations

import inspect
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

from generate_names import camel, comment, python_name, with_default

# A script finds its own folder first, and there the package's sources stand without the compiled
# module: what is described here is the package that is installed.
sys.path.pop(0)

import noctule
from noctule import _noctule

FOLDER = Path(__file__).parent / "noctule"
HEAD = '''"""{doc}

Written by python/generate.py; do not edit.
"""

# fmt: off
# ruff: noqa
from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from . import _noctule
from ._models import checked
from ._parameters import ScenarioBase, parameters

ArrayLike = npt.ArrayLike
ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]
'''

#: What people see of a module is what it offers.
DIR = """

def __dir__() -> list[str]:
    return sorted(__all__)
"""


class Module:
    """The classes of one system, from its schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.root = schema
        self.definitions = schema.get("$defs", {})
        self.classes: dict[str, str] = {}

    def resolve(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            node = self.definitions[node["$ref"].rsplit("/", 1)[-1]]
        return node

    def annotation(self, node: Any) -> str:
        if not isinstance(node, dict):
            return "Any"
        if "$ref" in node:
            name = node["$ref"].rsplit("/", 1)[-1]
            return self.named(name)
        if "const" in node:
            return f"Literal[{node['const']!r}]"
        if "enum" in node:
            return f"Literal[{', '.join(repr(value) for value in node['enum'])}]"
        for key in ("anyOf", "oneOf"):
            if key in node:
                return self.union(node[key])
        kind = node.get("type")
        if isinstance(kind, list):
            return " | ".join(self.annotation({**node, "type": one}) for one in kind)
        if kind == "array":
            return f"list[{self.annotation(node.get('items', True))}]"
        plain = {"number": "float", "integer": "int", "boolean": "bool", "string": "str",
                 "null": "None", "object": "dict[str, Any]"}
        return plain.get(str(kind), "Any")

    def union(self, options: list[Any]) -> str:
        words = [option["const"] for option in options if "const" in option]
        words += [word for option in options for word in option.get("enum", [])]
        rest = [option for option in options if "const" not in option and "enum" not in option]
        parts = [self.annotation(option) for option in rest]
        if words:
            parts.insert(0, f"Literal[{', '.join(map(repr, words))}]")
        return " | ".join(dict.fromkeys(parts)) or "Any"

    def named(self, name: str) -> str:
        """The type of a definition, with its class where it is one."""
        node = self.definitions[name]
        options = node.get("oneOf") or node.get("anyOf")
        if options is None:
            if node.get("type") == "object" and "properties" in node:
                self.add(name, node)
                return name
            return self.annotation(node)
        objects = [option for option in options if "properties" in option]
        words = [option["const"] for option in options if "const" in option]
        words += [word for option in options for word in option.get("enum", [])]
        if not objects:
            return self.union(options)
        tag = tag_of(objects)
        if tag is None and all(len(option["properties"]) == 1 for option in objects):
            self.add_alternatives(name, node, objects)
            types = [name]
        elif tag is not None:
            types = []
            for option in objects:
                variant = name + camel(option["properties"][tag]["const"])
                self.add(variant, option, tag)
                types.append(variant)
        else:
            return "dict[str, Any]"
        if words:
            types.insert(0, f"Literal[{', '.join(map(repr, words))}]")
        return " | ".join(types)

    def add_alternatives(self, name: str, node: Any, options: list[Any]) -> None:
        """A class of whose members exactly one is given."""
        if name in self.classes:
            return
        self.classes[name] = ""
        members = []
        for option in options:
            key, inner = next(iter(option["properties"].items()))
            members.append((key, inner, option.get("description", ""), "None", True))
        text = node.get("description", "") + "\n\nExactly one member is given."
        self.classes[name] = self.render(name, text, members, "")

    def add(self, name: str, node: Any, tag: str | None = None) -> None:
        if name in self.classes:
            return
        self.classes[name] = ""  # a name on the way, against cycles
        required = node.get("required", [])
        members = []
        for key, inner in node["properties"].items():
            if key == tag:
                members.append((key, inner, "Which variant.", repr(inner["const"]), False))
                continue
            default = None if key in required and "default" not in inner else "None"
            if "default" in inner:
                default = self.expression(inner["default"], inner)
            absent = default == "None" and "None" not in self.annotation(inner)
            members.append((key, inner, inner.get("description", ""), default, absent))
        self.classes[name] = self.render(name, node.get("description", ""), members, "")

    def scenario(self, defaults: dict[str, Any], system: str) -> str:
        members = []
        for key, inner in self.root["properties"].items():
            default = self.expression(defaults.get(key), inner)
            absent = key not in defaults and "None" not in self.annotation(inner)
            members.append((key, inner, inner.get("description", ""), default, absent))
        return self.render("Scenario", self.root.get("description", ""), members, system)

    def render(self, name: str, text: str, members: list[Any], system: str) -> str:
        base = "(ScenarioBase)" if system else ""
        lines = ["@parameters", f"class {name}{base}:"]
        body = comment(text or name).strip()
        # Members without a default come first in the class as in the documentation.
        members = sorted(members, key=lambda member: member[3] is not None)
        attributes = []
        declared = [f"system = {system!r}", ""] if system else []
        for key, inner, summary, default, optional in members:
            python = python_name(key)
            kind = self.annotation(inner) + (" | None" if optional else "")
            summary = comment(summary or "…").strip()
            attributes.append(f"{python}\n" + textwrap.indent(summary, "    "))
            metadata = f", metadata={{'key': {key!r}}}" if python != key else ""
            if default is None:
                value = f" = field({metadata[2:]})" if metadata else ""
            elif default[:1] in "[{" or re.match(r"[A-Z]\w*\(", default):
                value = f" = field(default_factory=lambda: {default}{metadata})"
            else:
                value = f" = field(default={default}{metadata})" if metadata else f" = {default}"
            declared.append(f"{python}: {kind}{value}")
        if attributes:
            body += "\n\nAttributes\n----------\n" + "\n".join(attributes)
        lines.append(textwrap.indent(f'"""{body}\n"""', "    "))
        lines.append("")
        lines.append(textwrap.indent("\n".join(declared) or "pass", "    "))
        return "\n".join(lines) + "\n"

    def expression(self, value: Any, node: Any) -> str:
        """A default value as an expression of Python."""
        name = node.get("$ref", "").rsplit("/", 1)[-1] if isinstance(node, dict) else ""
        inner = self.resolve(node)
        if isinstance(inner, dict) and not name:
            for key in ("anyOf", "oneOf"):
                references = [option for option in inner.get(key, []) if "$ref" in option]
                if len(references) == 1 and isinstance(value, dict):
                    return self.expression(value, references[0])
        if isinstance(value, dict) and name:
            options = inner.get("oneOf") or inner.get("anyOf")
            if options is None and "properties" in inner:
                return self.call(name, value, inner["properties"])
            objects = [option for option in options or [] if "properties" in option]
            tag = tag_of(objects)
            for option in objects:
                keys = option["properties"]
                if tag is None and len(keys) == 1 and set(value) == set(keys):
                    return self.call(name, value, keys)
                if tag is not None and keys[tag]["const"] == value.get(tag):
                    rest = {key: member for key, member in value.items() if key != tag}
                    return self.call(name + camel(str(value[tag])), rest, keys)
        if isinstance(value, list):
            items = inner.get("items", {}) if isinstance(inner, dict) else {}
            return "[" + ", ".join(self.expression(item, items) for item in value) + "]"
        return repr(value)

    def call(self, name: str, value: dict[str, Any], properties: dict[str, Any]) -> str:
        inside = ", ".join(
            f"{python_name(key)}={self.expression(member, properties.get(key, {}))}"
            for key, member in value.items()
        )
        return f"{name}({inside})"


def tag_of(options: list[Any]) -> str | None:
    """The property whose constant tells variants apart."""
    for tag in ("kind", "type", "model"):
        if options and all("const" in option["properties"].get(tag, {}) for option in options):
            return tag
    return None


def setting_type(node: Any, definitions: dict[str, Any]) -> str:
    """The type of one setting: plain values, words, or a dictionary of further settings."""
    while "$ref" in node:
        node = definitions[node["$ref"].rsplit("/", 1)[-1]]
    if "const" in node:
        return f"Literal[{node['const']!r}]"
    if "enum" in node:
        return f"Literal[{', '.join(map(repr, node['enum']))}]"
    for key in ("anyOf", "oneOf"):
        if key in node:
            kinds = [setting_type(one, definitions) for one in node[key]]
            words = [kind[8:-1] for kind in kinds if kind.startswith("Literal[")]
            rest = [kind for kind in kinds if not kind.startswith("Literal[")]
            return " | ".join([f"Literal[{', '.join(words)}]"] * bool(words) + rest)
    plain = {"number": "float", "integer": "int", "boolean": "bool", "string": "str",
             "null": "None", "object": "dict[str, Any]"}
    kinds = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if "array" in kinds:
        plain["array"] = f"list[{setting_type(node['items'], definitions)}]"
    return " | ".join(plain[kind] for kind in kinds)


def settings_class(scheme: dict[str, Any]) -> str | None:
    """The class of a scheme's settings, from their schema and defaults."""
    settings = scheme["settings"] or {}
    if not settings:
        return None
    schema = scheme["settings_schema"]
    name = camel(scheme["name"]) + "Settings"
    text = [f"Settings of the scheme ``{scheme['name']}``: {comment(scheme['summary'])}.", "",
            "Parameters", "----------"]
    declared = []
    for key, value in settings.items():
        python, node = python_name(key), schema["properties"][key]
        kind = setting_type(node, schema.get("$defs", {}))
        text += [f"{python} : {kind}", *textwrap.wrap(
            comment(node.get("description", "")), 92, initial_indent="    ",
            subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)]
        if isinstance(value, (list, dict)):
            declared.append(f"{python}: {kind} = field(default_factory=lambda: {value!r})")
        else:
            declared.append(f"{python}: {kind} = {value!r}")
    body = textwrap.indent('"""' + "\n".join(text) + '\n"""', "    ")
    lines = ["@parameters", f"class {name}:", re.sub(r"[ \t]+\n", "\n", body), ""]
    return "\n".join([*lines, textwrap.indent("\n".join(declared), "    ")]) + "\n"


def types_of(doc: str) -> tuple[dict[str, str], str]:
    """Types of parameters and of the result, from documentation in the style of NumPy."""
    section, parameters, result = "", {}, "Any"
    lines = doc.splitlines()
    for number, line in enumerate(lines):
        if number + 1 < len(lines) and set(lines[number + 1].strip()) == {"-"}:
            section = line.strip()
        elif section == "Parameters" and (match := re.match(r"^(\w+) : (.+)$", line)):
            parameters[match[1]] = match[2].strip()
        elif section == "Returns" and result == "Any" and re.match(r"^[A-Za-z]", line):
            result = line.strip()
    return parameters, result


def functions(module: Any) -> tuple[list[str], str]:
    """The model functions of a module: their names, and the typed declarations."""
    names = sorted(name for name, value in vars(module).items() if callable(value))
    parts = []
    for name in names:
        function = getattr(module, name)
        doc = inspect.getdoc(function) or ""
        kinds, result = types_of(doc)
        arguments = []
        for parameter in inspect.signature(function).parameters.values():
            kind = kinds.get(parameter.name)
            if kind is None:
                raise SystemExit(f"{module.__name__}.{name}: `{parameter.name}` has no type")
            empty = parameter.default is inspect.Parameter.empty
            kind, value = with_default(kind, parameter.default)
            arguments.append(f"{parameter.name}: {kind}" + ("" if empty else f" = {value!r}"))
        listed = ",\n".join("    " + argument for argument in arguments)
        body = textwrap.indent(f'"""{doc}\n"""', "    ").replace("\\", "\\\\")
        parts.append(f"def {name}(\n{listed},\n) -> {result}:\n{body}\n    ...\n")
    declared = textwrap.indent("\n".join(parts), "    ")
    bound = "\n".join(f"    {name} = checked(_noctule.{module.__name__.rsplit('.', 1)[-1]}.{name})"
                      for name in names)
    text = f"if TYPE_CHECKING:\n{declared}\nelse:\n{bound}\n" if names else ""
    return names, re.sub(r"[ \t]+\n", "\n", text)


def fields_table(title: str, fields: list[dict[str, Any]]) -> str:
    lines = [title, "-" * len(title)]
    for one in fields:
        kind = "complex" if one["complex"] else "real"
        shape = ", ".join(one["dimensions"])
        lines.append(f"``{one['name']}`` : {kind} [{shape}]" if shape
                     else f"``{one['name']}`` : {kind} number")
        lines.append(f"    {one['summary']}")
    return "\n".join(lines)


def system_module(system: dict[str, Any]) -> str:
    module = Module(system["schema"])
    scenario = module.scenario(system["scenario"], system["id"])
    settings = [text for scheme in system["schemes"] if (text := settings_class(scheme))]
    names, declared = ([], "")
    if hasattr(_noctule, system["id"]):
        names, declared = functions(getattr(_noctule, system["id"]))
    schemes = "\n".join(f"``{scheme['name']}``\n    {scheme['summary']}"
                        for scheme in system["schemes"])
    metrics = "\n".join(
        f"``{metric['name']}``{' (' + metric['unit'] + ')' if metric['unit'] else ''}\n"
        f"    {metric['summary']}" for metric in system["metrics"])
    doc = "\n\n".join([
        f"The system ``{system['id']}``: {system['title']}.",
        "Schemes\n-------\n" + schemes,
        fields_table("Arrays of an instance", system["instance_fields"]),
        fields_table("Arrays of a design", system["variable_fields"]),
        "Metrics in records\n------------------\n" + metrics,
    ])
    exported = [*module.classes, "Scenario", *[re.search(r"class (\w+)", text)[1]  # type: ignore
                                               for text in settings], *names]
    parts = [HEAD.format(doc=comment(doc).replace("````", "``"))]
    parts += [text for text in module.classes.values() if text]
    parts += [scenario, *settings, declared]
    parts.append("__all__ = [\n" + "".join(f'    "{name}",\n' for name in exported) + "]\n" + DIR)
    return "\n\n".join(part for part in parts if part)


def functions_module(module: Any, about: str) -> str:
    names, declared = functions(module)
    head = HEAD.format(doc=about + "\n\nAngles are in radians, powers in watts.").replace("from dataclasses import field\n", "")
    head = head.replace("from ._parameters import ScenarioBase, parameters\n", "")
    kept = "TYPE_CHECKING, Any" if "Any" in declared else "TYPE_CHECKING"
    head = head.replace("TYPE_CHECKING, Any, Literal", kept)
    listed = "__all__ = [\n" + "".join(f'    "{name}",\n' for name in names) + "]\n" + DIR
    return "\n\n".join([head, declared, listed])


def main() -> int:
    about = {"phy": "The radio world in closed form: arrays, rates, channels, path loss.",
             "channels": "Models of channels: responses, covariances, draws (docs/channels.md)."}
    texts = {FOLDER / f"{name}.py": functions_module(getattr(_noctule, name), text)
             for name, text in about.items()}
    for name in noctule.systems():
        texts[FOLDER / f"{name}.py"] = system_module(noctule.describe(name))
    if "--check" in sys.argv[1:]:
        stale = [path.name for path, text in texts.items()
                 if not path.is_file() or path.read_text(encoding="utf-8") != text]
        if stale:
            print(f"{', '.join(stale)}: not what python/generate.py writes; run `cargo xtask generate`")
        return 1 if stale else 0
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
