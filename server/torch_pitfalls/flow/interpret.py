"""Statements, control flow, and the interpretation of whole units.

The interpreter runs a body on abstract states: branches are run on copies that are joined where
they meet, loops until the state at their head no longer changes. Python has no goto, so this gives
the least fixpoint that a solver over a control-flow graph would give. Calls of workspace functions
are interpreted where they happen, with the objects they are given.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from torch_pitfalls.db import Database, query
from torch_pitfalls.flow.calls import Calls
from torch_pitfalls.flow.classes import class_info
from torch_pitfalls.flow.devices import MODULE, NOWHERE, Device
from torch_pitfalls.flow.evidence import gather, iterated
from torch_pitfalls.flow.machine import Frame, Memory
from torch_pitfalls.flow.placement import moves_what_it_takes, with_accelerator
from torch_pitfalls.flow.relevance import conditions_of, evidence_of, repeated_conditions
from torch_pitfalls.flow.state import GRAD_ON, GRAD_UNKNOWN, HeldSet, State, join_states, merge
from torch_pitfalls.flow.trace import Trace
from torch_pitfalls.flow.values import (
    GRAPH_NO,
    NO_SITES,
    NONE,
    UNKNOWN,
    Site,
    Value,
    constant,
    derived,
    join,
    stripped,
)
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.api import HARMLESS_PACKAGES
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import MODE
from torch_pitfalls.names.resolve import External, Variable, imported, unit
from torch_pitfalls.names.scopes import Definition, imports
from torch_pitfalls.syntax.parse import HOLE
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import FunctionNode, Unit, UnitId, call_at

MAX_STATES = 4
MAX_PASSES = 6
MODULE_BODY = -1


class Interpreter(Calls):
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
            self._lose_everything()
            self.state.placed = dict.fromkeys(self.state.placed, NOWHERE)
        elif isinstance(node.value, ast.Attribute):
            owner = self.evaluate(node.value.value)
            kind = self._evident(node.value.value) if not owner.known else kinds.UNKNOWN
            self.record(Effect.MENTION, node.value, node.value.attr, owner._replace(kinds=owner.kinds or kind))
        else:
            self.evaluate(node.value)

    def _lose_everything(self) -> None:
        """Text that could not be parsed may do anything."""
        self.lose_gradients(frozenset(self.optimizers()))
        self.move(MODE, Effect.LOSE, frozenset(self.module_sites), None)
        self.state.grad = GRAD_UNKNOWN

    def _assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        target = node.targets[0]
        if isinstance(node.value, ast.BinOp) and isinstance(node.value.op, ast.Add):
            name = dotted(target)
            for term in (node.value.left, node.value.right):
                if name is not None and dotted(term) == name:
                    added = node.value.right if term is node.value.left else node.value.left
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
            self.accumulate(node, old, self.iterate(value))
            return
        result = self.combine(old, value)._replace(device=self._computed_at(node, "augmented", old, value))
        if isinstance(node.op, ast.Add):
            result = self._kept(node, old, value, result)
        if old.must_be(kinds.TENSOR):
            self.record(Effect.IN_PLACE, node, "+=", old, (value,))
            result = result._replace(sites=old.sites, leaf=old.leaf)
        self.bind(node.target, result)

    def _kept(self, node: ast.stmt, old: Value, added: Value, result: Value) -> Value:
        """A sum that goes on from iteration to iteration keeps what is added to it."""
        kept = self.site(self.place(node), "kept")
        self.record(Effect.ACCUMULATE, node, "+=", old, (added,), result=Value(sites=frozenset({kept})))
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
            self.store(self.site("globals", self.frame.unit.path), name, value)
        else:
            state.env[name] = value

    def _bind_attribute(self, target: ast.Attribute, value: Value) -> None:
        owner = self.evaluate(target.value)
        self.record(Effect.STORE, target, target.attr, owner, (value, self.contents(value) or UNKNOWN))
        if target.attr == "grad":
            self.lose_gradients(frozenset(self.optimizers()))
            return
        if target.attr == "requires_grad":
            self._set_flag(target, owner, value)
            return
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
        if isinstance(target.value, ast.Name):
            if wanted is True:
                changed = owner if owner.graph != GRAPH_NO else self.leaf(target)
            elif wanted is False:
                changed = owner._replace(graph=GRAPH_NO, origins=NO_SITES, leaf=False)
            else:
                changed = owner._replace(graph=0)
            self.bind_name(target.value.id, changed)

    def _bind_item(self, target: ast.Subscript, value: Value) -> None:
        owner = self.evaluate(target.value)
        index = self.evaluate(target.slice)
        if owner.may_be(kinds.TENSOR) and owner.known:
            self.record(Effect.IN_PLACE, target, "[]", owner, (value,))
            return
        if owner.device is not None and isinstance(target.value, ast.Name):
            self.bind_name(target.value.id, owner._replace(device=None))
        kept = self.site(self.place(target), "kept")
        self.record(Effect.ACCUMULATE, target, "[]", owner, (value,), result=Value(sites=frozenset({kept})))
        for site in owner.sites:
            if index.literal is not None:
                self.store(site, f"[{index.literal[0]!r}]", value)
            old = self.load(site, "[]")
            self.store(site, "[]", value if old is None else join(old, value))
        if not owner.sites:
            self.hand_on(value)

    # ── branches ────────────────────────────────────────────────────────────────────────────

    def _if(self, node: ast.If) -> list[State]:
        truth = self.truth(node.test)
        test = self.evaluate(node.test)
        if truth is not None:
            return self.block(node.body if truth else node.orelse, [self.state])
        accelerated = self.asks_for_accelerator(node.test, test)
        other = self.state.copy()
        self._assume(node.test, True)
        taken = self.block(node.body, [self.state])
        self.state = other
        self._assume(node.test, False)
        skipped = self.block(node.orelse, [self.state])
        if accelerated is not None and taken and skipped:
            there, elsewhere = (taken[0], skipped) if accelerated else (skipped[0], taken)
            for state in elsewhere:
                with_accelerator(there, state)
        return taken + skipped

    def _assume(self, test: ast.expr, outcome: bool) -> None:
        """Take the outcome of a condition for granted in the current state."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self._assume(test.operand, not outcome)
            return
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) is outcome:
            for value in test.values:
                self._assume(value, outcome)
        text = ast.unparse(test)
        if text in self.frame.split:
            self.state.assume[text] = outcome
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name):
            self._assume_equal(test.left.id, test.ops[0], test.comparators[0], outcome)

    def _assume_equal(self, name: str, operator: ast.cmpop, right: ast.expr, outcome: bool) -> None:
        if not isinstance(right, ast.Constant):
            return
        equal = isinstance(operator, (ast.Eq, ast.Is)) and outcome
        equal |= isinstance(operator, (ast.NotEq, ast.IsNot)) and not outcome
        if equal and (right.value is None or isinstance(right.value, (str, bool))) and name in self.state.env:
            self.state.env[name] = constant(right.value)

    # ── loops ───────────────────────────────────────────────────────────────────────────────

    def _for(self, node: ast.For | ast.AsyncFor) -> list[State]:
        outer = self.taken_at, self.from_host
        self.taken_at, self.from_host = self.place(node), moves_what_it_takes(node)
        iterable = self.evaluate(node.iter)
        source = self._quiet(iterated(node.iter)) or iterable
        self.record(
            Effect.ITERATE,
            node,
            "for",
            source,
            (self.loader_option(source, "num_workers"),),
            self.loader_options(source),
            Value(loaders=self.places_of(source)),
        )

        taken = self.iterate(iterable)
        self.taken_at, self.from_host = outer
        at_entry = dict(self.state.held)
        elements: set[Site] = set()

        def enter() -> None:
            # What a list holds may have grown in an earlier iteration.
            self.bind(node.target, taken if iterable.kinds & kinds.LOADER else self.iterate(iterable))
            elements.update(self._renew(node.target, at_entry))

        ends = self._loop(node, node.body, node.orelse, enter, endless=False, elements=elements)
        if clears_by_hand(node):
            for state in ends:
                self.state = state
                self.lose_gradients(frozenset(self.optimizers()))
        return ends

    def _renew(self, target: ast.expr, at_entry: dict[Site, HeldSet]) -> Iterator[Site]:
        """Each iteration has another object in the loop variable: what the last one did says nothing of it.

        Objects that were made in one place are as they were before the loop; these are yielded.
        """
        for node in ast.walk(target):
            if not isinstance(node, ast.Name):
                continue
            value = self.state.env.get(node.id, UNKNOWN)
            for site in value.sites | {self.site("evident", self.frame.unit, node.id)}:
                if site in at_entry and (site in self.module_sites or self.holds(site) is not None):
                    self.state.held[site] = at_entry[site]
                    yield site
                elif site in self.optimizers():
                    self.lose_gradients(frozenset({site}))

    def _while(self, node: ast.While) -> list[State]:
        endless = self.truth(node.test) is True

        def enter() -> None:
            self.evaluate(node.test)

        return self._loop(node, node.body, node.orelse, enter, endless)

    def _loop(
        self,
        node: ast.stmt,
        body: list[ast.stmt],
        orelse: list[ast.stmt],
        enter: Any,
        endless: bool,
        elements: Collection[Site] = (),
    ) -> list[State]:
        """Run a loop. ``elements`` are objects that it goes over: they exist, so it has run for each of them."""
        frame = self.frame
        frame.loops.append(self.place(node))
        head = [self.state]
        passes = 1 if self.exhausted() else MAX_PASSES
        logged, returned = len(self.log), len(frame.returns)
        breaks: list[State] = []
        back: list[State] = []
        for _ in range(passes):
            # Only the last pass counts: what an earlier one logged and returned is said again.
            del self.log[logged:], frame.returns[returned:]
            back, breaks = self._pass(body, enter, [state.copy() for state in head])
            grown = merge([state.copy() for state in head] + back, MAX_STATES)
            if _same(grown, head):
                break
            head = grown
        frame.loops.pop()
        ends = [] if endless else merge(head, MAX_STATES)
        for site in elements if back else ():
            treated = frozenset().union(*(state.held.get(site, frozenset()) for state in back))
            for state in ends if treated else ():
                state.held[site] = treated
        if ends and orelse:
            ends = self.block(orelse, ends)
        return merge(ends + breaks, MAX_STATES)

    def _pass(self, body: list[ast.stmt], enter: Any, states: list[State]) -> tuple[list[State], list[State]]:
        """Run a loop body once; (states that go round again, states that left by ``break``)."""
        frame = self.frame
        frame.breaks.append([])
        frame.continues.append([])
        entered: list[State] = []
        for state in states:
            self.state = state
            enter()
            entered.append(self.state)
        after = self.block(body, merge(entered, MAX_STATES))
        breaks, continues = frame.breaks.pop(), frame.continues.pop()
        return after + continues, breaks

    def _break(self, node: ast.Break) -> list[State]:
        if self.frame.breaks:
            self.frame.breaks[-1].append(self.state)
        return []

    def _continue(self, node: ast.Continue) -> list[State]:
        if self.frame.continues:
            self.frame.continues[-1].append(self.state)
        return []

    def _return(self, node: ast.Return) -> list[State]:
        value = self.evaluate(node.value) if node.value is not None else NONE
        self.frame.returns.append((self.state, value))
        return []

    def _raise(self, node: ast.Raise) -> list[State]:
        if node.exc is not None:
            self.evaluate(node.exc)
        return []

    # ── with and try ────────────────────────────────────────────────────────────────────────

    def _with(self, node: ast.With | ast.AsyncWith) -> list[State]:
        before = self.state.grad
        frame = self.frame
        marks = len(frame.returns), [len(states) for states in (*frame.breaks, *frame.continues)]
        for item in node.items:
            grad = self.state.grad
            value = self.evaluate(item.context_expr)
            if value.must_be(kinds.CONTEXT) and value.literal is not None:
                self.state.grad = value.literal[0]
            elif not value.known and derived(value) and not self._is_familiar(item.context_expr):
                self.state.grad = GRAD_UNKNOWN
            else:
                self.state.grad = grad
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
        after = self.block(node.body, [self.state])
        left = [state for state, _ in frame.returns[marks[0] :]]
        for states, mark in zip((*frame.breaks, *frame.continues), marks[1], strict=True):
            left += states[mark:]
        for state in (*after, *left):
            state.grad = before
        return after

    def _is_familiar(self, context: ast.expr) -> bool:
        """Whether a context manager comes from a package that leaves gradients and modes alone."""
        if not isinstance(context, ast.Call) or dotted(context.func) is None:
            return False
        what = self.evaluate(context.func).what
        if isinstance(what, External):
            return what.qualified.partition(".")[0] in HARMLESS_PACKAGES
        return isinstance(what, tuple) and bool(what) and what[0] == "builtin"

    def _try(self, node: Any) -> list[State]:
        states = [self.state]
        interrupted = [self.state.copy()]
        for statement in node.body:
            states = self.block([statement], states)
            interrupted += [state.copy() for state in states]
            interrupted = merge(interrupted, MAX_STATES)
        ends = self.block(node.orelse, states) if states else []
        for handler in node.handlers:
            handled = [state.copy() for state in interrupted]
            if handler.name:
                for state in handled:
                    state.env[handler.name] = UNKNOWN
            ends = ends + self.block(handler.body, handled)
        ends = merge(ends, MAX_STATES)
        if not node.finalbody:
            return ends
        return self.block(node.finalbody, ends) if ends else self._finally_only(node, interrupted)

    def _finally_only(self, node: Any, interrupted: list[State]) -> list[State]:
        """Every path has left already: what ``finally`` does happens to the states that return."""
        frame = self.frame
        for position, (state, value) in enumerate(frame.returns):
            after = self.block(node.finalbody, [state])
            if after:
                frame.returns[position] = (after[0], value)
        return []

    def _match(self, node: Any) -> list[State]:
        self.evaluate(node.subject)
        ends: list[State] = [self.state.copy()]
        for case in node.cases:
            branch = self.state.copy()
            for name in _captured(case.pattern):
                branch.env[name] = UNKNOWN
            ends += self.block(case.body, [branch])
        return merge(ends, MAX_STATES)

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

    def run_function(self, id: UnitId, node: FunctionNode) -> None:
        """Interpret a function by itself: of its parameters only annotations and usage are known."""
        owner = UnitId(id.path, id.chunk, id.name.rpartition(".")[0]) if "." in id.name else None
        frame = Frame(id, (), evidence=evidence_of(self.db, id), split=conditions_of(self.db, id))
        frame.owner = owner
        self.frames.append(frame)
        env = self.bound_arguments(node.args, ((), {}))
        if owner is not None and node.args.args:
            frame.self_name = node.args.args[0].arg
            env[frame.self_name] = self._instance(owner, id)
        self.state.env = env
        self.annotate_parameters(node, env)
        if id.name.endswith(".forward") and env.get(frame.self_name or "", UNKNOWN).kinds & kinds.MODULE:
            self.give_inputs(node, env)
        mode = self._decorated_grad(id.path, node)
        self.state.grad = GRAD_ON if mode is None else mode
        self.trace.returned = self.run_body(node.body)
        self.hand_on(self.trace.returned)
        self._run_uncalled()
        self.frames.pop()

    def _instance(self, owner: UnitId, method: UnitId) -> Value:
        """``self`` of a method: an instance after ``__init__``, with whatever may have happened since."""
        info = class_info(self.db, owner)
        if info is None:
            return UNKNOWN
        kind = info.kind & ~kinds.FRAMEWORK or kinds.INSTANCE
        instance = Value(kind, frozenset({self.site("self", owner)}), what=Definition(owner, True))
        made = initialised(self.db, owner) if info.method("__init__") != method else None
        if made is not None:
            self.restore(made)
            self._lose_everything()
            self.state.placed = {site: place for site, place in self.state.placed.items() if place.away}
        self.adopt(self.site("self", owner), kind if kind & kinds.MODULE else 0, instance.what)
        if kind & kinds.MODULE and not info.framework:
            self._be_the_place(instance)
        return instance

    def _be_the_place(self, module: Value) -> None:
        """In methods of a module, its parts are where it is, unless they were put elsewhere."""
        for site in {*module.sites, *self.below(module.sites)}:
            if site in self.module_sites:
                self.state.placed.setdefault(site, Device(MODULE))

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
                    self._lose_everything()
                    self.state.grad = GRAD_ON
                    self._call_local(call_at(made), Value(kinds.FUNCTION, what=("local", site)), ((), {}))
                    self.state = before

    def run_module(self, path: str) -> None:
        """Interpret the statements of a module body."""
        pieces = module_pieces(self.db, path)
        whole = ast.Module(
            body=[statement for piece in pieces for statement in own_statements(piece.node)], type_ignores=[]
        )
        evidence, split = gather(whole), repeated_conditions(whole)
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
        self._keep_attributes(self.site("globals", path))

    def _keep_attributes(self, site: int) -> None:
        for name in sorted(self.fields.get(site, ())):
            value = self.load(site, name)
            if value is not None and not name.startswith("#"):
                if value.kinds & kinds.MODULE:
                    value = value._replace(device=self.where(value))
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

    def module_result(self, id: UnitId) -> Value | None:
        """What ``forward`` of a class returns, without identities."""
        return forward_result(self.db, id)

    def class_attribute(self, id: UnitId, name: str) -> Value | None:
        """What ``__init__`` of a class leaves in an attribute, without identities."""
        return class_attributes(self.db, id).get(name)

    def attributes_of(self, id: UnitId) -> dict[str, Value]:
        """What ``__init__`` of a class leaves in the attributes of an instance."""
        return class_attributes(self.db, id)


