"""The table of signatures, compared with the installed torch: by inspection, or with the stubs that it ships."""

from __future__ import annotations

import ast
import importlib.util
import inspect
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch_pitfalls
from torch_pitfalls.knowledge import cuts, data, distributed, dropouts, losses, notes, optimizers, sizes, torch_names
from torch_pitfalls.knowledge.signatures import KEYWORD, SIGNATURES, Signature, at, default, named

with_torch = [
    pytest.mark.torch,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
    pytest.mark.filterwarnings("ignore"),
]
PACKAGE = Path(torch_pitfalls.__file__).parent
UNWRITTEN = {
    "torch.Tensor.requires_grad_": "the stub calls its parameter `mode`",
    "torch.autograd.Variable": "there is no stub",
}
"""Function whose parameters torch writes down nowhere → why; a test calls it instead."""


OVERLOADED = frozenset(f"torch.nn.{name}" for name in ("GRU", "LSTM", "RNN"))
"""Classes whose parameters only the overloads of ``__init__`` tell."""


class Parameter(NamedTuple):
    """The position of a parameter, ``KEYWORD`` if it has none, and its default as Python spells it."""

    position: int
    default: str | None


Parameters = dict[str, Parameter]


def found(qualified: str) -> Any:
    value: Any = importlib.import_module("torch")
    for part in qualified.split(".")[1:]:
        value = importlib.import_module(f"torch.{part}") if not hasattr(value, part) else getattr(value, part)
    return value


def inspected(function: Any, is_method: bool) -> Parameters:
    parameters = list(inspect.signature(function).parameters.values())[is_method:]
    return {
        each.name: Parameter(
            KEYWORD if each.kind is each.KEYWORD_ONLY else position,
            None if each.default is each.empty else repr(each.default),
        )
        for position, each in enumerate(parameters)
    }


def overloads(function: Any, is_method: bool) -> list[Parameters]:
    """The signatures of a function of Python; none if it does not tell."""
    if isinstance(function, type) and f"torch.nn.{function.__name__}" in OVERLOADED:
        body = ast.parse(inspect.getsource(function)).body[0].body  # type: ignore[attr-defined]
        made = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
        return [written(node.args, 1) for node in made if node.decorator_list]
    try:
        return [inspected(function, is_method)]
    except ValueError:
        return []


@cache
def stub(name: str) -> ast.Module:
    import torch

    return ast.parse((Path(torch.__file__).parent / "_C" / name).read_text(encoding="utf-8"))


def stubbed(qualified: str) -> list[Parameters]:
    """The signatures of a builtin in the stubs."""
    parts = qualified.split(".")[1:]
    owner = {"Tensor": "TensorBase"}.get(parts[0], parts[0])
    name = "__init__" if len(parts) == 1 else parts[-1]
    classes = [node for node in stub("__init__.pyi").body if isinstance(node, ast.ClassDef) and node.name == owner]
    bodies: list[tuple[list[ast.stmt], int]] = [(node.body, 1) for node in classes]
    if not bodies:
        name = parts[-1]
        bodies = [(stub(file).body, 0) for file in ("_VariableFunctions.pyi", "_nn.pyi")]
    return [
        written(node.args, skipped)
        for body, skipped in bodies
        for node in body
        if isinstance(node, ast.FunctionDef) and node.name == name
    ]


def written(arguments: ast.arguments, skipped: int) -> Parameters:
    named = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(named) - len(arguments.defaults)) + [ast.unparse(each) for each in arguments.defaults]
    positional = list(zip(named, defaults, strict=True))[skipped:]
    alone = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return {
        **{each.arg: Parameter(position, default) for position, (each, default) in enumerate(positional)},
        **{each.arg: Parameter(KEYWORD, ast.unparse(given) if given else None) for each, given in alone},
    }


def signatures_of(qualified: str) -> list[Parameters]:
    function = found(qualified)
    is_method = isinstance(found(qualified.rpartition(".")[0]), type)
    return overloads(function, is_method) or stubbed(qualified)


def wrong(signature: Signature, parameters: Parameters) -> list[str]:
    """What a signature of the table says otherwise than torch does."""
    places = {name: position for position, name in enumerate(signature.positional)}
    said = [f"{name} at {place}" for name, place in places.items() if parameters.get(name, (None,))[0] != place]
    said += [f"no {name}" for name in signature.keyword if name not in parameters]
    return said + [
        f"{name}={default}"
        for name, default in signature.defaults.items()
        if name in parameters and parameters[name].default != default
    ]


