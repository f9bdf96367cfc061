"""Modules that are trained in evaluation mode."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.happenings import faults
from torch_pitfalls.subjects.use import Use


@dataclass(frozen=True, slots=True)
class Learning(Use):
    """A module learns in evaluation mode; ``because`` is the place that put it there."""

    def is_meant(self) -> bool:
        """Whether the function that trains a module it is given has itself called ``eval()``, for nothing else.

        So are heads trained on features whose batch norm is to stay as it is: parameters that the caller froze.
        """
        node = self.facts.unit.node
        name = self.subject_name.partition(".")[0]
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not self.cause_is_direct:
            return False
        given = {argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
        return name in given and not self._evaluates_before()

    def _evaluates_before(self) -> bool:
        """Whether ``eval()`` stands in a loop, or a forward pass between it and the loop that trains."""
        switched = False
        for event in self.run.events:
            if event.effect is Effect.EVAL and event.at == self.because:
                if event.loops:
                    return True
                switched = True
            elif switched and event.effect is Effect.FORWARD and event.subject.sites & self.event.subject.sites:
                return not (event.loops and set(event.loops) & set(self.event.loops))
        return not switched


class _Learnings:
    def find(self, facts: Facts) -> Iterator[Learning]:
        """Backward passes of steps that train a module in evaluation mode."""
        for use in faults(Effect.LEARN, "eval").find(facts):
            yield Learning(use.facts, use.event, use.run, use.index, use.because)


LEARNINGS: Subject[Learning] = _Learnings()
