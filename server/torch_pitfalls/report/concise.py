"""One line for each finding, in the form that compilers print and editors parse."""

from __future__ import annotations

from collections.abc import Iterable

from torch_pitfalls.report import Entry
from torch_pitfalls.report.text import printable


def render(entries: Iterable[Entry]) -> str:
    """``path:line:column: severity: headline [rule]`` for each finding; lines and columns count from 1."""
    return "".join(_line(entry) + "\n" for entry in entries)


def _line(entry: Entry) -> str:
    return printable(f"{entry.at.where}: {entry.severity}: {entry.headline} [{entry.rule}]")
