"""Values kept across iterations keep their graphs alive

`total += loss` adds tensors, and the sum is a tensor with a graph that reaches back through every batch. In
the example it holds 12 nodes after the first batch, then 20, 28 and 36, and so on for as long as the sum
lives. Where `backward()` has run, it has freed the activations, and the leak is small but steady. Where it
has not, as in validation with gradients on, every activation stays: 24960 bytes more per batch for the two
small layers of the example at a batch size of 32. Lists of losses or outputs, running averages and meters that add up
what they are given keep their graphs likewise.

How to fix: keep the number, not the tensor: `total += loss.item()`. For outputs that are more than one number
keep `output.detach()`, and on a GPU `output.detach().cpu()`. The fix does that and is safe, because nothing
runs `backward()` through the sum.

Exceptions: silent under `no_grad`, after `.item()`, `.detach()` or `float()`, when the sum is backpropagated
later (several losses, truncated backpropagation through time, episodes of reinforcement learning), when it is
cleared in each iteration, in a `deque(maxlen=…)`, and in tests.

Cannot see: values handed to a logger, a meter or a list in code outside the project. It may keep them, or not.

See also: `inference-without-no-grad`, `numpy-requires-grad`. PyTorch documentation: torch.Tensor.item;
torch.Tensor.detach; Frequently Asked Questions.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import (
    ACCUMULATIONS,
    Accumulation,
)

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

total_loss = 0.0
for _ in range(4):
    optimizer.zero_grad()
    loss = model(torch.randn(32, 64)).pow(2).mean()
    loss.backward()
    optimizer.step()
    total_loss += loss  # expect: graph-retained
""",
    good="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

total_loss = 0.0
for _ in range(4):
    optimizer.zero_grad()
    loss = model(torch.randn(32, 64)).pow(2).mean()
    loss.backward()
    optimizer.step()
    total_loss += loss.item()
""",
    symptom="graph_nodes(total_loss) > 3 * graph_nodes(loss)",
)


def check(kept: Accumulation) -> Iterator[Finding]:
    """Report a tensor that takes its graph out of the iteration."""
    if not kept.keeps_graph() or kept.is_used_later():
        return
    freed = kept.loop_goes_backward()
    name = kept.container
    added = kept.added
    remedy = f"`{kept.cured_text}`"
    yield Finding(
        at=kept.at,
        headline=say("`{name}` keeps the graph of every iteration alive", name=name),
        effect=say("memory grows with each iteration: `backward()` frees the activations, not the nodes of the graph")
        if freed
        else say("memory grows with each iteration by the graph and all its activations"),
        remedy=say("keep {remedy} instead", remedy=remedy)
        if len(remedy) < 60
        else say("keep it with `.{cure}` instead", cure=kept.cure),
        notes=() if kept.direct else kept.note_at(kept.event.at, say("added here")),
        fix=Fix(say("Add `.{cure}`", cure=kept.cure), kept.cured(added), Safety.SAFE) if added is not None else None,
    )


RULE = Rule(
    slug="graph-retained",
    doc=__doc__,
    category="memory",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=ACCUMULATIONS,
    check=check,
)
