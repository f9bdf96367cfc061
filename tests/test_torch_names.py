"""The tables of torch's names, compared with the installed torch: all names are there, and are what the tables say."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import re
from functools import cache
from types import ModuleType
from typing import Any

import pytest
import torch_pitfalls.knowledge
from torch_pitfalls.knowledge import api, cuts, in_place, kinds, losses, notes, recurrent, torch_names
from torch_pitfalls.knowledge.data import SAMPLERS
from torch_pitfalls.knowledge.legacy import CONSTRUCTORS

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
    pytest.mark.filterwarnings("ignore"),
]

TENSOR, NN, F, TORCH = "torch.Tensor", "torch.nn", "torch.nn.functional", "torch"
OPERATION = (TENSOR, TORCH, F)
OWNERS: dict[str, tuple[str, ...]] = {
    "activations.METHODS": (TENSOR, F),
    "activations.RESHAPING": (TENSOR,),
    "activations.ROUNDING": (TENSOR,),
    "activations.LENGTHENING": ("torch.nn.Sequential",),
    "api.OPTIMIZER_METHODS": ("torch.optim.Optimizer",),
    "api.MODULE_RETURNS_SELF": ("torch.nn.Module",),
    "api.MODULE_HARMLESS": ("torch.nn.Module", "torch.nn.ModuleList", "torch.nn.parallel.DistributedDataParallel"),
    "api_changes.EPOCH_IS_RIGHT": ("torch.optim.lr_scheduler",),
    "cuts.TO_NUMBER": (TENSOR,),
    "cuts.TO_ARRAY": (TENSOR,),
    "cuts.TO_INTEGERS": (TENSOR,),
    "cuts.COPIES": (TORCH, TENSOR, "torch.autograd"),
    "cuts.CUTTING": (TORCH, TENSOR, "torch.autograd"),
    "cuts.KEEPS": (TORCH,),
    "data.COPIES": (TENSOR,),
    "devices.DTYPES": (TORCH,),
    "devices.MAY_MIX": OPERATION,
    "devices.READS": (TENSOR,),
    "devices.TO_ACCELERATOR": (TENSOR,),
    "devices.WAITS": (TENSOR, "torch.cuda", "torch.cuda.Event", "torch.futures.Future"),
    "devices.WITHOUT_DIMENSIONS": (TENSOR, TORCH, "torch.linalg"),
    "devices.WITH_DIMENSIONS": OPERATION,
    "devices.WITH_PARAMETERS": (NN,),
    "distributed.COLLECTIVES": ("torch.distributed",),
    "distributed.MOVES": ("torch.nn.Module",),
    "distributed.POINT_TO_POINT": ("torch.distributed",),
    "distributed.SENDS": ("torch.distributed",),
    "in_place.CONVERSIONS": (TENSOR,),
    "in_place.ONLY_TENSORS_HAVE": (TENSOR,),
    "in_place.SAVES_INPUT": OPERATION,
    "in_place.SAVES_OTHER": OPERATION,
    "in_place.SAVES_OUTPUT": OPERATION,
    "in_place.VIEWS": (TENSOR,),
    "in_place.WITHOUT_TWIN": (TORCH, F),
    "in_place.WITH_TWIN": (TENSOR,),
    "legacy._DTYPES": (TORCH,),
    "losses.FUNCTION_FORMS": (NN,),
    "losses.WEIGHTED": (NN,),
    "notes.METHODS": (TENSOR, "torch.nn.Module", "torch.optim.Optimizer"),
    "random.RESEEDING": ("torch.Generator", "random.Random", "numpy.random.Generator"),
    "random.NOT_DRAWING": ("torch.Generator", "random.Random", "numpy.random.Generator"),
    "shapes.CONDENSING": (TENSOR,),
    "shapes.LINES": (TORCH,),
    "shapes.OF_TENSORS": (TENSOR,),
    "shapes.SAME_AS_OTHER": (TENSOR,),
    "shapes.TRANSPARENT": OPERATION,
    "shapes.TURNING_IN_PLACE": (TENSOR,),
    "sizes.DOWN_TO_ONE": (TENSOR,),
    "sizes.PAIRWISE": (TENSOR,),
    "sizes.POINTWISE": OPERATION,
    "sizes.REARRANGING": (TENSOR,),
    "sizes.REDUCTIONS": (TENSOR,),
    "sizes.RESHAPING_IN_PLACE": (TENSOR,),
    "sizes.SIZED_FACTORIES": (TORCH,),
    "state_dicts.SAME_MEMORY": (TENSOR,),
    "torch_names.ALWAYS_MODE": (NN,),
    "torch_names.FACTORIES": (TORCH,),
    "torch_names.FFT": ("torch.fft",),
    "torch_names.FUNCTIONS_ALONE": (TORCH,),
    "torch_names.IN_PLACE": (TENSOR,),
    "torch_names.LIKE_FACTORIES": (TORCH,),
    "torch_names.LINALG": ("torch.linalg",),
    "torch_names.LOSSES": (NN,),
    "torch_names.LOSS_FUNCTIONS": (F,),
    "torch_names.MODE_IF_DROPOUT": (NN,),
    "torch_names.MODE_IF_TRACKING": (NN,),
    "torch_names.MODE_THROUGH_CHILDREN": (NN,),
    "torch_names.MODULES": (NN,),
    "torch_names.NO_GRADIENT": (TORCH, TENSOR),
    "torch_names.OPTIMIZERS": ("torch.optim",),
    "torch_names.OUT_OF_PLACE": (TENSOR,),
    "torch_names.SCHEDULERS": ("torch.optim.lr_scheduler",),
    "torch_names.TENSOR_FUNCTIONS": (TORCH,),
}
"""Table of names without ``torch.`` → the places in one of which each of its names is."""

OTHERS: dict[str, frozenset[str]] = {
    "api.MODULE_HARMLESS": frozenset({"load_pretrained", "save_pretrained", "update_parameters"}),
    "api.MODULE_RETURNS_SELF": frozenset({"to_bettertransformer"}),
    "cuts.CUTTING": frozenset({cuts.COMPARISON}),
    "devices.TO_ACCELERATOR": frozenset({"hpu", "npu"}),
    "in_place.CONVERSIONS": frozenset({"hpu"}),
}
"""Table → names in it that other packages bring, or that are words of the engine."""

FOREIGN = frozenset(
    """
    activations.COMPARING activations.ELEMENTWISE activations.LIMITED api.ANNOTATIONS api.CONTAINER_METHODS api.DECODED
    api.DIFFERENTIATING_METHODS api.FRAMEWORKS api.HARMLESS_PACKAGES api.QUIET_METHODS api_changes.REDUCTIONS
    devices.SETTINGS frameworks._ACCELERATE frameworks._FABRIC frameworks._LIGHTNING frameworks.RELATIVES
    in_place.OPERATORS misspellings.PARTS_OF_MODELS notes.METHOD_ARGUMENTS random.SEED_OF random._DRAWS
    shapes.REGROUPING sizes.WHOLE state_dicts.PROGRESS
    """.split()
)
"""Tables of names that are not torch's: words of Python, of other packages, or of the engine."""

