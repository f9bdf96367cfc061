"""What is added to sums and containers in loops."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.state import GRAD_ON
from torch_pitfalls.flow.values import GRAPH_YES, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use, shortened
from torch_pitfalls.syntax.shapes import keyword
from torch_pitfalls.syntax.units import Ref

_PRIMARIES = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)
"""Expressions that a method can follow without parentheses."""


@dataclass(frozen=True, slots=True)
class Accumulation(Use):
    """Something is added to a sum or a container in a loop."""

    @property
    def container(self) -> str:
        """The sum or container as the user spells it."""
        node = self.node
        if isinstance(node, ast.AugAssign):
            return ast.unparse(node.target)
        if isinstance(node, ast.Assign):
            return ast.unparse(node.targets[0])
        if isinstance(node, ast.Subscript):
            return ast.unparse(node.value)
        return self.receiver

    @property
    def added(self) -> ast.expr | None:
        """The expression that is added."""
        node = self.node
        if isinstance(node, ast.AugAssign):
            return _only(node.value)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            left, right = node.value.left, node.value.right
            return right if ast.unparse(left) == ast.unparse(node.targets[0]) else left
        if isinstance(node, ast.Call) and node.args:
            return _only(node.args[-1])
        if isinstance(node, ast.Subscript):
            statement = self.facts.statement(node)
            return statement.value if isinstance(statement, ast.Assign) else None
        return None

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
        value = self.event.args[0]
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
        value = self.event.args[0]
        if value.graph != GRAPH_YES or self.facts.callers_grad() != {GRAD_ON}:
            return False
        if value.leaf or not (value.must_be(kinds.TENSOR) or self._is_scalar(value)):
            return False
        loop = self.loop_around(self.node)
        if loop is None or self._belongs_to_module() or self._is_bounded():
            return False
        return not self._renewed(loop)

    def _is_bounded(self) -> bool:
        """Whether the container drops its oldest element where it would grow: ``deque(maxlen=…)``."""
        made = (node for unit in self.facts.chunk.units.values() for node in unit.nodes if isinstance(node, ast.Assign))
        return any(
            isinstance(node.value, ast.Call)
            and keyword(node.value, "maxlen") is not None
            and any(ast.unparse(target) == self.container for target in node.targets)
            for node in made
        )

    def _renewed(self, loop: ast.For | ast.While) -> bool:
        """Whether the loop itself makes the container anew."""
        name = self.container
        for node in ast.walk(loop):
            if node is self.node or node is self.facts.statement(self.node):
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
        value = self.event.args[0]
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


def _only(added: ast.expr) -> ast.expr | None:
    """The one element of a list or tuple that is added; any other expression itself."""
    if isinstance(added, (ast.List, ast.Tuple)):
        return added.elts[0] if len(added.elts) == 1 else None
    return added


@dataclass(frozen=True, slots=True)
class Metered(Accumulation):
    """A method that is called in a loop adds something to an attribute of its object: a meter keeps it."""

    @property
    def container(self) -> str:
        """The object as the user spells it."""
        node = self.node
        return (
            ast.unparse(node.func.value) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        )

    @property
    def added(self) -> ast.expr | None:
        """The first argument, if the method adds what it gets there."""
        inner, method = self.facts.foreign_node(self.event.at[-1]), self._method()
        if not isinstance(self.node, ast.Call) or not self.node.args or not isinstance(inner, ast.AugAssign):
            return None
        first = method.args.args[1].arg if method is not None and len(method.args.args) > 1 else None
        names = {node.id for node in ast.walk(inner.value) if isinstance(node, ast.Name)}
        return self.node.args[0] if first in names else None

    def _method(self) -> ast.FunctionDef | None:
        found = unit(self.facts.db, self.event.at[-1].unit)
        return found.node if found is not None and isinstance(found.node, ast.FunctionDef) else None

    def is_of_the_object(self) -> bool:
        """Whether the method adds to an attribute of the object that it is called on, and sets it nowhere else."""
        inner, method = self.facts.foreign_node(self.event.at[-1]), self._method()
        if not isinstance(inner, ast.AugAssign) or method is None or not method.args.args or not self.container:
            return False
        name = ast.unparse(inner.target)
        stored = [node for node in ast.walk(method) if isinstance(node, ast.Assign)]
        again = any(ast.unparse(target) == name for node in stored for target in node.targets)
        return name.startswith(f"{method.args.args[0].arg}.") and not again

    def _renewed(self, loop: ast.For | ast.While) -> bool:
        """Whether the loop makes the object anew, or has it forget."""
        forgets = any(
            isinstance(node, ast.Attribute) and _FORGETS.search(node.attr) and ast.unparse(node.value) == self.container
            for node in ast.walk(loop)
        )
        return forgets or Accumulation._renewed(self, loop)


_FORGETS = re.compile(r"reset|clear|flush|zero|log|compute", re.I)
"""Names of methods after which a meter may begin again."""


class _Accumulations:
    def find(self, facts: Facts) -> Iterator[Accumulation]:
        """Additions to sums and containers."""
        for event in facts.events(Effect.ACCUMULATE):
            node = facts.at(event.at[-1])
            statement = facts.parents.get(node)
            if isinstance(statement, ast.AugAssign) and statement.target is node:
                continue  # ``sums[key] += loss`` is one addition, to the sum
            yield Accumulation(facts, event, facts.trace, len(event.at) - 1)
        told: set[Ref] = set()
        for event in facts.trace.of(facts.id, Effect.ACCUMULATE):
            call = event.at[0]
            if len(event.at) == 2 and call.unit == facts.id != event.at[1].unit and call not in told:
                metered = Metered(facts, event, facts.trace, 0)
                if metered.is_of_the_object():
                    told.add(call)
                    yield metered


ACCUMULATIONS: Subject[Accumulation] = _Accumulations()
