import argparse
import multiprocessing as mp

import torch
from torch.utils import data
from torch.utils.data import DataLoader, Dataset, IterableDataset

parser = argparse.ArgumentParser()
parser.add_argument("--workers", type=int, default=2)
options = parser.parse_args()


# ── reported: changed in workers, read in the main process ────────────────────────────────────


class Counting(Dataset):
    def __init__(self, images):
        self.images = images
        self.loaded = 0
        self.seen = []

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        self.loaded += 1  # expect: worker-state-lost
        self.seen.append(index)  # expect: worker-state-lost
        return self.images[index]


def count(images):
    dataset = Counting(images)
    for batch in DataLoader(dataset, batch_size=4, num_workers=2):
        print(batch.shape)
    print(dataset.loaded, len(dataset.seen))


class Caching(Dataset):
    def __init__(self, paths):
        self.paths = paths
        self.cache = {}
        self.hits = 0

    def load(self, index):
        if index in self.cache:
            self.hits += 1  # expect: worker-state-lost
            return self.cache[index]
        self.cache[index] = torch.load(self.paths[index], map_location="cpu")
        return self.cache[index]

    def hit_rate(self):
        return self.hits / len(self.paths)

    def __getitem__(self, index):
        return self.load(index)


def go_through(loader):
    for batch in loader:
        print(batch)


class Experiment:
    def __init__(self, paths):
        self.dataset = Caching(paths)
        self.loader = DataLoader(self.dataset, num_workers=options.workers)

    def run(self):
        for _ in range(3):
            go_through(self.loader)
        return self.dataset.hit_rate()


class Failing(Dataset):
    failed: list[int]

    def __init__(self):
        self.failed = []

    def __getitem__(self, index):
        try:
            return torch.zeros(index)
        except RuntimeError:
            self.failed += [index]  # expect: worker-state-lost
            return torch.zeros(1)


def failures():
    loader = DataLoader(Failing(), num_workers=1)
    go_through(loader)
    return loader.dataset.failed


class CountedInAHelper(data.Dataset):
    def __init__(self, images):
        self.images = images
        self.count = 0
        self.times = {}

    def _note(self, i):
        self.count += 1  # expect: worker-state-lost
        self.times[i] = 1  # expect: worker-state-lost

    def __getitem__(self, i):
        self._note(i)
        return self.images[i]


class Run:
    def __init__(self, images):
        self.points = CountedInAHelper(images)
        same = self.points
        self.loader = data.DataLoader(same, num_workers=4)

    def all(self):
        for x in self.loader:
            print(x)
        print(self.points.count, self.points.times)


# ── silent: nobody reads it in the main process ───────────────────────────────────────────────


class OpeningInTheWorker(Dataset):
    def __init__(self, path):
        self.path = path
        self.file = None
        self.sizes = {}
        self.last = 0

    def __getitem__(self, index):
        if self.file is None:
            self.file = open(self.path)
        self.last = index
        self.sizes[index] = len(self.file.readline())
        return self.sizes[index] + self.last


def opened(path):
    dataset = OpeningInTheWorker(path)
    print(dataset.last)
    for batch in DataLoader(dataset, num_workers=2):
        print(batch)
    return dataset.path, len(path)


# ── silent: no workers ────────────────────────────────────────────────────────────────────────


class CountingInProcess(Dataset):
    def __init__(self):
        self.loaded = 0

    def __getitem__(self, index):
        self.loaded += 1
        return index


def counted_in_process():
    dataset = CountingInProcess()
    for batch in DataLoader(dataset, batch_size=4):
        print(batch)
    for batch in DataLoader(dataset, batch_size=4, num_workers=0):
        print(batch)
    return dataset.loaded


# ── silent: shared memory ─────────────────────────────────────────────────────────────────────


class CountingTogether(Dataset):
    def __init__(self, seen):
        self.loaded = mp.Value("i", 0)
        self.lengths = torch.zeros(100).share_memory_()
        self.seen = seen

    def __getitem__(self, index):
        self.loaded.value += 1
        self.lengths[index] = index
        self.seen[index] = True
        return index


def counted_together():
    dataset = CountingTogether(mp.Manager().dict())
    for batch in DataLoader(dataset, num_workers=2):
        print(batch)
    return dataset.loaded.value, dataset.lengths, dataset.seen


# ── silent: an iterable data set; changed before, or by the main process ──────────────────────


class Numbers(IterableDataset):
    def __init__(self):
        self.passes = 0
        self.worker = None

    def __iter__(self):
        self.passes += 1
        self.worker = torch.utils.data.get_worker_info()
        return iter(range(8))


def passes():
    dataset = Numbers()
    for number in DataLoader(dataset, num_workers=2):
        print(number)
    return dataset.passes


class WithEpoch(Dataset):
    def __init__(self, images):
        self.images = images
        self.epoch = 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __getitem__(self, index):
        return self.images[index], self.epoch


def epochs(images):
    dataset = WithEpoch(images)
    loader = DataLoader(dataset, num_workers=2)
    for epoch in range(3):
        dataset.set_epoch(epoch)
        for batch in loader:
            print(batch, dataset.epoch)


# ── silent: each process makes its own when it first needs it ─────────────────────────────────


class ClosedInTheEnd(Dataset):
    def __init__(self, path):
        self.path = path
        self.file = None

    def __getitem__(self, index):
        if self.file is None:
            self.file = open(self.path)
        return self.file.readline()

    def close(self):
        if self.file is not None:
            self.file.close()


def closed_in_the_end(path):
    dataset = ClosedInTheEnd(path)
    for batch in DataLoader(dataset, num_workers=4):
        print(batch)
    dataset.close()


class CachingForItself(Dataset):
    def __init__(self, images):
        self.images = images
        self.cache = {}

    def __getitem__(self, index):
        if index not in self.cache:
            self.cache[index] = self.images[index] * 2
        return self.cache[index]


def cached(images):
    dataset = CachingForItself(images)
    for batch in DataLoader(dataset, num_workers=4):
        print(batch)
    return dataset.images


class KnowsItsEpoch(Dataset):
    def __init__(self):
        self.epoch = 0

    def __getitem__(self, index):
        return index + self.epoch

    def next_epoch(self):
        self.epoch += 1


def next_epochs():
    dataset = KnowsItsEpoch()
    for _ in range(3):
        for batch in DataLoader(dataset, num_workers=2):
            print(batch)
        dataset.next_epoch()
        print(dataset.epoch)
