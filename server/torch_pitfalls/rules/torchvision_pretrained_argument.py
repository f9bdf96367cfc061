"""A torchvision model that is given `pretrained` instead of `weights`

Since torchvision 0.13 the functions of `torchvision.models` take `weights`. `pretrained` and `pretrained_backbone`
still work, warn, and are to be removed. `pretrained=True` is tied to one set of weights, mostly `IMAGENET1K_V1`; for
many models there are better ones, such as `IMAGENET1K_V2` of `resnet50`, with transforms that belong to them.

How to fix: `weights=models.ResNet50_Weights.IMAGENET1K_V1` loads what `pretrained=True` does, `weights=None` nothing.
The fix writes this. A text, `weights="IMAGENET1K_V1"`, means the same.

Exceptions: other libraries have an argument of this name, such as `timm.create_model`, and are not meant.

Cannot see: functions that are chosen by name (`models.__dict__[arch](pretrained=True)`).

Versions: torchvision 0.13 and newer, which belongs to torch 1.12.

See also: Torchvision documentation: Models and pre-trained weights.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge.api_changes import NEWEST
from torch_pitfalls.knowledge.pretrained import WEIGHTS, function_of
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import MENTIONS, Mention

# The example runs where torchvision is installed; it was checked with torchvision 0.28.
EXAMPLE = Example(
    bad="""
import warnings

from torchvision import models

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    model = models.resnet18(pretrained=False)  # expect: torchvision-pretrained-argument
""",
    good="""
import warnings

from torchvision import models

with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    model = models.resnet18(weights=None)
""",
    symptom="""any("'pretrained' is deprecated" in str(warning.message) for warning in told)""",
)

_SINCE = (1, 12)
_ARGUMENTS = {"pretrained": "weights", "pretrained_backbone": "weights_backbone"}


def check(mention: Mention) -> Iterator[Finding]:
    """Report the old arguments."""
    call = mention.call
    function = function_of(mention.qualified)
    if call is None or function is None or (mention.version or NEWEST) < _SINCE:
        return
    for old, new in _ARGUMENTS.items():
        given = mention.keyword(old)
        value = given.value if given is not None else None
        if old == "pretrained" and value is None:
            value = _positional(call)
        if value is None:
            continue
        written = _written(mention, _meant(function, old), value)
        at = mention.span_of(given if given is not None else value)
        yield Finding(
            at=at,
            headline=say("`{name}` is given `{old}`", name=mention.name, old=old),
            effect=say("deprecated since torchvision 0.13, and to be removed; `True` means one old set of weights"),
            remedy=say("pass `{new}={written}`", new=new, written=written),
            fix=Fix(say("Replace with `{new}`", new=new), (Edit(at, f"{new}={written}"),), Safety.SAFE),
        )


def _positional(call: ast.Call) -> ast.expr | None:
    """``resnet18(True)``: once the first argument was ``pretrained``."""
    if len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, bool):
        return call.args[0]
    return None


def _meant(function: str, old: str) -> str:
    """The qualified name of the weights that an old argument stands for; empty if there are none."""
    weights = WEIGHTS[function]
    if old == "pretrained":
        return f"{function.rpartition('.')[0]}.{weights.model}" if weights.model else ""
    return f"torchvision.models.{weights.backbone}" if weights.backbone else ""


def _written(mention: Mention, weights: str, value: ast.expr) -> str:
    """What the new argument is to be."""
    flag = value.value if isinstance(value, ast.Constant) else ...
    if not weights or flag is False or flag is None:
        return "None"
    member = mention.spell(weights) if mention.can_spell(weights) else f'"{weights.rpartition(".")[2]}"'
    return member if flag is True else f"{member} if {mention.text_of(value)} else None"


RULE = Rule(
    slug="torchvision-pretrained-argument",
    doc=__doc__,
    category="api",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=MENTIONS,
    check=check,
)
