import argparse
import itertools
import random

import torch
import torch.utils.data as data
from recipes import make_lines, settings
from torch import distributed
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

parser = argparse.ArgumentParser()
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--more-workers", type=int, default=0)
options = parser.parse_args()


# ── reported: every worker yields everything ──────────────────────────────────────────────────


class Lines(IterableDataset):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def __iter__(self):
        with open(self.path) as lines:
            for line in lines:
                yield line.split()


class Numbers(data.IterableDataset):
    def __init__(self, start, end):
        self.start = start
        self.end = end

    def __iter__(self):
        return iter(range(self.start, self.end))


class MoreLines(Lines):
    def __iter__(self):
        yield "first"
        yield from super().__iter__()


def several_workers(path):
    one = DataLoader(Lines(path), batch_size=4, num_workers=2)  # expect: iterable-dataset-duplicates
    two = data.DataLoader(Numbers(0, 8), num_workers=options.workers)  # expect: iterable-dataset-duplicates
    return one, two


class Experiment:
    def __init__(self, path):
        self.lines = MoreLines(path)

    def loader(self):
        return DataLoader(self.lines, batch_size=4, num_workers=4)  # expect: iterable-dataset-duplicates


def make(dataset, workers=0):
    return DataLoader(dataset, batch_size=None, num_workers=workers)


def made_by_a_helper(path):
    return make(Lines(path), 2)  # expect: iterable-dataset-duplicates


def made_by_a_helper_without_workers(path):
    return make(Lines(path))


class Rows(data.IterableDataset):
    def __iter__(self):
        for row in range(100):
            yield row


def second_name():
    rows = Rows()
    same = rows
    return DataLoader(same, num_workers=2)  # expect: iterable-dataset-duplicates


# ── silent: the work is divided ───────────────────────────────────────────────────────────────


class Divided(IterableDataset):
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        info = get_worker_info()
        with open(self.path) as lines:
            yield from itertools.islice(lines, info.id if info else 0, None, info.num_workers if info else 1)


class DividedInAHelper(IterableDataset):
    def __init__(self, end):
        self.end = end

    def part(self):
        info = torch.utils.data.get_worker_info()
        return range(info.id, self.end, info.num_workers)

    def __iter__(self):
        return iter(self.part())


class DividedByRank(IterableDataset):
    def __iter__(self):
        yield from range(distributed.get_rank(), 100, distributed.get_world_size())


class Sharded(IterableDataset):
    def __init__(self, shards):
        self.shards = shards

    def __iter__(self):
        for path in self.shards:
            yield from open(path)


def divided(path):
    one = DataLoader(Divided(path), num_workers=2)
    two = DataLoader(DividedInAHelper(8), num_workers=2)
    return one, two, DataLoader(DividedByRank(), num_workers=2), DataLoader(Sharded([path]), num_workers=2)


def give_part(worker_id):
    info = get_worker_info()
    info.dataset.start = worker_id


def divided_by_the_loader(start):
    return DataLoader(Numbers(start, 8), num_workers=2, worker_init_fn=give_part)


# ── silent: one worker or none ────────────────────────────────────────────────────────────────


def few_workers(path):
    return DataLoader(Lines(path)), DataLoader(Lines(path), num_workers=0), DataLoader(Lines(path), num_workers=1)


def workers_that_are_off_or_unknown(path):
    one = DataLoader(Lines(path), num_workers=options.more_workers)
    return one, DataLoader(Lines(path), num_workers=settings.processes)


def workers_of_a_caller(path, workers=0):
    return DataLoader(Lines(path), num_workers=workers)


def hidden_options(path, given):
    return DataLoader(Lines(path), **given)


# ── silent: what it goes through may divide the work itself ───────────────────────────────────


class Tokens(IterableDataset):
    def __init__(self, dataset):
        self.dataset = dataset

    def __iter__(self):
        for sample in self.dataset:
            yield sample["text"].split()


class Endless(IterableDataset):
    def __iter__(self):
        while True:
            yield random.randint(0, 9)


def others(dataset):
    return DataLoader(Tokens(dataset), num_workers=2), DataLoader(Endless(), num_workers=2), make_lines(dataset)


# ── silent: a map-style data set ──────────────────────────────────────────────────────────────


class Samples(data.Dataset):
    def __getitem__(self, index):
        return index

    def __iter__(self):
        return iter(range(8))


def samples():
    return DataLoader(Samples(), num_workers=2)


class WithoutAnEnd(IterableDataset):
    def __iter__(self):
        for _ in itertools.count():
            yield torch.rand(3)


class RepeatedForEver(IterableDataset):
    def __iter__(self):
        return (random.random() for _ in itertools.repeat(None))


def without_an_end():
    return DataLoader(WithoutAnEnd(), num_workers=2), DataLoader(RepeatedForEver(), num_workers=2)


def streams_of_other_packages(urls):
    import webdataset as wds
    from datasets import load_dataset

    return DataLoader(wds.WebDataset(urls), num_workers=4), DataLoader(load_dataset("c4", streaming=True), num_workers=4)
