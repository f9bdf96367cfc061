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

from torch_pitfalls.messages import PAGES, Text, say, translation
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
_COLON, _NOTE, _EFFECT, _HELP = say(": "), say("note"), say("effect"), say("help")
_WIDEST = 140
_BEFORE = 40


def render(entries: Iterable[Entry], *, colour: bool = False, language: str | None = None) -> str:
    """All findings, each followed by an empty line."""
    paint, words = _Paint(colour), _Words(language)
    return "".join("\n".join(_Block(entry, paint, words).rows()) + "\n\n" for entry in entries)


def summary(
    entries: Iterable[Entry],
    checked: int,
    unchecked: int,
    fixed: int = 0,
    known: int = 0,
    *,
    language: str | None = None,
) -> str:
    """The last line: how many pitfalls in how many files, and what can be done about them.

    ``unchecked`` files could not be checked, ``fixed`` pitfalls were repaired, ``known`` ones are in the baseline.
    """
    found = list(entries)
    safe = sum(entry.fix is not None and entry.fix.safety == "safe" for entry in found)
    unsafe = sum(entry.fix is not None for entry in found) - safe
    parts = [_found(len(found), checked, fixed, known)]
    if safe and unsafe:
        more = say("{number} more with --unsafe-fixes", number=str(unsafe))
        parts.append(say("{number} can be fixed with --fix, {more}", number=str(safe), more=more))
    elif safe:
        parts.append(say("{number} can be fixed with --fix", number=str(safe)))
    elif unsafe:
        parts.append(say("{number} can be fixed with --fix --unsafe-fixes", number=str(unsafe)))
    if known:
        parts.append(say("{number} in the baseline", number=str(known)))
    if unchecked:
        parts.append(say("{files} could not be checked", files=_files(unchecked)))
    joined = parts[0]
    for part in parts[1:]:
        joined = say("{first}; {second}", first=joined, second=part)
    return say("{sentence}.", sentence=joined).into(translation(language))


def _found(number: int, checked: int, fixed: int, known: int) -> Text:
    files, pitfalls = _files(checked), _pitfalls(number)
    if fixed and number:
        return say("Fixed {fixed}; found {pitfalls} in {files}", fixed=_pitfalls(fixed), pitfalls=pitfalls, files=files)
    if fixed:
        return say("Fixed {fixed}; no more pitfalls in {files}", fixed=_pitfalls(fixed), files=files)
    if number:
        return say("Found {pitfalls} in {files}", pitfalls=pitfalls, files=files)
    return say("No more pitfalls in {files}", files=files) if known else say("No pitfalls in {files}", files=files)


def _pitfalls(number: int) -> Text:
    return say("1 pitfall") if number == 1 else say("{number} pitfalls", number=str(number))


def _files(number: int) -> Text:
    return say("1 file") if number == 1 else say("{number} files", number=str(number))


def printable(text: str) -> str:
    """The text with signs in place of characters that would move the cursor or reorder the line."""
    return _UNPRINTABLE.sub(lambda found: _sign(found[0]), text)


class _Words:
    """What stands around findings, in their language."""

    def __init__(self, language: str | None) -> None:
        translate = translation(language)
        self.severity = translation(language, PAGES)
        self.colon, self.note, self.effect, self.help = (
            word.into(translate) for word in (_COLON, _NOTE, _EFFECT, _HELP)
        )


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

    def __init__(self, entry: Entry, paint: _Paint, words: _Words) -> None:
        self._entry = entry
        self._paint = paint
        self._words = words
        marks = (entry.at, *entry.notes)
        self._gutter = max(len(str(number + 1)) for mark in marks for number, _ in mark.lines or ((0, ""),))

    def rows(self) -> Iterator[str]:
        entry, paint, words = self._entry, self._paint, self._words
        place = (entry.at.path, entry.at.cell)
        here = [note for note in entry.notes if note.lines and (note.path, note.cell) == place]
        elsewhere = [note for note in entry.notes if note.lines and (note.path, note.cell) != place]
        unseen = [note for note in entry.notes if not note.lines]
        title = paint(entry.severity, f"{words.severity(entry.severity)}[{entry.rule}]")
        yield title + paint("headline", words.colon + printable(entry.headline))
        yield self._place("-->", entry.at)
        yield self._frame("|")
        yield from self._excerpt([entry.at, *here])
        for note in elsewhere:
            yield self._frame("|")
            yield self._place(":::", note)
            yield self._frame("|")
            yield from self._excerpt([note])
        yield self._frame("|")
        yield self._frame("= ") + paint("headline", words.effect) + words.colon + printable(entry.effect)
        yield self._frame("= ") + paint("help", words.help) + words.colon + printable(entry.remedy)
        for note in unseen:
            yield (
                self._frame("= ")
                + paint("note", words.note)
                + words.colon
                + f"{_where(note)}{words.colon}{printable(note.text)}"
            )

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
        label = "" if primary else f"{self._words.note}{self._words.colon}{printable(mark.text)}"
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
