"""What rules may look at: a closed set. A new subject is a change of the engine."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import NEVER, class_info, depends_on_mode, resolve
from torch_pitfalls.flow.evidence import iterated
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON, GRAD_UNKNOWN, Chain
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import GRAPH_YES, Value, element
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import External, chunk, scope
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Edit, Note, Span, Subject
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId


@dataclass(frozen=True, slots=True)
class Use:
    """Something that happens at a node of the unit.

    ``event`` is what happens, ``run`` the interpretation it was seen in; ``cause`` the place that led
    to it, if the subject asks for one.
    """

    facts: Facts
    event: Event
    run: Trace
    index: int = 0
    because: Chain | None = None

    # ── where ──

    @property
    def node(self) -> ast.AST:
        """The node of this unit at which it happens, or through which it is reached."""
        return self.facts.at(self.event.at[self.index])

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.facts.span(self.node)

    @property
    def direct(self) -> bool:
        """Whether it happens in this unit itself and not in something it calls."""
        return self.index == len(self.event.at) - 1

    @property
    def cause_node(self) -> ast.AST | None:
        """The node of this unit that led to it."""
        if self.because is None or len(self.because) <= self.index:
            return None
        ref = self.because[self.index]
        return self.facts.at(ref) if ref.unit == self.facts.id else None

    @property
    def cause_is_direct(self) -> bool:
        """Whether the cause happens in this unit itself."""
        return self.because is not None and self.index == len(self.because) - 1

    def notes(self, cause: str, use: str = "") -> tuple[Note, ...]:
        """Notes at the cause, and at the innermost place of a use that is reached through a call."""
        found: list[Note] = []
        if self.because is not None:
            found += self._note(self.because, cause)
        if use and not self.direct:
            found += self._note(self.event.at, use)
        return tuple(found)

    def _note(self, chain: Chain, text: str) -> list[Note]:
        place = self.facts.place(chain[-1])
        return [Note(place, text)] if place is not None else []

    def note_at(self, chain: Chain, text: str) -> tuple[Note, ...]:
        """A note at the innermost place of a chain."""
        return tuple(self._note(chain, text))

    # ── what ──

    @property
    def receiver(self) -> str:
        """The object as the user spells it where the thing happens: ``optimizer`` of ``optimizer.step()``."""
        node = self.facts.foreign_node(self.event.at[-1])
        called = self.event.effect in (Effect.FORWARD, Effect.LOSS)
        if (
            called
            and isinstance(node, ast.Call)
            and not (isinstance(node.func, ast.Attribute) and node.func.attr == "forward")
        ):
            return ast.unparse(node.func)
        return _receiver(node)

    def spelled(self, chain: Chain) -> str:
        """The object at the innermost place of a chain, as the user spells it."""
        return _receiver(self.facts.foreign_node(chain[-1]))

    def argument(self, position: int, *names: str) -> Value | None:
        """The value of an argument."""
        if 0 <= position < len(self.event.args):
            return self.event.args[position]
        given = dict(self.event.kwargs)
        return next((given[name] for name in names if name in given), None)

    def may_pass(self, position: int, name: str) -> bool:
        """Whether an argument is given, or may hide behind ``*args`` or ``**kwargs``."""
        node = self.node
        if not isinstance(node, ast.Call):
            return True
        if any(item.arg in (name, None) for item in node.keywords):
            return True
        return len(node.args) > position or any(isinstance(arg, ast.Starred) for arg in node.args)

    @property
    def text(self) -> str:
        """The source at the place of the report."""
        return self.facts.text(self.node)

    @property
    def short_text(self) -> str:
        """The source of the call, with its arguments left out where it is long."""
        text = self.text
        node = self.node
        if len(text) > _SHORT or "\n" in text:
            return f"{_shortened(ast.unparse(node.func))}(…)" if isinstance(node, ast.Call) else _shortened(text)
        return text

    def shortened(self, node: ast.AST) -> str:
        """The source of a node, shortened where it is long."""
        return _shortened(self.facts.text(node))

    @property
    def short_receiver(self) -> str:
        """The receiver, shortened where it is long."""
        return _shortened(self.receiver)

    @property
    def optimizer(self) -> str:
        """The optimizer as the user spells it, also in ``scaler.step(optimizer)``."""
        node = self.facts.foreign_node(self.event.at[-1])
        if isinstance(node, ast.Call) and node.args and dotted(node.args[0]) is not None:
            return str(dotted(node.args[0]))
        return self.receiver

    @property
    def subject_name(self) -> str:
        """The object as this unit spells it; as the innermost function does where this one has no name for it."""
        names = self.event.name.split("|")
        if len(names) > self.index and names[self.index]:
            return names[self.index]
        if self.event.effect is Effect.LEARN:
            return next((name for name in reversed(names) if name), "the model")
        return self.receiver

    @property
    def target_text(self) -> str:
        """What an in-place operation changes, as the user spells it."""
        node = self.node
        statement = self.facts.statement(node)
        if isinstance(statement, ast.AugAssign) and node is statement:
            return _shortened(ast.unparse(statement.target))
        return self.short_receiver

    def in_scope(self, name: str) -> bool:
        """Whether this unit may use a dotted name: its first part is a variable here."""
        first = name.partition(".")[0]
        return first.isidentifier() and any(
            (isinstance(node, ast.Name) and node.id == first) or (isinstance(node, ast.arg) and node.arg == first)
            for node in self.facts.unit.nodes
        )

    def is_function(self, node: ast.Attribute) -> bool:
        """Whether ``a.b`` is a function of a module rather than a method of a value."""
        name = dotted(node)
        return name is not None and name.partition(".")[0] in self.facts.spellings.values()

    def was(self, state: str) -> bool:
        """Whether the subject may have been in a lifecycle state just before."""
        return any(held.state == state for held in self.event.before)

    # ── around it ──

    def loop_around(self, node: ast.AST) -> ast.For | ast.While | None:
        """The innermost loop of this unit around a node."""
        found = next((outer for outer in self.facts.around(node) if isinstance(outer, (ast.For, ast.While))), None)
        return found

    def block_of(self, statement: ast.stmt | None) -> list[ast.stmt] | None:
        """The block that a statement stands in."""
        parent = self.facts.parents.get(statement) if statement is not None else None
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and statement in block:
                return block
        return None

    def trains_around(self) -> bool:
        """Whether the innermost loop around the event, or without one the whole run, goes backward."""
        loops = self.event.loops
        for other in self.run.events:
            if other.effect is Effect.BACKWARD and (not loops or loops[-1] in other.loops):
                return True
        return False

    def trains_further_out(self) -> bool:
        """Whether a loop around the event also trains."""
        outer = set(self.event.loops)
        return any(other.effect is Effect.BACKWARD and outer & set(other.loops) for other in self.run.events)

    def evaluates_without_training(self) -> bool:
        """Whether a forward pass is plainly for evaluation: nothing here learns from its output."""
        if self.event.result.sites & self.run.consumed or self._belongs_to_module():
            return False
        statement = self.facts.statement(self.node)
        if isinstance(statement, ast.Expr) and statement.value is self.node and self.direct:
            # Nobody looks at the output: the pass is for what it does to the module.
            return False
        named = self._evaluation_name()
        if self.trains_around():
            return bool(not self.event.loops and named and self.event.grad == GRAD_OFF)
        if self.event.grad == GRAD_OFF:
            return True
        return named and bool(self.event.loops)

    def is_accumulating(self) -> bool:
        """Whether step and clearing both stand under conditions of their loop, which may belong together."""
        if not self._is_conditional(self.event.at):
            return False
        return any(
            event.effect is Effect.ZERO_GRAD
            and event.subject.sites & self.event.subject.sites
            and self._is_conditional(event.at)
            for event in self.run.events
        )

    def _is_conditional(self, chain: Chain) -> bool:
        for ref in chain:
            if ref.unit != self.facts.id:
                continue
            for node in self.facts.around(self.facts.at(ref)):
                if isinstance(node, (ast.For, ast.While)):
                    break
                if isinstance(node, ast.If):
                    return True
        return False

    def _belongs_to_module(self) -> bool:
        """Whether the call is made by a module, whose own mode and caller decide."""
        for ref in self.event.at:
            owner = ref.unit.name.rpartition(".")[0]
            if owner:
                info = class_info(self.facts.db, UnitId(ref.unit.path, ref.unit.chunk, owner))
                if info is not None and info.kind & (kinds.MODULE | kinds.FRAMEWORK):
                    return True
        return False

    def _evaluation_name(self) -> bool:
        """Whether names around the event say that it evaluates."""
        checks = any(isinstance(node, ast.Assert) for node in self.facts.unit.nodes)
        names = [] if checks else [ref.unit.name.rpartition(".")[2] for ref in self.event.at]
        for chain in self.event.loops:
            loop = self.facts.foreign_node(chain[-1])
            if isinstance(loop, (ast.For, ast.AsyncFor)):
                names.append(dotted(iterated(loop.iter)) or "")
        call = self.facts.foreign_node(self.event.at[-1])
        if isinstance(call, ast.Call):
            names += [ast.unparse(arg) for arg in call.args]
        return any(_EVALUATION.search(name) and not _TRAINING.search(name) for name in names)

    def evaluation_block(self) -> ast.AST:
        """The outermost statement of this unit that belongs to the evaluation: its loop, or its with-block."""
        outer: ast.AST = self.node
        for node in self.facts.around(self.node):
            if (isinstance(node, (ast.For, ast.While)) and not self._loop_trains(node)) or (
                isinstance(node, ast.With)
                and any("grad" in ast.unparse(item) or "inference" in ast.unparse(item) for item in node.items)
            ):
                outer = node
            elif isinstance(node, (ast.For, ast.While)):
                break
        return outer

    def _loop_trains(self, loop: ast.AST) -> bool:
        inside = {id(node) for node in ast.walk(loop)}
        for other in self.run.events:
            if other.effect in (Effect.BACKWARD, Effect.STEP):
                for ref in other.at:
                    if ref.unit == self.facts.id and id(self.facts.at(ref)) in inside:
                        return True
        return False

    def depends_on_mode(self) -> bool:
        """Whether the module may behave differently in its two modes."""
        what = self.event.subject.what
        if isinstance(what, Definition):
            return depends_on_mode(self.facts.db, what.unit) != NEVER
        if isinstance(what, str) and what == "torch.nn.Sequential" and self.event.subject.items is not None:
            return any(_part_depends(self.facts, part) for part in self.event.subject.items)
        if isinstance(what, str) and what.startswith("torch.nn.") and what not in _OPEN:
            return api.mode_dependence(what) == "always"
        return True

    def is_guarded(self) -> bool:
        """Whether the code stands under ``if __name__ == "__main__":``."""
        return any(
            isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in self.facts.around(self.node)
        )

    def is_saved_here(self) -> bool:
        """Whether the same file saves what it loads, and never mentions a device."""
        node = self.node
        if not isinstance(node, ast.Call) or not node.args:
            return False
        text = self.facts.unit.text if self.facts.id.name else self.facts.file_text()
        path = self.facts.text(node.args[0])
        if "cuda" in text or ".to(" in text or "device" in text:
            return False
        return any(re.search(rf"\bsave\([^\n]*{re.escape(path)}", line) for line in text.splitlines())

    def device_in_scope(self) -> str | None:
        """The name of a device variable that may be used here."""
        nodes = self.facts.unit.nodes
        for node in nodes:
            if isinstance(node, ast.arg) and node.arg == "device":
                return "device"
            if isinstance(node, ast.Name) and node.id == "device" and isinstance(node.ctx, ast.Store):
                return "device" if self.facts.span(node).start < self.at.start else None
        if self.facts.id.name and "device" in scope(self.facts.db, self.facts.id.path):
            return "device"
        return None

    # ── edits ──

    def remove_line(self, statement: ast.stmt) -> Edit | None:
        """Take a statement out with its line; None if it shares its line with others."""
        span = self.facts.span(statement)
        text = self.facts.chunk.text
        start = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
        ends = [position for position in (text.find("\n", span.end), text.find("\r", span.end)) if position >= 0]
        end = min(ends) + 1 if ends else len(text)
        rest = text[span.end : end].strip()
        if text[start : span.start].strip() or (rest and not rest.startswith("#")):
            return None
        return Edit(Span(start, end), "")

    def with_comment(self, statement: ast.stmt) -> str:
        """The source of a simple statement and the comment on its line."""
        span = self.facts.span(statement)
        text = self.facts.chunk.text
        rest = re.split(r"[\r\n]", text[span.end :], maxsplit=1)[0].rstrip()
        return f"{self.facts.text(statement)}{rest}"

    def _defines_later(self, statement: ast.stmt) -> bool:
        """Whether definitions, which workers must find at module level, or a guard follow a statement."""
        facts = self.facts
        layout = facts.db.input("layout", facts.id.path)
        later = [node for node in facts.chunk.tree.body if node.lineno > statement.lineno]
        for number in layout[layout.index(facts.id.chunk) + 1 :]:
            later += chunk(facts.db, facts.id.path, number).tree.body
        definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        return any(
            isinstance(node, definitions) or (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test))
            for node in later
        )

    def wrap(self, statement: ast.stmt, header: str) -> tuple[Edit, ...]:
        """Put one statement under a header line; empty if it cannot be indented without changing it."""
        return indented(self.facts, statement, statement, header)

    def guard_rest(self) -> tuple[Edit, ...]:
        """Put everything from this statement to the end of the file under the main guard."""
        statement: ast.AST | None = self.node
        while statement is not None and not isinstance(self.facts.parents.get(statement), ast.Module):
            statement = self.facts.parents.get(statement)
        if not isinstance(statement, ast.stmt) or self._defines_later(statement):
            return ()
        return indented_to_end(self.facts, statement, 'if __name__ == "__main__":')

    def append_argument(self, text: str) -> Edit:
        """Put one more argument at the end of the call."""
        node = self.node
        assert isinstance(node, ast.Call)
        last = [*node.args, *(item.value for item in node.keywords)]
        if last:
            end = max(self.facts.span(item).end for item in last)
            return Edit(Span(end, end), f", {text}")
        close = self.at.end - 1
        return Edit(Span(close, close), text)

    def insert_before(self, node: ast.AST, line: str) -> Edit | None:
        """Put a line before the statement of a node; None if the statement shares its line with others."""
        return insert_line(self.facts, node, line, after=False)

    def insert_after(self, node: ast.AST, line: str) -> Edit | None:
        """Put a line after the statement of a node; None if the statement shares its line with others."""
        return insert_line(self.facts, node, line, after=True)


def insert_line(facts: Facts, node: ast.AST, line: str, *, after: bool) -> Edit | None:
    """Put a line before or after a statement, indented like it, with the file's line ends."""
    statement = facts.statement(node)
    if statement is None:
        return None
    span = facts.span(statement)
    text = facts.chunk.text
    start = max(text.rfind("\n", 0, span.start), text.rfind("\r", 0, span.start)) + 1
    indent = text[start : span.start]
    if indent.strip():
        return None
    newline = "\r\n" if "\r\n" in text else "\n"
    if not after:
        return Edit(Span(span.start, span.start), f"{line}{newline}{indent}")
    ends = [position for position in (text.find("\n", span.end), text.find("\r", span.end)) if position >= 0]
    end = min(ends) if ends else len(text)
    rest = text[span.end : end].strip()
    if rest and not rest.startswith("#"):
        return None
    return Edit(Span(end, end), f"{newline}{indent}{line}")


