"""Comparisons of devices."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.devices import ACCELERATOR, OF_TENSOR
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import Ref


@dataclass(frozen=True, slots=True)
class DeviceComparison(Use):
    """``a == b`` or the like, where one of the two is a device."""

    @property
    def operands(self) -> tuple[ast.expr, ast.expr]:
        """What is compared, as it is written."""
        node = self.node
        assert isinstance(node, ast.Compare)
        return node.left, node.comparators[0]

    @property
    def values(self) -> tuple[Value, Value]:
        """What is compared."""
        return self.event.subject, self.event.args[0]

    @property
    def negated(self) -> bool:
        """Whether it holds where the two differ."""
        node = self.node
        return isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.NotEq, ast.NotIn))

    def with_string(self) -> bool:
        """Whether a device is compared with a string, or with several of them."""
        left, right = self.values
        node = self.node
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            several = getattr(self.operands[1], "elts", [])
            return _is_device(left) and bool(several) and all(_is_string(item) for item in several)
        return (_is_device(left) and right.must_be(kinds.STRING)) or (left.must_be(kinds.STRING) and _is_device(right))

    def without_index(self) -> bool:
        """Whether the device of a tensor is compared with an accelerator that is named without its index."""
        for one, other in (self.values, self.values[::-1]):
            place = other.device
            if one.what == OF_TENSOR and other.what == "torch.device" and place is not None:
                return place.kind == ACCELERATOR and bool(place.name) and ":" not in place.name
        return False

    def with_variable(self) -> bool:
        """Whether no device is named in place: where there is no accelerator, the other may be the CPU."""
        return not any(
            isinstance(node, ast.Call) and value.what == "torch.device"
            for node, value in zip(self.operands, self.values, strict=True)
        )

    def of_two_names(self) -> bool:
        """Whether two devices are named in place, one with its index and one without."""
        names = [value.device.name if value.device is not None else "" for value in self.values]
        if any(value.what != "torch.device" for value in self.values) or "" in names:
            return False
        kinds_of = {name.partition(":")[0] for name in names}
        return len(kinds_of) == 1 and names[0] != names[1] and any(":" not in name for name in names)

    # ── edits ──

    def by_type(self) -> tuple[Edit, ...]:
        """Edits that compare the types of the devices; empty where that is not what is meant."""
        edits = [self._typed(node, value) for node, value in zip(self.operands, self.values, strict=True)]
        return tuple(edit for edit in edits if edit is not None) if None not in edits else ()

    def _typed(self, node: ast.expr, value: Value) -> Edit | None:
        span = self.facts.span(node)
        strings = getattr(node, "elts", [node])
        if strings and all(_is_string(item) for item in strings):
            plain = all(isinstance(item, ast.Constant) and ":" not in str(item.value) for item in strings)
            return Edit(Span(span.start, span.start), "") if plain else None
        if not _is_device(value) or not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            return None
        named = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords else None
        if value.what == "torch.device" and named is not None and _is_string(named):
            return Edit(span, self.facts.text(named))
        return Edit(Span(span.end, span.end), ".type")

    def by_device(self) -> tuple[Edit, ...]:
        """Edits that make a device of a string with an index; empty where there is none, or torch is not imported."""
        torch = self.facts.spelled("torch")
        for node in self.operands:
            if torch is not None and isinstance(node, ast.Constant) and _is_string(node) and ":" in str(node.value):
                span = self.facts.span(node)
                return (Edit(span, f"{torch}.device({self.facts.text(node)})"),)
        return ()

    def device_text(self) -> str:
        """The device as it is written: that of a tensor, if there is one."""
        found = [node for node, value in zip(self.operands, self.values, strict=True) if _is_device(value)]
        tensors = [node for node in found if (dotted(node) or "").endswith(".device")]
        return self.shortened((tensors or found)[0])


def _is_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_device(value: Value) -> bool:
    return value.must_be(kinds.DEVICE) and value.what in (OF_TENSOR, "torch.device")


class _DeviceComparisons:
    def find(self, facts: Facts) -> Iterator[DeviceComparison]:
        """Comparisons of two values, of which one is a device however one gets there, or however callers lead there."""
        own: dict[Ref, list[tuple[Event, Trace]]] = {}
        called: dict[Ref, list[tuple[Event, Trace]]] = {}
        for event, run in facts.all_events(Effect.COMPARE):
            if event.at[-1].unit == facts.id:
                (own if run is facts.trace else called).setdefault(event.at[-1], []).append((event, run))
        for ref in {**own, **called}:
            node = facts.at(ref)
            known = next((uses for uses in (own.get(ref), called.get(ref)) if uses and _all_tell(uses)), None)
            if known is None or not isinstance(node, ast.Compare) or len(node.ops) > 1:
                continue
            if isinstance(node.ops[0], _OPERATORS):
                yield DeviceComparison(facts, known[0][0], known[0][1], len(known[0][0].at) - 1)


def _all_tell(uses: list[tuple[Event, Trace]]) -> bool:
    """Whether something is surely a device in each of several comparisons."""
    return all(any(map(_is_device, (event.subject, *event.args))) for event, _ in uses)


_OPERATORS = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)

DEVICE_COMPARISONS: Subject[DeviceComparison] = _DeviceComparisons()
