"""A model is trained in evaluation mode

The mode stays as it is until someone changes it. With `train()` before the epoch loop and an evaluation
inside it that calls `eval()`, only the first epoch trains in training mode. From the second on, dropout is
off, and batch norm normalises with its running statistics and no longer updates them. The loss goes on
falling, without the regularisation that the model was built with. Nothing raises or warns.

How to fix: call `model.train()` at the start of the training part of every epoch. The fix inserts it there,
and the related place is the `eval()` that came before. It needs a look, in case the model is meant to be
trained in evaluation mode.

Exceptions: silent when the model is frozen or not among the parameters of the optimizer (teacher, perceptual
loss), when only batch norm layers were put in evaluation mode on purpose, when the evaluation restores the
mode (also in `finally`), when the model is known to hold no layer that depends on the mode, and when the function
that trains a model it is given calls `eval()` itself and evaluates nothing (a head on frozen features).

Cannot see: layers of a model whose class has no visible source, and an `eval()` inside code outside the
project.

See also: `inference-in-train-mode`, `mode-method-not-called`. PyTorch documentation: torch.nn.Module;
torch.nn.Dropout; torch.nn.BatchNorm1d.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LEARNINGS, Learning

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        return nn.functional.mse_loss(model(x), y).item()

inputs, targets = torch.randn(16, 4), torch.randn(16, 1)
model = nn.Sequential(nn.Linear(4, 32), nn.Dropout(0.5), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

modes = []
model.train()
for epoch in range(3):
    modes.append(model[1].training)
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), targets)
    loss.backward()  # expect: training-in-eval-mode
    optimizer.step()
    evaluate(model, inputs, targets)
""",
    good="""
import torch
from torch import nn

def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        return nn.functional.mse_loss(model(x), y).item()

inputs, targets = torch.randn(16, 4), torch.randn(16, 1)
model = nn.Sequential(nn.Linear(4, 32), nn.Dropout(0.5), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

modes = []
for epoch in range(3):
    model.train()
    modes.append(model[1].training)
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), targets)
    loss.backward()
    optimizer.step()
    evaluate(model, inputs, targets)
""",
    symptom="modes == [True, False, False]",
)


def check(backward: Learning) -> Iterator[Finding]:
    """Report training of a module that an evaluation left in evaluation mode."""
    if not backward.depends_on_mode() or backward.is_meant():
        return
    name = backward.subject_name
    yield Finding(
        at=backward.at,
        headline=say("`{name}` is trained in evaluation mode", name=name),
        effect=say("dropout is off, and batch norm neither uses nor updates the statistics of the batch"),
        remedy=say("call `{name}.train()` before the training part of each epoch", name=name),
        notes=backward.notes(say("evaluation mode since here"), say("trained here")),
        fix=_fix(backward, name),
    )


def _fix(backward: Learning, name: str) -> Fix | None:
    if not backward.in_scope(name):
        return None
    loop = backward.loop_around(backward.node)
    cause = backward.cause_node
    where: ast.AST = backward.node
    if loop is not None:
        inside = cause is not None and loop in list(backward.facts.around(cause))
        where = loop.body[0] if inside else loop
    edit = backward.insert_before(where, f"{name}.train()")
    return Fix(say("Insert `{name}.train()`", name=name), (edit,)) if edit is not None else None


RULE = Rule(
    slug="training-in-eval-mode",
    doc=__doc__,
    category="mode",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LEARNINGS,
    check=check,
)
