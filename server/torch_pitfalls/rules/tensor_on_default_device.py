"""A tensor made in `forward` does not follow the device of the inputs

`torch.zeros(n)` makes its tensor on the default device, which is the CPU. In the forward path of a module it
meets the inputs and the parameters, and these are wherever the module was moved. On the CPU that works; after
`model.to("cuda")` the first call raises `RuntimeError`: `Expected all tensors to be on the same device, but
found at least two devices, cuda:0 and cpu!`

How to fix: make it where the inputs are: `torch.zeros(n, device=x.device)`, `x.new_zeros(n)` or
`torch.zeros_like(x)`. A constant that is the same in every call belongs into a buffer. The fix adds
`device=x.device` and is safe: on the CPU nothing changes.

Exceptions: silent with `device=`, for `*_like` and `new_*`, for tensors that are moved before they meet anything
or that have no dimension, and for indices: a CPU tensor may index one on the GPU. Also silent for a module that
is only used in its own file, if that file never moves anything.

Cannot see: tensors that meet the inputs inside functions without visible source.

See also: `device-mismatch`, `unregistered-buffer`. PyTorch documentation: torch.Tensor.new_zeros; CUDA semantics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import MEETINGS, Meeting

# The device `meta` stands in for a GPU.
EXAMPLE = Example(
    bad="""
import torch
from torch import nn


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        noise = torch.randn(4)  # expect: tensor-on-default-device
        return self.fc(x + noise)


model = Noisy().to("meta")
output = model(torch.randn(8, 4, device="meta"))
""",
    good="""
import torch
from torch import nn


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        noise = torch.randn(4, device=x.device)
        return self.fc(x + noise)


model = Noisy().to("meta")
output = model(torch.randn(8, 4, device="meta"))
""",
    symptom="isinstance(raised, RuntimeError) and 'is not on the expected device' in str(raised)",
)


def check(meeting: Meeting) -> Iterator[Finding]:
    """Report where a tensor is made that meets what moves with the module."""
    made = meeting.cause_node
    if not meeting.meets_module() or made is None or not meeting.is_made_anew() or meeting.stays_at_home():
        return
    beside = meeting.beside()
    place = beside or "x"
    if meeting.takes_device():
        title = say("Add `device={place}.device`", place=place)
        remedy = say("make it where the inputs are: `device={place}.device`", place=place)
    else:
        title = say("Move it to `{place}.device`", place=place)
        remedy = say("move it to where the inputs are: `.to({place}.device)`", place=place)
    edit = meeting.with_device(f"{place}.device") if beside is not None else None
    yield Finding(
        at=meeting.facts.span(made),
        headline=say("`{made}` stays on the CPU when the module moves", made=meeting.maker()),
        effect=say("raises `RuntimeError: Expected all tensors to be on the same device` once the module is on a GPU"),
        remedy=remedy,
        notes=meeting.note_at(meeting.event.at, say("here it meets what moves")),
        fix=Fix(title, (edit,), Safety.SAFE) if edit is not None else None,
    )


RULE = Rule(
    slug="tensor-on-default-device",
    doc=__doc__,
    category="device",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=MEETINGS,
    check=check,
)
