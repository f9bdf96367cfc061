import os

import torch
from torch import load, nn, optim
from torch import nn as layers


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

    def restore(self):
        self.load_state_dict("net.pt")  # expect: load-state-dict-misused


# ── reported: a path ──────────────────────────────────────────────────────────────────────────


def path_in_place_of_a_dict():
    model = Net()
    model.load_state_dict("model.pt")  # expect: load-state-dict-misused
    return model


def annotated_path(model: nn.Module, path: str, device):
    model.load_state_dict(path)  # expect: load-state-dict-misused


def formatted_path(model: nn.Module, epoch):
    model.load_state_dict(f"model_{epoch}.pt")  # expect: load-state-dict-misused


def joined_path(folder):
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    net.load_state_dict(os.path.join(folder, "net.pt"), strict=True)  # expect: load-state-dict-misused


def path_for_an_optimizer(model: nn.Module):
    optimizer = optim.Adam(model.parameters())
    optimizer.load_state_dict("optimizer.pt")  # expect: load-state-dict-misused


def path_in_a_helper(model: nn.Module):
    restore(model, "last.pt")


def restore(model: nn.Module, path="best.pt"):
    model.load_state_dict(path)  # expect: load-state-dict-misused


def path_put_together(folder, epoch):
    model = Net()
    path = os.path.join(folder, f"{epoch}.pt")
    model.load_state_dict(path)  # expect: load-state-dict-misused
    return model



# ── reported: something else that is no dict ──────────────────────────────────────────────────


def module_in_place_of_its_state(model: nn.Module):
    twin = Net()
    twin.load_state_dict(model)  # expect: load-state-dict-misused


def state_dict_without_parentheses(model: nn.Module):
    target_model = Net()
    target_model.load_state_dict(model.state_dict)  # expect: load-state-dict-misused


# ── reported: the result ──────────────────────────────────────────────────────────────────────


def model_replaced_by_the_report(path):
    model = Net()
    model = model.load_state_dict(torch.load(path, map_location="cpu"))  # expect: load-state-dict-misused
    model.eval()


def made_and_loaded_in_one(path, device):
    net = Net().load_state_dict(load(path, map_location=device))  # expect: load-state-dict-misused
    return net


def optimizer_replaced_by_none(model: nn.Module, state):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer = optimizer.load_state_dict(state)  # expect: load-state-dict-misused


def chained(path, device):
    model = Net()
    model.load_state_dict(torch.load(path, map_location=device)).to(device)  # expect: load-state-dict-misused


class Agent:
    def __init__(self):
        self.policy = Net()

    def load(self, path):
        state = torch.load(path, map_location="cpu")
        self.policy = self.policy.load_state_dict(state)  # expect: load-state-dict-misused


def given_now_and_then(resume=None):
    model = Net()
    if resume:
        model = model.load_state_dict(torch.load(resume, map_location="cpu"))  # expect: load-state-dict-misused
    return model


def under_another_name(online: nn.Module):
    target = Net()
    target.load_state_dict(online.state_dict)  # expect: load-state-dict-misused
    return target


# ── reported: never called ────────────────────────────────────────────────────────────────────


def named_but_not_called(path):
    model = Net()
    torch.load(path, map_location="cpu")
    model.load_state_dict  # expect: load-state-dict-misused


def assigned_but_not_called(path):
    model = Net()
    model.load_state_dict = torch.load(path, map_location="cpu")  # expect: load-state-dict-misused
    return model


# ── reported: a whole checkpoint ──────────────────────────────────────────────────────────────


def checkpoint_with_other_entries(path):
    model = Net()
    checkpoint = torch.load(path, map_location="cpu")
    model.load_state_dict(checkpoint)  # expect: load-state-dict-misused
    return model, checkpoint["epoch"]


def write(model: nn.Module, optimizer: optim.Optimizer, epoch):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, "last.pt")


def read():
    model = Net()
    model.load_state_dict(torch.load("last.pt", map_location="cpu"))  # expect: load-state-dict-misused
    return model


class Keeper:
    def __init__(self, model, folder):
        self.model, self.folder = model, folder

    def save(self, epoch):
        state = {"epoch": epoch, "state_dict": self.model.state_dict()}
        torch.save(state, os.path.join(self.folder, f"{epoch}.pt"))

    def restore(self, epoch):
        state = torch.load(os.path.join(self.folder, f"{epoch}.pt"), map_location="cpu")
        self.model.load_state_dict(state)  # expect: load-state-dict-misused

    def restore_from(self, path):
        state = torch.load(path, map_location="cpu")
        self.model.load_state_dict(state)

    def restore_weights(self, epoch):
        state = torch.load(os.path.join(self.folder, f"{epoch}.pt"), map_location="cpu")
        self.model.load_state_dict(state["state_dict"])



