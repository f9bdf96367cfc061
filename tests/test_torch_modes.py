"""What the tables say of the modules of ``torch.nn``, compared with instances of all of them: modes, parameters, state."""

from __future__ import annotations

import copy
import importlib.util
import itertools
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from torch_pitfalls.knowledge import api, devices, signatures, torch_names

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
    pytest.mark.filterwarnings("ignore"),
]

ARGUMENTS: tuple[tuple[Any, ...], ...] = (
    (), (4,), (4, 4), (4, 4, 1), (2,), (4, 4, 4), (2, 4), (2, 2), (0.1, 20),
)  # fmt: skip
"""With some of these, and an input below, nearly every module runs."""
SPECIAL: dict[str, tuple[Any, ...]] = {
    "AdaptiveLogSoftmaxWithLoss": (4, 4, [2]),
    "Fold": ((2, 5), 2),
    "GRU": (4, 4, 2),
    "LSTM": (4, 4, 2),
    "MultiheadAttention": (4, 2),
    "RNN": (4, 4, 2),
    "RNNBase": ("GRU", 4, 4),
    "RNNCellBase": (4, 4, True, 1),
    "Transformer": (4, 2, 1, 1, 8),
    "TransformerDecoderLayer": (4, 2, 8),
    "TransformerEncoderLayer": (4, 2, 8),
    "Unflatten": (1, (2, 2)),
}
"""Arguments that say more than a number of features; a recurrent layer drops only between two layers."""
HOLDERS = frozenset(
    "Container DataParallel ModuleDict ModuleList Sequential TransformerDecoder TransformerEncoder".split()
)
"""Modules made of modules that they are given: whether they have a mode, parameters or a state is up to those."""
PARAMETERS = frozenset("ParameterDict ParameterList".split())
OPTIONS = {"dropout": ("dropout", 0.5, 0.0), "tracking": ("track_running_stats", True, False)}
"""What a module depends on → the option, with which value it has a mode, and with which it has none."""


def module_class(name: str) -> Any:
    import torch

    return getattr(torch.nn, name)


def given_modules(name: str) -> tuple[Any, ...]:
    """Arguments for what is made of modules: some that have no mode."""
    from torch import nn

    if name in ("TransformerEncoder", "TransformerDecoder"):
        layer = module_class(f"{name}Layer")(4, 2, 8, dropout=0.0)
        return layer, 1
    one = nn.Linear(4, 4)
    return ([one],) if name == "ModuleList" else ({"one": one},) if name == "ModuleDict" else (one,)


@cache
def inputs() -> tuple[tuple[Any, ...], ...]:
    """What some module may be called with: far from mean 0 and deviation 1, so that batches show their statistics."""
    import torch

    torch.manual_seed(0)
    shapes = [(6, 4), (6, 4, 4), (6, 4, 4, 4), (6, 4, 4, 4, 4)]
    tensors = [torch.randn(shape) * 3 + 0.5 for shape in shapes]
    classes = torch.arange(6) % 4
    many = [(x,) * count for x in tensors for count in (1, 2, 3)]
    labels = [(x, classes) for x in tensors[:1]]
    signs = [(tensors[0], tensors[0], torch.ones(6))]
    unit = torch.rand(6, 4)
    sequences = (
        torch.randn(6, 2, 4).log_softmax(2),
        torch.ones(2, 3, dtype=torch.long),
        torch.full((2,), 6),
        torch.full((2,), 3),
    )
    pooled = [(x, torch.zeros_like(x, dtype=torch.long)) for x in tensors[1:]]
    whole = [(torch.arange(6) % 3,), (torch.arange(6).reshape(2, 3) % 3,), (tensors[0], torch.full((6, 4), -1))]
    return (*many, *labels, *signs, (unit, unit), sequences, *pooled, *whole)


def arguments(name: str) -> Iterator[tuple[Any, ...]]:
    if name in HOLDERS:
        yield given_modules(name)
    elif name in SPECIAL:
        yield SPECIAL[name]
    else:
        yield from ARGUMENTS


def has_forward(name: str) -> bool:
    import torch

    return module_class(name).forward is not torch.nn.Module.forward


def run(module: Any, given: tuple[Any, ...]) -> list[Any]:
    """The tensors that a copy of a module returns."""
    import torch

    torch.manual_seed(1)
    with torch.no_grad():
        found = copy.deepcopy(module)(*copy.deepcopy(given))
    return [leaf for leaf in torch.utils._pytree.tree_leaves(found) if isinstance(leaf, torch.Tensor)]


@cache
def running(name: str, **options: Any) -> tuple[Any, tuple[Any, ...]]:
    """An instance of a module, and an input that it runs on; without one, if it has no ``forward``."""
    import torch

    for some, given in itertools.product(arguments(name), inputs() if has_forward(name) else [()]):
        torch.manual_seed(0)
        try:
            module = module_class(name)(*some, **options)
            if given:
                with torch.no_grad():
                    module(*given)
        except (TypeError, ValueError, RuntimeError, IndexError, AssertionError, NotImplementedError, AttributeError):
            continue
        return module, given
    raise AssertionError(f"{name} runs with none of the arguments and inputs")


def differs(name: str, **options: Any) -> bool:
    """Whether the output of a module changes with its mode."""
    import torch

    module, given = running(name, **options)
    train, evaluate = run(module.train(), given), run(module.eval(), given)
    assert train
    return not all(torch.allclose(a, b, atol=1e-4, equal_nan=True) for a, b in zip(train, evaluate, strict=True))


def test_the_modules_are_those_of_torch() -> None:
    import torch

    found = {name for name, value in vars(torch.nn).items() if isinstance(value, type) and not name.startswith("_")}
    there = {name for name in found if issubclass(module_class(name), torch.nn.Module)} - {"Module"}
    assert sorted(there ^ torch_names.MODULES) == []
    assert HOLDERS | PARAMETERS | SPECIAL.keys() <= torch_names.MODULES


@pytest.mark.parametrize("name", sorted(torch_names.MODULES))
def test_the_mode_matters_exactly_where_the_table_says(name: str) -> None:
    depends = api.mode_dependence(f"torch.nn.{name}")
    if not has_forward(name):
        assert depends == "never"
        return
    if depends in OPTIONS:
        option, on, off = OPTIONS[depends]
        assert differs(name, **{option: on}) and not differs(name, **{option: off})
        assert differs(name) is (signatures.default(f"torch.nn.{name}", option) == str(on))
    else:
        assert differs(name) is (depends == "always")


def test_what_is_made_of_modules_has_the_mode_of_those() -> None:
    from torch import nn

    module = nn.Sequential(nn.Dropout())
    assert run(module.train(), inputs()[0])[0].eq(0).any()
    assert not run(module.eval(), inputs()[0])[0].eq(0).any()


PLAIN = sorted(torch_names.MODULES - torch_names.LOSSES - HOLDERS - PARAMETERS)


@pytest.mark.parametrize("name", PLAIN)
def test_parameters_and_state_are_where_the_tables_say(name: str) -> None:
    module, _ = running(name)
    whole = f"torch.nn.{name}"
    has_parameters, has_buffers = any(True for _ in module.parameters()), any(True for _ in module.buffers())
    assert (name in devices.WITH_PARAMETERS) is has_parameters
    depends = api.mode_dependence(whole)
    surely_none = not has_parameters and not has_buffers and depends != "tracking"
    assert (whole in api.WITHOUT_PARAMETERS) is surely_none
    assert (whole in torch_names.STATELESS) is (surely_none and depends == "never")
