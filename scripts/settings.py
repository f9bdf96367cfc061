"""The settings that editors offer, made from the types of the configuration; ``docs.py`` writes them.

They go into the manifest of the VS Code extension, whose texts for people are in ``package.nls.json``, and into
a JSON schema of ``[tool.torch-pitfalls]`` for other editors.
"""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from torch_pitfalls.config import ALL, TABLE, Config
from torch_pitfalls.messages import LANGUAGES
from torch_pitfalls.rule import Severity

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "editors" / "vscode"
MANIFEST = EXTENSION / "package.json"
TEXTS = EXTENSION / "package.nls.json"
SCHEMA = ROOT / "docs" / "torch-pitfalls.schema.json"

SEVERITIES = [severity.value for severity in Severity]
STRINGS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
VALUES = {"language": list(LANGUAGES)}
"""The only values of a setting, where its type does not say it."""
PATTERNS = {"torch_version": r"^\d+\.\d+(\.\d+)?$"}

Schema = dict[str, Any]


def wanted() -> dict[Path, str]:
    """Every generated file and its text."""
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    configuration = manifest["contributes"]["configuration"]
    own = {key: value for key, value in configuration["properties"].items() if value["scope"] != "resource"}
    configuration["properties"] = {**own, **vscode_settings(len(own))}
    return {MANIFEST: text_of(manifest), SCHEMA: text_of(table_schema())}


def vscode_settings(order: int) -> Schema:
    """The settings of the extension that say what is checked, numbered from ``order``."""
    settings = {}
    for number, (name, schema) in enumerate(schemas().items(), order + 1):
        key = camel(name)
        unset = {"default": [] if schema["type"] == "array" else {}}
        if name == "select" or schema["type"] not in ("array", "object"):
            schema = {**schema, "type": [schema["type"], "null"]}
            unset = {"default": None}
            if "enum" in schema:
                schema["enum"] = [None, *schema["enum"]]
        about = {"scope": "resource", "order": number, "markdownDescription": f"%settings.{key}%"}
        settings[f"{TABLE}.{key}"] = {**schema, **unset, **about}
    return settings


def table_schema() -> Schema:
    """The JSON schema of the table ``[tool.torch-pitfalls]``."""
    texts = json.loads(TEXTS.read_text("utf-8"))
    rules: Schema = {"enum": sorted(ALL)}
    properties = {}
    for name, schema in schemas().items():
        if name in ("select", "ignore"):
            schema = {**schema, "items": rules}
        elif name == "severity":
            schema = {**schema, "propertyNames": rules}
        elif name == "per_file_ignores":
            schema = {**schema, "additionalProperties": {**STRINGS, "items": rules}}
        properties[kebab(name)] = {"description": texts[f"settings.{camel(name)}"], **schema}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"The table [tool.{TABLE}] of pyproject.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def schemas() -> dict[str, Schema]:
    """What each key of the configuration may be."""
    hints = get_type_hints(Config)
    return {field.name: schema(field.name, hints[field.name]) for field in fields(Config) if field.name != "root"}


def schema(name: str, hint: Any) -> Schema:
    """The JSON schema of a type of the configuration."""
    some = [one for one in get_args(hint) if one is not type(None)]
    if type(None) in get_args(hint):
        return schema(name, some[0])
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        parts = {kebab(field.name): schema(field.name, hints[field.name]) for field in fields(hint)}
        return {"type": "object", "properties": parts, "additionalProperties": False}
    if get_origin(hint) is frozenset or hint == tuple[str, ...]:
        return dict(STRINGS)
    if name == "severity":
        return {"type": "object", "additionalProperties": {"type": "string", "enum": SEVERITIES}}
    if name == "per_file_ignores":
        return {"type": "object", "additionalProperties": STRINGS}
    kinds: dict[Any, Schema] = {
        bool: {"type": "boolean"},
        int: {"type": "integer", "minimum": 1},
        str: {"type": "string"},
    }
    if hint not in kinds:
        raise TypeError(f"{name}: no schema for {hint}")
    result = dict(kinds[hint])
    if name in VALUES:
        result["enum"] = VALUES[name]
    if name in PATTERNS:
        result["pattern"] = PATTERNS[name]
    return result


def kebab(name: str) -> str:
    """The name of a field as ``pyproject.toml`` spells it."""
    return name.replace("_", "-")


def camel(name: str) -> str:
    """The name of a field as settings of editors spell it."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def text_of(value: object) -> str:
    """JSON as npm writes it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
