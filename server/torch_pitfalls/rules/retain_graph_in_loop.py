"""Every iteration keeps a graph that nobody uses again

`backward(retain_graph=True)` keeps what the graph has saved, so that a second `backward()` can go through it.
Where the graph is made anew in each iteration and none comes, the buffers merely live until the loss is
rebound: memory for nothing. Where a state is carried from one iteration to the next, `retain_graph=True`
often silences the error `Trying to backward through the graph a second time`, and every step goes back
through all iterations so far: in the example the graph grows with each step. `create_graph=True` records the
backward pass as well; parameters and gradients then hold each other, and garbage collection does not help.

How to fix: leave the argument out. Where a state is carried on, detach it: `hidden = hidden.detach()`. For
gradients of gradients, use `torch.autograd.grad(…, create_graph=True)`.

Exceptions: silent where the graph may be used again: a second `backward()` that shares a part of it, a graph
that is made outside of the loop, `torch.autograd.grad`, or a loss that code which cannot be seen is given; and in
tests.

Cannot see: a loop in another function than the `backward()`.

See also: `graph-retained`. PyTorch documentation: torch.Tensor.backward; Autograd mechanics.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import KEPT_GRAPHS, KeptGraph

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

cell = nn.RNNCell(2, 2)
hidden = torch.zeros(1, 2)
for _ in range(5):
    hidden = cell(torch.ones(1, 2), hidden)
    loss = hidden.sum()
    loss.backward(retain_graph=True)  # expect: retain-graph-in-loop
""",
    good="""
import torch
from torch import nn

cell = nn.RNNCell(2, 2)
hidden = torch.zeros(1, 2)
for _ in range(5):
    hidden = cell(torch.ones(1, 2), hidden.detach())
    loss = hidden.sum()
    loss.backward()
""",
    symptom="graph_nodes(loss) > 20",
)


def check(backward: KeptGraph) -> Iterator[Finding]:
    """Report a graph that is kept in each iteration for no second use."""
    if backward.is_needed():
        return
    option = f"{backward.option}=True"
    if backward.carries_state():
        effect = say("it goes back through all iterations so far: memory and time grow with every step")
        remedy = say(
            "detach the state that is carried on: `state = state.detach()`, and leave `{option}` out", option=option
        )
    elif backward.option == "create_graph":
        effect = say("parameters and gradients hold each other through the graph: memory leaks")
        remedy = say("leave `{option}` out, or use `torch.autograd.grad`", option=option)
    else:
        effect = say("what the graph has saved lives on after `backward()`: memory for nothing")
        remedy = say("leave `{option}` out", option=option)
    yield Finding(
        at=backward.at,
        headline=say("`{name}` keeps its graph in every iteration", name=backward.short_receiver),
        effect=effect,
        remedy=remedy,
    )


RULE = Rule(
    slug="retain-graph-in-loop",
    doc=__doc__,
    category="gradient",
    severity=Severity.INFORMATION,
    fix=None,
    example=EXAMPLE,
    looks_at=KEPT_GRAPHS,
    check=check,
)
