"""Something that happens at a node of the unit, and what rules ask about it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import NEVER, class_info, depends_on_mode, is_loss
from torch_pitfalls.flow.devices import ACCELERATOR
from torch_pitfalls.flow.evidence import iterated
from torch_pitfalls.flow.state import GRAD_OFF, Chain
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import GRAPH_YES, Value
from torch_pitfalls.knowledge import api, kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.names.resolve import chunk, scope
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Edit, Note, Span, Text
from torch_pitfalls.subjects.edits import (
    append_argument,
    indented,
    indented_to_end,
    insert_line,
    remove_line,
    with_comment,
)
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

    def callers_grad(self) -> set[int]:
        """Grad modes in which the unit is called whose run shows this."""
        root = self.event.at[0].unit
        return (self.facts if root == self.facts.id else Facts(self.facts.db, root)).callers_grad()

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

    def notes(self, cause: Text, use: Text | None = None) -> tuple[Note, ...]:
        """Notes at the cause, and at the innermost place of a use that is reached through a call."""
        found: list[Note] = []
        if self.because is not None:
            found += self._note(self.because, cause)
        if use is not None and not self.direct:
            found += self._note(self.event.at, use)
        return tuple(found)

    def _note(self, chain: Chain, text: Text) -> list[Note]:
        place = self.facts.place(chain[-1])
        return [Note(place, text)] if place is not None else []

    def note_at(self, chain: Chain, text: Text) -> tuple[Note, ...]:
        """A note at the innermost place of a chain."""
        return tuple(self._note(chain, text))

    # ── what ──

    @property
    def receiver(self) -> str:
        """The object as the user spells it where the thing happens: ``optimizer`` of ``optimizer.step()``."""
        node = self.facts.foreign_node(self.event.at[-1])
        if self._is_given(node):
            return ast.unparse(node.args[0])  # type: ignore[union-attr]
        called = self.event.effect in (Effect.FORWARD, Effect.LOSS)
        if (
            called
            and isinstance(node, ast.Call)
            and not (isinstance(node.func, ast.Attribute) and node.func.attr == "forward")
        ):
            return ast.unparse(node.func)
        return _receiver(node)

    def _is_given(self, node: ast.AST | None) -> bool:
        """Whether it is what a function is given: the loss of ``torch.autograd.backward(loss)``."""
        event = self.event
        given = event.effect is Effect.BACKWARD and bool(event.args) and event.args[0] == event.subject
        return given and isinstance(node, ast.Call) and bool(node.args)

    def spelled(self, chain: Chain) -> str:
        """The object at the innermost place of a chain, as the user spells it."""
        return _receiver(self.facts.foreign_node(chain[-1]))

    def argument(self, position: int, *names: str) -> Value | None:
        """The value of an argument."""
        if 0 <= position < len(self.event.args):
            return self.event.args[position]
        given = dict(self.event.kwargs)
        return next((given[name] for name in names if name in given), None)

    def argument_node(self, position: int, *names: str) -> ast.expr | None:
        """The expression of an argument of the call; None if it is not given, or hides behind ``*args``."""
        node = self.node
        if not isinstance(node, ast.Call):
            return None
        before = node.args[: position + 1]
        if 0 <= position < len(node.args) and not any(isinstance(arg, ast.Starred) for arg in before):
            return node.args[position]
        return next((item.value for item in node.keywords if item.arg in names), None)

    def is_data(self, position: int) -> bool:
        """Whether a positional argument is surely no option: a tensor, an output of a module, part of a batch."""
        value = self.argument(position)
        return value is not None and (
            value.must_be(kinds.TENSOR) or (not value.known and bool(value.loaders or value.graph == GRAPH_YES))
        )

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
            return f"{shortened(ast.unparse(node.func))}(…)" if isinstance(node, ast.Call) else shortened(text)
        return text

    def shortened(self, node: ast.AST) -> str:
        """The source of a node, on one line and shortened where it is long."""
        text = self.facts.text(node)
        return shortened(ast.unparse(node) if "\n" in text else text)

    @property
    def called(self) -> str:
        """The function of the call as the user spells it, shortened where it is long."""
        node = self.node
        return shortened(ast.unparse(node.func)) if isinstance(node, ast.Call) else self.short_receiver

    @property
    def short_receiver(self) -> str:
        """The receiver, shortened where it is long."""
        return shortened(self.receiver)

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
        if self.event.effect is not Effect.LEARN:
            return self._asked or self.receiver
        names = self.event.name.split("|")
        if len(names) > self.index and names[self.index]:
            return names[self.index]
        return next((name for name in reversed(names) if name), "the model")

    @property
    def _asked(self) -> str | None:
        """The module whose method this unit calls, where that is how the event is reached."""
        func = self.node.func if isinstance(self.node, ast.Call) and not self.direct else None
        if isinstance(func, ast.Attribute) and self._is_of_module(self.event.at[self.index + 1].unit):
            return dotted(func.value)
        return None

    def at_attribute(self, node: ast.Attribute) -> int:
        """Where the dot of ``value.name`` stands."""
        end = self.facts.span(node).end - len(node.attr)
        return self.facts.chunk.text.rindex(".", 0, end)

    def is_moved_away(self, value: Value) -> bool:
        """Whether a tensor is on an accelerator, or this function or its class moved it to a device of its choice."""
        place = value.device
        if place is None or not place.away:
            return False
        if place.kind == ACCELERATOR or place.at is None:
            return place.kind == ACCELERATOR
        unit = place.at[-1].unit
        owner = self.facts.id.name.rpartition(".")[0]
        return unit == self.facts.id or (
            bool(owner) and unit.path == self.facts.id.path and unit.name.startswith(f"{owner}.")
        )

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
        return name is not None and self.facts.is_imported(name.partition(".")[0])

    def makes_its_receiver(self) -> bool:
        """Whether a method is called on what a function of another package has just made: nobody else holds it."""
        node = (
            self.node.func.value
            if isinstance(self.node, ast.Call) and isinstance(self.node.func, ast.Attribute)
            else None
        )
        while isinstance(node, ast.Call):
            name = dotted(node.func)
            if name is not None:
                return self.facts.is_imported(name.partition(".")[0])
            node = node.func.value if isinstance(node.func, ast.Attribute) else None
        return False

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
        """Whether the innermost loop around the event, or without one the whole run, goes backward.

        A forward pass whose output is differentiated elsewhere counts: an inner loop of a meta-learner.
        """
        loops = self.event.loops
        return any(
            (other.effect is Effect.BACKWARD or self._is_differentiated(other))
            and (not loops or loops[-1] in other.loops)
            for other in self.run.events
        )

    def _is_differentiated(self, other: Event) -> bool:
        return other.effect is Effect.FORWARD and bool(other.result.sites & self.run.consumed)

    def trains_further_out(self) -> bool:
        """Whether a loop around the event also trains."""
        outer = set(self.event.loops)
        return any(other.effect is Effect.BACKWARD and outer & set(other.loops) for other in self.run.events)

    def evaluates_without_training(self) -> bool:
        """Whether a forward pass is plainly for evaluation: nothing here learns from its output."""
        if self.event.result.sites & self.run.consumed or self.is_of_loss() or is_test(self.facts):
            return False
        if self.belongs_to_module() and not self._is_asked_for_outputs():
            return False
        statement = self.facts.statement(self.node)
        if isinstance(statement, ast.Expr) and statement.value is self.node and self.direct:
            # Nobody looks at the output: the pass is for what it does to the module.
            return False
        if self._repeats_its_input() or self._trains_on_purpose() or self.only_tells_a_shape():
            return False
        named = self._evaluation_name()
        if self.event.grad != GRAD_OFF:
            return named and bool(self.event.loops) and not self.trains_around()
        if not self.trains_around():
            return True
        return self.only_guides() if self.event.loops else named or self._comes_after_training()

    def _comes_after_training(self) -> bool:
        """Whether the loops that train are over."""
        later = self.run.events[next(i for i, other in enumerate(self.run.events) if other is self.event) :]
        trained = [other for other in self.run.events if other.effect is Effect.BACKWARD]
        return all(other.loops for other in trained) and not any(other.effect is Effect.BACKWARD for other in later)

    def only_guides(self) -> bool:
        """Whether the module was given its weights from elsewhere, and nothing changes them: a teacher."""
        mine = [other for other in self.run.events if other.subject.sites & self.event.subject.sites]
        asked = [other for other in mine if other.effect is Effect.METHOD]
        loaded = any(
            other.name == "load_state_dict" and other.args and not other.args[0].must_be(kinds.STATE_DICT)
            for other in asked
        )
        changed = any(other.name in _OF_WEIGHTS and other.loops for other in asked)
        learns = any(other.effect is Effect.LEARN or self._is_differentiated(other) for other in mine)
        return loaded and not changed and not learns

    def only_tells_a_shape(self) -> bool:
        """Whether only the shape of the result is wanted: a dry run, when layers are made."""
        node = self.node
        statement = self.facts.statement(node)
        target = statement.targets[0] if isinstance(statement, ast.Assign) and statement.value is node else None
        if not isinstance(target, ast.Name):
            return self._ends_in_a_shape(node)
        reads = [
            other
            for other in self.facts.unit.nodes
            if isinstance(other, ast.Name) and other.id == target.id and isinstance(other.ctx, ast.Load)
        ]
        return bool(reads) and all(map(self._ends_in_a_shape, reads))

    def _ends_in_a_shape(self, node: ast.AST) -> bool:
        outer = self.facts.parents.get(node)
        while isinstance(outer, ast.Attribute) or (isinstance(outer, ast.Call) and outer.func is node):
            if isinstance(outer, ast.Attribute) and outer.attr in ("shape", "size", "numel", "ndim"):
                return True
            node, outer = outer, self.facts.parents.get(outer)
        return False

    def _trains_on_purpose(self) -> bool:
        """Whether the module was put in training mode where gradients were off already: some give losses only then."""
        return any(
            other.effect is Effect.TRAIN and other.at == self.because and other.grad == GRAD_OFF
            for other in self.run.events
        )

    def _repeats_its_input(self) -> bool:
        """Whether every iteration of the loop around the call is given the same: draws are wanted, with dropout on."""
        loop = next((outer for outer in self.facts.around(self.node) if isinstance(outer, _ITERATIONS)), None)
        if loop is None or not isinstance(self.node, ast.Call) or not self.direct:
            return False
        given = [*self.node.args, *(item.value for item in self.node.keywords)]
        read = {node.id for value in given for node in ast.walk(value) if isinstance(node, ast.Name)}
        makes = any(isinstance(node, (ast.Call, ast.Attribute)) for value in given for node in ast.walk(value))
        bound = {node.id for node in ast.walk(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        return bool(read) and not makes and not read & bound

    def is_of_loss(self) -> bool:
        """Whether the module only computes a loss: it has nothing to evaluate."""
        return is_loss(self.facts.db, self.event.subject)

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

    def belongs_to_module(self) -> bool:
        """Whether the call is made by a module, whose own mode and caller decide."""
        return any(self._is_of_module(ref.unit) for ref in self.event.at)

    def _is_of_module(self, unit: UnitId) -> bool:
        owner = unit.name.rpartition(".")[0]
        info = class_info(self.facts.db, UnitId(unit.path, unit.chunk, owner)) if owner else None
        return info is not None and bool(info.kind & (kinds.MODULE | kinds.FRAMEWORK))

    def _is_asked_for_outputs(self) -> bool:
        """Whether code outside of modules calls a method of one, other than ``forward``, that computes outputs.

        Then it is this unit, in which the mode was set, that evaluates: ``model.generate(…)``.
        """
        units = [ref.unit for ref in self.event.at[self.index :]]
        inside = [unit for unit in units if self._is_of_module(unit)]
        methods = {unit.name.rpartition(".")[2] for unit in inside}
        if units[0] in inside or self.event.grad != GRAD_OFF or self.trains_further_out():
            return False
        return all(map(_ASKING.match, methods))

    def _evaluation_name(self) -> bool:
        """Whether names around the event say that it evaluates.

        What evaluates a module for its callers does so in whatever mode they chose, unless it is called so itself.
        """
        checks = any(map(is_assertion, self.facts.unit.nodes))
        units = self.event.at[:1] if self.event.subject.sites & self.run.given else self.event.at
        names = [] if checks else [ref.unit.name.rpartition(".")[2] for ref in units]
        for chain in self.event.loops:
            loop = self.facts.foreign_node(chain[-1])
            if isinstance(loop, (ast.For, ast.AsyncFor)):
                names.append(dotted(iterated(loop.iter)) or "")
        call = self.facts.foreign_node(self.event.at[-1])
        if isinstance(call, ast.Call):
            names += [ast.unparse(arg) for arg in call.args]
        return any(map(names_an_evaluation, names))

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
        return remove_line(self.facts, statement)

    def with_comment(self, statement: ast.stmt) -> str:
        """The source of a simple statement and the comment on its line."""
        return with_comment(self.facts, statement)

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
        return append_argument(self.facts, node, text)

    def insert_before(self, node: ast.AST, line: str) -> Edit | None:
        """Put a line before the statement of a node; None if the statement shares its line with others."""
        return insert_line(self.facts, node, line, after=False)

    def insert_after(self, node: ast.AST, line: str) -> Edit | None:
        """Put a line after the statement of a node; None if the statement shares its line with others."""
        return insert_line(self.facts, node, line, after=True)


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
_ITERATIONS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.GeneratorExp)
_OF_WEIGHTS = frozenset({"parameters", "named_parameters", "state_dict", "load_state_dict", "modules", "named_modules"})
"""Methods of modules through which their weights are changed."""
_SHORT = 40
_EVALUATION = re.compile(
    r"(?:^|[_.\W])(?:e?val(?:uate|uation|id|idate|idation|s)?|validate|validation|test(?:ing)?|predict(?:ion)?s?|infer(?:ence)?)(?:$|[_.\W\d])|(?:^|[_.])X_?(?:test|val)",
    re.I,
)
_ASKING = re.compile(r"_*(?:generate|sample|predict|infer|translate|decode|caption|transcribe|classify)(?:_|$)", re.I)
"""Methods of models that compute outputs for somebody."""
_TRAINING = re.compile(r"train|fit|fine_?tune", re.I)


def names_an_evaluation(name: str) -> bool:
    """Whether a name says that something is for evaluation."""
    return _EVALUATION.search(name) is not None and not _TRAINING.search(name)


def is_assertion(node: ast.AST) -> bool:
    """Whether a node is an ``assert`` or a call of ``unittest``'s and torch's checks."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return re.match(r"assert(?:_|[A-Z])", name) is not None
    return isinstance(node, ast.Assert)


def is_test(facts: Facts) -> bool:
    """Whether the unit is a test: it calls what checks outputs, or asserts something in a function of that name."""
    named = facts.id.name.rpartition(".")[2].startswith("test_")
    return any((named or isinstance(node, ast.Call)) and is_assertion(node) for node in facts.unit.nodes)


def shortened(text: str) -> str:
    """A source text on one line, cut where it is long."""
    return text if len(text) <= _SHORT and "\n" not in text else f"{text.splitlines()[0][: _SHORT - 1]}…"


def _receiver(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value)
    if isinstance(node, ast.Call):
        return ast.unparse(node.func)
    if isinstance(node, ast.Attribute):
        return ast.unparse(node.value)
    return ast.unparse(node) if isinstance(node, ast.expr) else ""
