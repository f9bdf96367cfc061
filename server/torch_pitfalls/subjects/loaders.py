"""Data loaders: the options they are made with, their data sets, and where they are gone through."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import ClassInfo, class_info
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import UNKNOWN, Multiple, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.data import LOADER
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at, default
from torch_pitfalls.names.resolve import chunk, lookup, scope
from torch_pitfalls.names.scopes import Definition, Import
from torch_pitfalls.rule import Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted, keyword
from torch_pitfalls.syntax.units import Ref

_MAX_IMPORTERS = 40
ITERABLE = "torch.utils.data.IterableDataset"


@dataclass(frozen=True, slots=True)
class Loader(Use):
    """A data loader that the unit makes, by itself or through a function that it calls."""

    @property
    def call(self) -> ast.Call | None:
        """The call of ``DataLoader``, in whatever unit it stands."""
        return loader_call(self.facts.db, self.event.at[-1])

    def option(self, name: str) -> Value | None:
        """An option as it is known here; None if it is surely not given, and unknown if only a default is known."""
        given = dict(self.event.kwargs)
        if name not in given:
            return UNKNOWN if "**" in given else None
        if self.direct and self._is_parameter(self.expression(name)):
            return given[name]._replace(literal=None)
        return given[name]

    def constant(self, name: str) -> object:
        """The constant value of an option, or its default; ``...`` where it is not known."""
        value = self.option(name)
        if value is None:
            return ast.literal_eval(default(LOADER, name))
        return value.literal[0] if value.literal is not None else ...

    def has(self, name: str) -> bool:
        """Whether an option is surely given, and is something other than None."""
        value = self.option(name)
        return value is not None and value.known and not value.may_be(kinds.NONE)

    def processors(self, name: str) -> tuple[str, float]:
        """The function that counts processors of whose result an option is a multiple, and how many times."""
        value = self.option(name)
        if value is not None and isinstance(value.what, Multiple):
            return value.what.of, value.what.factor
        return "", 0.0

    def expression(self, name: str) -> ast.expr | None:
        """The expression of an option in the call of ``DataLoader``."""
        return loader_expression(self.call, name)

    def span_of(self, name: str) -> Span:
        """Where an option stands; the whole call where it is not written in this unit."""
        node = self.call
        if self.direct and node is not None:
            found: ast.AST | None = next((item for item in node.keywords if item.arg == name), None)
            found = found or self.expression(name)
            if found is not None:
                return self.facts.span(found)
        return self.at

    def below(self) -> Loader | None:
        """The same loader as the function sees it through which it is made; None if it is made here."""
        if self.direct:
            return None
        ref = self.event.at[1]
        facts = Facts(self.facts.db, ref.unit)
        for event in facts.trace.of(ref.unit, Effect.LOADER):
            if event.at == self.event.at[1:]:
                return Loader(facts, event, facts.trace)
        return None

    def dataset_classes(self) -> tuple[ClassInfo, ...]:
        """The classes of the workspace of which its data sets are instances, as far as they are known."""
        return tuple(dataset_classes(self.facts.db, self.event))

    def is_iterable(self) -> bool:
        """Whether all its data sets are surely iterable ones."""
        return bool(self.event.args) and all(_is_iterable(self.facts.db, value) for value in self.event.args)

    def _is_parameter(self, node: ast.expr | None) -> bool:
        return isinstance(node, ast.Name) and any(
            isinstance(arg, ast.arg) and arg.arg == node.id for arg in self.facts.unit.nodes
        )


class _Loaders:
    def find(self, facts: Facts) -> Iterator[Loader]:
        """The data loaders that the unit makes."""
        for event in facts.trace.of(facts.id, Effect.LOADER):
            if event.at[0].unit == facts.id:
                yield Loader(facts, event, facts.trace)


LOADERS: Subject[Loader] = _Loaders()


def loader_call(db: Database, ref: Ref) -> ast.Call | None:
    """The call at a place."""
    found = chunk(db, ref.unit.path, ref.unit.chunk).units.get(ref.unit.name)
    node = found.nodes[ref.n] if found is not None and ref.n < len(found.nodes) else None
    return node if isinstance(node, ast.Call) else None


def loader_expression(call: ast.Call | None, name: str) -> ast.expr | None:
    """The expression of an option in a call of ``DataLoader``."""
    if call is None:
        return None
    found = keyword(call, name)
    position, _ = at(LOADER, name)
    if found is None and position < len(call.args) and not any(isinstance(arg, ast.Starred) for arg in call.args):
        found = call.args[position]
    return found


def dataset_classes(db: Database, event: Event) -> Iterator[ClassInfo]:
    """The classes of the data sets that a loader was made with."""
    for value in event.args:
        if isinstance(value.what, Definition) and value.what.is_class:
            info = class_info(db, value.what.unit)
            if info is not None:
                yield info


def asks_for_workers(db: Database, event: Event) -> bool:
    """Whether a loader surely has worker processes, unless somebody turns down what its program asks for."""
    workers = dict(event.kwargs).get("num_workers")
    if workers is None:
        return False
    if workers.literal is not None:
        return isinstance(workers.literal[0], int) and workers.literal[0] > 0
    if isinstance(workers.what, Multiple):
        return True
    expression = loader_expression(loader_call(db, event.at[-1]), "num_workers")
    name = dotted(expression) if expression is not None else None
    if name is None or "." not in name or not workers.may_be(kinds.NUMBER):
        return False
    path, option = event.at[-1].unit.path, name.rpartition(".")[2]
    files = (path, *_settings_files(db, path), *tuple(db.input("importers", path) or ())[:_MAX_IMPORTERS])
    return next((default for file in files if (default := default_of_option(db, file, option)) is not None), 0) > 0


@query()
def _settings_files(db: Database, path: str) -> tuple[str, ...]:
    """The files of the classes that a file imports: some of them are settings."""
    names = (name for name, bindings in scope(db, path).items() if any(isinstance(one, Import) for one in bindings))
    symbols = (lookup(db, path, name) for name in names)
    return tuple(dict.fromkeys(one.unit.path for one in symbols if isinstance(one, Definition) and one.is_class))


@query()
def default_of_option(db: Database, path: str, name: str) -> int | None:
    """The number that an option of the command line, or a field of the settings, has unless it is given."""
    flag = re.escape(name).replace("_", "[-_]")
    pattern = re.compile(
        rf"""["']--?{flag}["'][^)]*?\bdefault\s*=\s*(\d+)\s*[,)]|^\s+{re.escape(name)}\s*:\s*int\s*=\s*(\d+)\b""",
        re.MULTILINE,
    )
    for number in db.input("layout", path) or ():
        found = pattern.search(db.input("chunk", path, number))
        if found is not None:
            return int(found[1] or found[2])
    return None


def _is_iterable(db: Database, value: Value) -> bool:
    if isinstance(value.what, Definition):
        info = class_info(db, value.what.unit)
        return info is not None and ITERABLE in info.ancestors
    return False
