"""The optimizer steps before there are gradients

`step()` reads the gradients that `backward()` writes. When it runs first, right after `zero_grad()`, it finds
none, and the model never trains: the weights keep their initial values, silently. Without a `zero_grad()` in
between, the step is taken with the gradients of the iteration before, or the `backward()` that comes too late
raises `RuntimeError`: `one of the variables needed for gradient computation has been modified by an inplace
operation`, because the step has changed weights that the graph still needs.

How to fix: keep the order `zero_grad()`, forward pass, `loss.backward()`, `step()`. Where both calls
are there but in the wrong order, the fix moves `step()` below `backward()`. It needs a look, because training
starts to do something.

Exceptions: silent where gradients come from elsewhere: written by hand (`p.grad = ...`), computed with
`torch.autograd.grad`, by a closure that is passed to `step()`, or by a framework that runs `backward()`
itself. The `step()` of a learning rate scheduler is no optimizer step.

Cannot see: a function without visible source that receives the loss may call `backward()`. Then nothing is
reported.

See also: `zero-grad-between-backward-and-step`, `missing-zero-grad`. PyTorch documentation:
torch.optim.Optimizer.step; torch.Tensor.backward.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import (
    Use,
    any_of,
    faults,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs, targets = torch.randn(16, 3), torch.randn(16, 1)
model = nn.Linear(3, 1)
initial = model.weight.detach().clone()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(5):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), targets)
    optimizer.step()  # expect: step-before-backward
    loss.backward()
""",
    good="""
import torch
from torch import nn

inputs, targets = torch.randn(16, 3), torch.randn(16, 1)
model = nn.Linear(3, 1)
initial = model.weight.detach().clone()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(5):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
""",
    symptom="torch.equal(model.weight, initial)",
)


def check(step: Use) -> Iterator[Finding]:
    """Report a step on gradients that nothing has computed since they were cleared, or that comes between."""
    if step.event.effect is Effect.DIFFERENTIATE:
        yield _late(step)
        return
    if len({held.state for held in step.event.before} - {"clean"}) == 1 and not step.was("clean"):
        # Only ``new``: a first step to please a scheduler. Only ``wiped``: zero-grad-between-backward-and-step.
        return
    name = step.optimizer
    yield Finding(
        at=step.at,
        headline=say("`{name}` steps before any `backward()`", name=name),
        effect=say("the gradients have just been cleared, so the step changes nothing"),
        remedy=say("call `backward()` between `zero_grad()` and `step()`"),
        notes=step.notes(say("gradients cleared here")),
        fix=_fix(step, step.node),
    )


def _late(backward: Use) -> Finding:
    name = backward.short_receiver
    return Finding(
        at=backward.at,
        headline=say("`{name}` goes backward after the step that changed its weights", name=name),
        effect=say("raises `RuntimeError` where the graph needs the old weights; else every step is one batch late"),
        remedy=say("call `step()` after `backward()`"),
        notes=backward.notes(say("the weights change here")),
        fix=_fix(backward, backward.cause_node) if backward.cause_is_direct else None,
    )


def _fix(step: Use, node: ast.AST | None) -> Fix | None:
    facts = step.facts
    statement = facts.statement(node) if node is not None else None
    block = step.block_of(statement)
    if statement is None or block is None or not step.direct or not isinstance(statement, ast.Expr):
        return None
    later = block[block.index(statement) + 1 :]
    backward = next((other for other in later if _is_backward(other)), None)
    if backward is None:
        return None
    removed = step.remove_line(statement)
    inserted = step.insert_after(backward, step.with_comment(statement))
    if removed is None or inserted is None:
        return None
    return Fix(say("Move `step()` below `backward()`"), (removed, inserted))


def _is_backward(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Attribute)
        and statement.value.func.attr == "backward"
    )


RULE = Rule(
    slug="step-before-backward",
    doc=__doc__,
    category="gradient",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=any_of(
        faults(Effect.STEP, "new", "clean", "wiped", every=True),
        faults(Effect.DIFFERENTIATE, "overtaken", every=True),
    ),
    check=check,
)
