"""The tables of torch's names, compared with the installed torch."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from typing import Any

import pytest
from torch_pitfalls.knowledge import in_place, torch_names

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
]

TABLES = {
    "LOSS_FUNCTIONS": ("torch.nn.functional",),
    "MODULES": ("torch.nn",),
    "LOSSES": ("torch.nn",),
    "OPTIMIZERS": ("torch.optim",),
    "SCHEDULERS": ("torch.optim.lr_scheduler",),
    "FACTORIES": ("torch",),
    "LIKE_FACTORIES": ("torch",),
    "TENSOR_FUNCTIONS": ("torch",),
    "FUNCTIONS_ALONE": ("torch",),
    "LINALG": ("torch.linalg",),
    "FFT": ("torch.fft",),
    "IN_PLACE": ("torch.Tensor",),
    "OUT_OF_PLACE": ("torch.Tensor",),
    "NO_GRADIENT": ("torch", "torch.Tensor"),
    "STATELESS": (),
}
"""Table → the places in one of which its names are."""
ARGUMENTS = ((), (1,), (2,), (2, 2), (1, (1, 1)), (1, 0.0), (0.1, 20))
"""With some of these, every module without state can be made."""
VIEWING: dict[str, tuple[Any, ...]] = {
    "diagonal": (),
    "expand": (2, 3, 4),
    "narrow": (0, 0, 1),
    "permute": (2, 0, 1),
    "select": (0, 0),
    "squeeze": (),
    "t": (),
    "transpose": (0, 1),
    "unsqueeze": (0,),
    "view": (-1,),
}
"""Method that returns a view → arguments for it; ``view_as`` takes a tensor."""


def find(qualified: str) -> Any:
    value: Any = importlib.import_module("torch")
    for part in qualified.split(".")[1:]:
        value = getattr(value, part, None)
    return value


def missing(names: Iterable[str], owners: tuple[str, ...]) -> list[str]:
    """The names that are in none of the places; those with a dot are whole."""
    whole = {name: [name] if name.startswith("torch.") else [f"{owner}.{name}" for owner in owners] for name in names}
    return sorted(name for name, places in whole.items() if all(find(place) is None for place in places))


@pytest.mark.parametrize("table", TABLES)
def test_the_names_exist(table: str) -> None:
    assert missing(getattr(torch_names, table), TABLES[table]) == []


def made(name: str) -> Any:
    for arguments in ARGUMENTS:
        try:
            return find(name)(*arguments)
        except TypeError:
            continue
    raise AssertionError(f"{name} cannot be made of any of {ARGUMENTS}")


@pytest.mark.parametrize("name", sorted(torch_names.STATELESS))
def test_modules_without_state_have_none(name: str) -> None:
    module = made(name)
    assert not [*module.parameters(), *module.buffers()]
    assert name.removeprefix("torch.nn.") not in torch_names.ALWAYS_MODE


@pytest.mark.parametrize("name", sorted(in_place.VIEWS))
def test_views_share_their_memory(name: str) -> None:
    import torch

    whole = torch.zeros(2, 3) if name == "t" else torch.zeros(2, 3, 4)
    view = getattr(whole, name)(*((whole,) if name == "view_as" else VIEWING[name]))
    assert view.untyped_storage().data_ptr() == whole.untyped_storage().data_ptr()


def test_a_sparse_tensor_is_where_its_values_and_indices_are() -> None:
    import torch

    indices = torch.tensor([[0, 1], [1, 0]])
    there = torch.sparse_coo_tensor(indices.to("meta"), torch.ones(2, device="meta"), (2, 2), check_invariants=False)
    assert there.device.type == "meta"
    with pytest.raises(RuntimeError, match="must match"):
        torch.sparse_coo_tensor(indices, torch.ones(2, device="meta"), (2, 2))
