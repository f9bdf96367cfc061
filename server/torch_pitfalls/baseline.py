"""Findings that are known and put up with: only what is new is reported.

A baseline is a JSON file of paths, rules and lines of code, made for version control: findings in it stay known when
their lines move, and become new when their lines change.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from torch_pitfalls.report import Entry
from torch_pitfalls.report.identity import Identity, identity

_VERSION = 1


class Unusable(ValueError):
    """A baseline that cannot be read; the message is one sentence that names it."""


def write(path: str, entries: Iterable[Entry]) -> int:
    """Make the findings known; returns how many there are."""
    counts = Counter(_identity(entry, path) for entry in entries)
    findings = [
        {"path": file, "rule": rule, "line": line, "count": count}
        for (file, rule, line), count in sorted(counts.items())
    ]
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps({"version": _VERSION, "findings": findings}, indent=1, ensure_ascii=False) + "\n")
    return counts.total()


def read(path: str) -> Counter[Identity]:
    """The findings that are known, and how many of each."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise Unusable(f"{path}: the baseline cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise Unusable(f"{path}: the baseline is not JSON: {error}") from error
    try:
        if content["version"] != _VERSION:
            raise Unusable(f"{path}: the baseline has version {content['version']}, not {_VERSION}")
        return Counter({(one["path"], one["rule"], one["line"]): int(one["count"]) for one in content["findings"]})
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, Unusable):
            raise
        raise Unusable(f"{path}: this is no baseline; `--write-baseline` makes one") from error


def new(entries: Iterable[Entry], known: Counter[Identity], path: str) -> list[Entry]:
    """The findings that are not in the baseline; of equal ones, those beyond the number there."""
    left = known.copy()
    found = []
    for entry in entries:
        one = _identity(entry, path)
        if left[one] > 0:
            left[one] -= 1
        else:
            found.append(entry)
    return found


def _identity(entry: Entry, baseline: str) -> Identity:
    """The identity of a finding, with its path as seen from the baseline's folder."""
    path = os.path.abspath(entry.at.path)
    with contextlib.suppress(ValueError):  # on another drive
        path = os.path.relpath(path, os.path.dirname(os.path.abspath(baseline)))
    return identity(replace(entry, at=replace(entry.at, path=path)))
