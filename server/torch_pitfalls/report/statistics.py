"""How many findings of which rule, the most frequent first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from operator import itemgetter

from torch_pitfalls.config import ALL
from torch_pitfalls.messages import PAGES, translation
from torch_pitfalls.report import Entry


def render(entries: Iterable[Entry], *, as_json: bool = False, language: str | None = None) -> str:
    """A line for each rule, or an array of objects: count, rule, how many can be fixed, title."""
    found, translate = list(entries), translation(language, PAGES)
    fixable = Counter(entry.rule for entry in found if entry.fix is not None)
    counts = sorted(sorted(Counter(entry.rule for entry in found).items()), key=itemgetter(1), reverse=True)
    if as_json:
        table = [
            {"rule": rule, "count": count, "fixable": fixable[rule], "title": translate(ALL[rule].title)}
            for rule, count in counts
        ]
        return json.dumps(table, indent=2) + "\n"
    if not counts:
        return ""
    numbers = len(str(counts[0][1]))
    names = max(len(rule) for rule, _ in counts)
    return "".join(f"{count:>{numbers}}  {rule:<{names}}  {translate(ALL[rule].title)}\n" for rule, count in counts)
