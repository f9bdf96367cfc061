"""What is known of a variable at the place where it stands, in words."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import NamedTuple

from torch_pitfalls.db import Database
from torch_pitfalls.facts import Facts, chunk_units, root_of, visitors_of
from torch_pitfalls.flow.devices import ACCELERATOR, CPU, MODULE, VARIABLE, Device
from torch_pitfalls.flow.sightings import Sighting, sightings
from torch_pitfalls.flow.state import GRAD_OFF, Chain, Held
from torch_pitfalls.flow.values import GRAPH_NO, GRAPH_YES
from torch_pitfalls.knowledge import cuts, kinds
from torch_pitfalls.messages import Text, say
from torch_pitfalls.names.resolve import External
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.places import chunked
from torch_pitfalls.rule import Span
from torch_pitfalls.syntax.units import Ref


class Since(NamedTuple):
    """The place that brought something about: its line from 0, and the first line of its code."""

    path: str
    line: int
    code: str


class Detail(NamedTuple):
    """One thing that is known."""

    label: Text
    text: Text
    since: tuple[Since, ...] = ()


class Known(NamedTuple):
    """What is known of the name or attribute at ``span``, which is written ``name``."""

    span: Span
    name: str
    kind: Text
    details: tuple[Detail, ...]


def known(db: Database, path: str, offset: int) -> Known | None:
    """What is known of the variable at an offset of a file's text; None where there is nothing to say."""
    file = chunked(db, path)
    number = file.chunk_at(offset)
    if number is None:
        return None
    base = file.starts[number]
    for id in chunk_units(db, path, number):
        facts = Facts(db, id)
        node = _pointed_at(facts, offset - base)
        sighting = seen(facts, node) if node is not None else None
        kind = _kind(sighting) if sighting is not None else None
        if node is not None and sighting is not None and kind is not None:
            details = tuple(_details(_Reader(facts), sighting))
            return Known(facts.span(node).shifted(base), facts.text(node), kind, details) if details else None
    return None


def _pointed_at(facts: Facts, offset: int) -> ast.expr | None:
    """The name at an offset, or the attribute whose last part is there; not the function of a call."""
    for node in facts.unit.nodes:
        if isinstance(node, (ast.Name, ast.Attribute)):
            span = facts.span(node)
            start = span.end - len(node.attr) if isinstance(node, ast.Attribute) else span.start
            if start <= offset <= span.end:
                return node
    return None


def seen(facts: Facts, node: ast.AST) -> Sighting | None:
    """What is known of a node when its unit runs by itself; what that leaves open, its callers may tell."""
    ref = Ref(facts.id, node.ordinal)  # type: ignore[attr-defined]
    own = sightings(facts.db, root_of(facts.id)).get(ref)
    if own is not None and not _is_open(own):
        return own
    others = [sightings(facts.db, root).get(ref) for root, _ in visitors_of(facts.db, facts.id)]
    told = [one for one in others if one is not None]
    return reduce(Sighting.beside, told) if told else own


def _is_open(sighting: Sighting) -> bool:
    """Whether the caller decides the mode of a module, or the graph and device of a tensor."""
    if sighting.value.must_be(kinds.MODULE):
        return _states(sighting.states) is None
    return sighting.value.must_be(kinds.TENSOR) and not sighting.value.graph and sighting.device is None


def _states(states: Iterable[Held]) -> set[str] | None:
    """The lifecycle states something may be in; None if one of them is not known."""
    found = {held.state for held in states}
    return found if found and not found & {"unknown", "given"} else None


# ── kinds ───────────────────────────────────────────────────────────────────────────────────────

_KINDS = {
    kinds.MODULE: say("module"),
    kinds.LOSS: say("loss function"),
    kinds.OPTIMIZER: say("optimizer"),
    kinds.SCHEDULER: say("learning rate scheduler"),
    kinds.TENSOR: say("tensor"),
    kinds.PARAMETERS: say("parameters"),
    kinds.LOADER: say("data loader"),
    kinds.DATASET: say("data set"),
    kinds.SAMPLER: say("sampler"),
    kinds.SCALER: say("gradient scaler"),
    kinds.STATE_DICT: say("state dict"),
    kinds.DEVICE: say("device"),
    kinds.NUMBER: say("number"),
    kinds.ARRAY: say("NumPy array"),
}
_OF_INTEREST = ~(kinds.NUMBER | kinds.DEVICE)


def _kind(sighting: Sighting) -> Text | None:
    """The kind in words, with the class where it is known; None if it is of no interest."""
    value = sighting.value
    bits = [bit for bit in _KINDS if value.kinds & bit]
    if not bits or value.kinds & ~sum(_KINDS) or not (value.kinds & _OF_INTEREST or value.device is not None):
        return None
    if len(bits) == 2:
        return say("{kind} or {other}", kind=_KINDS[bits[0]], other=_KINDS[bits[1]])
    if len(bits) > 2:
        return None
    name = _class_name(value.what)
    return say("{kind} `{name}`", kind=_KINDS[bits[0]], name=name) if name else _KINDS[bits[0]]


