import numpy as np
import torch
import torch as th
from recipes import collect, make_loader
from torch import nn
from torch.utils import data as td
from torch.utils.data import DataLoader as Loader
from torch.utils.data import TensorDataset

dataset = TensorDataset(torch.randn(64, 4), torch.randn(64))


# ── reported: the loader does not pin ─────────────────────────────────────────────────────────


def batches_of_a_loader(device):
    loader = Loader(dataset, batch_size=4)
    for x, y in loader:
        x = x.to(device, non_blocking=True)  # expect: non-blocking-without-pinned
        y = y.to(device, non_blocking=True)  # expect: non-blocking-without-pinned
        print(x, y)


def not_pinned_by_its_option(device):
    loader = Loader(dataset, batch_size=4, pin_memory=False)
    for batch in loader:
        batch = [part.to(device, non_blocking=True) for part in batch]  # expect: non-blocking-without-pinned
        print(batch)


def by_the_method_of_a_device():
    for x, _ in Loader(dataset, pin_memory=False):
        print(x.cuda(non_blocking=True))  # expect: non-blocking-without-pinned


def in_a_helper(device):
    loader = Loader(dataset)
    for batch in loader:
        print(moved(batch, device))


def moved(batch, device):
    return [part.to(device, non_blocking=True) for part in batch]  # expect: non-blocking-without-pinned


class Experiment:
    def __init__(self, device):
        self.loader = Loader(dataset)
        self.device = device

    def run(self):
        for x, y in self.loader:
            print(x.to(self.device, non_blocking=True), y)  # expect: non-blocking-without-pinned


# ── reported: read too early ──────────────────────────────────────────────────────────────────


def read_at_once(model: nn.Module, x):
    with torch.no_grad():
        scores = model(x.cuda())
    return scores.to("cpu", non_blocking=True).numpy()  # expect: non-blocking-without-pinned


def read_by_the_next_line(x):
    total = x.cuda().sum()
    copied = total.to("cpu", non_blocking=True)
    print(copied)  # expect: non-blocking-without-pinned


def read_by_arithmetic(x):
    total = x.cuda().sum()
    copied = total.to("cpu", non_blocking=True)
    count = len(x)
    return copied / count  # expect: non-blocking-without-pinned


# ── silent: pinned, or perhaps ────────────────────────────────────────────────────────────────


def pinned(device, pin, **options):
    loaders = [Loader(dataset, pin_memory=True), Loader(dataset, pin_memory=pin), Loader(dataset, **options)]
    for loader in loaders:
        for x, _ in loader:
            print(x.to(device, non_blocking=True))


def pinned_by_hand(device):
    for x, _ in Loader(dataset):
        print(x.pin_memory().to(device, non_blocking=True))


def waits_anyway(device):
    for x, _ in Loader(dataset):
        print(x.to(device), x.to(device, non_blocking=False))


# ── silent: the loader is not known ───────────────────────────────────────────────────────────


def batch_of_the_caller(x, device):
    return x.to(device, non_blocking=True)


def loader_of_a_factory(device):
    for x, _ in make_loader():
        print(x.to(device, non_blocking=True))


# ── silent: something waits before it is read ─────────────────────────────────────────────────


def synchronised(x):
    total = x.cuda().sum()
    copied = total.to("cpu", non_blocking=True)
    torch.cuda.synchronize()
    print(copied)


def waited_for_an_event(x):
    total = x.cuda().sum()
    copied = total.to("cpu", non_blocking=True)
    done = torch.cuda.Event()
    done.record()
    done.synchronize()
    return np.asarray(copied)


def handed_on(x):
    total = x.cuda().sum()
    copied = total.to("cpu", non_blocking=True)
    collect(copied)
    return copied


def copied_with_waiting(x):
    total = x.cuda().sum()
    copied = total.to("cpu")
    return copied.numpy(), total.cpu().item()


# ── under other names, and through helpers ────────────────────────────────────────────────────


def one_loader_under_two_names(device):
    loader = td.DataLoader(dataset, batch_size=4)
    batches = loader
    for x, _ in batches:
        print(x.to(device=device, non_blocking=True))  # expect: non-blocking-without-pinned


def on_the_device(loader, device):
    for batch in loader:
        yield {name: part.to(device, non_blocking=True) for name, part in batch.items()}


class Reader:
    def read(self, x):
        scores = self.compute(x).to(th.device("cpu"), non_blocking=True)
        return scores.tolist()  # expect: non-blocking-without-pinned

    def compute(self, x):
        return x.cuda().sum(0)


def decided_by_the_copy(x):
    total = x.cuda().sum().to("cpu", non_blocking=True)
    if total.item() > 0:  # expect: non-blocking-without-pinned
        return total
    return None


def waited_by_reading_another(x):
    total = x.cuda().sum()
    copied = total.to("cpu", non_blocking=True)
    count = total.item()
    return copied.tolist(), count


def waited_for_by_its_stream(x):
    copied = x.cuda().to("cpu", non_blocking=True)
    th.cuda.current_stream().synchronize()
    return copied.numpy()


def on_the_host_anyway():
    zeros = th.zeros(3).to("cpu", non_blocking=True)
    return zeros.numpy()


def by_position():
    for x, _ in Loader(dataset, pin_memory=False):
        print(x.cuda(0, True))  # expect: non-blocking-without-pinned
