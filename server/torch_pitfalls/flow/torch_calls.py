"""What calls into torch do: constructors, functions and methods of what is tracked."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Hashable
from functools import reduce

from torch_pitfalls.flow import shapes
from torch_pitfalls.flow.activations import Activations
from torch_pitfalls.flow.classes import class_info, is_loss
from torch_pitfalls.flow.devices import ACCELERATOR, CPU, MODULE, NOWHERE, VARIABLE, Device, same
from torch_pitfalls.flow.parts import is_without_parts
from torch_pitfalls.flow.placement import AVAILABLE, DEFAULT
from torch_pitfalls.flow.sizes import listed_size, loss_function_size, loss_size, size_of
from torch_pitfalls.flow.state import GRAD_OFF, GRAD_ON, GRAD_UNKNOWN
from torch_pitfalls.flow.values import (
    BOUNDED,
    EVERY,
    GRAPH_NO,
    GRAPH_UNKNOWN,
    GRAPH_YES,
    NO_SITES,
    NONE,
    NUMBER,
    PARAMETER,
    STRING,
    UNKNOWN,
    UNSIZED,
    Activation,
    Cut,
    Multiple,
    Shape,
    Value,
    constant,
    derived,
    join_all,
)
from torch_pitfalls.knowledge import api, cuts, kinds
from torch_pitfalls.knowledge.activations import ACTIVATIONS, KEEPING_FUNCTIONS, LENGTHENING, LINEAR, METHODS, head_of
from torch_pitfalls.knowledge.data import PROCESSOR_COUNTS, READERS
from torch_pitfalls.knowledge.devices import AVAILABILITY, DEFAULT_DEVICE, NAMING, SCATTERING, reads_host_memory
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.frameworks import FUNCTIONS, HELPERS
from torch_pitfalls.knowledge.lifecycles import FURTHER, GRADIENTS, MODE, SCALING, SCHEDULE, TRAINING
from torch_pitfalls.knowledge.losses import CLASS_LOSSES
from torch_pitfalls.knowledge.memory import EMPTYING
from torch_pitfalls.knowledge.optimizers import MOMENTS, MOMENTS_BY_OPTION
from torch_pitfalls.knowledge.recurrent import STATES
from torch_pitfalls.knowledge.shapes import TURNING_IN_PLACE
from torch_pitfalls.knowledge.signatures import named
from torch_pitfalls.knowledge.sizes import RESHAPING_IN_PLACE
from torch_pitfalls.knowledge.state_dicts import PREFIXES, SHALLOW_COPIES
from torch_pitfalls.knowledge.stepping import CLIPPING, DISABLED, SCALED
from torch_pitfalls.knowledge.torch_names import (
    FACTORIES,
    FFT,
    FUNCTIONS_ALONE,
    IN_PLACE,
    LIKE_FACTORIES,
    LINALG,
    NO_GRADIENT,
    OUT_OF_PLACE,
    TENSOR_FUNCTIONS,
)
from torch_pitfalls.names.resolve import External, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.syntax.shapes import keyword

Arguments = tuple[tuple[Value, ...], dict[str, Value]]

_COMPUTING = {
    "torch": TENSOR_FUNCTIONS | NO_GRADIENT | FUNCTIONS_ALONE | OUT_OF_PLACE,
    "torch.linalg": LINALG,
    "torch.fft": FFT,
}
"""Functions that compute tensors from tensors, by their package."""
_PAIR = 2
"""What a loss compares: scores and a target."""
_TO_NUMBER = frozenset(
    {
        "item",
        "tolist",
        "size",
        "dim",
        "numel",
        "stride",
        "nelement",
        "ndimension",
        "get_device",
        "data_ptr",
        "element_size",
        "is_contiguous",
        "is_floating_point",
        "storage",
        "untyped_storage",
        "is_pinned",
    }
)
_MOVES = frozenset(
    {
        "to",
        "cuda",
        "cpu",
        "float",
        "half",
        "double",
        "long",
        "int",
        "short",
        "bool",
        "bfloat16",
        "type",
        "type_as",
        "contiguous",
        "clone",
        "pin_memory",
        "byte",
        "char",
        "xpu",
        "mps",
    }
)
_SURE = frozenset({"detach", "clone", "unsqueeze", "softmax", "log_softmax", "sigmoid", "requires_grad_", "contiguous"})
"""Methods that only tensors have: whatever they are called on gives a tensor."""
_WITH_INDICES = frozenset({"max", "min", "sort", "topk", "kthvalue", "median", "mode", "cummax", "cummin"})
"""Operations that return values and indices where they work along a dimension."""
_OF_SEQUENCES = frozenset({"index", "split", "values"})
"""Methods of tensors that strings, lists or dicts have as well."""
_NOT_IN_PLACE = frozenset({"share_memory_", "requires_grad_", "detach_", "rename_", "pin_memory_"})
_UNIVERSAL = _SURE | frozenset(
    {
        "detach",
        "item",
        "backward",
        "numpy",
        "cpu",
        "cuda",
        "to",
        "requires_grad_",
        "zero_grad",
        "tolist",
        "parameters",
        "named_parameters",
        "clone",
        "mean",
        "sum",
        "squeeze",
        "unsqueeze",
        "view",
        "reshape",
        "permute",
        "argmax",
        "float",
        "long",
        "size",
    }
)


class TorchCalls(Activations):
    """Calls whose meaning is in the tables of ``knowledge``."""

    @abstractmethod
    def call_function(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call a function of the workspace."""

    @abstractmethod
    def opaque(self, node: ast.Call, arguments: Arguments, *more: Value) -> Value:
        """Call something that cannot be seen."""

    @abstractmethod
    def framework(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        """Call a function or class of a framework."""

    @abstractmethod
    def made_helper(self, node: ast.Call, name: str, arguments: Arguments) -> Value:
        """Make a helper object of a framework."""

    # ── things with a qualified name ────────────────────────────────────────────────────────

    def external(self, node: ast.Call, callee: External, arguments: Arguments) -> Value:
        """Call a function or class outside the workspace."""
        name = api.canonical(callee.qualified)
        result = self._external_result(node, callee, name, arguments)
        if name in EMPTYING:
            self.record(Effect.EMPTY, node, name)
        if name.startswith("torch."):
            self.note_threshold(node, name.removeprefix("torch."), *arguments[0])
            result = self._sized(node, name, result, arguments)
            result = self.cut_here(node, name.rpartition(".")[2], result, *arguments[0])
            if name == "torch.mean" and len(node.args) == 1 and not node.keywords:
                result = result._replace(mean=True)
        self.record(Effect.CALL, node, name, UNKNOWN, arguments[0], arguments[1], result)
        return result

    def _sized(self, node: ast.Call, name: str, result: Value, arguments: Arguments) -> Value:
        """The result of a function of torch, with what is known of its size."""
        package, _, short = name.rpartition(".")
        if package not in ("torch", "torch.nn.functional", "torch.linalg"):
            return result
        args, kwargs = arguments
        if short in FACTORIES or short in LIKE_FACTORIES:
            data = args
            if args and args[0].must_be(kinds.CONTAINER) and args[0].sites:
                data = (args[0]._replace(each=self.contents(args[0])), *args[1:])
            result = result._replace(shape=shapes.made(short, node, data, kwargs))
        elif args:
            result = _shaped(result, short, args[0], args[1:], kwargs)
        if not result.must_be(kinds.TENSOR):
            return result
        if api.is_loss_function(name):
            return result._replace(size=loss_function_size(name, args, named(name, args, kwargs)))
        listed = listed_size(node) if short == "tensor" else UNSIZED
        return result._replace(size=listed or size_of(short, *arguments))

    def _external_result(self, node: ast.Call, callee: External, name: str, arguments: Arguments) -> Value:
        args, kwargs = arguments
        package, _, short = name.rpartition(".")
        if name in api.WRAPPERS:
            return self._wrapped(node, name, args)
        if name in api.CONTEXTS:
            return self._context(node, name, args, kwargs)
        if name in PROCESSOR_COUNTS:
            return Value(kinds.NUMBER, what=Multiple(name, 1.0))
        if name in SHALLOW_COPIES and args and args[0].must_be(kinds.STATE_DICT):
            return args[0]
        special = _SPECIAL.get(name)
        if special is not None:
            found: Value = special(self, node, args, kwargs)
            return found
        if package == "torch.nn.functional" or package == "torch.special":
            return self._functional(node, name, args, kwargs)
        if package == "torch" and (short in FACTORIES or short in LIKE_FACTORIES):
            return self._factory(node, short, args, kwargs)
        if name in NAMING:
            return self._named_device(node, args, kwargs)
        if name in AVAILABILITY:
            return Value(kinds.NUMBER if name.endswith("count") else kinds.BOOL, what=AVAILABLE)
        if name in DEFAULT_DEVICE:
            self.state.placed[DEFAULT] = NOWHERE
        out = kwargs.get("out")
        if out is not None and package == "torch":
            self.changed_in_place(node, "out=", out, args)
        if short in _COMPUTING.get(package, ()):
            result = self.placed_result(node, short, *args, *kwargs.values())
            return result._replace(act=self.lasting(node, args[0], short)) if args else result
        kind = api.returned_kind(name) or self._answered_kind(callee)
        if kind:
            return self._constructed(node, kind, name, args, kwargs)
        if name in HELPERS:
            return self.made_helper(node, name, arguments)
        top = name.partition(".")[0]
        if name in CLIPPING and args:
            self.clip(node, args[0])
            return Value(kinds.TENSOR, graph=GRAPH_NO)
        if name.startswith("torch.nn.utils.rnn.pack_"):
            return Value(graph=self.graph_of(*args), origins=self.origins_of(*args))
        if name.startswith("torch.nn.init.") or name.startswith("torch.nn.utils."):
            return args[0] if args else UNKNOWN
        if top in api.FRAMEWORKS or name in FUNCTIONS:
            return self.framework(node, name, arguments)
        if top in api.HARMLESS_PACKAGES or name in api.HARMLESS:
            return self._harmless(node, name, args, kwargs)
        return self.opaque(node, arguments)

    def _answered_kind(self, callee: External) -> int:
        answer = callee.answer
        if answer is None:
            return kinds.UNKNOWN
        names = [answer.qualified or "", *answer.bases, answer.returns or ""]
        return api.kind_of_bases(api.canonical(name) for name in names if name)

    def _wrapped(self, node: ast.Call, name: str, args: tuple[Value, ...]) -> Value:
        if not args:
            return UNKNOWN
        inner = args[0]
        if name in SCATTERING:
            for site in inner.sites:
                self.store(site, "#scatters", NONE)
        if name in api.EXPORTED:
            inner = inner._replace(what=name)
        if name in PREFIXES:
            inner = inner._replace(wrapped=name)
        return inner._replace(kinds=kinds.MODULE) if inner.may_be(kinds.MODULE) and inner.sites else inner

    def _context(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        mode, given = GRAD_UNKNOWN, named(name, args, kwargs).get("mode")
        if name in api.GRAD_OFF_CONTEXTS:
            mode = GRAD_OFF
            if given is not None and given.literal is not None and given.literal[0] is False:
                mode = GRAD_ON
        elif name == "torch.enable_grad":
            mode = GRAD_ON
        elif name == "torch.set_grad_enabled":
            expression = node.args[0] if node.args else keyword(node, "mode")
            truth = self.truth(expression) if expression is not None else None
            if truth is not None:
                mode = GRAD_ON if truth else GRAD_OFF
            self.state.grad = mode
        else:
            return Value(kinds.CONTEXT, what=name)
        return Value(kinds.CONTEXT, what=name, literal=(mode,))

    def _harmless(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if name.startswith(("tqdm.", "rich.progress.")) or name == "tqdm":
            return args[0] if args else UNKNOWN
        if reads_host_memory(name) and args:
            self.record(Effect.CONVERT, node, name, args[0])
        if name.startswith("numpy."):
            return Value(kinds.ARRAY)
        if name.startswith("einops."):
            return self._tensor_result("einops", *args)
        if name in api.PATHS:
            return STRING
        if name.startswith(("torchvision.datasets.", "torchaudio.datasets.")):
            return Value(kinds.DATASET, what=name, device=Device(CPU, "cpu", self.place(node)))
        for value in (*args, *kwargs.values()):
            self.hand_on(value)
        return UNKNOWN if name.startswith("torch.") else Value(graph=GRAPH_NO)

    # ── constructors ────────────────────────────────────────────────────────────────────────

    def _constructed(
        self, node: ast.Call, kind: int, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]
    ) -> Value:
        if kind == kinds.OPTIMIZER:
            return self.made_optimizer(node, name, args, kwargs)
        if kind & kinds.MODULE:
            module = self.made_module(node, name, args)
            if _is_true(named(name, args, kwargs).get("inplace", UNKNOWN)):
                for site in module.sites:
                    self.store(site, "#inplace", NONE)
            self._settle(node, module, args, kwargs)
            self.note_size(module, name, args, kwargs)
            module = module._replace(shape=shapes.of_layer(name, args, kwargs))
            if kwargs.get("num_classes", UNKNOWN).literal == (0,) or "features_only" in kwargs:
                self.note_end(module, None)
            if name in api.CHOOSING:
                self.move(MODE, Effect.LOSE, module.sites, None)
                self.put(module, None)
            return module
        if kind == kinds.LOADER:
            return self.made_loader(node, name, args, kwargs)
        if kind == kinds.SAMPLER:
            return self.made_sampler(node, name, args, kwargs)
        if kind == kinds.DATASET:
            return self.made_dataset(node, name, args, kwargs)
        if kind == kinds.SCHEDULER:
            return self.made_scheduler(node, name, args, kwargs)
        options = named(name, args, kwargs)
        if kind == kinds.SCALER and options.get("enabled", UNKNOWN).literal == (False,):
            name = DISABLED
        site = self.new_site(node)
        if kind == kinds.LOSS:
            self._weigh(site, args, kwargs)
            return Value(kind, frozenset({site}), what=name, mean=_averages(options), size=loss_size(options))
        return Value(kind, frozenset({site}), what=name)

    def _settle(self, node: ast.Call, module: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
        """A module of torch is made on the device it is told, or where the modules are that it is made of."""
        parts = [item for value in args for item in (value.items or (value,)) if item.kinds & kinds.MODULE]
        place = self.device_of_call(node, kwargs)
        if parts:
            place = reduce(same, [self.where(part) for part in parts])
        elif any("device" in name for name in kwargs if name != "device"):
            place = None
        self.put(module, place)

    def _weigh(self, site: int, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
        """A loss may keep weights, which move with it."""
        weight = next((value for value in (*args, *kwargs.values()) if value.must_be(kinds.TENSOR)), None)
        self.state.placed.pop(site, None)
        if weight is not None:
            self.module_sites.add(site)
            self.store(site, "#weight", weight)
            self.state.placed[site] = weight.device or NOWHERE

    def made_module(self, node: ast.Call, what: Hashable, args: tuple[Value, ...] = ()) -> Value:
        """A module that a call constructs: new, and in training mode."""
        site = self.new_site(node)
        self.forget_parts(site)
        self.module_sites.add(site)
        sites = frozenset({site})
        self.move(MODE, Effect.CREATE, sites, self.place(node))
        self.advance(TRAINING, Effect.CREATE, sites, self.place(node))
        # Before it has parts: they stay where they are.
        self.put(Value(kinds.MODULE, sites), self.default_device(node))
        items = args if what in api.CONTAINERS else ()
        for position, part in enumerate(part for value in items for part in value.items or (value,)):
            self.store(site, f"#{position}", part)
        self.site_what[site] = what
        if isinstance(what, str) and head_of(what) is not None:
            self.note_end(Value(sites=sites), Value(kinds.MODULE, act=Activation(LINEAR, ())))
        made = Value(kinds.MODULE, sites, what=what, items=self._parts(node, args) if what in api.CONTAINERS else None)
        return made

    def _parts(self, node: ast.Call, args: tuple[Value, ...]) -> tuple[Value, ...] | None:
        """The modules of a container, in order as far as that is known; the last one is."""
        if len(args) == 1 and args[0].must_be(kinds.CONTAINER):
            last = self.last_of(args[0])
            inner = self.contents(args[0])
            return args[0].items or ((inner, last) if args[0].what == "dict" and inner and last else None)
        if node.args and isinstance(node.args[-1], ast.Starred):
            listed = self._quiet(node.args[-1].value)
            last = self.last_of(listed) if listed is not None else None
            return (*args, last) if last is not None else args
        return args

    def forget_parts(self, site: int) -> None:
        """A site makes a new object: what was known of the one it made before is void."""
        for name in self.fields.get(site, ()):
            self.state.heap.pop((site, name), None)
        self.state.held.pop(site, None)
        self.state.placed.pop(site, None)

    def made_optimizer(
        self, node: ast.Call, what: Hashable, args: tuple[Value, ...], kwargs: dict[str, Value]
    ) -> Value:
        """An optimizer that a call constructs over the parameters it is given."""
        site = self.new_site(node)
        given = args[0] if args else kwargs.get("params")
        self.state.held.pop(site, None)
        self.store(site, "#holds", self._held_parameters(given))
        self.move(GRADIENTS, Effect.CREATE, frozenset({site}), self.place(node))
        for lifecycle in FURTHER:
            self.advance(lifecycle, Effect.CREATE, frozenset({site}), self.place(node))
        self.store(site, "#moments", self._keeps_moments(what, args, kwargs))
        made = Value(kinds.OPTIMIZER, frozenset({site}), what=what)
        self.note_optimizer(node, made, given)
        return made

    @staticmethod
    def _keeps_moments(what: Hashable, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """Whether an optimizer of torch keeps more than its parameters; unknown for those of others."""
        if not isinstance(what, str) or not what.startswith("torch.optim."):
            return UNKNOWN
        if what not in MOMENTS_BY_OPTION:
            return constant(True)
        given = named(what, args, kwargs).get(MOMENTS_BY_OPTION[what])
        if given is None:
            return UNKNOWN if "**" in kwargs else constant(False)
        return constant(given.literal is None or bool(given.literal[0]))

    def _held_parameters(self, given: Value | None) -> Value:
        if given is None:
            return UNKNOWN
        sources = self.modules_of(self.reach_parameters(given, 0))
        whole = EVERY if given.each is not None and given.each.what == EVERY else None
        return Value(kinds.PARAMETERS, what=whole, origins=sources) if sources else UNKNOWN

    def _factory(self, node: ast.Call, short: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        wanted = kwargs.get("requires_grad")
        kept = _kept_data(short, args, kwargs)
        if kept is not None and not kept.must_be(kinds.PLAIN | kinds.CONTAINER):
            place = self._made_at(node, short, args, kwargs)
            return Value(kinds.TENSOR, graph=self.graph_of(kept), origins=self.origins_of(kept), device=place)
        made = Value(kinds.TENSOR, graph=GRAPH_NO, device=self._made_at(node, short, args, kwargs))
        if wanted is None:
            return made
        if wanted.literal is not None:
            return self.leaf(node)._replace(device=made.device) if wanted.literal[0] else made
        return made._replace(graph=GRAPH_UNKNOWN)

    def _made_at(self, node: ast.Call, short: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Device | None:
        """Where a factory makes its tensor."""
        if short in LIKE_FACTORIES and "device" not in kwargs:
            return args[0].device if args else None
        place = self.device_of_call(node, kwargs)
        kept = _kept_data(short, args, kwargs)
        if place is not None and kept is not None and "device" not in kwargs and kept.may_be(kinds.TENSOR):
            return kept.device
        if place is None or short not in ("tensor", "as_tensor", "asarray"):
            return place._replace(full=0) if place is not None and not _has_size(node) else place
        data = args[0] if args else UNKNOWN
        return place if data.must_be(kinds.CONTAINER) else place._replace(full=0)

    def _named_device(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """``torch.device(…)`` and what else returns a device."""
        options = named("torch.device", args, kwargs)
        given = options.get("type")
        if given is None or given.kinds & kinds.BOOL:
            return Value(kinds.DEVICE, device=Device(ACCELERATOR))
        device = self.wanted(node.args[0] if node.args else keyword(node, "type"), given)
        index = options.get("index")
        if device is not None and index is not None:
            device = device._replace(name=f"{device.name}:{index.literal[0]}" if index.literal is not None else "")
        return Value(kinds.DEVICE, what="torch.device", device=device)

    def placed_result(self, node: ast.AST, operation: str, *values: Value) -> Value:
        """What an operation on tensors returns, and where."""
        result = self.kept(node, operation, self._tensor_result(operation, *values), *values)
        if not any(value.device is not None or value.kinds & kinds.CONTAINER for value in values):
            return result
        place = self.together(node, operation, *values)
        if result.items is not None:
            return result._replace(items=tuple(item._replace(device=place) for item in result.items))
        return result._replace(device=place)

    def leaf(self, node: ast.AST) -> Value:
        """A tensor that requires a gradient and was made by no operation."""
        site = self.new_site(node)
        self.module_sites.add(site)
        sites = frozenset({site})
        return Value(kinds.TENSOR, sites, graph=GRAPH_YES, leaf=True, origins=sites)

    # ── functions ───────────────────────────────────────────────────────────────────────────

    def _functional(self, node: ast.Call, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        values = (*args, *kwargs.values())
        sources = args[:1] if name in CLASS_LOSSES and args else values
        result = Value(kinds.TENSOR, graph=self.graph_of(*sources), origins=self.origins_of(*values))
        place = self.together(node, name.rpartition(".")[2], *values)
        result = result._replace(sites=frozenset({self.new_site(node)}), device=place)
        options = named(name, args, kwargs)
        in_place = _is_true(options.get("inplace", UNKNOWN))
        result = self._computed_from(node, name.rpartition(".")[2], result, args, in_place)
        act = ACTIVATIONS.get(name)
        if act is not None:
            return result._replace(act=Activation(act, self.place(node)))
        if name in KEEPING_FUNCTIONS and args:
            return result._replace(act=args[0].act)
        if api.is_loss_function(name):
            result = result._replace(mean=_averages(options))
            result = self.cut_here(node, "loss", result, *args)
            self.record(Effect.LOSS, node, name, UNKNOWN, args, kwargs, result)
        return result

    def _computed_from(
        self, node: ast.Call, operation: str, result: Value, values: tuple[Value, ...], in_place: bool
    ) -> Value:
        """The result of an operation, which is its input where it works in place."""
        if not in_place or not values:
            return self.kept(node, operation, result, *values)
        self.record(Effect.OVERWRITE, node, operation.removeprefix("torch.nn."), values[0], values)
        if node.args:
            self.overwritten(node.args[0])
        if not values[0].must_be(kinds.TENSOR) or not values[0].sites:
            return result
        self.changed_in_place(node, operation.removeprefix("torch.nn."), values[0], values)
        return self.kept_in_place(node, operation, result._replace(sites=values[0].sites))

    def _tensor_result(self, operation: str, *values: Value) -> Value:
        along = len(values) > 1 and not values[1].must_be(kinds.TENSOR)
        if operation in _WITH_INDICES and (along or operation in ("sort", "topk")):
            result = Value(kinds.TENSOR, graph=self.graph_of(values[0]), origins=self.origins_of(values[0]))
            return Value(kinds.CONTAINER, items=(result, Value(kinds.TENSOR, graph=GRAPH_NO)))
        if operation in NO_GRADIENT:
            return Value(kinds.TENSOR, graph=GRAPH_NO)
        return Value(kinds.TENSOR, graph=self.graph_of(*values), origins=self.origins_of(*values))

    def _deepcopy(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if not args:
            return UNKNOWN
        original = args[0]
        if not original.must_be(kinds.MODULE):
            copied = original.must_be(kinds.STATE_DICT)
            return original._replace(sites=NO_SITES, origins=NO_SITES) if copied else original
        held = self.all_held(original)
        copy = self.made_module(node, original.what)._replace(act=self.with_end(original).act, items=original.items)
        copy = copy._replace(shape=original.shape)
        self.put(copy, self.where(original))
        for site in copy.sites:
            self.state.held[site] = held
        return copy

    def _ordered_dict(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        site = self.new_site(node)
        self.forget_parts(site)
        pairs = self.contents(args[0]) if args else None
        last = self.last_of(args[0]) if args else None
        if pairs is not None and pairs.items is not None and len(pairs.items) == 2:
            self.store(site, "[]", pairs.items[1])
            known = last is not None and last.items is not None and len(last.items) == 2
            self.store(site, "#last", last.items[1] if known else UNKNOWN)  # type: ignore[union-attr,index]
        return Value(kinds.CONTAINER, frozenset({site}), what="dict")

    def _defaultdict(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """A dict; where it makes lists for keys that are missing, one list stands for all of them."""
        site, inner = self.new_site(node), self.new_site(node, "[]")
        self.forget_parts(site)
        self.forget_parts(inner)
        if args and args[0].what == ("builtin", "list"):
            self.store(site, "[]", Value(kinds.CONTAINER, frozenset({inner})))
        return Value(kinds.CONTAINER, frozenset({site}), what="dict")

    def _deque(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        site = self.new_site(node)
        self.forget_parts(site)
        inner = self.iterate(args[0]) if args else None
        if inner is not None:
            self.store(site, "[]", inner)
        limited = len(args) > 1 or not kwargs.get("maxlen", NONE).must_be(kinds.NONE)
        return Value(kinds.CONTAINER, frozenset({site}), what=BOUNDED if limited else None)

    def _parameter(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        wanted = named(PARAMETER, args, kwargs).get("requires_grad")
        place = args[0].device if args else None
        if wanted is not None and (wanted.literal is None or not wanted.literal[0]):
            return Value(kinds.TENSOR, what=PARAMETER, device=place)
        return self.leaf(node)._replace(what=PARAMETER, device=place)

    def _autograd_backward(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        if args:
            self.backward(node, args[0], args, named("torch.autograd.backward", args, kwargs))
        return NONE

    def _autograd_grad(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        for value in args[:1]:
            self.consume(value)
        self.lose_gradients(frozenset(self.optimizers()))
        return Value(kinds.CONTAINER, each=Value(kinds.TENSOR))

    def _variable(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        wanted = named("torch.autograd.Variable", args, kwargs).get("requires_grad")
        if wanted is not None and (wanted.literal is None or wanted.literal[0]):
            return self.leaf(node) if wanted.literal is not None else Value(kinds.TENSOR)
        inner = args[0] if args else UNKNOWN
        return inner._replace(kinds=kinds.TENSOR)

    def _save(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        saved = named("torch.save", args, kwargs).get("obj")
        if saved is not None:
            self.recall(node, "save", saved)
            self.record(Effect.SAVE, node, "torch.save", saved, args, self.entries(saved))
        return NONE

    def entries(self, container: Value) -> dict[str, Value]:
        """What a dict holds under constant keys, as ``[key]``."""
        found: dict[str, Value] = {}
        for site in sorted(container.sites):
            for name in sorted(self.fields.get(site, ())):
                value = self.load(site, name)
                if value is not None and name.startswith("[") and name != "[]":
                    found[name] = value
        return found

    def _load(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        return Value(graph=GRAPH_NO)

    def _tensor_of_numbers(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        made = self._pure_tensor(node, args, kwargs)
        if args and args[0].must_be(kinds.CONTAINER) and args[0].sites:
            args = (args[0]._replace(each=self.contents(args[0])), *args[1:])
        return made._replace(shape=shapes.of_numbers(node, args))

    def _pure_tensor(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        return Value(kinds.TENSOR, graph=GRAPH_NO, device=self.default_device(node))

    def _flattened(self, node: ast.Call, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
        """All parameters of a module in one tensor."""
        one = self.iterate(args[0]) if args else UNKNOWN
        return Value(kinds.TENSOR, graph=self.graph_of(one), origins=self.origins_of(one), device=one.device)

    # ── calling a module ────────────────────────────────────────────────────────────────────

    def forward(self, node: ast.Call, module: Value, arguments: Arguments) -> Value:
        """``module(...)`` or ``module.forward(...)``."""
        args, kwargs = arguments
        values = (*args, *kwargs.values())
        if module.must_be(kinds.LOSS):
            kept = [self.load(site, "#weight") for site in module.sites]
            weights = tuple(value._replace(device=self.where(module)) for value in kept if value is not None)
            sources = args[:1] if module.what in CLASS_LOSSES and args else values
            result = Value(
                kinds.TENSOR,
                frozenset({self.new_site(node)}),
                graph=self.graph_of(*sources),
                origins=self.origins_of(*values),
                device=self._loss_place(node, module, values, weights),
                mean=module.mean if isinstance(module.what, str) else not isinstance(module.what, Definition),
                size=module.size if isinstance(module.what, str) else UNSIZED,
            )
            result = self.carried(node, self.cut_here(node, "loss", result, *values), *values)
            self.record(Effect.LOSS, node, str(module.what), module, args, kwargs, result)
            return result
        self.called_on(node, module, args, kwargs)
        for value in values:
            if self._may_differentiate(module, value):
                self.consume(value)
        result = self._forward_result(node, module, arguments)
        self.begin_graph(node, module)
        if self.grad_is_off() and not self._enables_grad(module):
            result = result._replace(cut=Cut(cuts.NO_GRAD, self.place(node)))
        self.record(Effect.FORWARD, node, module.wrapped, module, args, kwargs, result, self.all_held(module))
        return result

    def _loss_place(
        self, node: ast.Call, module: Value, values: tuple[Value, ...], weights: tuple[Value, ...]
    ) -> Device | None:
        """Where a loss is; what a loss of the workspace does with its operands is its own affair.

        Of what comes beside scores and target, such as lengths, only a loss that is known tells where it must be.
        """
        if isinstance(module.what, Definition) or (not isinstance(module.what, str) and len(values) > _PAIR):
            return None
        operation = "ctc_loss" if module.what == "torch.nn.CTCLoss" else "loss"
        place = self.together(node, operation, *values, others=weights)
        return place._replace(full=0) if place is not None else None

    def _forward_result(self, node: ast.Call, module: Value, arguments: Arguments) -> Value:
        values = (*arguments[0], *arguments[1].values())
        called = frozenset({self.new_site(node)})
        result = self.forward_value(module) or self._recurrent(module, values) or Value()
        origins = NO_SITES if self.grad_is_off() else module.sites | module.origins | called | self.origins_of(*values)
        graph = self._forward_graph(module, values)
        plain = self.is_plain_call(module, arguments)
        act = self.module_activation(node, module, result) if plain else None
        place = self._output_place(module, result, values)
        visible = isinstance(module.what, str) or result.graph == GRAPH_YES
        self.note_output(self.new_site(node), visible and result.items is None)
        if result.items is not None:
            whole = Value(graph=graph, origins=origins, device=place)
            parts = tuple(
                self._returned(node, position, part, whole)._replace(
                    act=part.act if plain and self.is_as_defined(module) else None,
                    shape=part.shape if plain and self.is_as_defined(module) else None,
                )
                for position, part in enumerate(result.items)
            )
            return self.carried(node, Value(kinds.CONTAINER, called, items=parts), *values)
        kind = result.kinds & kinds.TENSOR or (kinds.TENSOR if self._is_torch_layer(module) else kinds.UNKNOWN)
        size = self.output_size(module, result, values)
        shape = self._output_shape(module, result, values) if plain else None
        result = Value(kind, called, graph=graph, origins=origins, act=act, device=place, size=size, shape=shape)
        if not isinstance(module.what, str):
            return result
        return self._computed_from(node, module.what, result, values, self._works_in_place(module))

    @staticmethod
    def _recurrent(module: Value, values: tuple[Value, ...]) -> Value | None:
        """Output and state of a recurrent layer of torch; the output of a packed sequence is one as well."""
        states = STATES.get(module.what) if isinstance(module.what, str) else None
        if states is None:
            return None
        tensor = Value(kinds.TENSOR, graph=GRAPH_YES)
        output = tensor if values and values[0].must_be(kinds.TENSOR) else Value(graph=GRAPH_YES)
        state = tensor if states == 1 else Value(kinds.CONTAINER, items=(tensor,) * states, graph=GRAPH_YES)
        return Value(kinds.CONTAINER, items=(output, state))

    def _returned(self, node: ast.Call, position: int, part: Value, whole: Value) -> Value:
        """One of several values that a module returns; ``part`` is what its ``forward`` tells of it."""
        own = self.new_site(node, f"[{position}]")
        self.note_output(own, part.graph == GRAPH_YES)
        if part.items is not None:
            part = part._replace(items=tuple(self._returned(node, position, inner, whole) for inner in part.items))
        return part._replace(
            sites=NO_SITES,
            graph=GRAPH_NO if part.graph == GRAPH_NO else whole.graph,
            origins=whole.origins | {own} if whole.origins else NO_SITES,
            leaf=False,
            device=whole.device,
        )

    def _output_shape(self, module: Value, result: Value, values: tuple[Value, ...]) -> Shape | None:
        """The shape of what a module returns."""
        if isinstance(module.what, Definition):
            return result.shape if self.is_as_defined(module) else None
        if self.is_changed(module):
            return None
        return shapes.of_output(module, values[0].shape if values else None)

    def _works_in_place(self, module: Value) -> bool:
        return bool(module.sites) and all(self.load(site, "#inplace") is not None for site in module.sites)

    def _output_place(self, module: Value, result: Value, values: tuple[Value, ...]) -> Device | None:
        """Where the output of a module is: where its ``forward`` puts it, or where the module is."""
        place = self.where(module)
        if result.device is not None and result.device.kind == VARIABLE:
            return None
        if result.device is not None and result.device.kind != MODULE:
            return result.device
        if place is None and self._is_torch_layer(module):
            place = next((value.device for value in values if value.device is not None), None)
        if place is not None and place.kind == CPU and not self.has_parameters(module):
            place = next((value.device for value in values if value.device is not None), None)
        return place._replace(full=1) if place is not None else None

    @staticmethod
    def _is_torch_layer(module: Value) -> bool:
        return (
            isinstance(module.what, str)
            and module.what.startswith("torch.nn.")
            and not module.what.endswith(("LSTM", "GRU", "RNN"))
        )

    def _forward_graph(self, module: Value, values: tuple[Value, ...]) -> int:
        if self.grad_is_off():
            return GRAPH_UNKNOWN if self._enables_grad(module) else GRAPH_NO
        if module.what in api.WITHOUT_PARAMETERS or self._only_computes(module):
            return self.graph_of(*values)
        if is_loss(self.db, module):
            return GRAPH_YES if self.graph_of(*values) == GRAPH_YES else GRAPH_UNKNOWN
        if any(self.load(site, "#frozen") is not None for site in module.sites):
            return self.graph_of(*values)
        if not module.sites or self.state.grad == GRAD_UNKNOWN:
            return GRAPH_UNKNOWN
        return GRAPH_YES

    def _only_computes(self, module: Value) -> bool:
        """Whether a module surely has no parameters."""
        return isinstance(module.what, Definition) and is_without_parts(self.db, module.what.unit)

    def _may_differentiate(self, module: Value, value: Value) -> bool:
        """Whether a module may go backward from what it is given; of one that is not seen, if that is a loss."""
        if isinstance(module.what, Definition):
            return self._mentions(module, _DIFFERENTIATES)
        return not isinstance(module.what, str) and (value.mean or value.kinds == kinds.TENSOR | kinds.NUMBER)

    def _enables_grad(self, module: Value) -> bool:
        """Whether a module of the workspace may switch autograd on by itself."""
        return self._mentions(module, _SWITCHES_ON)

    def _mentions(self, module: Value, words: re.Pattern[str]) -> bool:
        """Whether methods of a module of the workspace mention something."""
        info = class_info(self.db, module.what.unit) if isinstance(module.what, Definition) else None
        bodies = [unit(self.db, method) for _, method in info.methods] if info is not None else []
        return any(body is not None and words.search(body.text) for body in bodies)

    # ── methods of modules ──────────────────────────────────────────────────────────────────

    def module_method(self, node: ast.Call, module: Value, name: str, arguments: Arguments) -> Value | None:
        """A method of ``nn.Module``; None if it is none of those."""
        args, kwargs = arguments
        if name in ("eval", "train"):
            self._switch(node, module, name, args, kwargs)
            return module
        if name == "requires_grad_":
            given = named("torch.nn.Module.requires_grad_", args, kwargs).get("requires_grad")
            frozen = given is not None and given.literal is not None and not given.literal[0]
            for site in module.sites:
                if frozen:
                    self.store(site, "#frozen", NONE)
                else:
                    self.state.heap.pop((site, "#frozen"), None)
            known = "**" not in kwargs and (given is None or given.literal is not None)
            self.freeze(node, module, not frozen if known else None)
            return module
        transfer = self.transfer(node, name, args, kwargs)
        if transfer is not None:
            self.put(module, transfer.to)
            self.replace_weights(module)
        if name in api.MODULE_RETURNS_SELF:
            return module
        if name in LENGTHENING and module.what == "torch.nn.Sequential":
            self.note_end(module, args[-1] if args and name in ("append", "add_module", "register_module") else None)
        if name == "zero_grad":
            self.clear_module(node, module)
            return NONE
        if name in ("parameters", "named_parameters", "buffers", "named_buffers"):
            return self._parameters(module, name)
        if name in ("children", "modules", "named_children", "named_modules"):
            part = Value(kinds.MODULE, origins=module.sites | module.origins)
            return Value(
                kinds.CONTAINER,
                origins=module.sites,
                each=Value(kinds.CONTAINER, items=(Value(kinds.STRING), part)) if name.startswith("named") else part,
            )
        if name == "forward":
            return self.forward(node, module, arguments)
        if name == "state_dict":
            return self.made_state(node, module)
        if name == "register_buffer" and len(args) > 1 and args[0].literal is not None:
            for site in module.sites:
                self.store(site, str(args[0].literal[0]), Value(kinds.TENSOR, graph=GRAPH_NO))
                self.store(site, f"#buffer {args[0].literal[0]}", NONE)
        if name in api.MODULE_HARMLESS:
            return UNKNOWN
        return None

    def _switch(
        self, node: ast.Call, module: Value, name: str, args: tuple[Value, ...], kwargs: dict[str, Value]
    ) -> None:
        effect = Effect.EVAL if name == "eval" else Effect.TRAIN
        expression = node.args[0] if node.args else keyword(node, "mode")
        if name == "train" and expression is not None:
            truth = self.truth(expression)
            effect = Effect.LOSE if truth is None else Effect.TRAIN if truth else Effect.EVAL
        before = self.all_held(module)
        self.switch_mode(effect, module, self.place(node) if effect is not Effect.LOSE else None)
        self.record(effect, node, name, module, args, kwargs, module, before)

    def _parameters(self, module: Value, name: str) -> Value:
        origins = module.sites | module.origins
        graph = GRAPH_UNKNOWN if any(self.load(site, "#frozen") is not None for site in module.sites) else GRAPH_YES
        place = self.where(module)
        whole = EVERY if module.sites and not module.origins else None
        parameter = Value(kinds.TENSOR, what=whole, graph=graph, leaf=True, origins=origins, device=place)
        each = Value(kinds.CONTAINER, items=(Value(kinds.STRING), parameter)) if name.startswith("named") else parameter
        if "buffers" in name:
            each = Value(kinds.TENSOR, graph=GRAPH_NO, device=place)
        return Value(kinds.PARAMETERS, origins=origins, each=each)

    def clear_module(self, node: ast.Call, module: Value) -> None:
        """``model.zero_grad()``."""
        at = self.place(node)
        modules = module.sites or self.modules_of(module.origins)
        surely, maybe = self.cleared_by(modules) if modules else (NO_SITES, frozenset(self.optimizers()))
        for site in surely:
            self.record(
                Effect.ZERO_GRAD,
                node,
                "zero_grad",
                Value(kinds.OPTIMIZER, frozenset({site})),
                before=self.held(site),
            )
        self.move(GRADIENTS, Effect.ZERO_GRAD, surely, at)
        self.advance(SCALING, Effect.ZERO_GRAD, surely, at)
        self.lose_gradients(maybe)

    # ── methods of optimizers ───────────────────────────────────────────────────────────────

    def optimizer_method(self, node: ast.Call, optimizer: Value, name: str, arguments: Arguments) -> Value | None:
        """A method of an optimizer; None if torch's optimizers have none of that name."""
        args, _ = arguments
        if name == "zero_grad":
            self._clear(node, optimizer)
            return NONE
        if name == "step":
            self.step(node, optimizer, arguments)
            return UNKNOWN
        if name == "add_param_group":
            for site in optimizer.sites:
                held = self.load(site, "#holds") or UNKNOWN
                more = self._held_parameters(args[0]) if args else UNKNOWN
                known = held.kinds and more.kinds
                self.store(site, "#holds", held._replace(origins=held.origins | more.origins) if known else UNKNOWN)
            return NONE
        if name in ("train", "eval"):
            return NONE
        if name == "load_state_dict":
            self.advance(SCHEDULE, Effect.RESUME, optimizer.sites, self.place(node))
        if name == "state_dict":
            return Value(kinds.STATE_DICT, what="optimizer")
        return UNKNOWN if name in api.OPTIMIZER_METHODS else None

    def _clear(self, node: ast.Call, optimizer: Value) -> None:
        at = self.place(node)
        self.record(Effect.ZERO_GRAD, node, "zero_grad", optimizer, before=self.all_held(optimizer))
        others: frozenset[int] = NO_SITES
        for site in optimizer.sites:
            mine = self.holds(site)
            if mine is not None:
                surely, maybe = self.cleared_by(mine)
                others |= surely | maybe
        self.move(GRADIENTS, Effect.ZERO_GRAD, optimizer.sites, at)
        self.advance(SCALING, Effect.ZERO_GRAD, optimizer.sites, at)
        self.lose_gradients(others - optimizer.sites)
        if not optimizer.sites:
            self.lose_gradients(frozenset(self.optimizers()))

    def step(self, node: ast.Call, optimizer: Value, arguments: Arguments, *, scaled: bool = False) -> None:
        """``optimizer.step()``. With a closure, what happens to the gradients is up to the closure."""
        args, kwargs = arguments
        if any(not value.must_be(kinds.NONE) for value in (*args, *kwargs.values())):
            for value in (*args, *kwargs.values()):
                if value.may_be(kinds.FUNCTION):
                    self.call_function(node, value, ((), {}))
            self.record(Effect.CLOSURE_STEP, node, "step", optimizer)
            self.lose_gradients(optimizer.sites)
            self.advance(SCHEDULE, Effect.STEP, optimizer.sites, self.place(node))
            self.overtake(node, optimizer)
            return
        moments = [self.load(made, "#moments") or UNKNOWN for made in optimizer.sites]
        options = {MOMENTS: join_all(moments)} if moments else {}
        self.record(Effect.STEP, node, "step", optimizer, (), options, before=self.all_held(optimizer))
        self.advance(SCHEDULE, Effect.STEP, optimizer.sites, self.place(node))
        if not scaled:
            for site in optimizer.sites:
                self.note_stage(Effect.BARE_STEP, node, SCALING, site)
            self.advance(SCALING, Effect.BARE_STEP, optimizer.sites, self.place(node))
        self._learn(optimizer)
        self.overtake(node, optimizer)
        self.move(GRADIENTS, Effect.STEP, optimizer.sites, self.place(node))

    def _learn(self, optimizer: Value) -> None:
        """A step trains the modules that the last backward reached: note the mode they are in."""
        if len(optimizer.sites) != 1:
            return
        (site,) = optimizer.sites
        learned = self.load(site, "#learned")
        if learned is None or not isinstance(learned.what, tuple):
            return
        mine = self.holds(site)
        for module in learned.origins:
            if mine is None and len(learned.origins) > 1:
                continue
            if mine is not None and not self.related(mine, frozenset({module})):
                continue
            if self.load(module, "#frozen") is None:
                value = Value(kinds.MODULE, frozenset({module}), what=self.site_what.get(module))
                self.record_at(Effect.LEARN, learned.what, self.names_of(module), value, self.held(module))

    # ── tensors ─────────────────────────────────────────────────────────────────────────────

    def backward(self, node: ast.Call, loss: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> None:
        """``loss.backward()``. From a value that was cut from its graph it gets nowhere."""
        if loss.cut is not None:
            self.lose_gradients(frozenset(self.optimizers()))
        surely, maybe = self.backward_reaches(loss)
        before = frozenset().union(*(self.held(site) for site in surely)) if surely else frozenset()
        self.record(Effect.BACKWARD, node, "backward", loss, args, kwargs, Value(sites=surely | maybe), before)
        self.note_overtaken(node, loss)
        sources = self.modules_of(derived(loss))
        for optimizer in surely:
            self.store(optimizer, "#learned", Value(kinds.PARAMETERS, origins=sources, what=self.place(node)))
        self.move(GRADIENTS, Effect.BACKWARD, surely, self.place(node))
        self.move(GRADIENTS, Effect.LOSE, maybe, None)
        self.advance(
            SCALING, Effect.SCALED_BACKWARD if loss.what == SCALED else Effect.BACKWARD, surely, self.place(node)
        )
        self.consume(loss)
        self.graph_is_used_up()
        self.spend(node, loss, kwargs)

    def tensor_method(self, node: ast.Call, tensor: Value, name: str, arguments: Arguments) -> Value | None:
        """A method of a tensor; None if tensors have none of that name."""
        args, kwargs = arguments
        if name == "backward":
            self.backward(node, tensor, args, named("torch.Tensor.backward", args, kwargs))
            return NONE
        if name == "detach":
            plain = Value(kinds.TENSOR, graph=GRAPH_NO, device=tensor.device, act=tensor.act)
            return plain._replace(size=tensor.size, shape=tensor.shape)
        if name in _TO_NUMBER:
            return NUMBER._replace(act=tensor.act) if name == "item" else NUMBER
        if name == "numpy":
            if not args and not kwargs:
                self.record(Effect.CONVERT, node, name, tensor)
            return Value(kinds.ARRAY, act=tensor.act)
        if name in ("requires_grad_", "detach_"):
            return self._set_requires_grad(node, tensor, name, arguments)
        if name in _MOVES:
            same = NO_SITES if name == "clone" else tensor.sites
            result = tensor._replace(kinds=kinds.TENSOR, sites=same).made_of()
            if name in cuts.TO_INTEGERS:
                result = result._replace(act=None, graph=GRAPH_NO, origins=NO_SITES)
            return self.moved(result, self.transfer(node, name, args, kwargs))
        if name in ("zero_", "fill_", "copy_") and tensor.what == "grad":
            self.lose_gradients(frozenset(self.optimizers()))
            return tensor
        if name in IN_PLACE and name not in _NOT_IN_PLACE:
            self.changed_in_place(node, name, self.viewed_leaf(node) or tensor, args, kwargs)
            self.together(node, name, tensor, *args, *kwargs.values())
            if isinstance(node.func, ast.Attribute):
                self.overwritten(node.func.value)
                if name in RESHAPING_IN_PLACE | TURNING_IN_PLACE:
                    size = UNSIZED if name in RESHAPING_IN_PLACE else tensor.size
                    tensor = tensor._replace(size=size, shape=None, act=None)
                    self.rebind(node.func.value, tensor)
            return tensor._replace(kinds=kinds.TENSOR, act=None)
        if name.startswith("new_"):
            given = kwargs.get("device")
            place = self.device_of_call(node, kwargs) if given is not None else _with_size(tensor.device)
            return Value(kinds.TENSOR, graph=GRAPH_NO, device=place)
        if name in NO_GRADIENT or name in OUT_OF_PLACE or name in TENSOR_FUNCTIONS:
            result = self.placed_result(node, name, tensor, *args, *kwargs.values())
            result = _shaped(result, name, tensor, args, kwargs)
            if result.must_be(kinds.TENSOR):
                result = result._replace(size=size_of(name, (tensor, *args), kwargs))
            if name in NO_GRADIENT:
                return result
            if name == "mean" and not args and not kwargs:
                return result._replace(mean=True)
            if result.items is not None:
                return result
            if name in METHODS:
                return result._replace(act=Activation(METHODS[name], self.place(node)))
            return result._replace(act=self.lasting(node, tensor, name))
        return None

    def _set_requires_grad(self, node: ast.Call, tensor: Value, name: str, arguments: Arguments) -> Value:
        given = named(f"torch.Tensor.{name}", *arguments).get("requires_grad")
        if name == "detach_":
            self.unspend()
        known = given is None or given.literal is not None
        off = name == "detach_" or (given is not None and given.literal is not None and not given.literal[0])
        if name == "requires_grad_" and tensor.leaf:
            self.flag_parameter(node, tensor, not off if known else None)
        if off:
            for site in tensor.origins if tensor.leaf else ():
                self.store(site, "#frozen", NONE)
            cut = self.cut_of(node, "detach_", tensor) if name == "detach_" else tensor.cut
            result = tensor._replace(graph=GRAPH_NO, origins=NO_SITES, leaf=False, cut=cut)
        elif not known:
            result = tensor._replace(graph=GRAPH_UNKNOWN)
        elif tensor.graph == GRAPH_NO:
            result = self.leaf(node)._replace(
                cut=tensor.cut, device=tensor.device, size=tensor.size, shape=tensor.shape
            )
        elif tensor.graph == GRAPH_UNKNOWN:
            made = self.leaf(node)
            result = made._replace(leaf=not tensor.origins, origins=made.origins | tensor.origins)
        else:
            result = tensor
        if isinstance(node.func, ast.Attribute):
            self.rebind(node.func.value, result)
        return result

    def _is_surely_computed(self, owner: Value, name: str) -> bool:
        """Whether a method that tensors have gives a tensor here: of an output, or of what ``forward`` is given."""
        given = owner.device is not None and owner.device.kind == MODULE and name not in _OF_SEQUENCES
        return given or self._is_output(owner)

    def _is_output(self, value: Value) -> bool:
        """Whether a value is what a module returned, or a part of it: nothing that acts on modules by itself."""
        made_unseen = any(self.load(site, "#opaque") is not None for site in value.sites)
        return bool(self.modules_of(value.origins)) and not made_unseen

    def rebind(self, owner: ast.expr, value: Value) -> None:
        """A method has changed what is known of the variable that it was called on."""
        if isinstance(owner, ast.Name):
            self.bind_name(owner.id, value)

    def universal_method(self, node: ast.Call, owner: Value, name: str, arguments: Arguments) -> Value | None:
        """A method whose name says that its owner, of unknown kind, is a tensor or a module; None for other names."""
        if name not in _UNIVERSAL and not (name in OUT_OF_PLACE and self._is_surely_computed(owner, name)):
            return None
        if name == "zero_grad":
            surely, maybe = self.cleared_by(self.modules_of(derived(owner)))
            self.lose_gradients(surely | maybe if derived(owner) else frozenset(self.optimizers()))
            return NONE
        if name == "backward":
            if arguments[0] and not arguments[0][0].must_be(kinds.NUMBER | kinds.NONE):
                # engine.backward(loss) and manual_backward(loss): somebody else's way of going backward.
                return None
            self.backward(node, owner, arguments[0], named("torch.Tensor.backward", *arguments))
            return NONE
        if name in ("parameters", "named_parameters"):
            return self._parameters(owner, name)
        if name in ("to", "cuda", "cpu", "float"):
            return self.moved(owner, self.transfer(node, name, *arguments))
        result = self.tensor_method(node, owner, name, arguments)
        if result is not None and result.must_be(kinds.TENSOR) and name not in _SURE:
            return result._replace(kinds=owner.kinds)
        return result


def _has_size(node: ast.Call) -> bool:
    """Whether a factory is given sizes that are not plainly empty."""
    first = node.args[0] if node.args else keyword(node, "size")
    return first is not None and not (isinstance(first, (ast.Tuple, ast.List)) and not first.elts)


def _with_size(place: Device | None) -> Device | None:
    return place._replace(full=1) if place is not None else None


_DIFFERENTIATES = re.compile(r"\bgrad\(|\.backward\(")
_SWITCHES_ON = re.compile(r"enable_grad|set_grad_enabled|inference_mode\(False\)|autograd")


def _averages(options: dict[str, Value]) -> bool:
    """Whether a loss with these options is averaged over the batch, as it is by default."""
    if any(name in options for name in ("reduce", "size_average", "**")):
        return False
    reduction = options.get("reduction")
    return reduction is None or reduction.literal == ("mean",)


def _shaped(result: Value, operation: str, tensor: Value, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value:
    """The result of an operation with its shape; of values and indices, each has it."""
    shape = shapes.after(operation, tensor, args, kwargs)
    if shape is None:
        return result
    if result.items is not None:
        return result._replace(items=tuple(item._replace(shape=shape) for item in result.items))
    if shape.dims and result.device is not None:
        result = result._replace(device=result.device._replace(full=1))
    return result._replace(shape=shape)


def _kept_data(factory: str, args: tuple[Value, ...], kwargs: dict[str, Value]) -> Value | None:
    """What a factory takes as it is; None for others, which copy."""
    kept = cuts.KEEPS.get(factory)
    return named(f"torch.{factory}", args, kwargs).get(kept) if kept is not None else None


def _is_true(value: Value) -> bool:
    return value.literal == (True,)


_SPECIAL = {
    "copy.deepcopy": TorchCalls._deepcopy,
    "collections.OrderedDict": TorchCalls._ordered_dict,
    "collections.defaultdict": TorchCalls._defaultdict,
    "collections.deque": TorchCalls._deque,
    "torch.nn.Parameter": TorchCalls._parameter,
    "torch.autograd.backward": TorchCalls._autograd_backward,
    "torch.autograd.grad": TorchCalls._autograd_grad,
    "torch.autograd.Variable": TorchCalls._variable,
    "torch.load": TorchCalls._load,
    "torch.save": TorchCalls._save,
    "torch.from_numpy": TorchCalls._pure_tensor,
    "torch.Tensor": TorchCalls._tensor_of_numbers,
    "torch.nn.utils.parameters_to_vector": TorchCalls._flattened,
    **dict.fromkeys(READERS, TorchCalls._pure_tensor),
    "torch.utils.data.random_split": TorchCalls.split_dataset,
    "torch.FloatTensor": TorchCalls._tensor_of_numbers,
    "torch.LongTensor": TorchCalls._pure_tensor,
}

__all__ = ["Arguments", "TorchCalls"]
