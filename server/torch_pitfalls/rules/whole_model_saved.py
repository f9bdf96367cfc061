"""A whole model is pickled instead of its weights

`torch.save(model)` writes a pickle that refers to the model's class by module and name; the code itself is
not in the file. After a rename or a move, loading raises `AttributeError` or `ModuleNotFoundError`, and after
a change of the class the first call may fail. Since torch 2.6 loading fails at once: `torch.load` reads only
weights by default and raises `UnpicklingError`: `Weights only load failed.` With `weights_only=False` it
loads, and runs whatever code the file contains.

How to fix: save `model.state_dict()`. To load, build the model and call
`model.load_state_dict(torch.load(path, map_location="cpu"))`. The fix replaces the model by its `state_dict()` and
is safe for the file; the code that loads it has to follow.

Exceptions: `state_dict()` is silent, and so are `torch.jit.save` and `torch.export.save`, whose files carry
their own program.

Cannot see: values whose kind is unknown, for example an object from code without visible source.

See also: `load-without-map-location`, `unregistered-submodule`. PyTorch documentation: torch.save;
torch.load; Saving and Loading Models; Serialization semantics.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import SAVES, Save

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
torch.save(model, "classifier.pt")  # expect: whole-model-saved

restored = torch.load("classifier.pt", map_location="cpu")
""",
    good="""
import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
torch.save(model.state_dict(), "classifier.pt")

restored = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
restored.load_state_dict(torch.load("classifier.pt", map_location="cpu"))
""",
    symptom="type(raised).__name__ == 'UnpicklingError' and 'Weights only load failed' in str(raised)",
)


def check(call: Save) -> Iterator[Finding]:
    """Report modules that are pickled whole."""
    if call.is_temporary():
        return
    expression = call.expression
    name = call.facts.text(expression) if expression is not None else ""
    fix = None
    if isinstance(expression, (ast.Name, ast.Attribute, ast.Subscript)):
        end = call.facts.span(expression).end
        fix = Fix(say("Save the `state_dict()`"), (Edit(Span(end, end), ".state_dict()"),), Safety.SAFE)
    yield Finding(
        at=call.at,
        headline=say("`{name}` is saved whole", name=name)
        if name and len(name) < 50
        else say("`torch.save` gets a whole module"),
        effect=say(
            "the file refers to the code by name: it breaks when classes move; `torch.load` refuses it since 2.6"
        ),
        remedy=say("save `{name}.state_dict()`", name=name) if name else say("save its `state_dict()`"),
        notes=() if call.direct else call.note_at(call.event.at, say("saved here")),
        fix=fix,
    )


RULE = Rule(
    slug="whole-model-saved",
    doc=__doc__,
    category="checkpoint",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=SAVES,
    check=check,
)
