import copy
import itertools

import lightning.pytorch as pl
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from accelerate import Accelerator
from recipes import BaseTrainer, reset_gradients
from torch import nn as layers
from torch import optim
from torch.optim import AdamW as Updater


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(torch.relu(self.backbone(x)))


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def nothing_clears_the_gradients(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def conventional_names_without_annotations(model, loader, criterion, optimizer, device):
    model.train()
    for images, labels in loader:
        images, labels = images.to(device), labels.to(device)
        outputs = model(images)
        loss = criterion(outputs, labels)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def cleared_once_per_epoch_and_stepped_per_batch(loader, epochs=3):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for epoch in range(epochs):
        optimizer.zero_grad()
        for x, y in loader:
            loss = F.cross_entropy(net(x), y)
            loss.backward()  # expect: missing-zero-grad
            optimizer.step()


def cleared_once_before_the_loop(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()  # expect: missing-zero-grad
        optimizer.step()


def continue_skips_the_reset(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()
        if loss < 0.1:
            continue
        model.zero_grad()


def cleared_every_tenth_batch_but_stepped_in_each(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for i, (x, y) in enumerate(loader):
        if i % 10 == 0:
            optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def stepped_through_an_alias(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    opt = optimizer
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        opt.step()


def build():
    model = Net()
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    return model, optimizer


def model_and_optimizer_from_one_call(loader):
    model, optimizer = build()
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def accuracy(output, target, ks=(1,)):
    with torch.no_grad():
        _, predicted = output.topk(max(ks), 1, True, True)
        predicted = predicted.t()
        correct = predicted.eq(target.view(1, -1).expand_as(predicted))
        return [correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / target.size(0)) for k in ks]


def metrics_are_computed_before_the_step(model, loader, criterion, optimizer):
    model.train()
    for x, y in loader:
        output = model(x)
        loss = criterion(output, y)
        first, fifth = accuracy(output, y, ks=(1, 5))
        print(first[0], fifth[0])
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def while_loop_over_steps(model: nn.Module, loader, steps=10):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    batches = itertools.cycle(loader)
    step = 0
    while step < steps:
        x, y = next(batches)
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()
        step += 1


def another_module_is_cleared(loader):
    student, teacher = Net(), Net()
    optimizer = optim.SGD(student.parameters(), lr=0.1)
    for x, _ in loader:
        with torch.no_grad():
            wanted = teacher(x)
        loss = F.mse_loss(student(x), wanted)
        teacher.zero_grad()
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def one_of_two_optimizers_is_never_cleared(loader):
    actor, critic = Net(), Net()
    actor_optimizer = optim.Adam(actor.parameters(), lr=1e-3)
    critic_optimizer = optim.Adam(critic.parameters(), lr=1e-3)
    for states, actions in loader:
        actor_optimizer.zero_grad()
        actor_loss = F.cross_entropy(actor(states), actions)
        actor_loss.backward()
        actor_optimizer.step()

        critic_loss = critic(states).pow(2).mean()
        critic_loss.backward()  # expect: missing-zero-grad
        critic_optimizer.step()


def parameter_groups_of_one_model(loader):
    model = Net()
    optimizer = optim.SGD(
        [
            {"params": model.backbone.parameters(), "lr": 1e-4},
            {"params": model.head.parameters()},
        ],
        lr=1e-2,
    )
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def scaled_loss_of_mixed_precision(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        with torch.autocast(x.device.type):
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss).backward()  # expect: missing-zero-grad
        scaler.step(optimizer)
        scaler.update()


def phases_of_one_loop(model, loaders, criterion, optimizer):
    for phase in ["train", "val"]:
        model.train(phase == "train")
        for x, y in loaders[phase]:
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(model(x), y)
                if phase == "train":
                    loss.backward()  # expect: missing-zero-grad
                    optimizer.step()


class Trainer:
    def __init__(self, lr):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=lr)
        self.criterion = nn.CrossEntropyLoss()

    def fit(self, loader):
        self.model.train()
        for x, y in loader:
            loss = self.criterion(self.model(x), y)
            loss.backward()  # expect: missing-zero-grad
            self.optimizer.step()


class TrainerWithAStepMethod:
    def __init__(self):
        self.net = Net()
        self.opt = optim.SGD(self.net.parameters(), lr=0.1)

    def train_step(self, x, y):
        loss = F.cross_entropy(self.net(x), y)
        loss.backward()  # expect: missing-zero-grad
        self.opt.step()
        return loss.item()

    def fit(self, loader):
        total = 0.0
        for x, y in loader:
            total += self.train_step(x, y)
        return total


def train_step(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss.item()


def helper_holds_backward_and_step(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        train_step(model, optimizer, x, y)


def apply_gradients(optimizer):
    optimizer.step()


def helper_holds_only_the_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        apply_gradients(optimizer)


def nested_function_holds_the_forward_pass(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def compute_loss(x, y):
        return F.cross_entropy(model(x), y)

    for x, y in loader:
        loss = compute_loss(x, y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def names_of_their_own(loader):
    net = layers.Linear(4, 3)
    updater = Updater(net.parameters())
    for x, y in loader:
        th.nn.functional.cross_entropy(net(x), y).backward()  # expect: missing-zero-grad
        updater.step()


def compute(net, x, y):
    loss = F.cross_entropy(net(x), y)
    loss.backward()
    return loss


def backward_and_step_in_two_helpers(loader):
    net = Net()
    updater = Updater(net.parameters())
    for x, y in loader:
        compute(net, x, y)  # expect: missing-zero-grad
        apply_gradients(updater)


def backward_of_the_autograd_module(loader):
    net = Net()
    updater = Updater(net.parameters())
    for x, y in loader:
        torch.autograd.backward(F.cross_entropy(net(x), y))  # expect: missing-zero-grad
        updater.step()


# ── silent: cleared somewhere in the iteration ────────────────────────────────────────────────


def reset_at_the_top(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def reset_at_the_bottom(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def reset_between_forward_and_backward(model, loader, criterion, optimizer):
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def module_clears_instead_of_the_optimizer(loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for x, y in loader:
        net.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def unannotated_model_clears(model, loader, criterion, optimizer):
    for x, y in loader:
        model.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def early_continue_before_the_forward_pass(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        if len(x) < 2:
            continue
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        if not torch.isfinite(loss):
            continue
        loss.backward()
        optimizer.step()


def reset_in_finally(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        try:
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        finally:
            optimizer.zero_grad()


def reset_inside_a_with_block(model: nn.Module, loader, timer):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        with timer:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
        with timer:
            loss.backward()
            optimizer.step()


def clear(optimizer):
    optimizer.zero_grad()


def helper_clears(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        clear(optimizer)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def step_and_clear(optimizer):
    optimizer.step()
    optimizer.zero_grad()


def helper_steps_and_clears(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        step_and_clear(optimizer)


class TrainerThatClearsInAnotherMethod:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = optim.SGD(model.parameters(), lr=lr)

    def prepare(self):
        self.optimizer.zero_grad()

    def update(self, loss):
        loss.backward()
        self.optimizer.step()

    def fit(self, loader):
        for x, y in loader:
            self.prepare()
            self.update(F.cross_entropy(self.model(x), y))


def phases_of_one_loop_with_reset(model, loaders, criterion, optimizer):
    for phase in ["train", "val"]:
        if phase == "train":
            model.train()
        else:
            model.eval()
        for x, y in loaders[phase]:
            optimizer.zero_grad()
            with torch.set_grad_enabled(phase == "train"):
                loss = criterion(model(x), y)
                if phase == "train":
                    loss.backward()
                    optimizer.step()


# ── silent: accumulation over several batches ─────────────────────────────────────────────────


def accumulation_with_step_and_reset_under_one_condition(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y) / k
        loss.backward()
        if (i + 1) % k == 0:
            optimizer.step()
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


def accumulation_that_clears_at_the_start_of_each_group(model, loader, criterion, optimizer, k):
    for i, (x, y) in enumerate(loader):
        if i % k == 0:
            optimizer.zero_grad()
        loss = criterion(model(x), y) / k
        loss.backward()
        if (i + 1) % k == 0:
            optimizer.step()


def accumulation_under_a_scaler(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for i, (x, y) in enumerate(loader):
        with torch.autocast(x.device.type):
            loss = F.cross_entropy(model(x), y) / k
        scaler.scale(loss).backward()
        if (i + 1) % k == 0:
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad()


def one_step_after_the_whole_loop(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    optimizer.zero_grad()
    for x, y in loader:
        loss = F.cross_entropy(model(x), y) / len(loader)
        loss.backward()
    optimizer.step()


def microbatches_in_an_inner_loop(model: nn.Module, loader, k=4):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        for part, target in zip(x.chunk(k), y.chunk(k)):
            loss = F.cross_entropy(model(part), target) / k
            loss.backward()
        optimizer.step()


def two_losses_of_one_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        model(-x).pow(2).mean().backward()
        optimizer.step()


# ── silent: gradients cleared or made by hand ─────────────────────────────────────────────────


def gradients_set_to_none_by_hand(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        for p in model.parameters():
            p.grad = None
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def gradients_zeroed_through_the_groups(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad.zero_()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def gradients_from_autograd_grad(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    parameters = list(model.parameters())
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = g
        optimizer.step()


def closure_of_lbfgs(model: nn.Module, x, y):
    optimizer = optim.LBFGS(model.parameters(), lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(20):
        optimizer.step(closure)


def descent_without_an_optimizer(steps=10, lr=0.1):
    w = torch.zeros(3, requires_grad=True)
    for _ in range(steps):
        loss = (w - 1).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
        w.grad.zero_()


# ── silent: several optimizers, each cleared before its own next backward ─────────────────────


def generator_and_discriminator(loader, latent=4):
    generator, discriminator = Net(), nn.Linear(3, 1)
    optimizer_g = optim.Adam(generator.parameters(), lr=2e-4)
    optimizer_d = optim.Adam(discriminator.parameters(), lr=2e-4)
    criterion = nn.BCEWithLogitsLoss()
    for real, _ in loader:
        ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)

        optimizer_d.zero_grad()
        fake = generator(torch.randn(len(real), latent))
        real_loss = criterion(discriminator(real[:, :3]), ones)
        fake_loss = criterion(discriminator(fake.detach()), zeros)
        (real_loss + fake_loss).backward()
        optimizer_d.step()

        optimizer_g.zero_grad()
        criterion(discriminator(fake), ones).backward()
        optimizer_g.step()


def discriminator_cleared_as_a_module(real_batches, latent=4):
    netG, netD = Net(), nn.Linear(3, 1)
    optG = optim.Adam(netG.parameters(), lr=2e-4)
    optD = optim.Adam(netD.parameters(), lr=2e-4)
    criterion = nn.BCEWithLogitsLoss()
    for real in real_batches:
        netD.zero_grad()
        label = torch.ones(len(real), 1)
        criterion(netD(real), label).backward()
        fake = netG(torch.randn(len(real), latent))
        criterion(netD(fake.detach()), 1 - label).backward()
        optD.step()

        netG.zero_grad()
        criterion(netD(fake), label).backward()
        optG.step()


def actor_and_critic_share_a_loss(loader):
    actor, critic = Net(), Net()
    actor_optimizer = optim.Adam(actor.parameters(), lr=1e-3)
    critic_optimizer = optim.Adam(critic.parameters(), lr=1e-3)
    for states, actions in loader:
        values = critic(states).mean(dim=1)
        policy = F.cross_entropy(actor(states), actions, reduction="none")
        loss = (policy * values.detach()).mean() + values.pow(2).mean()
        actor_optimizer.zero_grad()
        critic_optimizer.zero_grad()
        loss.backward()
        actor_optimizer.step()
        critic_optimizer.step()


# ── silent: nothing is used twice ─────────────────────────────────────────────────────────────


def single_step_without_a_loop(model: nn.Module, x, y):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()


def new_model_and_optimizer_in_each_iteration(x, y):
    for lr in (0.1, 0.01, 0.001):
        model = Net()
        optimizer = optim.SGD(model.parameters(), lr=lr)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()


def copy_adapted_in_each_iteration(model: nn.Module, tasks):
    for x, y in tasks:
        learner = copy.deepcopy(model)
        optimizer = optim.SGD(learner.parameters(), lr=0.1)
        F.cross_entropy(learner(x), y).backward()
        optimizer.step()


def backward_only_to_look_at_gradients(model: nn.Module, loader):
    norms = []
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        norms.append(sum(p.grad.norm().item() for p in model.parameters()))
    return norms


def only_the_scheduler_steps(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        scheduler.step()


# ── silent: code that cannot be seen may clear ────────────────────────────────────────────────


def helper_that_cannot_be_seen(model: nn.Module, loader, finish):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        finish(optimizer)


def imported_helper_gets_the_model(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        reset_gradients(model)
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def engine_that_clears_by_itself(engine, loader, criterion):
    for x, y in loader:
        loss = criterion(engine(x), y)
        engine.backward(loss)
        engine.step()


def accelerator_loop(model: nn.Module, loader):
    accelerator = Accelerator(gradient_accumulation_steps=2)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    for x, y in loader:
        with accelerator.accumulate(model):
            loss = F.cross_entropy(model(x), y)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()


class LightningNet(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self.net(x), y)

    def configure_optimizers(self):
        return optim.Adam(self.parameters(), lr=1e-3)


class ClearsThroughABaseThatCannotBeSeen(BaseTrainer):
    def run(self, loader):
        for x, y in loader:
            self.before_batch()
            loss = F.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()


# ── a script calls its functions with concrete objects ────────────────────────────────────────


def train(model, loader, optimizer):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def main():
    data = [(torch.randn(8, 4), torch.randint(3, (8,))) for _ in range(4)]
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    train(model, data, optimizer)


if __name__ == "__main__":
    main()


# ── returns in finally ────────────────────────────────────────────────────────────────────────


def finally_that_returns(model: nn.Module, data):
    try:
        model(data)
        return False
    except TypeError:
        return True
    finally:
        return False


# ── more ways to clear ────────────────────────────────────────────────────────────────────────


def set_to_none_after_the_step(loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for x, y in loader:
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
        for group in optimizer.param_groups:
            for p in group["params"]:
                p.grad = None


def clear_gradients_of(net):
    for p in net.parameters():
        if p.grad is not None:
            p.grad.detach_()
            p.grad.zero_()


def cleared_by_hand_in_a_helper(loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for x, y in loader:
        clear_gradients_of(net)
        F.cross_entropy(net(x), y).backward()
        optimizer.step()


def gradient_of_the_only_tensor(x):
    w = torch.zeros(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    for _ in range(100):
        ((w - x) ** 2).sum().backward()
        optimizer.step()
        w.grad = None


def gradient_of_the_only_tensor_zeroed(x):
    w = torch.zeros(3, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    for _ in range(100):
        ((w - x) ** 2).sum().backward()
        optimizer.step()
        w.grad.zero_()


def accumulation_counted_by_hand(loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    pending = 0
    for x, y in loader:
        (F.cross_entropy(net(x), y) / 2).backward()
        pending += 1
        if pending == 2:
            optimizer.step()
            optimizer.zero_grad()
            pending = 0


def accumulation_that_goes_on_early(loader, k):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for i, (x, y) in enumerate(loader):
        (F.cross_entropy(net(x), y) / k).backward()
        if (i + 1) % k != 0:
            continue
        optimizer.step()
        optimizer.zero_grad()


def optimizers_of_a_dict(loader, parts):
    optimizers = {name: optim.Adam(part.parameters()) for name, part in parts.items()}
    for x, y in loader:
        for name, part in parts.items():
            optimizers[name].zero_grad()
            F.cross_entropy(part(x), y).backward()
            optimizers[name].step()


def cleared_by_a_function_that_is_given_a_list(loader, clear_all):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for x, y in loader:
        clear_all([optimizer])
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
