import torch
import torch.nn as nn
import torch.nn.functional as F
from recipes import CosineWarmup, train_epoch
from torch import nn as layers
from torch import optim
from torch.optim import AdamW as Updater
from torch.optim import lr_scheduler as schedules
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def neighbours_in_the_wrong_order(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        scheduler.step()  # expect: scheduler-before-optimizer
        optimizer.step()


def at_the_top_of_the_epoch(model: nn.Module, loader, epochs):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    annealing = schedules.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        annealing.step()  # expect: scheduler-before-optimizer
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()


def given_by_the_caller(model, loader, criterion, optimizer, scheduler):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        scheduler.step()  # expect: scheduler-before-optimizer
        loss.backward()
        optimizer.step()


def epoch_of(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def optimizer_steps_in_a_helper(loader, epochs):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, 10)
    for epoch in range(epochs):
        scheduler.step()  # expect: scheduler-before-optimizer
        epoch_of(net, loader, optimizer)


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.scheduler = StepLR(self.optimizer, 10)

    def fit(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(x), y).backward()
            self.scheduler.step()  # expect: scheduler-before-optimizer
            self.optimizer.step()


def second_name_for_the_scheduler(loader):
    net = layers.Linear(4, 3)
    updater = Updater(net.parameters())
    rate = schedules.ExponentialLR(updater, 0.9)
    same = rate
    for x, y in loader:
        updater.zero_grad()
        F.cross_entropy(net(x), y).backward()
        same.step()  # expect: scheduler-before-optimizer
        updater.step()


def on_one_line(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rate = schedules.ExponentialLR(optimizer, 0.9)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        rate.step(); optimizer.step()  # fmt: skip  # expect: scheduler-before-optimizer


def epoch_that_may_schedule(model, loader, optimizer, scheduler=None):
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        if scheduler is not None:
            scheduler.step()  # expect: scheduler-before-optimizer
        optimizer.step()


def passed_to_a_function(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = schedules.OneCycleLR(optimizer, max_lr=0.1, total_steps=100)
    for _ in range(3):
        epoch_that_may_schedule(model, loader, optimizer, scheduler)


# ── silent: after the optimizer ───────────────────────────────────────────────────────────────


def after_the_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        scheduler.step()


def at_the_bottom_of_the_epoch(model: nn.Module, loader, epochs):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        scheduler.step()


def scaler_steps_first(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()


def epoch_in_order(model, loader, optimizer, scheduler=None):
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        if scheduler is not None:
            scheduler.step()


def passed_to_a_function_in_order(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    epoch_in_order(model, loader, optimizer, StepLR(optimizer, step_size=30))


# ── silent: resumed ───────────────────────────────────────────────────────────────────────────


def schedule_goes_on(model: nn.Module, loader, checkpoint):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    scheduler.load_state_dict(checkpoint["scheduler"])
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        scheduler.step()
        optimizer.step()


def starts_at_a_later_epoch(model: nn.Module, loader, start):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30, last_epoch=start)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        scheduler.step()
        optimizer.step()


# ── silent: other schedulers ──────────────────────────────────────────────────────────────────


def plateau(model: nn.Module, loader, losses):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = ReduceLROnPlateau(optimizer)
    for (x, y), loss in zip(loader, losses):
        scheduler.step(loss)
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def chained(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = schedules.ChainedScheduler([StepLR(optimizer, 10)])
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        scheduler.step()
        optimizer.step()


def schedule_of_another_package(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = CosineWarmup(optimizer)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        scheduler.step()
        optimizer.step()


def epoch_given_by_number(model: nn.Module, loader, epochs):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    for epoch in range(epochs):
        scheduler.step(epoch)  # expect: deprecated-api
        epoch_of(model, loader, optimizer)


# ── silent: steps that cannot be seen ─────────────────────────────────────────────────────────


def epoch_of_another_package(model: nn.Module, loader, epochs):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    train_epoch(model, loader, optimizer)
    for epoch in range(epochs):
        scheduler.step()
        epoch_of(model, loader, optimizer)


def schedule_drawn(steps):
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = StepLR(optimizer, step_size=30)
    rates = []
    for _ in range(steps):
        scheduler.step()
        rates.append(scheduler.get_last_lr()[0])
    return rates


# ── silent: resumed perhaps, in a sequence, in a helper, of another optimizer ─────────────────


class ResumesElsewhere:
    def __init__(self):
        self.net = Net()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)
        self.rate = StepLR(self.optimizer, 3)

    def resume(self, path):
        self.rate.load_state_dict(torch.load(path, map_location="cpu"))

    def epoch(self, loader):
        self.rate.step()
        for x, y in loader:
            self.optimizer.zero_grad()
            F.cross_entropy(self.net(x), y).backward()
            self.optimizer.step()


def resumed_under_a_condition(model: nn.Module, loader, path):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rate = StepLR(optimizer, 3)
    if path:
        rate.load_state_dict(torch.load(path, map_location="cpu"))
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        rate.step()
        optimizer.step()


def wound_forward(model: nn.Module, loader, start):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rate = StepLR(optimizer, 3)
    for _ in range(start):
        rate.step()
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        rate.step()


def one_after_the_other(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rate = schedules.SequentialLR(optimizer, [schedules.LinearLR(optimizer), StepLR(optimizer, 3)], [5])
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        rate.step()
        optimizer.step()


def update(optimizer, scaler):
    scaler.step(optimizer)
    scaler.update()


def scaled_step_in_a_helper(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rate = StepLR(optimizer, 3)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        update(optimizer, scaler)
        rate.step()


def of_one_of_two_optimizers(loader):
    net, other = Net(), Net()
    first, second = optim.SGD(net.parameters(), lr=0.1), optim.SGD(other.parameters(), lr=0.1)
    rate = StepLR(first, 3)
    for x, y in loader:
        first.zero_grad()
        F.cross_entropy(net(x), y).backward()
        first.step()
        rate.step()
        second.zero_grad()
        F.cross_entropy(other(x), y).backward()
        second.step()


def resumed_by_position(model: nn.Module, loader, epoch):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    rate = StepLR(optimizer, 3, 0.1, epoch)
    for x, y in loader:
        rate.step()
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
