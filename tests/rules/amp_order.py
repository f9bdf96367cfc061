import torch
import torch.nn as nn
import torch.nn.functional as F
from recipes import finish
from torch import amp, optim
from torch import nn as layers
from torch.amp import GradScaler
from torch.amp import GradScaler as Scaler
from torch.optim import AdamW as Updater


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def optimizer_steps_past_the_scaler(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler("cuda")
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        optimizer.step()  # expect: amp-order
        scaler.update()


def update_forgotten(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = amp.GradScaler("cuda")
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        scaler.step(optimizer)  # expect: amp-order


def loss_never_scaled(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        scaler.step(optimizer)  # expect: amp-order
        scaler.update()


def unscaled_twice(model: nn.Module, x, y):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    scaler.scale(F.cross_entropy(model(x), y)).backward()
    scaler.unscale_(optimizer)
    scaler.unscale_(optimizer)  # expect: amp-order
    scaler.step(optimizer)
    scaler.update()


def unscaled_after_the_step(model: nn.Module, x, y):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    scaler.scale(F.cross_entropy(model(x), y)).backward()
    scaler.step(optimizer)
    scaler.unscale_(optimizer)  # expect: amp-order
    scaler.update()


def backward_inside_autocast(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        with amp.autocast("cuda"):
            loss = F.cross_entropy(model(x), y)
            loss.backward()  # expect: amp-order
        optimizer.step()


def apply(optimizer):
    optimizer.step()


def helper_steps_past_the_scaler(model: nn.Module, x, y):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    scaler.scale(F.cross_entropy(model(x), y)).backward()
    apply(optimizer)  # expect: amp-order


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.scaler = GradScaler()

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x), y)
        self.scaler.scale(loss).backward()
        self.optimizer.step()  # expect: amp-order
        self.scaler.update()


def second_name_for_the_scaler(loader):
    net = layers.Linear(4, 3)
    updater = Updater(net.parameters())
    scaler = Scaler("cuda")
    same = scaler
    for x, y in loader:
        updater.zero_grad()
        with torch.autocast("cuda"):
            loss = F.cross_entropy(net(x), y)
        same.scale(loss).backward()
        updater.step()  # expect: amp-order


def scaled_backward_inside_autocast(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = Scaler("cuda")
    for x, y in loader:
        optimizer.zero_grad()
        with amp.autocast("cuda"):
            loss = F.cross_entropy(model(x), y)
            scaler.scale(loss).backward()  # expect: amp-order
        scaler.step(optimizer)
        scaler.update()


def step_of(model, optimizer, scaler, x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    scaler.step(optimizer)  # expect: amp-order
    scaler.update()


def never_scaled_in_a_helper(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = Scaler("cuda")
    for x, y in loader:
        step_of(model, optimizer, scaler, x, y)


# ── silent: in order ──────────────────────────────────────────────────────────────────────────


def in_order(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()


def accumulated(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    for i, (x, y) in enumerate(loader):
        scaler.scale(F.cross_entropy(model(x), y) / k).backward()
        if (i + 1) % k == 0:
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()


def two_optimizers_and_one_update(loader):
    first, second = Net(), Net()
    one = optim.SGD(first.parameters(), lr=0.1)
    two = optim.SGD(second.parameters(), lr=0.1)
    scaler = GradScaler()
    for x, y in loader:
        one.zero_grad()
        two.zero_grad()
        scaler.scale(F.cross_entropy(first(x), y) + F.cross_entropy(second(x), y)).backward()
        scaler.step(one)
        scaler.step(two)
        scaler.update()


def with_and_without_a_scaler(model: nn.Module, loader, use_amp):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        if use_amp:
            scaler.scale(loss).backward()
        else:
            loss.backward()
        if use_amp:
            scaler.step(optimizer)
            scaler.update()
        else:
            optimizer.step()


def unscaled_by_hand(model: nn.Module, x, y):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    scaler.scale(F.cross_entropy(model(x), y)).backward()
    scaler.unscale_(optimizer)
    optimizer.step()
    scaler.update()


# ── silent: disabled, out of sight ────────────────────────────────────────────────────────────


def disabled_by_construction(model: nn.Module, x, y):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler(enabled=False)
    scaler.scale(F.cross_entropy(model(x), y)).backward()
    optimizer.step()


def autocast_disabled(model: nn.Module, x, y):
    with torch.autocast("cuda", enabled=False):
        F.cross_entropy(model(x), y).backward()


def finished_by_a_helper_that_cannot_be_seen(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        scaler.step(optimizer)
        finish(scaler, optimizer)


# ── silent: on or off by an option, several losses, a decorated forward pass ──────────────────


class SwitchedByAnOption:
    def __init__(self, use_amp):
        self.net = Net()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)
        self.scaler = Scaler("cuda", enabled=use_amp)
        self.use_amp = use_amp

    def step(self, x, y):
        self.optimizer.zero_grad()
        with amp.autocast("cuda", enabled=self.use_amp):
            loss = F.cross_entropy(self.net(x), y)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()


def none_without_amp(model: nn.Module, loader, use_amp):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = Scaler("cuda") if use_amp else None
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        if scaler is not None:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss.backward()
            optimizer.step()


def truth_of_the_scaler(model: nn.Module, loader, use_amp):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = Scaler("cuda") if use_amp else None
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        if scaler:
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
        else:
            loss.backward()
            optimizer.step()


def two_losses_of_one_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = Scaler("cuda")
    for x, y in loader:
        optimizer.zero_grad()
        out = model(x)
        scaler.scale(F.cross_entropy(out, y)).backward(retain_graph=True)
        scaler.scale(out.pow(2).mean()).backward()
        scaler.step(optimizer)
        scaler.update()


@torch.autocast("cuda")
def forward(model, x, y):
    return F.cross_entropy(model(x), y)


def autocast_around_the_forward_pass_alone(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        forward(model, x, y).backward()
        optimizer.step()


def autocast_that_is_off(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        with torch.cuda.amp.autocast(False):  # expect: deprecated-api
            F.cross_entropy(model(x), y).backward()
        with torch.autocast("cuda", torch.half, False):
            F.cross_entropy(model(x), y).backward()
        optimizer.step()
