"""Tensors that are turned into arrays, here or in a function that is given them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, home, root_of
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.state import GRAD_ON, Chain
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import GRAPH_YES
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Subject
from torch_pitfalls.subjects.use import Use


@dataclass(frozen=True, slots=True)
class HandedConversion(Use):
    """A call of a function that turns into an array what this unit hands to it."""


_CONVERSIONS = frozenset({"numpy", "numpy.array", "numpy.asarray"})
"""What refuses a tensor of the graph."""


_ASKS = re.compile(
    r"\bis_cuda|\bis_cpu|\.device\b|requires_grad|\bgrad_fn|isinstance|is_tensor|hasattr|\btry:|\btype\(|available"
)
"""What a function may ask before it converts; the answer is not followed."""


def _asks(facts: Facts, inside: Chain) -> bool:
    """Whether what is called may look at what it is given first."""
    return any(_ASKS.search(facts.unit_text(unit)) for unit in {ref.unit for ref in inside})


def _is_away(event: Event) -> bool:
    place = event.subject.device
    return place is not None and place.away and not event.subject.kinds & ~kinds.TENSOR


def _has_graph(event: Event) -> bool:
    tracked = event.subject.graph == GRAPH_YES and event.subject.must_be(kinds.TENSOR)
    return tracked and event.grad == GRAD_ON and event.name in _CONVERSIONS


def _moved(event: Event, run: Trace) -> Chain | None:
    return event.subject.device.at if event.subject.device is not None else None


def _computed(event: Event, run: Trace) -> Chain | None:
    """The last call of a module that the tensor was computed by."""
    return run.maker(event.subject, Effect.FORWARD)


@dataclass(frozen=True, slots=True)
class _HandedConversions:
    raises: Callable[[Event], bool]
    cause: Callable[[Event, Trace], Chain | None]

    def find(self, facts: Facts) -> Iterator[HandedConversion]:
        """Calls in the unit through which a tensor gets to a conversion that raises."""
        for event, run in facts.all_events(Effect.CONVERT):
            if len(event.at) == 1 or not self.raises(event):
                continue
            cause = self.cause(event, run)
            index = home(event.at, cause)
            handed = cause is not None and index < len(event.at) - 1 and event.at[index].unit == facts.id
            called = handed and isinstance(facts.at(event.at[index]), ast.Call)
            inside = event.at[index + 1 :]
            if called and not _asks(facts, inside) and not self._raises_anyway(facts, inside):
                yield HandedConversion(facts, event, run, index, cause)

    def _raises_anyway(self, facts: Facts, inside: Chain) -> bool:
        """Whether what is called says the same by itself, whatever it is given."""
        return any(
            other.at == inside[depth:] and self.raises(other)
            for depth, ref in enumerate(inside)
            for other in trace(facts.db, root_of(ref.unit)).of(ref.unit, Effect.CONVERT)
        )


MOVED_CONVERSIONS: Subject[HandedConversion] = _HandedConversions(_is_away, _moved)
TRACKED_CONVERSIONS: Subject[HandedConversion] = _HandedConversions(_has_graph, _computed)
