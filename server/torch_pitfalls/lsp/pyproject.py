"""Settings of a project, changed in the text of its ``pyproject.toml``; all else stays as its author wrote it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from torch_pitfalls.lsp.settings import SECTION

FILE = "pyproject.toml"


class Unchangeable(ValueError):
    """A text in which a rule cannot be switched off; the message says why."""


def ignoring(text: str, slug: str) -> str:
    """The text of a ``pyproject.toml`` with one more rule that the project ignores.

    Raises Unchangeable where the text is no TOML, or holds something else where the list of rules belongs.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        table = _table(_table(document, "tool", super_table=True), SECTION)
        ignored = table.setdefault("ignore", tomlkit.array())
        if not isinstance(ignored, list):
            raise Unchangeable(f"`tool.{SECTION}.ignore` must be a list")
        if slug not in ignored:
            _append(ignored, slug)
        changed = tomlkit.dumps(document)
    except TOMLKitError as error:
        raise Unchangeable(f"it is not valid TOML: {error}") from error
    return changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed


def _table(parent: MutableMapping[str, Any], key: str, *, super_table: bool = False) -> MutableMapping[str, Any]:
    import tomlkit

    if key not in parent:
        parent[key] = tomlkit.table(is_super_table=super_table)
    found = parent[key]
    if not isinstance(found, MutableMapping):
        raise Unchangeable(f"`{key}` must be a table")
    return found


def _append(ignored: Any, slug: str) -> None:
    """Add to a list as it is written: one entry on each line, or all on one."""
    written = ignored.as_string()
    if "\n" not in written:
        ignored.append(slug)
        return
    last = written.rstrip().removesuffix("]").rstrip().splitlines()[-1]
    indent = last[: len(last) - len(last.lstrip())] or "    "
    ignored.add_line(slug, indent=indent)
