"""The pages of the rules: one Markdown file for each slug and language, written by ``scripts/docs.py``."""

from __future__ import annotations

import re
from pathlib import Path

from torch_pitfalls.messages import LANGUAGES

HEADS = ("How to fix", "Exceptions", "Cannot see", "Versions", "See also")
"""The heads of a page below the example, in their order."""

PHRASES = (
    *HEADS,
    "Example",
    "Right:",
    "reported here",
    "quick fix: {fix}",
    "safe",
    "needs a look",
    "none",
    "off by default",
    "preview, off by default",
    "error",
    "warning",
    "information",
    "hint",
    "api",
    "checkpoint",
    "data",
    "device",
    "gradient",
    "inplace",
    "loss",
    "memory",
    "mode",
    "module",
    "suppression",
)
"""What pages say beside the paragraphs of their rule: heads, fixes, severities, categories."""

_FOLDER = Path(__file__).resolve().parent


def uri(slug: str, language: str | None = None, site: str | None = None) -> str:
    """Where a rule's page is: on a documentation site, else the ``file:`` URI; in English if it is not translated."""
    page = _page(slug, language)
    if site is None:
        return page.as_uri()
    return f"{site.rstrip('/')}/rules/{page.relative_to(_FOLDER).with_suffix('').as_posix()}/"


def text(slug: str, language: str | None = None) -> str:
    """Return a rule's page as Markdown. Raises ``LookupError`` when there is none."""
    page = _page(slug, language)
    if not page.is_file():
        raise LookupError(f"There is no page for a rule named {slug!r}.")
    return page.read_text(encoding="utf-8")


def paragraphs(doc: str) -> list[str]:
    """The paragraphs of a rule's docstring without their heads, the title first, as they are translated.

    Lines are joined, except where a line break means something: in lists and tables.
    """
    found = []
    for paragraph in re.split(r"\n\s*\n", doc.strip()):
        head, colon, rest = paragraph.partition(":")
        found.append(joined(rest if colon and head in HEADS else paragraph))
    return found


def joined(paragraph: str) -> str:
    """A paragraph on one line, where its line breaks mean nothing."""
    lines = [line.rstrip() for line in paragraph.strip().splitlines()]
    if any(re.match(r"\s*(?:[-*|]|\d+\.)\s", line) for line in lines):
        return "\n".join(lines)
    return " ".join(line.strip() for line in lines)


def _page(slug: str, language: str | None) -> Path:
    language = language or LANGUAGES[0]
    translated = _FOLDER / language / f"{slug}.md"
    return translated if translated.is_file() else _FOLDER / f"{slug}.md"
