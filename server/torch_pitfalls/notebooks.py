"""Jupyter notebooks: the code of their cells as one Python text, and the way back.

What IPython understands and Python does not (magics, shell lines, help) is blanked, character for character, so that
a place in the text is the same place in a cell.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch_pitfalls.syntax.shapes import CELL_MARK
from torch_pitfalls.text.edits import Edit, Span, apply
from torch_pitfalls.text.source import Source

SUFFIX = ".ipynb"

_TOKEN = re.compile(
    r"""
    \#[^\r\n]*
  | (?P<long>\"\"\"|''')
  | "(?:[^"\\\r\n]|\\.)*"? | '(?:[^'\\\r\n]|\\.)*'?
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<joined>\\$)
    """,
    re.VERBOSE,
)
_MAGIC = re.compile(r"[ \t]*(?P<all>[%!?].*|,.*|;.*|/\w.*|[\w.]+\?{1,2}\s*$)")
_TIMED = re.compile(r"(?P<indent>[ \t]*)(?P<magic>%time[ \t]+)(?=\S)")
_ASSIGNED = re.compile(r"[ \t]*[\w.,\[\] \t]+=[ \t]*(?P<all>[%!](?!=).*)")
_PYTHON_CELLS = frozenset(
    {"time", "timeit", "capture", "prun", "debug", "memit", "mprun", "lprun", "python", "python3"}
)
"""Cell magics below which there is Python."""


class NotANotebook(ValueError):
    """A file that cannot be read as a notebook; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its number among all cells (from 1), its source, and the first of its lines in the whole text."""

    number: int
    source: str
    first_line: int


class Notebook:
    """The code cells of a notebook, in order, as one text."""

    def __init__(self, sources: Iterable[tuple[int, str]]) -> None:
        self.cells: list[Cell] = []
        pieces: list[str] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        offset = line = 0
        for number, source in sources:
            if pieces:
                # Beyond the last line of the cell before: a statement above it is the last of its cell.
                pieces.append(CELL_MARK)
                offset += len(CELL_MARK)
                line += 1
            piece = blanked(source)
            piece += "" if piece.endswith(("\n", "\r")) else "\n"
            self.cells.append(Cell(number, source, line))
            self._starts.append(offset)
            pieces.append(piece)
            offset += len(piece)
            self._ends.append(offset)
            line += Source(piece).line_count - 1
        self.text = "".join(pieces)
        self._first_lines = [cell.first_line for cell in self.cells]

    def at_line(self, line: int) -> int:
        """The index of the cell that holds a line of the text; the last cell beyond its end."""
        return max(0, bisect_right(self._first_lines, line) - 1)

    def start(self, index: int) -> int:
        """Offset of the first character of a cell."""
        return self._starts[index]

    def of_cells(self, edits: Iterable[Edit]) -> dict[int, list[Edit]] | None:
        """Edits of the text as edits of the sources of cells; None if one reaches over the end of a cell."""
        found: dict[int, list[Edit]] = {}
        for edit in edits:
            if not self.cells:
                return None
            index = max(0, bisect_right(self._starts, edit.span.start) - 1)
            if edit.span.end > self._ends[index]:
                return None
            found.setdefault(index, []).append(edit.shifted(-self._starts[index]))
        return found

    def repaired(self, edits: Iterable[Edit]) -> dict[int, str] | None:
        """The new sources of the cells that edits of the text change; None if one reaches over the end of a cell."""
        by_cell = self.of_cells(edits)
        if by_cell is None:
            return None
        return {index: self._apply(self.cells[index].source, some) for index, some in by_cell.items()}

    def _apply(self, source: str, edits: list[Edit]) -> str:
        if source.endswith(("\n", "\r")):
            return apply(source, edits)
        return apply(source + "\n", edits).removesuffix("\n")


def blanked(source: str) -> str:
    """The source of a cell with a placeholder for all that only IPython understands; of the same length."""
    lines = _kept_lines(source)
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        name = re.match(r"%%(\w*)", lines[first])
        keep = name is not None and name[1] in _PYTHON_CELLS
        return "".join(
            _blank(line, 0) if index == first else (line if keep else _emptied(line))
            for index, line in enumerate(lines)
        )
    scanner = _Scanner()
    return "".join(scanner.line(line) for line in lines)


class _Scanner:
    """Knows whether a line begins a statement, by the brackets and strings that are open."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""
        self._joined = False
        self._in_magic = False

    def line(self, line: str) -> str:
        """The line, blanked if it is no Python."""
        body = line.rstrip("\r\n")
        if self._in_magic:
            self._in_magic = body.endswith("\\")
            return _emptied(line)
        if not self._depth and not self._quote and not self._joined:
            timed = _TIMED.match(body)
            if timed is not None:
                line = timed["indent"] + "_;" + " " * (len(timed["magic"]) - 2) + line[timed.end() :]
                body = line.rstrip("\r\n")
            else:
                magic = _ASSIGNED.fullmatch(body) or _MAGIC.fullmatch(body)
                if magic is not None:
                    self._in_magic = body.endswith("\\")
                    return _blank(line, magic.start("all"))
        self._scan(body)
        return line

    def _scan(self, body: str) -> None:
        at = 0
        self._joined = False
        while at < len(body):
            if self._quote:
                end = body.find(self._quote, at)
                if end < 0:
                    return
                at, self._quote = end + 3, ""
                continue
            token = _TOKEN.search(body, at)
            if token is None:
                return
            at = token.end()
            if token["long"]:
                self._quote = token["long"]
            elif token["open"]:
                self._depth += 1
            elif token["close"]:
                self._depth = max(0, self._depth - 1)
            elif token["joined"] is not None:
                self._joined = True


