"""Findings as workflow commands, which GitHub shows as annotations of the changed lines."""

from __future__ import annotations

from collections.abc import Iterable

from torch_pitfalls.report import Entry

_LEVELS = {"error": "error", "warning": "warning"}


def render(entries: Iterable[Entry]) -> str:
    """One command for each finding. Cells of notebooks have no lines in the file: they are named in the message."""
    return "".join(_command(entry) + "\n" for entry in entries)


def _command(entry: Entry) -> str:
    (line, column), (end_line, end_column) = entry.at.start, entry.at.end
    place = {"title": f"torch-pitfalls ({entry.rule})", "file": entry.at.path.replace("\\", "/")}
    message = f"{entry.headline}\n{entry.effect}\n{entry.remedy}"
    if entry.at.cell is None:
        place |= {"line": str(line + 1), "endLine": str(end_line + 1)}
        if line == end_line:
            # GitHub refuses columns of a range over several lines.
            place |= {"col": str(column + 1), "endColumn": str(end_column + 1)}
    else:
        place |= {"line": "1"}
        message = f"cell {entry.at.cell}, line {line + 1}: {message}"
    level = _LEVELS.get(entry.severity, "notice")
    properties = ",".join(f"{name}={_property(value)}" for name, value in place.items())
    return f"::{level} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
