"""Binary cross entropy with logits gets probabilities

`binary_cross_entropy_with_logits` applies the sigmoid itself. Given the output of a sigmoid, it applies it twice.
A probability lies between 0 and 1, and the second sigmoid makes 0.5 to 0.73 of that: the loss cannot fall below
0.31 for positive and 0.69 for negative samples, however good the model is. A confident mistake, which should have
a gradient near 1, has one near 0. Training still moves, slower and to a worse end. Nothing raises or warns.

How to fix: pass the logits, the values before the sigmoid, to the loss. Keep the sigmoid for the places that show or
compare probabilities. The fix needs a look: where the sigmoid is the last layer of the model, all who use its
output get logits from then on. A model that has to end in a sigmoid is trained with `binary_cross_entropy`.

Exceptions: a sigmoid for metrics, predictions or targets, and one before `binary_cross_entropy`, are silent.

Cannot see: a sigmoid inside a model whose class has no visible source, at the end of a path through
containers that cannot be followed, or written out as `1 / (1 + exp(-x))`.

See also: PyTorch documentation: torch.nn.functional.binary_cross_entropy_with_logits; torch.nn.BCEWithLogitsLoss.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.activations import LIMITED, SIGMOID
from torch_pitfalls.knowledge.losses import BCE_WITH_LOGITS
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LOSSES, Loss

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs, labels = torch.tensor([[-1.0], [1.0]]), torch.tensor([[0.0], [1.0]])
model = nn.Linear(1, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for _ in range(300):
    optimizer.zero_grad()
    scores = torch.sigmoid(model(inputs))
    loss = nn.functional.binary_cross_entropy_with_logits(scores, labels)  # expect: sigmoid-before-bce-with-logits
    loss.backward()
    optimizer.step()
""",
    good="""
import torch
from torch import nn

inputs, labels = torch.tensor([[-1.0], [1.0]]), torch.tensor([[0.0], [1.0]])
model = nn.Linear(1, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for _ in range(300):
    optimizer.zero_grad()
    scores = model(inputs)
    loss = nn.functional.binary_cross_entropy_with_logits(scores, labels)
    loss.backward()
    optimizer.step()
""",
    symptom="0.5 < loss.item() < 0.53 and (model(inputs) > 0).float().equal(labels)",
)


def check(loss: Loss) -> Iterator[Finding]:
    """Report probabilities where logits are expected."""
    act = loss.act_is(SIGMOID, LIMITED[SIGMOID])
    if loss.event.name not in BCE_WITH_LOGITS or act is None:
        return
    edits = loss.without_activation()
    yield Finding(
        at=loss.at,
        headline=say("`{short_receiver}` gets probabilities instead of logits", short_receiver=loss.name),
        effect=say("it applies the sigmoid itself; on confident mistakes the gradient all but vanishes"),
        remedy=say("pass the scores as they are before the sigmoid: `{name}(logits, …)`", name=loss.name),
        notes=loss.notes_there(say("evaluated here")) + loss.note_at(act.at, say("sigmoid applied here")),
        fix=Fix(say("Pass the logits"), edits) if edits else None,
    )


RULE = Rule(
    slug="sigmoid-before-bce-with-logits",
    doc=__doc__,
    category="loss",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LOSSES,
    check=check,
)
