"""Gradients are cleared before the step can use them

`zero_grad()` stands between `backward()` and `step()`, so the gradients are gone when the optimizer looks for
them. Since torch 2.0 a cleared gradient is `None`, and `step()` skips every such parameter: the weights keep
their initial values to the last bit. Before 2.0, and with `set_to_none=False`, it is zero, and momentum or
weight decay still move the weights, without learning from the data. Nothing raises or warns in either case.

How to fix: move `zero_grad()` above the forward pass, or below `step()`. Both give identical weights. The fix
moves it above the forward pass. It needs a look, because training starts to do something.

Exceptions: silent when another `backward()` follows before `step()`, since its gradients are then the ones
used, and when the two calls concern different parameters: another optimizer, another module.

Cannot see: whether two optimizers share parameters, when one of them is built from parameters whose origin is
unknown. Then nothing is reported.

See also: `missing-zero-grad`, `step-before-backward`. PyTorch documentation: torch.optim.Optimizer.zero_grad;
torch.optim.Optimizer.step.
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

inputs, targets = torch.randn(16, 3), torch.randn(16, 1)
model = nn.Linear(3, 1)
initial = model.weight.detach().clone()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for _ in range(5):
    loss = nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
    optimizer.step()
""",
    good="""
import torch
from torch import nn

inputs, targets = torch.randn(16, 3), torch.randn(16, 1)
model = nn.Linear(3, 1)
initial = model.weight.detach().clone()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for _ in range(5):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
""",
    symptom="torch.equal(model.weight, initial)",
)


def check(step: Use) -> Iterator[Finding]:
    """Report the ``zero_grad()`` that clears gradients before the step could use them."""
    clearing = step.cause_node or step.node
    yield Finding(
        at=step.facts.span(clearing),
        headline=say("gradients are cleared between `backward()` and `{optimizer}.step()`", optimizer=step.optimizer),
        effect=say("the step finds no gradients and changes nothing: training has no effect"),
        remedy=say("move `zero_grad()` above the forward pass"),
        notes=step.note_at(step.event.at, say("this step finds no gradients")),
        fix=_fix(step, clearing),
    )


def _fix(step: Use, clearing: ast.AST) -> Fix | None:
    facts = step.facts
    loop = step.loop_around(clearing)
    statement = facts.statement(clearing)
    if loop is None or not step.cause_is_direct or statement not in loop.body or statement is loop.body[0]:
        return None
    if not isinstance(statement, ast.Expr):
        return None
    removed = step.remove_line(statement)
    inserted = step.insert_before(loop.body[0], step.with_comment(statement))
    if removed is None or inserted is None:
        return None
    return Fix(say("Move `zero_grad()` above the forward pass"), (inserted, removed))


RULE = Rule(
    slug="zero-grad-between-backward-and-step",
    doc=__doc__,
    category="gradient",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=faults(Effect.STEP, "wiped", every=True),
    check=check,
)
