import copy

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim
from torch.optim import AdamW as Updater
from torchvision import models
from zoo import prepare


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.body(x))


# ── reported: frozen ──────────────────────────────────────────────────────────────────────────


def frozen_in_a_loop():
    model = models.resnet18(weights="DEFAULT")
    for p in model.parameters():
        p.requires_grad = False
    return optim.Adam(model.parameters(), lr=1e-3)  # expect: optimizer-over-frozen-parameters


def frozen_by_name():
    net = Net()
    for name, p in net.named_parameters():
        p.requires_grad = False
    return optim.Adam([{"params": net.parameters()}], lr=1e-3)  # expect: optimizer-over-frozen-parameters


def frozen_by_the_method(model: nn.Module):
    model.requires_grad_(False)
    return torch.optim.SGD(model.parameters(), lr=0.1)  # expect: optimizer-over-frozen-parameters


def part_of_what_is_frozen():
    net = Net()
    net.requires_grad_(False)
    return optim.SGD(net.body.parameters(), lr=0.1)  # expect: optimizer-over-frozen-parameters


def freeze(model):
    for p in model.parameters():
        p.requires_grad = False


def frozen_by_a_helper():
    net = Net()
    freeze(net)
    return optim.SGD(net.parameters(), lr=0.1)  # expect: optimizer-over-frozen-parameters


class Trainer:
    def __init__(self):
        self.model = Net()
        self.model.requires_grad_(False)
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)  # expect: optimizer-over-frozen-parameters


# ── reported: replaced ────────────────────────────────────────────────────────────────────────


def head_replaced_too_late(loader):
    model = models.resnet18()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.fc = nn.Linear(512, 3)  # expect: optimizer-over-frozen-parameters
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def head_of_a_given_model(model: nn.Module):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.head = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 3))  # expect: optimizer-over-frozen-parameters
    return optimizer


def second_name_frozen_by_a_method():
    net = layers.Sequential(layers.Linear(4, 8), layers.Linear(8, 3))
    model = net
    for p in model.parameters():
        p.requires_grad_(False)
    return Updater(net.parameters())  # expect: optimizer-over-frozen-parameters


def optimizer_of(net):
    return th.optim.Adam(net.parameters(), lr=1e-3)


def optimizer_made_by_a_helper():
    net = Net()
    net.requires_grad_(False)
    return optimizer_of(net)  # expect: optimizer-over-frozen-parameters


def parameters_in_a_list():
    net = Net()
    net.requires_grad_(False)
    params = list(net.parameters())
    return optim.Adam(params)  # expect: optimizer-over-frozen-parameters


class ReplacesItsHead:
    def __init__(self):
        self.net = Net()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)
        self.net.head = nn.Linear(8, 10)  # expect: optimizer-over-frozen-parameters


def last_of_a_sequence_replaced():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 3))
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    net[1] = nn.Linear(4, 10)  # expect: optimizer-over-frozen-parameters
    return optimizer


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def forward(self, x):
        return self.net(x)


def part_of_a_part_replaced():
    model = Wrapped()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.net.head = nn.Linear(8, 10)  # expect: optimizer-over-frozen-parameters
    return optimizer


# ── silent: only a part is frozen ─────────────────────────────────────────────────────────────


def head_is_new():
    model = models.resnet18(weights="DEFAULT")
    for p in model.parameters():
        p.requires_grad = False
    model.fc = nn.Linear(512, 3)
    return optim.SGD(model.parameters(), lr=0.1)


def last_of_a_sequence_is_new():
    model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    model.requires_grad_(False)
    model[1] = nn.Linear(8, 3)
    return optim.SGD(model.parameters(), lr=0.1)


def body_frozen(model: nn.Module):
    for p in model.body.parameters():
        p.requires_grad = False
    return optim.SGD(model.parameters(), lr=0.1)


def frozen_under_a_condition():
    net = Net()
    for name, p in net.named_parameters():
        if "head" not in name:
            p.requires_grad = False
    return optim.SGD(net.parameters(), lr=0.1)


def one_weight_frozen():
    net = Net()
    net.head.weight.requires_grad = False
    return optim.SGD(net.head.parameters(), lr=0.1)


def first_layers_frozen():
    net = Net()
    for i, p in enumerate(net.parameters()):
        if i < 2:
            p.requires_grad = False
    return optim.SGD(net.parameters(), lr=0.1)


def frozen_on_request(freeze_all):
    net = Net()
    if freeze_all:
        net.requires_grad_(False)
    return optim.SGD(net.parameters(), lr=0.1)


# ── silent: chosen by the flag ────────────────────────────────────────────────────────────────


def filtered():
    net = Net()
    net.requires_grad_(False)
    return optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.1)


def chosen_by_a_comprehension():
    net = Net()
    net.requires_grad_(False)
    chosen = [p for p in net.parameters() if p.requires_grad]
    return optim.SGD(chosen, lr=0.1)


# ── silent: the identity is not known ─────────────────────────────────────────────────────────


def handed_to_code_that_cannot_be_seen():
    net = Net()
    net.requires_grad_(False)
    prepare(net)
    return optim.SGD(net.parameters(), lr=0.1)


def another_module_is_frozen():
    student, teacher = Net(), Net()
    teacher.requires_grad_(False)
    return optim.SGD(student.parameters(), lr=0.1)


# ── silent: replaced in time, or nothing to train ─────────────────────────────────────────────


def replaced_first():
    model = models.resnet18()
    model.fc = nn.Linear(512, 3)
    return optim.SGD(model.parameters(), lr=0.1)


def optimizer_made_again():
    model = models.resnet18()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.fc = nn.Linear(512, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return optimizer


def nothing_to_train():
    model = models.resnet18()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.fc = nn.Identity()
    return optimizer


def copy_kept_beside():
    model = models.resnet18()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.average = copy.deepcopy(model)
    return optimizer


def same_part_wrapped():
    model = models.resnet18()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model.fc = nn.DataParallel(model.fc)
    return optimizer


def item_replaced_in_time():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 3))
    net[1] = nn.Linear(4, 10)
    return optim.SGD(net.parameters(), lr=0.1)


def another_model_gets_a_new_part():
    net, other = Net(), Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    other.head = nn.Linear(8, 10)
    return optimizer


def frozen_by_keyword():
    net = Net()
    net.requires_grad_(requires_grad=False)
    return optim.SGD(net.parameters(), lr=0.1)  # expect: optimizer-over-frozen-parameters


def frozen_by_keyword_in_time():
    net = Net()
    net.body.requires_grad_(requires_grad=False)
    return optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1)
