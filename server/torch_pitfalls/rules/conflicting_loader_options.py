"""Options of a data loader exclude each other

A `DataLoader` accepts some options only without others. `sampler` decides the order, so `shuffle=True` beside
it raises `ValueError`: `sampler option is mutually exclusive with shuffle`. `batch_sampler` decides the batches,
so `batch_size`, `shuffle`, `sampler` and `drop_last` beside it raise: `batch_sampler option is mutually exclusive
with batch_size, shuffle, sampler, and drop_last`. `prefetch_factor`, `persistent_workers` and
`multiprocessing_context` speak of worker processes and raise with `num_workers=0`, which is the default. An
iterable data set has an order of its own, so `shuffle`, `sampler` and `batch_sampler` raise. Only `timeout`
without workers is found out late: the first loop over the loader raises `AssertionError`.

How to fix: leave one of the two out. The fix takes out the one that the other makes void (`shuffle`, not
`sampler`). It needs a look, because the other one may be the mistake.

Exceptions: silent when a value is not constant (`shuffle=sampler is None`), when options come in a dictionary
whose entries are not known, and for values that torch takes for the default: `shuffle=False` with a sampler,
`batch_size=1` with a batch sampler.

Cannot see: options that are chosen at run time, and loaders of other packages.

See also: `iterable-dataset-duplicates`, `too-many-workers`. PyTorch documentation: torch.utils.data.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from torch_pitfalls.rule import Example, Finding, Fix, Rule, Safety, Severity, Text, say
from torch_pitfalls.subjects import LOADERS, Loader, without_argument

EXAMPLE = Example(
    bad="""
import torch
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

dataset = TensorDataset(torch.randn(8, 2), torch.tensor([0, 0, 0, 0, 0, 0, 1, 1]))
weights = torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0])
sampler = WeightedRandomSampler(weights, num_samples=8)
loader = DataLoader(dataset, batch_size=4, shuffle=True, sampler=sampler)  # expect: conflicting-loader-options
""",
    good="""
import torch
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

dataset = TensorDataset(torch.randn(8, 2), torch.tensor([0, 0, 0, 0, 0, 0, 1, 1]))
weights = torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0])
sampler = WeightedRandomSampler(weights, num_samples=8)
loader = DataLoader(dataset, batch_size=4, sampler=sampler)
""",
    symptom="isinstance(raised, ValueError) and 'sampler option is mutually exclusive with shuffle' in str(raised)",
)


class _Conflict(NamedTuple):
    """An option that raises, what with, and when."""

    option: str
    headline: Text
    late: bool = False


def _conflicts(loader: Loader) -> Iterator[_Conflict]:
    shuffles = loader.constant("shuffle") is True
    drops = loader.constant("drop_last") is True
    if shuffles and loader.has("sampler"):
        yield _excluded("shuffle", "sampler")
    if loader.has("batch_sampler"):
        beside = {
            "batch_size": loader.constant("batch_size") not in (1, ...),
            "shuffle": shuffles,
            "sampler": loader.has("sampler"),
            "drop_last": drops,
        }
        yield from (_excluded(option, "batch_sampler") for option, given in beside.items() if given)
    elif drops and loader.constant("batch_size") is None:
        yield _Conflict("drop_last", say("`drop_last` without batches: `batch_size` is `None`"))
    if loader.constant("num_workers") == 0:
        for option in ("prefetch_factor", "multiprocessing_context"):
            if loader.has(option):
                yield _Conflict(option, say("`{option}` without worker processes", option=option))
        if loader.constant("persistent_workers") is True:
            yield _Conflict("persistent_workers", say("`persistent_workers` without worker processes"))
        if loader.constant("timeout") not in (0, ...):
            yield _Conflict("timeout", say("`timeout` without worker processes"), late=True)
    if loader.is_iterable():
        given = [option for option in ("sampler", "batch_sampler") if loader.has(option)] + ["shuffle"] * shuffles
        for option in given:
            yield _Conflict(option, say("`{option}` for an iterable data set, which has its own order", option=option))


def _excluded(option: str, other: str) -> _Conflict:
    return _Conflict(option, say("`{option}` and `{other}` exclude each other", option=option, other=other))


def check(loader: Loader) -> Iterator[Finding]:
    """Report options with which a data loader cannot be made, or cannot be gone through."""
    inner = loader.below()
    known = set(_conflicts(inner)) if inner is not None else set()
    for conflict in _conflicts(loader):
        if conflict in known:
            continue
        effect = say("raises `ValueError` where the loader is made")
        if conflict.late:
            effect = say("raises `AssertionError` in the first loop over the loader")
        yield Finding(
            at=loader.span_of(conflict.option),
            headline=conflict.headline,
            effect=effect,
            remedy=say("leave `{option}` out, or what it excludes", option=conflict.option),
            fix=_fix(loader, conflict.option),
        )


def _fix(loader: Loader, option: str) -> Fix | None:
    node = loader.node
    edit = without_argument(loader.facts, node, option) if isinstance(node, ast.Call) and loader.direct else None
    return Fix(say("Leave `{option}` out", option=option), (edit,)) if edit is not None else None


RULE = Rule(
    slug="conflicting-loader-options",
    doc=__doc__,
    category="data",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    example=EXAMPLE,
    looks_at=LOADERS,
    check=check,
)
