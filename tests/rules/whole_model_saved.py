import io
import pickle
import tempfile

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import build_anything
from torch import nn as layers
from torch import optim, save


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

    def export(self, path):
        torch.save(self, path)  # expect: whole-model-saved

    def export_weights(self, path):
        torch.save(self.state_dict(), path)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def module_alone(path):
    model = Net()
    torch.save(model, path)  # expect: whole-model-saved


def annotated_module(model: nn.Module, path):
    torch.save(model, path)  # expect: whole-model-saved


def module_in_a_dict(model: nn.Module, epoch, path):
    torch.save({"model": model, "epoch": epoch}, path)  # expect: whole-model-saved


def module_in_a_dict_made_before(epoch, path):
    net = Net()
    checkpoint = {"epoch": epoch, "net": net}
    torch.save(checkpoint, path)  # expect: whole-model-saved


def keyword_arguments(path):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    torch.save(obj=model, f=path)  # expect: whole-model-saved


def imported_save(path):
    save(Net(), path)  # expect: whole-model-saved


def moved_and_switched_module(path, device):
    model = Net().to(device)
    model.eval()
    torch.save(model.cpu(), path)  # expect: whole-model-saved


def unannotated_model_after_training(model, loader, criterion, optimizer, path):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    torch.save(model, path)  # expect: whole-model-saved


def best_model_of_the_epochs(loader, path):
    model, optimizer = build()
    best = float("inf")
    for epoch in range(3):
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        if total < best:
            best = total
            torch.save(model, path)  # expect: whole-model-saved


def build():
    model = Net()
    return model, optim.SGD(model.parameters(), lr=0.1)


class Trainer:
    def __init__(self):
        self.model = Net()
        self.best = self.model

    def save(self, path):
        torch.save(self.model, path)  # expect: whole-model-saved

    def save_best(self, path):
        with open(path, "wb") as file:
            torch.save(self.best, file)  # expect: whole-model-saved


def layer_of_a_module(path):
    model = Net()
    torch.save(model.fc, path)  # expect: whole-model-saved


# ── silent: the state is saved ────────────────────────────────────────────────────────────────


def state_dict_alone(path):
    model = Net()
    torch.save(model.state_dict(), path)


def state_dicts_in_a_dict(model: nn.Module, optimizer: optim.Optimizer, epoch, path):
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, path)


def state_dict_under_a_name(path):
    model = Net()
    state = model.state_dict()
    torch.save(state, path)


def state_dict_of_a_wrapped_module(path):
    model = nn.DataParallel(Net())
    torch.save(model.module.state_dict(), path)


def parameters_one_by_one(model: nn.Module, path):
    torch.save({name: p.detach() for name, p in model.named_parameters()}, path)


def something_about_the_module(path):
    model = Net()
    torch.save({"name": type(model).__name__, "training": model.training}, path)


class TrainerThatSavesItsState:
    def __init__(self, lr):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=lr)

    def state_dict(self):
        return {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}

    def save(self, path):
        torch.save(self.state_dict(), path)


def output_of_a_module(x, path):
    model = Net()
    with torch.no_grad():
        torch.save(model(x), path)


# ── silent: the kind is not known ─────────────────────────────────────────────────────────────


def kind_of_a_parameter_is_unknown(checkpoint, path):
    torch.save(checkpoint, path)


def kind_of_an_imported_result_is_unknown(path):
    thing = build_anything()
    torch.save(thing, path)


def values_of_a_dict_are_unknown(path, **parts):
    torch.save(parts, path)
    torch.save({**parts, "version": 1}, path)


def optimizer_or_tensors(optimizer: optim.Optimizer, path):
    torch.save(optimizer.state_dict(), path)
    torch.save([torch.zeros(3), torch.ones(3)], path)


def model_name_is_a_state_dict(path, other):
    model = torch.load(path, map_location="cpu")
    torch.save(model, other)


# ── silent: formats that hold the code ────────────────────────────────────────────────────────


def scripted_module(path):
    scripted = torch.jit.script(Net())  # expect: deprecated-api
    torch.jit.save(scripted, path)  # expect: deprecated-api
    scripted.save(path)


def exported_program(path):
    program = torch.export.export(Net(), (torch.zeros(2, 4),))
    torch.export.save(program, path)


def module_written_to_onnx(path):
    torch.onnx.export(Net(), (torch.zeros(2, 4),), path)


def saved_by_something_else(model: nn.Module, path, store):
    store.save(model, path)
    buffer = io.BytesIO()
    pickle.dump({"epoch": 1}, buffer)


def sent_through_memory(model: nn.Module):
    buffer = io.BytesIO()
    torch.save(model, buffer)
    buffer.seek(0)
    return torch.load(buffer, weights_only=False)


def round_trip_of_a_test(model: nn.Module):
    with tempfile.NamedTemporaryFile() as file:
        torch.save(model, file.name)
        return torch.load(file.name, weights_only=False)


# ── under other names, and through helpers ────────────────────────────────────────────────────


def one_module_under_two_names(path):
    net = layers.Sequential(layers.Linear(4, 3))
    same = net
    th.save(same, path)  # expect: whole-model-saved


def write(state, path, best=False):
    th.save(state, path)
    if best:
        th.save(state, f"{path}.best")


def checkpoint_through_a_helper(path):
    net = Net()
    write({"epoch": 1, "net": net}, path)  # expect: whole-model-saved
    write({"epoch": 1, "net": net.state_dict()}, path)


def helper_that_is_wrong_by_itself(path):
    module_alone(path)


def several_at_once(path):
    net = Net()
    th.save((net, 3), path)  # expect: whole-model-saved
    th.save([net, 3], path)  # expect: whole-model-saved


class Keeper:
    def __init__(self):
        self.net = layers.Linear(4, 3)

    def state(self):
        return {"net": self.net, "epoch": 1}

    def write(self, state, path):
        th.save(state, path)

    def save(self, path):
        self.write(self.net, path)  # expect: whole-model-saved

    def save_all(self, path):
        th.save(self.state(), path)  # expect: whole-model-saved

    def copied(self):
        buffer = io.BytesIO()
        self.write_into(buffer)
        return buffer.getvalue()

    def write_into(self, buffer):
        th.save(self.net.state_dict(), buffer)


# fmt: off
def in_odd_layouts(path, epoch):
    net = Net(); th.save(net, path); print(epoch)  # expect: whole-model-saved
    for _ in range(3): th.save(net.eval(), path)  # expect: whole-model-saved
    th.save(  # expect: whole-model-saved
        net,  # with its code
        path,
    )
# fmt: on


def through_memory_by_a_helper(net: nn.Module):
    buffer = io.BytesIO()
    write(net, buffer)
    return buffer.getvalue()
