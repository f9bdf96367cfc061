"""The pages of the rules: one Markdown file for each slug, written by ``scripts/docs.py``."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def uri(slug: str) -> str:
    """Return the ``file:`` URI of a rule's page, ready for an editor to open."""
    return _page(slug).as_uri()


def text(slug: str) -> str:
    """Return a rule's page as Markdown. Raises ``LookupError`` when there is none."""
    page = _page(slug)
    if not page.is_file():
        raise LookupError(f"There is no page for a rule named {slug!r}.")
    return page.read_text(encoding="utf-8")


def _page(slug: str) -> Path:
    return _FOLDER / f"{slug}.md"
