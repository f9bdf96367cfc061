"""A model is evaluated in training mode

A new module is in training mode and stays there until `eval()`. Used for validation or prediction like that,
dropout still drops at random, so the same input gives another output every time, and batch norm normalises
with the batch at hand. It also moves its running statistics: the model learns from the validation data, even
under `no_grad`, which stops gradients but changes no mode. Nothing raises or warns.

How to fix: call `model.eval()` before the loop, and `model.train()` before training goes on. The fix inserts
`model.eval()` before the loop or `with` block. It needs a look, because the numbers it measures change.

Exceptions: silent for models known to hold no layer that depends on the mode (layer, group and RMS norm do
not), where the mode is unknown, in hooks of frameworks that set it (`validation_step` and the like), for
Monte Carlo dropout on purpose (`train()` on the dropout layers alone), for updates of target or averaged
networks, for samples drawn inside the training step of a GAN, in tests, in dry runs for a shape, where a caller or
context manager sets it, and where `train()` is called with gradients already off: the losses of detection models
come in that mode alone.

Cannot see: layers of a model whose class has no visible source. The mode of a parameter of a public function
is unknown unless a caller in the project puts the model in training mode.

See also: `training-in-eval-mode`, `mode-method-not-called`, `inference-without-no-grad`. PyTorch
documentation: torch.nn.Module; torch.nn.Dropout; torch.nn.BatchNorm1d; Autograd mechanics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import (
    Use,
    faults,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

validation = DataLoader(TensorDataset(torch.randn(32, 8), torch.randn(32, 1)), batch_size=8)
model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))

total = 0.0
with torch.no_grad():
    for x, y in validation:
        prediction = model(x)  # expect: inference-in-train-mode
        total += nn.functional.mse_loss(prediction, y).item()
""",
    good="""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

validation = DataLoader(TensorDataset(torch.randn(32, 8), torch.randn(32, 1)), batch_size=8)
model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))

total = 0.0
model.eval()
with torch.no_grad():
    for x, y in validation:
        prediction = model(x)
        total += nn.functional.mse_loss(prediction, y).item()
""",
    symptom="model[1].num_batches_tracked == 4 and not torch.equal(model(x), model(x))",
)


def check(forward: Use) -> Iterator[Finding]:
    """Report a forward pass for evaluation through a module in training mode."""
    if not forward.evaluates_without_training() or not forward.depends_on_mode():
        return
    name = forward.subject_name
    remedy = say("call `{name}.eval()` before it and `{name}.train()` after it", name=name)
    if forward.only_guides():
        remedy = say("call `{name}.eval()` once its weights are loaded", name=name)
    yield Finding(
        at=forward.at,
        headline=say("`{name}` is evaluated in training mode", name=name),
        effect=say("dropout stays on, and batch norm learns from this data even under `no_grad`"),
        remedy=remedy,
        notes=forward.notes(say("in training mode since here"), say("evaluated here")),
        fix=_fix(forward, name),
    )


def _fix(forward: Use, name: str) -> Fix | None:
    if not forward.in_scope(name):
        return None
    block = forward.evaluation_block()
    before = forward.insert_before(block, f"{name}.eval()")
    if before is None:
        return None
    if forward.only_guides() or not forward.trains_further_out():
        return Fix(say("Insert `{name}.eval()`", name=name), (before,))
    after = forward.insert_after(block, f"{name}.train()")
    return (
        Fix(say("Insert `{name}.eval()` and `{name}.train()`", name=name), (before, after))
        if after is not None
        else None
    )


RULE = Rule(
    slug="inference-in-train-mode",
    doc=__doc__,
    category="mode",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=faults(Effect.FORWARD, "train", every=True),
    check=check,
)
