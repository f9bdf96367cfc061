"""Bindings of the module scope, read off the syntax of each chunk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple, Union

from torch_pitfalls.syntax.units import Chunk, UnitId


class Import(NamedTuple):
    """``import module`` (name empty) or ``from module import name``; level counts the leading dots."""

    module: str
    name: str
    level: int


class Definition(NamedTuple):
    """A function or class of this file."""

    unit: UnitId
    is_class: bool


class Assigned(NamedTuple):
    """A variable of the module body."""

    name: str


Binding = Union[Import, Definition, Assigned]
STAR = "*"


def bindings(path: str, number: int, chunk: Chunk) -> tuple[tuple[str, Binding], ...]:
    """What a chunk binds in the module scope, in order. A star import binds ``*``."""
    found: list[tuple[str, Binding]] = []
    seen: dict[str, int] = {}
    for statement in _module_statements(chunk.tree.body):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            count = seen[statement.name] = seen.get(statement.name, 0) + 1
            unique = statement.name if count == 1 else f"{statement.name}#{count}"
            unit = UnitId(path, number, unique)
            found.append((statement.name, Definition(unit, isinstance(statement, ast.ClassDef))))
        else:
            found.extend(_bound(statement))
    return tuple(found)


def _module_statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for field in ("body", "orelse", "finalbody"):
            yield from _module_statements(getattr(statement, field, None) or [])
        for handler in getattr(statement, "handlers", ()):
            yield from _module_statements(handler.body)
        for case in getattr(statement, "cases", ()):
            yield from _module_statements(case.body)


def imports(statement: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Import]]:
    """(name, import) for each name that an import statement binds."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                yield alias.asname, Import(alias.name, "", 0)
            else:
                top = alias.name.partition(".")[0]
                yield top, Import(top, "", 0)
    else:
        for alias in statement.names:
            bound = STAR if alias.name == "*" else alias.asname or alias.name
            yield bound, Import(statement.module or "", alias.name, statement.level)


def _bound(statement: ast.stmt) -> Iterator[tuple[str, Binding]]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from imports(statement)
        return
    for target in _targets(statement):
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                yield node.id, Assigned(node.id)


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return [target for target in statement.targets if not isinstance(target, (ast.Attribute, ast.Subscript))]
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign, ast.For, ast.AsyncFor)):
        return [statement.target] if isinstance(statement.target, (ast.Name, ast.Tuple, ast.List)) else []
    if isinstance(statement, (ast.With, ast.AsyncWith)):
        return [item.optional_vars for item in statement.items if item.optional_vars is not None]
    return []
