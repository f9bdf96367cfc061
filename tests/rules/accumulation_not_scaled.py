import torch
import torch.nn as nn
import torch.nn.functional as F
from accelerate import Accelerator
from losses import combined
from torch import nn as layers
from torch import optim
from torch.optim import AdamW as Updater


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def step_after_every_nth_batch(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: accumulation-not-scaled
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def conventional_names(model, loader, criterion, optimizer, accumulation_steps):
    for i, (inputs, targets) in enumerate(loader):
        loss = criterion(model(inputs), targets)
        loss.backward()  # expect: accumulation-not-scaled
        if (i + 1) % accumulation_steps == 0 or i + 1 == len(loader):
            optimizer.step()
            optimizer.zero_grad()


def under_a_scaler(loader, every=2):
    net = Net()
    optimizer = optim.AdamW(net.parameters())
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    scaler = torch.amp.GradScaler()
    for i, (x, y) in enumerate(loader):
        loss = loss_of(net(x), y)
        scaler.scale(loss).backward()  # expect: accumulation-not-scaled
        if i % every == every - 1:
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()


def sum_of_two_means(model: nn.Module, loader, k):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        out = model(x)
        loss = F.cross_entropy(out, y) + out.pow(2).mean()
        loss.backward()  # expect: accumulation-not-scaled
        if i % (2 * k) == 0:
            optimizer.step()
            optimizer.zero_grad()


def loss_of(model, x, y):
    return F.mse_loss(model(x), y)


def update(optimizer):
    optimizer.step()
    optimizer.zero_grad()


class Trainer:
    def __init__(self, every):
        self.model = Net()
        self.every = every
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def fit(self, loader):
        for i, (x, y) in enumerate(loader):
            loss_of(self.model, x, y).backward()  # expect: accumulation-not-scaled
            if i % self.every == 0:
                update(self.optimizer)


def module_with_a_name_of_its_own(loader, args):
    net = layers.Linear(4, 3)
    updater = Updater(net.parameters())
    measure = layers.MSELoss()
    for step, (x, y) in enumerate(loader):
        error = measure(net(x), y)
        error.backward()  # expect: accumulation-not-scaled
        if (step + 1) % args.accumulate == 0:
            updater.step()
            updater.zero_grad()


def goes_on_with_the_next_batch(model: nn.Module, loader, k):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        F.cross_entropy(model(x), y).backward()  # expect: accumulation-not-scaled
        if (i + 1) % k != 0:
            continue
        optimizer.step()
        optimizer.zero_grad()


def cleared_at_the_start_of_each_group(model: nn.Module, loader, k):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        if i % k == 0:
            optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()  # expect: accumulation-not-scaled
        if i % k == k - 1:
            optimizer.step()


def counted_by_hand(model: nn.Module, loader):
    # The number of batches is in a comparison, which may be about anything.
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    pending = 0
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()  # todo-expect: accumulation-not-scaled
        pending += 1
        if pending == 4:
            optimizer.step()
            optimizer.zero_grad()
            pending = 0


# ── silent: divided or multiplied on its way ──────────────────────────────────────────────────


def divided(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y) / k
        loss.backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def divided_in_place(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y)
        loss /= k
        loss.backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def multiplied_by_a_weight(model: nn.Module, loader, weight, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        (weight * F.cross_entropy(model(x), y)).backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def divided_by_a_method(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        F.cross_entropy(model(x), y).div(k).backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


# ── silent: not a mean, or not known to be one ────────────────────────────────────────────────


def summed(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        F.cross_entropy(model(x), y, reduction="sum").backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def loss_of_another_package(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        combined(model(x), y).backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def loss_of_the_model(model, loader, optimizer, k):
    for i, batch in enumerate(loader):
        loss = model(**batch).loss
        loss.backward()
        if i % k == 0:
            optimizer.step()
            optimizer.zero_grad()


total_loss = nn.MSELoss(reduction="sum")


def summed_by_a_loss_of_the_module_body(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        total_loss(model(x), y).backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


# ── silent: made up for elsewhere ─────────────────────────────────────────────────────────────


def rate_divided(model: nn.Module, loader, group):
    optimizer = optim.SGD(model.parameters(), lr=0.1 / group)
    for i, (x, y) in enumerate(loader):
        F.cross_entropy(model(x), y).backward()
        if (i + 1) % group == 0:
            optimizer.step()
            optimizer.zero_grad()


def scaled_by_a_framework(model: nn.Module, loader, k=4):
    accelerator = Accelerator(gradient_accumulation_steps=k)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    for i, (x, y) in enumerate(loader):
        accelerator.backward(F.cross_entropy(model(x), y))
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


# ── silent: no accumulation ───────────────────────────────────────────────────────────────────


def every_batch(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        F.cross_entropy(model(x), y).backward()
        if i % 1 == 0:
            optimizer.step()
            optimizer.zero_grad()


def generator_in_every_fifth_iteration(loader):
    generator, critic = Net(), nn.Linear(3, 1)
    one = optim.Adam(generator.parameters())
    two = optim.Adam(critic.parameters())
    for i, (x, y) in enumerate(loader):
        two.zero_grad()
        critic(generator(x)).mean().backward()
        two.step()
        if i % 5 == 0:
            one.zero_grad()
            (-critic(generator(x)).mean()).backward()
            one.step()


def cleared_for_every_batch(model: nn.Module, loader, k):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        if i % k == 0:
            optimizer.step()


def logged_in_every_nth_iteration(model: nn.Module, loader, k):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        if i % k == 0:
            print(loss.item())


# ── silent: scaled by backward, by a helper, or not at all ────────────────────────────────────


def gradient_given_to_backward(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y)
        loss.backward(torch.tensor(1.0 / k))
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def gradient_given_by_keyword(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y)
        loss.backward(gradient=torch.full_like(loss, 1 / k))
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def part_of_a_loss(model, x, y, k):
    return F.cross_entropy(model(x), y) / k


def divided_in_a_helper(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        part_of_a_loss(model, x, y, k).backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def summed_by_a_module(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    measure = nn.CrossEntropyLoss(reduction="sum")
    for i, (x, y) in enumerate(loader):
        measure(model(x), y).backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def every_tenth_batch_is_left_out(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        if i % 10 == 0:
            continue
        optimizer.step()


def steps_that_are_left_out(model: nn.Module, loader, k):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        if i % k != 0:
            continue
        optimizer.step()


def stacked_for_one_backward(model: nn.Module, loader, k):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for i, (x, y) in enumerate(loader):
        losses.append(F.cross_entropy(model(x), y))
        if i % k == k - 1:
            optimizer.zero_grad()
            torch.stack(losses).mean().backward()
            optimizer.step()
            losses = []


def summed_by_position(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.MSELoss(False)
    for i, (x, y) in enumerate(loader):
        criterion(model(x), y).backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()


def function_that_sums_by_position(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        F.mse_loss(model(x), y, None, None, "sum").backward()
        if (i + 1) % k == 0:
            optimizer.step()
            optimizer.zero_grad()
