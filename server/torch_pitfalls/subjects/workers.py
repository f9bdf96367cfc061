"""Code that runs in the worker processes of data loaders: data sets, collate functions, and what they call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts, roots_that_mention
from torch_pitfalls.flow.classes import ClassInfo, class_info, resolve
from torch_pitfalls.flow.interpret import class_attributes, trace
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Note, Subject, Text
from torch_pitfalls.subjects.loaders import ITERABLE, asks_for_workers, dataset_classes
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId

_ENTRIES = ("__getitem__", "__getitems__", "__iter__", "__next__")
"""Methods of a data set that workers call."""
_FUNCTIONS = ("collate_fn", "worker_init_fn")
_MAX_IMPORTERS = 40
_HANDED_OVER = re.compile(r"collat|worker|batch|pad|seed", re.I)
"""Names of functions that people give to data loaders."""

Running = tuple[UnitId, "UnitId | None"]
"""A unit that runs, and the class of the object that it runs on."""


class WorkerLoader(NamedTuple):
    """A data loader that has, or can be told to have, worker processes.

    at        the place that makes it; workers  how many it has, None if not known
    options   the names of the options it is given; constants  those that are constant, with their values
    entries   the methods and functions with which its workers begin
    """

    at: Chain
    workers: int | None
    options: frozenset[str]
    constants: tuple[tuple[str, object], ...]
    entries: tuple[Running, ...]
    initial: tuple[Running, ...]

    def constant(self, name: str) -> object:
        """The constant value of an option; None if it has none."""
        return dict(self.constants).get(name)


@query()
def worker_loaders(db: Database, path: str) -> tuple[WorkerLoader, ...]:
    """The data loaders with workers that a file makes, by itself or through what it calls."""
    found: dict[Chain, WorkerLoader] = {}
    for root in roots_that_mention(db, path, "oader"):
        for loader in _loaders_of(db, root):
            found.setdefault(loader.at, loader)
    return tuple(found.values())


@query(eager=True)
def _loaders_of(db: Database, root: UnitId) -> tuple[WorkerLoader, ...]:
    """The data loaders with workers that are made when a unit runs."""
    made = (event for event in trace(db, root).events if event.effect is Effect.LOADER)
    return tuple(_worker_loader(db, event) for event in made if asks_for_workers(db, event))


def _worker_loader(db: Database, event: Event) -> WorkerLoader:
    options = dict(event.kwargs)
    count = options["num_workers"].literal
    return WorkerLoader(
        event.at,
        count[0] if count is not None else None,
        frozenset(options),
        tuple((name, value.literal[0]) for name, value in options.items() if value.literal is not None),
        entries_of(db, event),
        tuple(functions_of(db, options.get("worker_init_fn"))),
    )


def entries_of(db: Database, event: Event) -> tuple[Running, ...]:
    """The methods and functions with which a loader makes batches."""
    options = dict(event.kwargs)
    entries: list[Running] = [
        (method, info.unit)
        for info in dataset_classes(db, event)
        for name in _ENTRIES
        if (method := info.method(name)) is not None
    ]
    for name in _FUNCTIONS:
        entries += functions_of(db, options.get(name))
    return tuple(entries)


def functions_of(db: Database, value: Value | None) -> list[Running]:
    """What runs when a value is called."""
    if value is not None and value.must_be(kinds.FUNCTION) and value.items and not isinstance(value.what, Definition):
        return functions_of(db, value.items[0])
    if value is None or not isinstance(value.what, Definition):
        return []
    if not value.what.is_class:
        owner = value.items[0].what if value.items else None
        return [(value.what.unit, owner.unit if isinstance(owner, Definition) else None)]
    info = class_info(db, value.what.unit)
    method = info.method("__call__") if info is not None and not value.must_be(kinds.CLASS) else None
    return [(method, value.what.unit)] if method is not None else []


# ── what calls what ──


@query()
def reached_from(db: Database, entries: tuple[Running, ...]) -> frozenset[UnitId]:
    """The units that run when some units run, as far as their calls can be resolved."""
    seen: set[Running] = set()
    waiting = list(entries)
    while waiting:
        running = waiting.pop()
        if running not in seen:
            seen.add(running)
            waiting += _callees(db, *running)
    return frozenset(id for id, _ in seen)


@query()
def _callees(db: Database, id: UnitId, owner: UnitId | None) -> tuple[Running, ...]:
    found = unit(db, id)
    if found is None:
        return ()
    info = class_info(db, owner) if owner is not None else None
    me = self_name(found.node) if info is not None else None
    calls = (node.func for node in found.nodes if isinstance(node, ast.Call))
    return tuple(running for func in calls for running in _callee(db, id, func, info, me))


def _callee(db: Database, id: UnitId, func: ast.expr, info: ClassInfo | None, me: str | None) -> Iterator[Running]:
    name = dotted(func)
    first, _, rest = (name or "").partition(".")
    if info is not None and first == me and rest:
        part, _, method = rest.partition(".")
        own = info.method(part)
        if own is not None and not method:
            yield own, info.unit
            return
        value = class_attributes(db, info.unit).get(part)
        if value is not None and isinstance(value.what, Definition) and value.what.is_class:
            called = class_info(db, value.what.unit)
            target = called.method(method or "__call__") if called is not None else None
            if target is not None:
                yield target, value.what.unit
        return
    if name is None:
        if isinstance(func, ast.Attribute) and info is not None and ast.unparse(func.value).startswith("super("):
            yield from _inherited(db, id, func.attr, info)
        return
    symbol = resolve(db, id.path, func)
    if isinstance(symbol, Definition) and symbol.is_class:
        made = class_info(db, symbol.unit)
        constructor = made.method("__init__") if made is not None else None
        if constructor is not None:
            yield constructor, symbol.unit
    elif isinstance(symbol, Definition):
        yield symbol.unit, None


def _inherited(db: Database, id: UnitId, name: str, info: ClassInfo) -> Iterator[Running]:
    owner = unit(db, UnitId(id.path, id.chunk, id.name.rpartition(".")[0]))
    for base in owner.node.bases if owner is not None and isinstance(owner.node, ast.ClassDef) else ():
        symbol = resolve(db, id.path, base)
        above = class_info(db, symbol.unit) if isinstance(symbol, Definition) and symbol.is_class else None
        method = above.method(name) if above is not None else None
        if method is not None:
            yield method, info.unit
            return


def self_name(function: ast.AST) -> str | None:
    """The first parameter of a method."""
    if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.args.args:
        return function.args.args[0].arg
    return None


# ── the subject ──


@dataclass(frozen=True, slots=True)
class WorkerCode:
    """A function or method that worker processes may run.

    ``owner`` is the class of a method. Ask for ``loaders`` last: they may be in other files.
    """

    facts: Facts
    owner: ClassInfo | None

    @property
    def me(self) -> str | None:
        """The name of the object on which a method runs."""
        return self_name(self.facts.node) if self.owner is not None else None

    def loaders(self) -> tuple[WorkerLoader, ...]:
        """The data loaders whose workers run it: made in this file, or in one that imports it."""
        db, id = self.facts.db, self.facts.id
        for path in (id.path, *self._importers()):
            found = [each for each in worker_loaders(db, path) if id in reached_from(db, each.entries)]
            if found:
                return tuple(found)
        return ()

    def _importers(self) -> Iterator[str]:
        """Files that import this one, and files that import those."""
        db, path = self.facts.db, self.facts.id.path
        if self.owner is None and not _HANDED_OVER.search(self.facts.id.name):
            return
        direct = tuple(db.input("importers", path) or ())[:_MAX_IMPORTERS]
        yield from direct
        seen = {path, *direct}
        for importer in direct:
            for further in tuple(db.input("importers", importer) or ())[:_MAX_IMPORTERS]:
                if further not in seen:
                    seen.add(further)
                    yield further

    def is_iterable(self) -> bool:
        """Whether it is a method of an iterable data set."""
        return self.owner is not None and ITERABLE in self.owner.ancestors

    def note(self, loader: WorkerLoader, text: Text) -> tuple[Note, ...]:
        """A note at the place that makes a loader."""
        place = self.facts.place(loader.at[-1])
        return (Note(place, text),) if place is not None else ()

    def methods(self) -> Iterator[tuple[UnitId, ast.AST]]:
        """The methods of its class, inherited ones included."""
        for _, id in self.owner.methods if self.owner is not None else ():
            found = unit(self.facts.db, id)
            if found is not None:
                yield id, found.node

    def made_in_init(self, attribute: str) -> tuple[UnitId, ast.expr] | None:
        """What ``__init__`` alone assigns to an attribute, once; None if it is assigned elsewhere or otherwise."""
        found: list[tuple[UnitId, ast.expr]] = []
        for id, node in self.methods():
            me = self_name(node)
            for statement in ast.walk(node):
                targets, value = _assigned(statement)
                for target in targets:
                    if dotted(target) == f"{me}.{attribute}":
                        if value is None or not id.name.endswith(".__init__"):
                            return None
                        found.append((id, value))
        return found[0] if len(found) == 1 else None


def _assigned(statement: ast.AST) -> tuple[list[ast.expr], ast.expr | None]:
    if isinstance(statement, ast.Assign):
        flat: list[ast.expr] = []
        for target in statement.targets:
            flat += target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        return flat, statement.value if len(flat) == len(statement.targets) else None
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        return [statement.target], statement.value if isinstance(statement, ast.AnnAssign) else None
    return [], None


class _WorkerCode:
    def find(self, facts: Facts) -> Iterator[WorkerCode]:
        """The unit itself, if it is a function or a method."""
        if not isinstance(facts.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        owner = facts.id.name.rpartition(".")[0]
        info = class_info(facts.db, UnitId(facts.id.path, facts.id.chunk, owner)) if owner else None
        yield WorkerCode(facts, info)


WORKER_CODE: Subject[WorkerCode] = _WorkerCode()
