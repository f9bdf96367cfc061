import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    def __init__(self, images):
        self.images = images

    def __getitem__(self, index):
        return self.images[index] + np.random.normal(size=3)  # expect: worker-rng-duplicated


class Flipped(Dataset):
    def __init__(self, images):
        self.images = images

    def __getitem__(self, index):
        image = self.images[index]
        return image[::-1] if np.random.rand() < 0.5 and torch.rand(1) < 0.5 else image


def seed_worker(worker_id):
    np.random.seed(torch.initial_seed() % 2**32)


def loaders(images):
    noisy = DataLoader(Noisy(images), num_workers=2)
    return noisy, DataLoader(Flipped(images), num_workers=2, worker_init_fn=seed_worker)