def _class_name(what: object) -> str:
    if isinstance(what, External):
        return what.qualified.rpartition(".")[2]
    if isinstance(what, Definition) and what.is_class:
        return what.unit.name.rpartition(".")[2]
    return ""


# ── details ─────────────────────────────────────────────────────────────────────────────────────


class _Reader:
    """Finds the code behind places, for somebody who reads one unit."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def since(self, *chains: Chain | None) -> tuple[Since, ...]:
        """The places of some causes, each once, in order."""
        found = {self._place(chain) for chain in chains if chain}
        return tuple(sorted(place for place in found if place is not None))

    def _place(self, chain: Chain) -> Since | None:
        here = [ref for ref in chain if root_of(ref.unit) == root_of(self._facts.id)]
        place = self._facts.place((here or chain)[-1])
        if place is None:
            return None
        file = chunked(self._facts.db, place.path)
        span = place.span.shifted(file.starts.get(place.chunk, 0))
        code = file.source.text[span.start : span.end].partition("\n")[0].rstrip()
        return Since(place.path, file.source.position(span.start)[0], code)


def _details(reader: _Reader, sighting: Sighting) -> Iterator[Detail]:
    value = sighting.value
    if value.must_be(kinds.MODULE):
        yield from _of_module(reader, sighting)
    elif value.must_be(kinds.OPTIMIZER):
        yield from _of_optimizer(reader, sighting)
    elif value.kinds & kinds.TENSOR:
        yield from _of_tensor(reader, sighting)
    if sighting.device is not None and value.kinds & (kinds.MODULE | kinds.TENSOR):
        yield from _of_device(reader, sighting.device)
    elif value.must_be(kinds.DEVICE) and value.device is not None:
        yield from _of_device(reader, value.device)
    if sighting.grad == GRAD_OFF and value.kinds & (kinds.MODULE | kinds.TENSOR):
        yield Detail(say("autograd"), say("off here"))


_MODES = {
    frozenset({"train"}): say("training"),
    frozenset({"eval"}): say("evaluation"),
    frozenset({"train", "eval"}): say("training or evaluation"),
}
_FROZEN = {"frozen": say("frozen"), "partly": say("frozen, but for a new part")}


def _of_module(reader: _Reader, sighting: Sighting) -> Iterator[Detail]:
    states = _states(sighting.states)
    if states is not None:
        since = reader.since(*(held.because for held in sighting.states))
        yield Detail(say("mode"), _MODES[frozenset(states)], since)
    training = _states(sighting.training) or set()
    if len(training) == 1 and training <= set(_FROZEN):
        since = reader.since(*(held.because for held in sighting.training))
        yield Detail(say("parameters"), _FROZEN[training.pop()], since)


_GRADIENTS = {
    "new": say("none yet"),
    "clean": say("cleared"),
    "fresh": say("of this step alone"),
    "spent": say("used by a step, and not cleared yet"),
    "wiped": say("cleared before a step has used them"),
    "mixed": say("new ones on top of used ones"),
    "due": say("added to what was there before"),
}
_WORST = ("mixed", "wiped", "due", "spent", "fresh", "clean", "new")


def _of_optimizer(reader: _Reader, sighting: Sighting) -> Iterator[Detail]:
    if sighting.owners:
        yield Detail(say("trains"), say("{names}", names=_listed(sighting.owners)))
    states = _states(sighting.states)
    if states is not None:
        state = next(state for state in _WORST if state in states)
        since = reader.since(*(held.because for held in sighting.states if held.state == state))
        yield Detail(say("gradients"), _GRADIENTS[state], since)


def _of_tensor(reader: _Reader, sighting: Sighting) -> Iterator[Detail]:
    value = sighting.value
    if value.leaf:
        yield Detail(say("graph"), say("a leaf that requires a gradient"))
    elif value.graph == GRAPH_YES and sighting.owners:
        yield Detail(say("graph"), say("leads back to {names}", names=_listed(sighting.owners)))
    elif value.graph == GRAPH_YES:
        yield Detail(say("graph"), say("carries one"))
    elif value.cut is not None and value.must_be(kinds.TENSOR):
        how = say("none: computed under `no_grad`") if value.cut.how == cuts.NO_GRAD else say("none: cut off")
        yield Detail(say("graph"), how, reader.since(value.cut.at))
    elif value.graph == GRAPH_NO:
        yield Detail(say("graph"), say("none"))
    if value.act is not None:
        text = say("`{name}` has been applied", name=value.act.name)
        yield Detail(say("activation"), text, reader.since(value.act.at))


def _of_device(reader: _Reader, device: Device) -> Iterator[Detail]:
    if device.kind == MODULE:
        yield Detail(say("device"), say("that of the module"))
    elif device.kind in (CPU, ACCELERATOR, VARIABLE):
        name = say("`{name}`", name=device.name) if device.name else say("an accelerator")
        if device.name or device.kind == ACCELERATOR:
            yield Detail(say("device"), name, reader.since(device.at))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
