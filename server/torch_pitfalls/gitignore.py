"""Patterns of ``.gitignore`` files, matched as git matches them: one entry of a directory at a time.

A pattern here never reaches from a directory to what is inside; leaving out a directory's content is the
business of whoever walks it. That is what makes ``data/**`` with ``!data/**/`` and ``!data/**/*.py`` work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_NOTHING = "(?!)"
_SPECIAL = re.compile(r"\\(?P<escaped>.)|(?P<bracket>\[)|(?P<stars>\*+)|(?P<any>\?)|(?P<other>.)", re.DOTALL)
_MEMBER = re.compile(r"\[:(?P<name>[a-z]+):\]|(?P<low>\\.|[^\\])(?:-(?P<high>\\.|[^\]\\]))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of an ignore file. ``negated`` takes entries back; ``only_directories`` ends with a slash."""

    regex: re.Pattern[str]
    negated: bool
    only_directories: bool


def parse(lines: Iterable[str]) -> tuple[Pattern, ...]:
    """The patterns of an ignore file; blank lines and comments are none."""
    return tuple(pattern for line in lines if (pattern := _pattern(line)) is not None)


def verdict(patterns: tuple[Pattern, ...], path: str, *, directory: bool) -> bool | None:
    """True if the entry is left out, False if it is taken back, None if no pattern speaks of it.

    ``path`` is relative to the place of the patterns, with forward slashes.
    """
    for pattern in reversed(patterns):
        if (directory or not pattern.only_directories) and pattern.regex.fullmatch(path):
            return not pattern.negated
    return None


def matches(patterns: tuple[Pattern, ...], path: str, *, directory: bool = False) -> bool:
    """Whether the entry, or a directory on the way to it, is left out."""
    parts = path.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    if any(verdict(patterns, place, directory=True) for place in above):
        return True
    return bool(verdict(patterns, path, directory=directory))


def _pattern(line: str) -> Pattern | None:
    line = re.sub(r"(?<!\\)((?:\\\\)*) +$", r"\1", line)
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    glob = line[negated:]
    only_directories = glob.endswith("/")
    glob = glob[: len(glob) - only_directories]
    anywhere = "" if "/" in glob else "(?:.*/)?"
    return Pattern(re.compile(anywhere + _regex(glob.removeprefix("/")), re.DOTALL), negated, only_directories)


def _regex(glob: str) -> str:
    pieces: list[str] = []
    at = 0
    while at < len(glob):
        found = _SPECIAL.match(glob, at)
        if found is None or found["other"] == "\\":
            return _NOTHING  # a backslash with nothing to escape
        start, at = at, found.end()
        if found["stars"]:
            piece, at = _stars(glob, start, at)
        elif found["bracket"]:
            piece, at = _bracket(glob, at)
        else:
            piece = "[^/]" if found["any"] else re.escape(found["escaped"] or found["other"])
        pieces.append(piece)
    return "".join(pieces)


def _stars(glob: str, start: int, end: int) -> tuple[str, int]:
    """The regex of ``*`` or ``**`` and where the pattern goes on."""
    alone = end - start >= 2 and glob[start - 1 : start] in ("", "/") and glob[end : end + 1] in ("", "/")
    if not alone:
        return "[^/]*", end
    if end == len(glob):
        return ".*", end
    return "(?:.*/)?", end + 1


def _bracket(glob: str, at: int) -> tuple[str, int]:
    """The regex of ``[...]`` whose content starts at ``at`` and where the pattern goes on."""
    negated = glob[at : at + 1] in ("!", "^")
    at += negated
    members: list[str] = []
    while not (glob[at : at + 1] == "]" and members):
        found = _MEMBER.match(glob, at)
        if found is None:
            return _NOTHING, len(glob)  # never closed: git matches nothing
        at = found.end()
        members.append(_member(found))
    inside = "".join(members)
    if negated:
        return f"[^/{inside}]", at + 1
    return (f"(?!/)[{inside}]" if inside else _NOTHING), at + 1


def _member(found: re.Match[str]) -> str:
    if found["name"]:
        return _CLASSES.get(found["name"], "")
    low, high = found["low"][-1], (found["high"] or found["low"])[-1]
    return f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low)
