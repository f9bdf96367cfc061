"""Workers of a data loader repeat their random numbers

torch seeds the global generators of torch, `random` and NumPy in every worker and epoch, each differently. What
is made before the workers start is copied instead: a generator in an attribute of the data set
(`np.random.default_rng()`, `random.Random()`, `torch.Generator()`) has the same state in all of them, so all
workers draw the same numbers. The copies end with the epoch, so the next one draws them again. With four workers
an augmentation has a quarter of the variety, and no more after a hundred epochs than after one. A
`worker_init_fn` can undo torch's care in the same way: `np.random.seed(0)` makes all workers alike,
`np.random.seed(worker_id)` makes all epochs alike. Nothing raises or warns.

How to fix: draw from the global generators, and seed with `torch.manual_seed` alone where runs are to be
repeated. For a generator of one's own, make it in the worker: when it is first needed, from
`torch.utils.data.get_worker_info().seed`, or in `worker_init_fn` from `torch.initial_seed()`, which differs
between workers and epochs (NumPy takes it modulo `2**32`).

Exceptions: silent when `worker_init_fn` is given or the class asks for the worker, when the generator is made or
seeded again in a method that workers run, for the global generators, and with `num_workers=0`, or a number of
workers of which not even the default is known.

Cannot see: generators inside transforms of other packages, and generators that are handed to the data set.

Versions: before torch 1.9 workers did not seed NumPy, so its global generator repeats as well; that is
reported if such a version is configured.

See also: `iterable-dataset-duplicates`, `worker-state-lost`. PyTorch documentation: torch.utils.data;
Reproducibility.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_pitfalls.rule import Example, Finding, Rule, Severity, Text, say
from torch_pitfalls.subjects import REPEATED_DRAWS, Repeated, Repeats

EXAMPLE = Example(
    bad="""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

class Noisy(Dataset):
    def __init__(self, count):
        self.count = count
        self.rng = np.random.default_rng()

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return self.rng.integers(1_000_000)  # expect: worker-rng-duplicated

epochs = []
if __name__ == "__main__":
    loader = DataLoader(Noisy(4), batch_size=None, num_workers=2)
    for epoch in range(2):
        epochs.append([int(number) for number in loader])
""",
    good="""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

class Noisy(Dataset):
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.random.randint(1_000_000)

epochs = []
if __name__ == "__main__":
    loader = DataLoader(Noisy(4), batch_size=None, num_workers=2)
    for epoch in range(2):
        epochs.append([int(number) for number in loader])
""",
    symptom="epochs[0][0] == epochs[0][1] and epochs[0] == epochs[1]",
)


def check(repeated: Repeated) -> Iterator[Finding]:
    """Report random numbers that come again in every worker or in every epoch."""
    effect = say("all workers draw the same numbers, and the same again in every epoch")
    if repeated.why is Repeats.SAME_EPOCH:
        effect = say("each worker draws the same numbers in every epoch")
    yield Finding(
        at=repeated.at,
        headline=_headline(repeated),
        effect=effect,
        remedy=_remedy(repeated),
        notes=repeated.notes(say("made once, before workers are started"), say("loaded by workers here")),
    )


def _headline(repeated: Repeated) -> Text:
    name = repeated.name
    if repeated.why is Repeats.COPIED:
        return say("every worker has a copy of the generator `{name}`", name=name)
    if repeated.why is Repeats.SAME_SEED:
        return say("`{name}` makes all workers alike", name=name)
    if repeated.why is Repeats.SAME_EPOCH:
        return say("`{name}` makes all epochs alike", name=name)
    return say("`{name}` draws alike in all workers before torch 1.9", name=name)


def _remedy(repeated: Repeated) -> Text:
    if repeated.why is Repeats.COPIED:
        return say("make it in the worker, from `torch.utils.data.get_worker_info().seed`")
    return say("seed with `torch.initial_seed() % 2**32`, which differs between workers and epochs")


RULE = Rule(
    slug="worker-rng-duplicated",
    doc=__doc__,
    category="data",
    severity=Severity.WARNING,
    fix=None,
    example=EXAMPLE,
    looks_at=REPEATED_DRAWS,
    check=check,
)
