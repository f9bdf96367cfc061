import torch
import torch.nn as nn
import torch.nn.functional as F
from recipes import compute_gradients
from torch import nn as layers
from torch import optim
from torch.nn import utils
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils import clip_grad_value_ as clip_values
from torch.optim import AdamW as Updater


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def clipped_after_the_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        clip_grad_norm_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced


def clipped_before_backward(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced
        loss.backward()
        optimizer.step()


def values_clipped_before_backward(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        clip_values(model.parameters(), 0.5)  # expect: gradient-clip-misplaced
        loss.backward()
        optimizer.step()


def clipped_while_scaled(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced
        scaler.step(optimizer)
        scaler.update()


def clip(model):
    clip_grad_norm_(model.parameters(), 1.0)


def helper_clips_after_the_step(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
        clip(net)  # expect: gradient-clip-misplaced


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def step(self, x, y):
        self.optimizer.zero_grad()
        F.cross_entropy(self.model(x), y).backward()
        self.optimizer.step()
        norm = clip_grad_norm_(self.model.parameters(), 1.0)  # expect: gradient-clip-misplaced
        return norm


def second_name_for_the_model(loader):
    net = layers.Linear(4, 3)
    model = net
    updater = Updater(net.parameters())
    for x, y in loader:
        updater.zero_grad()
        F.cross_entropy(net(x), y).backward()
        updater.step()
        utils.clip_grad_value_(model.parameters(), 1.0)  # expect: gradient-clip-misplaced


def through_the_groups_of_the_optimizer(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)  # expect: gradient-clip-misplaced
        loss.backward()
        optimizer.step()


def over_several_lines(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cuda")
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(net(x), y)).backward()
        clip_grad_norm_(  # expect: gradient-clip-misplaced
            net.parameters(),
            1.0,  # the limit
        )
        scaler.step(optimizer)
        scaler.update()


# ── silent: between backward and step ─────────────────────────────────────────────────────────


def in_order(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def unscaled_first(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(model(x), y)).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()


def accumulated(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        (F.cross_entropy(model(x), y) / k).backward()
        if (i + 1) % k == 0:
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()


def one_clip_for_each_network(loader):
    actor, critic = Net(), Net()
    one = optim.SGD(actor.parameters(), lr=0.1)
    two = optim.SGD(critic.parameters(), lr=0.1)
    for x, y in loader:
        one.zero_grad()
        F.cross_entropy(actor(x), y).backward()
        clip_grad_norm_(actor.parameters(), 1.0)
        one.step()
        two.zero_grad()
        F.cross_entropy(critic(x), y).backward()
        clip_grad_norm_(critic.parameters(), 1.0)
        two.step()


# ── silent: the order is not known ────────────────────────────────────────────────────────────


def gradients_of_a_helper_that_cannot_be_seen(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        compute_gradients(F.cross_entropy(model(x), y))
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()


def clipped_for_the_caller(model, optimizer):
    clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def clip_and_step(model, optimizer):
    clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def helper_clips_inside(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        clip_and_step(net, optimizer)


# ── silent: only measured ─────────────────────────────────────────────────────────────────────


def norm_is_logged_after_the_step(loader, log):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
        log(clip_grad_norm_(net.parameters(), float("inf")))


def norm_is_measured_while_scaled(loader, log):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cuda")
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(net(x), y)).backward()
        log(clip_grad_norm_(net.parameters(), max_norm=torch.inf))
        scaler.step(optimizer)
        scaler.update()


# ── silent: in order, or nobody knows ─────────────────────────────────────────────────────────


def unscaled_under_a_condition(loader, limit, scaler):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        scaler.scale(F.cross_entropy(net(x), y)).backward()
        if limit:
            scaler.unscale_(optimizer)
            clip_grad_norm_(net.parameters(), limit)
        scaler.step(optimizer)
        scaler.update()


def two_steps_in_one_iteration(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        F.cross_entropy(net(x * 2), y).backward()
        clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()


def each_with_a_scaler_of_its_own(loader, make, combine):
    world, *_, actor = make()
    world_optimizer = optim.Adam(world.parameters())
    actor_optimizer = optim.Adam(actor.parameters())
    world_loss, actor_loss = combine(world), combine(actor, world)
    world_scaler, actor_scaler = torch.amp.GradScaler(), torch.amp.GradScaler()
    for x in loader:
        world_optimizer.zero_grad()
        world_scaler.scale(world_loss(x)["loss"]).backward()
        world_scaler.unscale_(world_optimizer)
        nn.utils.clip_grad_norm_(world.parameters(), 1.0)
        world_scaler.step(world_optimizer)
        world_scaler.update()
        actor_optimizer.zero_grad()
        actor_scaler.scale(actor_loss(x)["loss"]).backward()
        nn.utils.clip_grad_norm_(actor.parameters(), 1.0)  # expect: gradient-clip-misplaced
        actor_scaler.step(actor_optimizer)
        actor_scaler.update()
