"""What people read, in their language: templates with named places, filled in last.

A sentence is written once, in English, as a template; the catalogues in ``locale`` translate templates.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("en", "zh-cn")
"""The languages that sentences exist in; the first is the one that they are written in."""

MESSAGES, PAGES = "torch_pitfalls", "pages"
"""The two catalogues of a language: what findings and front ends say, and the pages of the rules."""
_FOLDER = Path(__file__).resolve().parent / "locale"
_CATALOGUES = {"zh-cn": "zh_CN"}

Translate = Callable[[str], str]
"""A template of the program → the same in another language; itself where there is no translation."""


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence: a template, and what stands in its places. As ``str`` it is English."""

    template: str
    values: tuple[tuple[str, str | Text], ...] = ()

    def __str__(self) -> str:
        return self.into(_unchanged)

    def into(self, translate: Translate) -> str:
        """The sentence in a language."""
        values = {name: value.into(translate) if isinstance(value, Text) else value for name, value in self.values}
        return translate(self.template).format_map(values)


def say(template: str, /, **values: str | Text) -> Text:
    """A sentence for people. Templates are literals, so that they are found for translation."""
    return Text(template, tuple(values.items()))


@lru_cache
def translation(language: str | None, domain: str = MESSAGES) -> Translate:
    """A catalogue of a language; of none and of an unknown one, English."""
    folder = _CATALOGUES.get(language or "")
    if folder is None:
        return _unchanged
    return gettext.translation(domain, str(_FOLDER), [folder], fallback=True).gettext


def language_of(locale: str | None) -> str:
    """The language of a locale as clients and systems name it (``zh-cn``, ``zh_CN.UTF-8``, ``de``)."""
    tag = (locale or "").lower().replace("_", "-").partition(".")[0]
    return "zh-cn" if tag == "zh" or tag.startswith(("zh-cn", "zh-hans", "zh-sg")) else LANGUAGES[0]


def _unchanged(template: str) -> str:
    return template
