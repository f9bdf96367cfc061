"""What is done with the batches of data loaders: copied to a device, trained on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts, file_units, root_of
from torch_pitfalls.flow.devices import ACCELERATOR, CPU
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.rule import Edit, Note, Subject, Text
from torch_pitfalls.subjects.edits import append_argument
from torch_pitfalls.subjects.loaders import LOADERS, Loader, loader_call, loader_expression
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.subjects.workers import entries_of, functions_of, reached_from
from torch_pitfalls.syntax.shapes import dotted, has_unpacking
from torch_pitfalls.syntax.units import Ref, UnitId

_MAX_IMPORTERS = 40
_RANKS = re.compile(r"rank|world|shard|num_replicas|split_dataset_by_node|get_worker_info", re.I)


class LoaderUse(NamedTuple):
    """Something that happens to the batches of a loader.

    at      where it happens; device  the accelerator to which they are copied, empty if they are not
    wraps   the wrapper of the module that is trained on them, empty if there is none
    """

    at: Chain
    device: str = ""
    wraps: str = ""


@query()
def loader_uses(db: Database, path: str) -> dict[Ref, tuple[LoaderUse, ...]]:
    """The call that makes a loader → what units of a file do with its batches."""
    found: dict[Ref, dict[LoaderUse, None]] = {}
    for root in dict.fromkeys(root_of(id) for id in file_units(db, path)):
        for ref, use in _uses_by(db, root):
            found.setdefault(ref, {})[use] = None
    return {ref: tuple(uses) for ref, uses in found.items()}


@query(eager=True)
def _uses_by(db: Database, root: UnitId) -> tuple[tuple[Ref, LoaderUse], ...]:
    """The calls that make loaders, and what a unit does with their batches when it runs."""
    run = trace(db, root)
    found: list[tuple[Ref, LoaderUse]] = []
    for event in run.events:
        if event.effect is Effect.MOVE and event.subject.loaders:
            device, before = event.result.device, event.subject.device
            if device is not None and device.kind == ACCELERATOR and (before is None or before.kind == CPU):
                use = LoaderUse(event.at, device.name or "cuda")
                found += ((place[-1], use) for place in event.subject.loaders)
        elif event.effect is Effect.ITERATE and event.result.loaders and trains(run, event):
            use = LoaderUse(event.at, wraps=_wrapper(run, event))
            found += ((place[-1], use) for place in event.result.loaders)
    return tuple(found)


def trains(run: Trace, loop: Event) -> bool:
    """Whether a loop goes backward."""
    return any(event.effect is Effect.BACKWARD and loop.at in event.loops for event in run.events)


def _wrapper(run: Trace, loop: Event) -> str:
    """The wrapper of a module that is called in a loop."""
    names = (event.name for event in run.events if event.effect is Effect.FORWARD and loop.at in event.loops)
    return next((name for name in names if name), "")


@dataclass(frozen=True, slots=True)
class UsedLoader(Loader):
    """A data loader that the unit itself makes, with what is done with its batches."""

    def uses(self) -> tuple[LoaderUse, ...]:
        """What this file, or else a file that imports it, does with its batches."""
        db, id = self.facts.db, self.facts.id
        ref = self.event.at[-1]
        found = loader_uses(db, id.path).get(ref, ())
        if not found and self.is_handed_on():
            for path in tuple(db.input("importers", id.path) or ())[:_MAX_IMPORTERS]:
                found += loader_uses(db, path).get(ref, ())
        return found

    def is_handed_on(self) -> bool:
        """Whether it is returned, given away or kept by an object: others may go through it."""
        statement = self.facts.statement(self.node)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        kept = any(not isinstance(target, ast.Name) for target in targets) or not self.facts.id.name
        return kept or bool(self.event.subject.sites & self.run.handed_on)

    def yields_tensors(self) -> bool:
        """Whether its batches surely have tensors in them: those of the default collate function, and of known ones."""
        collate = self.option("collate_fn")
        if collate is None or collate.must_be(kinds.NONE):
            return True
        db = self.facts.db
        returned = [trace(db, id).returned for id, _ in functions_of(db, collate)]
        return any(value.must_be(kinds.TENSOR) for one in returned for value in (one, *(one.items or ())))

    def copies_in_workers(self) -> bool:
        """Whether its data set or collate function speaks of devices: its batches may be there already."""
        db = self.facts.db
        texts = (found.text for id in reached_from(db, entries_of(db, self.event)) if (found := unit(db, id)))
        return any("cuda" in text or "device" in text for text in texts)

    def knows_its_data(self) -> bool:
        """Whether it is known what each of its data sets is."""
        return bool(self.event.args) and all(value.must_be(kinds.DATASET) for value in self.event.args)

    def is_divided(self) -> bool:
        """Whether its data set may be one part for each rank: code that makes it, or its class, speaks of ranks."""
        db = self.facts.db
        texts = [found.text for info in self.dataset_classes() for _, id in info.methods if (found := unit(db, id))]
        names = {name for node in ast.walk(self.node) if (name := dotted(node))} if self.node is not None else set()
        for node in self.facts.unit.nodes:
            if isinstance(node, ast.Assign) and any(dotted(target) in names for target in node.targets):
                texts.append(self.facts.text(node.value))
        return any(_RANKS.search(text) for text in (*texts, self.facts.text(self.node)))

    def note(self, chain: Chain, text: Text) -> tuple[Note, ...]:
        """A note at the innermost place of a chain."""
        place = self.facts.place(chain[-1])
        return (Note(place, text),) if place is not None else ()


class _UsedLoaders:
    def find(self, facts: Facts) -> Iterator[UsedLoader]:
        """The data loaders that the unit itself makes."""
        for loader in LOADERS.find(facts):
            if loader.direct:
                yield UsedLoader(loader.facts, loader.event, loader.run)


USED_LOADERS: Subject[UsedLoader] = _UsedLoaders()


@dataclass(frozen=True, slots=True)
class BatchCopy(Use):
    """A copy of a batch, or of a part of one, to another device."""

    @property
    def waits(self) -> bool:
        """Whether it surely waits: it does not ask to go on at once."""
        given = dict(self.event.kwargs).get("non_blocking")
        return given is None or given.literal is None or given.literal[0] is not True

    def unpinned_loaders(self) -> list[ast.Call]:
        """The calls that make the loaders of the batch; empty if one of them pins its memory, or may do so."""
        found: list[ast.Call] = []
        for place in self.event.subject.loaders:
            call = loader_call(self.facts.db, place[-1])
            if call is None or has_unpacking(call):
                return []
            pinned = loader_expression(call, "pin_memory")
            if pinned is not None and not (isinstance(pinned, ast.Constant) and not pinned.value):
                return []
            found.append(call)
        return found

    def leaves_the_host(self) -> bool:
        """Whether it may go from the CPU to another device."""
        to, before = self.event.result.device, self.event.subject.device
        return (to is None or to.kind != CPU) and (before is None or before.kind == CPU)

    def pinned(self) -> Edit | None:
        """Let its only loader pin what it loads; None if that does not stand in this unit."""
        if len(self.event.subject.loaders) != 1:
            return None
        (place,) = self.event.subject.loaders
        call = loader_call(self.facts.db, place[-1]) if place[-1].unit == self.facts.id else None
        if call is None:
            return None
        given = loader_expression(call, "pin_memory")
        if given is not None:
            return Edit(self.facts.span(given), "True")
        return append_argument(self.facts, call, "pin_memory=True")

    def note(self, text: Text) -> tuple[Note, ...]:
        """A note at the call that makes one of its loaders."""
        place = min(self.event.subject.loaders, key=repr)
        return self.note_at(place, text)


class _BatchCopies:
    def find(self, facts: Facts) -> Iterator[BatchCopy]:
        """Copies of batches in the unit, whoever gives it the loader."""
        seen: set[Ref] = set()
        for event, run in facts.all_events(Effect.MOVE):
            if event.subject.loaders and event.at[-1].unit == facts.id and event.at[-1] not in seen:
                seen.add(event.at[-1])
                yield BatchCopy(facts, event, run, len(event.at) - 1)


BATCH_COPIES: Subject[BatchCopy] = _BatchCopies()
