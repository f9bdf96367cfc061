"""Calls: workspace functions are followed, builtins and torch are known, the rest is opaque."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

from torch_pitfalls.db import Database
from torch_pitfalls.flow.callables import Callables, GeneratorContext, makes_context
from torch_pitfalls.flow.classes import class_info, made_later, resolve
from torch_pitfalls.flow.devices import Device
from torch_pitfalls.flow.machine import Frame
from torch_pitfalls.flow.relevance import (
    changes_in_place,
    conditions_of,
    cuts_into_classes,
    evidence_of,
    gathers,
    hands_back,
    makes_arrays,
    touches_torch,
)
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON, Chain, State, join_states
from torch_pitfalls.flow.torch_calls import Arguments
from torch_pitfalls.flow.values import (
    GRAPH_NO,
    GRAPH_UNKNOWN,
    GRAPH_YES,
    NO_SITES,
    NONE,
    UNKNOWN,
    Entry,
    OneOf,
    Value,
    derived,
    join,
    join_all,
    summed,
)
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.knowledge.data import COPIES
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.in_place import CONVERSIONS
from torch_pitfalls.knowledge.torch_names import OUT_OF_PLACE
from torch_pitfalls.names.resolve import External, File, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import decorator_names, dotted
from torch_pitfalls.syntax.units import FunctionNode, UnitId

MAX_DEPTH = 7
_NOT_FOLLOWED = frozenset({"abstractmethod", "overload"})


class _Call(NamedTuple):
    """What a call did: from which state and arguments, to which state, with which result and log."""

    arguments: Arguments
    before: State
    after: State
    result: Value
    log: list[Any]


class Calls(Callables):
    """Evaluates calls."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self._closures: dict[int, Any] = {}
        self._calls: dict[Chain, _Call] = {}
        self.called: set[int] = set()

    @property
    def closures(self) -> dict[int, Any]:
        """Functions that were made inside functions, by their site."""
        return self._closures

    # ── the call expression ─────────────────────────────────────────────────────────────────

    def call(self, node: ast.Call) -> Value:
        """Evaluate a call."""
        func = node.func
        if isinstance(func, ast.Attribute) and not self.is_super(func.value):
            owner = self.evaluate(func.value)
            self.note_read(owner, func)
            arguments = self.arguments(node)
            return self.call_method(node, owner, func.attr, arguments)
        if isinstance(func, ast.Attribute):
            return self.super_call(node, func.attr, self.arguments(node))
        callee = self.evaluate(func)
        return self.call_value(node, callee, self.arguments(node))

    def call_value(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call a value."""
        what = callee.what
        if isinstance(what, OneOf):
            return self._call_each(node, what, arguments)
        if isinstance(what, External):
            if what.qualified == "functools.partial" and arguments[0]:
                return self.partial(node, arguments)
            return self.external(node, what, arguments)
        if isinstance(what, tuple) and what and what[0] == "builtin":
            return self.builtin(node, str(what[1]), arguments)
        if callee.must_be(kinds.CLASS) and isinstance(what, Definition):
            return self.instantiate(node, what.unit, arguments)
        if callee.must_be(kinds.FUNCTION):
            return self.call_function(node, callee, arguments)
        if callee.must_be(kinds.MODULE | kinds.LOSS):
            return self.forward(node, callee, arguments)
        if callee.must_be(kinds.INSTANCE):
            method = self.method_value(callee, "__call__")
            if method is not None:
                return self.call_function(node, method, arguments)
        kind = self._evident(node.func)
        if kind in (kinds.MODULE, kinds.LOSS) and not callee.known:
            return self.forward(node, self.settled(callee, kind, node.func), arguments)
        return self.opaque(node, arguments, callee)

    def _call_each(self, node: ast.Call, what: OneOf, arguments: Arguments) -> Value:
        """Call one of several classes and functions: each in a state of its own."""
        before, results = self.state, []
        after: State | None = None
        for name in sorted(what.names, key=repr):
            self.state = before.copy()
            results.append(self.call_value(node, self.symbol_value(name), arguments))
            after = self.state if after is None else join_states(after, self.state)
        assert after is not None
        self.state = after
        return join_all(results)

    def forward(self, node: ast.Call, module: Value, arguments: Arguments) -> Value:
        """Call a module. One of the workspace that only computes a loss does so here, of what it is given."""
        if self._only_computes_loss(module):
            method = self.method_value(module, "forward")
            if method is not None:
                self.call_function(node, method, arguments)
        return super().forward(node, module, arguments)

    def _only_computes_loss(self, module: Value) -> bool:
        if not isinstance(module.what, Definition) or not module.sites:
            return False
        info = class_info(self.db, module.what.unit)
        if info is None or info.framework or info.loss:
            return info is not None and info.loss and not info.framework
        attributes = self.attributes_of(module.what.unit).values()
        parts = [value for value in attributes if value.kinds & (kinds.MODULE | kinds.LOSS)]
        return bool(parts) and all(part.must_be(kinds.LOSS) for part in parts)

    def settled(self, value: Value, kind: int, node: ast.expr) -> Value:
        """A value of unknown kind that usage shows to be a module, optimizer, loss or tensor."""
        if kind == kinds.TENSOR:
            return value._replace(kinds=kind)
        site = self.site("evident", self.frame.unit, dotted(node))
        handed = value.origins | value.sites
        if handed - {site}:
            self.store(site, "#opaque", Value(origins=handed - {site}))
        self.adopt(site, kind)
        return Value(kind, frozenset({site}))

    # ── methods ─────────────────────────────────────────────────────────────────────────────

    def call_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value:
        """``owner.name(...)``."""
        assert isinstance(node.func, ast.Attribute)
        if isinstance(owner.what, (External, File)) and not owner.kinds & ~kinds.NAMESPACE:
            return self.call_value(node, self.attribute(owner, name, node.func), arguments)
        owner = self._with_evidence(owner, node.func.value, name)
        self.record(Effect.METHOD, node, name, owner, arguments[0], arguments[1], before=self.all_held(owner))
        if node is self.statement_call and (name in OUT_OF_PLACE or name in CONVERSIONS):
            self.record(Effect.DISCARD, node, name, owner)
        self.note_threshold(node, name, owner, *arguments[0])
        self.note_lengthened(owner, name)
        result = self._known_method(node, owner, name, arguments)
        if result is None:
            result = self._unknown_method(node, owner, name, arguments)
        if name == "load_state_dict":
            self.recall(node, name, *arguments[0])
        if isinstance(owner.what, Entry):
            result = self.entry_after(owner, name, result)
        if name in COPIES and not owner.kinds & kinds.MODULE:
            result = self.note_copy(node, owner, name, arguments, result)
        if owner.must_be(kinds.TENSOR) or not owner.known:
            return self.cut_here(node, name, result, owner, *arguments[0])
        return result

    def _with_evidence(self, owner: Value, node: ast.expr, name: str) -> Value:
        owner = summed(owner)
        if owner.known and not owner.must_be(kinds.NONE):
            return owner
        kind = self._evident(node)
        return self.settled(owner, kind, node) if kind else owner

    def _known_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value | None:
        stored = self._stored(owner, name)
        if stored is not None and not stored.must_be(kinds.NONE):
            return self.call_value(node, stored, arguments)
        own = (
            self.method_value(owner, name)
            if name not in ("eval", "zero_grad") or not owner.must_be(kinds.MODULE)
            else None
        )
        if own is not None and not (owner.kinds & kinds.MODULE and name == "forward"):
            return self.call_function(node, own, arguments)
        if owner.must_be(kinds.MODULE | kinds.LOSS):
            found = self.inherited_method(node, owner, name, arguments)
            if found is None:
                found = self.module_method(node, owner, name, arguments)
            if found is not None:
                return found
            part = self.part_of_module(owner, name)
            if part is not None and part.known:
                return self.call_value(node, part, arguments)
            return None
        if owner.must_be(kinds.OPTIMIZER):
            return self.optimizer_method(node, owner, name, arguments)
        if owner.must_be(kinds.TENSOR):
            return self.tensor_method(node, owner, name, arguments)
        if owner.must_be(kinds.SCALER):
            return self.scaler_method(node, owner, name, arguments)
        if owner.must_be(kinds.FRAMEWORK):
            return self.helper_method(node, owner, name, arguments)
        if owner.must_be(kinds.SCHEDULER):
            return self.scheduler_method(node, owner, name, arguments)
        if owner.must_be(kinds.STATE_DICT):
            return self.state_method(owner, name)
        if owner.must_be(kinds.CONTEXT | kinds.PARAMETERS):
            return UNKNOWN
        if name == "backward" and owner.cut is not None:
            self.lose_gradients(frozenset(self.optimizers()))
        if owner.must_be(kinds.NUMBER | kinds.STRING | kinds.BOOL | kinds.DEVICE | kinds.ARRAY):
            return Value(graph=GRAPH_NO)
        if owner.must_be(kinds.CONTAINER):
            return self.container_method(node, owner, name, arguments)
        if self._evident(node.func) in (kinds.MODULE, kinds.LOSS) or self._is_made_later(owner, name):
            return self.call_value(node, self.attribute(owner, name, node.func), arguments)
        return self._class_method(node, owner, name, arguments)

    def _is_made_later(self, owner: Value, name: str) -> bool:
        return isinstance(owner.what, Definition) and name in made_later(self.db, owner.what.unit)

    def _class_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value | None:
        if owner.must_be(kinds.CLASS) and isinstance(owner.what, Definition):
            found = self._class_attribute(owner.what, name)
            if found.known:
                bound = self._binds_class(found)
                args = (owner, *arguments[0]) if bound else arguments[0]
                return self.call_function(node, found, (args, arguments[1]))
        return None

    def _binds_class(self, function: Value) -> bool:
        assert isinstance(function.what, Definition)
        found = unit(self.db, function.what.unit)
        node = found.node if found is not None else None
        return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "classmethod" in decorator_names(node)

    def _unknown_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value:
        values = [*arguments[0], *arguments[1].values()]
        if not owner.known:
            universal = self.universal_method(node, owner, name, arguments)
            if universal is not None:
                return universal
        if name in api.CONTAINER_METHODS and values and not owner.known:
            self.accumulate(node, owner, values[-1])
            return UNKNOWN
        if name in api.QUIET_METHODS and not owner.kinds & kinds.TRACKED:
            graph = owner.graph if derived(owner) else GRAPH_NO
            place = _member_place(owner, name)
            return Value(origins=derived(owner), graph=graph, loaders=owner.loaders, device=place)
        if owner.must_be(kinds.OPTIMIZER):
            return self._unknown_optimizer_method(node, owner, name, arguments)
        if owner.must_be(kinds.MODULE):
            return self._unknown_module_method(node, owner, name, arguments)
        if owner.must_be(kinds.TENSOR):
            self.escape(*values)
            return Value(graph=self.graph_of(owner, *values), origins=self.origins_of(owner, *values))
        return self.opaque(node, arguments, owner)

    def _unknown_optimizer_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value:
        """torch's own optimizers have no further methods: a misspelt name raises and clears nothing."""
        if isinstance(owner.what, str) and not arguments[0] and not arguments[1] and "step" not in name:
            return UNKNOWN
        return self.opaque(node, arguments, owner)

    def _unknown_module_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value:
        values = [*arguments[0], *arguments[1].values()]
        if api.FORWARD_LIKE.match(name):
            called = frozenset({self.new_site(node)})
            origins = (
                NO_SITES if self.grad_is_off() else owner.sites | owner.origins | called | self.origins_of(*values)
            )
            result = Value(sites=called, graph=GRAPH_NO if self.grad_is_off() else GRAPH_UNKNOWN, origins=origins)
            return result
        return self.opaque(node, arguments, owner)

    # ── opaque calls ────────────────────────────────────────────────────────────────────────

    def opaque(self, node: ast.Call, arguments: Arguments, *more: Value) -> Value:
        """Call something that cannot be seen: whatever it is given may have changed."""
        values = [*more, *arguments[0], *arguments[1].values()]
        if isinstance(node.func, ast.Attribute) and node.func.attr in api.DIFFERENTIATING_METHODS:
            for value in arguments[0]:
                self.consume(value)
        self.escape(*values)
        if any(value.spent is not None or value.kinds & (kinds.MODULE | kinds.INSTANCE) for value in values):
            self.unspend()
        self.forget_batches(node)
        for value in values:
            if value.kinds & kinds.MODULE:
                self.put(value, None)
        origins: frozenset[int] = NO_SITES
        for value in values:
            if not value.kinds or value.kinds & ~(kinds.PLAIN | kinds.STATE_DICT):
                origins |= derived(value)
        graph = GRAPH_NO if self.grad_is_off() or not values else GRAPH_UNKNOWN
        site = self.new_site(node)
        self.forget_parts(site)
        if origins:
            self.store(site, "#opaque", Value(origins=origins))
        return Value(sites=frozenset({site}), graph=graph, origins=origins)

    # ── functions ───────────────────────────────────────────────────────────────────────────

    def call_function(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call a function of the workspace by interpreting its body here."""
        definition = callee.what
        if isinstance(definition, tuple) and not isinstance(definition, Definition):
            if definition[0] != "plain":
                return self._call_special(node, callee, arguments)
            definition = definition[1]
        if not isinstance(definition, Definition):
            return self.opaque(node, arguments, callee)
        id = definition.unit
        found = unit(self.db, id)
        function = found.node if found is not None else None
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or self._too_deep(id):
            return self.opaque(node, arguments, *(callee.items or ()))
        if decorator_names(function) & _NOT_FOLLOWED:
            return self.opaque(node, arguments, *(callee.items or ()))
        if callee.items:
            arguments = ((*callee.items, *arguments[0]), arguments[1])
        if makes_context(function):
            return self.generator_context(node, id, function, arguments)
        if definition is callee.what:
            wrapped = self.decorated(node, definition, function)
            if wrapped is not None:
                return self.call_value(node, wrapped, arguments)
        if not self._worth_following(id, arguments):
            return self._computed(arguments)
        return self._remembered(self._new_frame(node, id, function), function, arguments)

    def _call_special(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call a bound method, a partial, local or builtin function."""
        assert isinstance(callee.what, tuple)
        completed = self.completed(callee, arguments)
        if completed is not None:
            return self.call_value(node, *completed)
        if callee.what[0] == "method" and callee.items:
            receiver, name = callee.items[0], str(callee.what[1])
            result = self._known_method(node, receiver, name, arguments)
            return result if result is not None else self.opaque(node, arguments, receiver)
        if callee.what[0] == "local":
            return self._call_local(node, callee, arguments)
        if callee.what[0] == "builtin":
            return self.builtin(node, str(callee.what[1]), arguments)
        return self.opaque(node, arguments, callee)

    def run_generator(self, node: ast.Call, made: GeneratorContext, resume: Callable[[Value], None]) -> None:
        """Run a generator function that is a context manager; ``resume`` runs what stands inside of it."""
        frame = self._new_frame(node, made.unit, made.function)
        frame.resume = resume
        self._run(frame, made.function, made.arguments)

    def _new_frame(self, node: ast.Call, id: UnitId, function: FunctionNode) -> Frame:
        owner = UnitId(id.path, id.chunk, id.name.rpartition(".")[0]) if "." in id.name else None
        frame = Frame(id, self.place(node), evidence=evidence_of(self.db, id), split=conditions_of(self.db, id))
        frame.owner = owner
        if owner is not None and function.args.args:
            frame.self_name = function.args.args[0].arg
        return frame

    def _worth_following(self, id: UnitId, arguments: Arguments) -> bool:
        """Whether a function may do something to what is tracked, or return something that is."""
        values = (*arguments[0], *arguments[1].values())
        followed = kinds.TRACKED | kinds.FUNCTION | kinds.LOADER
        if any(value.kinds & followed for value in values) or touches_torch(self.db, id):
            return True
        if any(value.leaf or self.needs(value) for value in values) and changes_in_place(self.db, id):
            return True
        if any(value.act is not None for value in values) and cuts_into_classes(self.db, id):
            return True
        if any(value.graph == GRAPH_YES for value in values) and gathers(self.db, id):
            return True
        if any(value.device is not None and value.device.away for value in values) and makes_arrays(self.db, id):
            return True
        return any(value.sites for value in values) and hands_back(self.db, id)

    def _computed(self, arguments: Arguments) -> Value:
        """What a function returns that only computes with what it is given."""
        values = (*arguments[0], *arguments[1].values())
        graph = GRAPH_NO if self.graph_of(*values) == GRAPH_NO else GRAPH_UNKNOWN
        return Value(graph=graph, origins=self.origins_of(*values))

    def _remembered(self, frame: Frame, function: FunctionNode, arguments: Arguments) -> Value:
        """Run a function, or repeat what it did here the last time if it starts from the very same state."""
        before = self.state.copy()
        before.env, before.assume = {}, {}
        known = self._calls.get(frame.chain)
        if known is not None and known.arguments == arguments and known.before == before:
            self.log.extend(known.log)
            after = known.after.copy()
            after.env, after.assume = self.state.env, self.state.assume
            self.state = after
            return known.result
        mark = len(self.log)
        result = self._run(frame, function, arguments)
        after = self.state.copy()
        after.env, after.assume = {}, {}
        self._calls[frame.chain] = _Call(arguments, before, after, result, self.log[mark:])
        return result

    def _too_deep(self, id: UnitId) -> bool:
        return len(self.frames) >= MAX_DEPTH or self.exhausted() or any(True for _ in self.frames_of(id))

    def _call_local(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        assert isinstance(callee.what, tuple)
        site = callee.what[1]
        made = self._closures.get(site)
        if made is None or len(self.frames) >= MAX_DEPTH or self.exhausted():
            return self.opaque(node, arguments, callee)
        function, id, captured, definer = made
        if any(frame.made == site for frame in self.frames):
            return self.opaque(node, arguments)
        variables = captured
        if definer is self.frame:
            variables = self.state.env
        elif definer in self.frames:
            variables = definer.env
        frame = Frame(id, self.place(node), (variables, *definer.closure), definer.evidence, definer.split)
        frame.owner, frame.made = definer.owner, site
        self.called.add(site)
        if isinstance(function, ast.Lambda):
            return self._run_lambda(frame, function, arguments)
        return self._run(frame, function, arguments)

    def _run_lambda(self, frame: Frame, function: ast.Lambda, arguments: Arguments) -> Value:
        saved = self.frame.env = self.state.env
        self.frames.append(frame)
        self.state.env = self.bound_arguments(function.args, arguments)
        value = self.evaluate(function.body)
        self.frames.pop()
        self.state.env = saved
        return value

    def _run(self, frame: Frame, function: FunctionNode, arguments: Arguments) -> Value:
        saved_env, saved_assume, saved_grad = self.state.env, self.state.assume, self.state.grad
        self.frame.env = saved_env
        self.frames.append(frame)
        self.enter(frame.unit)
        env = self.bound_arguments(function.args, arguments)
        self.state.env = env
        self.annotate_parameters(function, env)
        self.state.assume = {}
        mode = self._decorated_grad(frame.unit.path, function)
        if mode is not None:
            self.state.grad = mode
        value = self.run_body(function.body)
        self.frames.pop()
        self.state.env, self.state.assume = saved_env, saved_assume
        if mode is not None:
            self.state.grad = saved_grad
        if frame.yields:
            return Value(kinds.CONTAINER, each=join_all(frame.yields))
        return value

    def run_body(self, body: list[ast.stmt]) -> Value:
        """Interpret a function body in the current state; the state afterwards is that of all returns."""
        ends = self.block(body, [self.state])
        frame = self.frame
        outcomes = [*frame.returns, *((state, NONE) for state in ends)]
        if not outcomes:
            # Every path raises: go on as if it had returned, the caller may handle it.
            return UNKNOWN
        final, value = outcomes[0]
        for state, more in outcomes[1:]:
            final = join_states(final, state)
            value = join(value, more)
        self.state = final
        return value

    @abstractmethod
    def block(self, body: list[ast.stmt], states: list[State]) -> list[State]:
        """Interpret statements."""

    def _decorated_grad(self, path: str, function: FunctionNode) -> int | None:
        for decorator in function.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            symbol = resolve(self.db, path, target)
            if isinstance(symbol, External):
                name = api.canonical(symbol.qualified)
                if name in api.GRAD_OFF_CONTEXTS:
                    return GRAD_OFF
                if name == "torch.enable_grad":
                    return GRAD_ON
        return None


def _member_place(owner: Value, name: str) -> Device | None:
    """Where the members of a batch are, of which nothing else is known."""
    if owner.device is None or owner.known or name not in ("items", "values", "get", "pop", "copy"):
        return None
    place = owner.device
    return (
        place._replace(full=place.full + 1)
        if name == "items"
        else place
        if name in ("values", "copy")
        else place.inside()
    )


__all__ = ["Calls"]
