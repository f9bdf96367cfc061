"""Names of torch and its companions, wherever they are written: imported, called, inherited from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts
from torch_pitfalls.names.resolve import is_part_of, scope
from torch_pitfalls.names.scopes import Import, imports
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.edits import without_argument
from torch_pitfalls.syntax.shapes import dotted

_PACKAGES = frozenset({"torch", "torchvision", "torchaudio", "functorch"})
_VERSIONS = re.compile(r"version|find_spec|torch_(?:\d|ge|greater|lt|less)", re.I)
_ASKED = re.compile(r"hasattr\((\w+)")
_NOT_THERE = re.compile(r"^$|\b(?:ImportError|ModuleNotFoundError|AttributeError|Exception|BaseException)\b")
_NO_ATTRIBUTE = re.compile(r"\b(?:ImportError|ModuleNotFoundError|AttributeError|TypeError|NotImplementedError)\b")
Imports = dict[str, tuple[Import, ...]]


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of torch in the source.

    ``qualified`` is its full name as the import says, not its documented alias; ``binding`` that of the part
    that the file imports. ``node`` is the dotted expression or, where ``imported``, the alias in the import.
    """

    facts: Facts
    qualified: str
    node: ast.AST
    imported: bool
    binding: str
    parents: Mapping[ast.AST, ast.AST] = field(compare=False, repr=False)

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.facts.span(self.node)

    @property
    def name(self) -> str:
        """The name as it is written; in an import without the new name it gets."""
        if isinstance(self.node, ast.alias):
            return self.node.name
        return self.facts.text(self.node)

    @property
    def call(self) -> ast.Call | None:
        """The call of the name, if it is called."""
        parent = self.parents.get(self.node)
        return parent if isinstance(parent, ast.Call) and parent.func is self.node else None

    @property
    def decorates(self) -> bool:
        """Whether the name is a decorator without a call."""
        parent = self.parents.get(self.node)
        return isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef)) and self.node in parent.decorator_list

    @property
    def version(self) -> tuple[int, ...] | None:
        """The torch version in use; None for the newest known."""
        return self.facts.torch_version

    def keyword(self, name: str) -> ast.keyword | None:
        """An argument of the call that is given by name."""
        call = self.call
        return next((item for item in call.keywords if item.arg == name), None) if call is not None else None

    def without(self, name: str) -> Edit | None:
        """Take an argument that is given by name out of the call."""
        call = self.call
        return without_argument(self.facts, call, name) if call is not None else None

    def span_of(self, node: ast.AST) -> Span:
        """Where a part of it stands."""
        return self.facts.span(node)

    def text_of(self, node: ast.AST) -> str:
        """The source of a part of it."""
        return self.facts.text(node)

    def can_spell(self, qualified: str) -> bool:
        """Whether the imports of the file lead to another name."""
        return "." not in qualified or any(
            qualified == known or qualified.startswith(f"{known}.") for known in self.facts.spellings
        )

    def spell(self, qualified: str) -> str:
        """Another name as this file would write it."""
        return self.facts.spell(qualified)

    def renamed(self, qualified: str) -> Edit:
        """Write another name in its place."""
        return Edit(self.at, self.spell(qualified))

    def first_argument(self, text: str) -> Edit:
        """Put an argument before those of the call."""
        call = self.call
        assert call is not None
        given = [*call.args, *(item.value for item in call.keywords)]
        close = self.facts.span(call).end - 1
        opening = self.facts.chunk.text.index("(", self.at.end, close + 1) + 1
        space = "" if self.facts.chunk.text[opening].isspace() else " "
        return Edit(Span(opening, opening), f"{text},{space}" if given else text)

    def last_argument(self, text: str) -> Edit:
        """Put an argument after those of the call."""
        call = self.call
        assert call is not None
        given = [*call.args, *(item.value for item in call.keywords)]
        end = max((self.facts.span(item).end for item in given), default=self.facts.span(call).end - 1)
        return Edit(Span(end, end), f", {text}" if given else text)

    def reimported(self, qualified: str) -> Edit | None:
        """Import another name in its place, under the name that the file uses; None where others come along."""
        alias = self.node
        statement = self.parents.get(alias)
        if not isinstance(alias, ast.alias) or not isinstance(statement, ast.ImportFrom) or len(statement.names) > 1:
            return None
        name = alias.asname or alias.name
        module, _, last = qualified.rpartition(".")
        span = self.facts.span(statement)
        if not module:
            return Edit(span, f"{name} = {last}")
        if module.partition(".")[0] in _PACKAGES:
            return Edit(span, f"from {module} import {last}" + (f" as {name}" if name != last else ""))
        return Edit(span, f"import {qualified} as {name}")


