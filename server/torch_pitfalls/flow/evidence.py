"""Kinds by usage: what a body calls on a name tells what it must be.

Only names for which nothing better is known are judged so, and conflicting evidence counts as none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.torch_names import OUT_OF_PLACE, TENSOR_FUNCTIONS
from torch_pitfalls.syntax.shapes import dotted, root_name

_SCHEDULER_NAME = re.compile(r"sched|warm_?up|(?:^|_)lr(?:_|$)|decay|anneal", re.I)
_OPTIMIZER_NAME = re.compile(r"(?:^|[_.])(?:optim(?:i[sz]er)?s?|opt)(?:$|[_\d])|optim(?:i[sz]er)?(?:_?\w{0,2})?$", re.I)
_MODULE_NAME = re.compile(
    r"(?:^|_)(?:model|net|network|module|encoder|decoder|classifier|generator|discriminator|backbone|student|teacher"
    r"|actor|critic|policy|net_?[a-z]?)(?:$|[_\d])",
    re.I,
)
_VERB = re.compile(
    r"^_*(?:add|apply|build|check|clean|clone|compile|configure|convert|copy|count|create|define|download|dump|export"
    r"|extract|find|freeze|from|fuse|get|has|import|infer|init|initialize|inspect|instantiate|is|load|log|lower|make"
    r"|merge|move|open|parse|patch|plot|prepare|print|process|prune|push|quantize|read|register|remove|replace|reset"
    r"|resolve|restore|return|run|save|script|select|send|set|setup|show|swap|sync|test|to|trace|train|transform"
    r"|unfreeze|unwrap|update|upload|validate|verify|visit|visualize|warm|wrap|write)_",
    re.I,
)
_MAKER_NAME = re.compile(r"_(?:cls|class|type|fn|func|function|factory|builder|ctor|constructor|creator|maker)$", re.I)
"""Names of what makes something, or does something with it: ``net_cls``, ``model_fn``."""
_TENSOR_NAME = re.compile(
    r"(?:^|_)(?:images?|imgs?|labels?|targets|pixel_values|masks?|input_ids|captions?|waveforms?)\d*$", re.I
)
"""Names of what surely is a tensor where it is moved; tokenizers return ``inputs`` that move in place."""
_LOADER_NAME = re.compile(r"loader|(?:^|_)(?:dl|dataloaders?)(?:$|_)", re.I)
_LOSS_NAME = re.compile(r"criteri(?:on|a)|(?:^|_)(?:loss_(?:fn|func|function|f)|lossfn|loss_?fct)(?:$|[_\d])", re.I)
_SCALER_NAME = re.compile(r"scaler", re.I)

_MODULE_CALLS = frozenset(
    {"eval", "parameters", "named_parameters", "state_dict", "load_state_dict", "train", "named_modules", "children"}
)
_SURE_MODULE_CALLS = frozenset({"parameters", "named_parameters", "named_modules", "named_children", "requires_grad_"})

_TENSOR_CALLS = frozenset({"size", "numel", "detach", "unsqueeze", "contiguous", "permute", "softmax", "log_softmax"})
_MOVES = frozenset({"to", "cuda"})
_TENSOR_METHODS = (
    OUT_OF_PLACE
    | TENSOR_FUNCTIONS
    | frozenset(
        """
        backward item numpy tolist dim size numel stride nelement ndimension register_hook retain_grad data_ptr
        is_contiguous is_floating_point is_complex get_device element_size storage to cpu cuda
        """.split()
    )
)
_FUNCTIONAL = re.compile(r"^(?:F|(?:torch\.)?nn\.functional)\.[a-z]")
"""Functions whose first argument is a tensor, as people spell them."""

Evidence = Mapping[str, int]


def gather(body: ast.AST) -> Evidence:
    """Dotted name → kind, for the names on which the body calls telling methods."""
    called: dict[str, set[str]] = {}
    invoked: set[str] = set()
    looped: set[str] = set()
    given: set[str] = set()
    made: set[str] = set()
    for node in ast.walk(body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            made |= _given_what_is_made(node)
        elif isinstance(node, ast.Call):
            place = dotted(node.func)
            if place is None:
                continue
            invoked.add(place)
            given.update(name for value in _tensors_given(place, node) if (name := dotted(value)) is not None)
            owner, _, method = place.rpartition(".")
            if owner:
                called.setdefault(owner, set()).add(method)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute):
            place = dotted(node.value)
            if place is not None:
                owner, _, method = place.rpartition(".")
                called.setdefault(owner, set()).add(method)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            place = dotted(iterated(node.iter))
            if place is not None:
                looped.add(place)
    found: dict[str, int] = {}
    for place in {*called, *invoked, *looped, *given}:
        kind = _judge(place, called.get(place, set()), place in invoked, place in looped)
        if not kind and place in given and place not in invoked and not names_a_module(place):
            kind = kinds.TENSOR
        if not kind and place not in invoked | made and _is_moved_tensor(place, called.get(place, set())):
            kind = kinds.TENSOR
        if kind:
            found[place] = kind
    return found


def _given_what_is_made(node: ast.Assign) -> set[str]:
    """The names that get what a call of something else returns."""
    source = root_name(node.value)
    return {name for target in node.targets if (name := dotted(target)) and name.partition(".")[0] != source}


def _tensors_given(function: str, call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that must be tensors: the target of a loss, the first of a functional."""
    if _LOSS_NAME.search(function.rpartition(".")[2]):
        return [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "target")]
    return call.args[:1] if _FUNCTIONAL.match(function) else []


