"""The result of a transfer or conversion is thrown away

`Tensor.to` is not in place. It returns a new tensor, or the same one when there is nothing to do, and leaves
its receiver where it was. The same holds for `.cuda()`, `.cpu()`, `.float()`, `.double()`, `.half()` and
`.long()`. As a bare statement such a call costs a copy and changes nothing. The error comes later and
elsewhere: `Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!`
or, as in the example, `mat1 and mat2 must have the same dtype, but got Double and Float`.

How to fix: assign the result: `x = x.to(device)`. The fix does that and is safe. For parameters there is no fix:
what `to` returns is no parameter, and assigning it to one raises `TypeError`: `cannot assign
'torch.DoubleTensor' as parameter 'weight'`. Move the module that owns it, or assign to `weight.data`.

Exceptions: modules are silent: `model.to(device)` moves the module itself and returns it. So are results that
are assigned, passed on or returned, and tensors made in the same statement, which nobody can use afterwards
(`torch.zeros(1).cuda()` to wake up the device).

Cannot see: receivers whose kind is unknown, such as a batch of a loader with its own `collate_fn`. They may
be modules or containers with an in-place `to`.

See also: `numpy-requires-grad`, `unregistered-submodule`. PyTorch documentation: torch.Tensor.to;
torch.nn.Module.to.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, Tag, say
from torch_pitfalls.subjects import TRANSFERS, Use

EXAMPLE = Example(
    bad="""
import numpy as np
import torch
from torch import nn

table = np.array([[0.2, 1.5, 3.0], [0.1, 1.1, 2.5]])
features = torch.from_numpy(table)
features.to(torch.float32)  # expect: transfer-result-discarded

model = nn.Linear(3, 1)
scores = model(features)
""",
    good="""
import numpy as np
import torch
from torch import nn

table = np.array([[0.2, 1.5, 3.0], [0.1, 1.1, 2.5]])
features = torch.from_numpy(table)
features = features.to(torch.float32)

model = nn.Linear(3, 1)
scores = model(features)
""",
    symptom="features.dtype is torch.float64 and 'must have the same dtype' in str(raised)",
)


def check(call: Use) -> Iterator[Finding]:
    """Report a converted tensor that nobody keeps."""
    statement = call.facts.statement(call.node)
    if (
        not call.event.subject.must_be(kinds.TENSOR)
        or not isinstance(statement, ast.Expr)
        or statement.value is not call.node
        or call.makes_its_receiver()
    ):
        return
    name = call.receiver
    kept = name.replace(".", "").replace("_", "").isalnum()
    start = call.at.start
    fix = Fix(say("Assign the result back"), (Edit(Span(start, start), f"{name} = "),), Safety.SAFE)
    remedy = say("assign it: `{name} = {short_text}`", name=name, short_text=call.short_text)
    parameter = call.event.subject.leaf or call.event.subject.is_parameter
    if parameter:
        # The result is no parameter: a module refuses it, and an optimizer refuses what is computed.
        remedy = say("move the module that owns it, or assign to `{name}.data`", name=name)
    yield Finding(
        at=call.at,
        headline=say("the result of `{short_text}` is thrown away", short_text=call.short_text),
        effect=say("`Tensor.{name}` returns a new tensor; `{name_}` stays as it was", name=call.event.name, name_=name),
        remedy=remedy,
        fix=fix if kept and not parameter else None,
    )


RULE = Rule(
    slug="transfer-result-discarded",
    doc=__doc__,
    category="device",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=TRANSFERS,
    check=check,
    tags=(Tag.UNNECESSARY,),
)