class _Mentions:
    def find(self, facts: Facts) -> Iterator[Mention]:
        """Names of torch in the unit; those at the level of classes belong to the module body.

        torch's own files are left out: they are where the names come from.
        """
        nodes, parents = facts.unit.nodes, facts.parents
        if not facts.id.name:
            classes = [unit.nodes for unit in facts.chunk.units.values() if isinstance(unit.node, ast.ClassDef)]
            nodes = [*nodes, *(node for unit in classes for node in unit)]
            parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
        if is_part_of(facts.db, facts.id.path, "torch"):
            return
        known = _imports(facts)
        writes = any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in nodes)
        asking = [*nodes, *facts.chunk.units[""].nodes] if facts.id.name else nodes
        if (not known and not writes) or _asks_for_versions(asking, known):
            return
        for node in nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                if not _is_guarded(node, parents, _NOT_THERE):
                    yield from _imported(facts, node, parents)
            elif _is_whole_name(node, parents):
                yield from _used(facts, node, known, parents)


def _imports(facts: Facts) -> Imports:
    """What the names that the unit sees import of torch's packages; none for a name it binds itself."""
    of_torch = _imports_of_torch(facts.db, facts.id.path)
    if not facts.id.name:
        return of_torch
    inside: dict[str, list[Import]] = {}
    for node in facts.unit.nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name, what in imports(node):
                inside.setdefault(name, []).append(what)
    own = _bound_inside(facts)
    if not inside:
        return {name: bindings for name, bindings in of_torch.items() if name not in own}
    whole = _imports_of_file(facts.db, facts.id.path)
    found = {name: bindings for name, bindings in whole.items() if name not in own}
    for name, more in inside.items():
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *more)))
    return {name: bindings for name, bindings in found.items() if _concerns_torch(bindings)}


@query()
def _imports_of_torch(db: Database, path: str) -> Imports:
    """Those imports of a module scope that are of torch's packages."""
    found = _imports_of_file(db, path)
    return {name: bindings for name, bindings in found.items() if _concerns_torch(bindings)}


@query()
def _imports_of_file(db: Database, path: str) -> Imports:
    """The names of a module scope that are imported and bound in no other way."""
    return {
        name: tuple(binding for binding in bindings if isinstance(binding, Import))
        for name, bindings in scope(db, path).items()
        if all(isinstance(binding, Import) for binding in bindings)
    }


def _concerns_torch(bindings: tuple[Import, ...]) -> bool:
    return any(not what.level and what.module.partition(".")[0] in _PACKAGES for what in bindings)


def _bound_inside(facts: Facts) -> set[str]:
    names: set[str] = set()
    for node in facts.unit.nodes:
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node is not facts.node:
            names.add(node.name)
    return names


def _asks_for_versions(nodes: list[ast.AST], known: Imports) -> bool:
    """Whether the code goes different ways for different versions, or for what a package of torch's has."""
    tests = [ast.unparse(node.test) for node in nodes if isinstance(node, (ast.If, ast.IfExp))]
    return any(_VERSIONS.search(test) or set(_ASKED.findall(test)) & known.keys() for test in tests)


def _imported(facts: Facts, node: ast.Import | ast.ImportFrom, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Mention]:
    for alias in node.names:
        if isinstance(node, ast.Import):
            qualified = alias.name
        else:
            qualified = f"{node.module}.{alias.name}" if node.module and not node.level else ""
        if qualified.partition(".")[0] in _PACKAGES:
            yield Mention(facts, qualified, alias, True, qualified, parents)


def _used(facts: Facts, node: ast.AST, known: Imports, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Mention]:
    first, _, rest = (dotted(node) or "").partition(".")
    bindings = known.get(first, ())
    if len(bindings) != 1 or _is_guarded(node, parents, _NO_ATTRIBUTE):
        return
    what = bindings[0]
    qualified = f"{what.module}.{what.name}" if what.name else what.module
    yield Mention(facts, f"{qualified}.{rest}" if rest else qualified, node, False, qualified, parents)


def _is_whole_name(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether an expression is a name or dotted name that is read, and no part of a longer one."""
    return (
        isinstance(node, (ast.Name, ast.Attribute))
        and isinstance(node.ctx, ast.Load)
        and not isinstance(parents.get(node), ast.Attribute)
    )


def _is_guarded(node: ast.AST, parents: Mapping[ast.AST, ast.AST], caught: re.Pattern[str]) -> bool:
    """Whether the code is prepared for a name that is not there."""
    current = parents.get(node)
    while current is not None:
        if isinstance(current, ast.Try) and any(
            caught.search(ast.unparse(handler.type) if handler.type is not None else "") for handler in current.handlers
        ):
            return True
        if isinstance(current, (ast.If, ast.IfExp)) and "hasattr" in ast.unparse(current.test):
            return True
        current = parents.get(current)
    return False


MENTIONS: Subject[Mention] = _Mentions()
"""Every name of torch, torchvision, torchaudio and functorch that the code relies on."""

__all__ = ["MENTIONS", "Mention"]
