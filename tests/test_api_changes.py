"""The table of removed and deprecated names: how it reads, and whether torch agrees."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from types import ModuleType

import pytest
from torch_pitfalls.knowledge.api_changes import CHANGES, NEWEST, change_of, release

SCRIPT = Path(__file__).parents[1] / "scripts" / "check_api.py"
HOW = ("", "same", "call", "first", "with")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_api", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.torch
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_the_installed_torch_agrees_with_the_table() -> None:
    import torch

    check = script()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        version = check.version_of(torch)
        assert list(check.differences(version)) == []
        if version <= NEWEST:
            assert list(check.unknown()) == []


@pytest.mark.torch
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed")
def test_a_wrong_entry_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    check = script()
    wrong = CHANGES["torch.qr"]._replace(removed=(2, 0))
    lost = CHANGES["torch.ger"]._replace(name="torch.no_such_name", instead="torch.nor_this")
    monkeypatch.setattr(check, "CHANGES", {"a": wrong, "b": lost})
    assert list(check.differences((2, 13))) == [
        "torch.qr is said to be gone, and is there",
        "torch.no_such_name is said to be deprecated, and is gone",
        "torch.nor_this, which is to replace torch.no_such_name, is not there",
    ]


def test_entries_make_sense() -> None:
    for change in CHANGES.values():
        assert change.deprecated or change.removed, change
        assert not (change.deprecated and change.removed) or change.deprecated < change.removed, change
        assert change.how.partition(" ")[0] in HOW, change
        assert change.removed is None or change.removed <= NEWEST, change
        assert change.instead != change.name


def test_a_module_stands_for_everything_below_it() -> None:
    gone = change_of("torchvision.transforms.functional_tensor.rgb_to_grayscale")
    assert gone is not None
    assert gone.instead == "torchvision.transforms.functional.rgb_to_grayscale"
    assert change_of("torch._six.moves.urllib") is not None
    assert change_of("torch.fft.rfft") is None
    assert change_of("torch.qr.anything") is None
    assert change_of("numpy.linalg.solve") is None


@pytest.mark.parametrize(
    ("name", "version", "text"),
    [
        ("torch.qr", (1, 9), "torch 1.9"),
        ("functorch.vmap", (2, 0), "torch 2.0"),
        ("torchvision.datapoints", (2, 1), "torchvision 0.16"),
        ("torchvision.transforms.Scale", (1, 11), "torchvision 0.12"),
        ("torchaudio.info", (2, 9), "torchaudio 2.9"),
        ("torchaudio.load_wav", (1, 10), "torchaudio 0.10"),
    ],
)
def test_releases_are_those_of_the_names_own_package(name: str, version: tuple[int, ...], text: str) -> None:
    assert release(name, version) == text
