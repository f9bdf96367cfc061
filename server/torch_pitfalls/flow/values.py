"""Abstract values: what may be known of the result of an expression."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import reduce
from typing import Any, NamedTuple

from torch_pitfalls.flow.devices import Device, either, named, same
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.activations import OUTPUT
from torch_pitfalls.names.resolve import External
from torch_pitfalls.names.scopes import Definition

Site = int
"""Where an object is made: a call, a parameter, an attribute of another object. Identity is by site."""

EVERY = "every parameter"
"""``what`` of a parameter that stands for each one of a module in turn."""
PARAMETER = "torch.nn.Parameter"
"""``what`` of a parameter that the program makes."""
SOME = "some"
"""``what`` of a selection: not all of what it goes over need be in it."""

BY_DEFAULT = "by default"
"""``what`` of the number, the device or ``None`` that a parameter is where nobody gives another."""
BOUNDED = "bounded"
"""``what`` of a container that drops old elements for new ones."""

NO_SITES: frozenset[Site] = frozenset()
MAX_SITES = 8
MAX_DEPTH = 3

# Whether a tensor carries an autograd graph or requires a gradient.
GRAPH_UNKNOWN, GRAPH_NO, GRAPH_YES = 0, 1, 2
# How many elements a tensor has: not known, no dimensions and so one, surely several.
UNSIZED, SINGLE, SEVERAL = 0, 1, 2


class Activation(NamedTuple):
    """What a tensor went through last (``softmax``, a ``linear`` layer …), where, and whose output it is."""

    name: str
    at: tuple[Any, ...]
    of: frozenset[Site] = NO_SITES


class Cut(NamedTuple):
    """How and where a value left the graph that it was computed in (``detach``, ``item``, ``no_grad`` …)."""

    how: str
    at: tuple[Any, ...]


class Entry(NamedTuple):
    """``what`` of a tensor that is, or shares its memory with, an entry of a state dict."""

    state: Site


class Spent(NamedTuple):
    """The graph of a value has been used up by a backward.

    at      the backward; loops  the loops around it
    retained whether it kept the graph for another one
    loop    the loop whose next iteration begins with it; name  the variable or attribute that carries it there
    fresh   whether nothing has been computed with it since
    """

    at: tuple[Any, ...]
    loops: tuple[Any, ...]
    retained: bool = False
    loop: tuple[Any, ...] = ()
    name: str = ""
    fresh: bool = False


class Shape(NamedTuple):
    """The dimensions of a tensor, None where the extent is not known; unless ``whole``, others may come first."""

    dims: tuple[int | None, ...]
    whole: bool = True


class Multiple(NamedTuple):
    """A number that grows with something: so many times the result of a function."""

    of: str
    factor: float


class ModeOf(NamedTuple):
    """``what`` of a flag that says whether modules were in training mode when it was read."""

    modules: frozenset[Site]


class OneOf(NamedTuple):
    """``what`` of a name that stands for one of several classes and functions."""

    names: frozenset[External | Definition]


class Value(NamedTuple):
    """One abstract value.

    kinds    union of bits from ``knowledge.kinds``; 0 is unknown
    sites    which objects it may be; empty: unknown
    what     the class of an instance, or the function, class or module that the name refers to; of a number, a
             Multiple; of a tensor, perhaps an Entry
    literal  ``(value,)`` of a constant; None if there is none
    graph    whether a tensor carries a graph
    leaf     whether a tensor is surely a leaf of the graph
    origins  objects that it was computed from: modules, tensors, accumulators
    act      last activation of a tensor; of a module, how its output ends where its class does not tell
    items    elements of a tuple, in order
    each     what a container or iterator holds, joined
    loaders  the places that made the data loaders of which it may be a batch, or a part of one
    device   where a tensor is; of a string or device, which one it names
    cut      how a tensor, or a number made of one, left its graph; kept by what is computed from it without a graph
    mean     whether it is a loss that was averaged over a batch, and not scaled since; of a module that computes
             losses, whether it averages
    wrapped  the wrapper in which a module surely is; of a state dict, the one of its module
    spent    the backward that has used up its graph
    size     whether a tensor has no dimensions (``SINGLE``), or surely several elements (``SEVERAL``); of a module
             that computes losses, what they have
    shape    the dimensions of a tensor, as far as they are known; of a linear layer, those of its output
    """

    kinds: int = kinds.UNKNOWN
    sites: frozenset[Site] = NO_SITES
    what: Hashable = None
    literal: tuple[Any] | None = None
    graph: int = GRAPH_UNKNOWN
    leaf: bool = False
    origins: frozenset[Site] = NO_SITES
    act: Activation | None = None
    items: tuple[Value, ...] | None = None
    each: Value | None = None
    loaders: frozenset[tuple[Any, ...]] = frozenset()
    device: Device | None = None
    cut: Cut | None = None
    mean: bool = False
    wrapped: str = ""
    size: int = UNSIZED
    shape: Shape | None = None
    spent: Spent | None = None

    def must_be(self, kind: int) -> bool:
        """Whether every possibility is of the kind; false if unknown."""
        return bool(self.kinds) and not self.kinds & ~kind

    def may_be(self, kind: int) -> bool:
        """Whether some possibility is of the kind, or nothing is known."""
        return not self.kinds or bool(self.kinds & kind)

    @property
    def is_parameter(self) -> bool:
        """Whether a tensor is itself an ``nn.Parameter``, with or without a gradient."""
        return self.what == PARAMETER and (self.leaf or self.graph != GRAPH_YES)

    def made_of(self) -> Value:
        """The tensor as something that was made of it: no leaf, and no parameter."""
        return self._replace(leaf=False, what=None if self.is_parameter and self.graph != GRAPH_YES else self.what)

    @property
    def known(self) -> bool:
        """Whether anything at all is known of the kind."""
        return bool(self.kinds)


_NAMES_DEVICE = kinds.STRING | kinds.DEVICE

UNKNOWN = Value()
FURTHER_POSITIONAL = Value(kinds.CONTAINER, what="positional")
"""What stands under ``**`` among keyword arguments where ``*args`` give further positional ones, and no keywords."""
NONE = Value(kinds.NONE, literal=(None,))
NUMBER = Value(kinds.NUMBER)
STRING = Value(kinds.STRING)
BOOL = Value(kinds.BOOL)


def constant(value: Any) -> Value:
    """The value of a constant expression."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return Value(kinds.BOOL, literal=(value,))
    if isinstance(value, (int, float, complex)):
        return Value(kinds.NUMBER, literal=(value,))
    if isinstance(value, (str, bytes)):
        return Value(kinds.STRING, literal=(value,), device=named(value))
    return UNKNOWN


