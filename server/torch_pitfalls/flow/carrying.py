"""Values that carry the graph of one iteration into the next, after a backward has used it up."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from torch_pitfalls.flow.state import Chain, State
from torch_pitfalls.flow.thresholds import Thresholds
from torch_pitfalls.flow.values import GRAPH_NO, GRAPH_YES, Site, Spent, Value, derived
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect

Place = tuple[Site, str]
"""A variable (of object 0), or an attribute of an object."""


class Carrying(Thresholds):
    """Knows which variables hold a graph that is used up, and what is computed with them later."""

    _outputs: set[Site]
    _carriers: dict[Site, tuple[Chain, ...]]
    _spending: bool

    def note_output(self, call: Site, carries: bool) -> None:
        """A module has been called; ``carries`` says whether its code shows that the output has a graph."""
        self._outputs.add(call)
        if carries:
            self._carriers[call] = self.loops()

    def spend(self, node: ast.AST, loss: Value, options: dict[str, Value]) -> None:
        """A backward uses up the graph of a loss, and with it that of every variable that shares it."""
        retain = options.get("retain_graph")
        if any(name in options for name in ("create_graph", "inputs", "**")):
            return
        if retain is not None and retain.literal not in ((True,), (False,)):
            return
        used = derived(loss) & self._outputs
        loops = self.loops()
        if not used or not loops:
            return
        spent = Spent(self.place(node), loops, retained=retain is not None and retain.literal == (True,))
        env, heap = self.state.env, self.state.heap
        variables = {name: self._spent_with(value, used, spent) for name, value in env.items()}
        attributes = {key: self._spent_with(value, used, spent) for key, value in heap.items() if key[1].isidentifier()}
        env.update({name: value for name, value in variables.items() if value is not None})
        heap.update({key: value for key, value in attributes.items() if value is not None})

    def _spent_with(self, value: Value, used: frozenset[Site], spent: Spent) -> Value | None:
        """A value whose graph a backward uses up; None if it has none, or none that is made in a loop around."""
        if value.kinds & ~(kinds.TENSOR | kinds.CONTAINER) or self.carried_graph(value) != GRAPH_YES:
            return None
        mine = derived(value)
        made_in = {loop for site in mine if site in self._carriers for loop in self._carriers[site]}
        loops = tuple(loop for loop in spent.loops if loop in made_in)
        if not loops or not mine & used:
            return None
        self._spending = True
        return _marked(value, spent._replace(loops=loops))

    def carried(self, node: ast.AST, result: Value, *values: Value) -> Value:
        """The result of an operation, which goes on with the graph of an earlier iteration if a value does."""
        if not self._spending or result.graph == GRAPH_NO:
            return result
        carried = [part for value in values for part in _carried_parts(value)]
        if not carried:
            return result
        fresh = tuple(part for part in carried if part.spent is not None and part.spent.fresh)
        if fresh:
            mark = self.site(self.place(node), "carried")
            self.record(Effect.CARRY, node, args=fresh, result=Value(sites=frozenset({mark})))
            result = _stemming(result, mark)
        spent = (fresh or carried)[0].spent
        assert spent is not None
        return _marked(result, spent._replace(fresh=False))

    def kept(self, node: ast.AST, operation: str, result: Value, *values: Value) -> Value:
        """The result of an operation; see ``Saving.kept``."""
        return super().kept(node, operation, self.carried(node, result, *values), *values)

    def carried_over(self, ends: list[State]) -> dict[str | Place, Spent]:
        """What every end of an iteration leaves in a variable or attribute with a used-up graph."""
        if not self._spending or not ends:
            return {}
        first, *others = ends
        found: dict[str | Place, Spent] = {name: v.spent for name, v in first.env.items() if v.spent is not None}
        found |= {key: value.spent for key, value in first.heap.items() if value.spent is not None}
        return {key: spent for key, spent in found.items() if all(_at(state, key) == spent for state in others)}

    def carry_over(self, heads: Iterable[State], carried: dict[str | Place, Spent], loop: Chain) -> None:
        """The next iteration begins with what the last one left."""
        for key, spent in carried.items():
            if loop not in spent.loops:
                continue
            begun = spent._replace(loop=loop, fresh=True)
            for state in heads:
                if isinstance(key, str) and key in state.env:
                    state.env[key] = _marked(state.env[key], begun._replace(name=key))
                elif not isinstance(key, str) and key in state.heap:
                    name = self._attribute_name(state, key)
                    state.heap[key] = _marked(state.heap[key], begun._replace(name=name))

    def _attribute_name(self, state: State, place: Place) -> str:
        if place[0] == self.site("globals", self.frame.unit.path):
            return place[1]
        owner = next((name for name, value in state.env.items() if place[0] in value.sites), "")
        return f"{owner}.{place[1]}" if owner else ""

    def unspend(self) -> None:
        """Something may have detached what variables hold."""
        if not self._spending:
            return
        env, heap = self.state.env, self.state.heap
        env.update({name: _marked(value, None) for name, value in env.items() if value.spent is not None})
        heap.update({key: _marked(value, None) for key, value in heap.items() if value.spent is not None})


def _at(state: State, key: str | Place) -> Spent | None:
    value = state.env.get(key) if isinstance(key, str) else state.heap.get(key)
    return value.spent if value is not None else None


def _carried_parts(value: Value) -> list[Value]:
    """A value, or the parts of it, whose graph is used up."""
    if value.spent is not None:
        return [value] if value.graph != GRAPH_NO else []
    return [part for item in value.items or () for part in _carried_parts(item)]


def _marked(value: Value, spent: Spent | None) -> Value:
    if value.items is not None:
        value = value._replace(items=tuple(_marked(item, spent) for item in value.items))
    return value._replace(spent=spent)


def _stemming(value: Value, mark: Site) -> Value:
    if value.items is not None:
        value = value._replace(items=tuple(_stemming(item, mark) for item in value.items))
    return value._replace(origins=value.origins | {mark})
