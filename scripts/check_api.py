"""Compare the table of removed and deprecated names with the torch that is installed; print what differs."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from torch_pitfalls.knowledge.api_changes import CHANGES, Change, Version

ABSENT = object()
MODULES = """
    torch torch.nn torch.nn.utils torch.nn.init torch.nn.functional torch.nn.parallel torch.nn.utils.stateless
    torch.cuda torch.cuda.amp torch.cpu.amp torch.amp torch.jit torch.onnx torch.quantization torch.ao.quantization
    torch.distributed torch.distributed.checkpoint torch.utils.data torch.utils.checkpoint torch.testing torch.optim
    torch.optim.lr_scheduler torch.autograd torch.autograd.profiler torch.library torch.export torch.profiler
    torch.linalg torch.fft torch.special torch.hub torch.func torch.compiler
""".split()
"""Modules whose public names are looked through for deprecations that the table does not know."""


def found(qualified: str) -> Any:
    """What a qualified name leads to; ``ABSENT`` if to nothing."""
    parts = qualified.split(".")
    for length in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:length]))
        except Exception:
            continue
        for part in parts[length:]:
            try:
                value = getattr(value, part)
            except Exception:
                return ABSENT
        return value
    return ABSENT


def attribute(qualified: str) -> Any:
    """A name of a package that also has a module of that name."""
    package, _, name = qualified.rpartition(".")
    return getattr(found(package), name, ABSENT)


def version_of(torch: Any) -> Version:
    return tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])


def differences(version: Version) -> Iterator[str]:
    """A sentence for each entry of the table that is not so in this version."""
    for change in CHANGES.values():
        package = change.name.partition(".")[0]
        if found(package) is ABSENT:
            continue
        value = found(change.name)
        if change.removed is not None and change.removed <= version:
            if not is_gone(change, value):
                yield f"{change.name} is said to be gone, and is there"
        elif value is ABSENT and change.deprecated is not None and change.deprecated <= version:
            yield f"{change.name} is said to be deprecated, and is gone"
        elif value is not ABSENT and change.removed is not None and change.removed[0] < version[0]:
            yield f"{change.name} is still there"
        if change.exists <= version and not replacement_exists(change):
            yield f"{change.instead}, which is to replace {change.name}, is not there"


def is_gone(change: Change, value: Any) -> bool:
    """Whether a name is absent, is no longer what can be called, or raises as soon as it is called."""
    if value is ABSENT:
        return True
    if change.how == "call":
        return not callable(value)
    try:
        return "removed" in inspect.getsource(value) and "raise RuntimeError" in inspect.getsource(value)
    except (OSError, TypeError):
        return False


def replacement_exists(change: Change) -> bool:
    name = change.instead.partition("(")[0]
    if not name or found(name.partition(".")[0]) is ABSENT:
        return True
    return found(name) is not ABSENT


def unknown() -> Iterator[str]:
    """Public names that say that they are deprecated, and that the table does not have."""
    seen = {id(value) for name in CHANGES for value in (found(name), attribute(name))}
    for module in MODULES:
        for name, value in vars(importlib.import_module(module)).items():
            deprecated = isinstance(getattr(value, "__deprecated__", None), str)
            if deprecated and not name.startswith("_") and id(value) not in seen:
                yield f"{module}.{name} is deprecated, and the table does not have it"


def main() -> int:
    import torch

    warnings.simplefilter("ignore")
    problems = [*differences(version_of(torch)), *unknown()]
    print("\n".join(problems) or f"{len(CHANGES)} entries agree with torch {torch.__version__}")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
