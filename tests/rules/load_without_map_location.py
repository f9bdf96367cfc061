import io
import pickle

import numpy as np
import torch
import torch as th
import torch.nn as nn
from recipes import store
from torch import load, optim
from torch import nn as layers


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def weights_of_a_model(path):
    model = Net()
    model.load_state_dict(torch.load(path))  # expect: load-without-map-location
    return model


def checkpoint_of_a_run(path, model, optimizer):
    checkpoint = torch.load(path)  # expect: load-without-map-location
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    return checkpoint["epoch"]


def weights_only_says_nothing_about_the_device(path):
    return torch.load(path, weights_only=True)  # expect: load-without-map-location


def imported_load(path):
    return load(path)  # expect: load-without-map-location


def torch_under_another_name(path):
    return th.load(f=path)  # expect: load-without-map-location


def device_is_in_scope(path, device):
    model = Net().to(device)
    model.load_state_dict(torch.load(path))  # expect: load-without-map-location
    return model


def open_file(path):
    with open(path, "rb") as file:
        return torch.load(file)  # expect: load-without-map-location


def moved_after_loading(path, device):
    features = torch.load(path).to(device)  # expect: load-without-map-location
    return features


def resumed_if_a_checkpoint_is_given(args):
    net = Net()
    start = 0
    if args.resume:
        state = torch.load(args.resume)  # expect: load-without-map-location
        net.load_state_dict(state["net"])
        start = state["epoch"]
    return net, start


class Trainer:
    def __init__(self, device):
        self.device = device
        self.model = Net().to(device)
        self.optimizer = optim.Adam(self.model.parameters())

    def resume(self, path):
        checkpoint = torch.load(path)  # expect: load-without-map-location
        self.model.load_state_dict(checkpoint["model"])
        self.optimizer.load_state_dict(checkpoint["optimizer"])


class Pretrained(nn.Module):
    def __init__(self, path):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.load_state_dict(torch.load(path)["state_dict"])  # expect: load-without-map-location


# ── silent: the location is given ─────────────────────────────────────────────────────────────


def location_as_a_keyword(path):
    return torch.load(path, map_location="cpu")


def location_as_the_second_argument(path, device):
    return torch.load(path, device)


def location_as_a_device(path):
    return load(path, map_location=torch.device("cpu"), weights_only=True)


def location_as_a_function(path):
    return torch.load(path, map_location=lambda storage, location: storage)


def location_as_a_dict(path, source, target):
    return torch.load(path, map_location={source: target})


def location_in_the_keywords(path, **options):
    return torch.load(path, **options)


def location_in_the_arguments(*arguments):
    return torch.load(*arguments)


def load_on_host(path, map_location="cpu"):
    return torch.load(path, map_location=map_location)


# ── silent: this script wrote the file from the CPU ───────────────────────────────────────────


def written_and_read_back(path):
    model = Net()
    torch.save(model.state_dict(), path)
    copy = Net()
    copy.load_state_dict(torch.load(path))
    return copy


def features_written_and_read_back():
    features = torch.randn(100, 4)
    torch.save(features, "features.pt")
    return torch.load("features.pt")


def copied_through_a_buffer():
    buffer = io.BytesIO()
    torch.save({"weight": torch.zeros(3)}, buffer)
    buffer.seek(0)
    return torch.load(buffer)


# ── silent: another load ──────────────────────────────────────────────────────────────────────


def scripted_module(path):
    return torch.jit.load(path)  # expect: deprecated-api


def exported_program(path):
    return torch.export.load(path)


def loads_of_other_libraries(path, file):
    return np.load(path), pickle.load(file), store.load(path)


class Cache:
    def load(self, path):
        return path

    def get(self, path):
        return self.load(path)


def function_named_but_not_called():
    return torch.load


# ── through helpers, and in other layouts ─────────────────────────────────────────────────────


def read(path):
    return th.load(path)  # expect: load-without-map-location


def read_by_a_helper(path):
    return read(path)


def write(net, path):
    th.save(net.state_dict(), path)


def written_by_a_helper(path):
    net = layers.Linear(1, 2)
    write(net, path)
    return th.load(path)


def written_by_a_helper_elsewhere(path, other):
    net = layers.Linear(1, 2)
    write(net, other)
    return th.load(path)  # expect: load-without-map-location


def written_by_a_helper_from_a_device(path, device):
    net = layers.Linear(1, 2).to(device)
    write(net, path)
    return th.load(path)  # expect: load-without-map-location


# fmt: off
def in_odd_layouts(path, options):
    first = th.load(path); second = th.load(path, **options); print(first)  # expect: load-without-map-location
    for _ in range(2): th.load(path)  # expect: load-without-map-location
    third = th.load(  # expect: load-without-map-location
        path,
        weights_only=True,  # of a stranger
    )
    return second, third
# fmt: on
