"""The optimizer holds parameters that it will never train

An optimizer keeps the parameters that it was given. Where all of them were frozen before
(`requires_grad = False`), `backward()` gives them no gradient and every step passes over them: in the example
`.grad` stays `None`. Where a part of the model is replaced after the optimizer was made
(`model.fc = nn.Linear(…)`), the optimizer goes on holding the old part; the new one gets gradients that no
step applies. Neither raises or warns.

How to fix: replace parts and freeze before making the optimizer, and give it what is to train:
`optimizer = SGD(model.fc.parameters(), …)`.

Exceptions: silent where the parameters are chosen by `requires_grad`, where only a part is frozen, where the
file frees parameters somewhere or calls `add_param_group`, where a new optimizer is made later, and for parts
without parameters.

Cannot see: modules that are handed to code outside the project in between.

See also: `requires-grad-typo`. PyTorch documentation: torch.optim; torch.nn.Module.requires_grad_;
Transfer Learning for Computer Vision Tutorial.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import UNTRAINED, Untrained

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
for p in model.parameters():
    p.requires_grad = False
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # expect: optimizer-over-frozen-parameters

x = torch.randn(3, 4, requires_grad=True)
model(x).sum().backward()
optimizer.step()
""",
    good="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

x = torch.randn(3, 4, requires_grad=True)
model(x).sum().backward()
optimizer.step()
""",
    symptom="all(p.grad is None for p in model.parameters())",
)


def check(use: Untrained) -> Iterator[Finding]:
    """Report an optimizer over frozen parameters, and a part that was replaced behind its back."""
    if use.may_train_later():
        return
    if use.is_replaced:
        if use.is_new_layer():
            yield Finding(
                at=use.at,
                headline=say("`{text}` is replaced after the optimizer was made", text=use.short_text),
                effect=say("the optimizer holds the old part: the new one is not trained"),
                remedy=say("replace it first, then make the optimizer over `parameters()`"),
                notes=use.notes(say("the optimizer is made or used here")),
            )
        return
    yield Finding(
        at=use.at,
        headline=say("`{name}` is given frozen parameters alone", name=use.called),
        effect=say("they get no gradient, and every step passes over them: nothing is trained"),
        remedy=say("give it the parameters that are to train, or leave their `requires_grad` on"),
        notes=use.notes(say("frozen here")),
    )


RULE = Rule(
    slug="optimizer-over-frozen-parameters",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=UNTRAINED,
    check=check,
)
