import dataclasses

import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as opt
from recipes import on_exit
from torch import nn as layers
from torch import optim
from torch.optim import lr_scheduler as schedules
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.dropout(torch.relu(self.fc(x))))


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def eval_named_before_the_evaluation(model: nn.Module, loader):
    model.eval  # expect: mode-method-not-called
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x).argmax(dim=1) == y).sum().item()
    return correct


def eval_of_an_unannotated_model(model, x):
    model.eval  # expect: mode-method-not-called
    with torch.no_grad():
        return model(x)


def train_named_at_the_start_of_the_epoch(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        model.train  # expect: mode-method-not-called
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()


def zero_grad_named_beside_the_call_that_clears(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad  # expect: mode-method-not-called
    for x, y in loader:
        model.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def step_named_after_backward(model: nn.Module, loader):
    opt = optim.Adam(model.parameters())
    for x, y in loader:
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step  # expect: mode-method-not-called


def step_of_an_unannotated_optimizer(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step  # expect: mode-method-not-called


def backward_named_before_the_gradients_are_read(model: nn.Module, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward  # expect: mode-method-not-called
    return [p.grad for p in model.parameters()]


def scheduler_step_named_at_the_end_of_the_epoch(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=10)
    for epoch in range(30):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        scheduler.step  # expect: mode-method-not-called


def model_and_optimizer_from_one_call():
    model = Net()
    return model, optim.SGD(model.parameters(), lr=0.1)


def methods_of_values_from_a_tuple(x):
    net, optimizer = model_and_optimizer_from_one_call()
    model = net
    model.eval  # expect: mode-method-not-called
    optimizer.zero_grad  # expect: mode-method-not-called
    return net(x)


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.scheduler = optim.lr_scheduler.ExponentialLR(self.optimizer, gamma=0.9)

    def before_epoch(self):
        self.model.train  # expect: mode-method-not-called

    def before_validation(self):
        self.model.eval  # expect: mode-method-not-called

    def after_batch(self):
        self.optimizer.step()
        self.optimizer.zero_grad  # expect: mode-method-not-called

    def after_epoch(self):
        self.scheduler.step  # expect: mode-method-not-called


def training_flag_set_from_outside(x):
    model = Net()
    model.training = False  # expect: mode-method-not-called
    return model(x)


class Predictor:
    def __init__(self):
        self.model = Net()

    def predict(self, x):
        self.model.training = False  # expect: mode-method-not-called
        with torch.no_grad():
            return self.model(x)


def training_flag_of_an_attribute(trainer: Trainer, net: nn.Module):
    net.training = True  # expect: mode-method-not-called
    return trainer


class Wrapper(nn.Module):
    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def freeze(self):
        self.inner.eval  # expect: mode-method-not-called
        self.inner.requires_grad_(False)


def other_names_for_everything(loader, data):
    net = layers.Sequential(layers.Linear(4, 3), layers.Dropout())
    model = net
    updater = opt.AdamW(net.parameters())
    schedule = schedules.CosineAnnealingLR(updater, 10)
    for x, y in loader:
        updater.zero_grad  # expect: mode-method-not-called
        model.train  # expect: mode-method-not-called
        error = th.nn.functional.cross_entropy(model(x), y)
        error.backward  # expect: mode-method-not-called
        updater.step  # expect: mode-method-not-called
        schedule.step  # expect: mode-method-not-called
    model.eval  # expect: mode-method-not-called
    return model(data)


def in_a_helper(model: nn.Module):
    model.eval  # expect: mode-method-not-called


def step_of_a_scaler(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        scaler.step  # expect: mode-method-not-called
        scaler.update()


def training_flag_of_each_part(model: nn.Module):
    for part in model.children():
        part.training = False  # expect: mode-method-not-called


# ── silent: called ────────────────────────────────────────────────────────────────────────────


def everything_is_called(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = ReduceLROnPlateau(optimizer)
    for epoch in range(3):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        model.eval()
        scheduler.step(total)


def called_through_a_variable(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    clear = optimizer.zero_grad
    for x, y in loader:
        clear()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


# ── silent: passed, assigned, compared, returned ──────────────────────────────────────────────


def method_is_passed(model: nn.Module):
    on_exit(model.eval)


def method_is_assigned(model: nn.Module):
    restore = model.train
    return model(torch.zeros(2, 4)), restore


def method_is_replaced(scheduler: StepLR, optimizer: optim.Optimizer):
    optimizer.step = scheduler.step


def method_is_compared(model: nn.Module, optimizer: optim.Optimizer):
    assert model.eval is not model.train
    return optimizer.step == optimizer.zero_grad


def method_is_returned(optimizer: optim.Optimizer):
    return optimizer.step


def method_is_yielded(model: nn.Module):
    yield model.eval
    yield model.train


def method_is_picked_by_a_condition(model: nn.Module, training):
    (model.train if training else model.eval)()


def method_waits_in_a_list(model: nn.Module, optimizer: optim.Optimizer):
    callbacks = [model.train, optimizer.zero_grad]
    for callback in callbacks:
        callback()


def method_of_a_lambda(model: nn.Module):
    on_exit(lambda: model.eval)


def method_is_asked_for_its_documentation(model: nn.Module, optimizer: optim.Optimizer):
    print(model.eval.__doc__)
    print(optimizer.step.__name__)


# ── silent: the flag ──────────────────────────────────────────────────────────────────────────


class HandlesItsOwnFlag(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Net()

    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def forward(self, x):
        return self.inner(x)


class SetsTheFlagOfAPart(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.norm.training = False

    def forward(self, x):
        return self.norm(x)


def flag_is_read(model: nn.Module):
    was_training = model.training
    if model.training:
        model.eval()
    return was_training


@dataclasses.dataclass
class Options:
    training: bool = True
    eval: bool = False


def flag_of_something_else(options: Options):
    options.training = False
    options.eval
    return options


# ── silent: another kind of object ────────────────────────────────────────────────────────────


class Clock:
    @property
    def step(self):
        return self.advance()

    def advance(self):
        return 1


def property_with_an_effect():
    clock = Clock()
    clock.step


def attribute_of_unknown_objects(thing, settings):
    thing.step
    settings.train
