"""A tensor that a module keeps is not registered as a buffer

`nn.Module` knows its parameters, its submodules and its buffers. A tensor that is merely assigned to an
attribute is none of them: `model.to(device)` leaves it where it is, and `state_dict()` does not save it. Once
the model is on a GPU, the first `forward` that uses it raises `RuntimeError`: `Expected all tensors to be on
the same device, but found at least two devices, cuda:0 and cpu!`

How to fix: `self.register_buffer("scale", torch.ones(4))`. The attribute is used as before. Pass
`persistent=False` for what can be computed anew: it is moved, but not saved. The fix needs a look: a
persistent buffer is a new entry of the state dict, which checkpoints written before do not have.

Exceptions: silent for buffers and parameters, for tensors that are moved where they are used
(`self.scale.to(x.device)`), and for those that `forward` does not use together with inputs or parameters. An
index tensor may stay on the CPU. Also silent in a class that moves its tensors itself, in its own `to`, `cuda`
or `_apply`.

Cannot see: tensors in lists and dicts, and uses outside of `forward` and what it calls.

See also: `tensor-on-default-device`, `unregistered-submodule`. PyTorch documentation:
torch.nn.Module.register_buffer; torch.nn.parameter.Buffer.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import MODULE_STORES, Store

# The device `meta` stands in for a GPU.
EXAMPLE = Example(
    bad="""
import torch
from torch import nn


class Standardize(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = torch.tensor([0.5, 0.4, 0.4])  # expect: unregistered-buffer

    def forward(self, x):
        return x - self.mean


model = Standardize()
saved = set(model.state_dict())
output = model.to("meta")(torch.ones(2, 3, device="meta"))
""",
    good="""
import torch
from torch import nn


class Standardize(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.5, 0.4, 0.4]))

    def forward(self, x):
        return x - self.mean


model = Standardize()
saved = set(model.state_dict())
output = model.to("meta")(torch.ones(2, 3, device="meta"))
""",
    symptom="saved == set() and 'is not on the expected device' in str(raised)",
)


def check(store: Store) -> Iterator[Finding]:
    """Report a tensor attribute of ``__init__`` that forward brings together with what moves."""
    meeting = store.meets_what_moves()
    if meeting is None:
        return
    edits = store.registered()
    title = say('Register it: `self.register_buffer("{name}", …)`', name=store.attribute)
    yield Finding(
        at=store.at,
        headline=say("`self.{name}` is a plain tensor and stays when the module moves", name=store.attribute),
        effect=say("`to()` does not move it and `state_dict()` does not save it, and with a GPU `forward` raises"),
        remedy=say('register it: `self.register_buffer("{name}", …)`', name=store.attribute),
        notes=store.note_at(meeting.at, say("here it meets what moves")),
        fix=Fix(title, edits) if edits else None,
    )


RULE = Rule(
    slug="unregistered-buffer",
    doc=__doc__,
    category="device",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=MODULE_STORES,
    check=check,
)
