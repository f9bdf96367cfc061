"""Cross entropy gets probabilities instead of logits

`cross_entropy` applies log-softmax itself. Given the output of softmax, it applies it twice. Probabilities
lie between 0 and 1, so the second softmax can never be sure: the loss cannot fall below 0.55 for 3 classes or
1.46 for 10, however good the model is. A confident mistake, which should have a gradient near 1, has one
below 0.0001. Training still moves, slower and to a worse end. Nothing raises or warns.

How to fix: pass the logits, the values before softmax, to the loss. Keep softmax for the places that show or
compare probabilities. The fix needs a look: where softmax is the last layer of the model, all who use its
output get logits from then on.

Exceptions: `log_softmax` before `nll_loss` is right and silent, and so is a softmax used for anything else
(attention, metrics) or applied to the targets.

Cannot see: a softmax inside a model whose class has no visible source, or at the end of a path through
containers that cannot be followed.

See also: PyTorch documentation: torch.nn.functional.cross_entropy; torch.nn.CrossEntropyLoss;
torch.nn.LogSoftmax.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.activations import LIMITED, SOFTMAX
from torch_pitfalls.knowledge.losses import CROSS_ENTROPY
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LOSSES, Loss

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs, classes = torch.eye(3), torch.arange(3)
model = nn.Linear(3, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for _ in range(200):
    optimizer.zero_grad()
    probabilities = model(inputs).softmax(dim=1)
    loss = nn.functional.cross_entropy(probabilities, classes)  # expect: softmax-before-cross-entropy
    loss.backward()
    optimizer.step()
""",
    good="""
import torch
from torch import nn

inputs, classes = torch.eye(3), torch.arange(3)
model = nn.Linear(3, 3)
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for _ in range(200):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = nn.functional.cross_entropy(logits, classes)
    loss.backward()
    optimizer.step()
""",
    symptom="0.55 < loss.item() < 0.6 and model(inputs).argmax(dim=1).equal(classes)",
)


def check(loss: Loss) -> Iterator[Finding]:
    """Report probabilities where logits are expected."""
    act = loss.act_is(SOFTMAX, LIMITED[SOFTMAX])
    if loss.event.name not in CROSS_ENTROPY or act is None:
        return
    edits = loss.without_activation()
    yield Finding(
        at=loss.at,
        headline=say("`{short_receiver}` gets probabilities instead of logits", short_receiver=loss.name),
        effect=say("it applies log-softmax itself; on confident mistakes the gradient all but vanishes"),
        remedy=say("pass the scores as they are before the softmax, as in `cross_entropy(logits, target)`"),
        notes=loss.notes_there(say("evaluated here")) + loss.note_at(act.at, say("softmax applied here")),
        fix=Fix(say("Pass the logits"), edits) if edits else None,
    )


RULE = Rule(
    slug="softmax-before-cross-entropy",
    doc=__doc__,
    category="loss",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LOSSES,
    check=check,
)
