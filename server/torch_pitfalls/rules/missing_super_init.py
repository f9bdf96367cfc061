"""Submodules are assigned before `super().__init__()`

`nn.Module.__init__` makes the tables in which a module keeps its submodules, parameters and buffers. An
assignment before it raises `AttributeError`: `cannot assign module before Module.__init__() call`; for
parameters it says `cannot assign parameters before Module.__init__() call`, and `register_buffer()` and its like raise
as well. Numbers, strings and other plain values may be assigned at any time.

How to fix: call `super().__init__()` first. The fix inserts the call, or moves the one further down to the top,
and is safe, since the code as it is raises.

Exceptions: silent for classes without `__init__`, when an ancestor is initialised by name
(`Base.__init__(self)`), and when a method of the class does it.

Cannot see: values whose kind is unknown, for example modules made by code outside the project.

See also: `unregistered-submodule`, `unregistered-parameter`. PyTorch documentation: torch.nn.Module.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Note, Rule, Safety, Severity, Text, say
from torch_pitfalls.subjects import Method, module_methods

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        self.fc = nn.Linear(4, 2)  # expect: missing-super-init
        super().__init__()

    def forward(self, x):
        return self.fc(x)

net = Net()
""",
    good="""
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x)

net = Net()
""",
    symptom="str(raised) == 'cannot assign module before Module.__init__() call'",
)


def check(method: Method) -> Iterator[Finding]:
    """Report a module that is assigned before the tables for it exist."""
    if not method.is_plain():
        return
    calls = method.passes_on()
    call = min(calls, key=lambda node: (node.lineno, node.col_offset)) if calls else None
    early = method.registered_too_early(call)
    if early is None or (call is None and method.may_initialise_elsewhere()):
        return
    facts = method.facts
    edits = method.insert_first("super().__init__()") if call is None else method.move_first(call)
    yield Finding(
        at=facts.span(early),
        headline=_headline(early, called=call is not None),
        effect=say("raises `AttributeError`: the module has no table to register it in"),
        remedy=say("call `super().__init__()` first"),
        notes=(Note(facts.span(call), say("called only here")),) if call is not None else (),
        fix=Fix(say("Call `super().__init__()` first"), edits, Safety.SAFE) if edits else None,
    )


def _headline(early: ast.AST, *, called: bool) -> Text:
    if isinstance(early, ast.Call):
        name = ast.unparse(early.func)
        if called:
            return say("`{name}(…)` comes before `super().__init__()`", name=name)
        return say("`{name}(…)` is called without `super().__init__()`", name=name)
    name = ast.unparse(early)
    if called:
        return say("`{name}` is assigned before `super().__init__()`", name=name)
    return say("`{name}` is assigned without `super().__init__()`", name=name)


RULE = Rule(
    slug="missing-super-init",
    doc=__doc__,
    category="module",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=module_methods("__init__"),
    check=check,
)
