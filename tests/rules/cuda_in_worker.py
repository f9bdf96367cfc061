from functools import partial

import torch
import torch as th
from recipes import options
from torch import nn
from torch.utils import data
from torch.utils.data import DataLoader as Loader
from torch.utils.data import Dataset, get_worker_info

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Points(Dataset):
    def __init__(self, points):
        self.points = points

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return self.points[index]


# ── reported ──────────────────────────────────────────────────────────────────────────────────


class MovedPoints(Points):
    def __getitem__(self, index):
        return self.points[index].cuda()  # expect: cuda-in-worker, hard-coded-device


class PointsOfTheDevice(data.Dataset):
    def __init__(self, files):
        self.files = files
        self.device = device

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        x, y = self.read(self.files[index])
        return x.to(self.device), y  # expect: cuda-in-worker

    def read(self, file):
        label = torch.zeros(1, device="cuda")  # expect: cuda-in-worker, hard-coded-device
        return torch.load(file, map_location="cpu"), label


class StoredOnTheDevice(Dataset):
    def __init__(self):
        self.points = torch.randn(64, 4).cuda()  # expect: hard-coded-device

    def __len__(self):
        return 64

    def __getitem__(self, index):
        return self.points[index]  # expect: cuda-in-worker


def collate(samples):
    return torch.stack(samples).to("cuda:0")  # expect: cuda-in-worker, hard-coded-device


def padded(samples, value=0.0):
    return torch.nn.utils.rnn.pad_sequence(samples, padding_value=value).to(  # expect: cuda-in-worker
        torch.device("cuda")  # expect: hard-coded-device
    )


def loaders(points, files):
    return [
        Loader(MovedPoints(points), batch_size=4, num_workers=2),
        Loader(PointsOfTheDevice(files), num_workers=4, shuffle=True),
        Loader(StoredOnTheDevice(), num_workers=1),
        Loader(Points(points), num_workers=2, collate_fn=collate),
        Loader(Points(points), num_workers=2, collate_fn=partial(padded, value=-1.0)),
    ]


class MadeInAHelper(data.Dataset):
    def __init__(self, points):
        self.points = points

    def _load(self, i):
        return th.tensor(self.points[i], device="cuda")  # expect: cuda-in-worker, hard-coded-device

    def __getitem__(self, i):
        return self._load(i)


def second_name(points):
    dataset = MadeInAHelper(points)
    same = dataset
    return data.DataLoader(same, 4, num_workers=2)


class Loaders:
    def collate(self, samples):
        return th.stack(samples).cuda()  # expect: cuda-in-worker, hard-coded-device

    def loader(self, points):
        return data.DataLoader(points, num_workers=2, collate_fn=self.collate)


def collated_by_a_lambda(points):
    # A function without a name is no unit of its own.
    return Loader(points, num_workers=2, collate_fn=lambda s: th.stack(s).to(device))  # todo-expect: cuda-in-worker


# ── silent: no workers, or not surely any ─────────────────────────────────────────────────────


class InTheMainProcess(Points):
    def __getitem__(self, index):
        return self.points[index].cuda()  # expect: hard-coded-device


class WithWorkersPerhaps(Points):
    def __getitem__(self, index):
        return self.points[index].cuda()  # expect: hard-coded-device


class Unused(Points):
    def __getitem__(self, index):
        return self.points[index].cuda()  # expect: hard-coded-device


def without_workers(points, workers):
    loader = Loader(InTheMainProcess(points), batch_size=4)
    other = Loader(InTheMainProcess(points), num_workers=0)
    return loader, other, Loader(WithWorkersPerhaps(points), num_workers=workers)


def workers_of_the_options(points):
    return Loader(WithWorkersPerhaps(points), num_workers=options.workers)


# ── silent: not forked ────────────────────────────────────────────────────────────────────────


class Spawned(Points):
    def __getitem__(self, index):
        return self.points[index].cuda()  # expect: hard-coded-device


def spawned(points, context):
    loader = Loader(Spawned(points), num_workers=2, multiprocessing_context="spawn")
    return loader, Loader(Spawned(points), num_workers=2, multiprocessing_context=context)


# ── silent: not surely on a device, or not in a worker ────────────────────────────────────────


class WhereTheCallerSays(Points):
    def __init__(self, points, device):
        super().__init__(points)
        self.device = device

    def __getitem__(self, index):
        return self.points[index].to(self.device)


class AsksForItsWorker(Points):
    def __getitem__(self, index):
        point = self.points[index]
        return point.cuda() if get_worker_info() is None else point  # expect: hard-coded-device


class MovesLater(Points):
    def to_device(self):
        self.points = self.points.cuda()


def more_loaders(points):
    return [
        Loader(WhereTheCallerSays(points, "cpu"), num_workers=2),
        Loader(AsksForItsWorker(points), num_workers=2),
        Loader(MovesLater(points), num_workers=2),
    ]


def in_the_loop(points):
    model = nn.Linear(4, 1).cuda()  # expect: hard-coded-device
    for x in Loader(Points(points), num_workers=2, pin_memory=True):
        print(model(x.cuda()))  # expect: hard-coded-device
