"""The result of a tensor operation is thrown away

`x.clamp(0)` returns a new tensor and leaves `x` alone; only names that end in an underscore work in place. As a
statement of its own such a call has no effect: `x.add(1)`, `x.unsqueeze(0)`, `x.masked_fill(mask, 0)`,
`loss.detach()`. So does `x.requires_grad`, which is a question. Nothing raises or warns, and the code goes on with
the old values.

How to fix: assign the result, `x = x.clamp(0)`, or use the form in place, `x.clamp_(0)`. The fix does one of the
two and needs a person's look: code below may have been written for the tensor as it is.

Exceptions: silent on methods that do something else (`backward()`, `register_hook()`, `retain_grad()`), where code
tests that a call raises, and where it measures time. The last expression of a cell is shown, in a notebook and in
a script that is divided into cells: there it is no mistake either.

Cannot see: receivers of unknown kind.

See also: `transfer-result-discarded`, `inplace-on-saved-tensor`. PyTorch documentation: torch.Tensor.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import DISCARDS, Discard

EXAMPLE = Example(
    bad="""
import torch

scores = torch.tensor([-1.0, 2.0])
scores.clamp(min=0)  # expect: result-discarded
lowest = scores.min().item()
""",
    good="""
import torch

scores = torch.tensor([-1.0, 2.0])
scores = scores.clamp(min=0)
lowest = scores.min().item()
""",
    symptom="lowest == -1.0",
)


def check(discard: Discard) -> Iterator[Finding]:
    """Report a tensor that is computed for nobody."""
    if discard.changed is None or discard.is_on_purpose():
        return
    repaired = discard.repaired()
    name = discard.shortened(discard.changed)
    if discard.operation == "requires_grad":
        headline = say("`{name}.requires_grad` is a question, not an order", name=name)
        effect = say("nothing changes: `{name}` gets no gradient because of it", name=name)
    else:
        headline = say("the result of `{short_text}` is thrown away", short_text=discard.short_text)
        effect = say(
            "`{operation}` returns a new tensor; `{name}` stays as it was", operation=discard.operation, name=name
        )
    yield Finding(
        at=discard.at,
        headline=headline,
        effect=effect,
        remedy=say("write `{code}`", code=repaired[0])
        if repaired is not None
        else say("keep the result, e.g. `y = …`"),
        fix=Fix(say("Keep the result"), repaired[1], Safety.UNSAFE) if repaired is not None else None,
    )


RULE = Rule(
    slug="result-discarded",
    doc=__doc__,
    category="inplace",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=DISCARDS,
    check=check,
)
