"""Predictions of shape (N, 1) are compared with targets of shape (N,)

A model that ends in `nn.Linear(…, 1)` returns one column, while targets mostly come as a plain row of numbers.
`mse_loss`, `l1_loss`, `smooth_l1_loss` and `huber_loss` broadcast the two to (N, N): every prediction is compared with
every target. The mean squared error is then smallest where all predictions are the mean of the targets, and that is
what the model learns. torch warns, `Using a target size … that is different to the input size`, and goes on.
`binary_cross_entropy` and `binary_cross_entropy_with_logits` raise `ValueError` instead.

How to fix: take the last dimension away from the prediction, `prediction.squeeze(-1)`, or give one to the
target, `target.unsqueeze(-1)`. The fix does the former, and needs a look: the value of the loss changes.

Exceptions: a `squeeze`, `view`, `reshape` or `unsqueeze` on either side is followed, and shapes that are not surely
known are silent. So is a batch that surely holds one sample.

Cannot see: targets whose number of dimensions depends on a file, an array of numpy or a data set without visible
source; differences written out, as in `((prediction - target) ** 2).mean()`, of which torch does not warn either.

See also: PyTorch documentation: torch.nn.functional.mse_loss; torch.Tensor.squeeze.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.losses import BCE, BCE_WITH_LOGITS, ELEMENTWISE
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LOSS_CALLS, Loss

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs = torch.linspace(-1, 1, 20).unsqueeze(1)
targets = torch.linspace(-3, 3, 20)
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(200):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs), targets)  # expect: loss-shape-broadcast
    loss.backward()
    optimizer.step()
""",
    good="""
import torch
from torch import nn

inputs = torch.linspace(-1, 1, 20).unsqueeze(1)
targets = torch.linspace(-3, 3, 20)
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(200):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(inputs).squeeze(-1), targets)
    loss.backward()
    optimizer.step()
""",
    symptom="loss.item() > 3 and model.weight.abs().item() < 0.01",
)


def check(loss: Loss) -> Iterator[Finding]:
    """Report a column that is compared with a row."""
    name = loss.event.name
    if name not in ELEMENTWISE | BCE | BCE_WITH_LOGITS:
        return
    column = loss.column()
    if column is None:
        return
    shapes = say("(N, 1) with (N,)") if column == 0 else say("(N,) with (N, 1)")
    edits = loss.squeezed(column)
    yield Finding(
        at=loss.at,
        headline=say("`{name}` compares {shapes}", name=loss.name, shapes=shapes),
        effect=say("broadcasts both to (N, N): each prediction is compared with every target")
        if name in ELEMENTWISE
        else say("raises `ValueError`: input and target must have the same size"),
        remedy=say("take the last dimension away: `.squeeze(-1)`"),
        notes=loss.notes_there(say("evaluated here")),
        fix=Fix(say("Add `.squeeze(-1)`"), edits) if edits else None,
    )


RULE = Rule(
    slug="loss-shape-broadcast",
    doc=__doc__,
    category="loss",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LOSS_CALLS,
    check=check,
)
