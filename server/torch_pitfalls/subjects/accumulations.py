"""What is added to sums and containers in loops."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, home
from torch_pitfalls.flow.state import GRAD_ON, Chain
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import BOUNDED, GRAPH_YES, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use, is_test, shortened
from torch_pitfalls.syntax.shapes import dotted, factors, sum_in

_PRIMARIES = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
"""Expressions that a method can follow without parentheses."""


@dataclass(frozen=True, slots=True)
class Accumulation(Use):
    """Something is added to a sum or a container in a loop."""

    @property
    def container(self) -> str:
        """The sum or container as the user spells it; what holds it, where a method of that adds to it."""
        node = self.node
        if isinstance(node, ast.AugAssign):
            return ast.unparse(node.target)
        if isinstance(node, ast.Assign):
            return ast.unparse(node.targets[0])
        if isinstance(node, ast.Subscript):
            return ast.unparse(node.value)
        if not self.direct and isinstance(node, ast.Call):
            return ast.unparse(node.func.value if isinstance(node.func, ast.Attribute) else node.func)
        return self.receiver

    @property
    def value(self) -> Value:
        """What is added; the part of a tuple or dict written out there that has a graph."""
        value, part = self.event.args[0], self._part
        return value.items[part] if part is not None and value.items else value

    @property
    def _part(self) -> int | None:
        """The position of the only part with a graph, where a tuple or dict is written out and added."""
        value, parts = self.event.args[0], self._display
        if not value.items or len(value.items) != len(parts):
            return None
        found = [i for i, part in enumerate(value.items) if part.graph == GRAPH_YES and part.must_be(kinds.TENSOR)]
        return found[0] if len(found) == 1 else None

    @property
    def _display(self) -> list[ast.expr]:
        """The elements of a tuple or dict that is written out and added."""
        display = self.node.args[-1] if self.direct and isinstance(self.node, ast.Call) and self.node.args else None
        if isinstance(display, ast.Dict):
            return display.values
        return display.elts if isinstance(display, ast.Tuple) else []

    @property
    def added(self) -> ast.expr | None:
        """The expression that is added."""
        if self._part is not None:
            return self._display[self._part]
        node = self.node
        if isinstance(node, ast.AugAssign):
            return _only(node.value)
        whole = sum_in(node.value) if isinstance(node, ast.Assign) else None
        if isinstance(node, ast.Assign) and whole is not None:
            left, right = whole.left, whole.right
            return right if ast.unparse(node.targets[0]) in map(ast.unparse, factors(left)) else left
        if isinstance(node, ast.Call) and not self.direct:
            return self._handed_over(node)
        if isinstance(node, ast.Call) and node.args:
            return _only(node.args[-1])
        if isinstance(node, ast.Subscript):
            statement = self.facts.statement(node)
            return statement.value if isinstance(statement, ast.Assign) else None
        return None

    def _handed_over(self, call: ast.Call) -> ast.expr | None:
        """The argument of a method that adds it: what this unit goes backward from; None if it is not given as such."""
        started = {
            self.spelled(event.at)
            for event in self.run.of(self.facts.id, Effect.BACKWARD)
            if event.at[-1].unit == self.facts.id and event.subject.origins & self.event.args[0].origins
        }
        given = [*call.args, *(item.value for item in call.keywords)]
        return next((node for node in given if dotted(node) in started), None)

    @property
    def cured_text(self) -> str:
        """The source of what is added, with the cure."""
        if self.added is None:
            return f"it.{self.cure}"
        text = shortened(self.facts.text(self.added))
        return f"{text}.{self.cure}" if isinstance(self.added, _PRIMARIES) else f"({text}).{self.cure}"

    @property
    def cure(self) -> str:
        """What makes the added value harmless: a number for a scalar loss, else a tensor without graph."""
        value = self.value
        if not self.direct:
            return "item()" if self.added is not None else "detach()"
        is_sum = isinstance(self.node, (ast.AugAssign, ast.Assign))
        return "item()" if self._is_scalar(value) and (is_sum or self.loop_goes_backward()) else "detach()"

    def _is_scalar(self, value: Value) -> bool:
        """A loss, or something a backward starts from: one element."""
        for event in self.run.events:
            if event.effect is Effect.LOSS and value.sites and event.result.sites == value.sites:
                return True
            if event.effect is Effect.BACKWARD and (event.subject.origins, event.subject.sites) == (
                value.origins,
                value.sites,
            ):
                return True
        return False

    def cured(self, added: ast.expr) -> tuple[Edit, ...]:
        """Edits that add the cure to the expression."""
        span = self.facts.span(added)
        end = Edit(Span(span.end, span.end), f".{self.cure}")
        if isinstance(added, _PRIMARIES):
            return (end,)
        return (Edit(Span(span.start, span.start), "("), Edit(Span(span.end, span.end), f").{self.cure}"))

    def keeps_graph(self) -> bool:
        """Whether what is added surely carries a graph and the container outlives the iteration."""
        value = self.value
        if self._part is not None and not self.loop_goes_backward():
            return False
        if value.graph != GRAPH_YES or self.callers_grad() != {GRAD_ON}:
            return False
        if value.leaf or not (value.must_be(kinds.TENSOR) or self._is_scalar(value)):
            return False
        if self.event.subject.what == BOUNDED or (self.event.name == "+=" and self.event.grad != GRAD_ON):
            return False
        if self.belongs_to_module() or is_test(self.facts):
            return False
        if len(self.event.at) > 1:
            return self._goes_on() and self.loop_goes_backward()
        loop = self.loop_around(self.node)
        if loop is None or self._renewed(loop) or self._is_replaced() or _goes_over_parameters(loop):
            return False
        return not self._fades() or self.loop_goes_backward()

    def _fades(self) -> bool:
        """Whether the sum is scaled each time: a running average, or discounted returns."""
        node = self.node
        whole = sum_in(node.value) if isinstance(node, ast.Assign) else None
        if not isinstance(node, ast.Assign) or whole is None:
            return False
        return ast.unparse(node.targets[0]) not in map(ast.unparse, (whole.left, whole.right))

    def _is_replaced(self) -> bool:
        """Whether an element makes way for what is computed from it alone: the container does not grow."""
        if not isinstance(self.node, ast.Subscript) or self.added is None:
            return False
        element = ast.unparse(self.node)
        named = {node for node in ast.walk(self.added) if isinstance(node, ast.expr) and ast.unparse(node) == element}
        return bool(named) and sum_in(self.added) is None

    def _goes_on(self) -> bool:
        """Whether the sum or container already holds what was added here in an earlier iteration."""
        return bool(self.event.loops) and self.event.result.sites <= self.event.args[1].origins

    def _renewed(self, loop: ast.For | ast.While) -> bool:
        """Whether the loop itself makes the container anew."""
        name = self.container
        first = {inner for node in ast.walk(loop) if _asks_for_none(node, name) for inner in ast.walk(node)}
        for node in ast.walk(loop):
            if node is self.node or node is self.facts.statement(self.node) or node in first:
                continue
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = [
                    part
                    for target in node.targets
                    for part in (target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target])
                ]
            elif isinstance(node, (ast.AnnAssign, ast.For)):
                targets = [node.target]
            elif isinstance(node, ast.Delete):
                targets = list(node.targets)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("clear", "pop", "popleft")
            ):
                targets = [node.func.value]
            if any(ast.unparse(target) == name or ast.unparse(target) == name.partition("[")[0] for target in targets):
                return True
        return False

    def loop_goes_backward(self) -> bool:
        """Whether the loop calls ``backward()`` on what is added."""
        loops = self.event.loops
        value = self.value
        return any(
            event.effect is Effect.BACKWARD
            and loops
            and loops[-1] in event.loops
            and (event.subject.sites & value.sites or event.subject.origins & value.origins)
            for event in self.run.events
        )

    def is_used_later(self) -> bool:
        """Whether the sum is backpropagated, or may be by code that is not seen."""
        (kept,) = self.event.result.sites
        if kept in self.run.consumed:
            return True
        if self.loop_goes_backward():
            return False
        return kept in self.run.handed_on or (
            not self.event.subject.sites and not isinstance(self.node, (ast.AugAssign, ast.Assign))
        )


def _goes_over_parameters(loop: ast.For | ast.While) -> bool:
    """Whether a loop goes over the parameters of a module: norms and penalties, of which there are only so many."""
    goes_over = ast.walk(loop.iter) if isinstance(loop, ast.For) else ()
    return any(isinstance(node, ast.Attribute) and node.attr in _PARAMETERS for node in goes_over)


_PARAMETERS = frozenset({"parameters", "named_parameters"})


def _only(added: ast.expr) -> ast.expr | None:
    """The one element of a list or tuple that is added; any other expression itself."""
    if isinstance(added, (ast.List, ast.Tuple)):
        return added.elts[0] if len(added.elts) == 1 else None
    return added


def _asks_for_none(node: ast.AST, name: str) -> bool:
    """Whether a branch is taken where a variable is still ``None``: in the first iteration."""
    test = node.test if isinstance(node, ast.If) else None
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.Is)
        and ast.unparse(test.left) == name
        and ast.unparse(test.comparators[0]) == "None"
    )


class _Accumulations:
    def find(self, facts: Facts) -> Iterator[Accumulation]:
        """Additions to sums and containers, and calls of methods that add what they are given."""
        for event in facts.events(Effect.ACCUMULATE):
            node = facts.at(event.at[-1])
            statement = facts.parents.get(node)
            if isinstance(statement, ast.AugAssign) and statement.target is node:
                continue  # ``sums[key] += loss`` is one addition, to the sum
            if len(event.at) == 1:
                yield Accumulation(facts, event, facts.trace)
        for event, run in facts.all_events(Effect.ACCUMULATE):
            made = _made(event, run) if len(event.at) > 1 else None
            index = home(event.at, made)
            if made is not None and event.at[index].unit == facts.id:
                yield Accumulation(facts, event, run, index)


def _made(event: Event, run: Trace) -> Chain | None:
    """Where a loss, or else a module, made what is added."""
    return run.maker(event.args[0], Effect.LOSS) or run.maker(event.args[0], Effect.FORWARD)


ACCUMULATIONS: Subject[Accumulation] = _Accumulations()
