"""A module is run through `forward`, past its hooks

`module.forward(x)` runs the bare method. `module(x)` runs it too, and with it everything that is attached to
the module: forward hooks and pre-hooks, and with them whatever works through hooks: summaries, profilers,
feature extraction, the old `weight_norm` and `spectral_norm`. A wrapper such as `DistributedDataParallel`
that is passed by does not synchronise gradients. In the example a hook that counts calls never runs. The
result is the same as long as nothing is attached, and nothing warns once something is.

How to fix: call the module: `module(x)`. The fix does it and is safe.

Exceptions: silent for `super().forward(x)` and `Class.forward(self, x)`, in a `__call__` and for classes that
define one, where the file assigns to a `forward`, and for scripted or exported modules.

Cannot see: objects of which nothing shows that they are modules.

See also: PyTorch documentation: torch.nn.Module.forward; torch.nn.Module.register_forward_hook.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import DIRECT_FORWARDS, DirectForward

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(2, 2)
calls = []
model.register_forward_hook(lambda module, inputs, output: calls.append(output))
output = model.forward(torch.ones(1, 2))  # expect: forward-called-directly
""",
    good="""
import torch
from torch import nn

model = nn.Linear(2, 2)
calls = []
model.register_forward_hook(lambda module, inputs, output: calls.append(output))
output = model(torch.ones(1, 2))
""",
    symptom="len(calls) == 0",
)


def check(forward: DirectForward) -> Iterator[Finding]:
    """Report ``module.forward(...)``."""
    if not forward.event.subject.must_be(kinds.MODULE | kinds.LOSS):
        return
    if forward.calls_differently() or forward.is_the_call_itself():
        return
    name = forward.short_receiver
    yield Finding(
        at=forward.at,
        headline=say("`{name}.forward` is called past the module", name=name),
        effect=say("hooks are skipped, and whatever works through them"),
        remedy=say("call `{name}(…)`", name=name),
        fix=Fix(say("Call the module"), (Edit(forward.attribute_span, ""),), Safety.SAFE),
    )


RULE = Rule(
    slug="forward-called-directly",
    doc=__doc__,
    category="mode",
    severity=Severity.INFORMATION,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=DIRECT_FORWARDS,
    check=check,
)