def indented(facts: Facts, first: ast.stmt, last: ast.stmt, header: str) -> tuple[Edit, ...]:
    """Put the statements from ``first`` to ``last`` under a header; empty where strings span lines."""
    start = facts.span(first).start
    return _indented_text(facts.chunk.text, start, facts.span(last).end, header, [first, *_between(facts, first, last)])


def indented_to_end(facts: Facts, first: ast.stmt, header: str) -> tuple[Edit, ...]:
    """Put everything from a statement of the module body to the end of the file under a header."""
    text = facts.file_text()
    layout = facts.db.input("layout", facts.id.path)
    before = layout[: layout.index(facts.id.chunk)]
    base = sum(len(facts.db.input("chunk", facts.id.path, number)) for number in before)
    after = layout[layout.index(facts.id.chunk) :]
    trees = [chunk(facts.db, facts.id.path, number).tree for number in after]
    rest = text[base:]
    return _indented_text(rest, facts.span(first).start, len(rest.rstrip()), header, trees)


def _between(facts: Facts, first: ast.stmt, last: ast.stmt) -> list[ast.stmt]:
    start, end = facts.span(first).start, facts.span(last).end
    return [
        node
        for node in facts.unit.nodes
        if isinstance(node, ast.stmt) and start <= facts.span(node).start and facts.span(node).end <= end
    ]


