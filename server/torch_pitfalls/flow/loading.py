"""Data loaders, samplers and data sets: what they are made of, and what a loader yields."""

from __future__ import annotations

import ast
from abc import abstractmethod
from functools import reduce

from torch_pitfalls.flow.devices import ACCELERATOR, CPU, Device, same
from torch_pitfalls.flow.expressions import Expressions
from torch_pitfalls.flow.placement import places_tensors
from torch_pitfalls.flow.values import GRAPH_NO, UNKNOWN, Shape, Value, join_all
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.data import DISTRIBUTED_SAMPLER, LOADER, SUBSETS, TENSORS
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import named
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.units import UnitId

_MAX_NESTING = 4


def _collated(sample: Value) -> Value:
    """What becomes of a sample, or a field of one, in a batch that nobody collates by hand."""
    if sample.items is not None:
        return Value(kinds.CONTAINER, items=tuple(map(_collated, sample.items)))
    kind = kinds.TENSOR if sample.must_be(kinds.TENSOR | kinds.ARRAY) else kinds.UNKNOWN
    return Value(kind, graph=GRAPH_NO)


class Loading(Expressions):
    """Constructors of ``torch.utils.data``."""

    def made_loader(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """A data loader that a call constructs, with its options by name."""
        site = self.new_site(node)
        self._forget_options(site)
        options = named(LOADER, args, kwargs)
        for option, value in options.items():
            self.store(site, option, value)
        self.store(site, "#made", Value(what=self.place(node)))
        loader = Value(kinds.LOADER, frozenset({site}), what=name, device=self._source(options))
        self.record(Effect.LOADER, node, name, loader, self._datasets(options.get("dataset", UNKNOWN), 0), options)
        return loader

    def made_sampler(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """A sampler that a call constructs, with its options by name."""
        site = self.new_site(node)
        self._forget_options(site)
        for option, value in named(DISTRIBUTED_SAMPLER, args, kwargs).items():
            self.store(site, option, value)
        return Value(kinds.SAMPLER, frozenset({site}), what=name)

    def made_dataset(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """A data set of torch's that a call constructs; one that holds others keeps them."""
        site = self.new_site(node)
        self._forget_options(site)
        if name in SUBSETS:
            for inner in (*args[:1], *kwargs.values()):
                self.store(site, "dataset", inner)
        else:
            for position, value in enumerate(args):
                self.store(site, f"#{position}", value)
        values = [part for value in (*args, *kwargs.values()) for part in value.items or (value,)]
        sources = [value.device for value in values if value.may_be(kinds.TENSOR | kinds.DATASET)]
        place = reduce(same, sources) if sources else None
        return Value(kinds.DATASET, frozenset({site}), what=name, device=place)

    def split_dataset(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """``random_split``: several parts of a data set."""
        part = self.made_dataset(node, "torch.utils.data.Subset", args, kwargs)
        return Value(kinds.CONTAINER, each=part)

    def _source(self, options: dict[str, Value]) -> Device | None:
        """Where the batches of a loader are: where its data set makes them, unless something may move them."""
        collate = options.get("collate_fn")
        data = options.get("dataset", UNKNOWN)
        if "**" in options or (collate is not None and not self._leaves_in_place(collate)):
            return None
        return data.device

    def _leaves_in_place(self, function: Value) -> bool:
        """Whether a function of the workspace moves nothing."""
        return isinstance(function.what, Definition) and not places_tensors(self.db, function.what.unit)

    def _forget_options(self, site: int) -> None:
        for name in self.fields.get(site, ()):
            self.state.heap.pop((site, name), None)

    def _datasets(self, value: Value, depth: int) -> tuple[Value, ...]:
        """The data sets at the bottom of a data set that holds others; several if it may be one of several."""
        if len(value.sites) > 1:
            return tuple(
                inner
                for site in sorted(value.sites)
                for inner in self._datasets(
                    value._replace(sites=frozenset({site}), what=self.site_what.get(site)), depth
                )
            )
        for site in value.sites:
            inner = self.load(site, "dataset")
            if inner is not None and value.what in SUBSETS and depth < _MAX_NESTING:
                parts = inner.items or (
                    (self.contents(inner) or inner,) if inner.must_be(kinds.CONTAINER) else (inner,)
                )
                return tuple(found for part in parts for found in self._datasets(part, depth + 1))
        return (value,)

    # ── options ─────────────────────────────────────────────────────────────────────────────

    def loader_option(self, loader: Value, name: str) -> Value:
        """An option that a data loader was made with."""
        if len(loader.sites) != 1 or not loader.must_be(kinds.LOADER):
            return UNKNOWN
        (site,) = loader.sites
        return self.load(site, name) or UNKNOWN

    def loader_options(self, loader: Value) -> dict[str, Value]:
        """All options that a data loader was made with."""
        if len(loader.sites) != 1 or not loader.must_be(kinds.LOADER):
            return {}
        (site,) = loader.sites
        found = {
            name: self.state.heap[site, name]
            for name in sorted(self.fields.get(site, ()))
            if not name.startswith("#") and (site, name) in self.state.heap
        }
        batches = found.get("batch_sampler")
        inner = self._first_of(batches) if batches is not None and "sampler" not in found else None
        if inner is not None and inner.kinds & kinds.SAMPLER:
            found["sampler"] = inner
        return {**found, **self._sampler_options(found.get("sampler"))}

    def _first_of(self, sampler: Value) -> Value | None:
        """What a sampler was made with first: the data set, or the sampler that a batch sampler takes from."""
        found = [self.load(site, "dataset") or self.load(site, "sampler") for site in sampler.sites]
        return found[0] if len(found) == 1 else None

    def _sampler_options(self, sampler: Value | None) -> dict[str, Value]:
        """Whether the sampler of a loader shuffles, as ``sampler.shuffle``."""
        if sampler is None or not sampler.sites:
            return {}
        found = [self.load(site, "shuffle") for site in sampler.sites]
        values = [value for value in found if value is not None]
        return {"sampler.shuffle": join_all(values)} if values else {}

    def places_of(self, loader: Value) -> frozenset[tuple[object, ...]]:
        """The places that made the loaders a value may be."""
        found = [self.load(site, "#made") for site in loader.sites]
        return frozenset(value.what for value in found if value is not None and isinstance(value.what, tuple))

    def note_copy(
        self,
        node: ast.Call,
        tensor: Value,
        name: str,
        arguments: tuple[tuple[Value, ...], dict[str, Value]],
        result: Value,
    ) -> Value:
        """A copy of a tensor, to another device or into pinned memory: noted if the device or the loader is known."""
        if name == "pin_memory":
            return result._replace(loaders=frozenset())
        to = result.device.kind if result.device is not None else None
        options = named(f"torch.Tensor.{name}", *arguments)
        waits = options.get("non_blocking", UNKNOWN).literal != (True,)
        home = to == CPU and not waits and (tensor.device is None or tensor.device.kind != CPU)
        if tensor.loaders or to == ACCELERATOR or home:
            self.record(Effect.MOVE, node, name, tensor, arguments[0], options, result)
        return result

    # ── batches ─────────────────────────────────────────────────────────────────────────────

    def batch(self, loader: Value) -> Value:
        """What a data loader or data set yields; batches remember their loader."""
        found = super().batch(loader)
        places = self.places_of(loader) if loader.must_be(kinds.LOADER) else frozenset()
        if not places:
            return found
        if found.each is not None:
            each = found.each._replace(loaders=places)
            fields = self._field_shapes(loader)
            items = tuple(each._replace(shape=shape) for shape in fields) if fields else None
            return found._replace(each=each, items=items, loaders=places)
        if found.items is not None:
            found = found._replace(items=tuple(item._replace(loaders=places) for item in found.items))
        return found._replace(loaders=places)

    def collated(self, sources: tuple[Value, ...]) -> Value | None:
        """What a loader makes of the samples of data sets of the workspace; None if one of them is none."""
        samples = [self.sample_of(one.what.unit) if isinstance(one.what, Definition) else None for one in sources]
        known = [_collated(sample) for sample in samples if sample is not None]
        return join_all(known) if known and len(known) == len(samples) else None

    @abstractmethod
    def sample_of(self, id: UnitId) -> Value | None:
        """What ``__getitem__`` of a class returns, without identities; None if it has none."""

    def sources_of(self, loader: Value) -> tuple[Value, ...]:
        """The data sets at the bottom of what a loader goes over."""
        given = [self.load(site, "dataset") for site in loader.sites]
        return tuple(found for value in given for found in self._datasets(value or UNKNOWN, 0))

    def _field_shapes(self, loader: Value) -> tuple[Shape | None, ...]:
        """The shapes of what a batch of a tensor data set consists of; nothing where that is not known."""
        sources = self.sources_of(loader)
        if len(sources) != 1 or self.loader_option(loader, "batch_size").literal == (None,):
            return ()
        fields: list[Shape | None] = []
        for site in sources[0].sites if sources[0].what == TENSORS else ():
            while (field := self.load(site, f"#{len(fields)}")) is not None:
                known = field.shape is not None and field.shape.whole and field.shape.dims
                fields.append(Shape((None, *field.shape.dims[1:])) if known and field.shape is not None else None)
        return tuple(fields)