def _blank(line: str, start: int) -> str:
    """A name that nobody knows in place of the rest of a line: a statement that may be anything."""
    body = line.rstrip("\r\n")
    return f"{body[:start]}_{' ' * (len(body) - start - 1)}{line[len(body) :]}"


def _emptied(line: str) -> str:
    body = line.rstrip("\r\n")
    return " " * len(body) + line[len(body) :]


# ── files ──


@dataclass(frozen=True, slots=True)
class _Source:
    """The ``source`` of a code cell in the JSON text: where its value stands, and the value."""

    number: int
    span: Span
    text: str


class File:
    """A notebook on disk: all but the sources of changed cells is written back as it was read."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        try:
            self._sources = list(_code_cells(raw))
        except (ValueError, RecursionError) as error:
            raise NotANotebook(f"the file is no notebook: {error}") from error
        self.notebook = Notebook((one.number, one.text) for one in self._sources)

    def with_sources(self, sources: dict[int, str]) -> str:
        """The JSON text with new sources for some cells."""
        return apply(
            self.raw,
            [Edit(self._sources[index].span, self._written(index, text)) for index, text in sources.items()],
        )

    def _written(self, index: int, text: str) -> str:
        """The source in the form that the old one had: a string, or a list of lines set in the same way."""
        span = self._sources[index].span
        old = self.raw[span.start : span.end]
        ascii_only = "\\u" in self.raw or self.raw.isascii()
        dumped = [json.dumps(line, ensure_ascii=ascii_only) for line in _kept_lines(text)]
        if not old.startswith("["):
            return json.dumps(text, ensure_ascii=ascii_only)
        opening = re.match(r"\[\s*", old)
        closing = re.search(r"\s*\]$", old)
        assert opening is not None and closing is not None
        space = opening[0][1:]
        return opening[0] + f",{space or ' '}".join(dumped) + closing[0]


def read(path: str) -> File:
    """Read a notebook. Raises OSError or NotANotebook."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        return File(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotANotebook(f"the file is not UTF-8 at byte {error.start}") from error


def _kept_lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text) or ([""] if not text else [])


def _code_cells(raw: str) -> Iterator[_Source]:
    whole = json.loads(raw)
    if not isinstance(whole, dict) or not isinstance(whole.get("cells"), list):
        raise NotANotebook("it has no list of cells")
    if not _is_python(whole.get("metadata")):
        return
    places = _Places(raw)
    cells = places.of_cells()
    for index, cell in enumerate(whole["cells"]):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code" or index >= len(cells):
            continue
        source, span = cell.get("source"), cells[index].get("source")
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if isinstance(source, str) and span is not None:
            yield _Source(index + 1, span, source)


def _is_python(metadata: Any) -> bool:
    """Whether the notebook is in Python, as far as it says."""
    found = []
    for table, key in (("kernelspec", "language"), ("language_info", "name")):
        value = metadata.get(table) if isinstance(metadata, dict) else None
        if isinstance(value, dict) and isinstance(value.get(key), str):
            found.append(value[key].lower())
    return not found or any("python" in name for name in found)


class _Places:
    """Where values stand in a JSON text that is known to be well formed."""

    _SPACE = re.compile(r"[ \t\r\n]*")
    _STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
    _PLAIN = re.compile(r"[^\s,\]}]+")

    def __init__(self, raw: str) -> None:
        self._raw = raw

    def of_cells(self) -> list[dict[str, Span]]:
        """For each cell, the place of the value of each of its keys."""
        cells: list[dict[str, Span]] = []

        def take(key: str, at: int) -> int:
            if key != "cells":
                return self._skip(at)
            cells.clear()
            return self._elements(at, lambda start: self._cell(start, cells))

        self._members(self._space(0), take)
        return cells

    def _cell(self, at: int, cells: list[dict[str, Span]]) -> int:
        found: dict[str, Span] = {}
        cells.append(found)
        if self._raw[at] != "{":
            return self._skip(at)

        def take(key: str, start: int) -> int:
            end = self._skip(start)
            found[key] = Span(start, end)
            return end

        return self._members(at, take)

    def _space(self, at: int) -> int:
        match = self._SPACE.match(self._raw, at)
        assert match is not None
        return match.end()

    def _string(self, at: int) -> int:
        match = self._STRING.match(self._raw, at)
        assert match is not None
        return match.end()

    def _members(self, at: int, take: Callable[[str, int], int]) -> int:
        at = self._space(at + 1)
        while self._raw[at] != "}":
            end = self._string(at)
            key = json.loads(self._raw[at:end])
            at = take(key, self._space(self._space(end) + 1))
            at = self._space(at)
            if self._raw[at] == ",":
                at = self._space(at + 1)
        return at + 1

    def _elements(self, at: int, take: Callable[[int], int]) -> int:
        at = self._space(at + 1)
        while self._raw[at] != "]":
            at = self._space(take(at))
            if self._raw[at] == ",":
                at = self._space(at + 1)
        return at + 1

    def _skip(self, at: int) -> int:
        sign = self._raw[at]
        if sign == "{":
            return self._members(at, lambda key, start: self._skip(start))
        if sign == "[":
            return self._elements(at, self._skip)
        if sign == '"':
            return self._string(at)
        match = self._PLAIN.match(self._raw, at)
        assert match is not None
        return match.end()


def joined(sources: Sequence[str]) -> Notebook:
    """The notebook of some code cells, numbered from 1."""
    return Notebook(enumerate(sources, 1))
