import argparse
import functools
import io

import torch
import torch as t
from torch import load, nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

    def restore(self, path):
        state = torch.load(path, map_location="cpu", weights_only=False)  # expect: unsafe-load
        self.load_state_dict(state)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def keyword_false(path):
    return torch.load(path, map_location="cpu", weights_only=False)  # expect: unsafe-load


def aliased_module(path, device):
    return t.load(path, weights_only=False, map_location=device)  # expect: unsafe-load


def imported_name(path):
    with open(path, "rb") as file:
        return load(file, "cpu", weights_only=False)  # expect: unsafe-load


def over_several_lines(path):
    checkpoint = torch.load(  # expect: unsafe-load
        path,
        map_location=lambda storage, location: storage,
        weights_only=False,  # the file holds a Namespace
    )
    return checkpoint["args"]


def inside_an_expression(path):
    model = Net()
    model.load_state_dict(torch.load(path, "cpu", weights_only=False)["model"])  # expect: unsafe-load
    return model


def helper_of_a_script(path):
    return torch.load(path, map_location="cpu", weights_only=False)  # expect: unsafe-load


def resume(arguments):
    return helper_of_a_script(arguments.checkpoint)


class Trainer:
    def __init__(self, model):
        self.model = model

    def resume(self, path):
        if path:
            checkpoint = torch.load(path, map_location="cpu", weights_only=False)  # expect: unsafe-load
            self.model.load_state_dict(checkpoint["model"])


def another_file_was_written(path, other):
    torch.save({"epoch": 1}, other)
    return torch.load(path, map_location="cpu", weights_only=False)  # expect: unsafe-load


# ── silent: only weights are read ─────────────────────────────────────────────────────────────


def keyword_true(path):
    return torch.load(path, map_location="cpu", weights_only=True)


def default_of_this_version(path):
    return torch.load(path, map_location="cpu")


# ── silent: decided elsewhere ─────────────────────────────────────────────────────────────────


def option_of_the_caller(path, weights_only=True):
    return torch.load(path, map_location="cpu", weights_only=weights_only)


def option_of_the_command_line(path):
    parser = argparse.ArgumentParser()
    parser.add_argument("--trusted", action="store_true")
    arguments = parser.parse_args()
    return torch.load(path, map_location="cpu", weights_only=not arguments.trusted)


def hidden_options(path, **options):
    return torch.load(path, **options)


# ── silent: the function's own file ───────────────────────────────────────────────────────────


def copy_of_a_model(model: nn.Module):
    buffer = io.BytesIO()
    torch.save({"weights": model.state_dict()}, buffer)
    buffer.seek(0)
    return torch.load(buffer, map_location="cpu", weights_only=False)


def round_trip(values, path):
    torch.save(obj=values, f=path)
    return torch.load(f=path, map_location="cpu", weights_only=False)


# ── silent: other loads ───────────────────────────────────────────────────────────────────────


def load_of_something_else(path, store):
    return store.load(path, weights_only=False)


def scripted_program(path):
    return torch.jit.load(path, map_location="cpu")  # expect: deprecated-api


# ── through a constant, and in other layouts ──────────────────────────────────────────────────

ONLY_WEIGHTS = False


def flag_of_the_module(path):
    return t.load(path, map_location="cpu", weights_only=ONLY_WEIGHTS)  # expect: unsafe-load


# fmt: off
def in_odd_layouts(path):
    first = 1; second = t.load(path, "cpu", weights_only = False); return first, second  # expect: unsafe-load
# fmt: on


def default_of_an_option(path, weights_only=False):
    return t.load(path, map_location="cpu", weights_only=weights_only)


def unsafe_by_default():
    return functools.partial(t.load, map_location="cpu", weights_only=False)
