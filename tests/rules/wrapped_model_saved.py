import torch
import torch as th
import torch.nn.parallel as parallel
from recipes import build
from torch import nn
from torch import nn as layers
from torch.nn.parallel import DistributedDataParallel as DDP


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


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_model_under_two_names(path):
    net = layers.DataParallel(layers.Linear(4, 3))
    same = net
    th.save(same.state_dict(), path)  # expect: wrapped-model-saved


class Run:
    def __init__(self, rank):
        self.net = wrap(layers.Linear(4, 3), rank)

    def state(self):
        return {"net": self.net.state_dict(), "epoch": 1}  # expect: wrapped-model-saved

    def save(self, path):
        th.save(self.state(), path)


def wrap(net, rank):
    return layers.parallel.DistributedDataParallel(net, device_ids=[rank])


# fmt: off
def in_odd_layouts(path, rank):
    net = wrap(Net(), rank); th.save(net.state_dict(), path); print(path)  # expect: wrapped-model-saved
    th.save(
        {
            "net": net  # expect: wrapped-model-saved
            .state_dict(),
        },
        path,
    )
# fmt: on


def asked_for_its_attribute(path, rank):
    net = wrap(Net(), rank)
    state = net.module.state_dict() if hasattr(net, "module") else net.state_dict()
    th.save(state, path)


def asked_for_its_class(path, rank):
    write_unwrapped(wrap(Net(), rank), path)
    write_unwrapped(nn.DataParallel(Net()), path)


def write_unwrapped(net, path):
    if isinstance(net, (nn.DataParallel, layers.parallel.DistributedDataParallel)):
        state = net.module.state_dict()
    else:
        state = net.state_dict()
    th.save(state, path)
