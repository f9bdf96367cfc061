"""A loss that was computed under `no_grad` goes backward

Under `no_grad` and `inference_mode` no operation records a graph. A loss that was computed there has no
`grad_fn`, and `backward()` raises `RuntimeError`: `element 0 of tensors does not require grad and does not
have a grad_fn`. It does not matter where `backward()` itself stands: what counts is where the forward pass and
the loss were computed. A function that is decorated with `@torch.no_grad()` returns such values too.

How to fix: compute what is trained outside of `no_grad`. Keep inside only what needs no gradient (targets,
metrics, updates by hand), or enter `torch.enable_grad()` for the part that does.

Exceptions: silent where `enable_grad` is entered inside, where the loss was computed outside, where a part of
it has a graph, and where a `try` or `pytest.raises` around the call waits for the error.

Cannot see: a context manager or decorator of another package that switches autograd off or on.

See also: `backward-on-detached`, `no-grad-not-entered`. PyTorch documentation: torch.no_grad;
torch.inference_mode; torch.enable_grad.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge import cuts
from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import CUT_BACKWARDS, CutBackward

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(3, 1)
inputs, targets = torch.randn(8, 3), torch.randn(8, 1)
with torch.no_grad():
    output = model(inputs)
loss = nn.functional.mse_loss(output, targets)
loss.backward()  # expect: backward-under-no-grad
""",
    good="""
import torch
from torch import nn

model = nn.Linear(3, 1)
inputs, targets = torch.randn(8, 3), torch.randn(8, 1)
output = model(inputs)
loss = nn.functional.mse_loss(output, targets)
loss.backward()
""",
    symptom='isinstance(raised, RuntimeError) and "does not have a grad_fn" in str(raised)',
)


def check(backward: CutBackward) -> Iterator[Finding]:
    """Report a ``backward()`` on what was computed while autograd was off."""
    if backward.cut.how != cuts.NO_GRAD or backward.is_rewrapped or not backward.is_tensor:
        return
    if backward.is_expected_to_fail():
        return
    name = backward.loss_name
    yield Finding(
        at=backward.at,
        headline=say("`{name}` was computed with autograd off", name=name),
        effect=say("raises `RuntimeError`: it does not require grad and does not have a `grad_fn`"),
        remedy=say("compute it outside of `no_grad`, or inside `torch.enable_grad()`"),
        notes=backward.notes(say("computed here, with autograd off"), say("`backward()` is called here")),
    )


RULE = Rule(
    slug="backward-under-no-grad",
    doc=__doc__,
    category="gradient",
    severity=Severity.ERROR,
    fix=None,
    example=EXAMPLE,
    looks_at=CUT_BACKWARDS,
    check=check,
)
