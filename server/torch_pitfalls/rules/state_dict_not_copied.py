"""A kept state dict goes on changing with the model

`model.state_dict()` copies nothing: its entries share their memory with the parameters and buffers of the model.
`best = model.state_dict()` therefore follows the training, and the best weights end as the last ones. Nothing
raises or warns, and the saved accuracy does not belong to the saved weights. `dict()`, `copy.copy()` and
`.detach()` make new objects on the same memory, and so does `{name: value.cpu() …}` for a model that is on the CPU.

How to fix: keep `copy.deepcopy(model.state_dict())`, or `{name: value.clone() …}`, or write it to a file at once
with `torch.save`. The fix makes the deep copy, with the import if the file lacks it.

Exceptions: silent when the tensors are copied, when the dict is saved or loaded before the next step, when it is
returned, and when the model moves to another device after it was made, since it then gets new tensors.

Cannot see: training that is done by code which is not visible, and uses of the dict other than
`load_state_dict`, `torch.save`, `return`, and attributes that outlive the function.

See also: `graph-retained`, `whole-model-saved`. PyTorch documentation: torch.nn.Module.state_dict; Saving and
Loading Models.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import KEPT_STATES, KeptState

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(8, 4), torch.randn(8, 1)
best_loss, best = float("inf"), None
for epoch in range(3):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    if loss.item() < best_loss:
        best_loss = loss.item()
        best = model.state_dict()  # expect: state-dict-not-copied
    loss.backward()
    optimizer.step()
last = model.weight.detach().clone()
model.load_state_dict(best)
""",
    good="""
import copy

import torch
from torch import nn

model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.randn(8, 4), torch.randn(8, 1)
best_loss, best = float("inf"), None
for epoch in range(3):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), y)
    if loss.item() < best_loss:
        best_loss = loss.item()
        best = copy.deepcopy(model.state_dict())
    loss.backward()
    optimizer.step()
last = model.weight.detach().clone()
model.load_state_dict(best)
""",
    symptom="torch.equal(best['weight'], last)",
)


def check(state: KeptState) -> Iterator[Finding]:
    """Report state dicts that are used again after a step has changed what they refer to."""
    model, kept = state.short_receiver, state.name
    headline = say("a state dict of `{model}` is kept, and refers to its weights", model=model)
    if kept and len(kept) + len(model) < 32:
        headline = say("`{kept}` is a live reference to the weights of `{model}`", kept=kept, model=model)
    edits = state.deep_copy()
    yield Finding(
        at=state.at,
        headline=headline,
        effect=say("training goes on changing it, so the kept weights end as the last ones"),
        remedy=say("keep `copy.deepcopy({model}.state_dict())`", model=model),
        notes=state.kept_notes(say("this step changes it"), say("used here, after more training")),
        fix=Fix(say("Copy the tensors with `deepcopy`"), edits, Safety.SAFE) if edits else None,
    )


RULE = Rule(
    slug="state-dict-not-copied",
    doc=__doc__,
    category="checkpoint",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=KEPT_STATES,
    check=check,
)
