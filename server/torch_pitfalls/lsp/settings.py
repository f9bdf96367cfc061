"""Editor settings: where a client puts them, and how they go over ``pyproject.toml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_pitfalls.config import Config

SECTION = "torch-pitfalls"

Table = Mapping[str, Any]
"""The content of the section: the keys of ``[tool.torch-pitfalls]`` in either spelling."""

OF_THE_CLIENT = frozenset({"enable", "interpreter", "path", "trace"})
"""Keys of the same section that say how a client runs the server."""

ORIGIN = "editor settings"


def section(value: object) -> Table | None:
    """The product's table in whatever a client sends, None if there is none.

    Clients send the table itself, or the section that holds it, or either of them under ``settings``.
    """
    if not isinstance(value, Mapping):
        return None
    for key in (SECTION, "torchPitfalls", "torch_pitfalls", "settings"):
        if key in value:
            return section(value[key])
    return value


def over(base: Config, table: Table, root: Path | None) -> tuple[Config, list[str]]:
    """The configuration with editor settings put over it, and what is wrong with them.

    Lists and tables add to what the base says, except ``select``, which like single values replaces it.
    """
    from torch_pitfalls.config import Config, parse

    default = Config()
    names = {field.name for field in fields(Config)}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, value in table.items():
        if key in OF_THE_CLIENT or value is None:
            continue
        one, wrong = parse({key: value}, ORIGIN)
        problems += wrong
        name = re.sub(r"(?<=[a-z])[A-Z]", lambda match: "_" + match[0].lower(), key).replace("-", "_")
        if name in names and (not wrong or getattr(one, name) != getattr(default, name)):
            values[name] = _sum(name, getattr(base, name), getattr(one, name))
    if base.root is None and root is not None:
        values["root"] = str(root)
    return replace(base, **values), problems


def _sum(name: str, below: Any, above: Any) -> Any:
    if name == "ignore":
        return below | above
    if name == "severity":
        return {**below, **above}
    if name in ("exclude", "per_file_ignores"):
        return below + above
    return above
