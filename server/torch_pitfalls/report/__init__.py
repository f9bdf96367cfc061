"""Findings as the command line shows them: plain records that need neither the text nor the rules.

Lines and columns count from 0 here and columns count characters; the formats add 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch_pitfalls.check import Diagnosis, QuickFix, Related, Report
from torch_pitfalls.text.edits import Span
from torch_pitfalls.text.source import Source

Position = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """A range of a file as shown to the user, with the text of its first and last lines.

    In a notebook, lines count from the first of the ``cell``, which is numbered from 1.
    """

    path: str
    start: Position
    end: Position
    lines: tuple[tuple[int, str], ...]
    text: str = ""
    cell: int | None = None

    @property
    def where(self) -> str:
        """Path, line and column, in the form that editors and terminals lead to."""
        line, column = self.start
        cell = "" if self.cell is None else f"cell {self.cell}:"
        return f"{self.path}:{cell}{line + 1}:{column + 1}"


@dataclass(frozen=True, slots=True)
class Repair:
    """A fix: ``edits`` are (start, end, new text), none overlapping."""

    title: str
    safety: str
    edits: tuple[tuple[Position, Position, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One finding of one file. ``notes`` are the other places that matter."""

    rule: str
    severity: str
    at: Mark
    headline: str
    effect: str
    remedy: str
    notes: tuple[Mark, ...]
    fix: Repair | None


Shown = Callable[[str], str]
"""How the user would write the absolute path of a file."""

Text = Callable[[str], Source | None]
"""The text of another file of the project, or None if it cannot be had."""


def entries(report: Report, shown: Shown, text: Text) -> tuple[Entry, ...]:
    """The findings of a report, in the order of the report."""

    def source(path: str) -> Source | None:
        return report.source if path == report.path else text(path)

    return tuple(_entry(diagnosis, report, shown, source) for diagnosis in report.diagnoses)


def _entry(diagnosis: Diagnosis, report: Report, shown: Shown, source: Text) -> Entry:
    start, end = _ends(report.source, diagnosis.span)
    return Entry(
        rule=diagnosis.rule.slug,
        severity=diagnosis.severity.value,
        at=Mark(shown(report.path), start, end, _lines(report.source, start, end)),
        headline=diagnosis.headline,
        effect=diagnosis.effect,
        remedy=diagnosis.remedy,
        notes=tuple(_note(related, shown, source(related.path)) for related in diagnosis.notes),
        fix=None if diagnosis.fix is None else _repair(diagnosis.fix, report.source),
    )


def _note(related: Related, shown: Shown, source: Source | None) -> Mark:
    lines = () if source is None else _lines(source, related.start, related.end)
    return Mark(shown(related.path), related.start, related.end, lines, related.text)


def _repair(fix: QuickFix, source: Source) -> Repair:
    edits = tuple((*_ends(source, edit.span), edit.text) for edit in sorted(fix.edits))
    return Repair(fix.title, fix.safety.value, edits)


def _ends(source: Source, span: Span) -> tuple[Position, Position]:
    return source.position(span.start), source.position(span.end)


def _lines(source: Source, start: Position, end: Position) -> tuple[tuple[int, str], ...]:
    return tuple((number, source.line(number)) for number in sorted({start[0], end[0]}))
