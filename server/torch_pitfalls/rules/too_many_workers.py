"""A data loader starts more worker processes than a machine can use

Every worker of a `DataLoader` is a process: it has its own copy of the data set and loads whole batches ahead
(two, unless `prefetch_factor` says otherwise). Beyond the number of processors, more workers wait for each
other, and memory and the time to start grow with each of them. Nothing raises; torch warns: `This DataLoader
will create N worker processes in total. Our suggested max number of worker in current system is M`. In a
distributed job each rank has workers of its own: with `num_workers=os.cpu_count()` on every rank, a machine with
eight ranks starts eight times as many processes as it has processors.

How to fix: begin with a few workers for each rank and raise the number while the loop gets faster. Bound it by
the processors (`min(8, os.cpu_count())`), and in a distributed job divide them by the number of ranks. The fix
bounds the number where the file imports `os`, and puts a small one elsewhere; it needs a look, as any number
here does.

Exceptions: silent up to the limit (64, or `max-workers` in the table `limits` of the configuration), and when the
number is bounded by `min`.

Cannot see: how many processors the machine has, and numbers that come from a configuration.

See also: `missing-main-guard`. PyTorch documentation: torch.utils.data; Performance Tuning Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.knowledge.data import DISTRIBUTED_SAMPLER
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Text, say
from torch_pitfalls.subjects import LOADERS, Loader

EXAMPLE = Example(
    bad="""
import os
import warnings

import torch
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.randn(64, 4))
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    loader = DataLoader(dataset, batch_size=8, num_workers=4096)  # expect: too-many-workers
""",
    good="""
import os
import warnings

import torch
from torch.utils.data import DataLoader, TensorDataset

dataset = TensorDataset(torch.randn(64, 4))
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    loader = DataLoader(dataset, batch_size=8, num_workers=min(8, len(os.sched_getaffinity(0))))
""",
    symptom="'This DataLoader will create 4096 worker processes' in ''.join(str(each.message) for each in warned)",
)


def check(loader: Loader) -> Iterator[Finding]:
    """Report a number of workers that is too large on any machine, or that grows too fast with it."""
    headline = _headline(loader)
    if headline is None:
        return
    inner = loader.below()
    if inner is not None and _headline(inner) is not None:
        return
    limit = loader.facts.limits.max_workers
    yield Finding(
        at=loader.span_of("num_workers"),
        headline=headline,
        effect=say("processes beyond the processors wait for each other, and each copies the data set"),
        remedy=say("begin with a few and bound them, e.g. `num_workers=min(8, os.cpu_count())`"),
        fix=_fix(loader, limit),
    )


def _headline(loader: Loader) -> Text | None:
    workers = loader.option("num_workers")
    if workers is None:
        return None
    if workers.literal is not None and isinstance(workers.literal[0], int):
        number, limit = workers.literal[0], loader.facts.limits.max_workers
        if number <= limit:
            return None
        return say("`num_workers={number}` is more than the limit of {limit}", number=str(number), limit=str(limit))
    counts, factor = loader.processors("num_workers")
    if factor > 1:
        return say("`num_workers` is a multiple of `{count}()`", count=counts)
    sampler = loader.option("sampler")
    if factor == 1 and sampler is not None and sampler.what == DISTRIBUTED_SAMPLER:
        return say("`num_workers` is all of `{count}()` on every rank", count=counts)
    return None


def _fix(loader: Loader, limit: int) -> Fix | None:
    expression = loader.expression("num_workers")
    if expression is None or not loader.direct:
        return None
    span = loader.facts.span(expression)
    module = loader.facts.spellings.get("os")
    bound = f"min({min(limit, 8)}, {module}.cpu_count() or 1)" if module is not None else str(min(limit, 8))
    return Fix(say("Ask for `{bound}`", bound=bound), (Edit(span, bound),))


RULE = Rule(
    slug="too-many-workers",
    doc=__doc__,
    category="data",
    severity=Severity.INFORMATION,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LOADERS,
    check=check,
)
