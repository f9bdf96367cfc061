"""A method is named but never called

`model.eval` without parentheses is an expression: Python looks the method up and throws it away. The model
stays in training mode, and no error or warning says so. The same holds for `model.train`,
`optimizer.zero_grad`, `optimizer.step`, `loss.backward` and `scheduler.step`. Assigning
`model.training = False` from outside is reported as well: it sets one flag on the outermost module and
reaches none of its submodules, so dropout inside goes on dropping.

How to fix: add `()`. In place of `model.training = False`, call `model.eval()`. The fix is safe: a bare
attribute has no other purpose.

Exceptions: silent when the method is passed on, assigned, compared or returned: then it is used as a value.
Silent too when a module sets `self.training` itself.

Cannot see: methods of objects whose kind is unknown. A property that happens to be named `step` or `eval` on
some other class is not reported.

See also: `inference-in-train-mode`, `training-in-eval-mode`, `missing-zero-grad`. PyTorch documentation:
torch.nn.Module; torch.optim.Optimizer.step.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, Tag, say
from torch_pitfalls.subjects import (
    Use,
    events,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

def load_classifier(weights):
    model = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.5), nn.Linear(16, 2))
    model.load_state_dict(weights)
    model.eval  # expect: mode-method-not-called
    return model

trained = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.5), nn.Linear(16, 2))
model = load_classifier(trained.state_dict())
sample = torch.ones(1, 4)
""",
    good="""
import torch
from torch import nn

def load_classifier(weights):
    model = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.5), nn.Linear(16, 2))
    model.load_state_dict(weights)
    model.eval()
    return model

trained = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.5), nn.Linear(16, 2))
model = load_classifier(trained.state_dict())
sample = torch.ones(1, 4)
""",
    symptom="model.training and not torch.equal(model(sample), model(sample))",
)


_OWNERS = {
    "eval": kinds.MODULE,
    "train": kinds.MODULE,
    "zero_grad": kinds.OPTIMIZER | kinds.MODULE,
    "step": kinds.OPTIMIZER | kinds.SCHEDULER | kinds.SCALER,
    # A sum of losses begins as a number.
    "backward": kinds.TENSOR | kinds.NUMBER,
}
_EFFECTS = {
    "eval": say("the mode stays as it was: dropout stays on and batch norm goes on learning"),
    "train": say("the mode stays as it was"),
    "zero_grad": say("the gradients are not cleared and add up"),
    "step": say("nothing is updated"),
    "backward": say("no gradient is computed"),
}


def check(use: Use) -> Iterator[Finding]:
    """Report a method that is named as a statement, and a mode that is set by hand."""
    name, owner = use.event.name, use.event.subject
    if use.event.effect is Effect.STORE:
        yield from _set_by_hand(use)
        return
    if name not in _OWNERS or not (owner.must_be(_OWNERS[name]) or (name == "backward" and not owner.known)):
        return
    end = use.at.end
    yield Finding(
        at=use.at,
        headline=say("`{text}` is named, not called", text=use.text),
        effect=_EFFECTS[name],
        remedy=say("call it: `{text}()`", text=use.text),
        fix=Fix(say("Add `()`"), (Edit(Span(end, end), "()"),), Safety.SAFE),
    )


def _set_by_hand(use: Use) -> Iterator[Finding]:
    value = use.argument(0)
    owner = use.receiver
    if use.event.name != "training" or not use.event.subject.must_be(kinds.MODULE):
        return
    if owner.split(".")[0] == "self" and use.belongs_to_module():
        return
    if value is None or value.literal is None or not isinstance(value.literal[0], bool):
        return
    method = "train()" if value.literal[0] else "eval()"
    statement = use.facts.statement(use.node)
    fix = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        fix = Fix(
            say("Call `{owner}.{method}`", owner=owner, method=method),
            (Edit(use.facts.span(statement), f"{owner}.{method}"),),
            Safety.SAFE,
        )
    yield Finding(
        at=use.at,
        headline=say("`{text}` is set by hand", text=use.text),
        effect=say("only `{owner}` itself changes its mode: the flag reaches no submodule", owner=owner),
        remedy=say("call `{owner}.{method}`", owner=owner, method=method),
        fix=fix,
    )


RULE = Rule(
    slug="mode-method-not-called",
    doc=__doc__,
    category="mode",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=events(Effect.MENTION, Effect.STORE),
    check=check,
    tags=(Tag.UNNECESSARY,),
)
