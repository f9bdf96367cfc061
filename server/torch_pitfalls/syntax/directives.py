"""Comments that silence rules.

``# torch-pitfalls: ignore[slug, …]`` and ``# noqa: slug`` speak of their own line,
``# torch-pitfalls: ignore-file[slug, …]`` of the whole file; without brackets, of every rule.
"""

from __future__ import annotations

import io
import re
import tokenize
from dataclasses import dataclass

from torch_pitfalls.text.edits import Span
from torch_pitfalls.text.source import Source

_OURS = re.compile(r"#\s*torch-pitfalls:\s*(?P<verb>ignore-file|ignore)\b(?:\s*\[(?P<slugs>[^\]]*)\])?", re.I)
_NOQA = re.compile(r"#\s*noqa\s*:\s*(?P<slugs>[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)", re.I)


@dataclass(frozen=True, slots=True)
class Directive:
    """A silencing comment. ``slugs`` is None for every rule; ``line`` counts from 0 in the chunk.

    ``span`` is where the words stand that silence, ``listed`` each slug as it is written, with its place, in
    characters from the start of the chunk. ``shared`` tells that other tools read the same words.
    """

    line: int
    slugs: frozenset[str] | None
    whole_file: bool
    span: Span
    listed: tuple[tuple[str, Span], ...]
    shared: bool


def directives(text: str) -> tuple[Directive, ...]:
    """The silencing comments of a text; strings that look like one do not count."""
    if "#" not in text or ("torch-pitfalls" not in text and "noqa" not in text):
        return ()
    starts = Source(text).line_starts
    return tuple(
        found for line, column, comment in _comments(text) for found in _read(line, starts[line] + column, comment)
    )


def _comments(text: str) -> list[tuple[int, int, str]]:
    """Line, column and text of every comment."""
    found: list[tuple[int, int, str]] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                found.append((token.start[0] - 1, token.start[1], token.string))
    except (tokenize.TokenError, SyntaxError):
        # Broken text: what was read so far still counts.
        pass
    return found


def _read(line: int, offset: int, comment: str) -> list[Directive]:
    ours = _OURS.search(comment)
    match = ours or _NOQA.search(comment)
    if match is None:
        return []
    listed = None if match.group("slugs") is None else _listed(match, offset)
    return [
        Directive(
            line,
            None if listed is None else frozenset(slug for slug, _ in listed),
            ours is not None and ours.group("verb").lower() == "ignore-file",
            Span(offset + match.start(), offset + match.end()),
            listed or (),
            ours is None,
        )
    ]


def _listed(match: re.Match[str], offset: int) -> tuple[tuple[str, Span], ...]:
    start = offset + match.start("slugs")
    return tuple(
        (slug[0].lower(), Span(start + slug.start(), start + slug.end()))
        for slug in re.finditer(r"[^\s,](?:[^,]*[^\s,])?", match.group("slugs"))
    )