def join(a: Value, b: Value, depth: int = 0) -> Value:
    """What is known if it is one of the two."""
    if a is b or a == b:
        return a
    if depth > MAX_DEPTH:
        return UNKNOWN
    # None beside an object is an unset variable; the object is what a use of it means.
    if a.kinds == kinds.NONE and b.kinds & ~kinds.PLAIN:
        return _beside_none(b)
    if b.kinds == kinds.NONE and a.kinds & ~kinds.PLAIN:
        return _beside_none(a)
    names = _names(a) | _names(b) if _names(a) and _names(b) else frozenset()
    if 1 < len(names) <= MAX_SITES:
        return Value(a.kinds | b.kinds if a.kinds and b.kinds else kinds.UNKNOWN, what=OneOf(names))
    origins = a.origins | b.origins
    sites = a.sites | b.sites if a.sites and b.sites else NO_SITES
    if len(sites) > MAX_SITES:
        sites = NO_SITES
    if not a.kinds or not b.kinds:
        graph = a.graph if a.graph == b.graph else GRAPH_UNKNOWN
        loaders, device = a.loaders | b.loaders, same(a.device, b.device)
        cut, mean = _either_cut(a, b), a.mean and b.mean
        found = Value(sites=sites, origins=origins, graph=graph, loaders=loaders, device=device, cut=cut, mean=mean)
        return found._replace(wrapped=_in_both(a, b), spent=_both_spent(a, b))
    items = None
    if a.items is not None and b.items is not None and len(a.items) == len(b.items):
        items = tuple(join(x, y, depth + 1) for x, y in zip(a.items, b.items, strict=True))
    each = None
    if a.each is not None and b.each is not None:
        each = join(a.each, b.each, depth + 1)
    return Value(
        a.kinds | b.kinds,
        sites,
        a.what if a.what == b.what else None,
        a.literal if a.literal == b.literal and a.kinds == b.kinds else None,
        a.graph if a.graph == b.graph else GRAPH_UNKNOWN,
        a.leaf and b.leaf,
        origins,
        _either_act(a, b),
        items,
        each,
        a.loaders | b.loaders,
        (same if (a.kinds | b.kinds) & ~_NAMES_DEVICE else either)(a.device, b.device),
        _either_cut(a, b),
        a.mean and b.mean,
        _in_both(a, b),
        _either_size(a, b),
        a.shape if a.shape == b.shape else _either_shape(a.shape, b.shape),
        _both_spent(a, b),
    )


UNDECIDED = Activation("", ())
"""``act`` of a module whose output depends on how it was set up, or that need not be there at all."""


def _beside_none(value: Value) -> Value:
    return value._replace(literal=None, act=UNDECIDED if value.kinds & kinds.MODULE else value.act)


