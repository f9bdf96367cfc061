"""Findings for people: the source with the place underlined, what happens there, and what to do.

error[missing-zero-grad]: `optimizer` steps, but its gradients are never cleared
  --> train.py:14:9
   |
14 |         loss.backward()
   |         ^^^^^^^^^^^^^^^
15 |         optimizer.step()
   |         ---------------- note: this step uses old and new gradients
   |
   = effect: without `zero_grad()`, `backward()` adds to `.grad`: each step uses the sum of all batches so far
   = help: call `optimizer.zero_grad()` before this `backward()`
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torch_pitfalls.report import Entry, Mark

_COLOURS = {
    "error": "1;31",
    "warning": "1;33",
    "information": "1;36",
    "hint": "1;36",
    "headline": "1",
    "frame": "1;34",
    "note": "1;34",
    "help": "1;32",
}
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_TAB = "    "
_WIDEST = 140
_BEFORE = 40


def render(entries: Iterable[Entry], *, colour: bool = False) -> str:
    """All findings, each followed by an empty line."""
    paint = _Paint(colour)
    return "".join("\n".join(_Block(entry, paint).rows()) + "\n\n" for entry in entries)


def summary(entries: Iterable[Entry], checked: int, unchecked: int, fixed: int = 0, known: int = 0) -> str:
    """The last line: how many pitfalls in how many files, and what can be done about them.

    ``unchecked`` files could not be checked, ``fixed`` pitfalls were repaired, ``known`` ones are in the baseline.
    """
    found = list(entries)
    safe = sum(entry.fix is not None and entry.fix.safety == "safe" for entry in found)
    unsafe = sum(entry.fix is not None for entry in found) - safe
    pitfalls = _count(len(found), "pitfall") if found else f"No {'more ' if fixed or known else ''}pitfalls"
    parts = [f"{'Found ' if found else ''}{pitfalls} in {_count(checked, 'file')}"]
    if safe:
        parts.append(f"{safe} can be fixed with --fix" + (f", {unsafe} more with --unsafe-fixes" if unsafe else ""))
    elif unsafe:
        parts.append(f"{unsafe} can be fixed with --fix --unsafe-fixes")
    if fixed:
        parts[:1] = [f"Fixed {_count(fixed, 'pitfall')}", parts[0][:1].lower() + parts[0][1:]]
    if known:
        parts.append(f"{known} in the baseline")
    if unchecked:
        parts.append(f"{_count(unchecked, 'file')} could not be checked")
    return "; ".join(parts) + "."


def printable(text: str) -> str:
    """The text with signs in place of characters that would move the cursor or reorder the line."""
    return _UNPRINTABLE.sub(lambda found: _sign(found[0]), text)


class _Paint:
    """Puts terminal colours around text, or leaves it alone."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self._colour and text else text


@dataclass(frozen=True, slots=True)
class _Underline:
    """A range of one line to be marked; ``end`` of None means up to the end of the line."""

    line: int
    start: int
    end: int | None
    sign: str
    style: str
    label: str


class _Block:
    """One finding as rows of text."""

    def __init__(self, entry: Entry, paint: _Paint) -> None:
        self._entry = entry
        self._paint = paint
        marks = (entry.at, *entry.notes)
        self._gutter = max(len(str(number + 1)) for mark in marks for number, _ in mark.lines or ((0, ""),))

    def rows(self) -> Iterator[str]:
        entry, paint = self._entry, self._paint
        place = (entry.at.path, entry.at.cell)
        here = [note for note in entry.notes if note.lines and (note.path, note.cell) == place]
        elsewhere = [note for note in entry.notes if note.lines and (note.path, note.cell) != place]
        unseen = [note for note in entry.notes if not note.lines]
        title = paint(entry.severity, f"{entry.severity}[{entry.rule}]")
        yield title + paint("headline", f": {printable(entry.headline)}")
        yield self._place("-->", entry.at)
        yield self._frame("|")
        yield from self._excerpt([entry.at, *here])
        for note in elsewhere:
            yield self._frame("|")
            yield self._place(":::", note)
            yield self._frame("|")
            yield from self._excerpt([note])
        yield self._frame("|")
        yield self._frame("= ") + paint("headline", "effect") + f": {printable(entry.effect)}"
        yield self._frame("= ") + paint("help", "help") + f": {printable(entry.remedy)}"
        for note in unseen:
            yield self._frame("= ") + paint("note", "note") + f": {_where(note)}: {printable(note.text)}"

    def _frame(self, sign: str) -> str:
        return " " * (self._gutter + 1) + self._paint("frame", sign)

    def _place(self, arrow: str, mark: Mark) -> str:
        return " " * self._gutter + self._paint("frame", arrow) + f" {_where(mark)}"

    def _excerpt(self, marks: list[Mark]) -> Iterator[str]:
        """The marked lines of one file, each followed by its underlines."""
        lines = dict(line for mark in marks for line in mark.lines)
        underlines = [underline for mark in marks for underline in self._underlines(mark)]
        before: int | None = None
        for number in sorted({one.line for one in underlines}):
            if before is not None and number > before + 1:
                yield self._paint("frame", "...")
            before = number
            yield from self._line(number, lines[number], [one for one in underlines if one.line == number])

    def _underlines(self, mark: Mark) -> Iterator[_Underline]:
        primary = mark is self._entry.at
        sign, style = ("^", self._entry.severity) if primary else ("-", "note")
        label = "" if primary else f"note: {printable(mark.text)}"
        (first, start), (last, end) = mark.start, mark.end
        if first == last:
            yield _Underline(first, start, end, sign, style, label)
            return
        text = dict(mark.lines)[last]
        indent = len(text) - len(text.lstrip())
        ends_there = end > indent
        yield _Underline(first, start, None, sign, style, "" if ends_there else label)
        if ends_there:
            yield _Underline(last, indent, end, sign, style, label)

    def _line(self, number: int, text: str, underlines: list[_Underline]) -> Iterator[str]:
        left = _left(text, underlines[0].start)
        gutter = self._paint("frame", f"{number + 1:>{self._gutter}} |")
        yield f"{gutter} {_cropped(text, left)}".rstrip()
        for one in sorted(underlines, key=lambda one: one.start):
            shift, width = _extent(text, left, one.start, len(text) if one.end is None else one.end)
            marked = self._paint(one.style, f"{one.sign * width} {one.label}".rstrip())
            yield f"{self._frame('|')} {' ' * shift}{marked}"


def _left(text: str, start: int) -> int:
    """How many characters at the start of a line to leave out so that a mark at ``start`` is seen."""
    return 0 if len(text) <= _WIDEST or start < _WIDEST - _BEFORE else start - _BEFORE


def _cropped(text: str, left: int) -> str:
    cut = text[left : left + _WIDEST]
    return ("…" if left else "") + _expanded(cut) + ("…" if left + _WIDEST < len(text) else "")


def _extent(text: str, left: int, start: int, end: int) -> tuple[int, int]:
    """Where the underline of a range starts, and its width, in cells of the terminal."""
    right = left + _WIDEST
    start, end = min(max(start, left), right), min(max(end, left), right)
    before = _cells(_expanded(text[left:start]))
    return before + bool(left), max(_cells(_expanded(text[left:end])) - before, 1)


def _expanded(text: str) -> str:
    return printable(text.replace("\t", _TAB))


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _sign(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _where(mark: Mark) -> str:
    return printable(mark.where)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
