"""Tree → units: what is analysed as one piece.

A unit is a function, a method, the class-level statements of a class, or the statements of the
module body. Its nodes are numbered, so that results can name a node without naming its place:
comments and blank lines, or code above, may move it without changing any result.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, Union

from torch_pitfalls.syntax.directives import Directive, directives
from torch_pitfalls.syntax.parse import parse
from torch_pitfalls.text.edits import Span
from torch_pitfalls.text.source import Source

FunctionNode = Union[ast.FunctionDef, ast.AsyncFunctionDef]


class UnitId(NamedTuple):
    """A unit: the file, the chunk, and the dotted name in it.

    An empty name stands for the chunk's statements of the module body, ``#2`` ends the name of a
    second definition of the same name. Chunk -1 is the whole module body.
    """

    path: str
    chunk: int
    name: str

    def __str__(self) -> str:
        return f"{self.path}::{self.name or '<module>'}"


class Ref(NamedTuple):
    """A node of a unit, by its number."""

    unit: UnitId
    n: int


class Unit:
    """One unit's syntax. Two units are equal if their trees are, wherever they stand."""

    __slots__ = ("_fingerprint", "id", "node", "nodes", "text")

    def __init__(self, id: UnitId, node: ast.AST, nodes: list[ast.AST], text: str) -> None:
        self.id = id
        self.node = node
        self.nodes = nodes
        self.text = text
        self._fingerprint: str | None = None

    @property
    def fingerprint(self) -> str:
        """The structure without positions; of a module body, without what its functions and classes hold."""
        if self._fingerprint is None:
            if isinstance(self.node, ast.Module):
                self._fingerprint = "\n".join(map(_outline, self.node.body))
            else:
                self._fingerprint = ast.dump(self.node)
        return self._fingerprint

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Unit):
            return NotImplemented
        return self.id == other.id and (self.text == other.text or self.fingerprint == other.fingerprint)

    def __hash__(self) -> int:
        return hash(self.id)


class Chunk:
    """A parsed chunk: its tree, units and comments. Positions count from the chunk's start."""

    __slots__ = ("broken", "directives", "source", "text", "tree", "units")

    def __init__(self, path: str, id: int, text: str) -> None:
        self.text = text
        self.source = Source(text)
        self.tree, self.broken = parse(text)
        self.units: dict[str, Unit] = {}
        self.directives: tuple[Directive, ...] = directives(text)
        for name, node in _units(self.tree):
            unique = name
            count = 1
            while unique in self.units:
                count += 1
                unique = f"{name}#{count}"
            segment = self._segment(node)
            self.units[unique] = Unit(UnitId(path, id, unique), node, number(node), segment)

    def _segment(self, node: ast.AST) -> str:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            starts = self.source.line_starts
            end = starts[node.end_lineno] if node.end_lineno < len(starts) else len(self.text)
            return self.text[starts[first - 1] : end]
        return self.text

    def span(self, node: ast.AST) -> Span:
        """Where a node stands, in characters from the start of the chunk."""
        source = self.source
        line, end_line = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        return Span(
            source.byte_offset(line - 1, node.col_offset),  # type: ignore[attr-defined]
            source.byte_offset(end_line - 1, node.end_col_offset),  # type: ignore[attr-defined]
        )


def _outline(statement: ast.stmt) -> str:
    return f"def {statement.name}" if isinstance(statement, _DEFINITIONS) else ast.dump(statement)


def _units(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    yield "", tree
    for definition in _definitions(tree):
        if isinstance(definition, ast.ClassDef):
            yield from _class_units(definition, definition.name)
        else:
            yield definition.name, definition


def _class_units(node: ast.ClassDef, name: str) -> Iterator[tuple[str, ast.AST]]:
    yield name, node
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield f"{name}.{statement.name}", statement
        elif isinstance(statement, ast.ClassDef):
            yield from _class_units(statement, f"{name}.{statement.name}")


def _definitions(node: ast.AST) -> Iterator[FunctionNode | ast.ClassDef]:
    """Functions and classes of the module, also inside ``if``, ``try`` and ``with``."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield child
        elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from _definitions(child)


def number(node: ast.AST) -> list[ast.AST]:
    """The nodes of a unit in source order; each learns its number as ``node.ordinal``.

    Units inside a unit (methods of a class, definitions in the module body) are left out.
    """
    outer = isinstance(node, (ast.Module, ast.ClassDef))
    nodes: list[ast.AST] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        current.ordinal = len(nodes)  # type: ignore[attr-defined]
        nodes.append(current)
        for child in reversed(list(ast.iter_child_nodes(current))):
            if isinstance(child, _SHARED) or (outer and isinstance(child, _DEFINITIONS)):
                continue
            waiting.append(child)
    return nodes


_SHARED = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop, ast.cmpop)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def call_at(node: ast.AST) -> ast.Call:
    """A call without arguments that stands where a node stands: what runs there without being written as a call."""
    call = ast.Call(func=ast.Name(id=getattr(node, "name", ""), ctx=ast.Load()), args=[], keywords=[])
    call.ordinal = node.ordinal  # type: ignore[attr-defined]
    return call
