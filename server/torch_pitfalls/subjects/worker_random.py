"""Random numbers that the workers of a data loader repeat."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.knowledge.api import canonical
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.random import GENERATORS, NOT_DRAWING, NUMPY_IN_WORKERS, RESEEDING, SEEDS
from torch_pitfalls.names.resolve import External, Variable, chunk, unit
from torch_pitfalls.rule import Note, Span, Subject, Text
from torch_pitfalls.subjects.loaders import LOADERS
from torch_pitfalls.subjects.use import shortened
from torch_pitfalls.subjects.workers import WORKER_CODE, WorkerCode, WorkerLoader, reached_from
from torch_pitfalls.syntax.shapes import dotted, keyword
from torch_pitfalls.syntax.units import Ref


class Repeats(Enum):
    """Why workers repeat their random numbers."""

    COPIED = "every worker has a copy of the generator"
    SAME_SEED = "every worker is seeded alike"
    SAME_EPOCH = "a worker is seeded alike in every epoch"
    NUMPY = "NumPy's generator is not seeded in workers"


@dataclass(frozen=True, slots=True)
class Repeated:
    """A draw of random numbers in workers that repeat them, or the seeding that makes them do so.

    ``name`` is the generator, or the call that seeds; ``made`` the place where the generator is made.
    """

    facts: Facts
    node: ast.AST
    why: Repeats
    name: str
    made: Ref | None = None
    loader: WorkerLoader | None = None

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.facts.span(self.node)

    def notes(self, made: Text, loaded: Text) -> tuple[Note, ...]:
        """Notes where the generator is made, and where the loader is."""
        found = []
        for ref, text in ((self.made, made), (self.loader.at[-1] if self.loader is not None else None, loaded)):
            place = self.facts.place(ref) if ref is not None else None
            if place is not None:
                found.append(Note(place, text))
        return tuple(found)


def _external(db: Database, path: str, node: ast.AST) -> str:
    """The qualified name of something outside the workspace; empty if it is none."""
    symbol = resolve(db, path, node)
    return canonical(symbol.qualified) if isinstance(symbol, External) else ""


def _generator_call(db: Database, path: str, node: ast.expr) -> bool:
    """Whether an expression makes a generator, perhaps seeding it at once."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RESEEDING:
        return isinstance(node.func.value, ast.Call) and _generator_call(db, path, node.func.value)
    return isinstance(node, ast.Call) and _external(db, path, node.func) in GENERATORS


# ── generators that are copied ──


def _draws(facts: Facts) -> Iterator[tuple[ast.Call, ast.expr]]:
    """Calls that may draw from a generator that has a name, with that name."""
    for node in facts.unit.nodes:
        if not isinstance(node, ast.Call):
            continue
        given = keyword(node, "generator")
        if given is not None and dotted(given) is not None:
            yield node, _unaliased(facts, given)
        if isinstance(node.func, ast.Attribute) and node.func.attr not in NOT_DRAWING and dotted(node.func.value):
            yield node, _unaliased(facts, node.func.value)


def _unaliased(facts: Facts, generator: ast.expr) -> ast.expr:
    """What a variable is a second name for, if it is assigned once in the unit."""
    name = dotted(generator)
    stored = [node for node in facts.unit.nodes if isinstance(node, ast.Assign) and _assigns(node, str(name))]
    return stored[0].value if len(stored) == 1 and isinstance(stored[0].value, ast.Attribute) else generator


def _assigns(statement: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in statement.targets)


def _copied(code: WorkerCode) -> Iterator[Repeated]:
    facts = code.facts
    seen: set[str] = set()
    for call, generator in _draws(facts):
        name = str(dotted(generator))
        if name in seen:
            continue
        seen.add(name)
        made = _made_before(code, name)
        if made is not None and not _is_reseeded(code, name):
            loader = next((each for each in code.loaders() if _copies(facts.db, each, name)), None)
            if loader is not None:
                yield Repeated(facts, call, Repeats.COPIED, name, made, loader)


def _copies(db: Database, loader: WorkerLoader, generator: str) -> bool:
    """Whether the workers of a loader start from the same state, and nothing tells them apart."""
    if "worker_init_fn" in loader.options and _may_reach(db, loader, generator):
        return False
    return not (loader.workers == 1 and loader.constant("persistent_workers"))


def _may_reach(db: Database, loader: WorkerLoader, generator: str) -> bool:
    """Whether the ``worker_init_fn`` of a loader may get at a generator, and not only at the global ones."""
    found = [unit(db, id) for id in reached_from(db, loader.initial)]
    ways = re.compile(rf"worker_info|dataset|attr\(|\b{re.escape(_attribute(generator))}\b")
    return not found or any(each is None or ways.search(each.text) for each in found)


def _made_before(code: WorkerCode, name: str) -> Ref | None:
    """The place that makes a generator before workers start: in ``__init__``, or in the module body."""
    db, path = code.facts.db, code.facts.id.path
    owner, _, attribute = name.rpartition(".")
    if owner and owner == code.me:
        found = code.made_in_init(attribute)
        if found is None or not _generator_call(db, found[0].path, found[1]):
            return None
        return Ref(found[0], found[1].ordinal)  # type: ignore[attr-defined]
    if owner or name in {node.arg for node in code.facts.unit.nodes if isinstance(node, ast.arg)}:
        return None
    symbol = resolve(db, path, ast.Name(name, ast.Load()))
    return _made_by_module(db, symbol) if isinstance(symbol, Variable) else None


