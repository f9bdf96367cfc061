"""Raw scores reach a loss that expects probabilities

The output of a linear or convolution layer may be any number. `BCELoss` takes it for a probability and raises
`all elements of input should be between 0 and 1` with the first value outside; as long as all are inside, it
computes something else than was meant. `NLLLoss` and `KLDivLoss` take it for a log-probability: nothing raises.
`NLLLoss` only picks the score of the right class, so training just makes all scores larger and the loss falls
below zero without end. Probabilities in their place, the output of softmax, are no better: the loss then runs from 0
to -1, and a confident mistake has next to no gradient.

How to fix: use the form of the loss that takes logits, which is also the more exact one: `BCEWithLogitsLoss` for
`BCELoss`, `CrossEntropyLoss` for `NLLLoss`. For `KLDivLoss`, apply `log_softmax` to the first argument. The fix
needs a look: a loss object may also be used elsewhere.

Exceptions: a sigmoid before `BCELoss` and `log_softmax`, or `log` of a softmax, before the two others are right and
silent, and so is everything whose last operation is not known.

Cannot see: scores that went through arithmetic after the last layer, and models whose class has no visible
source.

See also: PyTorch documentation: torch.nn.BCEWithLogitsLoss; torch.nn.CrossEntropyLoss; torch.nn.NLLLoss;
torch.nn.KLDivLoss.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.activations import LIMITED, LINEAR, SIGMOID, SOFTMAX
from torch_pitfalls.knowledge.losses import BCE, KL_DIVERGENCE, LOGIT_FORMS, NLL
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, Text, say
from torch_pitfalls.subjects import LOSSES, Loss

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs, classes = torch.eye(3), torch.arange(3)
model = nn.Linear(3, 3)
criterion = nn.NLLLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(100):
    optimizer.zero_grad()
    loss = criterion(model(inputs), classes)  # expect: logits-into-probability-loss
    loss.backward()
    optimizer.step()
""",
    good="""
import torch
from torch import nn

inputs, classes = torch.eye(3), torch.arange(3)
model = nn.Linear(3, 3)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(100):
    optimizer.zero_grad()
    loss = criterion(model(inputs), classes)
    loss.backward()
    optimizer.step()
""",
    symptom="loss.item() < -1",
)


def check(loss: Loss) -> Iterator[Finding]:
    """Report logits where probabilities are expected, and either where their logarithms are."""
    name = loss.event.name
    act = loss.act_is(LINEAR) if name in BCE else loss.act_is(LINEAR, SOFTMAX, SIGMOID, *LIMITED.values())
    if act is None or name not in BCE | NLL | KL_DIVERGENCE:
        return
    raw = act.name == LINEAR
    edits = loss.in_logit_form() if raw else ()
    yield Finding(
        at=loss.at,
        headline=_headline(name, loss.name, raw),
        effect=_effect(name, raw),
        remedy=_remedy(name, raw),
        notes=loss.notes_there(say("evaluated here"))
        + loss.note_at(act.at, say("no activation after this layer") if raw else say("probabilities come from here")),
        fix=Fix(say("Use the form of the loss that takes logits"), edits) if edits else None,
    )


def _headline(name: str, loss: str, raw: bool) -> Text:
    if name in BCE:
        return say("`{name}` gets logits, not probabilities", name=loss)
    if raw:
        return say("`{name}` gets logits, not log-probabilities", name=loss)
    return say("`{name}` gets probabilities, not logarithms", name=loss)


def _effect(name: str, raw: bool) -> Text:
    if name in BCE:
        return say("raises with the first value outside of 0 to 1; all values inside, the loss is another one")
    if name in KL_DIVERGENCE:
        return say("the result is no divergence: it can fall below zero, and its minimum is elsewhere")
    if raw:
        return say("the loss falls below zero without end, whatever the other classes score")
    return say("the loss runs from 0 to -1; on confident mistakes the gradient all but vanishes")


def _remedy(name: str, raw: bool) -> Text:
    if name in KL_DIVERGENCE:
        return say("pass `log_softmax(…)` of the logits as the first argument")
    if not raw:
        return say("pass `log_softmax(…)` of the logits")
    form = LOGIT_FORMS[name].rpartition(".")[2]
    return say("use `{form}`, which takes logits", form=form)


RULE = Rule(
    slug="logits-into-probability-loss",
    doc=__doc__,
    category="loss",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LOSSES,
    check=check,
)
