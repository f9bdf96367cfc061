"""What is assigned to attributes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import ClassInfo, class_info, class_node
from torch_pitfalls.flow.devices import CPU, MODULE
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import GRAPH_UNKNOWN, GRAPH_YES, Value, element
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.misspellings import PARTS_OF_MODELS
from torch_pitfalls.knowledge.torch_names import STATELESS
from torch_pitfalls.names.resolve import chunk
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import UnitId


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
        if not self.event.args[0].must_be(kinds.CONTAINER):
            return False
        found = [_innermost(item) for item in self._contents()]
        if not found or not all(item.must_be(kinds.MODULE) and not item.origins for item in found):
            return False
        return not self._lists_what_it_is_given() and not self._holds_nothing_to_register()

    def _contents(self) -> list[Value]:
        """What the container is made with, and gets later."""
        made = [self.event.args[1]] if self.event.args[1].known else []
        return made + [event.args[0] for event in self.facts.events(Effect.ACCUMULATE) if self._same_list(event)]

    def _holds_nothing_to_register(self) -> bool:
        """Whether all that the container gets are modules that have neither parameters nor a mode."""
        elements = _elements(self.expression)
        for event in self.facts.events(Effect.ACCUMULATE):
            node = self.facts.at(event.at[0])
            if self._same_list(event):
                elements += node.args[-1:] if isinstance(node, ast.Call) else [ast.Constant(None)]
        made = {self.facts.at(event.at[-1]): event.name for event in self.facts.events(Effect.CALL)}
        return bool(elements) and all(made.get(element, "") in STATELESS for element in elements)

    def _lists_what_it_is_given(self) -> bool:
        """A list of what has another place in the module as well, or of one variable: hidden on purpose."""
        elements = _elements(self.expression)
        alone = len(elements) == 1 and not isinstance(self.expression, (ast.ListComp, ast.GeneratorExp))
        if alone and isinstance(elements[0], ast.Name):
            return True
        return bool(elements) and all(map(self._has_another_place, elements))

    def _has_another_place(self, element: ast.expr) -> bool:
        """Whether something is an attribute of ``self`` or a part of one, or a variable that this unit uses again."""
        if isinstance(element, ast.Name):
            named = [node for node in self.facts.unit.nodes if isinstance(node, ast.Name) and node.id == element.id]
            return any(isinstance(node.ctx, ast.Load) and self._keeps(node) for node in named if node is not element)
        while isinstance(element, (ast.Attribute, ast.Subscript)):
            element = element.value
        return isinstance(element, ast.Name) and element.id == "self"

    def _keeps(self, name: ast.Name) -> bool:
        """Whether what uses a variable may register it: a call that is given it, or an assignment to an attribute."""
        user = self.facts.parents.get(name)
        if isinstance(user, (ast.Call, ast.Starred, ast.keyword)):
            return True
        return isinstance(user, ast.Assign) and any(isinstance(target, ast.Attribute) for target in user.targets)

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

    def wrapped(self, wrapper: str) -> tuple[Edit, ...]:
        """Edits that give the container to a class; empty where it holds containers, which that class refuses."""
        expression = self.expression
        if expression is None or any(item.kinds & kinds.CONTAINER for item in self._contents()):
            return ()
        span = self.facts.span(expression)
        bare = isinstance(expression, ast.Tuple) and self.facts.span(expression.elts[0]).start == span.start
        opening, closing = ("((", "))") if bare else ("(", ")")
        return Edit(Span(span.start, span.start), f"{wrapper}{opening}"), Edit(Span(span.end, span.end), closing)

    def is_registered_elsewhere(self) -> bool:
        """Whether the class also registers what the container holds."""
        name = f"self.{self.attribute}"
        for text in self._class_texts():
            if re.search(rf"(?:ModuleList|ModuleDict|Sequential)\(\s*\*?{re.escape(name)}\b", text):
                return True
            if _REGISTERS.search(text):
                return True
            if isinstance(self.expression, ast.Name):
                made = rf"(?:ModuleList|ModuleDict|Sequential)\(\s*\*?{re.escape(self.expression.id)}\b"
                if re.search(made, text):
                    return True
            if re.search(rf"{re.escape(name)}\s*=\s*(?:\w+\.)*(?:ModuleList|ModuleDict|Sequential)\b", text):
                return True
        return False

    def makes_parameter_in_vain(self) -> str | None:
        """How a tensor that requires a gradient is no parameter: ``flag`` or ``moved``; None if it is one."""
        value, expression = self.event.args[0], self.expression
        if not value.must_be(kinds.TENSOR) or value.graph != GRAPH_YES:
            return None
        if isinstance(expression, ast.Name):
            alone = value.leaf and len(value.sites) == 1 and value.what != "torch.nn.Parameter"
            return "flag" if alone and self._is_made_for_it(expression.id) else None
        if not isinstance(expression, ast.Call):
            return None
        if value.what == "torch.nn.Parameter":
            func = expression.func
            if value.leaf or not isinstance(func, ast.Attribute) or func.attr not in _MOVES:
                return None
            # An attribute is registered already; torch itself refuses to replace it by a plain tensor.
            return None if "." in (dotted(func.value) or "") else "moved"
        return "flag" if value.leaf and len(value.sites) == 1 else None

    def _is_made_for_it(self, name: str) -> bool:
        """Whether a variable is made by a call of this unit, and only used here."""
        named = [node for node in self.facts.unit.nodes if isinstance(node, ast.Name) and node.id == name]
        made = [self.facts.parents.get(node) for node in named if isinstance(node.ctx, ast.Store)]
        return (
            len(named) == 2
            and len(made) == 1
            and isinstance(made[0], ast.Assign)
            and isinstance(made[0].value, ast.Call)
        )

    def is_optimized_by_hand(self) -> bool:
        """Whether the class, or an optimizer in the file, takes care of the attribute itself."""
        own = "".join(self._class_texts())
        if "register_parameter" in own or "autograd.grad" in own or ".grad" in own:
            return True
        used = rf"\.{re.escape(self.attribute)}\b"
        return any(re.search(used, line) for line in _OPTIMIZED.findall(self.facts.file_text()))

    def _class_texts(self) -> list[str]:
        return [self.facts.chunk.text]

    # ── tensors that stay behind ──

    def meets_what_moves(self) -> Event | None:
        """Where ``forward`` brings the tensor together with inputs or parameters; None if it never does."""
        value = self.event.args[0]
        place, info = value.device, self._class()
        forward = info.method("forward") if info is not None else None
        if not value.must_be(kinds.TENSOR) or place is None or place.kind != CPU or place.at is None:
            return None
        if info is None or forward is None or value.is_parameter or self._is_moved_by_hand(info):
            return None
        init = info.method("__init__")
        if self.facts.id != init and (init is None or self.facts.id not in trace(self.facts.db, init).entries):
            return None
        for event in trace(self.facts.db, forward).of(forward, Effect.MEET):
            stray, other = event.subject.device, event.args[0].device
            if stray is None or stray.at is None or other is None or other.kind != MODULE:
                continue
            # A method that ``__init__`` calls made it on the way there.
            if stray.at[-len(place.at) :] == place.at:
                return event
        return None

    def _class(self) -> ClassInfo | None:
        owner = self.facts.id.name.rpartition(".")[0]
        return class_info(self.facts.db, UnitId(self.facts.id.path, self.facts.id.chunk, owner))

    def _is_moved_by_hand(self, info: ClassInfo) -> bool:
        """Whether the class moves all it has in a method of its own, or the file moves the attribute."""
        own = {name for name, _ in info.methods}
        moved = rf"\.{re.escape(self.attribute)}(?:\.data)?\s*=[^=\n]*(?:\.to\(|\.cuda\(|type_as|device)"
        by_others = re.search(rf"(?<!self){moved}", self.facts.file_text())
        return (
            bool(own & _MOVERS) or any(re.search(moved, text) for text in self._class_texts()) or by_others is not None
        )

    def registered(self) -> tuple[Edit, ...]:
        """Edits that register the tensor as a buffer; empty where that would raise, or another name shares it."""
        statement = self.facts.statement(self.node)
        if (
            not isinstance(statement, ast.Assign)
            or statement.targets != [self.node]
            or self._is_there_before(statement)
        ):
            return ()
        span, text = self.facts.span(statement), self.facts.chunk.text
        start = text.index("=", self.facts.span(self.node).end) + 1
        while text[start].isspace():
            start += 1
        head = Edit(Span(span.start, start), f'self.register_buffer("{self.attribute}", ')
        return head, Edit(Span(span.end, span.end), ")")

    def _is_there_before(self, statement: ast.stmt) -> bool:
        """Whether the attribute exists, or the module is not initialised yet, when a statement runs."""
        facts, start = self.facts, self.facts.span(statement).start
        path = [statement, *facts.around(statement)]
        for event in facts.events(Effect.STORE):
            other = facts.statement(facts.at(event.at[-1]))
            if event.name != self.attribute or other is None or facts.span(other).start >= start:
                continue
            block = Use(facts, event, self.run, len(event.at) - 1).block_of(other)
            if block is None or any(node in block for node in path):
                return True
        if facts.id.name.endswith(".__init__") and not any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "__init__"
            and facts.span(node).end < start
            for node in facts.unit.nodes
        ):
            return True
        owner = class_node(facts.db, UnitId(facts.id.path, facts.id.chunk, facts.id.name.rpartition(".")[0]))
        return owner is None or any(_binds(item, self.attribute) for item in owner.body)


def _binds(item: ast.stmt, name: str) -> bool:
    """Whether a statement at the level of a class gives a name a value."""
    targets: list[ast.expr] = item.targets if isinstance(item, ast.Assign) else []
    if isinstance(item, ast.AnnAssign) and item.value is not None:
        targets = [item.target]
    return any(isinstance(target, ast.Name) and target.id == name for target in targets)


_REGISTERS = re.compile(r"^(?!\s*@).*(?:\badd_module|\bregister_module|\bsetattr\(self)", re.MULTILINE)
"""Calls that register a module under a name; as a decorator, ``register_module`` enters a class in a registry."""
_MOVERS = frozenset({"to", "cuda", "cpu", "_apply"})
"""Methods that a module overrides in order to move more than its parameters and buffers."""
_MOVES = frozenset({"to", "cuda", "cpu", "xpu", "half", "float", "double", "bfloat16", "type"})
_OPTIMIZED = re.compile(
    r"(?:optim\w*\.\w+|Adam\w*|SGD|RMSprop|LBFGS|grad|param_groups?)\([^\n]*|params?\b[^\n]*=[^\n]*"
)
"""Lines that hand parameters to an optimizer or to ``autograd.grad``."""


def _elements(container: ast.expr | None) -> list[ast.expr]:
    """What a display or comprehension holds."""
    if isinstance(container, (ast.List, ast.Tuple, ast.Set)):
        return list(container.elts)
    if isinstance(container, ast.Dict):
        return list(container.values)
    if isinstance(container, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        return [container.elt]
    return [container.value] if isinstance(container, ast.DictComp) else []


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


@dataclass(frozen=True, slots=True)
class Setting(Use):
    """``object.attribute = …``, of any object."""

    def is_of_module(self) -> bool:
        """Whether the object is a module, or a part of one that has a name of modules."""
        owner, node = self.event.subject, self.node
        if owner.must_be(kinds.MODULE):
            return True
        part = node.value if isinstance(node, ast.Attribute) else None
        unseen = not owner.known and not owner.sites and bool(owner.origins) and owner.graph == GRAPH_UNKNOWN
        return unseen and isinstance(part, ast.Attribute) and part.attr in PARTS_OF_MODELS

    def owner_defines(self, name: str) -> bool:
        """Whether the class of the object has an attribute or property of that name by its own code."""
        what = self.event.subject.what
        if not isinstance(what, Definition) or not what.is_class:
            return False
        text = chunk(self.facts.db, what.unit.path, what.unit.chunk).text
        return re.search(rf"\bself\.{name}\b|^\s+{name}\b|def {name}\(", text, re.MULTILINE) is not None


class _Settings:
    def find(self, facts: Facts) -> Iterator[Setting]:
        """Assignments to attributes in the unit."""
        for event in facts.events(Effect.STORE):
            yield Setting(facts, event, facts.trace, len(event.at) - 1)


SETTINGS: Subject[Setting] = _Settings()
