"""Cutting a file into chunks: one top-level statement each, with the comments that follow it.

The cut works on characters, so that a broken file can be cut too, and starts afresh at every chunk,
so that after an edit only the chunks it touches need cutting again. The chunks of a text joined
together are the text.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\r\n]*)
  | (?P<long>(?:\"\"\"(?:[^"\\]|\\.|"(?!""))*(?:\"\"\"|\Z)) | (?:'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)))
  | (?P<short>"(?:[^"\\\r\n]|\\(?:\r\n|.))*"? | '(?:[^'\\\r\n]|\\(?:\r\n|.))*'?)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<joined>\\(?:\r\n|\r|\n))
  | (?P<newline>\r\n|\n|\r)
    """,
    re.VERBOSE | re.DOTALL,
)
_STARTS = re.compile(r"[^\s#)\]}]")
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b")
_SURELY_NEW = re.compile(
    r"(?:@[^\r\n]*[\r\n]+)*(?:async\s+def|def|class)\s+\w"
    r"|(?:import|from|with)\s+\w|(?:if|for|while|try)\b[^\r\n]*:\s*(?:#.*)?$",
    re.M,
)
"""What starts a statement even if a bracket above was left open."""
_DECORATOR = re.compile(r"@")


def split(text: str) -> list[str]:
    """Cut a text into chunks; their concatenation is the text."""
    starts = [0]
    starts += (at for at in _boundaries(text) if at > 0)
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def _boundaries(text: str) -> list[int]:
    """Offsets of lines at which a top-level statement starts."""
    found: list[int] = []
    depth = 0
    decorated = False
    line = 0
    for match in [None, *_TOKEN.finditer(text)]:
        if match is not None:
            kind = match.lastgroup
            if kind == "open":
                depth += 1
            elif kind == "close":
                depth = max(0, depth - 1)
            if kind != "newline":
                continue
            line = match.end()
        if line >= len(text) or not _STARTS.match(text, line):
            continue
        if depth:
            if not _SURELY_NEW.match(text, line):
                continue
            depth = 0
        if _CONTINUES.match(text, line):
            continue
        if not decorated:
            found.append(line)
        decorated = bool(_DECORATOR.match(text, line))
    if found and not text[: found[0]].strip():
        found[0] = 0
    return found
