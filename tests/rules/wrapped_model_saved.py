import torch
import torch.nn.parallel as parallel
from torch import nn
from torch.nn.parallel import DistributedDataParallel as DDP

from recipes import build


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def data_parallel(path):
    model = nn.DataParallel(Net())
    torch.save(model.state_dict(), path)  # expect: wrapped-model-saved


def distributed_in_a_dict(path, epoch, rank):
    net = Net()
    model = DDP(net.cuda(), device_ids=[rank])
    model.eval()
    torch.save({"epoch": epoch, "model": model.state_dict()}, path)  # expect: wrapped-model-saved


def compiled(path):
    model = torch.compile(Net())
    state = model.state_dict()  # expect: wrapped-model-saved
    torch.save(state, path)


def unknown_model(path):
    net = parallel.DataParallel(build(), device_ids=[0, 1]).cuda()
    torch.save(net.state_dict(), path)  # expect: wrapped-model-saved


def written_by_a_helper(path):
    model = nn.DataParallel(Net())
    write({"state_dict": model.state_dict()}, path)  # expect: wrapped-model-saved


def write(state, path):
    torch.save(state, path)


def taken_by_a_helper(path):
    take(nn.DataParallel(Net()), path)


def take(model, path):
    torch.save(model.state_dict(), path)  # expect: wrapped-model-saved


class Trainer:
    def __init__(self):
        self.model = nn.DataParallel(Net())

    def save(self, path):
        torch.save(self.model.state_dict(), path)  # expect: wrapped-model-saved


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def inner_module(path):
    net = Net()
    model = nn.DataParallel(net)
    torch.save(model.module.state_dict(), path)
    torch.save(net.state_dict(), path)


def wrapped_perhaps(path):
    model = Net()
    if torch.cuda.device_count() > 1:
        model = nn.DataParallel(model)
    torch.save(model.state_dict(), path)


def inner_module_of_a_compiled_one(path):
    model = torch.compile(Net())
    torch.save(model._orig_mod.state_dict(), path)


def compiled_in_place(path):
    model = Net()
    model.compile()
    torch.save(model.state_dict(), path)


def taken_with_and_without(path):
    take_any(nn.DataParallel(Net()), path)
    take_any(Net(), path)


def take_any(model, path):
    torch.save(model.state_dict(), path)


def not_saved():
    model = nn.DataParallel(Net())
    return model.state_dict()