def _indented_text(text: str, start: int, end: int, header: str, nodes: Sequence[ast.AST]) -> tuple[Edit, ...]:
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, (ast.Constant, ast.JoinedStr)) and inner.lineno != inner.end_lineno:
                return ()
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    indent = text[line:start]
    if indent.strip():
        return ()
    newline = "\r\n" if "\r\n" in text else "\n"
    step = "\t" if "\t" in indent else "    "
    edits = [Edit(Span(start, start), f"{header}{newline}{indent}{step}")]
    position = start
    while True:
        following = text.find("\n", position, end)
        if following < 0:
            break
        position = following + 1
        if text[position : position + 1] not in ("\n", "\r", ""):
            edits.append(Edit(Span(position, position), step))
    return tuple(edits)


def _part_depends(facts: Facts, part: Value) -> bool:
    if isinstance(part.what, Definition):
        return depends_on_mode(facts.db, part.what.unit) != NEVER
    if isinstance(part.what, str) and part.what.startswith("torch.nn."):
        if part.what in api.CONTAINERS:
            return part.items is None or any(_part_depends(facts, inner) for inner in part.items)
        return api.mode_dependence(part.what) == "always"
    return True


_OPEN = api.CONTAINERS | {
    "torch.nn.Module",
    "torch.nn.parallel.DataParallel",
    "torch.nn.parallel.DistributedDataParallel",
}
"""Module classes that say nothing about what is inside."""
_SHORT = 40
_EVALUATION = re.compile(
    r"(?:^|[_.\W])(?:e?val(?:uate|uation|id|idate|idation|s)?|validate|validation|test(?:ing)?|predict(?:ion)?s?|infer(?:ence)?)(?:$|[_.\W\d])|(?:^|[_.])X_?(?:test|val)",
    re.I,
)
_TRAINING = re.compile(r"train|fit|fine_?tune", re.I)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT and "\n" not in text else f"{text.splitlines()[0][: _SHORT - 1]}…"


