"""Logarithms of what torch computes together with them in one function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import Activation, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.activations import (
    ACTIVATIONS,
    EXP_AND_ONE,
    METHODS,
    SHIFTED,
    SIGMOID,
    SOFTMAX,
    SUM_OF_EXP,
)
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import constant

_WRITTEN_OUT = frozenset({SUM_OF_EXP, SOFTMAX, SIGMOID, EXP_AND_ONE})
_NO_OPTIONS: str | None = ""
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}
_NO_ACT = Activation("", ())
_NOTHING = ast.Constant(None)


@dataclass(frozen=True, slots=True)
class Logarithm(Use):
    """A logarithm whose operand is an exponential in disguise: ``inner`` says which, and where it is computed."""

    inner: Activation = _NO_ACT

    def replaced(self, whole: str) -> tuple[Edit, ...]:
        """Edits that put a call of a function, by its qualified name, in the place of both steps.

        Empty where the steps are not written in one expression, or with options that the function lacks.
        """
        operand = self._operand(self.node)
        name = self.facts.spelled(whole)
        if "#" in self.text or operand is None:
            return ()
        if self.inner.name == EXP_AND_ONE:
            scores, options = self._operand_beside_one(operand), _NO_OPTIONS
        elif self.inner.name == SUM_OF_EXP:
            scores, options = self._operand(self._operand(operand)), self._options(operand)
        else:
            scores, options = self._activated(operand), self._options(operand)
        if scores is None or options is None:
            return ()
        text = self.facts.text(scores)
        if self.inner.name == SOFTMAX and self._is_method(operand):
            return (Edit(self.at, f"{self._owner(scores)}.log_softmax({options})"),)
        if self.inner.name == SUM_OF_EXP and not options:
            text, options = f"{self._owner(scores)}.flatten()", "dim=0"
        given = f"{text}, {options}" if options else text
        return (Edit(self.at, f"{name}({given})"),) if name is not None else ()

    def _activated(self, node: ast.AST) -> ast.expr | None:
        """What softmax or sigmoid is applied to, if a call applies it, and not a layer or a model."""
        applies = self._is_method(node) or any(
            event.name in ACTIVATIONS and self.facts.at(event.at[-1]) is node
            for event in self.facts.events(Effect.CALL)
        )
        return self._operand(node) if applies else None

    def _operand_beside_one(self, node: ast.AST) -> ast.expr | None:
        if not isinstance(node, ast.BinOp):
            return None
        return self._operand(node.right if constant(node.left) == 1 else node.left)

    def _owner(self, node: ast.expr) -> str:
        """The source of an expression whose attribute is asked for."""
        text = self.facts.text(node)
        return text if isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)) else f"({text})"

    def _is_method(self, node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and not self.is_function(node.func)
            and node.func.attr in METHODS
        )

    def _operand(self, node: ast.AST | None) -> ast.expr | None:
        """What a call computes with: the owner of a method, or the first argument of a function."""
        if not isinstance(node, ast.Call):
            return None
        if isinstance(node.func, ast.Attribute) and not self.is_function(node.func):
            return node.func.value
        plain = node.args and not isinstance(node.args[0], ast.Starred)
        return node.args[0] if plain and isinstance(node.func, (ast.Name, ast.Attribute)) else None

    def _options(self, node: ast.expr) -> str | None:
        """The further arguments of a call as they are written; None if some hide."""
        if not isinstance(node, ast.Call):
            return None
        first = 0 if self._operand(node) is getattr(node.func, "value", None) else 1
        hidden = any(isinstance(arg, ast.Starred) for arg in node.args)
        if hidden or any(item.arg in (None, "dtype") for item in node.keywords):
            return None
        words = [self.facts.text(arg) for arg in node.args[first:]]
        words += [
            f"{_NUMPY_NAMES.get(str(item.arg), item.arg)}={self.facts.text(item.value)}" for item in node.keywords
        ]
        return ", ".join(words)


class _Logarithms:
    def find(self, facts: Facts) -> Iterator[Logarithm]:
        """Logarithms in the unit whose operand is one of these."""
        shifted = {
            event.at
            for event in facts.events(Effect.METHOD)
            if event.name == "exp" and event.subject.act is not None and event.subject.act.name == SHIFTED
        }
        for event in facts.events(Effect.CALL, Effect.METHOD):
            inner = _inner(facts, event, shifted)
            if inner is not None:
                yield Logarithm(facts, event, facts.trace, len(event.at) - 1, None, inner)


def _inner(facts: Facts, event: Event, shifted: set[Chain]) -> Activation | None:
    if event.effect is Effect.CALL:
        operand = event.args[0] if event.name == "torch.log" and event.args else None
    else:
        operand = event.subject if event.name == "log" and not event.args else None
    if operand is None:
        return None
    if operand.act is not None and operand.act.name in _WRITTEN_OUT:
        return operand.act
    return _chained(facts, event, shifted) if event.effect is Effect.METHOD else None


def _chained(facts: Facts, event: Event, shifted: set[Chain]) -> Activation | None:
    """``x.exp().sum(…).log()``: only tensors have such methods, whatever else is known of ``x``."""
    node: ast.AST = facts.at(event.at[-1])
    for method in ("log", "sum", "exp"):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method):
            return None
        if method == "exp":
            at = next((other.at for other in facts.events(Effect.METHOD) if facts.at(other.at[-1]) is node), None)
            difference = isinstance(node.func.value, ast.BinOp) and isinstance(node.func.value.op, ast.Sub)
            return Activation(SUM_OF_EXP, event.at) if at is not None and at not in shifted and not difference else None
        node = node.func.value
    return None


LOGARITHMS: Subject[Logarithm] = _Logarithms()


@dataclass(frozen=True, slots=True)
class LostDigits(Use):
    """``log(1 + x)`` or ``exp(x) - 1`` of a tensor.

    ``whole`` is the expression, ``operand`` is ``x``, and ``function`` computes it at once.
    """

    whole: ast.expr = _NOTHING
    operand: ast.expr = _NOTHING
    function: str = ""

    def replaced(self) -> tuple[Edit, ...]:
        """Put a call of the function in its place; empty where this file has no name for torch."""
        name = self.facts.spelled(f"torch.{self.function}")
        at = self.facts.span(self.whole)
        if name is None or "#" in self.facts.text(self.whole):
            return ()
        return (Edit(at, f"{name}({self.facts.text(self.operand)})"),)


def _beside_one(node: ast.AST, operator: type[ast.operator]) -> ast.expr | None:
    """``x`` of ``1 + x``, ``x + 1`` or ``x - 1``."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, operator):
        return None
    if constant(node.right) == 1:
        return node.left
    return node.right if constant(node.left) == 1 and operator is ast.Add else None


