"""Names that are being typed: a finding that ends in one speaks of half a text.

Behind ``loss.backward`` the next key is a parenthesis. Until then the line is what a rule warns of, but not
what its author means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from torch_pitfalls.text.edits import Edit

if TYPE_CHECKING:
    from torch_pitfalls.check import Report
    from torch_pitfalls.lsp.documents import Change


def typed_until(changes: Sequence[Change]) -> int | None:
    """The offset behind a part of a name that the last change has put there; None if it was something else.

    Who puts several words there at once has not typed the last of them.
    """
    last = changes[-1] if changes else None
    if not isinstance(last, Edit) or not _part_of_name(last.text[-1:]) or last.text.split()[1:]:
        return None
    return last.span.start + len(last.text)


def without_unfinished(report: Report, end: int) -> Report:
    """The report without the findings that end in a name which ends at an offset."""
    text = report.source.text
    if not _part_of_name(text[end - 1 : end]) or _part_of_name(text[end : end + 1]):
        return report
    return replace(report, diagnoses=tuple(one for one in report.diagnoses if one.span.end != end))


def _part_of_name(character: str) -> bool:
    return character.isalnum() or character == "_"
