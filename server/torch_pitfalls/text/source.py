"""A text and its lines.

Lines end at LF, CRLF or CR and nowhere else: that is what both the Python tokenizer and the
Language Server Protocol count. (``str.splitlines`` also splits at form feeds and U+2028.)
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

_LINE_END = re.compile(r"\r\n|\n|\r")


class Source:
    """An immutable text with a line table. Lines and columns count from 0, columns in characters."""

    __slots__ = ("__dict__", "text")

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of every line."""
        if "\r" not in self.text:
            starts = [0]
            find, at = self.text.find, -1
            while (at := find("\n", at + 1)) >= 0:
                starts.append(at + 1)
            return starts
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @property
    def line_count(self) -> int:
        """Number of lines; a text that ends with a line end has an empty last line."""
        return len(self.line_starts)

    def line(self, number: int) -> str:
        """The text of one line without its line end; empty beyond the last line."""
        starts = self.line_starts
        if not 0 <= number < len(starts):
            return ""
        end = starts[number + 1] if number + 1 < len(starts) else len(self.text)
        return self.text[starts[number] : end].rstrip("\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of an offset; offsets outside the text are clamped."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.line_starts, offset) - 1
        return line, offset - self.line_starts[line]

    def offset(self, line: int, column: int) -> int:
        """Offset of (line, column); places beyond a line's end are clamped to its end."""
        starts = self.line_starts
        if line < 0:
            return 0
        if line >= len(starts):
            return len(self.text)
        return starts[line] + min(max(column, 0), len(self.line(line)))

    def byte_offset(self, line: int, column: int) -> int:
        """Offset of a place whose column counts UTF-8 bytes, as in ``ast`` nodes."""
        start = self.line_starts[line]
        if self.text.isascii():
            return start + column
        text = self.line(line)
        if text.isascii():
            return start + column
        return start + len(text.encode("utf-8")[:column].decode("utf-8", "ignore"))


class Joined(Source):
    """The texts of several sources one behind the other; each but the last ends with a line end.

    Places are found through the parts, so that nothing of the length of the whole is made for them.
    """

    __slots__ = ("_line_starts", "parts", "starts")

    def __init__(self, parts: Sequence[Source]) -> None:
        self.parts = parts or (Source(""),)
        # Offset of every part, and of the end.
        self.starts = [0, *accumulate(len(part.text) for part in self.parts)]
        self._line_starts = [0, *accumulate(part.line_count - 1 for part in self.parts)]

    @cached_property
    def text(self) -> str:  # type: ignore[override]
        """The whole text."""
        return "".join(part.text for part in self.parts)

    @property
    def line_count(self) -> int:
        """Number of lines; a text that ends with a line end has an empty last line."""
        return self._line_starts[-1] + 1

    def line(self, number: int) -> str:
        """The text of one line without its line end; empty beyond the last line."""
        if not 0 <= number < self.line_count:
            return ""
        part = self._part(self._line_starts, number)
        return self.parts[part].line(number - self._line_starts[part])

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of an offset; offsets outside the text are clamped."""
        offset = min(max(offset, 0), self.starts[-1])
        part = self._part(self.starts, offset)
        line, column = self.parts[part].position(offset - self.starts[part])
        return line + self._line_starts[part], column

    def offset(self, line: int, column: int) -> int:
        """Offset of (line, column); places beyond a line's end are clamped to its end."""
        if line < 0:
            return 0
        if line >= self.line_count:
            return self.starts[-1]
        part = self._part(self._line_starts, line)
        return self.starts[part] + self.parts[part].offset(line - self._line_starts[part], column)

    def _part(self, starts: list[int], at: int) -> int:
        return min(bisect_right(starts, at), len(self.parts)) - 1
