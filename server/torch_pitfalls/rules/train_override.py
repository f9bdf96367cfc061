"""A module overrides `train` without keeping its contract

`eval()` is `train(False)`, and `train(mode)` sets the flag, calls `train(mode)` of every submodule and returns the
module. An override has to do the same. Without the parameter, `eval()` and the module around it raise `TypeError`:
`Net.train() takes 1 positional argument but 2 were given`. Without `return self`, `model = model.train()` leaves
`None`. Without `super().train(mode)` the mode never changes, neither here nor in the submodules.

How to fix: `def train(self, mode=True):`, then `super().train(mode)`, then `return self`. The fix adds what is
missing and is safe. A method that does the training of a model needs another name, such as `fit`.

Exceptions: silent for classes that are no modules, for an override that only returns the module, which pins its
mode on purpose, and for one that sets `self.training` and walks through the children itself, or calls a method that
does.

Cannot see: overrides that are assigned to an instance.

See also: `inference-in-train-mode`, `training-in-eval-mode`. PyTorch documentation: torch.nn.Module.train;
torch.nn.Module.eval.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import Method, module_methods

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.fc = nn.Linear(4, 2)

    def train(self):  # expect: train-override
        super().train()
        self.norm.eval()

    def forward(self, x):
        return self.fc(self.norm(x))

net = Net()
net.eval()
""",
    good="""
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.fc = nn.Linear(4, 2)

    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, x):
        return self.fc(self.norm(x))

net = Net()
net.eval()
""",
    symptom="isinstance(raised, TypeError) and 'takes 1 positional argument but 2 were given' in str(raised)",
)

_TRAINS = ("backward", "zero_grad", "manual_backward", "step", "train_one_epoch", "fit")
"""Methods that show an override to do the training itself."""


_SWITCHING = re.compile(r"\.(?:train|eval)\(|\.training\b")


def check(method: Method) -> Iterator[Finding]:
    """Report what an override of `train` lacks."""
    if not method.is_plain():
        return
    mode = _mode_parameter(method.node)
    trains = method.calls(*_TRAINS) and not method.passes_on()
    if mode is None:
        headline = say("`train` has no parameter `mode`")
        effect = say("`eval()` and the module around it raise `TypeError`")
    elif trains or not _switches(method):
        headline = say("`train` does not call `super().train({mode})`", mode=mode)
        effect = say("neither the module nor its submodules change their mode")
    elif not method.returns():
        headline = say("`train` does not return `self`")
        effect = say("`model = model.train()` leaves `None` in place of the model")
    else:
        return
    edits = () if trains else _completed(method, mode)
    yield Finding(
        at=method.at,
        headline=headline,
        effect=effect,
        remedy=say("give it another name, e.g. `fit`: torch calls `train(mode)` itself")
        if trains
        else say("write `def train(self, mode=True)`, call `super().train(mode)` and `return self`"),
        fix=Fix(say("Complete `train`"), edits, Safety.SAFE) if edits else None,
    )


def _mode_parameter(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """The parameter that takes the mode; None if a single positional argument is too much, or too little."""
    arguments = node.args
    parameters = [*arguments.posonlyargs, *arguments.args][1:]
    if any(default is None for default in arguments.kw_defaults):
        return None
    if not parameters:
        return arguments.vararg.arg if arguments.vararg is not None else None
    return parameters[0].arg if len(parameters) - len(arguments.defaults) <= 1 else None


def _switches(method: Method) -> bool:
    """Whether the mode is passed on, set by hand, or pinned on purpose."""
    if method.passes_on() or method.calls("train", "eval") or "self.training" in method.facts.unit.text:
        return True
    if method.helpers_say(_SWITCHING):
        return True
    body = method.body()
    return all(isinstance(statement, (ast.Return, ast.Pass, ast.Expr)) for statement in body) and not any(
        isinstance(node, ast.Call) for statement in body for node in ast.walk(statement)
    )


def _completed(method: Method, mode: str | None) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    facts = method.facts
    up = method.passes_on()
    if mode is None:
        arguments = method.node.args
        if len([*arguments.posonlyargs, *arguments.args]) != 1 or arguments.kwonlyargs:
            return ()
        end = facts.span(arguments.args[0]).end if arguments.args else facts.span(arguments.posonlyargs[0]).end
        edits.append(Edit(Span(end, end), ", mode=True"))
        for call in up:
            if not call.args and not call.keywords:
                close = facts.span(call).end - 1
                edits.append(Edit(Span(close, close), "mode"))
    if not up and not _switches(method):
        edits += method.insert_first(f"super().train({mode or 'mode'})")
    if not method.returns():
        edits += method.append(f"return {method.self_name}")
    return tuple(edits)


RULE = Rule(
    slug="train-override",
    doc=__doc__,
    category="module",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=module_methods("train"),
    check=check,
)
