"""Tensors on a device whose elements are read one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted

_READS = frozenset({"item", "tolist"})
_CONVERSIONS = frozenset({"float", "int", "bool", "print"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_LOOPS = (ast.For, ast.AsyncFor)


@dataclass(frozen=True, slots=True)
class ElementRead(Use):
    """An element of a tensor is read in a loop over its elements, inside a loop that trains or predicts."""

    whole: ast.expr | None = None

    @property
    def tensor(self) -> str:
        """The tensor as the user spells it."""
        assert self.whole is not None
        return self.shortened(self.whole.value if isinstance(self.whole, ast.Subscript) else self.whole)


def _read(event: Event, node: ast.AST) -> ast.expr | None:
    """The expression whose value is taken off the device; None if none is."""
    if not isinstance(node, ast.Call):
        return None
    if event.effect is Effect.METHOD:
        reads = event.name in _READS and isinstance(node.func, ast.Attribute) and _is_away(event.subject)
        return node.func.value if reads and isinstance(node.func, ast.Attribute) else None
    if event.name not in _CONVERSIONS:
        return None
    return next((arg for arg, value in zip(node.args, event.args, strict=False) if _is_away(value)), None)


def _is_away(value: Value) -> bool:
    return value.must_be(kinds.TENSOR) and value.device is not None and value.device.away


def _element_of(facts: Facts, read: ast.expr, wholes: set[ast.AST]) -> tuple[ast.expr, ast.AST] | None:
    """The tensor whose element an expression is, and the loop or comprehension over its elements."""
    for loop in facts.around(read):
        if not isinstance(loop, (*_LOOPS, *_COMPREHENSIONS)):
            continue
        clauses = [(loop.target, loop.iter)] if isinstance(loop, _LOOPS) else []
        if isinstance(loop, _COMPREHENSIONS):
            clauses = [(each.target, each.iter) for each in loop.generators]
        for target, source in clauses:
            names = _used(target)
            if isinstance(read, ast.Name) and read.id in names:
                return next(((whole, loop) for whole in _sources(source, target, read.id) if whole in wholes), None)
            if isinstance(read, ast.Subscript) and read in wholes and names & _used(read.slice):
                return read, loop
    return None


def _used(node: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _sources(source: ast.expr, target: ast.expr, name: str) -> list[ast.expr]:
    """What a variable of a loop is an element of, also through ``enumerate`` and ``zip``."""
    if not isinstance(source, ast.Call) or not isinstance(target, ast.Tuple):
        return [source]
    parts, called = target.elts, dotted(source.func)
    if called == "enumerate" and len(parts) == 2 and source.args:
        return _sources(source.args[0], parts[1], name)
    if called != "zip" or len(parts) != len(source.args):
        return [source]
    pairs = zip(parts, source.args, strict=True)
    return [inner for part, arg in pairs if name in _used(part) for inner in _sources(arg, part, name)]


def _is_hot(facts: Facts, event: Event, loop: ast.AST) -> bool:
    """Whether a loop around the one over the elements computes, and that one does not."""
    chains = list(event.loops)
    own = [chain for chain in chains if chain[-1].unit == facts.id and facts.at(chain[-1]) is loop]
    outer = chains[: chains.index(own[0])] if own else chains
    computing = [other for other in facts.trace.events if other.effect in (Effect.FORWARD, Effect.BACKWARD)]
    if own and any(own[0] in other.loops for other in computing):
        return False
    return any(chain in other.loops for other in computing for chain in outer)


class _ElementReads:
    def find(self, facts: Facts) -> Iterator[ElementRead]:
        """Reads of single elements in this unit; one for each loop over them."""
        wholes = {facts.at(event.at[-1]) for event in facts.events(Effect.ELEMENTS)}
        told: set[ast.AST] = set()
        for event in facts.events(Effect.METHOD, Effect.CALL) if wholes else ():
            read = _read(event, facts.at(event.at[-1]))
            found = _element_of(facts, read, wholes) if read is not None else None
            if found is not None and found[1] not in told and _is_hot(facts, event, found[1]):
                told.add(found[1])
                yield ElementRead(facts, event, facts.trace, len(event.at) - 1, whole=found[0])


ELEMENT_READS: Subject[ElementRead] = _ElementReads()