class _LostDigits:
    def find(self, facts: Facts) -> Iterator[LostDigits]:
        """Logarithms beside 1 and exponentials less 1 in the unit, of tensors and of nothing in disguise."""
        for event in facts.events(Effect.CALL, Effect.METHOD):
            name, node = event.name.removeprefix("torch."), facts.at(event.at[-1])
            given = _given(event, node) if name in ("log", "exp") else None
            if given is None:
                continue
            value, operand = given
            if name == "log" and (value.act is None or value.act.name != EXP_AND_ONE):
                inner = _beside_one(operand, ast.Add)
                if inner is not None and isinstance(node, ast.expr) and not isinstance(inner, ast.Constant):
                    yield LostDigits(facts, event, facts.trace, len(event.at) - 1, None, node, inner, "log1p")
            outer = facts.parents.get(node)
            if name == "exp" and isinstance(outer, ast.BinOp) and _beside_one(outer, ast.Sub) is node:
                yield LostDigits(facts, event, facts.trace, len(event.at) - 1, None, outer, operand, "expm1")


def _given(event: Event, node: ast.AST) -> tuple[Value, ast.expr] | None:
    """What torch's function, or a tensor's method, is applied to."""
    if not isinstance(node, ast.Call):
        return None
    if event.effect is Effect.CALL:
        own = event.name.startswith("torch.") and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred)
        return (event.args[0], node.args[0]) if own and not node.keywords and event.args else None
    if node.args or not isinstance(node.func, ast.Attribute) or not event.subject.must_be(kinds.TENSOR):
        return None
    return event.subject, node.func.value


LOST_DIGITS: Subject[LostDigits] = _LostDigits()