def _receiver(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func)
    if isinstance(node, ast.Attribute):
        return ast.unparse(node.value)
    return ast.unparse(node) if isinstance(node, ast.expr) else ""


# ── the subjects ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Faults:
    effect: Effect
    states: frozenset[str]
    every: bool

    def find(self, facts: Facts) -> Iterator[Use]:
        """Uses of something in a bad state; one for each cause."""
        for event, run in facts.all_events(self.effect):
            bad = [held for held in event.before if held.state in self.states and held.because is not None]
            if not bad or (self.every and len(bad) < len(event.before)):
                continue
            held = min(bad, key=lambda held: repr(held.because))
            assert held.because is not None
            index = facts.here(event, held.because, self.states)
            if index is not None:
                yield Use(facts, event, run, index, held.because)


def faults(effect: Effect, *states: str, every: bool = False) -> Subject[Use]:
    """Effects on something that is in one of the states on some path, or (``every``) on every path."""
    return _Faults(effect, frozenset(states), every)


@dataclass(frozen=True, slots=True)
class _Events:
    effects: tuple[Effect, ...]
    accept: Callable[[Event], bool]

    def find(self, facts: Facts) -> Iterator[Use]:
        """Events of the unit itself."""
        for event in facts.events(*self.effects):
            if self.accept(event):
                yield Use(facts, event, facts.trace, len(event.at) - 1)


