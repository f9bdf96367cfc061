"""Calls: workspace functions are followed, builtins and torch are known, the rest is opaque."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.classes import ClassInfo, class_info, resolve
from torch_pitfalls.flow.evidence import Evidence, by_name, gather
from torch_pitfalls.flow.machine import Frame
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON, Chain, State, join_states
from torch_pitfalls.flow.torch_calls import Arguments, TorchCalls
from torch_pitfalls.flow.values import (
    BOOL,
    GRAPH_NO,
    GRAPH_UNKNOWN,
    NO_SITES,
    NONE,
    NUMBER,
    STRING,
    UNKNOWN,
    Value,
    constant,
    derived,
    join,
    join_all,
)
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import External, File, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import dotted, walk_scope
from torch_pitfalls.syntax.units import FunctionNode, UnitId

MAX_DEPTH = 7
_NOT_FOLLOWED = frozenset({"contextmanager", "asynccontextmanager", "abstractmethod", "overload"})


class _Call(NamedTuple):
    """What a call did: from which state and arguments, to which state, with which result and log."""

    arguments: Arguments
    before: State
    after: State
    result: Value
    log: list[Any]


class Calls(TorchCalls):
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
        if isinstance(func, ast.Attribute) and not self._is_super(func.value):
            owner = self.evaluate(func.value)
            arguments = self._arguments(node)
            return self.call_method(node, owner, func.attr, arguments)
        if isinstance(func, ast.Attribute):
            return self._super_call(node, func.attr, self._arguments(node))
        callee = self.evaluate(func)
        return self.call_value(node, callee, self._arguments(node))

    def _arguments(self, node: ast.Call) -> Arguments:
        args = tuple(self.evaluate(arg) for arg in node.args)
        kwargs = {item.arg or "**": self.evaluate(item.value) for item in node.keywords}
        return args, kwargs

    def call_value(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call a value."""
        what = callee.what
        if isinstance(what, External):
            return self.external(node, what, arguments)
        if isinstance(what, tuple) and what and what[0] == "builtin":
            return self._builtin(node, str(what[1]), arguments)
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
        result = self._known_method(node, owner, name, arguments)
        if result is not None:
            return result
        return self._unknown_method(node, owner, name, arguments)

    def _with_evidence(self, owner: Value, node: ast.expr, name: str) -> Value:
        if owner.known and not owner.must_be(kinds.NONE):
            return owner
        kind = self._evident(node)
        return self.settled(owner, kind, node) if kind else owner

    def _known_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value | None:
        stored = self._stored(owner, name)
        if stored is not None and stored.kinds & (kinds.MODULE | kinds.LOSS | kinds.FUNCTION):
            return self.call_value(node, stored, arguments)
        own = (
            self.method_value(owner, name)
            if name not in ("eval", "zero_grad") or not owner.must_be(kinds.MODULE)
            else None
        )
        if own is not None and not (owner.kinds & kinds.MODULE and name == "forward"):
            return self.call_function(node, own, arguments)
        if owner.must_be(kinds.MODULE | kinds.LOSS):
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
            return self.scaler_method(node, name, arguments)
        if owner.must_be(kinds.SCHEDULER | kinds.STATE_DICT | kinds.CONTEXT | kinds.PARAMETERS):
            return UNKNOWN
        if owner.must_be(kinds.NUMBER | kinds.STRING | kinds.BOOL | kinds.DEVICE | kinds.ARRAY):
            return Value(graph=GRAPH_NO)
        if owner.must_be(kinds.CONTAINER):
            return self._container_method(node, owner, name, arguments)
        return self._class_method(node, owner, name, arguments)

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
        return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "classmethod" in _decorator_names(node)

    def _container_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value | None:
        values = [*arguments[0], *arguments[1].values()]
        if name in api.CONTAINER_METHODS and values:
            added = (
                self.iterate(values[0])
                if name in ("extend", "update") and not values[0].must_be(kinds.TENSOR)
                else values[-1]
            )
            self._accumulate(node, owner, added)
            return NONE
        if name in ("items", "values", "keys", "pop", "get", "popleft", "copy"):
            inner = self.contents(owner) or UNKNOWN
            if name == "items":
                return Value(kinds.CONTAINER, each=Value(kinds.CONTAINER, items=(STRING, inner)))
            if name == "values":
                return Value(kinds.CONTAINER, each=inner)
            return owner if name == "copy" else inner
        if name == "clear":
            for site in owner.sites:
                self.state.heap.pop((site, "[]"), None)
            return NONE
        return UNKNOWN

    def _accumulate(self, node: ast.AST, owner: Value, added: Value) -> None:
        """Something is put into a container: it lives as long as the container does."""
        kept = self.site(self.place(node), "kept")
        marked = (
            added._replace(origins=added.origins | {kept}) if added.may_be(kinds.TENSOR | kinds.CONTAINER) else added
        )
        self.record(Effect.ACCUMULATE, node, "append", owner, (added,), result=Value(sites=frozenset({kept})))
        for site in owner.sites:
            old = self.load(site, "[]")
            self.store(site, "[]", marked if old is None else join(old, marked))
        if not owner.sites:
            self.hand_on(added)

    def _unknown_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value:
        values = [*arguments[0], *arguments[1].values()]
        if not owner.known:
            universal = self.universal_method(node, owner, name, arguments)
            if universal is not None:
                return universal
        if name in api.CONTAINER_METHODS and values and not owner.known:
            self._accumulate(node, owner, values[-1])
            return UNKNOWN
        if name in api.QUIET_METHODS and not owner.kinds & kinds.TRACKED:
            return Value(graph=GRAPH_NO) if not derived(owner) else Value(origins=derived(owner), graph=owner.graph)
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
        self.escape(*values)
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

    # ── classes ─────────────────────────────────────────────────────────────────────────────

    def instantiate(self, node: ast.Call, id: UnitId, arguments: Arguments) -> Value:
        """Make an instance of a workspace class and run its ``__init__``."""
        info = class_info(self.db, id)
        if info is None:
            return self.opaque(node, arguments)
        if info.kind & kinds.OPTIMIZER:
            return self.made_optimizer(node, Definition(id, True), *arguments)
        definition = Definition(id, True)
        if info.kind & kinds.MODULE and not info.kind & kinds.LOSS:
            instance = self.made_module(node, definition)
        else:
            site = self.new_site(node)
            self.forget_parts(site)
            instance = Value(info.kind & ~kinds.FRAMEWORK or kinds.INSTANCE, frozenset({site}), what=definition)
        for site in instance.sites:
            self.site_what[site] = definition
        if info.framework:
            self.escape(*arguments[0], *arguments[1].values())
            return instance
        self._run_init(node, info, instance, arguments)
        return instance

    def _run_init(self, node: ast.Call, info: ClassInfo, instance: Value, arguments: Arguments) -> None:
        init = info.method("__init__")
        values = [*arguments[0], *arguments[1].values()]
        interesting = any(derived(value) for value in values)
        if init is None:
            if not info.closed:
                self.escape(*values)
            self._dataclass_fields(info, instance, arguments)
            return
        if info.kind & kinds.MODULE and not interesting:
            return
        bound = Value(kinds.FUNCTION, what=Definition(init, False), items=(instance,))
        self.call_function(node, bound, arguments)

    def _dataclass_fields(self, info: ClassInfo, instance: Value, arguments: Arguments) -> None:
        found = unit(self.db, info.unit)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return
        names = [
            statement.target.id
            for statement in found.node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        for site in instance.sites:
            for name, value in [*zip(names, arguments[0], strict=False), *arguments[1].items()]:
                self.store(site, name, value)

    def method_value(self, owner: Value, name: str) -> Value | None:
        """The bound method of an instance of a workspace class; None if it has none of that name."""
        if not isinstance(owner.what, Definition) or not owner.what.is_class or owner.must_be(kinds.CLASS):
            return None
        info = class_info(self.db, owner.what.unit)
        method = info.method(name) if info is not None else None
        if method is None:
            return None
        found = unit(self.db, method)
        node = found.node if found is not None else None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            decorators = _decorator_names(node)
            if "staticmethod" in decorators:
                return Value(kinds.FUNCTION, what=Definition(method, False))
            if "property" in decorators or "cached_property" in decorators:
                return None
        return Value(kinds.FUNCTION, what=Definition(method, False), items=(owner,))

    def _is_super(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"

    def _super_call(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        """``super().name(...)``: the method of a workspace ancestor; torch's own bases set nothing that is tracked."""
        owner_id, self_name = self.frame.owner, self.frame.self_name
        instance = self.state.env.get(self_name, UNKNOWN) if self_name else UNKNOWN
        if owner_id is None:
            return UNKNOWN
        found = unit(self.db, owner_id)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return UNKNOWN
        for base in found.node.bases:
            symbol = resolve(self.db, owner_id.path, base)
            if isinstance(symbol, Definition) and symbol.is_class:
                info = class_info(self.db, symbol.unit)
                method = info.method(name) if info is not None else None
                if method is not None:
                    bound = Value(kinds.FUNCTION, what=Definition(method, False), items=(instance,))
                    return self.call_function(node, bound, arguments)
        if instance.must_be(kinds.MODULE):
            return self.module_method(node, instance, name, arguments) or UNKNOWN
        self.escape(*arguments[0], *arguments[1].values())
        return UNKNOWN

    # ── functions ───────────────────────────────────────────────────────────────────────────

    def call_function(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call a function of the workspace by interpreting its body here."""
        if isinstance(callee.what, tuple) and callee.what and callee.what[0] == "method" and callee.items:
            receiver, name = callee.items[0], str(callee.what[1])
            result = self._known_method(node, receiver, name, arguments)
            return result if result is not None else self.opaque(node, arguments, receiver)
        if isinstance(callee.what, tuple) and callee.what and callee.what[0] == "local":
            return self._call_local(node, callee, arguments)
        if isinstance(callee.what, tuple) and callee.what and callee.what[0] == "builtin":
            return self._builtin(node, str(callee.what[1]), arguments)
        if not isinstance(callee.what, Definition):
            return self.opaque(node, arguments, callee)
        id = callee.what.unit
        found = unit(self.db, id)
        function = found.node if found is not None else None
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or self._too_deep(id):
            return self.opaque(node, arguments, *(callee.items or ()))
        if _decorator_names(function) & _NOT_FOLLOWED:
            return self.opaque(node, arguments, *(callee.items or ()))
        if callee.items:
            arguments = ((*callee.items, *arguments[0]), arguments[1])
        if not self._worth_following(id, arguments):
            return self._computed(arguments)
        owner = UnitId(id.path, id.chunk, id.name.rpartition(".")[0]) if "." in id.name else None
        frame = Frame(id, self.place(node), evidence=evidence_of(self.db, id), split=conditions_of(self.db, id))
        frame.owner = owner
        if owner is not None and function.args.args:
            frame.self_name = function.args.args[0].arg
        return self._remembered(frame, function, arguments)

    def _worth_following(self, id: UnitId, arguments: Arguments) -> bool:
        """Whether a function may do something to what is tracked, or return something that is."""
        values = (*arguments[0], *arguments[1].values())
        return any(value.kinds & kinds.TRACKED for value in values) or touches_torch(self.db, id)

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
        self._annotated_parameters(function, env)
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

    def block(self, body: list[ast.stmt], states: list[State]) -> list[State]:
        """Interpret statements."""
        raise NotImplementedError

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

    def bound_arguments(self, parameters: ast.arguments, arguments: Arguments) -> dict[str, Value]:
        """The variables with which a function body starts."""
        args, kwargs = arguments
        named = [*parameters.posonlyargs, *parameters.args]
        env: dict[str, Value] = {}
        for parameter, value in zip(named, args, strict=False):
            env[parameter.arg] = value
        if parameters.vararg is not None:
            env[parameters.vararg.arg] = Value(kinds.CONTAINER, items=tuple(args[len(named) :]))
        if parameters.kwarg is not None:
            env[parameters.kwarg.arg] = UNKNOWN
        accepted = {parameter.arg for parameter in [*named, *parameters.kwonlyargs]}
        for name, value in kwargs.items():
            if name in accepted:
                env[name] = value
        open_ended = "**" in kwargs
        defaults = [None] * (len(named) - len(parameters.defaults)) + list(parameters.defaults)
        for parameter, default in [
            *zip(named, defaults, strict=True),
            *zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True),
        ]:
            if parameter.arg not in env:
                given = isinstance(default, ast.Constant) and not open_ended
                env[parameter.arg] = constant(default.value) if given and isinstance(default, ast.Constant) else UNKNOWN
        return env

    def _annotated_parameters(self, function: FunctionNode, env: dict[str, Value]) -> None:
        """Parameters whose argument is unknown get the kind of their annotation, or of their usage."""
        arguments = function.args
        for parameter in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            value = env.get(parameter.arg, UNKNOWN)
            if not value.known:
                env[parameter.arg] = self.parameter(parameter, value)

    def parameter(self, parameter: ast.arg, value: Value = UNKNOWN) -> Value:
        """The value of a parameter of which only the annotation, the usage and the name are known."""
        site = value.sites or frozenset({self.site("parameter", self.frame.unit, parameter.arg)})
        kind, what = self.annotated(parameter.annotation)
        if not kind:
            kind = self.frame.evidence.get(parameter.arg) or by_name(parameter.arg)
        if not kind:
            return value._replace(sites=site)
        if value.origins and not value.sites:
            return value._replace(kinds=kind)
        for one in site:
            self.adopt(one, kind, what)
        if kind & kinds.PLAIN and not kind & ~kinds.PLAIN:
            return Value(kind)
        graph = value.graph
        return Value(
            kind,
            site,
            what=what,
            graph=graph,
            origins=value.origins | (site if kind & kinds.MODULE else NO_SITES) - site,
        )

    def annotated(self, annotation: ast.expr | None) -> tuple[int, Any]:
        """(kind, class) that an annotation names."""
        if annotation is None:
            return kinds.UNKNOWN, None
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except SyntaxError:
                return kinds.UNKNOWN, None
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            left, right = self.annotated(annotation.left), self.annotated(annotation.right)
            if _is_none(annotation.right):
                return left
            return right if _is_none(annotation.left) else (kinds.UNKNOWN, None)
        if isinstance(annotation, ast.Subscript):
            outer = dotted(annotation.value)
            if outer is not None and outer.rpartition(".")[2] == "Optional":
                return self.annotated(annotation.slice)
            return self.annotated(annotation.value)
        name = dotted(annotation)
        symbol = resolve(self.db, self.frame.unit.path, annotation)
        if isinstance(symbol, Definition) and symbol.is_class:
            info = class_info(self.db, symbol.unit)
            if info is not None:
                return info.kind & ~kinds.FRAMEWORK or kinds.INSTANCE, symbol
        if isinstance(symbol, External):
            qualified = api.canonical(symbol.qualified)
            kind = api.ANNOTATIONS.get(qualified) or api.base_kind(qualified)
            return kind, qualified if kind & kinds.TRACKED else None
        return (api.ANNOTATIONS.get(name, kinds.UNKNOWN), None) if name and symbol is None else (kinds.UNKNOWN, None)

    # ── modules by their class ──────────────────────────────────────────────────────────────

    def forward_value(self, module: Value) -> Value | None:
        """What calling a module of the workspace returns, as far as its ``forward`` tells."""
        if not isinstance(module.what, Definition):
            return None
        return self.module_result(module.what.unit)

    def module_result(self, id: UnitId) -> Value | None:
        """What ``forward`` of a class returns, without identities."""
        raise NotImplementedError

    def part_of_module(self, owner: Value, name: str) -> Value | None:
        """What ``owner.name`` is by the class of a module or object."""
        if not isinstance(owner.what, Definition) or not owner.what.is_class or len(owner.sites) != 1:
            return None
        part = self.class_attribute(owner.what.unit, name)
        if part is None or not part.known:
            return None
        (base,) = owner.sites
        site = self.site("attribute", base, name)
        value = part._replace(sites=frozenset({site}), origins=NO_SITES)
        if part.kinds & (kinds.MODULE | kinds.LOSS):
            self.module_sites.add(site)
            self.parents[site] = base
            value = value._replace(items=part.items)
        elif part.kinds & kinds.OPTIMIZER:
            self.adopt(site, kinds.OPTIMIZER)
        elif part.must_be(kinds.TENSOR) and part.leaf:
            value = value._replace(origins=owner.sites, graph=part.graph)
        self.store(base, name, value)
        return value

    def class_attribute(self, id: UnitId, name: str) -> Value | None:
        """What ``__init__`` of a class leaves in an attribute, without identities."""
        raise NotImplementedError

    # ── builtins ────────────────────────────────────────────────────────────────────────────

    def _builtin(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        args, kwargs = arguments
        first = args[0] if args else UNKNOWN
        self.record(Effect.CALL, node, name, UNKNOWN, args, kwargs)
        if name in ("int", "float", "len", "abs", "round", "complex", "id", "hash", "ord"):
            return first if name in ("abs", "round") and first.may_be(kinds.TENSOR) and first.known else NUMBER
        if name in ("str", "repr", "format", "chr", "ascii", "bin", "hex", "input"):
            return STRING
        if name in ("isinstance", "hasattr", "callable", "issubclass", "bool", "any", "all"):
            return BOOL
        if name in ("print", "setattr", "delattr", "open"):
            return UNKNOWN
        if name == "range":
            return Value(kinds.CONTAINER, each=NUMBER)
        if name == "enumerate":
            return Value(
                kinds.CONTAINER,
                origins=first.origins,
                each=Value(kinds.CONTAINER, items=(NUMBER, self.iterate(first))),
            )
        if name == "zip":
            return Value(kinds.CONTAINER, each=Value(kinds.CONTAINER, items=tuple(self.iterate(arg) for arg in args)))
        if name == "iter" and first.must_be(kinds.LOADER):
            self.record(
                Effect.ITERATE,
                node,
                "iter",
                first,
                (self.loader_option(first, "num_workers"),),
                self.loader_options(first),
            )
        if name in ("list", "tuple", "set", "sorted", "reversed", "iter", "frozenset"):
            return self._collected(node, first) if args else self._list(ast.copy_location(_empty_list(node), node))
        if name == "next":
            return self.iterate(first)
        if name in ("sum", "max", "min"):
            inner = self.contents(first) or first
            return self.combine(*(args if len(args) > 1 else (inner._replace(origins=inner.origins | first.origins),)))
        if name in ("map", "filter"):
            return self._mapped(node, name, args)
        if name == "getattr" and len(node.args) >= 2 and args[1].literal is not None:
            return self.attribute(first, str(args[1].literal[0]), node)
        if name == "dict":
            return Value(kinds.CONTAINER, frozenset({self.new_site(node)}), what="dict")
        if name == "super":
            return UNKNOWN
        return UNKNOWN

    def _collected(self, node: ast.Call, value: Value) -> Value:
        if value.must_be(kinds.PARAMETERS):
            return value
        if value.must_be(kinds.LOADER | kinds.DATASET):
            return (
                value
                if dotted(node.func) in ("iter", "reversed")
                else Value(kinds.CONTAINER, each=Value(graph=GRAPH_NO))
            )
        return Value(
            kinds.CONTAINER,
            origins=value.origins,
            items=value.items,
            each=None if value.items else self.iterate(value),
        )

    def _mapped(self, node: ast.Call, name: str, args: tuple[Value, ...]) -> Value:
        if len(args) < 2:
            return UNKNOWN
        inner = self.iterate(args[1])
        if name == "filter":
            return args[1] if args[1].must_be(kinds.PARAMETERS) else Value(kinds.CONTAINER, each=inner)
        return Value(kinds.CONTAINER, each=self.call_value(node, args[0], ((inner,), {})))


def _empty_list(node: ast.Call) -> ast.List:
    made = ast.List(elts=[], ctx=ast.Load())
    made.ordinal = node.ordinal  # type: ignore[attr-defined]
    return made


def _decorator_names(node: FunctionNode) -> set[str]:
    names = set()
    for decorator in node.decorator_list:
        name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name is not None:
            names.add(name.rpartition(".")[2])
    return names


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


@query(on_cycle=False)
def touches_torch(db: Database, id: UnitId) -> bool:
    """Whether a function, or one that it calls, names torch or anything that could lead there.

    What it is given does not count: methods of its arguments, and calls of them, do.
    """
    found = unit(db, id)
    if found is None:
        return True
    given = {node.arg for node in ast.walk(found.node) if isinstance(node, ast.arg)}
    for node in ast.walk(found.node):
        if isinstance(node, ast.Attribute) and (node.attr in _TELLING or node.attr in _TENSOR_WORDS):
            return True
        if isinstance(node, ast.Call) and _leads_to_torch(db, id, node.func, given):
            return True
        if isinstance(node, ast.Name) and node.id not in given and _names_torch(db, id, node):
            return True
    return False


_TENSOR_WORDS = frozenset(
    {"grad", "detach", "item", "softmax", "log_softmax", "sigmoid", "cuda", "to", "cpu", "numpy", "parameters"}
)


def _leads_to_torch(db: Database, id: UnitId, func: ast.expr, given: set[str]) -> bool:
    name = dotted(func)
    if name is None:
        return not isinstance(func, ast.Attribute)
    first, _, rest = name.partition(".")
    if first == "self" and rest and "." not in rest and "." in id.name:
        info = class_info(db, UnitId(id.path, id.chunk, id.name.rpartition(".")[0]))
        method = info.method(rest) if info is not None else None
        return method is None or touches_torch(db, method)
    if first in given:
        return not rest
    symbol = resolve(db, id.path, func)
    if isinstance(symbol, Definition):
        return symbol.is_class or touches_torch(db, symbol.unit)
    if isinstance(symbol, External):
        return symbol.qualified.partition(".")[0] not in api.HARMLESS_PACKAGES or symbol.qualified.startswith("torch")
    return False


def _names_torch(db: Database, id: UnitId, node: ast.Name) -> bool:
    symbol = resolve(db, id.path, node)
    return isinstance(symbol, External) and symbol.qualified.startswith("torch")


@query(on_cycle={})
def evidence_of(db: Database, id: UnitId) -> Evidence:
    """What the body of a unit shows about the names it uses."""
    found = unit(db, id)
    return gather(found.node) if found is not None else {}


@query(on_cycle=frozenset())
def conditions_of(db: Database, id: UnitId) -> frozenset[str]:
    """The conditions of a unit whose outcomes go together."""
    found = unit(db, id)
    return repeated_conditions(found.node) if found is not None else frozenset()


def repeated_conditions(function: ast.AST) -> frozenset[str]:
    """Texts of conditions that decide more than one branch of a body, so that their outcomes go together."""
    counts: dict[str, int] = {}
    for test in _tests(function):
        text = ast.unparse(test)
        if len(text) < 80:
            counts[text] = counts.get(text, 0) + 1
    return frozenset(text for text, count in counts.items() if count > 1)


def _tests(function: ast.AST) -> Iterator[ast.expr]:
    for node in walk_scope(function):
        if isinstance(node, ast.If) and _matters(node):
            yield from _parts(node.test)
        elif isinstance(node, ast.Call) and node.args and dotted(node.func) is not None:
            name = str(dotted(node.func)).rpartition(".")[2]
            if name in ("train", "set_grad_enabled") and not isinstance(node.args[0], ast.Constant):
                yield from _parts(node.args[0])


_TELLING = frozenset(
    {
        "backward",
        "step",
        "zero_grad",
        "train",
        "eval",
        "unscale_",
        "scale",
        "requires_grad_",
        "no_grad",
        "set_grad_enabled",
        "inference_mode",
        "clip_grad_norm_",
        "manual_backward",
    }
)


def _matters(branch: ast.If) -> bool:
    """Whether a branch does something to gradients or modes, so that its outcome is worth remembering."""
    return any(isinstance(node, ast.Attribute) and node.attr in _TELLING for node in ast.walk(branch)) or any(
        isinstance(node, (ast.Continue, ast.Break, ast.Return)) for node in ast.walk(branch)
    )


def _parts(test: ast.expr) -> Iterator[ast.expr]:
    """A condition and, under ``not``, ``and`` and ``or``, what it is made of."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(test.operand)
        return
    yield test
    if isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _parts(value)


__all__ = ["Calls", "conditions_of", "evidence_of", "repeated_conditions"]
