"""State dicts of wrapped modules that are saved."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts, file_units, root_of
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.state_dicts import PREFIXES
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.units import Ref


@query()
def wrapped_loads(db: Database, path: str) -> frozenset[str]:
    """The wrappers into whose modules a file loads state dicts; empty of a module that may be in any."""
    found: set[str] = set()
    for root in dict.fromkeys(root_of(id) for id in file_units(db, path)):
        for event in trace(db, root).events:
            into = event.subject
            loads = event.effect is Effect.METHOD and event.name == "load_state_dict" and into.may_be(kinds.MODULE)
            if loads and (into.wrapped or into.what is None):
                found.add(into.wrapped)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class WrappedSave(Use):
    """A call of ``state_dict()`` of a wrapped module, whose result is saved."""

    made: Ref | None = None

    @property
    def call(self) -> ast.Call:
        """The call of ``state_dict()``."""
        assert self.made is not None
        node = self.facts.at(self.made)
        assert isinstance(node, ast.Call)
        return node

    @property
    def wrapper(self) -> str:
        """The wrapper, by its last name."""
        return self.event.subject.wrapped.rpartition(".")[2]

    @property
    def prefix(self) -> str:
        """The attribute that holds the wrapped module, with which all keys begin."""
        return PREFIXES[self.event.subject.wrapped]

    @property
    def model(self) -> str:
        """The wrapped module as it is spelled."""
        return ast.unparse(self.call.func.value) if isinstance(self.call.func, ast.Attribute) else ""

    def is_loaded_back(self) -> bool:
        """Whether the same file loads a state dict into such a wrapper, or into a module that may be in one."""
        return bool(wrapped_loads(self.facts.db, self.facts.id.path) & {self.event.subject.wrapped, ""})

    def is_known(self) -> bool:
        """Whether the file speaks of the prefix, or cuts it off."""
        cut = len(self.prefix) + 1
        return re.search(rf"""\b{self.prefix}\.["'`]|\[{cut}:\]""", self.facts.file_text()) is not None

    def unwrapped(self) -> Edit:
        """Take the state dict of the module itself."""
        func = self.call.func
        assert isinstance(func, ast.Attribute)
        end = self.facts.span(func.value).end
        return Edit(Span(end, end), f".{self.prefix}")


class _WrappedSaves:
    def find(self, facts: Facts) -> Iterator[WrappedSave]:
        """State dicts that the unit makes, if every call of the unit makes them of a wrapped module."""
        found: dict[Ref, list[tuple[Event, Trace]]] = {}
        for run in [facts.trace, *facts.visits] if "state_dict" in facts.unit.text else ():
            for event in run.events:
                made = event.subject.what[-1] if isinstance(event.subject.what, tuple) else None
                saved = event.effect is Effect.RECALL and event.name == "save"
                if saved and isinstance(made, Ref) and made.unit == facts.id:
                    found.setdefault(made, []).append((event, run))
        for made, uses in found.items():
            called = [use for use in uses if use[1] is not facts.trace] or uses
            node = facts.at(made)
            if all(event.subject.wrapped for event, _ in called) and isinstance(node, ast.Call):
                event, run = called[0]
                yield WrappedSave(facts, event, run, 0, None, made)


WRAPPED_SAVES: Subject[WrappedSave] = _WrappedSaves()
