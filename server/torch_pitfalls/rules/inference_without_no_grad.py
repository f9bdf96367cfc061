"""Evaluation records a graph that nobody uses

`eval()` switches dropout and batch norm; it does not turn gradients off. In a validation or prediction loop
with autograd on, every forward pass saves its activations for a `backward()` that never comes. For 20 layers
of 512 sigmoid units and a batch of 8192, the peak was 645 MiB, against 85 MiB under `no_grad`. The results
are the same, and on the CPU the time is nearly the same: the price is memory, and thus the largest batch that
fits.

How to fix: wrap the loop in `with torch.no_grad():`, or decorate the function with `@torch.no_grad()`.
`torch.inference_mode()` does as well, if its results never enter a graph later. The fix wraps the loop and is
safe: the values stay the same.

Exceptions: silent under `no_grad`, `inference_mode` and `set_grad_enabled(False)`, whether entered here, by a
decorator or by every caller. Silent where gradients are wanted after all (saliency maps, adversarial
examples, gradient penalties, `torch.autograd.grad`), where all parameters are frozen (then nothing is saved),
in the hooks of frameworks that switch gradients off, and in the `forward` of a module.

Cannot see: callers outside the project. A public function that is not plainly for evaluation is left alone.

See also: `inference-in-train-mode`, `no-grad-not-entered`, `graph-retained`. PyTorch documentation:
torch.no_grad; torch.inference_mode; Autograd mechanics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import (
    FORWARDS_IN_LOOPS,
    LoopUse,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

validation = DataLoader(TensorDataset(torch.randn(32, 8), torch.randn(32, 1)), batch_size=8)
model = nn.Sequential(nn.Linear(8, 64), nn.Sigmoid(), nn.Linear(64, 1))

total = 0.0
model.eval()
for x, y in validation:
    prediction = model(x)  # expect: inference-without-no-grad
    total += nn.functional.mse_loss(prediction, y).item()
""",
    good="""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

validation = DataLoader(TensorDataset(torch.randn(32, 8), torch.randn(32, 1)), batch_size=8)
model = nn.Sequential(nn.Linear(8, 64), nn.Sigmoid(), nn.Linear(64, 1))

total = 0.0
model.eval()
with torch.no_grad():
    for x, y in validation:
        prediction = model(x)
        total += nn.functional.mse_loss(prediction, y).item()
""",
    symptom="graph_nodes(prediction) > 0 and not model.training",
)


def check(forward: LoopUse) -> Iterator[Finding]:
    """Report the first forward pass of an evaluation loop that records a graph."""
    if not forward.evaluates() or not forward.records_graph():
        return
    name = forward.receiver
    yield Finding(
        at=forward.at,
        headline=say("`{name}` is evaluated with autograd on", name=name),
        effect=say("every forward pass builds a graph and keeps its activations: memory and time for nothing"),
        remedy=say("wrap the loop in `with torch.no_grad():`"),
        fix=_fix(forward),
    )


def _fix(forward: LoopUse) -> Fix | None:
    edits = forward.wrap(forward.loop, f"with {forward.facts.spell('torch.no_grad')}():")
    return Fix(say("Wrap the loop in `torch.no_grad()`"), edits, Safety.SAFE) if edits else None


RULE = Rule(
    slug="inference-without-no-grad",
    doc=__doc__,
    category="gradient",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=FORWARDS_IN_LOOPS,
    check=check,
)
