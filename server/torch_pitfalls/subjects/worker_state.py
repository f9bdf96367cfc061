"""What data sets change in worker processes, and what the main process asks of them afterwards."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts, file_units, root_of
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Note, Span, Subject, Text
from torch_pitfalls.subjects.workers import WORKER_CODE, Running, WorkerCode, WorkerLoader, reached_from, self_name
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId

_CHANGES = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popleft", "remove", "setdefault"}
    | {"update", "popitem", "put", "sort", "reverse"}
)
_SHARED = re.compile(r"multiprocessing|\bmp\.|\bManager\b|\bValue\(|\bArray\(|shared?_|Shared|memmap|Redis|lmdb")


class Read(NamedTuple):
    """What the main process asks of a data set after its samples were loaded by workers."""

    owner: UnitId
    name: str
    at: Chain


@query()
def reads_after_loading(db: Database, path: str) -> tuple[Read, ...]:
    """What a file asks of data sets after it has gone through a loader of theirs with workers."""
    found: dict[Read, None] = {}
    for root in dict.fromkeys(root_of(id) for id in file_units(db, path)):
        loaded: set[int] = set()
        for event in trace(db, root).events:
            if event.effect is Effect.ITERATE:
                dataset = dict(event.kwargs).get("dataset")
                if dataset is not None and _has_workers(event):
                    loaded |= dataset.sites
            elif event.effect is Effect.READ and event.subject.sites & loaded:
                what = event.subject.what
                if isinstance(what, Definition):
                    found[Read(what.unit, event.name, event.at)] = None
    return tuple(found)


def _has_workers(event: Event) -> bool:
    workers = dict(event.kwargs).get("num_workers")
    return workers is not None and (workers.literal is None or workers.literal[0] != 0)


@dataclass(frozen=True, slots=True)
class WorkerChange:
    """A change of an attribute of a data set in code that workers run.

    ``node`` makes the change to ``self.attribute``.
    """

    code: WorkerCode
    node: ast.AST
    attribute: str

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.code.facts.span(self.node)

    def is_shared(self) -> bool:
        """Whether the attribute may live in memory that processes share."""
        for _, node in self.code.methods():
            me = self_name(node)
            parameters = {arg.arg for arg in ast.walk(node) if isinstance(arg, ast.arg)}
            for statement in ast.walk(node):
                if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
                    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
                    if any(dotted(target) == f"{me}.{self.attribute}" for target in targets):
                        given = isinstance(statement.value, ast.Name) and statement.value.id in parameters
                        if given or _SHARED.search(ast.unparse(statement.value)):
                            return True
        return False

    def is_made_lazily(self) -> bool:
        """Whether each process makes the attribute when it first needs it: whoever has not, asks for none."""
        place = dotted(self.node) if isinstance(self.node, ast.Attribute) else None
        tests = [node.test for node in self.code.facts.around(self.node) if isinstance(node, ast.If)]
        return place is not None and any(_is_missing(test, place) for test in tests)

    def read(self) -> tuple[WorkerLoader, Chain] | None:
        """A loader whose workers make the change, and a place that asks for it in the main process."""
        db, owner = self.code.facts.db, self.code.owner
        loaders = self.code.loaders() if owner is not None else ()
        for loader in loaders:
            for path in dict.fromkeys((loader.at[0].unit.path, self.code.facts.id.path)):
                for read in reads_after_loading(db, path):
                    if self._tells(read):
                        return loader, read.at
        return None

    def _tells(self, read: Read) -> bool:
        db = self.code.facts.db
        info = class_info(db, read.owner)
        if info is None or self.code.facts.id not in {id for _, id in info.methods}:
            return False
        method = info.method(read.name)
        if method is None:
            return read.name == self.attribute
        entries: tuple[Running, ...] = ((method, info.unit),)
        return any(_mentions(db, id, self.attribute) for id in reached_from(db, entries))

    def note(self, chain: Chain, text: Text) -> tuple[Note, ...]:
        """A note at the innermost place of a chain."""
        place = self.code.facts.place(chain[-1])
        return (Note(place, text),) if place is not None else ()


def _is_missing(test: ast.expr, place: str) -> bool:
    """Whether a condition holds where an attribute is not set yet."""
    if isinstance(test, ast.Compare):
        return isinstance(test.ops[0], ast.Is) and dotted(test.left) == place
    if not isinstance(test, ast.UnaryOp) or not isinstance(test.op, ast.Not):
        return False
    if isinstance(test.operand, ast.Call):
        return dotted(test.operand.func) == "hasattr"
    return dotted(test.operand) == place


def _mentions(db: Database, id: UnitId, attribute: str) -> bool:
    found = unit(db, id)
    if found is None:
        return False
    wanted = f"{self_name(found.node)}.{attribute}"
    return any(isinstance(node, ast.Attribute) and dotted(node) == wanted for node in found.nodes)


class _WorkerChanges:
    def find(self, facts: Facts) -> Iterator[WorkerChange]:
        """The first change of each attribute in a method of a map-style data set."""
        for code in WORKER_CODE.find(facts):
            if code.owner is None or code.is_iterable() or facts.id.name.endswith((".__init__", ".__setstate__")):
                continue
            seen: set[str] = set()
            for node in facts.unit.nodes:
                attribute = _changed(node, code.me)
                if attribute is None or attribute in seen:
                    continue
                change = WorkerChange(code, node, attribute)
                if not change.is_made_lazily():
                    seen.add(attribute)
                    yield change


def _changed(node: ast.AST, me: str | None) -> str | None:
    """The attribute of ``self`` that a node changes."""
    place: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGES:
        place = node.func.value
    elif isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        place = node
    while isinstance(place, ast.Subscript):
        place = place.value
    owner, _, attribute = (dotted(place) or "").rpartition(".") if place is not None else ("", "", "")
    return attribute if owner and owner == me else None


WORKER_CHANGES: Subject[WorkerChange] = _WorkerChanges()
