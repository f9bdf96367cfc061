"""Gradients that are collected over several batches before a step."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use

_WEIGHTS = ("gradient", "grad_tensors")
"""Arguments of ``backward`` that multiply the gradient."""
_Loop = ast.For | ast.While
"""A loop of a unit."""


@dataclass(frozen=True, slots=True)
class GroupedBackward(Use):
    """A ``backward()`` in every iteration of a loop whose optimizer steps in every n-th.

    ``step`` is the step, ``count`` the expression that says how many iterations make one.
    """

    step: Event | None = None
    count: ast.expr | None = None

    @property
    def count_text(self) -> str:
        """How the user spells the number of batches of a step."""
        return self.facts.text(self.count) if self.count is not None else ""

    def is_averaged(self) -> bool:
        """Whether the loss was averaged over its batch, and scaled by nothing since."""
        given = (*self.event.args[:2], *(value for name, value in self.event.kwargs if name in _WEIGHTS))
        weighted = any(value != self.event.subject and not value.must_be(kinds.NONE) for value in given)
        return self.event.subject.mean and not weighted

    def is_made_up_for(self) -> bool:
        """Whether the rate or the gradients are scaled by the number of batches somewhere in the file."""
        count = re.escape(self.count_text)
        text = self.facts.file_text()
        rate = rf"\b(?:lr|learning_rate)\w*\s*[*/]?=[^\n]*(?<![\w.]){count}(?![\w.])"
        return re.search(rate, text) is not None or re.search(r"\.grad\b[^\n]*(?:/|\*|div|mul)", text) is not None

    def divided(self) -> tuple[Edit, ...]:
        """Edits that divide the loss where it goes backward; empty where it stands elsewhere."""
        node = self.node
        if not self.direct or not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return ()
        loss, count = node.func.value, self.count_text
        if not isinstance(self.count, (ast.Name, ast.Attribute, ast.Constant)):
            count = f"({count})"
        inside = isinstance(loss, ast.Call) and isinstance(loss.func, ast.Attribute) and loss.func.attr == "scale"
        if inside and isinstance(loss, ast.Call) and len(loss.args) == 1 and isinstance(loss.args[0], ast.Name):
            end = self.facts.span(loss.args[0]).end
            return (Edit(Span(end, end), f" / {count}"),)
        if not isinstance(loss, (ast.Name, ast.Attribute, ast.Call)):
            return ()
        span = self.facts.span(loss)
        return (Edit(Span(span.start, span.start), "("), Edit(Span(span.end, span.end), f" / {count})"))


@dataclass(frozen=True, slots=True)
class _Group:
    """What runs in every n-th iteration of a loop: what stands in a branch, or after one that goes on with the next.

    ``count`` is the expression for n.
    """

    branch: ast.If
    loop: _Loop
    count: ast.expr

    def holds(self, facts: Facts, node: ast.AST) -> bool:
        """Whether a node of the loop only runs in every n-th iteration."""
        if _goes_on(self.branch):
            return facts.span(node).start >= facts.span(self.branch).end
        return self.branch in facts.around(node)


class _GroupedBackwards:
    def find(self, facts: Facts) -> Iterator[GroupedBackward]:
        """Backwards of the unit that are collected; one for each place."""
        seen: set[ast.AST] = set()
        for step in facts.trace.of(facts.id, Effect.STEP):
            place = _place(facts, step)
            group = _group(facts, place) if place is not None else None
            if group is None or len(step.subject.sites) != 1:
                continue
            for use in _collected(facts, step, group):
                if use.node not in seen:
                    seen.add(use.node)
                    yield GroupedBackward(facts, use.event, facts.trace, use.index, None, step, group.count)


def _place(facts: Facts, event: Event) -> ast.AST | None:
    """The node of the unit through which an event is reached, if it begins in the unit."""
    own = [ref for ref in event.at if ref.unit == facts.id]
    return facts.at(own[-1]) if own and event.at[0].unit == facts.id else None


def _group(facts: Facts, node: ast.AST) -> _Group | None:
    """The condition ``… % n == 0`` around a node, or ``… % n != 0`` that skips it, in the loop around it."""
    branch: ast.If | None = None
    inner = node
    for outer in facts.around(node):
        if isinstance(outer, ast.If) and branch is None and _count(outer.test) is not None:
            branch = outer
        if isinstance(outer, (ast.For, ast.While)):
            found = branch or next((one for one in _before(outer.body, inner) if _goes_on(one)), None)
            count = _count(found.test) if found is not None else None
            return _Group(found, outer, count) if found is not None and count is not None else None
        inner = outer
    return None


def _before(body: list[ast.stmt], statement: ast.AST) -> list[ast.If]:
    """The branches of a block that come before one of its statements."""
    earlier = body[: body.index(statement)] if statement in body else []
    return [one for one in earlier if isinstance(one, ast.If)]


def _goes_on(branch: ast.If) -> bool:
    """Whether a branch goes on with the next iteration, in all but every n-th."""
    test = branch.test
    differs = not isinstance(test, ast.Compare) or isinstance(test.ops[0], ast.NotEq)
    return differs and isinstance(branch.body[-1], ast.Continue) and _count(test) is not None


def _count(test: ast.expr) -> ast.expr | None:
    """n of a condition that is about ``… % n``."""
    return next((right for part in ast.walk(test) if (right := _modulus(part)) is not None), None)


def _modulus(node: ast.AST) -> ast.expr | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and not isinstance(node.left, ast.Constant):
        return node.right
    return None


def _collected(facts: Facts, step: Event, group: _Group) -> list[Use]:
    """The backwards that the step adds up: in each iteration, and the gradients are cleared with the step alone."""
    found: list[Use] = []
    for event in facts.trace.of(facts.id, Effect.BACKWARD):
        node = _place(facts, event)
        if node is None or not event.before or not event.result.sites & step.subject.sites:
            continue
        if group.holds(facts, node):
            return []
        if _block_around(facts, node) is group.loop:
            own = [index for index, ref in enumerate(event.at) if ref.unit == facts.id]
            found.append(Use(facts, event, facts.trace, own[-1]))
    for event in facts.trace.of(facts.id, Effect.ZERO_GRAD):
        node = _place(facts, event)
        if node is None or not event.subject.sites & step.subject.sites or group.holds(facts, node):
            continue
        if _block_around(facts, node) is group.loop:
            return []
    return found


def _block_around(facts: Facts, node: ast.AST) -> ast.AST | None:
    """The innermost loop or branch around a node."""
    return next((one for one in facts.around(node) if isinstance(one, (ast.For, ast.While, ast.If))), None)


GROUPED_BACKWARDS: Subject[GroupedBackward] = _GroupedBackwards()
