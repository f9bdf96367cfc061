"""Which dimensions tensors have, as far as they are surely known.

Every function returns None where nothing is known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from torch_pitfalls.flow.values import Shape, Value
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.shapes import CONDENSING, LINES, SAME_AS_OTHER, TRANSPARENT, WIDE
from torch_pitfalls.knowledge.signatures import named
from torch_pitfalls.knowledge.sizes import PAIRWISE, POINTWISE, SAME_SHAPE, SIZED_FACTORIES, WHOLE
from torch_pitfalls.syntax.shapes import constant

Options = dict[str, Value]
ONE = Shape((1,), whole=False)
LINE = Shape((None,))


# ── new tensors ─────────────────────────────────────────────────────────────────────────────


def made(name: str, node: ast.Call, args: tuple[Value, ...], kwargs: Options) -> Shape | None:
    """The shape of what a factory makes."""
    if "**" in kwargs:
        return None
    if name in ("tensor", "as_tensor"):
        return _listed(node.args[0], args[0]) if node.args and args else None
    if name.endswith("_like"):
        return args[0].shape if args else None
    if name in LINES:
        return LINE
    if "size" in kwargs:
        return _sizes((kwargs["size"],))
    if name == "full":
        return _sizes(args[:1])
    return _sizes(args) if name in SIZED_FACTORIES else None


def of_numbers(node: ast.Call, args: tuple[Value, ...]) -> Shape | None:
    """The shape of ``torch.Tensor(…)``: of the list that it is given, or of these sizes."""
    if len(args) == 1 and args[0].must_be(kinds.CONTAINER) and node.args:
        return _listed(node.args[0], args[0])
    return _sizes(args) if args and all(value.must_be(kinds.NUMBER) for value in args) else None


def _sizes(values: tuple[Value, ...]) -> Shape | None:
    if len(values) == 1 and values[0].items is not None:
        values = values[0].items
    elif len(values) == 1 and not values[0].must_be(kinds.NUMBER):
        return None
    return Shape(tuple(_extent(value) for value in values)) if values else None


def _extent(value: Value) -> int | None:
    number = value.literal[0] if value.literal is not None else None
    return number if isinstance(number, int) and number >= 0 else None


def _listed(node: ast.expr, value: Value) -> Shape | None:
    """The shape of a list of numbers, or of lists of them."""
    if isinstance(node, (ast.List, ast.Tuple)) and not any(isinstance(item, ast.Starred) for item in node.elts):
        if all(_is_number(item) for item in node.elts):
            return Shape((len(node.elts),))
        inner = [_listed(item, Value()) for item in node.elts]
        first = inner[0]
        return Shape((len(node.elts), *first.dims)) if first is not None and all(s == first for s in inner) else None
    inside = value.each
    return LINE if value.must_be(kinds.CONTAINER) and inside is not None and inside.must_be(_NUMBERS) else None


def _is_number(node: ast.expr) -> bool:
    return isinstance(constant(node), (int, float)) and not isinstance(node, (ast.List, ast.Tuple))


_NUMBERS = kinds.NUMBER | kinds.BOOL


# ── operations ──────────────────────────────────────────────────────────────────────────────


def together(*values: Value) -> Shape | None:
    """The shape of what values are broadcast to."""
    found: Shape | None = Shape(())
    for value in values:
        if value.must_be(_NUMBERS):
            continue
        found = _broadcast(found, value.shape) if found is not None and value.shape is not None else None
    return found if any(not value.must_be(_NUMBERS) for value in values) else None


def _broadcast(a: Shape, b: Shape) -> Shape | None:
    if a.whole and not a.dims:
        return b
    if b.whole and not b.dims:
        return a
    if not (a.whole and b.whole):
        return a if a == b else None
    longer, shorter = (a.dims, b.dims) if len(a.dims) >= len(b.dims) else (b.dims, a.dims)
    ahead = len(longer) - len(shorter)
    return Shape(longer[:ahead] + tuple(map(_extent_of_both, longer[ahead:], shorter)))


def _extent_of_both(a: int | None, b: int | None) -> int | None:
    if a == 1:
        return b
    return a if b == 1 or a == b else None


def after(name: str, tensor: Value, args: tuple[Value, ...], kwargs: Options) -> Shape | None:
    """The shape of the result of ``tensor.name(…)``, or of ``torch.name(tensor, …)``."""
    if name in POINTWISE or name in TRANSPARENT:
        return tensor.shape
    if name in PAIRWISE:
        return together(tensor, *args[:1])
    options = named(f"torch.Tensor.{name}", args, kwargs)
    if name in SAME_AS_OTHER:
        other = options.get("index", options.get("other"))
        return other.shape if other is not None else None
    if name in CONDENSING:
        return _condensed(tensor.shape, options)
    operation = _OPERATIONS.get(name)
    return operation(tensor.shape, args, options) if operation is not None else None


def _condensed(shape: Shape | None, options: Options) -> Shape | None:
    """The shape after a dimension has been summed up."""
    given = options.get("dim", options.get("axis"))
    if given is None:
        return Shape(()) if not options.keys() - WHOLE else None
    keep = options.get("keepdim", options.get("keepdims"))
    kept = keep is not None and keep.literal == (True,)
    if (keep is not None and keep.literal is None) or given.literal is None:
        return None
    dim = given.literal[0]
    if not isinstance(dim, int) or isinstance(dim, bool):
        return None
    if kept and dim == -1 and (shape is None or not shape.whole):
        return ONE
    return _without(shape, dim, (1,) if kept else ())


def _without(shape: Shape | None, dim: int, instead: tuple[int, ...] = ()) -> Shape | None:
    """A shape with another dimension, or none, in the place of one."""
    if shape is None or not -len(shape.dims) <= dim < len(shape.dims) or (not shape.whole and dim >= 0):
        return None
    position = dim % len(shape.dims)
    dims = shape.dims[:position] + instead + shape.dims[position + 1 :]
    return Shape(dims, shape.whole) if dims or shape.whole else None


def _viewed(shape: Shape | None, args: tuple[Value, ...], options: Options) -> Shape | None:
    if "**" in options:
        return None
    if len(args) > 1:
        return Shape(tuple(_extent(value) for value in args))
    return _sizes(args)


def _squeezed(shape: Shape | None, args: tuple[Value, ...], options: Options) -> Shape | None:
    given = options.get("dim")
    if shape is None:
        return None
    if given is None:
        known = shape.whole and None not in shape.dims
        return Shape(tuple(extent for extent in shape.dims if extent != 1)) if known else None
    dim = given.literal[0] if given.literal is not None else None
    if not isinstance(dim, int) or not -len(shape.dims) <= dim < len(shape.dims) or (not shape.whole and dim >= 0):
        return None
    extent = shape.dims[dim % len(shape.dims)]
    return None if extent is None else _without(shape, dim) if extent == 1 else shape


def _unsqueezed(shape: Shape | None, args: tuple[Value, ...], options: Options) -> Shape | None:
    given = options.get("dim")
    dim = given.literal[0] if given is not None and given.literal is not None else None
    if not isinstance(dim, int):
        return None
    if shape is None or not shape.whole:
        return ONE if dim == -1 else None
    position = dim if dim >= 0 else dim + len(shape.dims) + 1
    if not 0 <= position <= len(shape.dims):
        return None
    return Shape((*shape.dims[:position], 1, *shape.dims[position:]))


def _flattened(shape: Shape | None, args: tuple[Value, ...], options: Options) -> Shape | None:
    if not options:
        return LINE
    start = options.get("start_dim")
    if len(options) != 1 or start is None or start.literal is None:
        return None
    if start.literal[0] == 0:
        return LINE
    return Shape((shape.dims[0], None)) if start.literal[0] == 1 and shape is not None and shape.whole else None


def _turned(shape: Shape | None, args: tuple[Value, ...], options: Options) -> Shape | None:
    return Shape(shape.dims[::-1]) if shape is not None and shape.whole and len(shape.dims) <= 2 else None


_OPERATIONS: dict[str, Callable[[Shape | None, tuple[Value, ...], Options], Shape | None]] = {
    "view": _viewed,
    "reshape": _viewed,
    "squeeze": _squeezed,
    "unsqueeze": _unsqueezed,
    "flatten": _flattened,
    "ravel": lambda shape, args, options: LINE,
    "t": _turned,
}


def picked(shape: Shape | None, index: ast.expr, value: Value) -> Shape | None:
    """The shape of ``tensor[index]``."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    values = value.items if isinstance(index, ast.Tuple) and value.items is not None else (value,) * len(parts)
    dims = list(shape.dims) if shape is not None else []
    if not parts:
        return shape
    if isinstance(parts[0], ast.Constant) and parts[0].value is ... and len(parts) == 2:
        if isinstance(parts[1], ast.Constant) and parts[1].value is None:
            return Shape((*dims, 1), shape is not None and shape.whole)
        return _without(shape, -1) if values[1].must_be(kinds.NUMBER) else None
    if shape is None or not shape.whole:
        return None
    found: list[int | None] = []
    for part, one in zip(parts, values, strict=False):
        if isinstance(part, ast.Constant) and part.value is None:
            found.append(1)
        elif not dims:
            return None
        elif isinstance(part, ast.Slice):
            extent = dims.pop(0)
            found.append(extent if part.lower is part.upper is part.step is None else None)
        elif one.must_be(kinds.NUMBER):
            dims.pop(0)
        else:
            return None
    return Shape((*found, *dims))


def inside(shape: Shape | None) -> Shape | None:
    """The shape of one element of the first dimension."""
    return Shape(shape.dims[1:]) if shape is not None and shape.whole and shape.dims else None


# ── modules ─────────────────────────────────────────────────────────────────────────────────


def of_layer(name: str, args: tuple[Value, ...], kwargs: Options) -> Shape | None:
    """The shape of what a layer returns, whatever it is given: how wide a linear layer makes the last dimension."""
    width = named(name, args, kwargs).get("out_features") if name in WIDE else None
    return Shape((_extent(width),), whole=False) if width is not None else None


def of_output(module: Value, given: Shape | None) -> Shape | None:
    """The shape of what a module of torch returns for an input of a shape."""
    if module.what in SAME_SHAPE:
        return given
    if module.what == "torch.nn.Sequential" and module.items:
        for part in module.items:
            given = of_output(part, given)
        return given
    if module.what not in WIDE or module.shape is None:
        return None
    whole = given is not None and given.whole and given.dims
    return Shape((*given.dims[:-1], *module.shape.dims)) if whole and given is not None else module.shape
