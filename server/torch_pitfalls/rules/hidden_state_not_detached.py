"""A recurrent state carries its graph into the next iteration

What one iteration hands to the next, such as the hidden state of an LSTM, still hangs on the graph it was computed
in. The next `backward()` follows it there, through everything since the start. The first backward has freed that
graph: `RuntimeError: Trying to backward through the graph a second time`. With `retain_graph=True` it is kept
instead: memory and time grow with every iteration, and once `optimizer.step()` has changed the weights in place,
backward raises as well.

How to fix: cut the state off between two iterations: `hidden = hidden.detach()`, for the pair of an LSTM
`hidden = tuple(part.detach() for part in hidden)`. The values stay, only the gradient ends there: truncated
backpropagation through time. The fix detaches the state after the backward, and is safe.

Exceptions: silent where the state is detached or made anew in each iteration, on some path at least; where one
backward after the loop goes through all of it; and under `no_grad`.

Cannot see: states that a module keeps in its own attributes while it runs, modules whose class is not visible, and
backward that only some iterations reach.

See also: `retain-graph-in-loop`, `graph-retained`, `backward-on-detached`. PyTorch documentation:
torch.Tensor.detach; torch.Tensor.backward; torch.nn.LSTM.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Note, Rule, Safety, Severity, say
from torch_pitfalls.subjects import CARRIED_GRAPHS, CarriedGraph

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

rnn = nn.GRU(4, 8)
optimizer = torch.optim.SGD(rnn.parameters(), lr=0.1)
hidden = torch.zeros(1, 3, 8)
for inputs in torch.randn(2, 5, 3, 4):
    optimizer.zero_grad()
    output, hidden = rnn(inputs, hidden)  # expect: hidden-state-not-detached
    output.square().mean().backward()
    optimizer.step()
""",
    good="""
import torch
from torch import nn

rnn = nn.GRU(4, 8)
optimizer = torch.optim.SGD(rnn.parameters(), lr=0.1)
hidden = torch.zeros(1, 3, 8)
for inputs in torch.randn(2, 5, 3, 4):
    optimizer.zero_grad()
    hidden = hidden.detach()
    output, hidden = rnn(inputs, hidden)
    output.square().mean().backward()
    optimizer.step()
""",
    symptom="isinstance(raised, RuntimeError) and 'backward through the graph a second time' in str(raised)",
)


def check(carried: CarriedGraph) -> Iterator[Finding]:
    """Report states that a loop carries on with a graph through which a backward has gone already."""
    name, state, place = carried.spent.name, carried.state, carried.backward_at
    edits = carried.detach()
    effect = say("the second `backward()` raises `RuntimeError`: the graph of the first iteration is freed")
    if carried.spent.retained:
        effect = say(
            "every `backward()` goes through all iterations so far: slower each time, and it raises after `step()`"
        )
    yield Finding(
        at=carried.facts.span(state) if state is not None else carried.at,
        headline=say("`{name}` carries its graph into the next iteration", name=name),
        effect=effect,
        remedy=say("detach it in each iteration: `{code}`", code=carried.detached or f"{name}.detach()"),
        notes=(Note(place, say("this goes through the graph of `{name}`", name=name)),) if place is not None else (),
        fix=Fix(say("Detach `{name}` after the backward", name=name), edits, Safety.SAFE) if edits else None,
    )


RULE = Rule(
    slug="hidden-state-not-detached",
    doc=__doc__,
    category="memory",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=CARRIED_GRAPHS,
    check=check,
)
