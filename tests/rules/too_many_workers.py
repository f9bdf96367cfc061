import multiprocessing
import multiprocessing as mp
import os
from multiprocessing import cpu_count as cores
from os import cpu_count

import torch
from recipes import options
from torch import distributed
from torch.utils import data
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

dataset = TensorDataset(torch.randn(64, 4))
WORKERS = 100


# ── reported: more than any machine has ───────────────────────────────────────────────────────


def constant():
    return DataLoader(dataset, batch_size=8, num_workers=128)  # expect: too-many-workers


def through_a_variable():
    workers = WORKERS
    return torch.utils.data.DataLoader(
        dataset,
        batch_size=8,
        num_workers=workers,  # expect: too-many-workers
    )


# ── reported: more than this machine has ──────────────────────────────────────────────────────


def multiple_of_the_processors():
    one = DataLoader(dataset, num_workers=os.cpu_count() * 2)  # expect: too-many-workers
    two = DataLoader(dataset, num_workers=4 * multiprocessing.cpu_count())  # expect: too-many-workers
    workers = cpu_count() * 3
    return one, two, DataLoader(dataset, num_workers=workers)  # expect: too-many-workers


def all_processors_on_every_rank():
    sampler = DistributedSampler(dataset)
    return DataLoader(dataset, sampler=sampler, num_workers=os.cpu_count())  # expect: too-many-workers


class Training:
    def __init__(self, rank, world_size):
        self.workers = mp.cpu_count() - 1
        sampler = DistributedSampler(dataset, world_size, rank)
        self.loader = DataLoader(dataset, sampler=sampler, num_workers=self.workers)  # expect: too-many-workers


def make(dataset, workers):
    return DataLoader(dataset, num_workers=workers)


def through_a_helper():
    return make(dataset, 96)  # expect: too-many-workers


def through_a_helper_with_few():
    return make(dataset, 4)


def second_name():
    workers = WORKERS
    same = workers
    one = data.DataLoader(dataset, 8, num_workers=same)  # expect: too-many-workers
    return one, data.DataLoader(dataset, num_workers=2 * cores())  # expect: too-many-workers


def by_position():
    return DataLoader(dataset, 8, True, None, None, 100)  # expect: too-many-workers


# ── silent: few enough ────────────────────────────────────────────────────────────────────────


def at_the_limit():
    return DataLoader(dataset, num_workers=64), DataLoader(dataset, num_workers=0), DataLoader(dataset)


def all_processors_for_one_process():
    return DataLoader(dataset, num_workers=os.cpu_count()), DataLoader(dataset, num_workers=os.cpu_count() // 2)


# ── silent: bounded ───────────────────────────────────────────────────────────────────────────


def bounded():
    sampler = DistributedSampler(dataset)
    one = DataLoader(dataset, num_workers=min(8, os.cpu_count() * 2))
    two = DataLoader(dataset, sampler=sampler, num_workers=min(os.cpu_count(), 16))
    return one, two, DataLoader(dataset, num_workers=min(options.workers, 128))


def divided_by_the_ranks():
    sampler = DistributedSampler(dataset)
    each = os.cpu_count() // distributed.get_world_size()
    other = DataLoader(dataset, sampler=sampler, num_workers=os.cpu_count() // 8)
    return DataLoader(dataset, sampler=sampler, num_workers=each), other


# ── silent: not known ─────────────────────────────────────────────────────────────────────────


def configured(workers=128):
    return DataLoader(dataset, num_workers=workers), DataLoader(dataset, num_workers=options.workers)


def some_of_the_processors():
    one = DataLoader(dataset, num_workers=min([cores() * 2, 8]))
    two = DataLoader(dataset, num_workers=max(1, cores() // 2))
    three = DataLoader(dataset, num_workers=len(os.sched_getaffinity(0)))
    four = DataLoader(dataset, num_workers=os.cpu_count() - 1)
    return one, two, three, four, DataLoader(dataset, num_workers=int(cores() * 0.75))
