"""Findings as one JSON array of objects, for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from torch_pitfalls.report import Entry, Position, Repair


def render(entries: Iterable[Entry], url: Callable[[str], str | None]) -> str:
    """The array as text; lines and columns count from 1, columns in characters. ``url`` leads to a page."""
    return json.dumps([_object(entry, url(entry.rule)) for entry in entries], indent=2) + "\n"


def _object(entry: Entry, url: str | None) -> dict[str, object]:
    return {
        "path": entry.at.path,
        **({} if entry.at.cell is None else {"cell": entry.at.cell}),
        "rule": entry.rule,
        "severity": entry.severity,
        **_range(entry.at.start, entry.at.end),
        "message": f"{entry.headline}\n{entry.effect}",
        "url": url,
        "fix": None if entry.fix is None else _fix(entry.fix),
    }


def _fix(fix: Repair) -> dict[str, object]:
    edits = [{**_range(start, end), "text": text} for start, end, text in fix.edits]
    return {"title": fix.title, "safety": fix.safety, "edits": edits}


def _range(start: Position, end: Position) -> dict[str, int]:
    return {"line": start[0] + 1, "column": start[1] + 1, "end_line": end[0] + 1, "end_column": end[1] + 1}
