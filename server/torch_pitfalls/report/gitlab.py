"""Findings as a Code Quality report of GitLab, which merge requests show."""

from __future__ import annotations

import json
from collections.abc import Iterable

from torch_pitfalls.report import Entry
from torch_pitfalls.report.identity import fingerprints

_SEVERITIES = {"error": "major", "warning": "minor"}


def render(entries: Iterable[Entry]) -> str:
    """The report as JSON. A finding keeps its fingerprint when its line moves."""
    found = list(entries)
    issues = [_issue(entry, fingerprint) for entry, fingerprint in zip(found, fingerprints(found), strict=True)]
    return json.dumps(issues, indent=2) + "\n"


def _issue(entry: Entry, fingerprint: str) -> dict[str, object]:
    (line, column), (end_line, end_column) = entry.at.start, entry.at.end
    cell = "" if entry.at.cell is None else f"cell {entry.at.cell}: "
    return {
        "description": f"{cell}{entry.headline}: {entry.effect}",
        "check_name": entry.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES.get(entry.severity, "info"),
        "location": {
            "path": entry.at.path.replace("\\", "/"),
            "positions": {
                "begin": {"line": line + 1, "column": column + 1},
                "end": {"line": end_line + 1, "column": end_column + 1},
            },
        },
    }
