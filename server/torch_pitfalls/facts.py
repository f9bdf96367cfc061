"""Facts: one unit and every question that subjects may ask about it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, TypeVar

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.interpret import MODULE_BODY, own_statements, trace
from torch_pitfalls.flow.relevance import inherited_loop
from torch_pitfalls.flow.state import GRAD_ON, Chain
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import join_all
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.limits import Limits
from torch_pitfalls.names.resolve import chunk, scope, unit
from torch_pitfalls.names.scopes import Import
from torch_pitfalls.rule import Place, Span, Subject
from torch_pitfalls.syntax.shapes import expects_failure, has_cell_mark
from torch_pitfalls.syntax.units import Chunk, Ref, UnitId

S = TypeVar("S")


@query()
def file_units(db: Database, path: str) -> tuple[UnitId, ...]:
    """The units of a file whose findings make up its report, in order."""
    found: list[UnitId] = []
    for number in db.input("layout", path) or ():
        found += chunk_units(db, path, number)
    return tuple(found)


@query(eager=True)
def chunk_units(db: Database, path: str, number: int) -> tuple[UnitId, ...]:
    """The units of a chunk whose findings make up its part of the report, in order."""
    units = chunk(db, path, number).units
    return tuple(
        each.id
        for name, each in units.items()
        if not isinstance(each.node, ast.ClassDef) and (name or _says_something(each.node))
    )


def _says_something(tree: ast.AST) -> bool:
    """Whether a chunk has statements of the module body, or of a class, that rules may look at."""
    assert isinstance(tree, ast.Module)
    return bool(own_statements(tree)) or any(
        isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef)) for node in tree.body
    )


def root_of(id: UnitId) -> UnitId:
    """The unit whose interpretation covers a unit when it runs by itself."""
    return id if id.name else UnitId(id.path, MODULE_BODY, "")


_UNEVENTFUL = Trace()


@query(eager=True)
def _eventful(db: Database, path: str) -> frozenset[int]:
    """The chunks of a module body in which something happens when it runs; all of them if that is not known.

    Most only set a constant. What is said of those does not depend on what the calls of others lead to.
    """
    body = trace(db, UnitId(path, MODULE_BODY, ""))
    if not body.complete:
        return frozenset(db.input("layout", path) or ())
    return frozenset(ref.unit.chunk for event in body.events for ref in event.at if ref.unit.path == path)


@query(eager=True)
def _entries(db: Database, root: UnitId) -> dict[UnitId, set[int]]:
    """The units that a run goes through, with the grad modes in which it enters them."""
    return trace(db, root).entries


@query()
def visitors(db: Database, path: str) -> dict[UnitId, tuple[tuple[UnitId, frozenset[int]], ...]]:
    """Unit → (unit that calls it, grad modes it is called in), within a file."""
    found: dict[UnitId, list[tuple[UnitId, frozenset[int]]]] = {}
    for root in dict.fromkeys((*(root_of(id) for id in file_units(db, path)), *_classes_with_loops(db, path))):
        for entered, grads in _entries(db, root).items():
            if entered != root:
                found.setdefault(entered, []).append((root, frozenset(grads)))
    return {id: tuple(callers) for id, callers in found.items()}


def _classes_with_loops(db: Database, path: str) -> Iterator[UnitId]:
    """Classes that run, by themselves, the loops that they inherit."""
    for number in db.input("layout", path) or ():
        yield from (id for id in _derived_classes(db, path, number) if inherited_loop(db, id))


@query(eager=True)
def _derived_classes(db: Database, path: str, number: int) -> tuple[UnitId, ...]:
    """The classes of a chunk that have a base class."""
    units = chunk(db, path, number).units.values()
    return tuple(each.id for each in units if isinstance(each.node, ast.ClassDef) and each.node.bases)


@query(eager=True)
def visitors_of(db: Database, id: UnitId) -> tuple[tuple[UnitId, frozenset[int]], ...]:
    """The units of the same file that call a unit, with the grad modes they call it in."""
    return visitors(db, id.path).get(id, ())


@query(on_cycle=GRAD_ON)
def module_grad(db: Database, path: str) -> int:
    """The grad mode in which a module body leaves the program."""
    return trace(db, UnitId(path, MODULE_BODY, "")).grad_after


def foreign_callers_grad(db: Database, id: UnitId) -> set[int]:
    """Grad modes in which other files of the workspace call a unit."""
    name = id.name.rpartition(".")[2]
    found: set[int] = set()
    for path in db.input("importers", id.path) or ():
        for caller in roots_that_mention(db, path, name):
            found |= trace(db, caller).entries.get(id, set())
    return found


def roots_that_mention(db: Database, path: str, text: str) -> list[UnitId]:
    """The units of a file to interpret in order to see all that may have to do with a name, or a part of one."""
    found = (id for number in db.input("layout", path) or () for id in _mentioning(db, path, number, text))
    return list(dict.fromkeys(map(root_of, found)))


@query(eager=True)
def _mentioning(db: Database, path: str, number: int, text: str) -> tuple[UnitId, ...]:
    """The units of a chunk in which a text occurs. Most chunks are not parsed for it."""
    if text not in (db.input("chunk", path, number) or ""):
        return ()
    units = chunk(db, path, number).units
    return tuple(id for id in chunk_units(db, path, number) if text in units[id.name].text)


def _is_class(db: Database, id: UnitId) -> bool:
    found = unit(db, id) if id.chunk != MODULE_BODY else None
    return found is not None and isinstance(found.node, ast.ClassDef)


def home(use: Chain, cause: Chain | None) -> int:
    """Index of the frame in which a use and its cause first go different ways."""
    if cause is None:
        return 0
    index = 0
    while index < min(len(use), len(cause)) - 1 and use[index] == cause[index]:
        index += 1
    return index


class Facts:
    """One unit: its syntax as it now stands, and what happens in it."""

    def __init__(self, db: Database, id: UnitId) -> None:
        self.db = db
        self.id = id
        self.chunk: Chunk = chunk(db, id.path, id.chunk)
        self.unit = self.chunk.units[id.name]
        self._subjects: dict[Subject[Any], tuple[Any, ...]] = {}

    def subjects(self, of: Subject[S]) -> tuple[S, ...]:
        """The subjects of one sort in this unit; all rules that look at them share the search."""
        found = self._subjects.get(of)
        if found is None:
            found = self._subjects[of] = tuple(of.find(self))
        return found

    @property
    def node(self) -> ast.AST:
        """The unit's tree."""
        return self.unit.node

    @cached_property
    def trace(self) -> Trace:
        """What happens when the unit runs by itself."""
        if not self.id.name and self.id.chunk not in _eventful(self.db, self.id.path):
            return _UNEVENTFUL
        return trace(self.db, root_of(self.id))

    @cached_property
    def visits(self) -> list[Trace]:
        """What happens when other units of the file call this one."""
        return [trace(self.db, root) for root, _ in visitors_of(self.db, self.id)]

    def callers_grad(self) -> set[int]:
        """Grad modes in which the file calls this unit; as the module body leaves it if nobody calls it."""
        visitors = visitors_of(self.db, self.id)
        found = {grad for root, grads in visitors if not _is_class(self.db, root) for grad in grads}
        found = found or foreign_callers_grad(self.db, self.id)
        return found or {module_grad(self.db, self.id.path)}

    def events(self, *effects: Effect) -> Iterator[Event]:
        """Events at nodes of this unit when it runs by itself."""
        for effect in effects:
            for event in self.trace.of(self.id, effect):
                if len(event.at) == 1 or all(ref.unit == self.id for ref in event.at):
                    yield event

    def all_events(self, effect: Effect) -> Iterator[tuple[Event, Trace]]:
        """Events of every run of this unit, with the run: by itself and called from the file."""
        for run in [self.trace, *self.visits]:
            for event in run.of(self.id, effect):
                yield event, run

    def as_called(self, event: Event, effect: Effect) -> Event:
        """An event of the unit, with the subject that callers in the file lead to where the unit alone knows none.

        ``effect`` is that under which what happens there is noted in callers as well. Callers that are called
        themselves know no more than the unit.
        """
        if event.subject.known:
            return event
        outermost = [root for root, _ in visitors_of(self.db, self.id) if not visitors_of(self.db, root)]
        others = [other for root in outermost for other in trace(self.db, root).of(self.id, effect)]
        found = [other.subject for other in others if other.at[-1] == event.at[-1]]
        return event._replace(subject=join_all(found)) if found else event

    def here(self, event: Event, cause: Chain, same: Callable[[Event], bool]) -> int | None:
        """Index of this unit in the place of an event, if a finding with that cause belongs here.

        It belongs to the unit in which use and cause go different ways. If that is in another file, it
        belongs to the call that leads there, or to what an inherited loop calls, unless a unit on the way
        says the same by itself: ``same`` tells of an event there whether it does.
        """
        use = event.at
        index = own = home(use, cause)
        while index > 0 and use[index].unit.path != self.id.path:
            index -= 1
        if index != own and _is_class(self.db, use[index].unit):
            # A loop that the class inherits: nothing leads there but what the loop calls.
            index = next((deeper for deeper in range(own, len(use)) if use[deeper].unit == self.id), index)
        way = range(min(index + 1, own), own + 1) if index != own else ()
        if use[index].unit != self.id or any(self.said_from(event, i, same) for i in way):
            return None
        return index

    def is_said_below(self, event: Event, same: Callable[[Event], bool]) -> bool:
        """Whether a unit on the way to an event says the same by itself: ``same`` tells of its own event whether so."""
        return any(self.said_from(event, index, same) for index in range(1, len(event.at)))

    def leaving(self, event: Event) -> int | None:
        """Index of the call in this unit through which an event in another file is reached."""
        for index, ref in enumerate(event.at[:-1]):
            away = all(other.unit.path != self.id.path for other in event.at[index + 1 :])
            if ref.unit == self.id and away:
                return index
        return None

    def said_from(self, event: Event, index: int, same: Callable[[Event], bool]) -> bool:
        """Whether the unit through which an event is reached there says the same by itself."""
        first = event.at[index].unit
        found = trace(self.db, root_of(first)).of(first, event.effect)
        return any(other.at == event.at[index:] and same(other) for other in found)

    def at(self, ref: Ref) -> ast.AST:
        """The node of this unit with a number."""
        return self.unit.nodes[ref.n]

    def span(self, node: ast.AST) -> Span:
        """Where a node of this unit stands in the chunk."""
        return self.chunk.span(node)

    def text(self, node: ast.AST) -> str:
        """The source of a node of this unit."""
        span = self.span(node)
        return self.chunk.text[span.start : span.end]

    def place(self, ref: Ref) -> Place | None:
        """Where a node of any unit stands now; None if the unit is gone."""
        found = chunk(self.db, ref.unit.path, ref.unit.chunk).units.get(ref.unit.name)
        if found is None or ref.n >= len(found.nodes):
            return None
        where = chunk(self.db, ref.unit.path, ref.unit.chunk)
        return Place(ref.unit.path, ref.unit.chunk, where.span(found.nodes[ref.n]))

    def place_of_name(self, id: UnitId) -> Place | None:
        """Where the name of a function stands in its definition; None if the unit is gone."""
        where = chunk(self.db, id.path, id.chunk)
        found = where.units.get(id.name)
        if found is None or not isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        start = where.text.index(found.node.name, where.span(found.node).start)
        return Place(id.path, id.chunk, Span(start, start + len(found.node.name)))

    def foreign_node(self, ref: Ref) -> ast.AST | None:
        """A node of any unit."""
        found = chunk(self.db, ref.unit.path, ref.unit.chunk).units.get(ref.unit.name)
        return found.nodes[ref.n] if found is not None and ref.n < len(found.nodes) else None

    def unit_text(self, id: UnitId) -> str:
        """The text of any unit; empty if it is gone."""
        found = unit(self.db, id)
        return found.text if found is not None else ""

    def file_text(self) -> str:
        """The text of the whole file."""
        return "".join(self.db.input("chunk", self.id.path, number) for number in self.db.input("layout", self.id.path))

    def is_inside_package(self) -> bool:
        """Whether the file imports relatively: such a module is imported, never run as a script."""
        found = scope(self.db, self.id.path).values()
        return any(isinstance(binding, Import) and binding.level for bindings in found for binding in bindings)

    def is_shown(self, statement: ast.AST | None) -> bool:
        """Whether a statement is the last of a cell of a notebook, or of a script with cells: its value is shown."""
        body = self.chunk.tree.body
        if self.id.name or not body or statement is not body[-1]:
            return False
        if has_cell_mark(self.chunk.text[self.span(statement).end :]):
            return True
        is_last = self.db.input("layout", self.id.path)[-1] == self.id.chunk
        return is_last and (self.is_notebook() or has_cell_mark(self.file_text()))

    def is_notebook(self) -> bool:
        """Whether the file is a notebook, whose cells are the main module and run one by one."""
        return self.id.path.endswith(".ipynb")

    @property
    def torch_version(self) -> tuple[int, ...] | None:
        """The torch version in use; None for the newest known."""
        version: tuple[int, ...] | None = self.db.input("torch_version")
        return version

    @property
    def limits(self) -> Limits:
        """The numbers from which on rules speak."""
        limits: Limits = self.db.input("limits")
        return limits

    @property
    def python_version(self) -> tuple[int, ...] | None:
        """The Python version in use; None for the newest known."""
        version: tuple[int, ...] | None = self.db.input("python_version")
        return version

    @cached_property
    def expected_failures(self) -> tuple[Span, ...]:
        """What tests of the unit want to go wrong."""
        return tuple(self.span(node) for node in self.unit.nodes if expects_failure(node))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Node → the node around it, within the unit."""
        return {child: node for node in self.unit.nodes for child in ast.iter_child_nodes(node)}

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The statement a node belongs to."""
        current: ast.AST | None = node
        while current is not None and not isinstance(current, ast.stmt):
            current = self.parents.get(current)
        return current

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        current = self.parents.get(node)
        while current is not None:
            yield current
            current = self.parents.get(current)

    @cached_property
    def spellings(self) -> dict[str, str]:
        """Qualified module → how this file spells it (``torch.nn`` → ``nn``)."""
        found: dict[str, str] = {}
        for name, bindings in scope(self.db, self.id.path).items():
            for binding in bindings:
                if isinstance(binding, Import) and not binding.level and name != "*":
                    qualified = f"{binding.module}.{binding.name}" if binding.name else binding.module
                    found.setdefault(qualified, name)
        return found

    def is_imported(self, name: str) -> bool:
        """Whether a name of the file is that of an import."""
        return any(isinstance(binding, Import) for binding in scope(self.db, self.id.path).get(name, ()))

    def spell(self, qualified: str) -> str:
        """How this file would write a qualified name, by its imports."""
        if qualified in self.spellings:
            return self.spellings[qualified]
        package, _, name = qualified.rpartition(".")
        return f"{self.spell(package)}.{name}" if package else name

    def spelled(self, qualified: str) -> str | None:
        """How this file would write a qualified name; None if it imports nothing that leads there."""
        name = self.spell(qualified)
        return name if name.partition(".")[0] in scope(self.db, self.id.path) else None
