"""A loss that was cut off from its graph goes backward

`item()`, `detach()`, `.data`, `float()`, `numpy()`, `argmax` and comparisons give the numbers of a tensor
without the graph that made them, and so does `torch.tensor(loss)`. From there `backward()` finds no way back:
on a tensor it raises `RuntimeError`: `element 0 of tensors does not require grad and does not have a
grad_fn`, on a number `AttributeError`. Worse is to silence the error by `requires_grad=True`: the new tensor
is a leaf of its own, `backward()` runs, gives its gradient to that leaf alone, and no parameter gets any. In
the example `.grad` of the weights stays `None`, and the model never changes.

How to fix: call `backward()` on the loss as it was computed, and keep `item()` or `detach()` for what is
logged. To build one loss of several, use `torch.stack` or a sum, not `torch.tensor`.

Exceptions: silent where the value without a graph is only one term of the loss, where a `try` or
`pytest.raises` around the call waits for the error, and where the path to the value is not certain.

Cannot see: what a function without visible source does to the loss.

See also: `backward-under-no-grad`, `numpy-requires-grad`. PyTorch documentation: torch.Tensor.backward;
torch.Tensor.detach; torch.Tensor.item.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge import cuts
from torch_pitfalls.rule import Example, Finding, Rule, Severity, Text, say
from torch_pitfalls.subjects import CUT_BACKWARDS, CutBackward

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(3, 1)
loss = nn.functional.mse_loss(model(torch.randn(8, 3)), torch.randn(8, 1))
loss = torch.tensor(loss.item(), requires_grad=True)
loss.backward()  # expect: backward-on-detached
""",
    good="""
import torch
from torch import nn

model = nn.Linear(3, 1)
loss = nn.functional.mse_loss(model(torch.randn(8, 3)), torch.randn(8, 1))
loss.backward()
""",
    symptom="model.weight.grad is None",
)

_SPELLED = {
    cuts.COMPARISON: say("the comparison"),
    "data": say("`.data`"),
    cuts.NO_GRAD: say("`no_grad`"),
}


def check(backward: CutBackward) -> Iterator[Finding]:
    """Report a ``backward()`` whose graph was cut off while autograd was on, or replaced by a new leaf."""
    if backward.cut.how == cuts.NO_GRAD and not backward.is_rewrapped:
        return
    if not backward.is_rewrapped and backward.is_expected_to_fail():
        return
    name, how = backward.loss_name, _spelled(backward.cut.how)
    yield Finding(
        at=backward.at,
        headline=say("`{name}` is cut off from its graph", name=name),
        effect=_effect(backward),
        remedy=say("call `backward()` on the loss as it was before {how}", how=how),
        notes=backward.notes(say("cut from its graph here"), say("`backward()` is called here")),
    )


def _effect(backward: CutBackward) -> Text:
    if backward.is_rewrapped:
        return say("it is a leaf of its own: no parameter gets a gradient, and nothing is trained")
    if backward.is_tensor:
        return say("raises `RuntimeError`: it does not require grad and does not have a `grad_fn`")
    return say("raises `AttributeError`: it is a plain number or array")


def _spelled(how: str) -> Text:
    return _SPELLED.get(how) or say("`{name}()`", name=how)


RULE = Rule(
    slug="backward-on-detached",
    doc=__doc__,
    category="gradient",
    severity=Severity.ERROR,
    fix=None,
    example=EXAMPLE,
    looks_at=CUT_BACKWARDS,
    check=check,
)
