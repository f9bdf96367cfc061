"""``backward()`` calls that keep their graph."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import Value, derived
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use, is_test

_COMPUTING = (Effect.FORWARD, Effect.LOSS)
_ASKS_FOR_GRADIENTS = re.compile(r"\bautograd\.(?!backward\b)|\.grad_fn")
_DIFFERENTIATING = frozenset({"torch.autograd.grad", "torch.autograd.backward"})


@dataclass(frozen=True, slots=True)
class KeptGraph(Use):
    """A ``backward()`` in a loop that asks to keep the graph (``option`` is the keyword that does)."""

    option: str = ""

    def graph(self) -> frozenset[int]:
        """The results of modules and losses that the loss was computed from."""
        return _graph_of(self.run, self.event.subject)

    def is_needed(self) -> bool:
        """Whether something may go through the same graph again, in this iteration or outside of the loop."""
        graph, loop = self.graph(), self.event.loops[-1]
        if not graph or graph & self.run.handed_on:
            return True
        for other in self.run.events:
            if other.effect in _COMPUTING and other.result.sites & graph and loop not in other.loops:
                return True
            if other.effect is Effect.CALL and other.name in _DIFFERENTIATING and other.at != self.event.at:
                return True
            if other.effect is Effect.BACKWARD and other.at != self.event.at and self._may_share(other.subject):
                return True
        return _ASKS_FOR_GRADIENTS.search(self.facts.unit.text) is not None

    def _may_share(self, other: Value) -> bool:
        """Whether something may have gone into both losses that is no module: a result, also of unseen code."""
        shared = derived(other) & derived(self.event.subject)
        return not _graph_of(self.run, other) or bool(shared - _modules(self.run))

    def carries_state(self) -> bool:
        """Whether the graph reaches back into the iteration before: a result that goes into itself."""
        graph, loop = self.graph(), self.event.loops[-1]
        for other in self.run.events:
            if other.effect in _COMPUTING and other.result.sites & graph and loop in other.loops:
                given = [*other.args, *(value for _, value in other.kwargs)]
                if any(derived(value) & other.result.sites for value in given):
                    return True
        return False


def _graph_of(run: Trace, loss: Value) -> frozenset[int]:
    results: frozenset[int] = frozenset()
    for event in run.events:
        if event.effect in _COMPUTING:
            results |= event.result.sites
            for part in event.result.items or ():
                results |= part.origins - event.subject.sites
    return (derived(loss) & results) - _modules(run)


def _modules(run: Trace) -> frozenset[int]:
    return frozenset(site for event in run.events if event.effect in _COMPUTING for site in event.subject.sites)


class _KeptGraphs:
    def find(self, facts: Facts) -> Iterator[KeptGraph]:
        """Backwards of the unit that keep their graph in every iteration of a loop; tests may want that."""
        if is_test(facts):
            return
        for event in facts.events(Effect.BACKWARD):
            option = _option(event)
            if option and event.loops and not _is_conditional(facts, event):
                yield KeptGraph(facts, event, facts.trace, len(event.at) - 1, None, option)


def _option(event: Event) -> str:
    for name, value in event.kwargs:
        if name in ("retain_graph", "create_graph") and value.literal == (True,):
            return name
    return ""


def _is_conditional(facts: Facts, event: Event) -> bool:
    for node in facts.around(facts.at(event.at[-1])):
        if isinstance(node, (ast.For, ast.While)):
            return False
        if isinstance(node, (ast.If, ast.Try)):
            return True
    return False


KEPT_GRAPHS: Subject[KeptGraph] = _KeptGraphs()
