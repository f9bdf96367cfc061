"""Statements, and the interpretation of whole units.

The interpreter runs a body on abstract states. Calls of workspace functions are interpreted where they happen, with
the objects they are given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection
from typing import Any

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.control import CONTROL, MAX_STATES, Control
from torch_pitfalls.flow.devices import CPU, MODULE, NOWHERE, Device
from torch_pitfalls.flow.evidence import gather
from torch_pitfalls.flow.exponentials import after_arithmetic
from torch_pitfalls.flow.machine import Frame, Memory
from torch_pitfalls.flow.relevance import (
    conditions_of,
    evidence_of,
    inherited_loop,
    is_about_a_relative,
    optional_parameters,
    repeated_conditions,
)
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON, State, join_states, merge
from torch_pitfalls.flow.trace import Trace
from torch_pitfalls.flow.values import (
    GRAPH_NO,
    GRAPH_YES,
    NO_SITES,
    NONE,
    UNKNOWN,
    Value,
    constant,
    join,
    kept_as,
    stripped,
    without_activations,
)
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.frameworks import is_called_for_each_batch, runs_without_gradient
from torch_pitfalls.knowledge.lifecycles import MODE
from torch_pitfalls.names.resolve import Variable, imported, unit
from torch_pitfalls.names.scopes import Definition, imports
from torch_pitfalls.syntax.parse import HOLE
from torch_pitfalls.syntax.shapes import dotted, factors, sum_in
from torch_pitfalls.syntax.units import FunctionNode, Unit, UnitId, call_at

MODULE_BODY = -1


class Interpreter(Control):
    """Interprets one unit, and what it calls."""

    # ── statements ──────────────────────────────────────────────────────────────────────────

    def block(self, body: list[ast.stmt], states: list[State]) -> list[State]:
        """Interpret statements; the states that get to the end."""
        for statement in body:
            after: list[State] = []
            for state in states:
                self.state = state
                after += self.statement(statement)
            states = merge(after, MAX_STATES)
            if not states:
                break
        return states

    def statement(self, node: ast.stmt) -> list[State]:
        """Interpret one statement in the current state; the states after it."""
        self.steps += 1
        if self.steps % 256 == 0:
            self.db.check_cancelled()
        method = _STATEMENTS.get(type(node))
        if method is None:
            return [self.state]
        result = method(self, node)
        return [self.state] if result is None else result

    def _expression(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == HOLE:
            self.lose_everything()
            self.lose_track(frozenset(self.optimizers()))
            self.state.placed = dict.fromkeys(self.state.placed, NOWHERE)
        elif isinstance(node.value, ast.Attribute):
            owner = self.evaluate(node.value.value)
            kind = self._evident(node.value.value) if not owner.known else kinds.UNKNOWN
            self.record(Effect.MENTION, node.value, node.value.attr, owner._replace(kinds=owner.kinds or kind))
        else:
            self.statement_call = node.value if isinstance(node.value, ast.Call) else None
            self.evaluate(node.value)

    def _assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        target = node.targets[0]
        whole = sum_in(node.value)
        if whole is not None:
            name = dotted(target)
            for term in (whole.left, whole.right):
                if name is not None and name in map(dotted, factors(term)):
                    added = whole.right if term is whole.left else whole.left
                    value = self._kept(node, self.evaluate(term), self.evaluate(added), value)
        for each in node.targets:
            self.bind(each, value)

    def _annotated_assign(self, node: ast.AnnAssign) -> None:
        if node.value is None:
            return
        value = self.evaluate(node.value)
        if not value.known:
            kind, what = self.annotated(node.annotation)
            if kind & (kinds.TRACKED | kinds.TENSOR | kinds.LOADER):
                value = self.settled(value, kind, node.target)._replace(what=what)
        self.bind(node.target, value)

    def _augmented(self, node: ast.AugAssign) -> None:
        old = self.evaluate(_loaded(node.target))
        value = self.evaluate(node.value)
        if old.must_be(kinds.CONTAINER):
            self.accumulate(node, old, self.iterate(value), self.last_of(value) or UNKNOWN)
            return
        result = self.combine(old, value)._replace(device=self._computed_at(node, "augmented", old, value))
        result = result._replace(act=after_arithmetic(node.op, old, value))
        if result.graph == GRAPH_NO:
            result = self.cut_here(node, "arithmetic", result, old, value)
        result = self.carried(node, result, old, value)
        if isinstance(node.op, ast.Add):
            result = self._kept(node, old, value, result)._replace(mean=old.mean or value.mean)
        if old.must_be(kinds.TENSOR):
            self.changed_in_place(node, "+=", old, (value,))
            result = result._replace(sites=old.sites, leaf=old.leaf)
        self.bind(node.target, result)

    def _kept(self, node: ast.stmt, old: Value, added: Value, result: Value) -> Value:
        """A sum that goes on from iteration to iteration keeps what is added to it."""
        kept = self.site(self.place(node), "kept")
        self.note_kept(node, "+=", old, added, kept, old)
        if result.kinds & (kinds.NUMBER | kinds.STRING):
            return result
        return result._replace(origins=result.origins | {kept})

    # ── binding ─────────────────────────────────────────────────────────────────────────────

    def bind(self, target: ast.expr, value: Value) -> None:
        """Assign to a target."""
        if isinstance(target, ast.Name):
            kind = self.frame.evidence.get(target.id) if not value.known else None
            if kind and (kind == kinds.TENSOR or self._opaque(value)):
                value = self.settled(value, kind, target)
            self.bind_name(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, Value(kinds.CONTAINER, each=value))
        elif isinstance(target, ast.Attribute):
            self._bind_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            self._bind_item(target, value)

    def _opaque(self, value: Value) -> bool:
        return (
            not value.origins or any(self.load(site, "#opaque") is not None for site in value.sites) or not value.graph
        )

    def _unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        for position, part in enumerate(target.elts):
            if value.items is not None and position < len(value.items) and not isinstance(part, ast.Starred):
                self.bind(part, value.items[position])
            elif value.must_be(kinds.CONTAINER) and isinstance(part, ast.Name):
                self.bind(part, self.item(value, constant(position)))
            else:
                self.bind(part, self.iterate(value))

    def bind_name(self, name: str, value: Value) -> None:
        """Assign to a variable."""
        state = self.state
        if state.assume:
            for text in [text for text in state.assume if name in _words(text)]:
                del state.assume[text]
        if self.frame.is_module or name in self.frame.globals:
            owner = self.site("globals", self.frame.unit.path)
            old = self.load(owner, name)
            self.store(owner, name, value)
            if _is_on(value, CPU) and old is not None and old.device is not None and old.device.away:
                self.brought_back.add(name)
        else:
            old = state.env.get(name)
            state.env[name] = value
        if old is not None:
            self.drop_state(old)

    def _bind_attribute(self, target: ast.Attribute, value: Value) -> None:
        owner = self.evaluate(target.value)
        self.record(Effect.STORE, target, target.attr, owner, (value, self.contents(value) or UNKNOWN))
        if target.attr == "grad":
            self.lose_gradients(frozenset(self.optimizers()))
            return
        if target.attr == "requires_grad":
            self._set_flag(target, owner, value)
            return
        self.replace_part(target, owner, value)
        if dotted(target.value) != self.frame.self_name:
            self.note_part(owner, target.attr, value)
        if target.attr == "training" and owner.sites:
            self.move(MODE, Effect.LOSE, frozenset(site for site in owner.sites if site in self.module_sites), None)
        place = dotted(target)
        if not value.known and place is not None and self._opaque(value):
            kind = self.frame.evidence.get(place)
            if kind:
                value = self.settled(value, kind, target)
        state = self.state
        if state.assume:
            for text in [text for text in state.assume if place is not None and place in text]:
                del state.assume[text]
        for site in owner.sites:
            old = self.load(site, target.attr)
            self.store(site, target.attr, value if len(owner.sites) == 1 or old is None else join(old, value))
        if not owner.sites:
            self.hand_on(value)

    def _set_flag(self, target: ast.Attribute, owner: Value, value: Value) -> None:
        """``x.requires_grad = …``."""
        wanted = value.literal[0] if value.literal is not None else None
        if owner.leaf and owner.origins and wanted is not True:
            for site in owner.origins:
                self.store(site, "#frozen", NONE)
        self.flag_parameter(target, owner, wanted if isinstance(wanted, bool) else None)
        if isinstance(target.value, ast.Name):
            if wanted is True:
                # Nobody asks for the gradient of what has one already.
                tracked = owner.graph == GRAPH_YES or bool(owner.origins) or not owner.may_be(kinds.TENSOR)
                changed = owner if tracked and owner.graph != GRAPH_NO else self.leaf(target)._replace(cut=owner.cut)
            elif wanted is False:
                changed = owner._replace(graph=GRAPH_NO, origins=NO_SITES, leaf=False)
            else:
                changed = owner._replace(graph=0)
            self.bind_name(target.value.id, changed)

    def _bind_item(self, target: ast.Subscript, value: Value) -> None:
        owner = self.evaluate(target.value)
        index = self.evaluate(target.slice)
        self.replace_part(target, owner, value)
        self.note_item(target, owner, index, value)
        self.overwritten(target.value)
        if owner.may_be(kinds.TENSOR) and owner.known:
            self.changed_in_place(target, "[]", self.viewed_leaf(target) or owner, (value,))
            return
        if owner.device is not None and isinstance(target.value, ast.Name):
            self.bind_name(target.value.id, owner._replace(device=None))
        kept = self.site(self.place(target), "kept")
        self.note_kept(target, "[]", owner, value, kept)
        value = kept_as(value, kept)
        for site in owner.sites:
            ends = index.literal == (-1,) or (owner.what == "dict" and self._is_new(site, index))
            self.store(site, "#last", value if ends else UNKNOWN)
            if index.literal is not None:
                self.store(site, f"[{index.literal[0]!r}]", value)
            old = self.load(site, "[]")
            self.store(site, "[]", value if old is None else join(old, value))
        if not owner.sites or owner.sites & self.trace.given:
            self.hand_on(value)

    def _is_new(self, site: int, index: Value) -> bool:
        return index.literal is not None and self.load(site, f"[{index.literal[0]!r}]") is None

    # ── definitions and the rest ────────────────────────────────────────────────────────────

    def _define(self, node: FunctionNode) -> None:
        if self.frame.is_module:
            return
        self.bind_name(node.name, self.local_function(node))

    def _define_class(self, node: ast.ClassDef) -> None:
        if not self.frame.is_module:
            self.bind_name(node.name, UNKNOWN)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if self.frame.is_module:
            return
        for name, what in imports(node):
            self.bind_name(name, self.symbol_value(imported(self.db, self.frame.unit.path, what)))

    def _global(self, node: ast.Global) -> None:
        self.frame.globals.update(node.names)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.state.env.pop(target.id, None)
            elif isinstance(target, ast.Subscript):
                owner = self.evaluate(target.value)
                self.forget_last(owner)
                self.note_end(owner, None)

    def _assert(self, node: ast.Assert) -> None:
        self.evaluate(node.test)

    # ── whole units ─────────────────────────────────────────────────────────────────────────

    def run_unit(self, id: UnitId) -> None:
        """Interpret a unit by itself."""
        if id.chunk == MODULE_BODY:
            self.run_module(id.path)
            return
        found = unit(self.db, id)
        if found is not None and isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.run_function(id, found.node)
            if id.name.endswith(".__init__"):
                self._keep_attributes(self.site("self", UnitId(id.path, id.chunk, id.name.rpartition(".")[0])))
        elif found is not None and isinstance(found.node, ast.ClassDef):
            self.run_inherited(id, found.node)

    def run_inherited(self, id: UnitId, node: ast.ClassDef) -> None:
        """Interpret an inherited method of a class whose loops call what the class defines, on an instance of it."""
        method = inherited_loop(self.db, id)
        if method is not None:
            self.frames.append(Frame(id, ()))
            self.state.grad = GRAD_ON
            bound = Value(kinds.FUNCTION, what=Definition(method, False), items=(self._instance(id, method),))
            self.call_function(call_at(node), bound, ((), {}))
            self.frames.pop()

    def run_function(self, id: UnitId, node: FunctionNode) -> None:
        """Interpret a function by itself: of its parameters only annotations and usage are known."""
        owner = UnitId(id.path, id.chunk, id.name.rpartition(".")[0]) if "." in id.name else None
        frame = Frame(id, (), evidence=evidence_of(self.db, id), split=conditions_of(self.db, id))
        frame.owner = owner
        self.frames.append(frame)
        env = self.any_flags(self.bound_arguments(node.args, ((), {})))
        if owner is not None and node.args.args:
            frame.self_name = node.args.args[0].arg
            env[frame.self_name] = self._instance(owner, id)
        self.state.env = env
        self.annotate_parameters(node, env)
        frame.optional = self._optional(id, node)
        self.trace.given = NO_SITES.union(*(value.sites for name, value in env.items() if name != frame.self_name))
        if id.name.endswith(".forward") and env.get(frame.self_name or "", UNKNOWN).kinds & kinds.MODULE:
            self.give_inputs(node, env)
            self.give_inputs(node, frame.optional)
        mode = self._decorated_grad(id.path, node)
        self.state.grad = (GRAD_OFF if self._evaluates(owner, node.name) else GRAD_ON) if mode is None else mode
        if self._is_called_in_a_loop(owner, node):
            self.repeatedly(node, lambda: self._run_again(node, env))
        else:
            self._run_again(node, env)
        self.recall_attributes()
        self._run_uncalled()
        self.frames.pop()

    def _optional(self, id: UnitId, node: FunctionNode) -> dict[str, Value]:
        """What parameters may be that are None by default."""
        names = optional_parameters(self.db, id)
        parameters = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs] if names else []
        return {each.arg: self.parameter(each) for each in parameters if each.arg in names}

    def _instance(self, owner: UnitId, method: UnitId) -> Value:
        """``self`` of a method: an instance after ``__init__``, with whatever may have happened since."""
        info = class_info(self.db, owner)
        if info is None:
            return UNKNOWN
        kind = info.kind & ~kinds.FRAMEWORK or kinds.INSTANCE
        instance = Value(kind, frozenset({self.site("self", owner)}), what=Definition(owner, True))
        made = self.made(owner) if info.method("__init__") != method else None
        if made is not None:
            self.restore(made)
            self.lose_everything()
            self._forget_host()
        self.adopt(self.site("self", owner), kind if kind & kinds.MODULE else 0, instance.what)
        if kind & kinds.MODULE and info.method("__init__") != method:
            self._be_the_place(instance)
        return instance

    def _run_again(self, node: FunctionNode, env: dict[str, Value]) -> None:
        """Run the body of the unit with the given variables."""
        self.frame.returns.clear()
        self.state.env = dict(env)
        self.trace.returned = self.run_body(node.body)

    def _is_called_in_a_loop(self, owner: UnitId | None, node: FunctionNode) -> bool:
        """Whether a framework calls a method for each batch, and no other method of the class clears gradients."""
        info = class_info(self.db, owner) if owner is not None else None
        if info is None or not info.framework or not is_called_for_each_batch(info.ancestors, node.name):
            return False
        bodies = [unit(self.db, method) for _, method in info.methods]
        return not any(body is not None and "zero_grad" in body.text for body in bodies)

    def _evaluates(self, owner: UnitId | None, method: str) -> bool:
        """Whether a framework calls a method with gradients off."""
        info = class_info(self.db, owner) if owner is not None else None
        return info is not None and info.framework and runs_without_gradient(info.ancestors, method)

    def _forget_host(self) -> None:
        """What was on the CPU may have been moved since; what was moved elsewhere is taken to stay."""
        for site, place in self.state.placed.items():
            if not place.away:
                self.state.placed[site] = NOWHERE

    def _be_the_place(self, module: Value) -> None:
        """In methods of a module, its parts are where it is, unless they were put elsewhere."""
        for site in {*module.sites, *self.below(module.sites)}:
            if site in self.module_sites:
                place = self.state.placed.get(site)
                if place is None or not place.away:
                    self.state.placed[site] = Device(MODULE)

    def run_init(self, owner: UnitId) -> Memory | None:
        """Interpret ``__init__`` of a class on a new instance; None if it has none that can be seen."""
        info = class_info(self.db, owner)
        init = info.method("__init__") if info is not None and not info.framework else None
        found = unit(self.db, init) if init is not None else None
        if info is None or init is None or found is None or not isinstance(found.node, ast.FunctionDef):
            return None
        node = found.node
        frame = Frame(init, (), evidence=evidence_of(self.db, init), split=conditions_of(self.db, init))
        frame.owner = UnitId(init.path, init.chunk, init.name.rpartition(".")[0])
        frame.self_name = node.args.args[0].arg if node.args.args else None
        self.frames.append(frame)
        site = self.site("self", owner)
        definition = Definition(owner, True)
        kind = info.kind & ~kinds.FRAMEWORK or kinds.INSTANCE
        self.adopt(site, kind if kind & kinds.MODULE else 0, definition)
        env = self.bound_arguments(node.args, ((Value(kind, frozenset({site}), what=definition),), {}))
        self.state.env = env
        self.state.grad = GRAD_ON
        self.annotate_parameters(node, env)
        self.run_body(node.body)
        self.frames.pop()
        return self.memory()

    def _run_uncalled(self) -> None:
        """Functions made here that nobody called, such as those given to a framework."""
        for site in list(self._closures):
            if site not in self.called and not isinstance(self._closures[site][0], ast.Lambda):
                made = self._closures[site][0]
                if len(self.frames) == 1 and self._closures[site][3] is self.frame:
                    before = self.state.copy()
                    self.lose_everything()
                    self._forget_host()
                    self.state.grad = GRAD_ON
                    self._call_local(call_at(made), Value(kinds.FUNCTION, what=("local", site)), ((), {}))
                    self.state = before

    def run_module(self, path: str) -> None:
        """Interpret the statements of a module body."""
        pieces = module_pieces(self.db, path)
        whole = ast.Module(
            body=[statement for piece in pieces for statement in own_statements(piece.node)], type_ignores=[]
        )
        evidence = {} if is_about_a_relative(self.db, path) else gather(whole)
        split = repeated_conditions(whole)
        frame = Frame(UnitId(path, MODULE_BODY, ""), (), evidence=evidence, split=split, is_module=True)
        self.frames.append(frame)
        self.state.grad = GRAD_ON
        states = [self.state]
        for piece in pieces:
            frame.unit = piece.id
            states = self.block(own_statements(piece.node), states) or states
        final = states[0]
        for state in states[1:]:
            final = join_states(final, state)
        self.state = final
        self.trace.grad_after = final.grad
        self.frames.pop()
        self._keep_attributes(self.site("globals", path), self.brought_back)

    def _keep_attributes(self, site: int, brought_back: Collection[int | str] = ()) -> None:
        """What others may know of attributes; of what was brought back to the CPU, they may have seen it elsewhere."""
        for name in sorted(self.fields.get(site, ())):
            value = self.load(site, name)
            if value is not None and not name.startswith("#"):
                if value.kinds & kinds.MODULE:
                    value = self.with_end(value)._replace(device=self.where(value))
                if _is_on(value, CPU) and any(one in brought_back for one in (name, *value.sites)):
                    value = value._replace(device=None)
                if value.kinds == kinds.LOADER:
                    value = value._replace(each=self.batch(value))
                if value.kinds == kinds.CONTAINER and value.items is None:
                    value = value._replace(each=self.contents(value))
                self.trace.attributes[name] = stripped(value)

    # ── what other units know ───────────────────────────────────────────────────────────────

    def module_variable(self, symbol: Variable) -> Value:
        """What is known of a variable of a module body that is not being interpreted now."""
        if any(frame.is_module and frame.unit.path == symbol.path for frame in self.frames):
            return UNKNOWN
        value = module_variables(self.db, symbol.path).get(symbol.name)
        if value is None or not value.known:
            kind = self.frame.evidence.get(symbol.name, 0)
            if not kind:
                return UNKNOWN
            value = Value(kind)
        site = self.site("global", symbol)
        self.adopt(site, value.kinds, value.what)
        value = value._replace(sites=frozenset({site}))
        if value.must_be(kinds.TENSOR) and value.leaf:
            self.module_sites.add(site)
            value = value._replace(origins=frozenset({site}))
        if value.kinds & kinds.MODULE:
            self.state.placed[site] = value.device or NOWHERE
            value = value._replace(device=None)
        self.store(self.site("globals", symbol.path), symbol.name, value)
        return value

    def made(self, owner: UnitId) -> Memory | None:
        """All that is known after ``__init__`` of a class; None if it has none that can be seen."""
        return initialised(self.db, owner)

    def module_result(self, id: UnitId) -> Value | None:
        """What ``forward`` of a class returns, without identities."""
        return forward_result(self.db, id)

    def sample_of(self, id: UnitId) -> Value | None:
        """What ``__getitem__`` of a class returns, without identities; None if it has none."""
        return sample_result(self.db, id)

    def class_attribute(self, id: UnitId, name: str) -> Value | None:
        """What ``__init__`` of a class leaves in an attribute, without identities."""
        return class_attributes(self.db, id).get(name)

    def attributes_of(self, id: UnitId) -> dict[str, Value]:
        """What ``__init__`` of a class leaves in the attributes of an instance."""
        return class_attributes(self.db, id)


class Alone(Interpreter):
    """Interprets a unit by what it says and calls itself, without what the runs of other units tell.

    Where units need one another's runs in a circle, each is taken alone.
    """

    def made(self, owner: UnitId) -> Memory | None:
        """All that is known after ``__init__`` of a class, by itself."""
        return initialised_alone(self.db, owner)

    def module_result(self, id: UnitId) -> Value | None:
        """Nothing."""
        return None

    def sample_of(self, id: UnitId) -> Value | None:
        """Nothing."""
        return None

    def class_attribute(self, id: UnitId, name: str) -> Value | None:
        """What ``__init__`` of a class, by itself, leaves in an attribute."""
        return self.attributes_of(id).get(name)

    def attributes_of(self, id: UnitId) -> dict[str, Value]:
        """What ``__init__`` of a class, by itself, leaves in the attributes of an instance."""
        return _attributes_alone(self.db, id)


# ── queries ─────────────────────────────────────────────────────────────────────────────────


@query(on_cycle=Trace())
def trace_alone(db: Database, id: UnitId) -> Trace:
    """What happens when a unit runs, as far as it and what it calls tell."""
    return _traced(Alone(db), id)


@query(on_cycle=Trace(), recover=trace_alone)
def trace(db: Database, id: UnitId) -> Trace:
    """What happens when a unit runs."""
    return _traced(Interpreter(db), id)


def _traced(machine: Interpreter, id: UnitId) -> Trace:
    try:
        machine.run_unit(id)
        machine.conclude()
    except RecursionError:
        cut = Trace()
        cut.complete = False
        return cut
    return machine.trace


@query()
def initialised_alone(db: Database, owner: UnitId) -> Memory | None:
    """All that is known after ``__init__`` of a class, as far as it and what it calls tell."""
    return _initialised(Alone(db), owner)


@query(recover=initialised_alone)
def initialised(db: Database, owner: UnitId) -> Memory | None:
    """All that is known after ``__init__`` of a class; None if it has none that can be seen."""
    return _initialised(Interpreter(db), owner)


def _initialised(machine: Interpreter, owner: UnitId) -> Memory | None:
    try:
        return machine.run_init(owner)
    except RecursionError:
        return None


@query()
def module_pieces(db: Database, path: str) -> tuple[Unit, ...]:
    """The statements of a module body, by chunk; chunks that only define or import are left out."""
    found = []
    for number in db.input("layout", path) or ():
        piece = unit(db, UnitId(path, number, ""))
        if piece is not None and own_statements(piece.node):
            found.append(piece)
    return tuple(found)


class _Outline(Interpreter):
    """Runs a module body for its variables alone.

    It asks nothing about classes and functions that their own runs would tell: these may ask for the variables.
    Calls whose results nobody keeps, such as ``main()``, are left out.
    """

    def statement(self, node: ast.stmt) -> list[State]:
        call = node.value if isinstance(node, ast.Expr) else None
        if self.frame.is_module and isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            return [self.state]
        return super().statement(node)

    def module_result(self, id: UnitId) -> Value | None:
        return None

    def sample_of(self, id: UnitId) -> Value | None:
        return None

    def class_attribute(self, id: UnitId, name: str) -> Value | None:
        return None

    def attributes_of(self, id: UnitId) -> dict[str, Value]:
        return {}


@query(on_cycle={})
def module_variables(db: Database, path: str) -> dict[str, Value]:
    """Name → value of the variables of a module body, without identities."""
    machine = _Outline(db)
    try:
        machine.run_module(path)
    except RecursionError:
        return {}
    return machine.trace.attributes


def _attributes_alone(db: Database, id: UnitId) -> dict[str, Value]:
    info = class_info(db, id)
    init = info.method("__init__") if info is not None else None
    return trace_alone(db, init).attributes if init is not None else {}


@query(on_cycle={}, recover=_attributes_alone)
def class_attributes(db: Database, id: UnitId) -> dict[str, Value]:
    """Attribute → value as ``__init__`` of a class leaves them, without identities."""
    info = class_info(db, id)
    init = info.method("__init__") if info is not None else None
    return trace(db, init).attributes if init is not None else {}


@query()
def forward_result(db: Database, id: UnitId) -> Value | None:
    """What ``forward`` of a module class returns, without identities."""
    info = class_info(db, id)
    forward = info.method("forward") if info is not None else None
    if forward is None:
        return None
    result = stripped(trace(db, forward).returned)
    if forward.name.rpartition(".")[0] != id.name and _has_own_parts(db, id):
        # The parts that the inherited method calls may be others here.
        return without_activations(result)
    return result


@query()
def sample_result(db: Database, id: UnitId) -> Value | None:
    """What ``__getitem__`` of a class of data sets returns, without identities; None if it has none."""
    info = class_info(db, id)
    method = info.method("__getitem__") if info is not None else None
    return stripped(trace(db, method).returned) if method is not None else None


def _has_own_parts(db: Database, id: UnitId) -> bool:
    info = class_info(db, id)
    init = info.method("__init__") if info is not None else None
    return init is not None and init.name.rpartition(".")[0] == id.name


# ── small questions ─────────────────────────────────────────────────────────────────────────


def _loaded(target: ast.expr) -> ast.expr:
    return target


_WORDS = re.compile(r"\w+")


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text))


def _is_on(value: Value, kind: str) -> bool:
    return value.device is not None and value.device.kind == kind


def own_statements(tree: ast.AST) -> list[ast.stmt]:
    """The statements of a module body that run something worth following."""
    assert isinstance(tree, ast.Module)
    passive = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return [node for node in tree.body if not isinstance(node, passive) and not _is_text(node)]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


_STATEMENTS: dict[type, Any] = {
    **CONTROL,
    ast.Expr: Interpreter._expression,
    ast.Assign: Interpreter._assign,
    ast.AnnAssign: Interpreter._annotated_assign,
    ast.AugAssign: Interpreter._augmented,
    ast.FunctionDef: Interpreter._define,
    ast.AsyncFunctionDef: Interpreter._define,
    ast.ClassDef: Interpreter._define_class,
    ast.Import: Interpreter._import,
    ast.ImportFrom: Interpreter._import,
    ast.Global: Interpreter._global,
    ast.Nonlocal: Interpreter._global,
    ast.Delete: Interpreter._delete,
    ast.Assert: Interpreter._assert,
}
