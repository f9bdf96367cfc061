"""Where values leave the graph they were computed in."""

from __future__ import annotations

import ast
from abc import abstractmethod

from torch_pitfalls.flow.placement import Placement
from torch_pitfalls.flow.values import GRAPH_NO, Cut, Value, element
from torch_pitfalls.knowledge import cuts, kinds


class Cuts(Placement):
    """Notes the place at which a value was cut from its graph."""

    @abstractmethod
    def carried_graph(self, value: Value) -> int:
        """Whether a value, or something in a container, carries a graph."""

    def cut_of(self, node: ast.AST, how: str, *values: Value) -> Cut | None:
        """The cut of a result without a graph: that of an operand, or this one if an operand may have carried one."""
        for value in values:
            found = self.carried_cut(value)
            if found is not None:
                return found
        if self.grad_is_off():
            how = cuts.NO_GRAD
        elif how not in cuts.CUTTING:
            return None
        return Cut(how, self.place(node)) if any(self.carried_graph(value) != GRAPH_NO for value in values) else None

    def carried_cut(self, value: Value) -> Cut | None:
        """The cut of a value, or of what a container holds."""
        if value.cut is not None or not value.must_be(kinds.CONTAINER):
            return value.cut
        inner = element(value) if value.items or value.each is not None else self.contents(value)
        return inner.cut if inner is not None else None

    def cut_here(self, node: ast.AST, how: str, result: Value, *values: Value) -> Value:
        """The result of an operation, with the place where it left the graph of its operands, if it did."""
        if result.cut is not None or not values or how.endswith("_like") or how.startswith("new_"):
            return result
        if result.graph == GRAPH_NO:
            out = result.must_be(kinds.TENSOR) or (not result.known and how == cuts.COMPARISON)
        else:
            out = (result.must_be(kinds.NUMBER) and how in cuts.TO_NUMBER) or (
                result.must_be(kinds.ARRAY) and how in cuts.TO_ARRAY
            )
            out |= result.leaf
        if not out or result.what == "grad":
            return result
        found = self.cut_of(node, how, *values)
        return result._replace(cut=found) if found is not None else result