def events(*effects: Effect) -> Subject[Use]:
    """Everything of some kind that happens in the unit itself."""
    return _Events(effects, lambda event: True)


def calls_to(*names: str) -> Subject[Use]:
    """Calls of functions and classes with these canonical names."""
    wanted = frozenset(names)
    return _Events((Effect.CALL,), lambda event: event.name in wanted)


def methods(*names: str) -> Subject[Use]:
    """Calls of methods with these names."""
    wanted = frozenset(names)
    return _Events((Effect.METHOD,), lambda event: event.name in wanted)


@dataclass(frozen=True, slots=True)
class Context:
    """A context manager of torch that is used without being entered.

    ``form`` is ``bare`` (called as a statement), ``with`` (named, not called, in a with-statement)
    or ``decorator`` (named, not called).
    """

    facts: Facts
    name: str
    form: str
    node: ast.expr

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.facts.span(self.node)

    @property
    def text(self) -> str:
        """Its source."""
        return self.facts.text(self.node)

    def wrap_rest(self) -> tuple[Edit, ...]:
        """Turn the statement into a with-block around the rest of its block; empty where that is not possible."""
        statement = self.facts.statement(self.node)
        parent = self.facts.parents.get(statement) if statement is not None else None
        block = next(
            (
                body
                for field in ("body", "orelse", "finalbody")
                if statement in (body := getattr(parent, field, None) or [])
            ),
            None,
        )
        if statement is None or block is None or isinstance(parent, ast.Module):
            return ()
        rest = block[block.index(statement) + 1 :]
        if not rest:
            return ()
        inner = indented(self.facts, rest[0], rest[-1], "")
        if not inner:
            return ()
        span = self.facts.span(statement)
        # The statement itself becomes the header; of the first edit only the indentation is needed.
        first = self.facts.span(rest[0]).start
        indent = inner[0].text.rpartition("\n")[2]
        own = self.facts.chunk.text[self.facts.chunk.text.rfind("\n", 0, first) + 1 : first]
        return (
            Edit(span, f"with {self.text}:"),
            Edit(Span(first, first), indent.removeprefix(own)),
            *inner[1:],
        )


