"""Many fixes of a file at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from torch_pitfalls.db import never
from torch_pitfalls.rule import Safety
from torch_pitfalls.text.edits import Edit, Span, apply, conflict
from torch_pitfalls.text.source import Source

if TYPE_CHECKING:
    from torch_pitfalls.check import Diagnosis, Report
    from torch_pitfalls.project import Project

ROUNDS = 10
"""How often fixes are looked for in what fixes have made."""

Wanted = Callable[["Diagnosis"], bool]
"""Whether the fix of a finding is to be applied."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What fixes have made of a file.

    ``edits`` lead from the text that was to ``text``, ``report`` is about the latter, ``applied`` counts the fixes
    of each rule.
    """

    text: str
    edits: tuple[Edit, ...]
    report: Report
    applied: Mapping[str, int]


def safe(diagnosis: Diagnosis) -> bool:
    """Whether a finding has a fix that may be applied without a person's look."""
    return diagnosis.fix is not None and diagnosis.fix.safety is Safety.SAFE


def any_fix(diagnosis: Diagnosis) -> bool:
    """Whether a finding has a fix."""
    return diagnosis.fix is not None


def chosen(diagnoses: Iterable[Diagnosis], wanted: Wanted = safe) -> list[Diagnosis]:
    """The findings whose fixes are applied together; of fixes that conflict, the first."""
    edits: set[Edit] = set()
    found = []
    for diagnosis in diagnoses:
        fix = diagnosis.fix
        if fix is not None and wanted(diagnosis) and not conflict(fix.edits, edits):
            edits.update(fix.edits)
            found.append(diagnosis)
    return found


def edits_of(diagnoses: Iterable[Diagnosis]) -> list[Edit]:
    """The edits of the fixes of some findings, in order."""
    return sorted({edit for diagnosis in diagnoses if diagnosis.fix is not None for edit in diagnosis.fix.edits})


def repair(
    project: Project, path: str, wanted: Wanted = safe, cancelled: Callable[[], bool] = never, rounds: int = ROUNDS
) -> Repaired:
    """Apply fixes until none is left or ``rounds`` are done; the project keeps its text.

    Raises Cancelled when ``cancelled`` turns true.
    """
    original = text = project.text(path)
    edits: list[Edit] = []
    applied: Counter[str] = Counter()
    try:
        report = project.report(path, cancelled)
        for round in range(rounds):
            repaired = chosen(report.diagnoses, wanted)
            if not repaired:
                break
            found = edits_of(repaired)
            applied.update(diagnosis.rule.slug for diagnosis in repaired)
            edits = found if round == 0 else []
            text = apply(text, found)
            # From the last to the first, so that each still stands where it was made for.
            project.edit(path, found[::-1])
            report = project.report(path, cancelled)
    finally:
        if text != original:
            project.set_text(path, original)
    return Repaired(text, tuple(edits or difference(original, text)), report, applied)


def difference(old: str, new: str) -> list[Edit]:
    """Edits of whole lines that lead from one text to the other."""
    before, after = _lines(old), _lines(new)
    starts = [*Source(old).line_starts, len(old)]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return [
        Edit(Span(starts[first], starts[last]), "".join(after[other:other_last]))
        for kind, first, last, other, other_last in matcher.get_opcodes()
        if kind != "equal"
    ]


def _lines(text: str) -> list[str]:
    starts = [*Source(text).line_starts, len(text)]
    return [text[start:end] for start, end in pairwise(starts)]
