"""Gradients are clipped where there is nothing to clip

`clip_grad_norm_` and `clip_grad_value_` change the gradients that are there at that moment. Before
`backward()` there are none, and after `step()` they have been used: either way the full step is taken. In the
example a gradient of 100 is to be clipped to 1; the weight goes from 1 to -99 in one step. With a
`GradScaler`, the gradients of `scaler.scale(loss).backward()` are multiplied by the scale, 65536 at first. A
limit that is meant for the true gradients then cuts nearly everything away. Nothing raises or warns.

How to fix: clip between `backward()` and `step()`; with a scaler, call `scaler.unscale_(optimizer)` before
clipping. The fix moves the call or inserts `unscale_()`. It needs a look, because training changes.

Exceptions: silent where the order is not certain, where gradients come from elsewhere, and where the limit is
infinite: such a call is for the norm that it returns.

Cannot see: a function without visible source that clips, scales or goes backward inside.

See also: `amp-order`, `step-before-backward`. PyTorch documentation: torch.nn.utils.clip_grad_norm_;
Automatic Mixed Precision examples.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import CLIPS, Clip

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
nn.init.ones_(model.weight)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

loss = model(torch.tensor([[100.0]])).sum()
loss.backward()
optimizer.step()
nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced
""",
    good="""
import torch
from torch import nn

model = nn.Linear(1, 1, bias=False)
nn.init.ones_(model.weight)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

loss = model(torch.tensor([[100.0]])).sum()
loss.backward()
nn.utils.clip_grad_norm_(model.parameters(), 1.0)
optimizer.step()
""",
    symptom="model.weight.item() == -99.0",
)


def check(clip: Clip) -> Iterator[Finding]:
    """Report clipping that comes too late, too early, or while the gradients are scaled."""
    name = clip.called
    if clip.is_scaled:
        headline = say("`{name}` clips gradients that are still scaled", name=name)
        effect = say("they are multiplied by the scale, 65536 at first: the limit cuts nearly everything away")
        remedy = say("call `{scaler}.unscale_(…)` before it", scaler=clip.scaler or "scaler")
        note = say("scaled backward here")
    elif clip.is_late:
        headline = say("`{name}` comes after the step", name=name)
        effect = say("the step has used the gradients as they were: nothing is clipped")
        remedy = say("clip between `backward()` and `step()`")
        note = say("the step is here")
    else:
        headline = say("`{name}` comes before `backward()`", name=name)
        effect = say("there are no gradients yet: nothing is clipped")
        remedy = say("clip between `backward()` and `step()`")
        note = say("no gradients since here")
    yield Finding(clip.at, headline, effect, remedy, notes=clip.notes(note), fix=_fix(clip))


def _fix(clip: Clip) -> Fix | None:
    if clip.is_scaled:
        scaler, optimizer = clip.scaler, clip.stepping
        line = f"{scaler}.unscale_({optimizer})"
        inserted = clip.insert_before(clip.node, line) if scaler and optimizer else None
        title = say("Insert `{line}`", line=line)
        return Fix(title, (inserted,), Safety.UNSAFE) if inserted is not None else None
    edits = clip.moved()
    return Fix(say("Move it between `backward()` and `step()`"), edits, Safety.UNSAFE) if edits else None


RULE = Rule(
    slug="gradient-clip-misplaced",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=CLIPS,
    check=check,
)
