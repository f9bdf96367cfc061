import argparse
import functools
import random
import random as rnd
import time

import numpy
import numpy as np
import torch
from numpy.random import RandomState, default_rng
from torch.utils import data
from torch.utils.data import DataLoader, Dataset, Subset, get_worker_info, random_split

parser = argparse.ArgumentParser()
parser.add_argument("--workers", type=int, default=2)
options = parser.parse_args()

SEED = 7
shuffler = np.random.default_rng(SEED)
counter = random.Random()


# ── reported: a generator that is made before the workers start ───────────────────────────────


class Noisy(Dataset):
    def __init__(self, images, seed):
        self.images = images
        self.rng = np.random.default_rng(seed)
        self.random = rnd.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        noise = self.rng.normal(size=3)  # expect: worker-rng-duplicated
        if self.random.random() < 0.5:  # expect: worker-rng-duplicated
            noise = -noise
        shift = torch.randint(4, (1,), generator=self.generator)  # expect: worker-rng-duplicated
        return self.images[index] + noise, shift


def noisy_loader(images):
    return DataLoader(Noisy(images, 0), batch_size=4, num_workers=2)


class Cropped(torch.utils.data.Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = default_rng()

    def crop(self, image):
        left = self.rng.integers(8)  # expect: worker-rng-duplicated
        return image[left:]

    def __getitem__(self, index):
        return self.crop(self.images[index])

    def __len__(self):
        return len(self.images)


class CroppedAgain(Cropped):
    def __getitem__(self, index):
        return super().__getitem__(index), index


class Experiment:
    def __init__(self, images):
        self.train_set, self.test_set = random_split(CroppedAgain(images), [80, 20])

    def train_loader(self):
        return DataLoader(self.train_set, shuffle=True, num_workers=options.workers)


class ShuffledByModule(Dataset):
    def __init__(self, words):
        self.words = words

    def __getitem__(self, index):
        word = list(self.words[index])
        shuffler.shuffle(word)  # expect: worker-rng-duplicated
        return word, counter.random()  # expect: worker-rng-duplicated


def shuffled_loader(words, rank):
    return DataLoader(Subset(ShuffledByModule(words), range(rank)), num_workers=4, persistent_workers=True)


class Collator:
    def __init__(self):
        self.rng = numpy.random.RandomState(1)

    def __call__(self, samples):
        return self.rng.permutation(samples)  # expect: worker-rng-duplicated


def collated(dataset):
    return DataLoader(dataset, num_workers=2, collate_fn=Collator())


class NoisyBesideTheGlobals(Dataset):
    """What seeds the global generators does not get at this one."""

    def __init__(self):
        self.rng = np.random.default_rng()

    def __getitem__(self, index):
        return self.rng.normal()  # expect: worker-rng-duplicated


def seed_the_globals(worker):
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)


def loader_beside_the_globals():
    return DataLoader(NoisyBesideTheGlobals(), num_workers=2, worker_init_fn=seed_the_globals)



class SeededBeforeTheWorkers(Dataset):
    def __init__(self, rows):
        self.rows = rows
        self.noise = torch.Generator()
        self.noise.manual_seed(3)

    def __getitem__(self, index):
        return self.rows[index] + torch.randn(4, generator=self.noise)  # expect: worker-rng-duplicated


def seeded_before_the_workers(rows):
    return DataLoader(SeededBeforeTheWorkers(rows), batch_size=4, num_workers=2)


# ── reported: workers or epochs that are seeded alike ─────────────────────────────────────────


def constant_seed(worker_id):
    np.random.seed(0)  # expect: worker-rng-duplicated
    random.seed(SEED + 1)  # expect: worker-rng-duplicated


def seed_of_the_worker(worker_id):
    seed = SEED + worker_id
    np.random.seed(seed)  # expect: worker-rng-duplicated
    random.seed(int(options.seed) + worker_id)  # expect: worker-rng-duplicated


def seeded_loaders(dataset):
    one = DataLoader(dataset, num_workers=2, worker_init_fn=constant_seed)
    two = DataLoader(dataset, num_workers=2, worker_init_fn=seed_of_the_worker)
    three = DataLoader(
        dataset,
        num_workers=2,
        worker_init_fn=lambda worker: np.random.seed(worker),  # expect: worker-rng-duplicated
    )
    return one, two, three