# ── silent: a state dict ──────────────────────────────────────────────────────────────────────


def file_is_loaded(path):
    model = Net()
    model.load_state_dict(torch.load(path, map_location="cpu"))
    return model


def entry_of_a_checkpoint(path):
    model = Net()
    checkpoint = torch.load(path, map_location="cpu")
    model.load_state_dict(checkpoint["model"])
    return model, checkpoint["epoch"]


def state_of_another_module(model: nn.Module):
    twin = Net()
    twin.load_state_dict(model.state_dict())


def either_layout(path):
    model = Net()
    checkpoint = torch.load(path, map_location="cpu")
    if "model" in checkpoint:
        model.load_state_dict(checkpoint["model"])
    else:
        model.load_state_dict(checkpoint)


def unpacked_before(path):
    model = Net()
    state = torch.load(path, map_location="cpu")
    state = state["model"]
    model.load_state_dict(state)


def extra_entries_allowed(path):
    model = Net()
    checkpoint = torch.load(path, map_location="cpu")
    model.load_state_dict(checkpoint, strict=False)
    return checkpoint["epoch"]


def written_as_a_state_dict(model: nn.Module):
    torch.save(model.state_dict(), "weights.pt")
    model.load_state_dict(torch.load("weights.pt", map_location="cpu"))


def parameter_of_unknown_kind(model: nn.Module, state):
    model.load_state_dict(state)


try:
    from torch.hub import load_state_dict_from_url
except ImportError:
    from torchvision.models.utils import load_state_dict_from_url


def from_the_web(checkpoint, url):
    model = Net()
    model.load_state_dict(load_state_dict_from_url(url))
    model.load_state_dict(checkpoint.state_dict)
    return model


# ── silent: the result is the report ──────────────────────────────────────────────────────────


def report_is_looked_at(model: nn.Module, state):
    missing, unexpected = model.load_state_dict(state, strict=False)
    result = model.load_state_dict(state, strict=False)
    msg = model.load_state_dict(state, strict=False)
    print(missing, unexpected, result.missing_keys, msg)
    return model.load_state_dict(state, strict=False).unexpected_keys


def report_is_passed_on(model: nn.Module, state):
    print(model.load_state_dict(state))
    return model.load_state_dict(state)


# ── silent: a method of its own ───────────────────────────────────────────────────────────────


class Bundle(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def load_state_dict(self, source, strict=True):
        state = torch.load(source, map_location="cpu") if isinstance(source, str) else source
        super().load_state_dict(state, strict)
        return self


def class_that_loads_paths():
    model = Bundle()
    model = model.load_state_dict("bundle.pt")
    return model


def owner_of_unknown_kind(thing, path: str):
    thing = thing.load_state_dict(path)
    return thing


def method_is_passed(model: nn.Module, register):
    register(model.load_state_dict)
    model.load_state_dict = register


# ── under other names, in methods and other layouts ───────────────────────────────────────────

LAST = "last_of_all.pt"


def constant_and_paths(path):
    net = layers.Linear(4, 3)
    same = net
    same.load_state_dict(LAST)  # expect: load-state-dict-misused
    net.load_state_dict(str(path))  # expect: load-state-dict-misused


class Run:
    def __init__(self, folder):
        self.net = layers.Linear(4, 3)
        self.path = os.path.join(folder, "net.pt")

    def resume(self):
        self.net.load_state_dict(self.path)  # expect: load-state-dict-misused

    def build(self):
        return layers.Linear(4, 3)

    def built_and_replaced(self, path):
        net = self.build()
        net = net.load_state_dict(torch.load(path, map_location="cpu"))  # expect: load-state-dict-misused
        return net

    def built_and_chained(self, path):
        return self.build().load_state_dict(torch.load(path, "cpu")).eval()  # expect: load-state-dict-misused


# fmt: off
def in_odd_layouts(path):
    net = layers.Linear(4, 3); net.load_state_dict("x.pt"); print(net)  # expect: load-state-dict-misused
    for name in ("a.pt", "b.pt"): net.load_state_dict(name)  # expect: load-state-dict-misused
    net = net.load_state_dict(  # expect: load-state-dict-misused
        torch.load(path, "cpu"),  # weights
        strict=True,
    )
# fmt: on


def report_under_other_names(model: nn.Module, state):
    keys = model.load_state_dict(state)
    incompatible = model.load_state_dict(state)
    _ = model.load_state_dict(state)
    return keys, incompatible


def either_layout_by_its_keys(path, model: nn.Module):
    checkpoint = torch.load(path, map_location="cpu")
    start = checkpoint["epoch"] if "epoch" in checkpoint else 0
    if "epoch" in checkpoint:
        checkpoint = checkpoint["model"]
    model.load_state_dict(checkpoint)
    return start
