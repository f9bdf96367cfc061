"""Dropout in `forward` does not follow the mode of the module

`nn.functional.dropout(x)` has no module to ask: its `training` defaults to `True`, so it drops after `eval()`
as well. In the example half of the values are zero and the others doubled, in evaluation too; predictions
change from call to call. Nothing raises or warns. The same holds for `dropout1d`, `dropout2d` and
`dropout3d`; for `scaled_dot_product_attention`, which drops with whatever `dropout_p` it is given; and for an
`nn.Dropout()` that `forward` makes anew: it starts in training mode, and `eval()` never reached it.

How to fix: pass `training=self.training`; to the attention, `dropout_p=p if self.training else 0.0`. Or make
an `nn.Dropout` in `__init__`. The fix does the former and is safe.

Exceptions: silent where `training` is given, be it `True` (Monte Carlo dropout), where the method asks for
`self.training` in a condition, in methods that are named after training, and outside modules. So are
`alpha_dropout` and `feature_alpha_dropout`: their `training` defaults to `False`.

Cannot see: functions outside of a class that drop on behalf of a module. A `dropout_p` that comes in as an
argument is taken to be chosen by the caller.

See also: `inference-in-train-mode`. PyTorch documentation: torch.nn.functional.dropout; torch.nn.Dropout;
torch.nn.functional.scaled_dot_product_attention.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge import dropouts
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import InModule, in_modules

EXAMPLE = Example(
    bad="""
import torch
from torch import nn
from torch.nn import functional as F

class Net(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)  # expect: functional-dropout-ignores-mode

net = Net().eval()
output = net(torch.ones(1000))
""",
    good="""
import torch
from torch import nn
from torch.nn import functional as F

class Net(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5, training=self.training)

net = Net().eval()
output = net(torch.ones(1000))
""",
    symptom="not net.training and bool((output == 0).any()) and bool((output == 2).any())",
)


def check(use: InModule) -> Iterator[Finding]:
    """Report dropout in a method of a module that never hears of the mode."""
    if use.event.effect is Effect.FORWARD:
        yield from _layer(use)
    elif use.event.name in dropouts.ALWAYS_ACTIVE:
        yield from _function(use)
    elif use.event.name == dropouts.ATTENTION:
        yield from _attention(use)


def _function(use: InModule) -> Iterator[Finding]:
    share = use.argument(*at(use.event.name, "p"))
    if use.may_pass(*at(use.event.name, "training")) or (share is not None and share.literal in ((0,), (0.0,))):
        return
    if use.asks_for_mode():
        return
    added = f"training={use.self_name}.training"
    yield Finding(
        at=use.at,
        headline=say("`{name}` drops in evaluation mode too", name=use.called),
        effect=say("its `training` defaults to `True`, so `eval()` does not reach it: predictions are random"),
        remedy=say("pass `{added}`", added=added),
        fix=Fix(say("Add `{added}`", added=added), (use.append_argument(added),), Safety.SAFE),
    )


def _attention(use: InModule) -> Iterator[Finding]:
    place = at(dropouts.ATTENTION, "dropout_p")
    share, node = use.argument(*place), use.argument_node(*place)
    if share is None or node is None or use.asks_for_mode():
        return
    constant = share.literal is not None and isinstance(share.literal[0], float) and share.literal[0] > 0
    if not constant and (share.literal is not None or not use.is_own_attribute(node)):
        return
    text = f"{use.facts.text(node)} if {use.self_name}.training else 0.0"
    yield Finding(
        at=use.facts.span(node),
        headline=say("`dropout_p` of the attention does not follow the mode"),
        effect=say("`{name}` has no mode: it drops after `eval()` too, and predictions are random", name=_SHORT),
        remedy=say("pass `{text}`", text=text),
        fix=Fix(say("Drop in training only"), (Edit(use.facts.span(node), text),), Safety.SAFE),
    )


def _layer(use: InModule) -> Iterator[Finding]:
    name = use.event.subject.what
    made = use.made_here()
    if not isinstance(name, str) or name not in dropouts.LAYERS or made is None or use.asks_for_mode():
        return
    yield Finding(
        at=use.facts.span(made),
        headline=say("`{layer}` is made anew in every call", layer=use.shortened(made)),
        effect=say("it starts in training mode and `eval()` never reaches it: it drops in evaluation too"),
        remedy=say("make it in `__init__`, or call `dropout(…, training={owner}.training)`", owner=use.self_name),
        fix=_as_function(use, made, dropouts.FUNCTION_OF[name]),
    )


def _as_function(use: InModule, made: ast.Call, function: str) -> Fix | None:
    """``nn.Dropout(p)(x)`` → ``nn.functional.dropout(x, p, training=self.training)``."""
    node = use.node
    if not isinstance(node, ast.Call) or node.func is not made or len(node.args) != 1 or node.keywords:
        return None
    facts = use.facts
    spelled = facts.spelled(function)
    if spelled is None:
        return None
    given = [facts.text(arg) for arg in (*node.args, *made.args)]
    given += [facts.text(item) for item in made.keywords]
    call = f"{spelled}({', '.join(given)}, training={use.self_name}.training)"
    return Fix(say("Call `{function}`", function=spelled), (Edit(use.at, call),), Safety.SAFE)


_SHORT = "scaled_dot_product_attention"

RULE = Rule(
    slug="functional-dropout-ignores-mode",
    doc=__doc__,
    category="mode",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=in_modules(Effect.CALL, Effect.FORWARD),
    check=check,
)