class _Contexts:
    def find(self, facts: Facts) -> Iterator[Context]:
        """Contexts in statements of the unit."""

        def name_of(node: ast.expr) -> str | None:
            if dotted(node) is None:
                return None
            symbol = resolve(facts.db, facts.id.path, node)
            name = api.canonical(symbol.qualified) if isinstance(symbol, External) else None
            return name if name in api.CONTEXTS else None

        for node in facts.unit.nodes:
            candidates: list[tuple[str, ast.expr, ast.expr]] = []
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                candidates.append(("bare", node.value.func, node.value))
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                candidates += [("with", item.context_expr, item.context_expr) for item in node.items]
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                candidates += [("decorator", item, item) for item in node.decorator_list]
            for form, named, reported in candidates:
                name = name_of(named)
                if name is not None:
                    yield Context(facts, name, form, reported)


CONTEXTS: Subject[Context] = _Contexts()


@dataclass(frozen=True, slots=True)
class LoopUse(Use):
    """A forward pass in a loop of the unit; only the first one of a loop is looked at."""

    @property
    def loop(self) -> ast.stmt:
        """The innermost loop of this unit around it."""
        found = self.loop_or_none()
        assert found is not None
        return found

    def loop_or_none(self) -> ast.stmt | None:
        """The innermost loop of this unit around it; the statement of a comprehension counts as one."""
        for node in self.facts.around(self.node):
            if isinstance(node, (ast.For, ast.While)):
                return node
            if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                return self.facts.statement(node)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                return None
        return None

    def evaluates(self) -> bool:
        """Whether the loop evaluates: nothing learns from it, and mode or names say so."""
        if self.event.result.sites & self.run.consumed or self._belongs_to_module() or self.trains_around():
            return False
        before = self.event.before
        evaluation_mode = bool(before) and all(held.state == "eval" for held in before)
        return evaluation_mode or self._evaluation_name()

    def records_graph(self) -> bool:
        """Whether autograd is surely on, and nobody asks for gradients of the inputs."""
        if self.event.grad != GRAD_ON or self.event.result.graph != GRAPH_YES:
            return False
        if GRAD_ON not in self.facts.callers_grad() or GRAD_UNKNOWN in self.facts.callers_grad():
            return False
        text = self.facts.unit.text
        return "requires_grad" not in text and "autograd" not in text and not self._loss_is_handed_on()

    def _loss_is_handed_on(self) -> bool:
        """Whether a loss made in the loop goes to code that may differentiate it."""
        loops = self.event.loops
        return any(
            event.effect is Effect.LOSS
            and event.result.sites & self.run.handed_on
            and (not loops or loops[-1] in event.loops)
            for event in self.run.events
        )


class _ForwardsInLoops:
    def find(self, facts: Facts) -> Iterator[LoopUse]:
        """The first forward pass of every innermost loop."""
        seen: set[int] = set()
        for event in facts.trace.of(facts.id, Effect.FORWARD):
            if event.at[0].unit != facts.id:
                continue
            if any(ref.unit != facts.id for loop in event.loops for ref in loop):
                continue
            own = [ref for ref in event.at if ref.unit == facts.id]
            use = LoopUse(facts, event, facts.trace, len(own) - 1)
            loop = use.loop_or_none()
            if loop is not None and id(loop) not in seen:
                seen.add(id(loop))
                yield use


FORWARDS_IN_LOOPS: Subject[LoopUse] = _ForwardsInLoops()


