"""The scheduler steps before the optimizer

A scheduler sets the rate for the next step of the optimizer. Where `scheduler.step()` comes first in the
loop, the first value of the schedule is never used and all others come one step early. In the example the
first step is taken with 0.05 instead of 0.1. torch warns once: ``Detected call of `lr_scheduler.step()` before
`optimizer.step()` ``.

How to fix: call `optimizer.step()` first, then `scheduler.step()`. Where one call follows the other, the fix
swaps them. It needs a look, because the rates change.

Exceptions: silent where training is resumed (`load_state_dict` of the optimizer or the scheduler,
`last_epoch=`), for `ReduceLROnPlateau`, chained and sequential schedulers, for `step` with an argument, for
schedulers of other packages, and where code that cannot be seen may have stepped.

Cannot see: loops whose two calls are in functions without visible source.

See also: `step-before-backward`. PyTorch documentation: torch.optim.lr_scheduler; How to adjust learning rate.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Note, Rule, Safety, Severity, say
from torch_pitfalls.subjects import SCHEDULES, Schedule

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

rates = []
for _ in range(3):
    optimizer.zero_grad()
    model(torch.ones(1, 1)).sum().backward()
    scheduler.step()  # expect: scheduler-before-optimizer
    rates.append(optimizer.param_groups[0]["lr"])
    optimizer.step()
""",
    good="""
import torch
from torch import nn

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

rates = []
for _ in range(3):
    optimizer.zero_grad()
    model(torch.ones(1, 1)).sum().backward()
    rates.append(optimizer.param_groups[0]["lr"])
    optimizer.step()
    scheduler.step()
""",
    symptom="rates[0] == 0.05",
)


def check(schedule: Schedule) -> Iterator[Finding]:
    """Report the step of a scheduler that comes before the first step of its optimizer."""
    name = schedule.short_receiver
    notes: tuple[Note, ...] = ()
    if schedule.later is not None:
        notes = schedule.note_at(schedule.later.at, say("the optimizer steps here"))
    edits = schedule.swapped()
    yield Finding(
        at=schedule.at,
        headline=say("`{name}` steps before its optimizer", name=name),
        effect=say("the first value of the schedule is skipped, and all others come one step early"),
        remedy=say("call `{name}.step()` after the step of the optimizer", name=name),
        notes=notes,
        fix=Fix(say("Swap the two calls"), edits, Safety.UNSAFE) if edits else None,
    )


RULE = Rule(
    slug="scheduler-before-optimizer",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=SCHEDULES,
    check=check,
)
