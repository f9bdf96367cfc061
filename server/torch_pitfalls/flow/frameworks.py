"""Helpers of training frameworks: the part of their work that is known. All else of a framework is opaque."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable

from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.state import GRAD_ON
from torch_pitfalls.flow.torch_calls import Arguments, TorchCalls
from torch_pitfalls.flow.values import GRAPH_NO, NONE, SOME, UNKNOWN, Value
from torch_pitfalls.knowledge import frameworks, kinds
from torch_pitfalls.names.resolve import unit
from torch_pitfalls.names.scopes import Definition

_ENGINE = "#engine"
"""Attribute of a module that has become an engine: its own optimizer."""


class Frameworks(TorchCalls):
    """Calls of what ``knowledge.frameworks`` names."""

    @abstractmethod
    def repeatedly(self, node: ast.AST, run: Callable[[], object]) -> None:
        """Run something again and again, until the state before it no longer grows."""

    def framework(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        """Call a function or class of a framework."""
        if name in frameworks.ENGINES:
            return self._engine(node, arguments)
        if name in frameworks.LOOPS:
            return self._process(node, arguments)
        act = frameworks.FUNCTIONS.get(name)
        found = self._act(node, act, arguments) if act is not None else None
        return found if found is not None else self.opaque(node, arguments)

    def made_helper(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        """Make a helper object of a framework, which may do anything with what it is given."""
        site = self.new_site(node)
        values = [*arguments[0], *arguments[1].values()]
        self.escape(*values)
        for position, value in enumerate(values):
            self.store(site, f"#{position}", value)
        return Value(kinds.FRAMEWORK, frozenset({site}), what=name)

    def helper_method(self, node: ast.Call, helper: Value, name: str, arguments: Arguments) -> Value | None:
        """A method of a helper object; None if it may do anything."""
        act = frameworks.helper_methods(helper.what).get(name)
        return self._act(node, act, arguments) if act is not None else None

    def inherited_method(self, node: ast.Call, module: Value, name: str, arguments: Arguments) -> Value | None:
        """A method that a module of the workspace inherits from a framework; None if it may do anything."""
        if not isinstance(module.what, Definition):
            return self._engine_method(node, module, name, arguments)
        info = class_info(self.db, module.what.unit)
        act = frameworks.module_methods(info.ancestors).get(name) if info is not None and info.framework else None
        if act is not None:
            return self._act(node, act, arguments)
        return self._engine_method(node, module, name, arguments)

    def _act(self, node: ast.Call, act: str, arguments: Arguments) -> Value | None:
        args, kwargs = arguments
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            return None
        if act == frameworks.SAME:
            return self._same(args)
        if act == frameworks.FIRST:
            return self._same(args[:1])
        if act in (frameworks.BACKWARD, frameworks.SCALED_BACKWARD) and args:
            loss = args[0]._replace(mean=False) if act == frameworks.SCALED_BACKWARD else args[0]
            self.backward(node, loss, args[1:], kwargs)
            return NONE
        if act == frameworks.CLIP and args:
            self.clip(node, args[0])
            return Value(kinds.TENSOR, graph=GRAPH_NO)
        if act == frameworks.CONTEXT:
            return Value(kinds.CONTEXT)
        if act == frameworks.QUIET:
            for value in (*args, *kwargs.values()):
                self.hand_on(value)
            return Value(graph=GRAPH_NO)
        return None

    def _same(self, args: tuple[Value, ...]) -> Value | None:
        """What was given, somewhere else."""
        if not args:
            return None
        for value in args:
            if value.kinds & kinds.MODULE:
                self.put(value, None)
        moved = tuple(value._replace(device=None) for value in args)
        return moved[0] if len(moved) == 1 else Value(kinds.CONTAINER, items=moved)

    def _process(self, node: ast.Call, arguments: Arguments) -> Value:
        """A function that a framework will call for each batch, in whatever state it then finds."""
        here = unit(self.db, self.frame.unit)
        steps = arguments[0][0] if arguments[0] else UNKNOWN
        # Where handlers of the loop may clear the gradients, a single call tells what can be told.
        if steps.must_be(kinds.FUNCTION) and here is not None and "zero_grad" not in here.text:
            before = self.state.copy()
            self.lose_everything()
            self.state.grad = GRAD_ON
            self.repeatedly(node, lambda: self.call_function(node, steps, ((UNKNOWN, UNKNOWN), {})))
            self.state = before
        return self.opaque(node, arguments)

    # ── engines ─────────────────────────────────────────────────────────────────────────────

    def _engine(self, node: ast.Call, arguments: Arguments) -> Value:
        """An engine over a module, the optimizer in it, a loader and a scheduler."""
        args, kwargs = arguments
        module = kwargs.get("model", args[1] if len(args) > 1 else UNKNOWN)
        if not module.must_be(kinds.MODULE) or len(module.sites) != 1:
            return self.opaque(node, arguments)
        # Frozen models become engines as well, teachers whose weights are sharded: nobody means to train them.
        parameters = Value(kinds.PARAMETERS, origins=module.sites, what=SOME)
        optimizer = self.made_optimizer(node, None, (parameters,), {})
        self.put(module, None)
        for site in module.sites:
            self.store(site, _ENGINE, optimizer)
        return Value(kinds.CONTAINER, items=(module, optimizer, UNKNOWN, UNKNOWN))

    def _engine_method(self, node: ast.Call, module: Value, name: str, arguments: Arguments) -> Value | None:
        """``backward`` and ``step`` of an engine."""
        optimizers = [self.load(site, _ENGINE) for site in module.sites]
        if len(optimizers) != 1 or optimizers[0] is None or name not in ("backward", "step"):
            return None
        if name == "backward":
            return self._act(node, frameworks.SCALED_BACKWARD, arguments)
        self.step(node, optimizers[0], ((), {}))
        self.lose_gradients(optimizers[0].sites)
        return NONE
