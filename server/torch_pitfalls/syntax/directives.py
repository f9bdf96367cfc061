"""Comments that silence rules.

``# torch-pitfalls: ignore[slug, …]`` and ``# noqa: slug`` speak of their own line,
``# torch-pitfalls: ignore-file[slug, …]`` of the whole file; without brackets, of every rule.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

_OURS = re.compile(r"#\s*torch-pitfalls:\s*(?P<verb>ignore-file|ignore)\b(?:\s*\[(?P<slugs>[^\]]*)\])?", re.I)
_NOQA = re.compile(r"#\s*noqa\s*:\s*(?P<slugs>[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)", re.I)


@dataclass(frozen=True, slots=True)
class Directive:
    """A silencing comment. ``slugs`` is None for every rule; ``line`` counts from 0 in the chunk."""

    line: int
    slugs: frozenset[str] | None
    whole_file: bool


def directives(text: str) -> tuple[Directive, ...]:
    """The silencing comments of a text; strings that look like one do not count."""
    if "#" not in text or ("torch-pitfalls" not in text and "noqa" not in text):
        return ()
    return tuple(found for line, comment in _comments(text) for found in _read(line, comment))


def _comments(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                found.append((token.start[0] - 1, token.string))
    except (tokenize.TokenError, SyntaxError):
        # Broken text: what was read so far still counts.
        pass
    return found


def _read(line: int, comment: str) -> list[Directive]:
    ours = _OURS.search(comment)
    if ours:
        whole_file = ours.group("verb").lower() == "ignore-file"
        return [Directive(line, _slugs(ours.group("slugs")), whole_file)]
    noqa = _NOQA.search(comment)
    if noqa:
        return [Directive(line, _slugs(noqa.group("slugs")), False)]
    return []


def _slugs(listed: str | None) -> frozenset[str] | None:
    if listed is None:
        return None
    return frozenset(slug.strip().lower() for slug in listed.split(",") if slug.strip())