def _made_by_module(db: Database, symbol: Variable) -> Ref | None:
    found = _generators_of(db, symbol.path).get(symbol.name, ())
    return found[0] if len(found) == 1 else None


@query()
def _generators_of(db: Database, path: str) -> dict[str, tuple[Ref | None, ...]]:
    """Variable of a module body → its assignments: the call that makes a generator, None for anything else."""
    found: dict[str, tuple[Ref | None, ...]] = {}
    for number in db.input("layout", path) or ():
        for name, made in _generators_in(db, path, number):
            found[name] = (*found.get(name, ()), made)
    return found


@query(eager=True)
def _generators_in(db: Database, path: str, number: int) -> tuple[tuple[str, Ref | None], ...]:
    found: list[tuple[str, Ref | None]] = []
    body = chunk(db, path, number).units[""]
    for node in body.nodes:
        if isinstance(node, ast.Assign):
            names = [name for target in node.targets if (name := dotted(target)) is not None]
            makes = bool(names) and _generator_call(db, path, node.value)
            ref = Ref(body.id, node.value.ordinal) if makes else None  # type: ignore[attr-defined]
            found += ((name, ref) for name in names)
    return tuple(found)


def _is_reseeded(code: WorkerCode, name: str) -> bool:
    """Whether a worker may give the generator a state of its own; what ``__init__`` does comes before the workers."""
    attribute = _attribute(name)
    nodes = list(code.facts.unit.nodes)
    for id, node in code.methods():
        found = unit(code.facts.db, id) if not id.name.endswith(".__init__") else None
        nodes += found.nodes if found is not None and node is not code.facts.node else []
    for node in nodes:
        if isinstance(node, (ast.Name, ast.Attribute)) and "worker" in (dotted(node) or ""):
            return True
        reseeds = isinstance(node, ast.Attribute) and node.attr in RESEEDING
        if reseeds and isinstance(node, ast.Attribute) and _last(node.value) == attribute:
            return True
    return False


def _last(node: ast.expr) -> str:
    return _attribute(dotted(node) or "")


def _attribute(name: str) -> str:
    return name.rpartition(".")[2]


# ── workers that are seeded alike ──


def _seeds(facts: Facts, body: ast.AST, parameter: str | None) -> Iterator[tuple[ast.Call, Repeats]]:
    """Calls in a ``worker_init_fn`` that seed a global generator without telling workers or epochs apart."""
    local = {
        target.id: node.value
        for node in ast.walk(body)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(body):
        if isinstance(node, ast.Call) and node.args and _external(facts.db, facts.id.path, node.func) in SEEDS:
            names, computed = _ingredients(node.args[0], local, 0)
            if not computed:
                yield node, Repeats.SAME_EPOCH if parameter in names else Repeats.SAME_SEED


def _ingredients(node: ast.expr, local: dict[str, ast.expr], depth: int) -> tuple[set[str], bool]:
    """The names an expression is made of, and whether something is called that may differ each time."""
    names: set[str] = set()
    computed = False
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and dotted(inner.func) not in ("int", "abs", "hash", "str"):
            return names, True
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            if inner.id in local and depth < 4:
                more, called = _ingredients(local[inner.id], local, depth + 1)
                names |= more
                computed |= called
            else:
                names.add(inner.id)
    return names, computed


def _seeded(code: WorkerCode) -> Iterator[Repeated]:
    facts = code.facts
    if not isinstance(facts.node, ast.FunctionDef):
        return
    arguments = [argument.arg for argument in facts.node.args.args if argument.arg != code.me]
    for call, why in _seeds(facts, facts.node, arguments[0] if arguments else None):
        for loader in code.loaders():
            begins = facts.id in {id for id, _ in loader.initial}
            if begins and not (why is Repeats.SAME_EPOCH and loader.constant("persistent_workers")):
                yield Repeated(facts, call, why, shortened(facts.text(call)), None, loader)
                break


class _RepeatedDraws:
    def find(self, facts: Facts) -> Iterator[Repeated]:
        """Draws and seeds of the unit by which workers repeat their random numbers."""
        for code in WORKER_CODE.find(facts):
            yield from _copied(code)
            yield from _seeded(code)
            yield from self._numpy(code)
        for loader in LOADERS.find(facts):
            function = loader.expression("worker_init_fn")
            if isinstance(function, ast.Lambda) and loader.direct:
                parameter = function.args.args[0].arg if function.args.args else None
                persistent = loader.constant("persistent_workers") is True
                for call, why in _seeds(facts, function.body, parameter):
                    if not (why is Repeats.SAME_EPOCH and persistent):
                        yield Repeated(facts, call, why, shortened(facts.text(call)))

    def _numpy(self, code: WorkerCode) -> Iterator[Repeated]:
        facts = code.facts
        version = facts.torch_version
        if version is None or version >= NUMPY_IN_WORKERS:
            return
        for event in facts.events(Effect.CALL):
            if event.name.startswith("numpy.random.") and event.name not in SEEDS and event.name not in GENERATORS:
                for loader in code.loaders():
                    if "worker_init_fn" not in loader.options:
                        node = facts.at(event.at[-1])
                        name = facts.text(node.func) if isinstance(node, ast.Call) else event.name
                        yield Repeated(facts, node, Repeats.NUMPY, name, None, loader)
                        return


REPEATED_DRAWS: Subject[Repeated] = _RepeatedDraws()
