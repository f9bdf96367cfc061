import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset
from transforms import Jitter


class Images(Dataset):
    def __init__(self, images):
        self.images = images
        self.jitter = Jitter()
        self.rng = np.random.default_rng(0)
        self.loaded = 0

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        self.loaded += 1  # expect: worker-state-lost
        noise = self.rng.normal(size=3)  # expect: worker-rng-duplicated
        return self.jitter(self.images[index] + noise)


class Held(Dataset):
    def __init__(self, images):
        self.images = images
        self.rng = np.random.default_rng(0)
        self.loaded = 0

    def __getitem__(self, index):
        self.loaded += 1
        return self.images[index] + self.rng.normal(size=3)


class Lines(IterableDataset):
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path) as lines:
            yield from lines


class Moved(Images):
    def __getitem__(self, index):
        return torch.as_tensor(self.images[index]).cuda()  # expect: cuda-in-worker, hard-coded-device


def collate(samples):
    return torch.stack(samples)