@dataclass(frozen=True, slots=True)
class Accumulation(Use):
    """Something is added to a sum or a container in a loop."""

    @property
    def container(self) -> str:
        """The sum or container as the user spells it."""
        node = self.node
        if isinstance(node, ast.AugAssign):
            return ast.unparse(node.target)
        if isinstance(node, ast.Assign):
            return ast.unparse(node.targets[0])
        if isinstance(node, ast.Subscript):
            return ast.unparse(node.value)
        return self.receiver

    @property
    def added(self) -> ast.expr | None:
        """The expression that is added."""
        node = self.node
        if isinstance(node, ast.AugAssign):
            value = node.value
            if isinstance(value, (ast.List, ast.Tuple)):
                return value.elts[0] if len(value.elts) == 1 else None
            return value
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            left, right = node.value.left, node.value.right
            return right if ast.unparse(left) == ast.unparse(node.targets[0]) else left
        if isinstance(node, ast.Call) and node.args:
            return node.args[-1]
        if isinstance(node, ast.Subscript):
            statement = self.facts.statement(node)
            return statement.value if isinstance(statement, ast.Assign) else None
        return None

    @property
    def added_text(self) -> str:
        """The source of what is added."""
        return _shortened(self.facts.text(self.added)) if self.added is not None else "it"

    @property
    def cure(self) -> str:
        """What makes the added value harmless: a number for a scalar loss, else a tensor without graph."""
        value = self.event.args[0]
        is_sum = isinstance(self.node, (ast.AugAssign, ast.Assign))
        return "item()" if self._is_scalar(value) and (is_sum or self.loop_goes_backward()) else "detach()"

    def _is_scalar(self, value: Value) -> bool:
        """A loss, or something a backward starts from: one element."""
        for event in self.run.events:
            if event.effect is Effect.LOSS and value.sites and event.result.sites == value.sites:
                return True
            if event.effect is Effect.BACKWARD and (event.subject.origins, event.subject.sites) == (
                value.origins,
                value.sites,
            ):
                return True
        return False

    def cured(self, added: ast.expr) -> tuple[Edit, ...]:
        """Edits that add the cure to the expression."""
        span = self.facts.span(added)
        end = Edit(Span(span.end, span.end), f".{self.cure}")
        if isinstance(added, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            return (end,)
        return (Edit(Span(span.start, span.start), "("), Edit(Span(span.end, span.end), f").{self.cure}"))

    def keeps_graph(self) -> bool:
        """Whether what is added surely carries a graph and the container outlives the iteration."""
        value = self.event.args[0]
        if value.graph != GRAPH_YES or self.facts.callers_grad() != {GRAD_ON}:
            return False
        if value.leaf or not (value.must_be(kinds.TENSOR) or self._is_scalar(value)):
            return False
        loop = self.loop_around(self.node)
        if loop is None or self._belongs_to_module():
            return False
        return not self._renewed(loop)

    def _renewed(self, loop: ast.For | ast.While) -> bool:
        """Whether the loop itself makes the container anew."""
        name = self.container
        for node in ast.walk(loop):
            if node is self.node or node is self.facts.statement(self.node):
                continue
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets = [
                    part
                    for target in node.targets
                    for part in (target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target])
                ]
            elif isinstance(node, (ast.AnnAssign, ast.For)):
                targets = [node.target]
            elif isinstance(node, ast.Delete):
                targets = list(node.targets)
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("clear", "pop", "popleft")
            ):
                targets = [node.func.value]
            if any(ast.unparse(target) == name or ast.unparse(target) == name.partition("[")[0] for target in targets):
                return True
        return False

    def loop_goes_backward(self) -> bool:
        """Whether the loop calls ``backward()`` on what is added."""
        loops = self.event.loops
        value = self.event.args[0]
        return any(
            event.effect is Effect.BACKWARD
            and loops
            and loops[-1] in event.loops
            and (event.subject.sites & value.sites or event.subject.origins & value.origins)
            for event in self.run.events
        )

    def is_used_later(self) -> bool:
        """Whether the sum is backpropagated, or may be by code that is not seen."""
        (kept,) = self.event.result.sites
        if kept in self.run.consumed:
            return True
        if self.loop_goes_backward():
            return False
        return kept in self.run.handed_on or (
            not self.event.subject.sites and not isinstance(self.node, (ast.AugAssign, ast.Assign))
        )


