"""What backward needs again, and what is changed in place before it runs."""

from __future__ import annotations

import ast
from typing import NamedTuple

from torch_pitfalls.flow.cuts import Cuts
from torch_pitfalls.flow.state import Chain
from torch_pitfalls.flow.values import GRAPH_YES, Site, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.in_place import (
    LAYERS_SAVE_INPUT,
    LAYERS_SAVE_OUTPUT,
    SAVES_INPUT,
    SAVES_OTHER,
    SAVES_OUTPUT,
)


class Need(NamedTuple):
    """What needs a tensor unchanged: an operation, what the tensor is to it (result or input), and where."""

    operation: str
    role: str
    at: Chain


class Saving(Cuts):
    """Notes of tensors that a graph keeps for backward: ``#needed`` of the site of a tensor says what needs it."""

    _needed: set[Site]

    def kept(self, node: ast.AST, operation: str, result: Value, *values: Value) -> Value:
        """The result of an operation, with an identity; what its backward needs unchanged is noted."""
        if result.graph != GRAPH_YES or not result.must_be(kinds.TENSOR):
            return result
        site = self.new_site(node)
        self.state.heap.pop((site, "#needed"), None)
        result = result._replace(sites=frozenset({site}))
        found = []
        if operation in SAVES_OUTPUT or operation in LAYERS_SAVE_OUTPUT:
            found.append((result, "result"))
        if values and (operation in SAVES_INPUT or operation in LAYERS_SAVE_INPUT):
            found.append((values[0], "input"))
        if len(values) > 1 and operation in SAVES_OTHER:
            found += [(one, "input") for one, other in (values[:2], values[1::-1]) if other.graph == GRAPH_YES]
        for value, role in found:
            self._note(node, operation, value, role, site)
        # What backward starts from tells by this mark that it goes through the operation.
        return result._replace(origins=result.origins | {site}) if found else result

    def kept_in_place(self, node: ast.AST, operation: str, result: Value) -> Value:
        """What was changed in place is the result of the operation that changed it."""
        if result.graph != GRAPH_YES or not (operation in SAVES_OUTPUT or operation in LAYERS_SAVE_OUTPUT):
            return result
        mark = self.new_site(node)
        self._note(node, operation, result, "result", mark)
        return result._replace(origins=result.origins | {mark})

    def _note(self, node: ast.AST, operation: str, value: Value, role: str, mark: Site) -> None:
        if not value.must_be(kinds.TENSOR) or len(value.sites) != 1 or value.leaf:
            return
        (site,) = value.sites
        self._needed.add(site)
        name = operation.removeprefix("torch.nn.")
        self.store(site, "#needed", Value(sites=frozenset({mark}), what=Need(name, role, self.place(node))))

    def changed_in_place(
        self, node: ast.AST, name: str, tensor: Value, args: tuple[Value, ...], kwargs: dict[str, Value] | None = None
    ) -> None:
        """A tensor is changed in place: noted if it is a leaf that requires grad, or if backward needs it."""
        if tensor.leaf and tensor.graph == GRAPH_YES:
            self.record(Effect.IN_PLACE, node, name, tensor, args, kwargs)
        if len(tensor.sites) != 1:
            return
        (site,) = tensor.sites
        needed = self.load(site, "#needed")
        if needed is not None:
            self.record(Effect.SPOIL, node, name, tensor, (needed,))
            del self.state.heap[site, "#needed"]

    def needs(self, value: Value) -> bool:
        """Whether backward needs a tensor unchanged."""
        return any(self.load(site, "#needed") is not None for site in value.sites)

    def graph_is_used_up(self) -> None:
        """A backward has run: what it needed may be changed now."""
        for site in self._needed:
            self.state.heap.pop((site, "#needed"), None)
