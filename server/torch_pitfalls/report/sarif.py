"""Findings in the Static Analysis Results Interchange Format, version 2.1.0."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from torch_pitfalls import __version__, pages
from torch_pitfalls.config import ALL
from torch_pitfalls.messages import PAGES, say, translation
from torch_pitfalls.report import Entry, Mark, Position, Repair
from torch_pitfalls.report.identity import fingerprints
from torch_pitfalls.rule import Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

_LEVELS = {"error": "error", "warning": "warning"}


def render(entries: Iterable[Entry], problems: Iterable[str] = (), *, language: str | None = None) -> str:
    """The log as JSON. ``problems`` are sentences about what could not be checked."""
    found = list(entries)
    slugs = sorted({entry.rule for entry in found})
    results = [
        _result(entry, slugs.index(entry.rule), fingerprint, language)
        for entry, fingerprint in zip(found, fingerprints(found), strict=True)
    ]
    notifications = [{"level": "warning", "message": {"text": problem}} for problem in problems]
    driver = {
        "name": "torch-pitfalls",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(ALL[slug], language) for slug in slugs],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
        "results": results,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule[Any], language: str | None) -> dict[str, object]:
    page = pages.text(rule.slug, language)
    return {
        "id": rule.slug,
        "shortDescription": {"text": translation(language, PAGES)(rule.title)},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": _level(rule.severity.value)},
        "properties": {"tags": ["pytorch", rule.category]},
    }


def _result(entry: Entry, index: int, fingerprint: str, language: str | None) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": entry.rule,
        "ruleIndex": index,
        "level": _level(entry.severity),
        "message": {"text": _message(entry, language)},
        "locations": [_location(entry.at)],
        "partialFingerprints": {"ruleAndLine/v1": fingerprint},
    }
    if entry.notes:
        result["relatedLocations"] = [
            {"id": number, **_location(note), "message": {"text": note.text}}
            for number, note in enumerate(entry.notes, 1)
        ]
    if entry.fix is not None and entry.at.cell is None:
        result["fixes"] = [_fix(entry.fix, entry.at)]
    return result


def _message(entry: Entry, language: str | None) -> str:
    message = say(
        "{headline}: {effect}. To fix it, {remedy}.",
        headline=entry.headline,
        effect=entry.effect,
        remedy=entry.remedy,
    )
    if entry.at.cell is not None:
        cell, line = str(entry.at.cell), str(entry.at.start[0] + 1)
        message = say("Cell {cell}, line {line}: {message}", cell=cell, line=line, message=message)
    return message.into(translation(language))


def _level(severity: str) -> str:
    return _LEVELS.get(severity, "note")


def _location(mark: Mark) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(mark.path)}}
    if mark.cell is None:
        physical["region"] = _region(mark.start, mark.end)
    return {"physicalLocation": physical}


def _fix(fix: Repair, at: Mark) -> dict[str, object]:
    replacements = [
        {"deletedRegion": _region(start, end), "insertedContent": {"text": text}} for start, end, text in fix.edits
    ]
    change = {"artifactLocation": {"uri": _uri(at.path)}, "replacements": replacements}
    return {"description": {"text": fix.title}, "artifactChanges": [change]}


def _region(start: Position, end: Position) -> dict[str, int]:
    return {
        "startLine": start[0] + 1,
        "startColumn": start[1] + 1,
        "endLine": end[0] + 1,
        "endColumn": end[1] + 1,
    }


def _uri(path: str) -> str:
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix())
