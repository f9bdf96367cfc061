"""Graphs whose weights a step changes before backward goes through them."""

from __future__ import annotations

import ast

from torch_pitfalls.flow.freezing import Freezing
from torch_pitfalls.flow.state import GRAD_ON, Held
from torch_pitfalls.flow.values import EVERY, Value, derived
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import GRAPH

_WITHOUT_GRADIENTS = frozenset({"new", "clean", "wiped"})


class Overtaking(Freezing):
    """Keeps track of whether the weights that a module was called with are still those that its graph needs."""

    def begin_graph(self, node: ast.AST, module: Value) -> None:
        """A module is called with autograd on: the graph of its output needs the weights as they are now."""
        if self.state.grad != GRAD_ON or not module.sites:
            return
        site = self.new_site(node)
        self.store(site, "#through", Value(origins=module.sites))
        self.state.stages[GRAPH.name, site] = frozenset({Held("current", self.place(node))})

    def note_overtaken(self, node: ast.AST, loss: Value) -> None:
        """A backward starts from a loss: note the calls of modules it goes through, with what became of the weights."""
        reached = derived(loss)
        # What unseen code made of an output may have left its graph.
        unseen = [self.load(site, "#opaque") for site in reached]
        hidden = frozenset().union(*(value.origins for value in unseen if value is not None))
        for name, site in list(self.state.stages):
            if name == GRAPH.name and site in reached - hidden:
                self.record(Effect.DIFFERENTIATE, node, "", loss, before=self.stage(GRAPH, site))

    def overtake_graphs(self, node: ast.AST, optimizer: int) -> None:
        """A step changes the weights of all that the optimizer holds, if there are gradients to step on."""
        mine = self.load(optimizer, "#holds")
        if mine is None or mine.what != EVERY:
            return
        if all(held.state in _WITHOUT_GRADIENTS for held in self.held(optimizer)):
            return
        weights = self.below(mine.origins)
        for name, site in list(self.state.stages):
            through = self.load(site, "#through") if name == GRAPH.name else None
            if through is not None and through.origins <= weights:
                self.advance(GRAPH, Effect.STEP, frozenset({site}), self.place(node))
