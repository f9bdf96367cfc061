"""Loader workers are started without a main guard

With `num_workers` above zero, a `DataLoader` starts processes. Where processes are spawned (Windows, macOS)
or come from a fork server (Linux from Python 3.14), each of them imports the script again. Without a guard
that import reaches the loop and tries to start workers of its own. The child raises `RuntimeError`: `An
attempt has been made to start a new process before the current process has finished its bootstrapping
phase.` The script then fails with `DataLoader worker (pid(s) N) exited unexpectedly`. With fork (Linux up to
Python 3.13) the script works, until the day it moves.

How to fix: put the statements that run under `if __name__ == "__main__":`, or into a function that is called
there. Classes and functions stay outside, because the workers import them. The fix wraps the statements and
needs a look: names that the workers use at import time must stay outside as well.

Exceptions: silent inside functions, in modules that are only imported, in notebooks, with `num_workers=0`,
and where the fork start method is chosen explicitly.

Cannot see: a loop inside a function that is called at module level without a guard. It fails in the same way.

See also: PyTorch documentation: torch.utils.data; Multiprocessing best practices; Windows FAQ.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import (
    Use,
    events,
)

EXAMPLE = Example(
    bad="""
import torch
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.arange(8.0))
loader = DataLoader(dataset, batch_size=4, num_workers=1)

total = 0.0
for (batch,) in loader:  # expect: missing-main-guard
    total += batch.sum().item()
""",
    good="""
import torch
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.arange(8.0))
loader = DataLoader(dataset, batch_size=4, num_workers=1)

if __name__ == "__main__":
    total = 0.0
    for (batch,) in loader:
        total += batch.sum().item()
""",
    symptom="isinstance(raised, RuntimeError) and 'exited unexpectedly' in str(raised)",
)


def check(loop: Use) -> Iterator[Finding]:
    """Report a loop over worker processes that the main module starts while it is being imported."""
    workers = loop.argument(0)
    if loop.facts.id.name or workers is None or workers.literal is None or not isinstance(workers.literal[0], int):
        return
    if workers.literal[0] <= 0 or loop.is_guarded() or loop.argument(-1, "multiprocessing_context") is not None:
        return
    if "set_start_method" in loop.facts.file_text() or loop.facts.is_inside_package() or loop.facts.is_notebook():
        return
    at = loop.at
    node = loop.node
    if isinstance(node, ast.For):
        at = Span(at.start, loop.facts.span(node.iter).end)
    edits = loop.guard_rest()
    yield Finding(
        at=at,
        headline=say('worker processes start outside `if __name__ == "__main__":`'),
        effect=say(
            "raises `RuntimeError` where workers are spawned or fork-served: Windows, macOS, Linux from Python 3.14"
        ),
        remedy=say('put the code that runs under `if __name__ == "__main__":`'),
        fix=Fix(say("Put the rest of the script under the guard"), edits) if edits else None,
    )


RULE = Rule(
    slug="missing-main-guard",
    doc=__doc__,
    category="data",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=events(Effect.ITERATE),
    check=check,
)
