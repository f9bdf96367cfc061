"""A tensor that backward needs is changed in place

Many operations keep a tensor for their gradient: `exp`, `sigmoid`, `tanh`, `softmax` and `relu` their result;
`**`, `log`, `clamp` and convolutions their input; products both factors. Changing that tensor in place before
`backward()` raises there, far away from the change: `RuntimeError`: `one of the variables needed for gradient
computation has been modified by an inplace operation`. An activation with `inplace=True` may not even raise:
in `F.relu(h, inplace=True) + h` both terms are the activated tensor, and the gradient is silently wrong.

How to fix: make a new tensor: `y = y + 1` instead of `y += 1`, `y.mul(2)` instead of `y.mul_(2)`, `F.relu(h)`
without `inplace=True`. The fix does that and is safe: the values stay the same, at the cost of one more tensor.

Exceptions: silent after operations that keep nothing, such as `+`, `sum`, `mean` and `cat`, under `no_grad`, after
`clone()`, and once `backward()` has run.

Cannot see: whether a tensor takes part in a graph, if neither a parameter nor a module of known kind says so;
changes through views.

See also: `inplace-on-leaf`, `tensor-data-access`. PyTorch documentation: Autograd mechanics, in-place operations
with autograd; torch.autograd.set_detect_anomaly.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Note, Rule, Safety, Severity, say
from torch_pitfalls.subjects import SPOILS, Spoil

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(4, 3)
rates = torch.exp(model(torch.randn(8, 4)))
rates += 1  # expect: inplace-on-saved-tensor
rates.sum().backward()
""",
    good="""
import torch
from torch import nn

model = nn.Linear(4, 3)
rates = torch.exp(model(torch.randn(8, 4)))
rates = rates + 1
rates.sum().backward()
""",
    symptom="isinstance(raised, RuntimeError) and 'modified by an inplace operation' in str(raised)",
)


def check(spoil: Spoil) -> Iterator[Finding]:
    """Report changes in place that come before backward, or before the code that reads the old values."""
    edits = spoil.out_of_place()
    fix = Fix(say("Make a new tensor"), edits, Safety.SAFE) if edits else None
    need, saved_at = spoil.need, spoil.saved_at
    if need is None:
        assert spoil.reuse is not None
        yield Finding(
            at=spoil.at,
            headline=say("`{name}` is overwritten in place, and read again", name=spoil.name),
            effect=say("the later code gets the activated values, and the gradient is silently wrong"),
            remedy=say("leave out `inplace=True`"),
            notes=(Note(spoil.facts.span(spoil.reuse), say("read again here")),),
            fix=fix,
        )
        return
    note = say("`{operation}` keeps its result", operation=need.operation)
    if need.role == "input":
        note = say("`{operation}` keeps its input", operation=need.operation)
    yield Finding(
        at=spoil.at,
        headline=say("`{name}` is changed in place before `backward()` needs it", name=spoil.name),
        effect=say(
            "raises `RuntimeError` in `backward()`: `{operation}` has kept it for its gradient",
            operation=need.operation,
        ),
        remedy=say("make a new tensor, e.g. `{name} = {name} + …`", name=spoil.name),
        notes=(Note(saved_at, note),) if saved_at is not None else (),
        fix=fix,
    )


RULE = Rule(
    slug="inplace-on-saved-tensor",
    doc=__doc__,
    category="inplace",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=SPOILS,
    check=check,
)
