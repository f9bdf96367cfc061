"""Every worker goes through the whole iterable data set

Each worker of a `DataLoader` has a copy of the data set and calls `__iter__` on it. A map-style data set is told
which indices to load; an `IterableDataset` is told nothing, so with `num_workers=4` and no division of labour
every sample comes four times in an epoch. Nothing raises. torch only warns if the data set has a `__len__` and
somebody has asked for `len(loader)`.

How to fix: let `__iter__` ask `torch.utils.data.get_worker_info()`, which is None in the main process, and yield
only its own part, for instance `itertools.islice(source, info.id, None, info.num_workers)`; in a distributed job
divide by the ranks as well. Or let `worker_init_fn` give each copy its part.

Exceptions: silent when the data set, a function it calls or `worker_init_fn` divides the work (worker info, rank,
world size, shards), with one worker or none, or a number of which not even the default is known, when `__iter__`
draws random samples for ever, and when it goes through another data set or stream that is handed to it, since many
of those divide the work themselves.

Cannot see: a data set whose class is in another package.

See also: `conflicting-loader-options`, `worker-rng-duplicated`. PyTorch documentation: torch.utils.data.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import UNDIVIDED_STREAMS, Stream

EXAMPLE = Example(
    bad="""
import torch
from torch.utils.data import DataLoader, IterableDataset

class Numbers(IterableDataset):
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        for number in range(self.count):
            yield number

numbers = []
if __name__ == "__main__":
    loader = DataLoader(Numbers(4), batch_size=None, num_workers=2)  # expect: iterable-dataset-duplicates
    for number in loader:
        numbers.append(int(number))
""",
    good="""
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

class Numbers(IterableDataset):
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        info = get_worker_info()
        first, step = (info.id, info.num_workers) if info else (0, 1)
        for number in range(first, self.count, step):
            yield number

numbers = []
if __name__ == "__main__":
    loader = DataLoader(Numbers(4), batch_size=None, num_workers=2)
    for number in loader:
        numbers.append(int(number))
""",
    symptom="sorted(numbers) == [0, 0, 1, 1, 2, 2, 3, 3]",
)


def check(stream: Stream) -> Iterator[Finding]:
    """Report a loader whose workers all yield the same samples."""
    workers = stream.constant("num_workers")
    headline = say("each of {count} workers yields all of `{name}`", count=str(workers), name=stream.class_name)
    if workers is ...:
        headline = say("every worker yields all of `{name}`", name=stream.class_name)
    yield Finding(
        at=stream.at,
        headline=headline,
        effect=say("every sample comes as often in an epoch as there are workers"),
        remedy=say("let `__iter__` yield only the part that `torch.utils.data.get_worker_info()` tells"),
        notes=stream.note(say("runs as a whole in every worker")),
    )


RULE = Rule(
    slug="iterable-dataset-duplicates",
    doc=__doc__,
    category="data",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=UNDIVIDED_STREAMS,
    check=check,
)
