"""Context managers of autograd and autocast as they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.knowledge import api
from torch_pitfalls.names.resolve import External
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.edits import indented
from torch_pitfalls.syntax.shapes import dotted


@dataclass(frozen=True, slots=True)
class Context:
    """A context manager of torch that is used without being entered.

    ``form`` is ``bare`` (called as a statement), ``with`` (named, not called, in a with-statement)
    or ``decorator`` (named, not called).
    """

    facts: Facts
    name: str
    form: str
    node: ast.expr

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.facts.span(self.node)

    @property
    def text(self) -> str:
        """Its source."""
        return self.facts.text(self.node)

    def wrap_rest(self) -> tuple[Edit, ...]:
        """Turn the statement into a with-block around the rest of its block; empty where that is not possible."""
        statement = self.facts.statement(self.node)
        parent = self.facts.parents.get(statement) if statement is not None else None
        block = next(
            (
                body
                for field in ("body", "orelse", "finalbody")
                if statement in (body := getattr(parent, field, None) or [])
            ),
            None,
        )
        if statement is None or block is None or isinstance(parent, ast.Module):
            return ()
        rest = block[block.index(statement) + 1 :]
        if not rest:
            return ()
        inner = indented(self.facts, rest[0], rest[-1], "")
        if not inner:
            return ()
        span = self.facts.span(statement)
        # The statement itself becomes the header; of the first edit only the indentation is needed.
        first = self.facts.span(rest[0]).start
        indent = inner[0].text.rpartition("\n")[2]
        own = self.facts.chunk.text[self.facts.chunk.text.rfind("\n", 0, first) + 1 : first]
        return (
            Edit(span, f"with {self.text}:"),
            Edit(Span(first, first), indent.removeprefix(own)),
            *inner[1:],
        )


class _Contexts:
    def find(self, facts: Facts) -> Iterator[Context]:
        """Contexts in statements of the unit."""

        def name_of(node: ast.expr) -> str | None:
            if dotted(node) is None:
                return None
            symbol = resolve(facts.db, facts.id.path, node)
            name = api.canonical(symbol.qualified) if isinstance(symbol, External) else None
            return name if name in api.CONTEXTS else None

        for node in facts.unit.nodes:
            candidates: list[tuple[str, ast.expr, ast.expr]] = []
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                candidates.append(("bare", node.value.func, node.value))
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                candidates += [("with", item.context_expr, item.context_expr) for item in node.items]
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                candidates += [("decorator", item, item) for item in node.decorator_list]
            for form, named, reported in candidates:
                name = name_of(named)
                if name is not None:
                    yield Context(facts, name, form, reported)


CONTEXTS: Subject[Context] = _Contexts()
