"""A loss gets the target first and the prediction second

Cross entropy is not symmetric: the first argument is the prediction, the second what it is compared with. With
integer targets `cross_entropy` and `nll_loss` raise, which at least is noticed. The binary losses and targets
of floating point do not: `binary_cross_entropy` takes the logarithm of the labels, cut at -100, so the loss is
100 times the absolute error; `binary_cross_entropy_with_logits` falls below zero without end, and samples with
label 0 do not count at all.

How to fix: swap the two arguments: `loss(output, target)`. Losses of other libraries, scikit-learn for one, take them
the other way round.

Exceptions: losses that are symmetric, such as `mse_loss` and `l1_loss`, are not looked at. Where either side may be
the other one, nothing is reported.

Cannot see: targets and outputs that come from code without visible source.

See also: PyTorch documentation: torch.nn.functional.cross_entropy; torch.nn.functional.binary_cross_entropy;
torch.nn.BCELoss.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.losses import BCE, BCE_WITH_LOGITS, CROSS_ENTROPY, NLL
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, Text, say
from torch_pitfalls.subjects import LOSS_CALLS, Loss

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs, labels = torch.tensor([[-1.0], [1.0]]), torch.tensor([[0.0], [1.0]])
model = nn.Linear(1, 1)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

for _ in range(100):
    optimizer.zero_grad()
    loss = criterion(labels, model(inputs))  # expect: loss-arguments-swapped
    loss.backward()
    optimizer.step()
""",
    good="""
import torch
from torch import nn

inputs, labels = torch.tensor([[-1.0], [1.0]]), torch.tensor([[0.0], [1.0]])
model = nn.Linear(1, 1)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)

for _ in range(100):
    optimizer.zero_grad()
    loss = criterion(model(inputs), labels)
    loss.backward()
    optimizer.step()
""",
    symptom="loss.item() < 0",
)


def check(loss: Loss) -> Iterator[Finding]:
    """Report a target in the place of the prediction, with the prediction in its place."""
    if loss.event.name not in CROSS_ENTROPY | NLL | BCE | BCE_WITH_LOGITS or not loss.is_swapped():
        return
    edits = loss.swapped()
    yield Finding(
        at=loss.at,
        headline=say("`{name}` gets the target before the prediction", name=loss.name),
        effect=_effect(loss.event.name),
        remedy=say("swap the arguments: `{name}(output, target)`", name=loss.name),
        notes=loss.notes_there(say("evaluated here")),
        fix=Fix(say("Swap the arguments"), edits, Safety.SAFE) if edits else None,
    )


def _effect(name: str) -> Text:
    if name in BCE:
        return say("it takes the logarithm of the labels, cut at -100: the loss is 100 times the absolute error")
    if name in BCE_WITH_LOGITS:
        return say("the loss falls below zero without end, and samples with label 0 do not count")
    return say("raises for integer targets; with others the loss is negative and leads elsewhere")


RULE = Rule(
    slug="loss-arguments-swapped",
    doc=__doc__,
    category="loss",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=LOSS_CALLS,
    check=check,
)
