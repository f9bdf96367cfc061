import gc

import torch
import torch as th
import torch.nn.functional as F
from torch import cuda, nn, optim
from torch import nn as layers
from torch.cuda import empty_cache as give_back


class Trainer:
    def __init__(self, model: nn.Module):
        self.model = model
        self.optimizer = optim.SGD(model.parameters(), lr=0.1)

    def fit(self, loader, epochs):
        for _ in range(epochs):
            for x, y in loader:
                self.optimizer.zero_grad()
                loss = F.cross_entropy(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                torch.cuda.empty_cache()  # expect: empty-cache-in-loop
            torch.cuda.empty_cache()


# ── reported: in every iteration ──────────────────────────────────────────────────────────────


def aliased_names(model: nn.Module, loader):
    model.eval()
    outputs = []
    with torch.no_grad():
        for x in loader:
            give_back()  # expect: empty-cache-in-loop
            outputs.append(model(x))
    return outputs


def where_there_is_a_gpu(model: nn.Module, loader):
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        if torch.cuda.is_available():
            cuda.empty_cache()  # expect: empty-cache-in-loop


def after_a_deletion(model: nn.Module, loader):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        del loss
        torch.cuda.empty_cache()  # expect: empty-cache-in-loop


def tidy_up():
    gc.collect()
    torch.cuda.empty_cache()


def in_a_helper(model: nn.Module, loader):
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        tidy_up()  # expect: empty-cache-in-loop


def in_the_helper_of_a_loop(model: nn.Module, loader):
    for x, y in loader:
        train_step(model, x, y)  # expect: empty-cache-in-loop


def train_step(model, x, y):
    torch.cuda.empty_cache()
    F.cross_entropy(model(x), y).backward()


# ── reported: too early ───────────────────────────────────────────────────────────────────────


def before_the_collection():
    torch.cuda.empty_cache()  # expect: empty-cache-in-loop
    gc.collect()


def before_the_deletion(model):
    torch.cuda.empty_cache()  # expect: empty-cache-in-loop
    del model
    gc.collect()
    print("done")


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def outside_of_loops(model):
    del model
    gc.collect()
    torch.cuda.empty_cache()


def once_per_epoch(model: nn.Module, loader, epochs):
    for _ in range(epochs):
        torch.cuda.empty_cache()
        for x, y in loader:
            F.cross_entropy(model(x), y).backward()


def one_epoch(model, loader):
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()


def epochs_in_a_helper(model: nn.Module, loader, epochs):
    for _ in range(epochs):
        one_epoch(model, loader)
        print(model(next(iter(loader))))
        torch.cuda.empty_cache()


def whole_data_set_in_each_epoch(model: nn.Module, x, y):
    for epoch in range(10):
        F.cross_entropy(model(x), y).backward()
        torch.cuda.empty_cache()


def now_and_then(model: nn.Module, loader):
    for i, (x, y) in enumerate(loader):
        F.cross_entropy(model(x), y).backward()
        if i % 100 == 0:
            torch.cuda.empty_cache()


def out_of_memory(model: nn.Module, loader):
    for x, y in loader:
        try:
            F.cross_entropy(model(x), y).backward()
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()


def a_model_in_each_iteration(sizes, x):
    for size in sizes:
        model = nn.Linear(4, size)
        print(model(x).mean())
        del model
        torch.cuda.empty_cache()


def each_of_several_models(models: list[nn.Module], x):
    for model in models:
        print(model(x))
        torch.cuda.empty_cache()


def tidied_up_in_any_case(model: nn.Module, settings):
    for setting in settings:
        try:
            print(model(setting))
        finally:
            torch.cuda.empty_cache()


def loop_that_computes_nothing(paths):
    for path in paths:
        print(path)
        torch.cuda.empty_cache()


def collected_before_and_after():
    gc.collect()
    torch.cuda.empty_cache()
    gc.collect()


def emptied_again():
    torch.cuda.empty_cache()
    gc.collect()
    torch.cuda.empty_cache()


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_module_under_two_names(loader):
    net = layers.Linear(4, 3)
    model = net
    optimizer = th.optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        layers.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
        cuda.empty_cache()  # expect: empty-cache-in-loop


class Run:
    def __init__(self):
        self.net = layers.Linear(4, 3)
        self.optimizer = th.optim.SGD(self.net.parameters(), lr=0.1)

    def clean(self):
        gc.collect()
        th.cuda.empty_cache()

    def fit(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            layers.functional.cross_entropy(self.net(x), y).backward()
            self.optimizer.step()
            self.clean()  # expect: empty-cache-in-loop

    def epochs(self, loader):
        for _ in range(3):
            self.fit(loader)
            self.clean()


# fmt: off
def in_odd_layouts(loader):
    net = layers.Linear(4, 3)
    with th.no_grad():
        for x in loader: net(x); th.cuda.empty_cache()  # expect: empty-cache-in-loop
        for x in loader:
            y = net(x); th.cuda.empty_cache()  # expect: empty-cache-in-loop
            print(y)
        for x in loader:
            th.cuda.empty_cache()  # expect: empty-cache-in-loop
            net(x)
# fmt: on


def where_memory_ran_out(loader, net: layers.Module, optimizer):
    for x, y in loader:
        try:
            optimizer.zero_grad()
            layers.functional.cross_entropy(net(x), y).backward()
            optimizer.step()
        except RuntimeError as error:
            if "out of memory" not in str(error):
                raise
            th.cuda.empty_cache()


def every_hundred_batches(loader, net: layers.Module, optimizer):
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        layers.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        if i % 100 == 0:
            th.cuda.empty_cache()