def _either_size(a: Value, b: Value) -> int:
    """The size of one of two; a number has no dimensions either: sums begin with 0."""
    sizes = {SINGLE if value.kinds == kinds.NUMBER else value.size for value in (a, b)}
    return sizes.pop() if len(sizes) == 1 and (a.kinds | b.kinds) & kinds.TENSOR else UNSIZED


def summed(value: Value) -> Value:
    """A sum that may not have begun: what is asked of it is asked of the tensors that were added to 0."""
    return value._replace(kinds=kinds.TENSOR) if value.kinds == kinds.NUMBER | kinds.TENSOR else value


def _either_shape(a: Shape | None, b: Shape | None) -> Shape | None:
    if a is None or b is None or a.whole != b.whole or len(a.dims) != len(b.dims):
        return None
    return Shape(tuple(x if x == y else None for x, y in zip(a.dims, b.dims, strict=True)), a.whole)


def _either_act(a: Value, b: Value) -> Activation | None:
    if a.act == b.act:
        return a.act
    if (a.kinds | b.kinds) & kinds.MODULE:
        return UNDECIDED
    both = a.act is not None and b.act is not None and a.act.name == b.act.name and a.act.of == b.act.of
    return a.act if both else None


def _names(value: Value) -> frozenset[External | Definition]:
    """The classes and functions that a value stands for by name; none if it is anything else."""
    what = value.what
    if value.kinds & ~(kinds.CLASS | kinds.FUNCTION) or value.sites or value.items is not None:
        return frozenset()
    if isinstance(what, OneOf):
        return what.names
    return frozenset({what}) if isinstance(what, (External, Definition)) else frozenset()


def _both_spent(a: Value, b: Value) -> Spent | None:
    if a.spent is None or b.spent is None:
        return None
    if a.spent._replace(fresh=b.spent.fresh) != b.spent:
        return None
    return a.spent if a.spent.fresh else b.spent


def _either_cut(a: Value, b: Value) -> Cut | None:
    if a.must_be(kinds.NUMBER) and b.must_be(kinds.NUMBER):
        # A number has no graph, whichever way it came about.
        return a.cut or b.cut
    return min(a.cut, b.cut) if a.cut is not None and b.cut is not None else None


def join_all(values: Iterable[Value]) -> Value:
    """What is known if it is one of several; unknown for none."""
    found = list(values)
    return reduce(join, found) if found else UNKNOWN


def _in_both(a: Value, b: Value) -> str:
    return a.wrapped if a.wrapped == b.wrapped else ""


def element(value: Value) -> Value:
    """What iterating over a value yields."""
    if value.items is not None:
        return join_all(value.items)
    if value.each is not None:
        return value.each
    graph, loaders, device = value.graph, value.loaders, value.device
    found = Value(sites=value.sites, origins=value.origins, graph=graph, loaders=loaders, device=device)
    return found._replace(spent=value.spent) if value.spent is not None else found


def stripped(value: Value, depth: int = 0) -> Value:
    """What may be said of a value outside the interpretation that made it: all but identities."""
    if depth > MAX_DEPTH:
        return UNKNOWN
    return Value(
        value.kinds,
        what=None if _is_local(value.what) else value.what,
        literal=value.literal,
        graph=value.graph,
        leaf=value.leaf,
        act=_act_elsewhere(value.act),
        items=tuple(stripped(item, depth + 1) for item in value.items) if value.items is not None else None,
        each=stripped(value.each, depth + 1) if value.each is not None else None,
        device=value.device,
        mean=value.mean and value.must_be(kinds.LOSS),
        wrapped=value.wrapped,
        size=value.size,
        shape=value.shape,
    )


def _act_elsewhere(act: Activation | None) -> Activation | None:
    if act is None or act.name == OUTPUT:
        return None
    return act._replace(of=NO_SITES) if act.of else act


def without_activations(value: Value) -> Value:
    """A value, or a tuple of them, of which it is not known what it went through last."""
    items = tuple(part._replace(act=None) for part in value.items) if value.items is not None else None
    return value._replace(act=None, items=items)


def _is_local(what: Hashable) -> bool:
    return isinstance(what, (Entry, ModeOf)) or (
        isinstance(what, tuple) and bool(what) and what[0] in ("local", "partial", "generator")
    )


def kept_as(added: Value, kept: Site) -> Value:
    """Something in a container, with the site that tells that it was put there."""
    return added._replace(origins=added.origins | {kept}) if added.may_be(kinds.TENSOR | kinds.CONTAINER) else added


def derived(value: Value) -> frozenset[Site]:
    """The objects that anything computed from a value was computed from."""
    found = value.origins | value.sites
    for inner in (*(value.items or ()), *((value.each,) if value.each is not None else ())):
        found |= derived(inner)
    return found
