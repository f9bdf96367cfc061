"""Where a comment that silences a rule goes, and what it replaces."""

from __future__ import annotations

import re
from dataclasses import dataclass

from torch_pitfalls.syntax.chunks import split
from torch_pitfalls.syntax.directives import directives
from torch_pitfalls.text.edits import Edit, Span
from torch_pitfalls.text.source import Source

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
  | (?P<string>(?:\"\"\"(?:[^\\]|\\.)*?(?:\"\"\"|\Z)) | (?:'''(?:[^\\]|\\.)*?(?:'''|\Z))
      | "(?:[^"\\\r\n]|\\(?:\r\n|.))*"? | '(?:[^'\\\r\n]|\\(?:\r\n|.))*'?)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<joined>\\(?:\r\n|\r|\n))
  | (?P<newline>\r\n|\r|\n)
    """,
    re.VERBOSE | re.DOTALL,
)
_IGNORE = re.compile(r"#\s*torch-pitfalls:\s*ignore\s*\[(?P<slugs>[^\]]*)\]", re.IGNORECASE)

_FIRST = re.compile(r"#!|[ \t\f]*#.*?coding[:=]")
"""What must stay in the first lines of a script: its interpreter and its encoding."""


@dataclass(frozen=True, slots=True)
class _LineEnd:
    """Where a physical line ends, and the comment that it ends with."""

    at: int
    comment: Span | None


def ignore(source: Source, line: int, slug: str) -> Edit:
    """The edit that silences a rule on a line.

    Where the line ends inside a string or with a backslash, the comment goes to the last line of the
    statement.
    """
    text = source.text
    end = _line_end(source, line)
    if end.comment is not None:
        own = _IGNORE.search(text, end.comment.start, end.comment.end)
        if own is not None:
            at = own.start("slugs") + len(own.group("slugs").rstrip())
            return Edit(Span(at, at), f", {slug}" if own.group("slugs").strip() else slug)
    code_end = len(text[: end.at].rstrip(" \t"))
    return Edit(Span(code_end, end.at), f"  # torch-pitfalls: ignore[{slug}]")


def _line_end(source: Source, line: int) -> _LineEnd:
    """The end of the line if a comment can stand there, else the end of its statement."""
    wanted = source.line_starts[line]
    begin, text = _statement(source.text, wanted)
    depth = 0
    comment: Span | None = None
    for token in _TOKEN.finditer(text):
        kind, at = token.lastgroup, begin + token.start()
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "comment":
            comment = Span(at, begin + token.end())
        elif kind == "newline":
            if at >= wanted and (depth == 0 or source.position(at)[0] == line):
                return _LineEnd(at, comment)
            comment = None
    return _LineEnd(begin + len(text), comment)


def _statement(text: str, offset: int) -> tuple[int, str]:
    """The top-level statement that holds an offset, and where it begins."""
    begin = 0
    for chunk in split(text):
        if offset < begin + len(chunk):
            return begin, chunk
        begin += len(chunk)
    return begin, ""


def ignore_in_file(source: Source, slug: str, first_line: int = 0) -> Edit:
    """The edit that silences a rule in the whole text.

    A comment that silences others gets one more name; else there is a new one, in ``first_line`` or, at the top of
    a text, below what must be first there.
    """
    for directive in directives(source.text):
        if directive.whole_file and directive.slugs is not None:
            if directive.listed:
                behind = directive.listed[-1][1].end
                return Edit(Span(behind, behind), f", {slug}")
            return Edit(Span(directive.span.end - 1, directive.span.end), f"{slug}]")
    line = first_line
    if line == 0:
        while line < 2 and _FIRST.match(source.line(line)):
            line += 1
    at = source.offset(line, 0)
    end = "\r\n" if "\r\n" in source.text else "\n"
    if line == 0 and source.text.startswith("\ufeff"):
        at = 1
    before = end if at and source.text[at - 1] not in "\r\n\ufeff" else ""
    return Edit(Span(at, at), f"{before}# torch-pitfalls: ignore-file[{slug}]{end}")
