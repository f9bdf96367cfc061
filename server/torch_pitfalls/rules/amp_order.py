"""A gradient scaler is used out of order

Mixed precision has an order: `scaler.scale(loss).backward()`, then perhaps `scaler.unscale_(optimizer)` once,
`scaler.step(optimizer)`, `scaler.update()`. `optimizer.step()` in place of `scaler.step(optimizer)` takes
gradients that are still multiplied by the scale, 65536 at first: in the example the weight moves by 65536
instead of 1, silently; only a later `scaler.update()` raises `AssertionError`. `scaler.step()` on a loss that
was never scaled raises `AssertionError` the first time; once the scaler has a scale, it divides by it, and
the step is far too small. A second `unscale_()`, and a second `step()` without `update()`, raise
`RuntimeError`. The documentation also advises against `backward()` inside `autocast`: the backward pass runs
in the types of the forward pass anyway.

How to fix: keep the order above, and call `backward()` outside of the `autocast` block.

Exceptions: silent for a scaler that is made with `enabled=False`, and where the order is not certain.

Cannot see: scalers of other packages, and what a function without visible source does with scaler, loss or
optimizer. The example runs a scaler on the CPU; the order is the same on accelerators.

See also: `gradient-clip-misplaced`. PyTorch documentation: torch.amp; Automatic Mixed Precision examples.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import AUTOCAST_BACKWARDS, Use, any_of, faults

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
nn.init.zeros_(model.weight)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
scaler = torch.amp.GradScaler("cpu")

loss = model(torch.ones(1, 1)).sum()
scaler.scale(loss).backward()
optimizer.step()  # expect: amp-order
""",
    good="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
nn.init.zeros_(model.weight)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
scaler = torch.amp.GradScaler("cpu")

loss = model(torch.ones(1, 1)).sum()
scaler.scale(loss).backward()
scaler.step(optimizer)
scaler.update()
""",
    symptom="model.weight.item() == -65536.0",
)

_UPDATE = say("raises `RuntimeError`: `step()` has already been called since the last `update()`")


def check(use: Use) -> Iterator[Finding]:
    """Report a call to a scaler, or past it, that is out of order."""
    effect, name = use.event.effect, use.optimizer
    if effect is Effect.BARE_STEP:
        headline = say("`{name}` steps past the scaler", name=name)
        result = say("the gradients are still multiplied by the scale, 65536 at first: the step is far too large")
        remedy, note = say("call `scaler.step({name})` instead", name=name), say("the loss was scaled here")
    elif effect is Effect.SCALED_STEP and use.was("bare"):
        headline = say("the scaler steps `{name}` on a loss that it has not scaled", name=name)
        result = say("raises `AssertionError`, or divides the gradients by a scale that was never applied")
        remedy, note = say("call `scaler.scale(loss).backward()`"), say("backward without `scale()` here")
    elif effect is Effect.SCALED_STEP:
        headline = say("the scaler steps `{name}` again without `update()`", name=name)
        result, remedy, note = _UPDATE, say("call `scaler.update()` after the step"), say("it has stepped here")
    elif effect is Effect.UNSCALE:
        headline = say("the gradients of `{name}` are unscaled again", name=name)
        result = say("raises `RuntimeError`: it may run once between two updates, and only before the step")
        remedy, note = say("call `unscale_()` once before each step"), say("unscaled or stepped here")
    else:
        headline = say("`{name}` goes backward inside `autocast`", name=use.short_receiver)
        result = say("the documentation advises against it: backward uses the types of the forward pass anyway")
        remedy, note = say("call `backward()` after the `autocast` block"), say("here")
    yield Finding(use.at, headline, result, remedy, notes=use.notes(note))


RULE = Rule(
    slug="amp-order",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=any_of(
        faults(Effect.BARE_STEP, "scaled", every=True),
        faults(Effect.SCALED_STEP, "bare", every=True),
        faults(Effect.SCALED_STEP, "stepped"),
        faults(Effect.UNSCALE, "unscaled", "stepped", every=True),
        AUTOCAST_BACKWARDS,
    ),
    check=check,
)
