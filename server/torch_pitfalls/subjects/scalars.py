"""Numbers that are taken out of tensors."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.state import GRAD_ON
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import GRAPH_YES, SEVERAL, SINGLE
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted

INDEX, ARRAY, ITEM = "index", "array", "item"


@dataclass(frozen=True, slots=True)
class Extraction(Use):
    """A number is taken out of a tensor in a way that raises.

    ``way`` is ``index`` or ``array`` where the tensor has no dimension, ``item`` where it has several elements.
    """

    way: str = INDEX

    @property
    def tensor(self) -> ast.expr:
        """The tensor, without what only takes it off its graph or its device."""
        node = self.node
        if isinstance(node, ast.Subscript):
            return _bare(node.value)
        assert isinstance(node, ast.Call)
        if self.event.effect is Effect.CALL:
            return node.args[0]
        assert isinstance(node.func, ast.Attribute)
        return _bare(node.func.value) if self.way == ARRAY else node.func.value

    @property
    def number(self) -> bool:
        """Whether a number is wanted, rather than the tensor that is indexed."""
        node = self.node
        if self.way != INDEX or not isinstance(node, ast.Subscript) or self.tensor is not node.value:
            return True
        parent = self.facts.parents.get(node)
        return not isinstance(parent, (ast.Attribute, ast.Return)) and not (
            isinstance(parent, ast.Assign) and parent.value is node
        )

    @property
    def repaired(self) -> str:
        """What to write instead."""
        text = self.facts.text(self.tensor)
        return f"{text}.item()" if self.number else text

    def repair(self) -> tuple[Edit, ...]:
        """The edit that writes it; empty where the tensor is no plain expression, or nothing would be left to do."""
        tensor, parent = self.tensor, self.facts.parents.get(self.node)
        if not isinstance(tensor, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            return ()
        if isinstance(parent, ast.Assign) and ast.unparse(parent.targets[0]) == self.repaired:
            return ()
        end = self.facts.span(tensor).end
        return (Edit(Span(end, self.at.end), ".item()" if self.number else ""),)

    def is_expected(self) -> bool:
        """Whether what surrounds it waits for the exception."""
        return any(
            isinstance(node, ast.Try)
            or (
                isinstance(node, (ast.With, ast.AsyncWith))
                and any(_EXPECTS.search(ast.unparse(item.context_expr)) for item in node.items)
            )
            for node in self.facts.around(self.node)
        )


_EXPECTS = re.compile(r"raises|assert[A-Z]|suppress", re.I)
_BARE = frozenset({"data", "detach", "cpu"})


def _bare(node: ast.expr) -> ast.expr:
    """``loss`` of ``loss.data`` and ``loss.detach().cpu()``."""
    inner = node
    if isinstance(inner, ast.Call) and not inner.args and not inner.keywords:
        inner = inner.func
    if isinstance(inner, ast.Attribute) and inner.attr in _BARE and (inner.attr == "data") is (inner is node):
        return _bare(inner.value)
    return node


def _way(event: Event, node: ast.AST) -> str | None:
    """In which way a number is taken out so that it raises; None if it is not."""
    if event.effect is Effect.INDEX:
        index = event.args[0].literal
        return INDEX if index is not None and type(index[0]) is int else None
    if not isinstance(node, ast.Call):
        return None
    if event.effect is Effect.CALL:
        single = len(event.args) == 1 and event.args[0].must_be(kinds.TENSOR) and event.args[0].size == SEVERAL
        return ITEM if event.name in ("float", "int") and single and dotted(node.func) == event.name else None
    tensor = event.subject
    if not tensor.must_be(kinds.TENSOR) or event.args or event.kwargs:
        return None
    if event.name == "item":
        return ITEM if tensor.size == SEVERAL else None
    raises = tensor.size == SINGLE and tensor.graph == GRAPH_YES and event.grad == GRAD_ON
    return ARRAY if event.name == "numpy" and raises else None


def _indices(facts: Facts) -> list[Event]:
    """Indices into tensors without dimensions in this unit, one for each place: callers tell which loss they pass."""
    found = {event.at[-1]: event for event, _ in facts.all_events(Effect.INDEX) if event.at[-1].unit == facts.id}
    return list(found.values())


class _Extractions:
    def find(self, facts: Facts) -> Iterator[Extraction]:
        """Numbers taken out of tensors in this unit, in ways that raise."""
        for event in [*_indices(facts), *facts.events(Effect.METHOD, Effect.CALL)]:
            way = _way(event, facts.at(event.at[-1]))
            if way is None or (way == ARRAY and facts.callers_grad() != {GRAD_ON}):
                continue
            found = Extraction(facts, event, facts.trace, len(event.at) - 1, way=way)
            if not found.is_expected():
                yield found


EXTRACTIONS: Subject[Extraction] = _Extractions()
