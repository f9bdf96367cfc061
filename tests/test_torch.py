"""The claims of the pages, checked on real torch.

Every example runs as a script would: as ``__main__``, from a file of its own, in an empty folder that holds
one checkpoint written on a GPU (``saved_on_gpu.pt``), on a machine that shows no GPU, and with processes that
are spawned, as on Windows and macOS. A symptom may use every name of the example, and besides

    raised         the exception that ended the example, None if it ran to its end
    graph_nodes    the number of autograd nodes behind a value, 0 for a value without a graph
"""

from __future__ import annotations

import importlib
import importlib.util
import multiprocessing
import random
import sys
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch_pitfalls
from torch_pitfalls.rule import Example

if importlib.util.find_spec("torch") is None:
    REASON = "torch is not installed: no claim of any page was checked (the examples need torch 2.13)"
    warnings.warn(REASON, stacklevel=1)
    pytest.skip(REASON, allow_module_level=True)

import numpy as np
import torch

pytestmark = pytest.mark.torch

RULES = Path(torch_pitfalls.__file__).parent / "rules"
STEMS = sorted(file.stem for file in RULES.glob("*.py") if not file.stem.startswith("_"))


def test_there_are_examples() -> None:
    assert STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_the_claim_of_the_page_holds(stem: str, machine: Path) -> None:
    example: Example = importlib.import_module(f"torch_pitfalls.rules.{stem}").EXAMPLE
    if "torchvision" in example.bad and importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")

    bad = run(example.bad, machine / "bad.py")
    if bad["raised"] is not None and "raised" not in example.symptom:
        raise AssertionError("the bad example raises, and its symptom does not say so") from bad["raised"]
    assert holds(example.symptom, bad), f"after the bad example: {example.symptom} (raised: {bad['raised']!r})"

    good = run(example.good, machine / "good.py")
    if good["raised"] is not None:
        raise AssertionError("the good example raises") from good["raised"]
    assert not holds(example.symptom, good), f"the good example shows the symptom: {example.symptom}"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which examples run; see the head of this file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    # Put back what an example replaces, whichever way the test ends.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    write_gpu_checkpoint(tmp_path / "saved_on_gpu.pt")
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method("spawn", force=True)
    yield tmp_path
    multiprocessing.set_start_method(before, force=True)


def run(code: str, file: Path) -> dict[str, Any]:
    """Run an example from its file and return its names, with ``raised`` among them."""
    file.write_text(code, encoding="utf-8")
    script = ModuleType("__main__")
    script.__file__ = str(file)
    # Spawned workers import the script, and pickle finds the example's classes, by way of __main__.
    sys.modules["__main__"] = script
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(0)
    names = vars(script)
    names["raised"] = None
    try:
        exec(compile(code, str(file), "exec"), names)
    except Exception as error:
        names["raised"] = error
    return names


def holds(symptom: str, names: dict[str, Any]) -> bool:
    return bool(eval(symptom, {**names, "graph_nodes": graph_nodes}))


def graph_nodes(value: object) -> int:
    """Count the autograd nodes that a value keeps alive."""
    found: set[Any] = set()
    waiting = [getattr(value, "grad_fn", None)]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found.add(node)
            waiting += [following for following, _ in node.next_functions]
    return len(found)


def write_gpu_checkpoint(file: Path) -> None:
    """Write the weights of ``nn.Linear(4, 2)`` as if they had been saved from ``cuda:0``.

    A file names the device of its tensors in one pickled string, which is replaced here.
    """
    torch.save(torch.nn.Linear(4, 2).state_dict(), file)
    with zipfile.ZipFile(file) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in records.items():
            if name.endswith("data.pkl"):
                assert data.count(_pickled("cpu")) == 1
                data = data.replace(_pickled("cpu"), _pickled("cuda:0"))
            archive.writestr(name, data)


def _pickled(text: str) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text.encode()