# ── queries ─────────────────────────────────────────────────────────────────────────────────


@query(on_cycle=Trace())
def trace(db: Database, id: UnitId) -> Trace:
    """What happens when a unit runs."""
    machine = Interpreter(db)
    try:
        machine.run_unit(id)
        machine.conclude()
    except RecursionError:
        machine = Interpreter(db)
        machine.trace.complete = False
    return machine.trace


@query()
def initialised(db: Database, owner: UnitId) -> Memory | None:
    """All that is known after ``__init__`` of a class; None if it has none that can be seen."""
    machine = Interpreter(db)
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


@query(on_cycle={})
def module_variables(db: Database, path: str) -> dict[str, Value]:
    """Name → value of the variables of a module body, without identities."""
    return trace(db, UnitId(path, MODULE_BODY, "")).attributes


@query(on_cycle={})
def class_attributes(db: Database, id: UnitId) -> dict[str, Value]:
    """Attribute → value as ``__init__`` of a class leaves them, without identities."""
    info = class_info(db, id)
    init = info.method("__init__") if info is not None else None
    if init is None:
        return {}
    found = trace(db, init).attributes
    return found


@query()
def forward_result(db: Database, id: UnitId) -> Value | None:
    """What ``forward`` of a module class returns, without identities."""
    info = class_info(db, id)
    forward = info.method("forward") if info is not None else None
    if forward is None:
        return None
    return stripped(trace(db, forward).returned)


