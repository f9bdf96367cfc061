"""State dicts of modules that are kept while training goes on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts, file_units, root_of
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Note, Span, Subject, Text
from torch_pitfalls.subjects.edits import import_line
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import Ref, UnitId

_MAX_IMPORTERS = 40


class Overtaken(NamedTuple):
    """A use of a state dict after a step has changed what it refers to: where it is used, and the step."""

    use: Chain
    step: Chain


@query()
def overtaken(db: Database, path: str) -> dict[Ref, Overtaken]:
    """The call that makes a state dict → the first use of it, by units of a file, after a step."""
    found: dict[Ref, Overtaken] = {}
    for root in dict.fromkeys(root_of(id) for id in file_units(db, path)):
        for made, use in _overtaken_by(db, root):
            if made not in found or found[made].use[-1] == made:
                found[made] = use
    return found


@query(eager=True)
def _overtaken_by(db: Database, root: UnitId) -> tuple[tuple[Ref, Overtaken], ...]:
    """The calls that make state dicts, and their uses after a step when a unit runs."""
    found: list[tuple[Ref, Overtaken]] = []
    for event in trace(db, root).events:
        if event.effect is Effect.RECALL and isinstance(event.subject.what, tuple):
            steps = [held.because for held in event.before if held.state == "overtaken" and held.because]
            if steps:
                found.append((event.subject.what[-1], Overtaken(event.at, min(steps, key=repr))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class KeptState(Use):
    """A call of a module's ``state_dict()`` whose result is used again after a step."""

    use: Chain = ()
    step: Chain = ()

    @property
    def name(self) -> str:
        """The variable or attribute that keeps it; empty if it goes elsewhere."""
        statement = self.facts.statement(self.node)
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            return dotted(statement.targets[0]) or ""
        if isinstance(statement, ast.AnnAssign):
            return dotted(statement.target) or ""
        return ""

    def kept_notes(self, step: Text, use: Text) -> tuple[Note, ...]:
        """Notes at the step, and at the use if it stands elsewhere than the call."""
        notes = self.note_at(self.step, step)
        return notes if self.use[-1] == self.event.at[-1] else (*notes, *self.note_at(self.use, use))

    def deep_copy(self) -> tuple[Edit, ...]:
        """Copy the tensors with the dict; empty if it is written otherwise than as a plain call."""
        facts = self.facts
        node = self.node
        if any(isinstance(outer, (ast.DictComp, ast.comprehension)) for outer in facts.around(node)):
            return ()
        parent = facts.parents.get(node)
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "copy":
            name = facts.span(parent.func)
            return (Edit(Span(name.end - len("copy"), name.end), "deepcopy"),)
        spelled = facts.spelled("copy.deepcopy")
        edits: list[Edit] = []
        if spelled is None:
            line = import_line(facts, "copy")
            if line is None:
                return ()
            spelled = "copy.deepcopy"
            edits.append(line)
        span = facts.span(node)
        return (*edits, Edit(Span(span.start, span.start), f"{spelled}("), Edit(Span(span.end, span.end), ")"))


class _KeptStates:
    def find(self, facts: Facts) -> Iterator[KeptState]:
        """Calls of ``state_dict()`` in the unit itself that are kept: other than those that it returns."""
        for event in facts.events(Effect.METHOD):
            if event.name != "state_dict" or not event.subject.must_be(kinds.MODULE):
                continue
            if isinstance(facts.statement(facts.at(event.at[-1])), ast.Return):
                continue
            found = self._use(facts, event.at[-1])
            if found is not None:
                yield KeptState(facts, event, facts.trace, len(event.at) - 1, None, found.use, found.step)

    def _use(self, facts: Facts, made: Ref) -> Overtaken | None:
        """A use after a step, in this file or else in one that imports it."""
        db, path = facts.db, facts.id.path
        own = overtaken(db, path).get(made)
        # Only what an attribute keeps is there when other files train on.
        if own is not None or not any(event.at[-1] == made for event in facts.events(Effect.RECALL)):
            return own
        importers = tuple(db.input("importers", path) or ())[:_MAX_IMPORTERS]
        return next((found for file in importers if (found := overtaken(db, file).get(made)) is not None), None)


KEPT_STATES: Subject[KeptState] = _KeptStates()
