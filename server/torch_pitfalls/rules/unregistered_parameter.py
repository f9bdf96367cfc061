"""A trainable tensor is not registered as a parameter

A module knows its parameters by their type: `nn.Parameter`. A plain tensor with `requires_grad=True` gets a
gradient like one, but `parameters()` skips it, so the optimizer never changes it; `to()` leaves it on its old
device, and `state_dict()` does not save it. The same happens to `nn.Parameter(...).to(device)`: where it really
moves, the result is an ordinary tensor. Nothing raises or warns.

How to fix: wrap the tensor in `nn.Parameter`, and move the module, not the parameter. The fix wraps it, or takes
the move out of the assignment, and is safe: the module's own `to()` moves what is registered. `state_dict()` then
has one more key, which checkpoints saved before lack.

Exceptions: silent when an optimizer is given the attribute explicitly, when the class uses its gradient itself,
and with `register_parameter`.

Cannot see: tensors made by code outside the project, and those that get `requires_grad` later.

See also: `unregistered-submodule`. PyTorch documentation: torch.nn.parameter.Parameter; torch.nn.Module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import MODULE_STORES, Store

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.scale = torch.ones(2, requires_grad=True)  # expect: unregistered-parameter

    def forward(self, x):
        return self.fc(x) * self.scale

model = Scaled()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model(torch.ones(3, 4)).sum().backward()
optimizer.step()
""",
    good="""
import torch
from torch import nn

class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return self.fc(x) * self.scale

model = Scaled()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model(torch.ones(3, 4)).sum().backward()
optimizer.step()
""",
    symptom="model.scale.grad is not None and model.scale.tolist() == [1.0, 1.0] and 'scale' not in model.state_dict()",
)


def check(store: Store) -> Iterator[Finding]:
    """Report tensors that are trained in vain."""
    how = store.makes_parameter_in_vain()
    expression = store.expression
    if how is None or expression is None or store.is_optimized_by_hand():
        return
    name = f"self.{store.attribute}"
    if how == "moved" and isinstance(expression, ast.Call):
        yield Finding(
            at=store.at,
            headline=say("`{name}` is a moved copy of a parameter", name=name),
            effect=say("where it really moves, the optimizer and `state_dict()` skip it"),
            remedy=say("assign the `nn.Parameter` itself, and move the module"),
            fix=Fix(say("Take the move out"), _unmoved(store, expression), Safety.SAFE),
        )
        return
    wrapper = store.facts.spell("torch.nn.Parameter")
    yield Finding(
        at=store.at,
        headline=say("`{name}` requires a gradient, but is no parameter", name=name),
        effect=say("`parameters()`, `to()` and `state_dict()` skip it, so it is never trained"),
        remedy=say("wrap it in `{wrapper}`", wrapper=wrapper),
        fix=Fix(say("Wrap in `{wrapper}`", wrapper=wrapper), _wrapped(store, expression, wrapper), Safety.SAFE),
    )


def _unmoved(store: Store, call: ast.Call) -> tuple[Edit, ...]:
    assert isinstance(call.func, ast.Attribute)
    return (Edit(Span(store.facts.span(call.func.value).end, store.facts.span(call).end), ""),)


def _wrapped(store: Store, made: ast.expr, wrapper: str) -> tuple[Edit, ...]:
    span = store.facts.span(made)
    edits = [Edit(Span(span.start, span.start), f"{wrapper}("), Edit(Span(span.end, span.end), ")")]
    return tuple([edits[0], *_without_flag(store, made), edits[1]] if isinstance(made, ast.Call) else edits)


def _without_flag(store: Store, call: ast.Call) -> list[Edit]:
    flag = next((item for item in call.keywords if item.arg == "requires_grad"), None)
    if flag is not None and isinstance(flag.value, ast.Constant):
        # A parameter made of a tensor that already requires a gradient is fine, but says it twice.
        before = [*call.args, *(item.value for item in call.keywords if item is not flag)]
        previous = max((store.facts.span(item).end for item in before), default=0)
        start, end = store.facts.span(flag).start, store.facts.span(flag).end
        if previous and previous <= start:
            return [Edit(Span(previous, end), "")]
    return []


RULE = Rule(
    slug="unregistered-parameter",
    doc=__doc__,
    category="module",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=MODULE_STORES,
    check=check,
)
