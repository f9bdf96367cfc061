"""What fixes change, as a unified difference that ``patch`` and ``git apply`` take."""

from __future__ import annotations

import re
from difflib import unified_diff

_COLOURS = {"-": "31", "+": "32", "@": "36"}


def render(path: str, old: str, new: str, *, colour: bool = False) -> str:
    """The difference between two texts of a file."""
    shown = path.replace("\\", "/")
    rows = unified_diff(_lines(old), _lines(new), f"a/{shown}", f"b/{shown}")
    return "".join(_row(row, colour) for row in rows)


def _row(row: str, colour: bool) -> str:
    if not row.endswith("\n"):
        row += "\n\\ No newline at end of file\n"
    if colour and row[0] in _COLOURS:
        body = row.removesuffix("\n")
        return f"\x1b[{_COLOURS[row[0]]}m{body}\x1b[0m\n"
    return row


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
