"""What a data set counts or keeps in workers is lost

With `num_workers` above 0 every worker process has a copy of the data set. What `__getitem__` changes there (a
counter, a cache, a list of the samples it has seen) changes in the copy. The data set of the main process stays
as it was, and the copies end with their workers. Nothing raises or warns: with `num_workers=0` the same code
works.

How to fix: return what is to be known with the sample, and count in the main process. A number that many
processes write belongs into `multiprocessing.Value`, a tensor into memory that is shared with `share_memory_()`.
A cache that only workers use may stay as it is; fill it before the loop if all of them are to share it.

Exceptions: silent when nobody in the main process reads the attribute after the loop, when it lives in shared
memory (`multiprocessing`, `share_memory_()`, a memory map) or is handed in from outside, when each process makes it
where it is missing (`if self.file is None:`), and with `num_workers=0`, or a number of workers of which not even the
default is known.

Cannot see: reads in files other than those of the loader and the data set, and changes of objects that the
attribute refers to.

See also: `worker-rng-duplicated`, `missing-main-guard`. PyTorch documentation: torch.utils.data; Multiprocessing
best practices.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, say
from torch_pitfalls.subjects import WORKER_CHANGES, WorkerChange

EXAMPLE = Example(
    bad="""
import torch
from torch.utils.data import DataLoader, Dataset

class Points(Dataset):
    def __init__(self):
        self.points = torch.randn(8, 2)
        self.loaded = 0

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        self.loaded += 1  # expect: worker-state-lost
        return self.points[index]

if __name__ == "__main__":
    dataset = Points()
    for batch in DataLoader(dataset, batch_size=4, num_workers=1):
        print(batch.shape)
    loaded = dataset.loaded
""",
    good="""
import torch
from torch.utils.data import DataLoader, Dataset

class Points(Dataset):
    def __init__(self):
        self.points = torch.randn(8, 2)

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return self.points[index]

if __name__ == "__main__":
    loaded = 0
    for batch in DataLoader(Points(), batch_size=4, num_workers=1):
        loaded += len(batch)
""",
    symptom="loaded == 0",
)


def check(change: WorkerChange) -> Iterator[Finding]:
    """Report a change in a worker that the main process asks for."""
    if change.is_shared():
        return
    found = change.read()
    if found is None:
        return
    loader, read = found
    yield Finding(
        at=change.at,
        headline=say("`self.{attribute}` changes in a worker's copy of the data set", attribute=change.attribute),
        effect=say("the data set of the main process stays as it was, and is read there"),
        remedy=say("return it with the sample, or keep it in `multiprocessing.Value`"),
        notes=(
            *change.note(read, say("the main process reads its own copy here")),
            *change.note(loader.at, say("loaded by worker processes here")),
        ),
    )


RULE = Rule(
    slug="worker-state-lost",
    doc=__doc__,
    category="data",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=WORKER_CHANGES,
    check=check,
)