class NoisyInAHelper(data.Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = RandomState(0)

    def _noise(self):
        rng = self.rng
        return rng.randn(3)  # expect: worker-rng-duplicated

    def __getitem__(self, i):
        return self.images[i] + self._noise()


def second_name_of_a_data_set(images):
    points = NoisyInAHelper(images)
    same = points
    return data.DataLoader(same, num_workers=4)


def seed_in_one_line(worker_id):
    np.random.seed(42); rnd.seed(42)  # fmt: skip  # expect: worker-rng-duplicated, worker-rng-duplicated


def seeded_in_one_line(points):
    return data.DataLoader(points, num_workers=4, worker_init_fn=seed_in_one_line)


class DrawnForEver(data.IterableDataset):
    def __init__(self, rows):
        self.rows = rows
        self.rng = np.random.default_rng()

    def __iter__(self):
        while True:
            yield self.rows[self.rng.integers(10)]  # expect: worker-rng-duplicated


def drawn_for_ever(rows):
    return data.DataLoader(DrawnForEver(rows), num_workers=2)


# ── silent: seeded so that workers and epochs differ ──────────────────────────────────────────


def seed_from_torch(worker_id):
    seed = torch.initial_seed() % 2**32
    np.random.seed(seed)
    random.seed(seed)


def seed_from_state(worker_id):
    np.random.seed(np.random.get_state()[1][0] + worker_id)
    random.seed(time.time())


def seed_from_info(worker_id):
    info = get_worker_info()
    np.random.seed(info.seed % 2**32)


def seed_of_a_worker_that_stays(worker_id):
    np.random.seed(worker_id)


def well_seeded_loaders(dataset):
    one = DataLoader(dataset, num_workers=2, worker_init_fn=seed_from_torch)
    two = DataLoader(dataset, num_workers=2, worker_init_fn=seed_from_state)
    three = DataLoader(dataset, num_workers=2, worker_init_fn=functools.partial(seed_from_info))
    four = DataLoader(dataset, num_workers=2, worker_init_fn=lambda worker: np.random.seed(torch.initial_seed() % 2**32))
    return one, two, three, four


def a_loader_whose_workers_stay(dataset):
    return DataLoader(dataset, num_workers=2, persistent_workers=True, worker_init_fn=seed_of_a_worker_that_stays)


def seed_everything(seed):
    np.random.seed(seed)
    random.seed(0)
    torch.manual_seed(0)


# ── silent: the generator is made or seeded in the worker ─────────────────────────────────────


class MadeInTheWorker(Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = None

    def __getitem__(self, index):
        if self.rng is None:
            self.rng = np.random.default_rng(get_worker_info().seed)
        local = np.random.default_rng(index)
        return self.images[index] + self.rng.normal() + local.normal()


class SeededForEachSample(Dataset):
    def __init__(self, images):
        self.images = images
        self.generator = torch.Generator()

    def __getitem__(self, index):
        self.generator.manual_seed(index)
        return self.images[index] + torch.randn(3, generator=self.generator)


class AsksForTheWorker(Dataset):
    def __init__(self, images):
        self.images = images
        self.rngs = [np.random.default_rng(seed) for seed in range(8)]
        self.rng = np.random.default_rng()

    def __getitem__(self, index):
        worker = get_worker_info().id
        return self.images[index] + self.rngs[worker].normal() + self.rng.normal()


class SplitBefore(Dataset):
    def __init__(self, images):
        self.rng = np.random.default_rng(0)
        self.order = self.rng.permutation(len(images))
        self.images = images

    def __getitem__(self, index):
        return self.images[self.order[index]]


class HandedIn(Dataset):
    def __init__(self, images, rng):
        self.images = images
        self.rng = rng

    def __getitem__(self, index):
        return self.images[index] + self.rng.normal()


def loaders_of_careful_data_sets(images):
    one = DataLoader(MadeInTheWorker(images), num_workers=2)
    two = DataLoader(SeededForEachSample(images), num_workers=2)
    three = DataLoader(AsksForTheWorker(images), num_workers=2)
    four = DataLoader(SplitBefore(images), num_workers=2)
    return one, two, three, four, DataLoader(HandedIn(images, default_rng()), num_workers=2)


# ── silent: global generators ─────────────────────────────────────────────────────────────────


class GlobalGenerators(Dataset):
    def __getitem__(self, index):
        return np.random.rand(), random.random(), torch.rand(1)


def global_loader():
    return DataLoader(GlobalGenerators(), num_workers=2)


# ── silent: no workers, or a worker_init_fn that may tell them apart ──────────────────────────


class NoisyInProcess(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng()

    def __getitem__(self, index):
        return self.rng.normal()


class NoisyAndSeeded(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng()

    def __getitem__(self, index):
        return self.rng.normal()


class NoisyInOneWorkerThatStays(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng()

    def __getitem__(self, index):
        return self.rng.normal()


class NoisyAndGivenAGenerator(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng()

    def __getitem__(self, index):
        return self.rng.normal()


def give_a_generator(worker):
    torch.utils.data.get_worker_info().dataset.rng = np.random.default_rng(torch.initial_seed())


def loader_with_generators():
    return DataLoader(NoisyAndGivenAGenerator(), num_workers=2, worker_init_fn=give_a_generator)


def loaders_without_repetition(seed_data):
    one = DataLoader(NoisyInProcess()), DataLoader(NoisyInProcess(), num_workers=0)
    two = DataLoader(NoisyAndSeeded(), num_workers=2, worker_init_fn=seed_data)
    return one, two, DataLoader(NoisyInOneWorkerThatStays(), num_workers=1, persistent_workers=True)


class SeededByTheWorker(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def seed_again(self, seed):
        self.rng = np.random.default_rng(seed)

    def __getitem__(self, index):
        rng = self.rng
        return rng.normal()


def give_a_seed(worker_id):
    info = get_worker_info()
    info.dataset.seed_again(info.seed)


class SecondNameSetInTheWorker(Dataset):
    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __getitem__(self, index):
        rng = self.rng
        if index:
            rng = np.random.default_rng(index)
        return rng.normal()


def seeded_by_the_worker():
    one = DataLoader(SeededByTheWorker(), num_workers=2, worker_init_fn=give_a_seed)
    return one, DataLoader(SecondNameSetInTheWorker(), num_workers=2)
