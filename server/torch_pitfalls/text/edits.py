"""Spans of text and replacements of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of characters: ``start <= offset < end``."""

    start: int
    end: int

    def shifted(self, by: int) -> Span:
        """The same range after ``by`` characters were put before it."""
        return Span(self.start + by, self.end + by)

    def overlaps(self, other: Span) -> bool:
        """Whether both cover a character, or insert at the same place."""
        if self == other:
            return True
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace the characters of ``span`` by ``text``; an empty span inserts."""

    span: Span
    text: str

    def shifted(self, by: int) -> Edit:
        """The same replacement after ``by`` characters were put before it."""
        return Edit(self.span.shifted(by), self.text)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Carry out edits that were all made against ``text``.

    Raises ValueError if two of them overlap.
    """
    pieces: list[str] = []
    done = 0
    for edit in sorted(set(edits)):
        if edit.span.start < done:
            raise ValueError(f"edits overlap at character {edit.span.start}")
        pieces += (text[done : edit.span.start], edit.text)
        done = edit.span.end
    pieces.append(text[done:])
    return "".join(pieces)


def conflict(some: Iterable[Edit], others: Iterable[Edit]) -> bool:
    """Whether any edit of one set touches a place that the other set changes differently."""
    theirs = list(others)
    return any(a != b and a.span.overlaps(b.span) for a in some for b in theirs)


def between(old: str, new: str) -> Edit:
    """The one edit that leads from a text to another, as small as one can be."""
    start = _common(min(len(old), len(new)), lambda size: old[:size] == new[:size])
    most = min(len(old), len(new)) - start
    end = _common(most, lambda size: size == 0 or old[-size:] == new[-size:])
    return Edit(Span(start, len(old) - end), new[start : len(new) - end])


def _common(most: int, equal: Callable[[int], bool]) -> int:
    """The largest size up to which something is equal."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if equal(middle):
            least = middle
        else:
            most = middle - 1
    return least
