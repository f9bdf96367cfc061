"""A checkpoint to resume from lacks the state of the optimizer

Adam, SGD with momentum and most other optimizers keep moments of each parameter from step to step. They are not in
`model.state_dict()`. Training that resumes from a checkpoint without them begins with moments of zero: nothing
raises, but the first steps of Adam are again as large as the learning rate allows, and the loss jumps before it falls.
After three steps and a resume, Adam's `step` counter stands at 1 where it would stand at 4.

How to fix: save `optimizer.state_dict()` beside the model and load it when resuming, after the optimizer is made. Do
the same with a scheduler and a gradient scaler. The loaded state brings its own learning rate.

Exceptions: silent for files that are kept for being the best or the last, for checkpoints that nobody resumes from,
for plain SGD without momentum, and when the file saves the state of an optimizer anywhere.

Cannot see: entries whose value is unknown and whose key does not say what they are (then it is silent), and resuming
in files other than those of the loop and of the call of `torch.save`.

See also: `state-dict-not-copied`, `whole-model-saved`. PyTorch documentation: Saving and Loading Models; Saving and
loading a general checkpoint in PyTorch; torch.optim.Optimizer.state_dict.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import TRAINING_SAVES, TrainingSave

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

def train(model, optimizer, first, last):
    for epoch in range(first, last):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        torch.save({"epoch": epoch, "model": model.state_dict()}, "last.pt")  # expect: checkpoint-without-optimizer

model = nn.Linear(4, 1)
train(model, torch.optim.Adam(model.parameters()), 0, 3)

checkpoint = torch.load("last.pt", map_location="cpu")
model = nn.Linear(4, 1)
model.load_state_dict(checkpoint["model"])
optimizer = torch.optim.Adam(model.parameters())
train(model, optimizer, checkpoint["epoch"] + 1, 4)
steps = int(optimizer.state[model.weight]["step"])
""",
    good="""
import torch
from torch import nn

def train(model, optimizer, first, last):
    for epoch in range(first, last):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
        state = {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
        torch.save(state, "last.pt")

model = nn.Linear(4, 1)
train(model, torch.optim.Adam(model.parameters()), 0, 3)

checkpoint = torch.load("last.pt", map_location="cpu")
model = nn.Linear(4, 1)
model.load_state_dict(checkpoint["model"])
optimizer = torch.optim.Adam(model.parameters())
optimizer.load_state_dict(checkpoint["optimizer"])
train(model, optimizer, checkpoint["epoch"] + 1, 4)
steps = int(optimizer.state[model.weight]["step"])
""",
    symptom="steps == 1",
)


def check(save: TrainingSave) -> Iterator[Finding]:
    """Report checkpoints of a training loop that go on without the moments of its optimizer."""
    if not save.holds_model_and_progress() or save.is_chosen() or not save.is_resumed():
        return
    optimizer = save.stepped
    assert save.step is not None
    yield Finding(
        at=save.at,
        headline=say("the checkpoint to resume from lacks the state of `{optimizer}`", optimizer=optimizer)
        if len(optimizer) < 24
        else say("the checkpoint to resume from lacks the state of the optimizer"),
        effect=say("its moments start from zero after a resume, so the first steps differ from those of one long run"),
        remedy=say("save `{optimizer}.state_dict()` with the model, and load it when resuming", optimizer=optimizer),
        notes=save.note_at(save.step.at, say("this optimizer keeps moments from step to step")),
    )


RULE = Rule(
    slug="checkpoint-without-optimizer",
    doc=__doc__,
    category="checkpoint",
    severity=Severity.HINT,
    fix=None,
    example=EXAMPLE,
    looks_at=TRAINING_SAVES,
    check=check,
)
