import torch
import torch as th
import torch.nn.functional as F
from recipes import project_gradients
from torch import nn, optim
from torch import nn as layers
from torch.optim import AdamW as Updater


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(torch.relu(self.encoder(x)))


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def cleared_just_before_the_step(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
        optimizer.step()


def conventional_names_without_annotations(model, loader, criterion, optimizer):
    for inputs, targets in loader:
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
        optimizer.step()


def module_clears_what_backward_made(loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for x, y in loader:
        F.cross_entropy(net(x), y).backward()
        net.zero_grad()  # expect: zero-grad-between-backward-and-step
        optimizer.step()


def cleared_without_a_loop(model: nn.Module, x, y):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.zero_grad(set_to_none=True)  # expect: zero-grad-between-backward-and-step
    optimizer.step()


def cleared_through_an_alias(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    opt = optimizer
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.zero_grad()  # expect: zero-grad-between-backward-and-step
        optimizer.step()


def cleared_after_clipping(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
        optimizer.step()


def cleared_under_a_scaler(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        with torch.autocast(x.device.type):
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
        scaler.step(optimizer)
        scaler.update()


def clear(optimizer):
    optimizer.zero_grad()


def helper_clears_before_the_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        clear(optimizer)  # expect: zero-grad-between-backward-and-step
        optimizer.step()


def build():
    model = Net()
    return model, optim.SGD(model.parameters(), lr=0.1)


def model_and_optimizer_from_one_call(loader):
    model, optimizer = build()
    step = 0
    while step < 10:
        for x, y in loader:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
            optimizer.step()
            step += 1


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def train_step(self, x, y):
        loss = F.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
        self.optimizer.step()
        return loss.item()


def only_one_of_two_optimizers_is_cleared_too_late(loader):
    actor, critic = Net(), Net()
    actor_optimizer = optim.Adam(actor.parameters(), lr=1e-3)
    critic_optimizer = optim.Adam(critic.parameters(), lr=1e-3)
    for states, actions in loader:
        actor_optimizer.zero_grad()
        F.cross_entropy(actor(states), actions).backward()
        actor_optimizer.step()

        critic(states).pow(2).mean().backward()
        critic_optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
        critic_optimizer.step()


def phases_of_one_loop(model, loaders, criterion, optimizer):
    for phase in ["train", "val"]:
        model.train(phase == "train")
        for x, y in loaders[phase]:
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(model(x), y)
            if phase == "train":
                loss.backward()
                optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
                optimizer.step()


def second_name_for_the_model(loader):
    net = layers.Linear(4, 3)
    model = net
    updater = Updater(net.parameters())
    for x, y in loader:
        th.nn.functional.cross_entropy(net(x), y).backward()
        model.zero_grad(set_to_none=True)  # expect: zero-grad-between-backward-and-step
        updater.step()


def all_on_one_line(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        loss.backward(); optimizer.zero_grad(); optimizer.step()  # fmt: skip  # expect: zero-grad-between-backward-and-step


def clear_and_step(optimizer):
    optimizer.zero_grad()  # expect: zero-grad-between-backward-and-step
    optimizer.step()  # expect: step-before-backward


def helper_clears_and_steps(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(net(x), y).backward()
        clear_and_step(optimizer)


# ── silent: cleared at another time ───────────────────────────────────────────────────────────


def cleared_at_the_top(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def cleared_between_forward_and_backward(model, loader, criterion, optimizer):
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def cleared_before_and_after(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        model.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def cleared_in_finally_after_the_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        try:
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        finally:
            optimizer.zero_grad()


def accumulation_with_two_separate_conditions(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y) / k
        loss.backward()
        if (i + 1) % k == 0:
            optimizer.step()
        if (i + 1) % k == 0:
            optimizer.zero_grad()


def incomplete_accumulation_is_dropped_at_the_end_of_the_epoch(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        for i, (x, y) in enumerate(loader):
            loss = F.cross_entropy(model(x), y) / k
            loss.backward()
            if (i + 1) % k == 0:
                optimizer.step()
                optimizer.zero_grad()
        optimizer.zero_grad()


# ── silent: another backward follows before the step ──────────────────────────────────────────


def gradient_norm_measured_first(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), float("inf")).item()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y) / max(norm, 1.0)
        loss.backward()
        optimizer.step()


def sharpness_aware_minimization(model: nn.Module, loader, rho=0.05):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        shifts = []
        with torch.no_grad():
            for p in model.parameters():
                shift = rho * p.grad
                p.add_(shift)
                shifts.append(shift)
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        with torch.no_grad():
            for p, shift in zip(model.parameters(), shifts):
                p.sub_(shift)
        optimizer.step()
        optimizer.zero_grad()


def broken_batch_is_dropped_and_skipped(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if not torch.isfinite(norm):
            optimizer.zero_grad()
            continue
        optimizer.step()
        optimizer.zero_grad()


def broken_gradients_are_dropped_on_one_branch_only(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        if not torch.isfinite(norm):
            optimizer.zero_grad()
        optimizer.step()


# ── silent: the gradients of somebody else ────────────────────────────────────────────────────


def other_optimizer_is_cleared(loader):
    first, second = Net(), Net()
    first_optimizer = optim.SGD(first.parameters(), lr=0.1)
    second_optimizer = optim.SGD(second.parameters(), lr=0.1)
    for x, y in loader:
        first_optimizer.zero_grad()
        F.cross_entropy(first(x), y).backward()
        second_optimizer.zero_grad()
        first_optimizer.step()
        F.cross_entropy(second(x), y).backward()
        second_optimizer.step()


def discriminator_drops_what_the_generator_left(real_batches, latent=4):
    generator, discriminator = Net(), nn.Linear(3, 1)
    optimizer_g = optim.Adam(generator.parameters(), lr=2e-4)
    optimizer_d = optim.Adam(discriminator.parameters(), lr=2e-4)
    criterion = nn.BCEWithLogitsLoss()
    for real in real_batches:
        label = torch.ones(len(real), 1)

        optimizer_g.zero_grad()
        fake = generator(torch.randn(len(real), latent))
        criterion(discriminator(fake), label).backward()
        optimizer_d.zero_grad()
        optimizer_g.step()

        loss = criterion(discriminator(real), label) + criterion(discriminator(fake.detach()), 1 - label)
        loss.backward()
        optimizer_d.step()


def teacher_is_cleared(loader):
    student, teacher = Net(), Net()
    optimizer = optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        optimizer.zero_grad()
        with torch.no_grad():
            wanted = teacher(x)
        F.mse_loss(student(x), wanted).backward()
        teacher.zero_grad()
        optimizer.step()


# ── silent: gradients written by hand, or by code that cannot be seen ─────────────────────────


def saved_gradients_are_put_back(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        saved = [p.grad.clone() for p in model.parameters()]
        optimizer.zero_grad()
        for p, grad in zip(model.parameters(), saved):
            p.grad = grad.sign()
        optimizer.step()
        optimizer.zero_grad()


def gradients_projected_by_an_imported_helper(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        saved = [p.grad.clone() for p in model.parameters()]
        optimizer.zero_grad()
        project_gradients(model, saved)
        optimizer.step()
        optimizer.zero_grad()


def cleared_by_a_function_that_only_holds_the_optimizer(optimizer):
    optimizer.zero_grad()
    return optimizer


def closure_clears_before_its_backward(model: nn.Module, x, y):
    optimizer = optim.LBFGS(model.parameters())

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(5):
        optimizer.step(closure)


def one_of_two_steps_is_cleared_before_the_other(loader):
    body, head = Net(), nn.Linear(3, 2)
    first, second = optim.SGD(body.parameters(), lr=0.1), optim.SGD(head.parameters(), lr=0.1)
    for x, y in loader:
        first.zero_grad()
        second.zero_grad()
        F.cross_entropy(head(body(x)), y).backward()
        second.step()
        second.zero_grad()
        first.step()
