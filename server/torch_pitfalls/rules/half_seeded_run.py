"""A script seeds one generator and draws from another

`random`, NumPy and torch have a global generator each. `torch.manual_seed` seeds torch's on all devices, and neither
`random` nor NumPy in the main process; `random.seed` and `np.random.seed` seed their own alone. A script that seeds one
of them and draws from another gives other results in each run, though it looks reproducible.

How to fix: seed each generator that the script draws from, with the same seed and at the same place. The fix puts the
missing calls beside the first one; it needs a look, because results change once.

Exceptions: silent when nothing is seeded, when a function that may seed everything is called (`seed_everything`,
`set_seed`, any name with `seed` in it whose body is elsewhere), and for draws from a generator of their own
(`np.random.default_rng`, `random.Random`, `generator=`).

Cannot see: draws and seeds of code that the script reaches in ways that cannot be followed, and those in data sets
that worker processes load: there torch seeds all three.

See also: `worker-rng-duplicated`. PyTorch documentation: Reproducibility; torch.manual_seed.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, say
from torch_pitfalls.subjects import SEEDINGS, Seeding

EXAMPLE = Example(
    bad="""
import random

import torch

def run():
    torch.manual_seed(0)  # expect: half-seeded-run
    return torch.randn(2).tolist(), random.random()

first, second = run(), run()
""",
    good="""
import random

import torch

def run():
    torch.manual_seed(0)
    random.seed(0)
    return torch.randn(2).tolist(), random.random()

first, second = run(), run()
""",
    symptom="first[0] == second[0] and first[1] != second[1]",
)


def check(seeding: Seeding) -> Iterator[Finding]:
    """Report scripts that seed some of the generators that they draw from."""
    missing = [whose for whose, _ in seeding.drawn]
    seeded = seeding.seeded[0]
    headline = say("`{seeded}` is seeded, but `{missing}` is not", seeded=seeded, missing=missing[0])
    if len(missing) > 1:
        headline = say(
            "`{seeded}` is seeded, but `{one}` and `{other}` are not", seeded=seeded, one=missing[0], other=missing[1]
        )
    edit = seeding.beside()
    yield Finding(
        at=seeding.at,
        headline=headline,
        effect=say("its random numbers differ from run to run, so the results do"),
        remedy=say("call `{call}` beside it", call="; ".join(seeding.calls())),
        notes=seeding.note(say("drawn from here")),
        fix=Fix(say("Seed the other generators too"), (edit,), Safety.UNSAFE) if edit is not None else None,
    )


RULE = Rule(
    slug="half-seeded-run",
    doc=__doc__,
    category="data",
    severity=Severity.HINT,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=SEEDINGS,
    check=check,
)
