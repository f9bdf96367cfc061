"""What is known of each name at the place where it stands, for people who ask."""

from __future__ import annotations

import ast
from typing import NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.devices import Device
from torch_pitfalls.flow.interpret import Interpreter
from torch_pitfalls.flow.state import GIVEN, GRAD_UNKNOWN, HeldSet
from torch_pitfalls.flow.torch_calls import Arguments
from torch_pitfalls.flow.values import GRAPH_YES, Site, Value, join
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.lifecycles import TRAINING
from torch_pitfalls.syntax.units import Ref, UnitId


class Sighting(NamedTuple):
    """What is known of a name or attribute, over all the times that its place is reached.

    value     its value
    states    of a module, its modes; of an optimizer, the states of the gradients it holds
    training  of a module, whether its parameters require gradients
    device    where it is
    owners    of a tensor with a graph, the modules it was computed by; of an optimizer, those it trains
    grad      whether autograd records here
    """

    value: Value
    states: HeldSet
    training: HeldSet
    device: Device | None
    owners: frozenset[str]
    grad: int

    def beside(self, other: Sighting) -> Sighting:
        """What is known when it is reached in both ways."""
        return Sighting(
            join(self.value, other.value),
            self.states | other.states,
            self.training | other.training,
            self.device if self.device == other.device else None,
            self.owners | other.owners,
            self.grad if self.grad == other.grad else GRAD_UNKNOWN,
        )


class Watcher(Interpreter):
    """Interprets as ever, and remembers what names and attributes were."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.seen: dict[Ref, Sighting] = {}

    def evaluate(self, node: ast.expr | None) -> Value:
        """The value of an expression; those of names and attributes are remembered."""
        value = super().evaluate(node)
        if isinstance(node, (ast.Name, ast.Attribute)):
            self._see(node, value)
        return value

    def forward(self, node: ast.Call, module: Value, arguments: Arguments) -> Value:
        """Call a module or loss, which is remembered as it was before."""
        self._see(node.func, module)
        return super().forward(node, module, arguments)

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assign to a target, and remember what it has become."""
        super().bind(target, value)
        if isinstance(target, ast.Name):
            self._see(target, self.variable(target.id))
        elif isinstance(target, ast.Attribute):
            self._see(target, value)

    def _see(self, node: ast.expr, value: Value) -> None:
        if not value.known:
            return
        ref = self.place(node)[-1]
        seen = self._sighting(value)
        before = self.seen.get(ref)
        self.seen[ref] = seen if before is None else before.beside(seen)

    def _sighting(self, value: Value) -> Sighting:
        tracked = bool(value.kinds & kinds.TRACKED)
        return Sighting(
            value,
            self.all_held(value) if tracked else frozenset(),
            self._training(value.sites) if value.must_be(kinds.MODULE) else frozenset(),
            self.where(value),
            self._owners(value),
            self.state.grad,
        )

    def _training(self, sites: frozenset[Site]) -> HeldSet:
        stages = [self.state.stages.get((TRAINING.name, site), GIVEN) for site in sites]
        return frozenset().union(*stages)

    def _owners(self, value: Value) -> frozenset[str]:
        sites: frozenset[Site] = frozenset()
        if value.must_be(kinds.OPTIMIZER):
            sites = frozenset().union(*((self.holds(site) or frozenset()) for site in value.sites))
        elif value.graph == GRAPH_YES and value.must_be(kinds.TENSOR):
            sites = value.origins & self.module_sites
        names = (self.names_of(site).rpartition("|")[2] for site in sites)
        return frozenset(name for name in names if name)


@query(on_cycle={})
def sightings(db: Database, root: UnitId) -> dict[Ref, Sighting]:
    """What is known of the names of a unit, and of the functions it calls, when it runs."""
    machine = Watcher(db)
    try:
        machine.run_unit(root)
    except RecursionError:
        return {}
    return machine.seen
