"""Submodules are hidden in a plain container

A module finds its submodules by its attributes. A plain list, tuple or dict is no module, so what is inside
stays invisible: `parameters()` skips it and the optimizer never trains it, `to()` leaves it on the old
device, `state_dict()` does not save it, `train()` and `eval()` do not reach it. The forward pass works all
the same. If nothing else is registered, the optimizer raises `ValueError`: `optimizer got an empty parameter
list`; otherwise nothing raises or warns.

How to fix: wrap a list or tuple in `nn.ModuleList` and a dict in `nn.ModuleDict`; indexing and iteration stay
the same. The fix does that and is safe. `state_dict()` then has more keys, so checkpoints saved before
lack them.

Exceptions: silent when the same modules are registered elsewhere (`add_module`, `nn.ModuleList(blocks)`,
`nn.Sequential(*blocks)`), when the container holds names, configurations, or modules that have neither parameters
nor a mode (`nn.ReLU()`), and when a frozen module is hidden on purpose, such as a teacher.

Cannot see: containers that are filled by code outside the project, or whose elements are of unknown kind.

See also: `transfer-result-discarded`, `whole-model-saved`. PyTorch documentation: torch.nn.ModuleList;
torch.nn.ModuleDict; torch.nn.Module.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import (
    MODULE_STORES,
    Store,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = [nn.Linear(4, 4) for _ in range(3)]  # expect: unregistered-submodule
        self.head = nn.Linear(4, 1)

    def forward(self, x):
        for block in self.blocks:
            x = block(x).relu()
        return self.head(x)

net = Net()
""",
    good="""
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.head = nn.Linear(4, 1)

    def forward(self, x):
        for block in self.blocks:
            x = block(x).relu()
        return self.head(x)

net = Net()
""",
    symptom="list(net.state_dict()) == ['head.weight', 'head.bias'] and len(list(net.parameters())) == 2",
)


_CONTAINERS = {"list": "ModuleList", "tuple": "ModuleList", "dict": "ModuleDict"}


def check(store: Store) -> Iterator[Finding]:
    """Report modules that an attribute hides in a plain container."""
    if not store.holds_modules() or store.is_registered_elsewhere():
        return
    shape = store.shape
    wrapper = store.facts.spell(f"torch.nn.{_CONTAINERS[shape]}")
    edits = store.wrapped(wrapper)
    yield Finding(
        at=store.at,
        headline=say(
            "`self.{attribute}` hides its submodules in a plain {shape}", attribute=store.attribute, shape=shape
        ),
        effect=say("`parameters()`, `to()`, `state_dict()` and `train()` skip them"),
        remedy=say("wrap the {shape} in `{wrapper}`", shape=shape, wrapper=wrapper),
        fix=Fix(say("Wrap in `{wrapper}`", wrapper=wrapper), edits, Safety.SAFE) if edits else None,
    )


RULE = Rule(
    slug="unregistered-submodule",
    doc=__doc__,
    category="module",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=MODULE_STORES,
    check=check,
)
