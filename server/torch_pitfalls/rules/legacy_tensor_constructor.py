"""A tensor is made in the way of torch 0.3

`torch.Tensor(3)` makes three uninitialised values, `torch.Tensor([3])` one value, 3. Which of the two it is depends on
the type of the argument, and the result is float32 even for integers. `torch.FloatTensor`, `torch.LongTensor` and
their like do the same for other dtypes, the ones of `torch.cuda` on the GPU. `Variable(x)` is left from the time when
only variables had gradients: every tensor can have one now. It makes another tensor of the same memory, and takes it
out of the graph of `x`.

How to fix: `torch.tensor(data, dtype=torch.float32)` for data, `torch.empty(2, 3)` for sizes; the tensor itself
instead of `Variable`, with `requires_grad_()` where it asked for a gradient. The fix does that where the argument
tells which of them is meant; it needs a look, because others may rely on the dtype.

Exceptions: silent on annotations, `isinstance` checks, subclasses, and calls without arguments.

Cannot see: what the argument is, where a variable is passed; there is no fix then.

Versions: since torch 0.4.

See also: `backward-on-detached`, `tensor-data-access`. PyTorch documentation: torch.tensor; torch.empty;
torch.Tensor.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import LEGACY_CALLS, LegacyCall

EXAMPLE = Example(
    bad="""
import torch

answer = torch.Tensor(42)  # expect: legacy-tensor-constructor
""",
    good="""
import torch

answer = torch.tensor(42, dtype=torch.float32)
""",
    symptom="answer.numel() == 42",
)


def check(call: LegacyCall) -> Iterator[Finding]:
    """Report calls of constructors that have a clearer form today."""
    edits, code, name = call.modern(), call.code, call.mention.name
    if call.is_variable:
        headline = say("`{name}` is left from before torch 0.4", name=name)
        effect = say("it returns a tensor of the same memory, without the graph of the one it is given")
        remedy = say("write `{code}`", code=code) if code else say("use the tensor itself: `x` for `Variable(x)`")
    else:
        headline = say("`{name}` takes numbers for sizes and lists for data", name=name)
        effect = say("a number makes that many uninitialised values; the dtype is fixed, whatever the data")
        remedy = (
            say("write `{code}`", code=code)
            if code
            else say("write `torch.tensor(…)` for data, `torch.empty(…)` for sizes")
        )
    yield Finding(
        at=call.at,
        headline=headline,
        effect=effect,
        remedy=remedy,
        fix=Fix(say("Write `{code}`", code=code), edits, Safety.UNSAFE) if edits and code else None,
    )


RULE = Rule(
    slug="legacy-tensor-constructor",
    doc=__doc__,
    category="loss",
    severity=Severity.INFORMATION,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LEGACY_CALLS,
    check=check,
)