OLD = frozenset({"api_changes.CHANGES", "api_changes._MODULES"})
"""Tables of names that are deprecated or gone; ``test_api_changes`` compares them with torch."""

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

ALIKE = frozenset({"torch.cuda.amp.autocast", "torch.cpu.amp.autocast", "torch.cuda.amp.GradScaler"})
"""Names of classes of their own that do what their canonical name does."""

BASES = {
    kinds.MODULE: "torch.nn.Module",
    kinds.LOSS: "torch.nn.Module",
    kinds.OPTIMIZER: "torch.optim.Optimizer",
    kinds.SCHEDULER: "torch.optim.lr_scheduler.LRScheduler",
    kinds.TENSOR: "torch.Tensor",
    kinds.LOADER: "torch.utils.data.DataLoader",
    kinds.DATASET: "torch.utils.data.Dataset",
    kinds.SAMPLER: "torch.utils.data.Sampler",
    kinds.SCALER: "torch.amp.GradScaler",
    kinds.DEVICE: "torch.device",
    kinds.DTYPE: "torch.dtype",
}
"""Kind → the class of which all values of it are instances."""


def modules() -> list[ModuleType]:
    package = torch_pitfalls.knowledge
    return [
        importlib.import_module(f"{package.__name__}.{each.name}") for each in pkgutil.iter_modules(package.__path__)
    ]


def tables() -> dict[str, list[str]]:
    """The names in every set and dict of strings that a module of ``knowledge`` defines."""
    found = {}
    for module in modules():
        source = inspect.getsource(module)
        for name, table in vars(module).items():
            if isinstance(table, (frozenset, dict)) and re.search(rf"^{name}\b[^=\n]*=", source, re.M):
                values = table.values() if isinstance(table, dict) else ()
                names = [key[0] if isinstance(key, tuple) else key for key in table]
                whole = [value for value in values if isinstance(value, str) and value.startswith("torch.")]
                found[f"{module.__name__.rpartition('.')[2]}.{name}"] = [n for n in names if isinstance(n, str)] + whole
    return found


TABLES = tables()


@cache
def find(qualified: str) -> Any:
    """What a name leads to; None if to nothing."""
    package, _, name = qualified.rpartition(".")
    owner = find(package) if package else None
    if hasattr(owner, name):
        return getattr(owner, name)
    try:
        return importlib.import_module(qualified) if not package or isinstance(owner, ModuleType) else None
    except ImportError:
        return None


@pytest.mark.parametrize("table", [table for table in TABLES if table not in OLD])
def test_whole_names_exist(table: str) -> None:
    assert [name for name in TABLES[table] if name.startswith("torch.") and find(name) is None] == []


@pytest.mark.parametrize("table", OWNERS)
def test_bare_names_exist(table: str) -> None:
    bare = [name for name in TABLES[table] if not name.startswith("torch.") and name not in OTHERS.get(table, ())]
    assert sorted(name for name in bare if all(find(f"{owner}.{name}") is None for owner in OWNERS[table])) == []


