"""``docs/coverage.md``: for each family of pitfalls, what rules report and hovers tell; ``docs.py`` writes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from torch_pitfalls.knowledge.notes import ARGUMENTS, FUNCTIONS, METHOD_ARGUMENTS, METHODS, ApiNote
from torch_pitfalls.rule import Rule

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coverage.md"
RULES = "../server/torch_pitfalls/pages"

FAMILIES = {
    "mode": "Train and eval mode",
    "gradient": "Gradient control",
    "device": "Devices",
    "data": "Data loading",
    "checkpoint": "Saving and loading",
    "inplace": "In-place operations",
    "memory": "Memory",
    "loss": "Losses and scalars",
    "module": "Module registration",
    "api": "Removed and deprecated names",
}
"""The families of pitfalls, by the category of their rules."""

HEAD = """\
# What is covered

Every pitfall of a family is a rule, which reports it where it surely happens, or a note, which is shown when the
pointer rests on the name. The example of each rule runs on real torch in the tests (`tests/test_torch.py`): with its
symptom before the repair, and without it after. Notes are checked against torch's names and signatures
(`tests/test_about.py`).
"""


def wanted(rules: Iterable[Rule[Any]]) -> dict[Path, str]:
    """The generated file and its text."""
    by_category: dict[str, list[Rule[Any]]] = {}
    for rule in sorted(rules, key=lambda rule: rule.slug):
        by_category.setdefault(rule.category, []).append(rule)
    parts = [HEAD]
    for category, family in FAMILIES.items():
        parts += [f"## {family}\n", *_table(by_category.get(category, []))]
    loose = sorted({name for name, note in _named_notes() if not note.rules})
    parts += ["## Told on hover alone\n", ", ".join(f"`{name}`" for name in loose) + "\n"]
    return {PAGE: "\n".join(parts)}


def _table(rules: list[Rule[Any]]) -> Iterator[str]:
    yield "| Pitfall | Rule | Hovers that tell of it |\n|---|---|---|"
    for rule in rules:
        names = dict.fromkeys(name for name, note in _named_notes() if rule.slug in note.rules)
        told = ", ".join(f"`{name}`" for name in names)
        yield f"| {rule.title} | [`{rule.slug}`]({RULES}/{rule.slug}.md) | {told} |"
    yield ""


def _named_notes() -> Iterator[tuple[str, ApiNote]]:
    """Every note, with its name as it is written."""
    yield from FUNCTIONS.items()
    for name, method in METHODS.items():
        yield f".{name}", method.note
    for (called, argument), note in ARGUMENTS.items():
        yield f"{called.rpartition('.')[2]}({argument}=)", note
    for (called, argument), note in METHOD_ARGUMENTS.items():
        yield f".{called}({argument}=)", note
