"""One module per pitfall; nothing else in here."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from torch_pitfalls.rule import Rule


def _load() -> dict[str, Rule[Any]]:
    found: dict[str, Rule[Any]] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        rule = getattr(importlib.import_module(f"{__name__}.{module.name}"), "RULE", None)
        if not isinstance(rule, Rule) or rule.slug != module.name.replace("_", "-"):
            raise TypeError(f"{__name__}.{module.name} must define RULE with its own name as slug")
        found[rule.slug] = rule
    return found


RULES: dict[str, Rule[Any]] = _load()
"""Slug → rule, in the order of the slugs."""
