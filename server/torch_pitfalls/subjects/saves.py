"""Checkpoints that training saves as it goes on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.db import Database
from torch_pitfalls.facts import Facts, file_units, root_of
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.optimizers import MOMENTS
from torch_pitfalls.knowledge.state_dicts import OTHER_ENTRIES, PROGRESS
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.units import Ref

_OPTIMIZER_STATE = re.compile(r"(?:opt\w*|solver)(?:\[[^\]\n]*\])?\.state_dict\b", re.I)
_CHOSEN = re.compile(r"best|better|improv|final|lowest|highest", re.I)


@dataclass(frozen=True, slots=True)
class TrainingSave(Use):
    """A call through which a loop that trains saves a dict; ``step`` is the step of an optimizer that keeps moments."""

    step: Event | None = None

    @property
    def entries(self) -> dict[str, Value]:
        """Key → value of the dict, as far as keys are constant."""
        return {name[1:-1].strip("'"): value for name, value in self.event.kwargs}

    @property
    def stepped(self) -> str:
        """The optimizer as it is spelled where it steps."""
        assert self.step is not None
        return Use(self.facts, self.step, self.run, len(self.step.at) - 1).optimizer

    def holds_model_and_progress(self) -> bool:
        """Whether it holds the state of a module and how far training has come, and surely of no optimizer."""
        entries = self.entries
        states = [value for value in entries.values() if value.must_be(kinds.STATE_DICT)]
        return (
            bool(PROGRESS & entries.keys())
            and any(value.sites for value in states)
            and all(self._is_no_optimizer(key, value) for key, value in entries.items())
        )

    @staticmethod
    def _is_no_optimizer(key: str, value: Value) -> bool:
        if value.must_be(kinds.STATE_DICT):
            return bool(value.sites)
        return value.must_be(kinds.PLAIN | kinds.TENSOR) or bool(OTHER_ENTRIES.search(key))

    def is_chosen(self) -> bool:
        """Whether it is kept for being the best or the last, rather than for going on."""
        for ref in self.event.at:
            node = self.facts.foreign_node(ref)
            if isinstance(node, ast.Call) and any(_CHOSEN.search(ast.unparse(arg)) for arg in node.args[1:]):
                return True
        return any(isinstance(node, ast.If) and _chooses(node.test) for node in self.facts.around(self.node))

    def is_resumed(self) -> bool:
        """Whether its files load a checkpoint and read there how far training had come."""
        paths = dict.fromkeys(ref.unit.path for ref in self.event.at)
        db = self.facts.db
        text = "".join(db.input("chunk", path, number) for path in paths for number in db.input("layout", path) or ())
        keys = "|".join(sorted(PROGRESS & self.entries.keys()))
        read = re.search(rf"""(?:\[|\.get\(|\.pop\()\s*["'](?:{keys})["'][^\]\)]*[\])](?!\s*=[^=])""", text)
        return read is not None and not _OPTIMIZER_STATE.search(text) and any(_loads(db, path) for path in paths)


def _loads(db: Database, path: str) -> bool:
    """Whether a file loads a checkpoint."""
    return any(
        event.name == "torch.load"
        for id in file_units(db, path)
        for event in trace(db, root_of(id)).of(id, Effect.CALL)
    )


def _chooses(test: ast.expr) -> bool:
    if _CHOSEN.search(ast.unparse(test)):
        return True
    return any(
        isinstance(node, ast.Compare)
        and isinstance(node.ops[0], (ast.Lt, ast.Gt, ast.LtE, ast.GtE))
        and not re.search(r"epoch|iter|step|rank|\bi\b", ast.unparse(node))
        for node in ast.walk(test)
    )


class _TrainingSaves:
    def find(self, facts: Facts) -> Iterator[TrainingSave]:
        """Saves of dicts in loops of the unit that train, by itself or in what it calls."""
        seen: set[Ref] = set()
        for event, run in facts.all_events(Effect.SAVE):
            index = next(index for index, ref in enumerate(event.at) if ref.unit == facts.id)
            step = self._step(facts, event, run) if event.at[index] not in seen else None
            if step is not None:
                seen.add(event.at[index])
                yield TrainingSave(facts, event, run, index, None, step)

    def _step(self, facts: Facts, save: Event, run: Trace) -> Event | None:
        own = {loop for loop in save.loops if loop[-1].unit == facts.id}
        for event in run.events if own else ():
            if event.effect is Effect.STEP and own & set(event.loops):
                moments = dict(event.kwargs).get(MOMENTS)
                if moments is not None and moments.literal == (True,):
                    return event
        return None


TRAINING_SAVES: Subject[TrainingSave] = _TrainingSaves()