class TestTorch:
    pytestmark = with_torch

    @pytest.mark.parametrize("name", sorted(SIGNATURES.keys() - UNWRITTEN.keys()))
    def test_the_parameters_are_those_of_torch(self, name: str) -> None:
        there = signatures_of(name)
        assert there
        assert min((wrong(SIGNATURES[name], parameters) for parameters in there), key=len) == []

    def test_what_is_written_down_nowhere_takes_these_arguments(self) -> None:
        import torch

        assert torch.zeros(1).requires_grad_().requires_grad
        assert not torch.zeros(1).requires_grad_(False).requires_grad
        assert not torch.zeros(1).requires_grad_(requires_grad=False).requires_grad
        assert torch.autograd.Variable(torch.zeros(1), True).requires_grad
        assert torch.autograd.Variable(data=torch.zeros(1), requires_grad=True).requires_grad
        assert not torch.autograd.Variable(torch.zeros(1)).requires_grad

    @pytest.mark.parametrize("package", ["torch.nn", "torch.nn.functional"])
    def test_whatever_works_in_place_or_reduces_is_in_the_table(self, package: str) -> None:
        for name, value in vars(found(package)).items():
            if callable(value) and not name.startswith("_") and name != "NLLLoss2d":
                parameters = overloads(value, False)
                for option in ("inplace", "reduction"):
                    if any(option in each for each in parameters):
                        assert at(f"{package}.{name}", option)

    def test_notes_are_about_parameters_that_exist(self) -> None:
        for name, parameter in notes.ARGUMENTS:
            assert any(parameter in each for each in signatures_of(name)), (name, parameter)
        for name, parameter in notes.METHOD_ARGUMENTS:
            owners = ("torch.Tensor", "torch.nn.Module", "torch.optim.Optimizer")
            there = [f"{owner}.{name}" for owner in owners if hasattr(found(owner), name)]
            assert any(parameter in each for one in there for each in signatures_of(one)), (name, parameter)


@pytest.mark.torch
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_functions_that_communicate_take_the_data_first() -> None:
    for name in (distributed.COLLECTIVES | distributed.POINT_TO_POINT) - {"barrier"}:
        parameters = inspected(found(f"torch.distributed.{name}"), False)
        assert next(iter(parameters)) in distributed.FIRST, name
        assert name in distributed.POINT_TO_POINT or parameters["async_op"].default == "False"


def test_losses_average_unless_they_are_told() -> None:
    reducing = [name for name, signature in SIGNATURES.items() if "reduction" in signature.defaults]
    assert {default(name, "reduction") for name in reducing} == {"'mean'"}
    assert {name.rpartition(".")[2] for name in reducing} == (torch_names.LOSSES | torch_names.LOSS_FUNCTIONS) - {
        "AdaptiveLogSoftmaxWithLoss",
        "NLLLoss2d",
    }


def test_dropout_functions_are_active_by_default_where_the_table_says() -> None:
    functions = {name for name in SIGNATURES if name.startswith("torch.nn.functional.") and "dropout" in name}
    assert {name for name in functions if default(name, "training") == "True"} == dropouts.ALWAYS_ACTIVE
    assert functions == set(dropouts.FUNCTION_OF.values())
    assert default(dropouts.ATTENTION, "dropout_p") == "0.0"


def test_what_tables_name_has_a_signature() -> None:
    asked = [
        *sizes.WIDTHS.items(),
        *optimizers.MOMENTS_BY_OPTION.items(),
        *((f"torch.{factory}", parameter) for factory, parameter in cuts.KEEPS.items()),
        *((name, "shuffle") for name in (data.LOADER, data.DISTRIBUTED_SAMPLER)),
    ]
    assert all(at(name, parameter) for name, parameter in asked)
    assert default("torch.optim.SGD", "momentum") == "0"
    operands = losses.CROSS_ENTROPY | losses.NLL | losses.BCE | losses.BCE_WITH_LOGITS | losses.KL_DIVERGENCE
    functions = [name for name in operands | losses.ELEMENTWISE if ".functional." in name]
    assert {SIGNATURES[name].positional[:2] for name in functions} == {("input", "target")}


def test_arguments_get_their_names() -> None:
    assert named("torch.optim.SGD", ["p", 0.1, 0.9], {"nesterov": True}) == {
        "params": "p",
        "lr": 0.1,
        "momentum": 0.9,
        "nesterov": True,
    }
    assert named("torch.unknown", [1], {"a": 2}) == {"a": 2}
    assert at("torch.load", "map_location") == (1, "map_location")
    assert at("torch.load", "weights_only")[0] == KEYWORD
    with pytest.raises(KeyError, match="no parameter"):
        at("torch.load", "colour")


def numbered(tree: ast.AST) -> Iterable[ast.Call]:
    """Calls that ask for an argument by a number and a name."""
    asking = ("argument", "argument_node", "may_pass")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asking:
            first, *more = node.args or [None]
            if isinstance(first, ast.Constant) and more and not any(isinstance(each, ast.Starred) for each in more):
                yield node


@pytest.mark.parametrize("package", ["rules", "subjects"])
def test_positions_are_in_the_table(package: str) -> None:
    """But for the first two operands of losses, which the test above compares."""
    for path in sorted((PACKAGE / package).glob("*.py")):
        asked = {tuple(ast.literal_eval(arg) for arg in call.args) for call in numbered(ast.parse(path.read_text()))}
        asked -= {(0, "input"), (1, "target")}
        assert not {each for each in asked if each[0] >= 0}, path.name