# ── small questions ─────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=1024)
def clears_by_hand(loop: ast.AST) -> bool:
    """Whether a loop sets or zeroes ``.grad`` itself: it goes over parameters, and over all of them."""
    for node in ast.walk(loop):
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Attribute) and target.attr == "grad" for target in targets):
                return True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            cleared = ".grad" in ast.unparse(node.func.value)
            if cleared and node.func.attr in ("zero_", "fill_", "copy_"):
                return True
    return False


def _same(a: list[State], b: list[State]) -> bool:
    return len(a) == len(b) and all(x == y for x, y in zip(a, b, strict=True))


def _loaded(target: ast.expr) -> ast.expr:
    return target


def _captured(pattern: ast.AST) -> set[str]:
    return {name for node in ast.walk(pattern) for name in [getattr(node, "name", None)] if isinstance(name, str)}


_WORDS = re.compile(r"\w+")


def _words(text: str) -> set[str]:
    return set(_WORDS.findall(text))


def own_statements(tree: ast.AST) -> list[ast.stmt]:
    """The statements of a module body that run something worth following."""
    assert isinstance(tree, ast.Module)
    passive = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return [node for node in tree.body if not isinstance(node, passive) and not _is_text(node)]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


_STATEMENTS: dict[type, Any] = {
    ast.Expr: Interpreter._expression,
    ast.Assign: Interpreter._assign,
    ast.AnnAssign: Interpreter._annotated_assign,
    ast.AugAssign: Interpreter._augmented,
    ast.If: Interpreter._if,
    ast.For: Interpreter._for,
    ast.AsyncFor: Interpreter._for,
    ast.While: Interpreter._while,
    ast.Break: Interpreter._break,
    ast.Continue: Interpreter._continue,
    ast.Return: Interpreter._return,
    ast.Raise: Interpreter._raise,
    ast.With: Interpreter._with,
    ast.AsyncWith: Interpreter._with,
    ast.Try: Interpreter._try,
    ast.Match: Interpreter._match,
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
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = Interpreter._try
