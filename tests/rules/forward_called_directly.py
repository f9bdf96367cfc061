import types

import torch
import torch.nn as nn
import torch.nn.functional as F
from serving import load_engine
from torch import jit
from torch import nn as layers


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head.forward(torch.relu(self.fc(x)))  # expect: forward-called-directly

    def predict(self, x):
        return self.forward(x).argmax(dim=1)  # expect: forward-called-directly


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def instance_of_the_file(x):
    net = Net()
    net.eval()
    return net.forward(x)  # expect: forward-called-directly


def training_loop(model: nn.Module, loader, criterion):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model.forward(x), y)  # expect: forward-called-directly
        loss.backward()
        optimizer.step()


def layer_by_another_name(x):
    layer = layers.Linear(4, 3)
    return layer.forward(x)  # expect: forward-called-directly


def loss_module(output, target):
    criterion = nn.CrossEntropyLoss()
    return criterion.forward(output, target)  # expect: forward-called-directly


def over_several_lines(model: nn.Module, x):
    return model.forward(  # expect: forward-called-directly
        x,  # the batch
    )


def made_and_called(x):
    return nn.Linear(4, 3).forward(x)  # expect: forward-called-directly


def wrapped_module(x):
    model = nn.DataParallel(Net())
    return model.module.forward(x)  # expect: forward-called-directly


class Trainer:
    def __init__(self):
        self.model = Net()

    def output(self, x):
        return self.model.forward(x)  # expect: forward-called-directly


def second_name_and_second_statement(x):
    net = Net()
    same = net
    y = same.forward(x); print(y)  # fmt: skip  # expect: forward-called-directly
    return y


def each_of_a_list(x):
    parts = nn.ModuleList([Net(), Net()])
    for part in parts:
        x = part.forward(x)  # expect: forward-called-directly
    return x


def compiled(x):
    net = torch.compile(Net())
    return net.forward(x)  # expect: forward-called-directly


def module_by_its_name_alone(model, points):
    with torch.no_grad():
        return model.forward(points)  # expect: forward-called-directly


# ── silent: classes and ancestors ─────────────────────────────────────────────────────────────


class Wider(Net):
    def forward(self, x):
        return super().forward(x) * 2


class Older(Net):
    def forward(self, x):
        return super(Older, self).forward(x) + Net.forward(self, x)


# ── silent: the call itself ───────────────────────────────────────────────────────────────────


class CallsByItself(nn.Module):
    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        return x


def class_with_a_call_of_its_own(x):
    return CallsByItself().forward(x)


class Scripted(jit.ScriptModule):
    @jit.script_method
    def forward(self, x):
        return x

    @torch.jit.export
    def predict(self, x):
        return self.forward(x)


def scripted_module(x):
    scripted = torch.jit.script(Net())  # expect: deprecated-api
    return scripted.forward(x)


# ── silent: other objects ─────────────────────────────────────────────────────────────────────


class Robot:
    def forward(self, steps):
        return steps


def no_module(robot, x):
    return Robot().forward(3) + robot.forward(x)


def engine_of_another_package(x):
    engine = load_engine("net.plan")
    return engine.forward(x)


def called_as_it_is_meant(model: nn.Module, x):
    return F.softmax(model(x), dim=1), model.forward


def exported(x):
    program = torch.export.export(Net(), (x,))
    return program.module().forward(x)
