"""All safe fixes of a file at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from torch_pitfalls.rule import Safety
from torch_pitfalls.text.edits import Edit, Span, apply, conflict
from torch_pitfalls.text.source import Source

if TYPE_CHECKING:
    from torch_pitfalls.check import Diagnosis
    from torch_pitfalls.project import Project

ROUNDS = 10
"""How often fixes are looked for in what fixes have made."""


def safe_edits(diagnoses: Iterable[Diagnosis]) -> list[Edit]:
    """The edits of all safe fixes, in order; of fixes that conflict, those of the first."""
    chosen: set[Edit] = set()
    for diagnosis in diagnoses:
        fix = diagnosis.fix
        if fix is not None and fix.safety is Safety.SAFE and not conflict(fix.edits, chosen):
            chosen.update(fix.edits)
    return sorted(chosen)


def fix_all(project: Project, path: str, cancelled: Callable[[], bool]) -> list[Edit]:
    """The edits that lead to a text in which no safe fix is left; the project keeps its text.

    Raises Cancelled when ``cancelled`` turns true.
    """
    original = text = project.text(path)
    edits: list[Edit] = []
    try:
        for round in range(ROUNDS):
            found = safe_edits(project.report(path, cancelled).diagnoses)
            if not found:
                break
            edits = found if round == 0 else []
            text = apply(text, found)
            # From the last to the first, so that each still stands where it was made for.
            project.edit(path, found[::-1])
    finally:
        if text != original:
            project.set_text(path, original)
    return edits or difference(original, text)


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
