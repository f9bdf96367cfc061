"""A loss class is given the tensors that its object should get

`nn.CrossEntropyLoss` is a class: calling it makes a module, and its arguments are options. In
`nn.CrossEntropyLoss(output, target)` the output is taken for class weights and the target for the old flag
`size_average`. That raises `RuntimeError: Boolean value of Tensor with more than one value is ambiguous`, far from
the point. With tensors of one element, and with `nn.PoissonNLLLoss` always, nothing raises: the result is a module,
no loss.

How to fix: make the object once, and call it: `criterion = nn.CrossEntropyLoss()`, then `criterion(output, target)`.
Or use the function: `nn.functional.cross_entropy(output, target)`. The fix does the latter and is safe: the code did
not compute a loss.

Exceptions: silent on options, such as a tensor of class weights alone, and on arguments that are not known to be
data: outputs of a module, batches of a loader, tensors.

Cannot see: arguments of unknown kind.

See also: `softmax-before-cross-entropy`, `scalar-extraction`. PyTorch documentation: torch.nn.CrossEntropyLoss;
torch.nn.functional.cross_entropy.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.flow.values import GRAPH_YES
from torch_pitfalls.knowledge.losses import FUNCTION_FORMS, WEIGHTED
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import Use, calls_to

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

output, target = torch.randn(8, 3), torch.randint(0, 3, (8,))
loss = nn.CrossEntropyLoss(output, target)  # expect: loss-class-called
""",
    good="""
import torch
from torch import nn

output, target = torch.randn(8, 3), torch.randint(0, 3, (8,))
loss = nn.functional.cross_entropy(output, target)
""",
    symptom="isinstance(raised, RuntimeError) and 'Boolean value of Tensor' in str(raised)",
)


def check(use: Use) -> Iterator[Finding]:
    """Report loss classes that are called with data."""
    name = use.event.name.rpartition(".")[2]
    node = use.node
    first = 1 if name in WEIGHTED else 0
    if (
        not isinstance(node, ast.Call)
        or not (use.is_data(first) or _is_output(use))
        or any(isinstance(arg, ast.Starred) for arg in node.args)
    ):
        return
    given = ", ".join(use.shortened(arg) for arg in node.args)
    function = use.facts.spelled(f"torch.nn.functional.{FUNCTION_FORMS[name]}")
    func = use.facts.span(node.func)
    if function is not None:
        fix = Fix(say("Use `{function}`", function=function), (Edit(func, function),), Safety.SAFE)
    else:
        fix = Fix(say("Call an object of the class"), (Edit(Span(func.end, func.end), "()"),), Safety.SAFE)
    yield Finding(
        at=use.at,
        headline=say("`{name}` is a class: it takes options, not tensors", name=use.called),
        effect=say("raises `RuntimeError`, or makes a module where a loss is wanted: the tensors become its options"),
        remedy=say(
            "write `{function}({given})`, or `{name}()({given})`",
            function=function or f"F.{FUNCTION_FORMS[name]}",
            given=given,
            name=use.called,
        ),
        fix=fix if function is not None or not node.keywords else None,
    )


def _is_output(use: Use) -> bool:
    """Whether the first of several arguments is the output of a module, which is no option of any loss."""
    return len(use.event.args) > 1 and use.event.args[0].graph == GRAPH_YES and use.event.args[0].act is not None


RULE = Rule(
    slug="loss-class-called",
    doc=__doc__,
    category="loss",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=calls_to(*(f"torch.nn.{name}" for name in FUNCTION_FORMS)),
    check=check,
)
