"""Control flow: branches, loops, with-statements and exceptions.

Branches are run on copies of the state that are joined where they meet, loops until the state at their head no
longer changes. Python has no goto, so this gives the least fixpoint that a solver over a control-flow graph would
give.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache, reduce
from typing import Any

from torch_pitfalls.flow.callables import GeneratorContext
from torch_pitfalls.flow.calls import Calls
from torch_pitfalls.flow.devices import NOWHERE
from torch_pitfalls.flow.evidence import iterated
from torch_pitfalls.flow.placement import DEFAULT, moves_what_it_takes, put_back, with_accelerator
from torch_pitfalls.flow.state import GIVEN, GRAD_UNKNOWN, Held, HeldSet, State, join_states, merge
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import (
    GRAPH_YES,
    NO_SITES,
    NONE,
    UNKNOWN,
    ModeOf,
    Site,
    Value,
    constant,
    derived,
    join_all,
)
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.lifecycles import MODE, TRAINING
from torch_pitfalls.names.resolve import External
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import call_at

MAX_STATES = 4
MAX_PASSES = 6


class Control(Calls):
    """Runs the statements that decide what runs."""

    # ── branches ────────────────────────────────────────────────────────────────────────────

    def _if(self, node: ast.If) -> list[State]:
        truth = self.truth(node.test)
        test = self.evaluate(node.test)
        if truth is not None and self._asked_for(node.test) is None:
            self._look_aside(node, truth)
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

    def _look_aside(self, node: ast.If, truth: bool) -> None:
        """Run the branch that an optional argument would lead into, if somebody gave it; the state stays as it is."""
        names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)} & self.frame.optional.keys()
        names = {name for name in names if self.state.env.get(name, UNKNOWN).must_be(kinds.NONE)}
        if not names:
            return
        before, mark = self.state, self._mark()
        self.state = before.copy()
        self.state.env.update((name, self.frame.optional[name]) for name in names)
        if self.truth(node.test) is not truth:
            self.block(node.orelse if truth else node.body, [self.state])
        self.state = before
        self._forget_left(mark)

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
        if not outcome:
            self._leave_as_it_was(test)
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.left, ast.Name):
            self._assume_equal(test.left.id, test.ops[0], test.comparators[0], outcome)

    def _leave_as_it_was(self, test: ast.expr) -> None:
        """Modules that were not in training mode when a flag was read, and so are not put back into it."""
        flag = self._quiet(test)
        if flag is not None and isinstance(flag.what, ModeOf):
            self.move(MODE, Effect.LOSE, flag.what.modules & self.module_sites, None)

    def _assume_equal(self, name: str, operator: ast.cmpop, right: ast.expr, outcome: bool) -> None:
        if not isinstance(right, ast.Constant):
            return
        optional = self.optional_input(name) if right.value is None else None
        equal = isinstance(operator, (ast.Eq, ast.Is)) and outcome
        equal |= isinstance(operator, (ast.NotEq, ast.IsNot)) and not outcome
        if equal and (right.value is None or isinstance(right.value, (str, bool))) and name in self.state.env:
            self.state.env[name] = constant(right.value)
        elif optional is not None:
            self.state.env[name] = optional

    def _asked_for(self, test: ast.expr) -> Value | None:
        """What a condition asks for: an input of the ``forward`` that runs by itself, which callers may leave out."""
        if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.left, ast.Name):
            return None
        right = test.comparators[0]
        asks = isinstance(test.ops[0], (ast.Is, ast.IsNot)) and isinstance(right, ast.Constant) and right.value is None
        return self.optional_input(test.left.id) if asks else None

    # ── loops ───────────────────────────────────────────────────────────────────────────────

    def _for(self, node: ast.For | ast.AsyncFor) -> list[State]:
        outer = self.taken_at, self.from_host
        self.taken_at, self.from_host = self.place(node.iter), moves_what_it_takes(node)
        iterable = self.evaluate(node.iter)
        self.note_elements(node.iter, iterable)
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
        whole = iterable.origins if iterable.must_be(kinds.PARAMETERS) else NO_SITES

        def enter() -> None:
            # What a list holds may have grown in an earlier iteration.
            self.bind(node.target, taken if iterable.kinds & kinds.LOADER else self.iterate(iterable))
            elements.update(self._renew(node.target, at_entry))

        ends = self._loop(node, node.body, node.orelse, enter, endless=False, elements=elements, whole=whole)
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
                if site not in self.module_sites and site in self.state.held:
                    self.lose_track(frozenset({site}))
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
        whole: frozenset[Site] = NO_SITES,
    ) -> list[State]:
        """Run a loop.

        ``elements`` are objects that it goes over: they exist, so it has run for each of them. ``whole`` are
        modules over whose parameters it goes: they have some, so it has run.
        """
        frame = self.frame
        frame.loops.append(self.place(node))
        head = [self.state]
        passes = 1 if self.exhausted() else MAX_PASSES
        logged, returned = len(self.log), len(frame.returns)
        breaks: list[State] = []
        back: list[State] = []
        met: list[Event] = []
        for number in range(passes):
            if number == 1:
                # Where things are the first time is certain, though it may be lost when later times are joined.
                met = [entry for entry in self.log[logged:] if isinstance(entry, Event) and entry.effect is Effect.MEET]
            # Only the last pass counts: what an earlier one logged and returned is said again.
            del self.log[logged:], frame.returns[returned:]
            back, breaks = self._pass(body, enter, [state.copy() for state in head])
            carried = self.carried_over(back)
            grown = merge([state.copy() for state in head] + back, MAX_STATES)
            self.carry_over(grown, carried, self.frame.loops[-1])
            if _same(grown, head):
                break
            head = grown
        self.log[logged:logged] = [event for event in met if event not in self.log[logged:]]
        frame.loops.pop()
        ends = [] if endless else merge(head, MAX_STATES)
        for site in elements if back else ():
            treated = frozenset().union(*(state.held.get(site, frozenset()) for state in back))
            for state in ends if treated else ():
                state.held[site] = treated
        for key in [(TRAINING.name, site) for site in whole] if back else ():
            treated = frozenset().union(*(state.stages.get(key, GIVEN) for state in back))
            for state in ends if treated != GIVEN else ():
                state.stages[key] = treated
        if isinstance(node, (ast.For, ast.AsyncFor)):
            _as_after_an_iteration(ends, back)
        if ends and orelse:
            ends = self.block(orelse, ends)
        return merge(ends + breaks, MAX_STATES)

    def repeatedly(self, node: ast.AST, run: Callable[[], object]) -> None:
        """Run something again and again, until the state before it no longer grows."""
        frame = self.frame
        frame.loops.append(self.place(node))
        head, logged = self.state, len(self.log)
        for _ in range(1 if self.exhausted() else MAX_PASSES):
            del self.log[logged:]
            self.state = head.copy()
            run()
            grown = join_states(head.copy(), self.state)
            if grown == head:
                break
            head = grown
        frame.loops.pop()
        self.state = head

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
        self.recall(node, "return", value)
        if len(self.frames) == 1:
            self.hand_on(value)
        self.frame.returns.append((self.state, value))
        return []

    def _raise(self, node: ast.Raise) -> list[State]:
        if node.exc is not None:
            self.evaluate(node.exc)
        return []

    # ── with and try ────────────────────────────────────────────────────────────────────────

    def _with(self, node: ast.With | ast.AsyncWith) -> list[State]:
        """Run the body of a with-statement inside its context managers."""
        return self._within(node, 0)

    def _within(self, node: ast.With | ast.AsyncWith, position: int) -> list[State]:
        """Enter the context manager at a position, run what it is around, leave it."""
        if position == len(node.items):
            return self.block(node.body, [self.state])
        item = node.items[position]
        before = self.state.grad
        value = self._as_called(item.context_expr, self.evaluate(item.context_expr))
        made = self.contexts.get(next(iter(value.sites), 0)) if value.must_be(kinds.CONTEXT) else None
        if made is not None:
            return self._around(node, position, made)
        own = self.method_value(value, "__enter__")
        if own is not None:
            return self._entered(node, position, value, own)
        if value.must_be(kinds.CONTEXT) and value.literal is not None:
            self.state.grad = value.literal[0]
        elif not value.known and derived(value) and not self._is_familiar(item.context_expr):
            self.state.grad = GRAD_UNKNOWN
        else:
            self.state.grad = before
        if item.optional_vars is not None:
            self.bind(item.optional_vars, value)
        mark = self._mark()
        outer = self.state.placed.get(DEFAULT)
        if value.must_be(kinds.DEVICE):
            self.state.placed[DEFAULT] = value.device or NOWHERE
        after = self._within(node, position + 1)
        for state in (*after, *self._left_since(mark)):
            state.grad = before
            if value.must_be(kinds.DEVICE):
                put_back(state, outer)
        return after

    def _as_called(self, node: ast.expr, manager: Value) -> Value:
        """A context manager of torch that is named and not called counts as what it is meant to be: it raises."""
        what = manager.what
        if (
            isinstance(what, External)
            and not manager.kinds & ~kinds.CLASS
            and api.canonical(what.qualified) in api.CONTEXTS
        ):
            return self.call_value(call_at(node), manager, ((), {}))
        return manager

    def _mark(self) -> tuple[int, list[int]]:
        frame = self.frame
        return len(frame.returns), [len(states) for states in (*frame.breaks, *frame.continues)]

    def _left_since(self, mark: tuple[int, list[int]]) -> list[State]:
        """States that have left the running function or a loop of it since a mark."""
        frame = self.frame
        left = [state for state, _ in frame.returns[mark[0] :]]
        for states, length in zip((*frame.breaks, *frame.continues), mark[1], strict=True):
            left += states[length:]
        return left

    def _forget_left(self, mark: tuple[int, list[int]]) -> None:
        """Take it back that states have left the running function or a loop of it since a mark."""
        frame = self.frame
        del frame.returns[mark[0] :]
        for states, length in zip((*frame.breaks, *frame.continues), mark[1], strict=True):
            del states[length:]

    def _entered(self, node: ast.With | ast.AsyncWith, position: int, manager: Value, enter: Value) -> list[State]:
        """A context manager of a workspace class: ``__enter__`` runs before, ``__exit__`` after."""
        item, call = node.items[position], call_at(node.items[position].context_expr)
        value = self.call_function(call, enter, ((), {}))
        if item.optional_vars is not None:
            self.bind(item.optional_vars, value)
        mark = self._mark()
        after = self._within(node, position + 1)
        leave = self.method_value(manager, "__exit__")
        for state in (*after, *self._left_since(mark)):
            self.state = state
            if leave is not None:
                self._run_in(state, call, leave)
        return after

    def _run_in(self, state: State, call: ast.Call, function: Value) -> None:
        """Call a function in a state that others hold: what it does happens to that very state."""
        self.state = state
        self.call_function(call, function, ((NONE, NONE, NONE), {}))
        state.take(self.state)

    def _around(self, node: ast.With | ast.AsyncWith, position: int, made: GeneratorContext) -> list[State]:
        """A generator function as a context manager: the body runs where it yields."""
        item = node.items[position]
        variables, assumed = self.state.env, self.state.assume
        ends: list[State] = []
        mark = self._mark()

        def resume(value: Value) -> None:
            generator = self.frames.pop()
            own = self.state.env, self.state.assume
            self.state.env, self.state.assume = dict(variables), dict(assumed)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value)
            before = self.state.copy()
            states = self._within(node, position + 1)
            ends.extend(state.copy() for state in states)
            joined = reduce(join_states, states) if states else before
            self.state = joined
            self.state.env, self.state.assume = own
            self.frames.append(generator)

        self.run_generator(call_at(item.context_expr), made, resume)
        if not ends:
            return []
        joined = reduce(join_states, ends)
        self.state.env, self.state.assume = joined.env, joined.assume
        for state in self._left_since(mark):
            # What follows the yield runs for them too; what it does to them is not followed.
            state.grad = GRAD_UNKNOWN
            state.held = {site: frozenset({Held("unknown", None)}) for site in state.held}
        return [self.state]

    def _is_familiar(self, context: ast.expr) -> bool:
        """Whether a context manager comes from a package that leaves gradients and modes alone."""
        if not isinstance(context, ast.Call) or dotted(context.func) is None:
            return False
        what = self.evaluate(context.func).what
        if isinstance(what, External):
            return what.qualified.partition(".")[0] in api.HARMLESS_PACKAGES
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
        left, frame.returns[:] = list(frame.returns), []
        for state, value in left:
            # A ``return`` in ``finally`` takes the place of the one that led there.
            frame.returns += [(after, value) for after in self.block(node.finalbody, [state])[:1]]
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


def _as_after_an_iteration(ends: list[State], back: list[State]) -> None:
    """What every iteration leaves with a graph has one after the loop: a loop over something runs at least once."""
    for state in ends if back else ():
        _take_graphs(state.env, [each.env for each in back])
        _take_graphs(state.heap, [each.heap for each in back])


def _take_graphs(mine: dict[Any, Value], left: list[dict[Any, Value]]) -> None:
    for key, value in mine.items():
        name = key if isinstance(key, str) else key[1]
        if _has_graph(value) or not name.isidentifier():
            continue
        found = [values.get(key) for values in left]
        if all(each is not None and _has_graph(each) for each in found):
            mine[key] = join_all([each for each in found if each is not None])


def _has_graph(value: Value) -> bool:
    """Whether a value has a graph, or each part of it has: the state of an LSTM is a pair."""
    return value.graph == GRAPH_YES or (bool(value.items) and all(map(_has_graph, value.items or ())))


def _same(a: list[State], b: list[State]) -> bool:
    return len(a) == len(b) and all(x == y for x, y in zip(a, b, strict=True))


def _captured(pattern: ast.AST) -> set[str]:
    return {name for node in ast.walk(pattern) for name in [getattr(node, "name", None)] if isinstance(name, str)}


CONTROL: dict[type, Any] = {
    ast.If: Control._if,
    ast.For: Control._for,
    ast.AsyncFor: Control._for,
    ast.While: Control._while,
    ast.Break: Control._break,
    ast.Continue: Control._continue,
    ast.Return: Control._return,
    ast.Raise: Control._raise,
    ast.With: Control._with,
    ast.AsyncWith: Control._with,
    ast.Try: Control._try,
    ast.Match: Control._match,
}
if hasattr(ast, "TryStar"):
    CONTROL[ast.TryStar] = Control._try
