"""Whether a tensor has no dimensions at all, or surely several elements."""

from __future__ import annotations

import ast

from torch_pitfalls.flow.carrying import Carrying
from torch_pitfalls.flow.values import SEVERAL, SINGLE, UNSIZED, Value, constant
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.losses import CLASS_LOSSES
from torch_pitfalls.knowledge.signatures import named
from torch_pitfalls.knowledge.sizes import (
    DOWN_TO_ONE,
    PAIRWISE,
    POINTWISE,
    REARRANGING,
    REDUCTIONS,
    SAME_SHAPE,
    SIZED_FACTORIES,
    WHOLE,
    WIDTHS,
)


class Sizes(Carrying):
    """Knows what calls of modules do to the number of elements."""

    def note_size(self, module: Value, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
        """A module is made: note what its arguments say of the size of its output."""
        if name not in WIDTHS:
            return
        size = _of_extents((named(name, args, kwargs).get(WIDTHS[name]),))
        for site in module.sites if size else ():
            self.store(site, "#size", constant(size))

    def output_size(self, module: Value, result: Value, values: tuple[Value, ...]) -> int:
        """The size of what a module returns, as far as its ``forward``, its arguments or its last part tell."""
        if not isinstance(module.what, str):
            return result.size
        if module.what == "torch.nn.Sequential" and module.items:
            given = values
            for part in module.items:
                size = self.output_size(part, result, given)
                given = (Value(size=size),)
            return given[0].size
        if module.what in SAME_SHAPE and values:
            return values[0].size
        return self._noted_size(module)

    def _noted_size(self, module: Value) -> int:
        noted = [self.load(site, "#size") for site in module.sites] or [None]
        sizes = {value.literal[0] if value is not None and value.literal is not None else UNSIZED for value in noted}
        return sizes.pop() if len(sizes) == 1 else UNSIZED


def loss_size(options: dict[str, Value], unreduced: int = UNSIZED) -> int:
    """The size of a loss with these options: a single number unless they ask for one for each sample."""
    if any(name in options for name in ("reduce", "**")):
        return UNSIZED
    reduction = options.get("reduction") if "size_average" not in options else None
    if reduction is not None and reduction.literal == ("none",):
        return unreduced
    return SINGLE if reduction is None or reduction.literal in (("mean",), ("sum",)) else UNSIZED


def loss_function_size(name: str, operands: tuple[Value, ...], options: dict[str, Value]) -> int:
    """The size of what a loss function returns; without a reduction, it is the shape of its operands."""
    several = bool(operands) and operands[0].size == SEVERAL and name not in CLASS_LOSSES
    return loss_size(options, SEVERAL if several else UNSIZED)


def size_of(name: str, values: tuple[Value, ...], kwargs: dict[str, Value]) -> int:
    """The size of the result of ``torch.name(first, …)`` or ``first.name(…)``."""
    if name in SIZED_FACTORIES:
        return _of_extents(_sizes(values, kwargs))
    if name == "full":
        return _of_extents(_sizes(values[:1], kwargs))
    if not values:
        return UNSIZED
    first, rest = values[0], values[1:]
    if name in DOWN_TO_ONE:
        return SINGLE
    if name in REDUCTIONS:
        power = name == "norm" and len(rest) == 1 and rest[0].must_be(kinds.NUMBER | kinds.STRING)
        return SINGLE if not set(kwargs) - WHOLE and (not rest or power) else UNSIZED
    if name in POINTWISE:
        return first.size
    if name in PAIRWISE:
        return size_of_sum(first, *rest[:1])
    if name in REARRANGING:
        return SEVERAL if first.size == SEVERAL else UNSIZED
    if name == "tensor" and first.literal is not None and first.must_be(kinds.NUMBER | kinds.BOOL):
        return SINGLE
    return UNSIZED


def size_of_sum(*values: Value) -> int:
    """The size of what arithmetic makes of values."""
    if any(value.size == SEVERAL for value in values):
        return SEVERAL
    plain = all(value.size == SINGLE or value.must_be(kinds.NUMBER | kinds.BOOL) for value in values)
    return SINGLE if plain and any(value.size for value in values) else UNSIZED


def _sizes(values: tuple[Value, ...], kwargs: dict[str, Value]) -> tuple[Value | None, ...]:
    given = values or ((kwargs["size"],) if "size" in kwargs else ())
    if len(given) == 1 and given[0].items is not None:
        return given[0].items
    return given


def _of_extents(extents: tuple[Value | None, ...]) -> int:
    """Several elements if all extents are known and some is more than one."""
    numbers = [each.literal[0] if each is not None and each.literal is not None else 0 for each in extents]
    known = all(isinstance(number, int) and number > 0 for number in numbers)
    return SEVERAL if known and any(number > 1 for number in numbers) else UNSIZED


def listed_size(node: ast.Call) -> int:
    """The size of ``torch.tensor([…])``."""
    data = node.args[0] if node.args else None
    if isinstance(data, (ast.List, ast.Tuple)) and len(data.elts) > 1:
        plain = all(isinstance(item, (ast.Constant, ast.UnaryOp)) for item in data.elts)
        return SEVERAL if plain else UNSIZED
    return UNSIZED