class _Accumulations:
    def find(self, facts: Facts) -> Iterator[Accumulation]:
        """Additions to sums and containers."""
        for event in facts.events(Effect.ACCUMULATE):
            yield Accumulation(facts, event, facts.trace, len(event.at) - 1)


ACCUMULATIONS: Subject[Accumulation] = _Accumulations()


@dataclass(frozen=True, slots=True)
class Store(Use):
    """``self.attribute = …`` in a method of a module class."""

    @property
    def attribute(self) -> str:
        """The name of the attribute."""
        return self.event.name

    @property
    def expression(self) -> ast.expr | None:
        """The assigned expression."""
        statement = self.facts.statement(self.node)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            return statement.value
        return None

    @property
    def shape(self) -> str:
        """The kind of container: list, tuple or dict."""
        expression = self.expression
        if isinstance(expression, (ast.Dict, ast.DictComp)):
            return "dict"
        if isinstance(expression, (ast.Tuple, ast.GeneratorExp)):
            return "tuple"
        if isinstance(expression, ast.Call):
            name = dotted(expression.func)
            return name if name in ("tuple", "dict") else "list"
        return "list"

    def holds_modules(self) -> bool:
        """Whether everything that the container gets is a module made for it."""
        value, contents = self.event.args
        if not value.must_be(kinds.CONTAINER):
            return False
        found = [contents] if contents.known else []
        found += [event.args[0] for event in self.facts.events(Effect.ACCUMULATE) if self._same_list(event)]
        found = [_innermost(item) for item in found]
        if not found or not all(item.must_be(kinds.MODULE) and not item.origins for item in found):
            return False
        return not self._lists_what_it_is_given()

    def _lists_what_it_is_given(self) -> bool:
        """A list of attributes, which are registered, or of one variable: hidden on purpose."""
        expression = self.expression
        elements: list[ast.expr] = []
        if isinstance(expression, ast.Dict):
            elements = list(expression.values)
        elif isinstance(expression, (ast.List, ast.Tuple)):
            elements = list(expression.elts)
        attributes = bool(elements) and all((dotted(item) or "").startswith("self.") for item in elements)
        return attributes or (len(elements) == 1 and isinstance(elements[0], ast.Name))

    def _same_list(self, event: Event) -> bool:
        node = self.facts.at(event.at[0])
        owner = (
            node.target
            if isinstance(node, ast.AugAssign)
            else node.func.value
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            else None
        )
        if isinstance(node, ast.Subscript):
            owner = node.value
        return owner is not None and ast.unparse(owner) == f"self.{self.attribute}"

    def is_registered_elsewhere(self) -> bool:
        """Whether the class also registers what the container holds."""
        name = f"self.{self.attribute}"
        for text in self._class_texts():
            if re.search(rf"(?:ModuleList|ModuleDict|Sequential)\(\s*\*?{re.escape(name)}\b", text):
                return True
            if "add_module" in text or "register_module" in text or "setattr(self" in text:
                return True
            if isinstance(self.expression, ast.Name):
                made = rf"(?:ModuleList|ModuleDict|Sequential)\(\s*\*?{re.escape(self.expression.id)}\b"
                if re.search(made, text):
                    return True
            if re.search(rf"{re.escape(name)}\s*=\s*(?:\w+\.)*(?:ModuleList|ModuleDict|Sequential)\b", text):
                return True
        return False

    def _class_texts(self) -> list[str]:
        return [self.facts.chunk.text]


def _innermost(value: Value) -> Value:
    for _ in range(3):
        if value.must_be(kinds.CONTAINER) and (value.items or value.each is not None):
            value = element(value)
    return value


class _ModuleStores:
    def find(self, facts: Facts) -> Iterator[Store]:
        """Assignments to attributes of ``self`` in methods of modules."""
        owner = facts.id.name.rpartition(".")[0]
        info = class_info(facts.db, UnitId(facts.id.path, facts.id.chunk, owner)) if owner else None
        if info is None or not info.kind & kinds.MODULE:
            return
        for event in facts.events(Effect.STORE):
            store = Store(facts, event, facts.trace, len(event.at) - 1)
            if isinstance(store.node, ast.Attribute) and dotted(store.node.value) == "self":
                yield store


MODULE_STORES: Subject[Store] = _ModuleStores()
