"""What is said about names of torch, and whether the names are torch's."""

from __future__ import annotations

import inspect
import re

import pytest
from torch_pitfalls.about import about
from torch_pitfalls.knowledge.notes import ARGUMENTS, FUNCTIONS, METHOD_ARGUMENTS, METHODS, ApiNote
from torch_pitfalls.project import Project

NOTES = [
    *FUNCTIONS.values(),
    *(method.note for method in METHODS.values()),
    *ARGUMENTS.values(),
    *METHOD_ARGUMENTS.values(),
]


def note(text: str) -> tuple[str, ApiNote] | None:
    """What is said at the mark ``^`` of a text, which is not part of it."""
    offset = text.index("^")
    project = Project(None)
    project.set_text("train.py", text.replace("^", "", 1))
    found = about(project.db, "train.py", offset)
    if found is None:
        return None
    plain = text.replace("^", "", 1)
    return plain[found.span.start : found.span.end], found.note


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("import torch\n\nwith torch.no_^grad():\n    pass\n", "no_grad", FUNCTIONS["torch.no_grad"]),
        ("from torch import no_grad as quiet\n\n@qui^et()\ndef f(): ...\n", "quiet", FUNCTIONS["torch.no_grad"]),
        ("import torch.nn.functional as F\n\nloss = F.cross_^entropy(a, b)\n", "cross_entropy", FUNCTIONS["torch.nn.CrossEntropyLoss"]),
        ("import torch\nx = torch.load('a', map_^location='cpu')\n", "map_location", ARGUMENTS["torch.load", "map_location"]),
        (
            "from torch.utils.data import DataLoader as DL\n\n\ndef make(d):\n    return DL(d, pin_mem^ory=True)\n",
            "pin_memory",
            ARGUMENTS["torch.utils.data.DataLoader", "pin_memory"],
        ),
        ("import torch\nnet = torch.nn.Linear(1, 1)\nnet.ev^al()\n", "eval", METHODS["eval"].note),
        ("def f(model, x):\n    model.^eval()\n    return model(x)\n", "eval", METHODS["eval"].note),
        ("def f(loss):\n    return loss.item^()\n", "item", METHODS["item"].note),
        ("def f(t):\n    return t.de^tach()\n", "detach", METHODS["detach"].note),
        ("def f(opt):\n    opt.zero_grad(set_to^_none=True)\n", "set_to_none", METHOD_ARGUMENTS["zero_grad", "set_to_none"]),
    ],
)  # fmt: skip
def test_names_are_explained(text: str, name: str, expected: ApiNote) -> None:
    assert note(text) == (name, expected)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1^\n",
        "frame.ev^al('a + b')\n",
        "import pandas as pd\npd.DataFrame().ev^al('a')\n",
        "import numpy\nx = numpy.lo^ad('a')\n",
        "for key, value in d.it^ems():\n    pass\n",
        "request.da^ta\n",
        "def make(d):\n    return d(num_work^ers=2)\n",
    ],
)
def test_other_names_are_not(text: str) -> None:
    assert note(text) is None


@pytest.mark.parametrize("said", NOTES, ids=lambda said: str(said.text)[:40])
def test_notes_are_short_and_lead_to_rules(said: ApiNote) -> None:
    text = str(said.text)
    assert len(text) <= 360
    assert text.endswith(".")
    assert text.count("`") % 2 == 0
    assert not re.search(r"\b(you|your|please|simply|note that)\b", text)
    assert len(said.rules) == len(set(said.rules))


@pytest.mark.torch
def test_the_names_are_torchs() -> None:
    pytest.importorskip("torch")
    for name in FUNCTIONS:
        assert thing(name) is not None or name == "torch.autocast", name
    for name, argument in ARGUMENTS:
        called = thing(name)
        parameters = inspect.signature(called).parameters
        accepts_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
        assert argument in parameters or accepts_any, (name, argument)


def thing(name: str) -> object:
    import torch

    found: object = torch
    aliases = {"torch.nn.parallel.DataParallel": "torch.nn.DataParallel"}
    for part in aliases.get(name, name).split(".")[1:]:
        found = getattr(found, part)
    return found


@pytest.mark.torch
def test_the_methods_are_torchs() -> None:
    torch = pytest.importorskip("torch")
    owners = (torch.Tensor, torch.nn.Module, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler)
    for name in METHODS:
        assert any(hasattr(owner, name) for owner in owners), name
    for method, argument in METHOD_ARGUMENTS:
        signatures = [signature_of(getattr(owner, method)) for owner in owners if hasattr(owner, method)]
        assert any(argument in signature for signature in signatures), (method, argument)


def signature_of(method: object) -> str:
    try:
        return str(inspect.signature(method))  # type: ignore[arg-type]
    except ValueError:
        return getattr(method, "__doc__", "") or ""
