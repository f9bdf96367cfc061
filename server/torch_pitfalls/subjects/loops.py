"""Forward passes in loops."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.state import GRAD_ON, GRAD_UNKNOWN
from torch_pitfalls.flow.values import GRAPH_YES
from torch_pitfalls.knowledge import api
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.contexts import CONTEXTS
from torch_pitfalls.subjects.use import Use, is_test


@dataclass(frozen=True, slots=True)
class LoopUse(Use):
    """A forward pass in a loop of the unit; only the first one of a loop is looked at."""

    @property
    def loop(self) -> ast.stmt:
        """The innermost loop of this unit around it."""
        found = self.loop_or_none()
        assert found is not None
        return found

    def loop_or_none(self) -> ast.stmt | None:
        """The innermost loop of this unit around it; the statement of a comprehension counts as one."""
        for node in self.facts.around(self.node):
            if isinstance(node, (ast.For, ast.While)):
                return node
            if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                return self.facts.statement(node)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return None
        return None

    def evaluates(self) -> bool:
        """Whether the loop evaluates: nothing learns from it, and mode or names say so."""
        if self.event.result.sites & self.run.consumed or self.belongs_to_module() or self.trains_around():
            return False
        if self.is_of_loss() or is_test(self.facts) or self._may_train():
            return False
        before = self.event.before
        evaluation_mode = bool(before) and all(held.state == "eval" for held in before)
        return evaluation_mode or self._evaluation_name()

    def _may_train(self) -> bool:
        """Whether a branch of the loop goes backward, even if nothing leads there by default."""
        loop = self.loop_or_none()
        return loop is not None and any(
            isinstance(node, ast.Attribute) and node.attr == "backward" for node in ast.walk(loop)
        )

    def records_graph(self) -> bool:
        """Whether autograd is surely on, and nobody asks for gradients of the inputs."""
        result = self.event.result
        if self.event.grad != GRAD_ON or all(part.graph != GRAPH_YES for part in (result, *(result.items or ()))):
            return False
        if GRAD_ON not in self.facts.callers_grad() or GRAD_UNKNOWN in self.facts.callers_grad():
            return False
        if self._stops_in_vain():
            return False
        text = self.facts.unit.text
        return "requires_grad" not in text and "autograd" not in text and not self._loss_is_handed_on()

    def _stops_in_vain(self) -> bool:
        """Whether the unit makes a context without gradients and never enters it: that is the mistake to mend."""
        return any(
            context.form == "bare" and context.name in api.GRAD_OFF_CONTEXTS
            for context in self.facts.subjects(CONTEXTS)
        )

    def _loss_is_handed_on(self) -> bool:
        """Whether a loss made in the loop goes to code that may differentiate it."""
        loops = self.event.loops
        return any(
            event.effect is Effect.LOSS
            and event.result.sites & self.run.handed_on
            and (not loops or loops[-1] in event.loops)
            for event in self.run.events
        )


class _ForwardsInLoops:
    def find(self, facts: Facts) -> Iterator[LoopUse]:
        """The first forward pass of every innermost loop."""
        seen: set[int] = set()
        for event in facts.trace.of(facts.id, Effect.FORWARD):
            if event.at[0].unit != facts.id:
                continue
            if any(ref.unit != facts.id for loop in event.loops for ref in loop):
                continue
            own = [index for index, ref in enumerate(event.at) if ref.unit == facts.id]
            # A local function is part of the unit: the loop may be around the call of it.
            uses = [LoopUse(facts, event, facts.trace, index) for index in reversed(own)]
            use = next((use for use in uses if use.loop_or_none() is not None), uses[0])
            loop = use.loop_or_none()
            if loop is not None and id(loop) not in seen:
                seen.add(id(loop))
                yield use


FORWARDS_IN_LOOPS: Subject[LoopUse] = _ForwardsInLoops()
