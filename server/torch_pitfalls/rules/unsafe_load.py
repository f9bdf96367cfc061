"""A checkpoint is loaded by a pickle that may run code

A checkpoint is a pickle, and a pickle names functions that are called while it is read. With
`weights_only=False`, `torch.load` calls whatever the file names: whoever wrote the file decides what runs,
before a single weight has been looked at. Nothing warns. With `weights_only=True` it reads tensors, numbers,
strings and plain containers, and raises `UnpicklingError`: `Weights only load failed.` for anything else.

How to fix: pass `weights_only=True`, and save what it reads: `state_dict()`, numbers, strings, lists and dicts.
Other classes of the project can be allowed with `torch.serialization.safe_globals`. The fix needs a person's
look: files that hold a whole model, NumPy arrays, paths or a `Namespace` do not load any more.

Exceptions: silent with `weights_only=True`, where the version's default is True and nothing is passed, and for
a file that the same function has just written.

Cannot see: where a file comes from. Files that are known to be the project's own are a case for
`# torch-pitfalls: ignore[unsafe-load]`.

Versions: `weights_only` exists since torch 1.13. Its default is False before torch 2.6, so a load without it is
reported there too, and True since then.

See also: `whole-model-saved`, `load-without-map-location`. PyTorch documentation: torch.load; Serialization
semantics; torch.serialization.safe_globals.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LOADS, Load

EXAMPLE = Example(
    bad="""
import pickle

import torch

ran = []

class Payload:
    def __reduce__(self):
        return exec, ("import __main__; __main__.ran.append('code from the file')",)

def publish(path):
    torch.save(Payload(), path)

publish("downloaded.pt")
try:
    torch.load("downloaded.pt", map_location="cpu", weights_only=False)  # expect: unsafe-load
except pickle.UnpicklingError as error:
    print(error)
""",
    good="""
import pickle

import torch

ran = []

class Payload:
    def __reduce__(self):
        return exec, ("import __main__; __main__.ran.append('code from the file')",)

def publish(path):
    torch.save(Payload(), path)

publish("downloaded.pt")
try:
    torch.load("downloaded.pt", map_location="cpu", weights_only=True)
except pickle.UnpicklingError as error:
    print(error)
""",
    symptom="ran == ['code from the file']",
)

_EXISTS, _SAFE_BY_DEFAULT = (1, 13), (2, 6)
"""Versions of torch: ``weights_only`` exists; its default is True."""


def check(call: Load) -> Iterator[Finding]:
    """Report a load that runs what the file names."""
    node = call.node
    assert isinstance(node, ast.Call)
    version = call.facts.torch_version
    given = next((item.value for item in node.keywords if item.arg == "weights_only"), None)
    if given is not None:
        if dict(call.event.kwargs)["weights_only"].literal != (False,):
            return
        headline = say("`torch.load` with `weights_only=False`")
        edit: Edit | None = Edit(call.facts.span(given), "True")
    else:
        if version is None or version >= _SAFE_BY_DEFAULT or call.may_pass(*at("torch.load", "weights_only")):
            return
        headline = say("`torch.load` without `weights_only=True`")
        edit = call.append_argument("weights_only=True") if version >= _EXISTS else None
    if call.is_written_here():
        return
    yield Finding(
        at=call.at,
        headline=headline,
        effect=say("unpickling runs any code that the file contains"),
        remedy=say("pass `weights_only=True`")
        if edit is not None
        else say("load trusted files only: `weights_only` exists since torch 1.13"),
        fix=Fix(say("Pass `weights_only=True`"), (edit,), Safety.UNSAFE) if edit is not None else None,
    )


RULE = Rule(
    slug="unsafe-load",
    doc=__doc__,
    category="checkpoint",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LOADS,
    check=check,
)
