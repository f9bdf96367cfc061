"""Gradients are never cleared between steps

`backward()` adds to `.grad`; it does not overwrite it. Without `zero_grad()`, the second step uses the sum of
two batches and the third the sum of three. In the example the true gradient is 1.0 in every iteration, and
the steps are taken with 1.0, 2.0 and 3.0. Nothing raises or warns, and the loss may even fall for a while,
with steps that grow longer and follow stale gradients.

How to fix: call `optimizer.zero_grad()` once per step: before the forward pass, between the forward pass and
`backward()`, or after `step()`. The three places give identical weights. The fix inserts the call before the
forward pass and is safe.

Exceptions: gradient accumulation on purpose is silent: a `step()` under a condition, with its `zero_grad()`
beside it. So are gradients cleared another way (`model.zero_grad()`, `p.grad = None`), gradients from
`torch.autograd.grad`, closures for `torch.optim.LBFGS`, several optimizers that are each cleared before their
own next `backward()` (GAN, actor-critic), and frameworks that clear the gradients themselves.

Cannot see: an optimizer, model or loss that is handed to code outside the project may be cleared there, so
from that point on nothing is reported.

See also: `zero-grad-between-backward-and-step`, `step-before-backward`. PyTorch documentation:
torch.optim.Optimizer.zero_grad; Zeroing out gradients in PyTorch.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import (
    Use,
    faults,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

seen = []
for _ in range(3):
    loss = model(torch.ones(1, 1)).sum()
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    seen.append(model.weight.grad.item())
""",
    good="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

seen = []
for _ in range(3):
    optimizer.zero_grad()
    loss = model(torch.ones(1, 1)).sum()
    loss.backward()
    optimizer.step()
    seen.append(model.weight.grad.item())
""",
    symptom="seen == [1.0, 2.0, 3.0]",
)


def check(step: Use) -> Iterator[Finding]:
    """Report the ``backward()`` that adds to gradients a step has already used."""
    if step.is_accumulating():
        return
    backward = step.cause_node or step.node
    name = step.optimizer
    yield Finding(
        at=step.facts.span(backward),
        headline=say("`{name}` steps, but its gradients are never cleared", name=name),
        effect=say("without `zero_grad()`, `backward()` adds to `.grad`: each step uses the sum of all batches so far"),
        remedy=say("call `{name}.zero_grad()` before this `backward()`", name=name),
        notes=step.note_at(step.event.at, say("this step uses old and new gradients")),
        fix=_fix(step, backward, name),
    )


def _fix(step: Use, backward: ast.AST, name: str) -> Fix | None:
    loop = step.loop_around(backward)
    if not step.in_scope(name):
        return None
    edit = step.insert_before(loop.body[0] if loop is not None else backward, f"{name}.zero_grad()")
    return Fix(say("Insert `{name}.zero_grad()`", name=name), (edit,), Safety.SAFE) if edit is not None else None


RULE = Rule(
    slug="missing-zero-grad",
    doc=__doc__,
    category="gradient",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=faults(Effect.STEP, "mixed"),
    check=check,
)
