"""A tensor of the graph is turned into an array

NumPy knows no gradients, so torch refuses the conversion of a tensor that requires grad. `.numpy()` and
`np.asarray` raise `RuntimeError`: `Can't call numpy() on Tensor that requires grad. Use
tensor.detach().numpy() instead.` Outputs of a model require grad unless they were computed under `no_grad`;
`eval()` does not change that. `.cpu()` alone does not help either: its result is part of the graph as well.

How to fix: detach first: `x.detach().numpy()`, and `x.detach().cpu().numpy()` for a tensor on another device.
`x.numpy(force=True)` does both. The fix inserts `.detach()` and is safe: where it applies, the code raised
before. On the CPU the array shares its memory with the tensor; add `.copy()` before writing to it.

Exceptions: silent under `no_grad` and `inference_mode`, for detached tensors, and where it is unknown whether
the tensor requires grad.

Cannot see: whether a function without visible source returns a detached tensor. Its result counts as unknown.

See also: `inference-without-no-grad`, `graph-retained`. PyTorch documentation: torch.Tensor.numpy;
torch.Tensor.detach.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.flow.state import GRAD_ON
from torch_pitfalls.flow.values import GRAPH_YES, SINGLE
from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import TRACKED_CONVERSIONS, HandedConversion, Use, either, events

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

inputs = torch.linspace(-1, 1, 50).unsqueeze(1)
model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
model.eval()

curve = model(inputs).squeeze(1)
points = curve.numpy()  # expect: numpy-requires-grad
highest = points.max()
""",
    good="""
import torch
from torch import nn

inputs = torch.linspace(-1, 1, 50).unsqueeze(1)
model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
model.eval()

curve = model(inputs).squeeze(1)
points = curve.detach().numpy()
highest = points.max()
""",
    symptom="isinstance(raised, RuntimeError) and 'numpy() on Tensor that requires grad' in str(raised)",
)


_CONVERSIONS = frozenset({"numpy.array", "numpy.asarray"})


def check(call: Use | HandedConversion) -> Iterator[Finding]:
    """Report a conversion to numpy of a tensor that carries a graph."""
    if isinstance(call, HandedConversion):
        yield from _handed(call)
        return
    tensor = call.event.subject
    if call.event.name in _CONVERSIONS and call.event.args:
        tensor = call.event.args[0]
    elif call.event.name != "numpy" or call.may_pass(*at("torch.Tensor.numpy", "force")):
        return
    if tensor.graph != GRAPH_YES or tensor.must_be(kinds.CONTAINER):
        return
    if call.event.name == "numpy" and tensor.size == SINGLE:
        return  # `scalar-extraction` has something better to say of a single number
    if call.event.grad != GRAD_ON or call.facts.callers_grad() != {GRAD_ON}:
        return
    node = call.node
    assert isinstance(node, ast.Call)
    expression = node.args[0] if node.args else node.func
    if call.event.name == "numpy" and isinstance(node.func, ast.Attribute):
        expression = node.func.value
    end = call.facts.span(expression).end
    yield Finding(
        at=call.at,
        headline=say(
            "`{expression}` still carries its graph when it becomes an array", expression=call.shortened(expression)
        ),
        effect=say("raises `RuntimeError: Can't call numpy() on Tensor that requires grad`"),
        remedy=say("detach it first: `.detach().numpy()`"),
        fix=Fix(say("Insert `.detach()`"), (Edit(Span(end, end), ".detach()"),), Safety.SAFE),
    )


def _handed(call: HandedConversion) -> Iterator[Finding]:
    if call.callers_grad() != {GRAD_ON}:
        return
    yield Finding(
        at=call.at,
        headline=say("`{name}` makes an array of a tensor that carries its graph", name=call.called),
        effect=say("raises `RuntimeError: Can't call numpy() on Tensor that requires grad`"),
        remedy=say("detach it first: `.detach().numpy()`"),
        notes=call.note_at(call.event.at, say("here it becomes an array")),
    )


RULE = Rule(
    slug="numpy-requires-grad",
    doc=__doc__,
    category="device",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=either(events(Effect.METHOD, Effect.CALL), TRACKED_CONVERSIONS),
    check=check,
)
