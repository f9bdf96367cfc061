"""Logits are compared with 0.5

A model that is trained with `BCEWithLogitsLoss` gives logits: 0 stands for a probability of 0.5, and 0.5 for one of
0.62. With `logits > 0.5` all samples between the two count as negative. Rounding is worse: a logit of 3, a sure
positive, becomes 3 and not 1, and equals no label. The loss is right, so training goes on well, and only the figures
about it are wrong.

How to fix: compare probabilities, `torch.sigmoid(logits) > 0.5`, or the logits with their own middle, `logits > 0`.
The fix needs a look, as the figures change with it.

Exceptions: a sigmoid on the way, a threshold of 0, and the outputs of models that are trained with losses that take
the output as it is, such as `mse_loss`, are silent.

Cannot see: models trained in another file, whose last layer is not visible either.

See also: PyTorch documentation: torch.nn.BCEWithLogitsLoss; torch.sigmoid.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import THRESHOLDS, Threshold

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs, labels = torch.tensor([[-0.3], [0.3]]), torch.tensor([[0.0], [1.0]])
model = nn.Linear(1, 1)
nn.init.constant_(model.weight, 1.0)
nn.init.constant_(model.bias, 0.0)

logits = model(inputs)
loss = nn.functional.binary_cross_entropy_with_logits(logits, labels)
predicted = (logits > 0.5).float()  # expect: logits-thresholded-at-half
""",
    good="""
import torch
from torch import nn

inputs, labels = torch.tensor([[-0.3], [0.3]]), torch.tensor([[0.0], [1.0]])
model = nn.Linear(1, 1)
nn.init.constant_(model.weight, 1.0)
nn.init.constant_(model.bias, 0.0)

logits = model(inputs)
loss = nn.functional.binary_cross_entropy_with_logits(logits, labels)
predicted = (torch.sigmoid(logits) > 0.5).float()
""",
    symptom="not predicted.equal(labels)",
)


def check(threshold: Threshold) -> Iterator[Finding]:
    """Report logits that are treated as probabilities."""
    if not threshold.is_of_logits():
        return
    edits = threshold.with_sigmoid()
    name = threshold.output
    if threshold.rounds:
        headline = say("the logits `{name}` are rounded", name=name)
        effect = say("logits from 0.5 to 1.5 become 1; a surer positive becomes another number, and equals no label")
    else:
        headline = say("the logits `{name}` are compared with 0.5", name=name)
        effect = say("a logit of 0.5 is a probability of 0.62: positives below count as negative")
    yield Finding(
        at=threshold.at,
        headline=headline,
        effect=effect,
        remedy=say("apply the sigmoid first: `torch.sigmoid({name})`", name=name),
        notes=threshold.notes_there(say("evaluated here")),
        fix=Fix(say("Compare the probability"), edits) if edits else None,
    )


RULE = Rule(
    slug="logits-thresholded-at-half",
    doc=__doc__,
    category="loss",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=THRESHOLDS,
    check=check,
)