def iterated(node: ast.expr) -> ast.expr:
    """What a loop really goes over: the argument of ``enumerate`` and of progress bars."""
    while isinstance(node, ast.Call) and node.args:
        name = dotted(node.func)
        if name is None or name.rpartition(".")[2] not in {"enumerate", "tqdm", "iter", "islice"}:
            break
        node = node.args[0]
    return node


def _judge(place: str, methods: set[str], is_called: bool, is_iterated: bool) -> int:
    name = place.rpartition(".")[2]
    if is_called and _MAKER_NAME.search(name) and not _LOSS_NAME.search(name):
        return kinds.UNKNOWN
    if "step" in methods and "update" in methods and {"scale", "unscale_"} & methods:
        return kinds.SCALER
    if "step" in methods and not is_called:
        if _SCHEDULER_NAME.search(name):
            return kinds.SCHEDULER
        if "zero_grad" in methods or _OPTIMIZER_NAME.search(name):
            return kinds.OPTIMIZER
        return kinds.UNKNOWN
    if "zero_grad" in methods and _OPTIMIZER_NAME.search(name) and not is_called:
        return kinds.OPTIMIZER
    if "backward" in methods and not is_called and "step" not in methods:
        return kinds.UNKNOWN if _MODULE_NAME.search(name) else kinds.TENSOR
    if _SURE_MODULE_CALLS & methods and (is_called or _MODULE_NAME.search(name) or "eval" in methods):
        return kinds.MODULE
    if _MODULE_CALLS & methods and (is_called or _MODULE_NAME.search(name)) and not _OPTIMIZER_NAME.search(name):
        return kinds.MODULE
    if is_called and _LOSS_NAME.search(name) and not methods - {"to", "cuda"}:
        return kinds.LOSS
    if (is_called or "forward" in methods) and _MODULE_NAME.search(name) and name.islower() and not _VERB.match(name):
        return kinds.MODULE
    if _TENSOR_CALLS & methods and not is_called and all(map(_is_tensor_method, methods)):
        return kinds.TENSOR
    if is_iterated and _LOADER_NAME.search(name):
        return kinds.LOADER
    return kinds.UNKNOWN


def _is_moved_tensor(place: str, methods: set[str]) -> bool:
    """Whether something is moved that bears the name of a tensor, and is asked for nothing but what tensors have."""
    named = _TENSOR_NAME.search(place.rpartition(".")[2]) is not None
    return named and bool(_MOVES & methods) and all(map(_is_tensor_method, methods))


def _is_tensor_method(name: str) -> bool:
    return name in _TENSOR_METHODS or name.endswith("_") or name.startswith("new_")


def names_a_module(name: str) -> bool:
    """Whether a dotted name is one that people give to modules."""
    return bool(_MODULE_NAME.search(name.rpartition(".")[2]))


def by_name(name: str) -> int:
    """The kind that a conventional name suggests when it is only handed on: optimizers and modules."""
    if _SCHEDULER_NAME.search(name) or _SCALER_NAME.search(name):
        return kinds.UNKNOWN
    if re.fullmatch(r"optimi[sz]er(?:_\w+)?|\w+_optimi[sz]er|opt|optim", name):
        return kinds.OPTIMIZER
    return kinds.UNKNOWN
