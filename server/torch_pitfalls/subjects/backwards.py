"""``backward()`` on values that have left their graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import GRAPH_NO, GRAPH_YES, Cut, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted

_NO_CUT = Cut("", ())


@dataclass(frozen=True, slots=True)
class CutBackward(Use):
    """A ``backward()`` on a value that surely has no graph of what it was computed from.

    ``cut`` says how and where it lost it.
    """

    cut: Cut = _NO_CUT

    @property
    def is_rewrapped(self) -> bool:
        """Whether the value is a leaf made of the cut one: ``backward()`` runs, and reaches nothing else."""
        return self.event.subject.graph == GRAPH_YES

    @property
    def is_tensor(self) -> bool:
        """Whether the value is a tensor, and not a number or an array."""
        return not self.event.subject.must_be(kinds.NUMBER | kinds.ARRAY)

    @property
    def loss_name(self) -> str:
        """The loss as the user spells it."""
        node = self.node
        if isinstance(node, ast.Call) and not self.direct and node.args and dotted(node.args[0]) is not None:
            return str(dotted(node.args[0]))
        return self.short_receiver

    def is_expected_to_fail(self) -> bool:
        """Whether the code around waits for the error."""
        for node in self.facts.around(self.node):
            if isinstance(node, ast.Try) and node.handlers:
                return True
            if isinstance(node, (ast.With, ast.AsyncWith)):
                names = [ast.unparse(item.context_expr) for item in node.items]
                if any("raises" in name.lower() for name in names):
                    return True
        return False


class _CutBackwards:
    def find(self, facts: Facts) -> Iterator[CutBackward]:
        """Calls of ``backward()`` without a graph."""
        for event, run in facts.all_events(Effect.BACKWARD):
            yield from _found(facts, event, run)
        for event in facts.events(Effect.METHOD):
            if event.name == "backward" and event.subject.must_be(kinds.NUMBER | kinds.ARRAY):
                yield from _found(facts, event, facts.trace)


def _found(facts: Facts, event: Event, run: Trace) -> Iterator[CutBackward]:
    cut = event.subject.cut
    if cut is None or not _is_cut(event.subject):
        return
    index = facts.here(event, cut.at, lambda other: other.subject.cut is not None and _is_cut(other.subject))
    if index is not None:
        yield CutBackward(facts, event, run, index, cut.at, cut)


def _is_cut(value: Value) -> bool:
    if value.must_be(kinds.NUMBER | kinds.ARRAY):
        return True
    return value.graph == GRAPH_NO or (value.leaf and value.graph == GRAPH_YES)


CUT_BACKWARDS: Subject[CutBackward] = _CutBackwards()
