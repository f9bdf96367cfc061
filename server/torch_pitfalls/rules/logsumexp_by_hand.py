"""The logarithm of a sum of exponentials is written out

The sum of `exp(x)` may be too large for the number format although its logarithm is not: from 89 on in `float32`
and from 12 on in `float16`, `exp(x)` is infinite, the result is inf and its gradient nan. `log(softmax(x))` fails at
the other end: what lies 104 below the largest logit (18 in `float16`) has probability 0 and logarithm -inf, and a
loss that uses such an element has the gradient nan for all of them. `log(sigmoid(x))` is -inf from -89 down,
`log(1 + exp(x))` infinite from 89 on. Nothing raises.

`log(1 + x)` and `exp(x) - 1` lose the digits of small `x`: in `float32` both are 0 from 5e-8 down. That matters to few
programs, so it is a hint, and off by default.

How to fix: call the function that computes both steps in one: `torch.logsumexp`, `log_softmax`, `logsigmoid`,
`softplus`, `log1p`, `expm1`. The first four subtract the maximum, and are faster as well. The result is the same
where both are finite.

Exceptions: code that subtracts the maximum, or anything else, before the exponential is silent, and so are a small
number added under the logarithm, probabilities that are clamped first, and arrays of numpy.

Cannot see: exponentials that are weighted or masked before they are summed; sums of differences that are still
large; whether the `x` of `log(1 + x)` is ever small.

See also: PyTorch documentation: torch.logsumexp; torch.nn.functional.log_softmax;
torch.nn.functional.logsigmoid; torch.nn.functional.softplus.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.activations import EXP_AND_ONE, SIGMOID, SOFTMAX, SUM_OF_EXP
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, Text, say
from torch_pitfalls.subjects import LOGARITHMS, LOST_DIGITS, Logarithm, LostDigits, either

EXAMPLE = Example(
    bad="""
import torch

scores = torch.tensor([[100.0, 200.0], [1.0, 2.0]], requires_grad=True)
total = torch.log(torch.sum(torch.exp(scores), dim=1))  # expect: logsumexp-by-hand
total.sum().backward()
""",
    good="""
import torch

scores = torch.tensor([[100.0, 200.0], [1.0, 2.0]], requires_grad=True)
total = torch.logsumexp(scores, dim=1)
total.sum().backward()
""",
    symptom="total.isinf().any() and scores.grad.isnan().any()",
)

_WHOLE = {
    SUM_OF_EXP: "torch.logsumexp",
    SOFTMAX: "torch.nn.functional.log_softmax",
    SIGMOID: "torch.nn.functional.logsigmoid",
    EXP_AND_ONE: "torch.nn.functional.softplus",
}


def check(logarithm: Logarithm | LostDigits) -> Iterator[Finding]:
    """Report a logarithm that is taken in two steps."""
    if isinstance(logarithm, LostDigits):
        yield _lost_digits(logarithm)
        return
    name = logarithm.inner.name
    whole = _WHOLE[name]
    short = whole.rpartition(".")[2]
    edits = logarithm.replaced(whole)
    yield Finding(
        at=logarithm.at,
        headline=_headline(name),
        effect=_effect(name),
        remedy=say("compute both steps in one: `{function}(x)`", function=short)
        if name in (SIGMOID, EXP_AND_ONE)
        else say("compute both steps in one: `{function}(x, dim=…)`", function=short),
        fix=Fix(say("Use `{function}`", function=short), edits, Safety.SAFE) if edits else None,
    )


def _lost_digits(found: LostDigits) -> Finding:
    edits = found.replaced()
    return Finding(
        at=found.facts.span(found.whole),
        headline=say("`log(1 + x)` loses the digits of small `x`")
        if found.function == "log1p"
        else say("`exp(x) - 1` loses the digits of small `x`"),
        effect=say("next to 1, small numbers are rounded away: in float32 the result is 0 from 5e-8 down"),
        remedy=say("compute both steps in one: `{function}(x)`", function=found.function),
        fix=Fix(say("Use `{function}`", function=found.function), edits, Safety.SAFE) if edits else None,
        severity=Severity.HINT,
    )


def _headline(name: str) -> Text:
    if name == SUM_OF_EXP:
        return say("`log(sum(exp(x)))` is computed step by step")
    if name == SOFTMAX:
        return say("`log(softmax(x))` is computed step by step")
    if name == SIGMOID:
        return say("`log(sigmoid(x))` is computed step by step")
    return say("`log(1 + exp(x))` is computed step by step")


def _effect(name: str) -> Text:
    if name in (SOFTMAX, SIGMOID):
        return say("probabilities too small for the number format become 0: the logarithm is -inf, the gradient nan")
    return say("`exp` overflows from 89 on in float32, from 12 on in float16: the result is inf, the gradient nan")


RULE = Rule(
    slug="logsumexp-by-hand",
    doc=__doc__,
    category="loss",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=either(LOGARITHMS, LOST_DIGITS),
    check=check,
)
