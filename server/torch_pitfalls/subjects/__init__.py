"""What rules may look at: a closed set. A new subject is a change of the engine."""

from __future__ import annotations

from torch_pitfalls.subjects.accumulations import ACCUMULATIONS, Accumulation
from torch_pitfalls.subjects.contexts import CONTEXTS, Context
from torch_pitfalls.subjects.edits import indented, indented_to_end, insert_line, without_argument
from torch_pitfalls.subjects.happenings import calls_to, events, faults, methods
from torch_pitfalls.subjects.loaders import LOADERS, Loader
from torch_pitfalls.subjects.loops import FORWARDS_IN_LOOPS, LoopUse
from torch_pitfalls.subjects.stores import MODULE_STORES, Store
from torch_pitfalls.subjects.use import Use

__all__ = [
    "ACCUMULATIONS",
    "CONTEXTS",
    "FORWARDS_IN_LOOPS",
    "LOADERS",
    "MODULE_STORES",
    "Accumulation",
    "Context",
    "Loader",
    "LoopUse",
    "Store",
    "Use",
    "calls_to",
    "events",
    "faults",
    "indented",
    "indented_to_end",
    "insert_line",
    "methods",
    "without_argument",
]
