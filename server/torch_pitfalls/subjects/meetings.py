"""Operations in which tensors of two devices come together."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts, home
from torch_pitfalls.flow.devices import CPU, MODULE, Device
from torch_pitfalls.flow.relevance import evidence_of
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.torch_names import FACTORIES
from torch_pitfalls.rule import Edit, Note, Span, Subject, Text
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted, has_unpacking, keyword
from torch_pitfalls.syntax.units import FunctionNode

_NAME = 20
_RUNS = re.compile(r"\.(?:forward|encode|decode|generate|sample|predict|reconstruct|embed|infer|compute_|loss)\w*$")
"""Methods of modules that compute, and so run where the module has been moved to."""
_MOVES = re.compile(r"\.to\(|\.cuda\(|\.xpu\(|\.mps\(|device")
_TIED = frozenset({"device", "generator", "out"})
"""Arguments of factories that settle where the tensor is made."""


@dataclass(frozen=True, slots=True)
class Meeting(Use):
    """Something on one device meets something on another: the first is the one to be moved."""

    @property
    def stray(self) -> Device:
        """Where the one to be moved is."""
        found = self.event.subject.device
        assert found is not None
        return found

    @property
    def other(self) -> Device:
        """Where the other is."""
        found = self.event.args[0].device
        assert found is not None
        return found

    @property
    def in_module(self) -> bool:
        """Whether the other is wherever the module is whose method runs."""
        return MODULE in (self.stray.kind, self.other.kind)

    @property
    def on_accelerators(self) -> bool:
        """Whether both are on accelerators, of which there are several."""
        return CPU not in (self.stray.kind, self.other.kind) and not self.in_module

    @property
    def is_module(self) -> bool:
        """Whether the one to be moved is a module."""
        return bool(self.event.subject.kinds & kinds.MODULE)

    def meets_module(self) -> bool:
        """Whether something on the CPU meets what is wherever the module is, in a method that runs after it moved."""
        runs = _RUNS.search(self.event.at[0].unit.name) and not self.only_tells_a_shape()
        return self.stray.kind == CPU and self.other.kind == MODULE and bool(runs)

    def operand(self, which: str = "operand") -> ast.expr | None:
        """One of the two as it is written where they meet."""
        position = self._number(which)
        written = _operands(self.facts.foreign_node(self.event.at[-1]), self.event, self._number("arity"))
        return written[position] if position < len(written) else None

    def _number(self, name: str) -> int:
        value = dict(self.event.kwargs)[name].literal
        return int(value[0]) if value is not None else 0

    def name_of(self, which: str = "operand") -> str:
        """One of the two as people know it."""
        node = self.operand(which)
        return _cut(ast.unparse(node)) if node is not None else "*"

    @property
    def called(self) -> str:
        """The call in this unit through which the place is reached where they meet."""
        node = self.node
        return _cut(ast.unparse(node.func) if isinstance(node, ast.Call) else self.text)

    @property
    def elsewhere(self) -> str:
        """The device of the other as it is written where it was moved; a word for it where that is not seen."""
        target = self.target()
        return ast.unparse(target) if target is not None else self.other.name or "another device"

    def destination(self) -> str | None:
        """The name of the device to move to, if this unit knows one: best the one that the other was moved to."""
        if ":" in self.other.name:
            return None
        target = self.target()
        name = dotted(target) if target is not None else None
        return name if name is not None and self.in_scope(name) else self.device_in_scope()

    def target(self) -> ast.expr | None:
        """The expression that names the device of the other, where it was moved."""
        chain = self.other.at
        node = self.facts.foreign_node(chain[-1]) if chain else None
        if not isinstance(node, ast.Call):
            return None
        given = [item.value for item in node.keywords if item.arg == "device"]
        if isinstance(node.func, ast.Attribute) and node.func.attr == "to" and node.args:
            given += node.args[:1]
        return given[0] if given else None

    def moved(self, device: str) -> tuple[Edit, ...]:
        """Edits that move the operand where it is written; empty where it is not."""
        node = self.operand()
        plain = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
        written = self._number("operand") < self._number("arity")
        whole = self.direct and written and bool(self._number("whole"))
        if node is None or not whole or not plain:
            return ()
        end = self.facts.span(node).end
        return (Edit(Span(end, end), f".to({device})"),)

    # ── where it was made ──

    def maker(self) -> str:
        """What made the one to be moved, as this unit spells it, shortened where it is long."""
        node = self.cause_node
        return _brief(node) if isinstance(node, ast.Call) else ""

    def is_made_anew(self) -> bool:
        """Whether the stray comes from a factory or constructor that names no device, and not from a transfer."""
        node = self.facts.foreign_node(self.stray.at[-1]) if self.stray.at else None
        if not isinstance(node, ast.Call) or keyword(node, "device") is not None:
            return False
        return not (isinstance(node.func, ast.Attribute) and node.func.attr in ("cpu", "to"))

    def stays_at_home(self) -> bool:
        """Whether the class is only used in this file, and nothing in this file moves."""
        owner, _, _ = self.facts.id.name.rpartition(".")
        text = self.facts.file_text()
        if not owner or _MOVES.search(text) or not re.search(rf"\b{re.escape(owner)}\(", text):
            return False
        return not self.facts.db.input("importers", self.facts.id.path)

    def beside(self) -> str | None:
        """A tensor that is where the module is and has a name where the stray is made; None if none is sure."""
        made, other = self.cause_node, self.operand("other")
        function = self.facts.node
        if (
            made is None
            or not self.cause_is_direct
            or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        ):
            return None
        text = dotted(other) if other is not None and self.direct else None
        if text is not None and self.event.args[0].kinds & kinds.MODULE:
            return f"next({text}.parameters())" if text.startswith("self.") else None
        if text is not None and (text.startswith("self.") or self._is_tensor_from_the_start(function, text)):
            return text
        given = [parameter.arg for parameter in function.args.args[1:]]
        return next((name for name in given if self._is_tensor_from_the_start(function, name)), None)

    def _is_tensor_from_the_start(self, function: FunctionNode, name: str) -> bool:
        """Whether a parameter surely is a tensor, and whatever it is set to before the stray is made is one too."""
        parameter = next((item for item in function.args.args[1:] if item.arg == name), None)
        if parameter is None:
            return False
        for node in self.facts.unit.nodes:
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                return False
        known = {dotted(parameter.annotation) if parameter.annotation is not None else None}
        evidence = evidence_of(self.facts.db, self.facts.id).get(name)
        return bool(known & {"Tensor", "torch.Tensor"}) or (parameter.annotation is None and evidence == kinds.TENSOR)

    def takes_device(self) -> bool:
        """Whether the stray is made in this unit by a factory that may be told a device."""
        made = self.cause_node
        name = dotted(made.func) if isinstance(made, ast.Call) and self.cause_is_direct else None
        return name is not None and name.rpartition(".")[2] in FACTORIES

    def with_device(self, device: str) -> Edit | None:
        """Make the stray on a device, or move it there at once; None where that is not plain."""
        made = self.cause_node
        if not isinstance(made, ast.Call) or not self.cause_is_direct:
            return None
        given = [*made.args, *(item.value for item in made.keywords)]
        if not self.takes_device():
            end = self.facts.span(made).end
            return Edit(Span(end, end), f".to({device})")
        if has_unpacking(made) or any(isinstance(item, ast.GeneratorExp) for item in given):
            return None
        if any(item.arg in _TIED for item in made.keywords):
            return None
        end = max((self.facts.span(item).end for item in given), default=self.facts.span(made).end - 1)
        return Edit(Span(end, end), f", device={device}" if given else f"device={device}")

    def note_on_other(self, text: Text) -> tuple[Note, ...]:
        """A note where the other was put on its device."""
        return self.note_at(self.other.at, text) if self.other.at else ()


def _brief(call: ast.Call) -> str:
    """A call as it is written, its arguments left out where it is long."""
    text = ast.unparse(call)
    return text if len(text) <= _NAME else f"{ast.unparse(call.func)}(…)"


def _cut(text: str) -> str:
    """Code that shares a headline with other code."""
    return text if len(text) <= _NAME and "\n" not in text else f"{text.splitlines()[0][: _NAME - 1]}…"


def _operands(node: ast.AST | None, event: Event, arity: int) -> list[ast.expr]:
    """The expressions that take part in an operation, in the order of evaluation."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Subscript):
        return [node.value, node.slice]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.AugAssign):
        return [node.target, node.value]
    if isinstance(node, ast.Call):
        given = [*node.args, *(item.value for item in node.keywords)]
        if event.name in ("call", "loss"):
            return [*given, node.func]
        if isinstance(node.func, ast.Attribute) and len(given) < arity:
            return [node.func.value, *given]
        return given
    return []


class _Meetings:
    def find(self, facts: Facts) -> Iterator[Meeting]:
        """Meetings whose cause and place part ways in the unit, in every run of it."""
        for event, run in facts.all_events(Effect.MEET):
            device = event.subject.device
            if device is None:
                continue
            index = own = home(event.at, device.at)
            while index > 0 and event.at[index].unit.path != facts.id.path:
                index -= 1
            if event.at[index].unit != facts.id:
                continue
            if any(facts.said_from(event, i, lambda other: True) for i in range(index + 1, own + 1)):
                continue
            yield Meeting(facts, event, run, index, device.at)


MEETINGS: Subject[Meeting] = _Meetings()
