"""A leaf that requires grad is changed in place

A leaf is a tensor that no recorded operation has made: a parameter, or a tensor created with
`requires_grad=True`. Its gradient is stored on the tensor itself, so autograd refuses to overwrite its value
and raises `RuntimeError`: `a leaf Variable that requires grad is being used in an in-place operation.` For
`w[0] = ...` and other writes through a view it begins `a view of a leaf Variable`. Methods that end in an
underscore, augmented assignment and slice assignment all count. `out=` raises as well:
`functions with out=... arguments don't support automatic differentiation`.

How to fix: for an update or an initialisation, write under `with torch.no_grad():`, or use `torch.nn.init`.
Where the operation belongs to the model and should have a gradient, use the out-of-place form: `y = w + 1`.
The fix wraps the statement in `with torch.no_grad():`. It needs a look, because only the author knows which
of the two was meant.

Exceptions: silent under `no_grad`, for writes to `.data` or to a detached tensor, for `torch.nn.init`, and
where it is unknown whether the tensor requires grad.

Cannot see: tensors that come from code without visible source, and `requires_grad` set through `setattr`.

See also: `no-grad-not-entered`, `graph-retained`. PyTorch documentation: torch.no_grad; torch.nn.init;
Autograd mechanics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.flow.state import GRAD_ON
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LEAF_CHANGES, LeafChange

EXAMPLE = Example(
    bad="""
import torch

inputs = torch.randn(16, 3)
targets = inputs @ torch.tensor([1.0, -2.0, 0.5])
weight = torch.zeros(3, requires_grad=True)

for _ in range(10):
    loss = ((inputs @ weight - targets) ** 2).mean()
    loss.backward()
    weight -= 0.1 * weight.grad  # expect: inplace-on-leaf
    weight.grad = None
""",
    good="""
import torch

inputs = torch.randn(16, 3)
targets = inputs @ torch.tensor([1.0, -2.0, 0.5])
weight = torch.zeros(3, requires_grad=True)

for _ in range(10):
    loss = ((inputs @ weight - targets) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        weight -= 0.1 * weight.grad
    weight.grad = None
""",
    symptom="isinstance(raised, RuntimeError) and 'a leaf Variable that requires grad is' in str(raised)",
)


def check(change: LeafChange) -> Iterator[Finding]:
    """Report an in-place change of a leaf of the graph."""
    if change.facts.callers_grad() != {GRAD_ON}:
        return
    statement = change.facts.statement(change.node)
    edits = change.wrap(statement, f"with {change.facts.spell('torch.no_grad')}():") if statement is not None else ()
    yield Finding(
        at=change.at,
        headline=say("`{name}` requires a gradient and is changed in place", name=change.name)
        if change.direct
        else say("`{name}` changes a leaf in place", name=change.name),
        effect=say("raises `RuntimeError: a leaf Variable that requires grad is being used in an in-place operation`"),
        remedy=say("change it under `with torch.no_grad():`"),
        notes=() if change.direct else change.note_at(change.event.at, say("changed in place here")),
        fix=Fix(say("Wrap in `torch.no_grad()`"), edits) if edits else None,
    )


RULE = Rule(
    slug="inplace-on-leaf",
    doc=__doc__,
    category="inplace",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LEAF_CHANGES,
    check=check,
)