def test_every_table_of_bare_names_is_told_what_it_is() -> None:
    bare = {table for table, names in TABLES.items() if any("." not in name for name in names)}
    assert sorted(bare - OWNERS.keys() - FOREIGN) == []
    assert sorted((OWNERS.keys() | FOREIGN | OLD | OTHERS.keys()) - TABLES.keys()) == []


def class_of(name: str) -> Any:
    """The class of what a class makes, or a function without arguments returns."""
    value = find(name)
    return value if isinstance(value, type) and name not in CONSTRUCTORS else type(value())


@pytest.mark.parametrize("table", [api._RESULTS, api.ANNOTATIONS, api.BASES], ids=["results", "annotations", "bases"])
def test_kinds_are_those_of_the_bases(table: dict[str, int]) -> None:
    for name, kind in table.items():
        if name.startswith("torch."):
            plain = {kinds.BOOL: bool, kinds.NUMBER: int}
            base = plain.get(kind) or find(BASES[kind])
            assert issubclass(class_of(name), base), name
            assert (kind == kinds.LOSS) is issubclass(class_of(name), find("torch.nn.modules.loss._Loss")), name


def public(package: str, base: str) -> set[str]:
    """The public classes of a package that inherit from one of its own."""
    top = find(base)
    found = {name for name, value in vars(find(package)).items() if isinstance(value, type) and issubclass(value, top)}
    return {name for name in found if not name.startswith("_")} - {base.rpartition(".")[2]}


def test_optimizers_and_schedulers_are_those_of_torch() -> None:
    assert sorted(public("torch.optim", "torch.optim.Optimizer") ^ torch_names.OPTIMIZERS) == []
    schedulers = public("torch.optim.lr_scheduler", "torch.optim.lr_scheduler.LRScheduler")
    assert sorted(schedulers ^ torch_names.SCHEDULERS) == []
    samplers = public("torch.utils.data", "torch.utils.data.Sampler") | {"Sampler"}
    assert sorted(samplers ^ {name.rpartition(".")[2] for name in SAMPLERS}) == []


def test_losses_are_those_of_torch() -> None:
    """One is no ``_Loss``, and returns a loss beside its output."""
    found = public("torch.nn", "torch.nn.modules.loss._Loss")
    assert sorted(found ^ torch_names.LOSSES) == ["AdaptiveLogSoftmaxWithLoss"]


@pytest.mark.parametrize("package", [name for name in api.MEMBERS if name.startswith("torch.")])
def test_what_stands_for_a_member_is_the_base_of_them(package: str) -> None:
    known = torch_names.OPTIMIZERS if package == "torch.optim" else torch_names.SCHEDULERS
    assert all(issubclass(find(f"{package}.{name}"), find(api.MEMBERS[package])) for name in known)


def test_every_name_has_the_kind_of_its_class() -> None:
    for package, names in (
        ("torch.nn", torch_names.MODULES),
        ("torch.optim", torch_names.OPTIMIZERS),
        ("torch.optim.lr_scheduler", torch_names.SCHEDULERS),
    ):
        for name in names:
            assert issubclass(find(f"{package}.{name}"), find(BASES[api.returned_kind(f"{package}.{name}")]))


def test_aliases_lead_to_the_same() -> None:
    names = {
        name for table in TABLES.values() for name in table if name.startswith("torch.") and find(name) is not None
    }
    moved = {name for name in names if api.canonical(name) != name and find(api.canonical(name)) is not find(name)}
    assert sorted(moved - ALIKE) == []


@pytest.mark.parametrize("table", ["api._RESULTS", "api.ANNOTATIONS", "api.BASES", "api.WRAPPERS", "api.CONTEXTS"])
def test_what_is_looked_up_by_its_canonical_name_has_it(table: str) -> None:
    assert [name for name in TABLES[table] if api.canonical(name) != name] == []


def test_notes_are_about_methods_of_those_kinds() -> None:
    for name, note in notes.METHODS.items():
        assert all(hasattr(find(base), name) for kind, base in BASES.items() if kind & note.of), name


def test_losses_have_the_functions_and_the_weights_of_the_tables() -> None:
    for name, function in losses.FUNCTION_FORMS.items():
        assert inspect.signature(find(f"torch.nn.{name}").forward).parameters.keys() - {"self"} <= (
            inspect.signature(find(f"torch.nn.functional.{function}")).parameters.keys()
        )
        assert (next(iter(inspect.signature(find(f"torch.nn.{name}")).parameters)) == "weight") is (
            name in losses.WEIGHTED
        )


@pytest.mark.parametrize("name", recurrent.STATES)
def test_recurrent_layers_return_as_many_states(name: str) -> None:
    import torch

    _, state = find(name)(4, 4)(torch.zeros(2, 3, 4))
    assert (len(state) if isinstance(state, tuple) else 1) == recurrent.STATES[name]


def test_twins_exist() -> None:
    assert [name for name in in_place.WITH_TWIN if find(f"torch.Tensor.{name}_") is None] == []


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
