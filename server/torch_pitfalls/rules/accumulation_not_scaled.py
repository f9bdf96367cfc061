"""Accumulated gradients are not divided by the number of batches

`backward()` adds to `.grad`. Where it runs for every batch and the optimizer steps after every n-th, the step
uses a sum of n gradients. A loss that averages over its batch (`reduction="mean"`, the default) then gives a
gradient n times as large as that of one batch of n times the size: in the example 4.0 instead of 1.0. The
learning rate is in effect multiplied by n, and so is what clipping sees. Nothing raises or warns.

How to fix: divide the loss by n before `backward()`. That is exact where all batches have the same size; where
they differ, use `reduction="sum"` and divide by the number of samples in all n batches. `reduction="sum"`
alone is no remedy: the gradient is then too large by that number of samples. The fix divides where the loss
goes backward. It needs a look, because the steps change.

Exceptions: silent where the loss is multiplied or divided anywhere on its way, where it is a sum, where the
rate or the gradients are scaled by n, where `backward()` is given a gradient, and for frameworks that scale by
themselves. n = 1 is no accumulation.

Cannot see: a loss that a model or another package computes, since nothing tells whether it averages, and batches
that are counted without `%`.

See also: `missing-zero-grad`. PyTorch documentation: Automatic Mixed Precision examples (gradient
accumulation); torch.nn.CrossEntropyLoss.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Note, Rule, Safety, Severity, say
from torch_pitfalls.subjects import GROUPED_BACKWARDS, GroupedBackward

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

steps = 4
for i in range(4):
    loss = model(torch.ones(8, 1)).mean()
    loss.backward()  # expect: accumulation-not-scaled
    if (i + 1) % steps == 0:
        gradient = model.weight.grad.item()
        optimizer.step()
        optimizer.zero_grad()
""",
    good="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

steps = 4
for i in range(4):
    loss = model(torch.ones(8, 1)).mean() / steps
    loss.backward()
    if (i + 1) % steps == 0:
        gradient = model.weight.grad.item()
        optimizer.step()
        optimizer.zero_grad()
""",
    symptom="gradient == 4.0",
)


def check(backward: GroupedBackward) -> Iterator[Finding]:
    """Report a mean loss of which several are added up, as they are, to one step."""
    if isinstance(backward.count, ast.Constant) and backward.count.value == 1:
        return
    if not backward.is_averaged() or backward.is_made_up_for():
        return
    name, count = backward.short_receiver, backward.count_text
    notes: tuple[Note, ...] = ()
    if backward.step is not None:
        notes = backward.note_at(backward.step.at, say("one step for several batches"))
    edits = backward.divided()
    yield Finding(
        at=backward.at,
        headline=say("`{name}` is accumulated without being divided", name=name),
        effect=say("the step adds up mean gradients: they are `{count}` times too large", count=count),
        remedy=say("divide it before `backward()`: `loss / {count}`", count=count),
        notes=notes,
        fix=Fix(say("Divide by `{count}`", count=count), edits, Safety.UNSAFE) if edits else None,
    )


RULE = Rule(
    slug="accumulation-not-scaled",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=GROUPED_BACKWARDS,
    check=check,
)
