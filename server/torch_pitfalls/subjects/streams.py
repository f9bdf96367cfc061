"""Iterable data sets that every worker goes through from beginning to end."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import ClassInfo
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.rule import Note, Subject, Text
from torch_pitfalls.subjects.loaders import LOADERS, Loader, asks_for_workers
from torch_pitfalls.subjects.workers import reached_from
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId

_DIVIDES = re.compile(r"worker|(?:^|_)rank|world_?size|shard|replica|split_by|num_parts|partition", re.I)
_STREAM = re.compile(r"data_?set|(?:^|_)ds$|stream|pipe|source|loader|iterable|generator|queue|buffer", re.I)
_RANDOM = re.compile(r"\b(?:random|randint|randn|rand|randperm|choice|sample|rng)\b")


@dataclass(frozen=True, slots=True)
class Stream(Loader):
    """A data loader with several workers, of an iterable data set that does not divide its work."""

    def note(self, text: Text) -> tuple[Note, ...]:
        """A note at ``__iter__`` of the data set."""
        for info in self.dataset_classes():
            method = info.method("__iter__")
            found = unit(self.facts.db, method) if method is not None else None
            if method is not None and found is not None and isinstance(found.node, ast.FunctionDef):
                place = self.facts.place_of_name(method)
                return (Note(place, text),) if place is not None else ()
        return ()

    @property
    def class_name(self) -> str:
        """The class of the data set."""
        return self.dataset_classes()[0].unit.name.rpartition(".")[2]


@query()
def divides_work(db: Database, id: UnitId) -> bool:
    """Whether a unit speaks of workers, ranks or shards."""
    found = unit(db, id)
    if found is None:
        return True
    for node in found.nodes:
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
        name = node.arg if isinstance(node, (ast.arg, ast.keyword)) else name
        if name is not None and _DIVIDES.search(name):
            return True
    return False


def _goes_through_another(db: Database, id: UnitId) -> bool:
    """Whether it iterates over something that may divide its work itself, or over random samples for ever."""
    found = unit(db, id)
    if found is None:
        return True
    for node in found.nodes:
        if _is_endless(node) and _RANDOM.search(found.text):
            return True
        sources = [node.iter] if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)) else []
        sources += [node.value] if isinstance(node, (ast.YieldFrom, ast.Return)) and node.value is not None else []
        sources += node.args[:1] if isinstance(node, ast.Call) and dotted(node.func) in ("iter", "next") else []
        if any(_is_stream(source) for source in sources):
            return True
    return False


def _is_endless(node: ast.AST) -> bool:
    """Whether a node is a loop that never ends by itself."""
    if isinstance(node, ast.While):
        return isinstance(node.test, ast.Constant)
    iterated = node.iter if isinstance(node, (ast.For, ast.comprehension)) else None
    return isinstance(iterated, ast.Call) and (dotted(iterated.func) or "").rpartition(".")[2] in ("count", "repeat")


def _is_stream(node: ast.expr) -> bool:
    while isinstance(node, ast.Call) and node.args:
        node = node.args[0]
    name = dotted(node.func if isinstance(node, ast.Call) else node)
    return name is not None and any(_STREAM.search(part) for part in name.split("."))


def _is_undivided(facts: Facts, info: ClassInfo) -> bool:
    method = info.method("__iter__")
    if method is None or not info.closed:
        return False
    entries = [(id, info.unit) for name, id in info.methods if name in ("__iter__", "__next__", "__init__")]
    reached = reached_from(facts.db, tuple(entries))
    if any(divides_work(facts.db, id) for id in reached):
        return False
    iterating = reached_from(facts.db, tuple(entry for entry in entries if not entry[0].name.endswith("__init__")))
    return not any(_goes_through_another(facts.db, id) for id in iterating)


class _UndividedStreams:
    def find(self, facts: Facts) -> Iterator[Stream]:
        """Loaders of the unit whose workers all yield everything."""
        for loader in LOADERS.find(facts):
            classes = loader.dataset_classes()
            if not loader.is_iterable() or not asks_for_workers(facts.db, loader.event):
                continue
            if loader.constant("num_workers") == 1 or loader.option("worker_init_fn") is not None:
                continue
            inner = loader.below()
            if inner is not None and inner.is_iterable():
                continue
            if len(classes) == len(loader.event.args) and all(_is_undivided(facts, info) for info in classes):
                yield Stream(loader.facts, loader.event, loader.run)


UNDIVIDED_STREAMS: Subject[Stream] = _UndividedStreams()
