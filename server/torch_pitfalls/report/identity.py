"""What makes a finding the same one after the code around it has changed: rule, file and the text of its line."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from torch_pitfalls.report import Entry

Identity = tuple[str, str, str]
"""Path with forward slashes, rule, and the line without its indentation."""


def identity(entry: Entry) -> Identity:
    """The identity of a finding; equal lines of a file share one."""
    line = dict(entry.at.lines).get(entry.at.start[0], "")
    return entry.at.path.replace("\\", "/"), entry.rule, " ".join(line.split())


def fingerprints(entries: Iterable[Entry]) -> Iterator[str]:
    """A hash for each finding, other for each of several equal ones."""
    seen: Counter[Identity] = Counter()
    for entry in entries:
        one = identity(entry)
        seen[one] += 1
        yield hashlib.sha256("\0".join((*one, str(seen[one]))).encode("utf-8", "surrogatepass")).hexdigest()
