import torch
import torch.nn as nn
import torch.nn.functional as F
from accelerate import Accelerator
from recipes import BaseAgent, compute_gradients
from torch import nn as layers
from torch import optim
from torch.optim import AdamW as Updater


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)

    def loss(self, x, y):
        return F.cross_entropy(self(x), y)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def step_and_backward_swapped(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        optimizer.step()  # expect: step-before-backward
        loss.backward()


def backward_forgotten(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        optimizer.step()  # expect: step-before-backward
        print(loss.item())


def conventional_names_without_annotations(model, loader, criterion, optimizer):
    model.train()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        optimizer.step()  # expect: step-before-backward
        loss.backward()


def module_clears_and_the_step_comes_first(loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for x, y in loader:
        net.zero_grad()
        loss = net.loss(x, y)
        optimizer.step()  # expect: step-before-backward
        loss.backward()


def swapped_and_cleared_at_the_bottom(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.step()  # expect: step-before-backward
        loss.backward()
        optimizer.zero_grad()


def scaler_steps_without_backward(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler()
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast(x.device.type):
            loss = F.cross_entropy(model(x), y)
        scaler.scale(loss)
        scaler.step(optimizer)  # expect: step-before-backward
        scaler.update()


def backward_reaches_other_parameters(loader):
    student, teacher = Net(), Net()
    optimizer = optim.SGD(student.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        teacher_loss = F.cross_entropy(teacher(x), y)
        teacher_loss.backward()
        optimizer.step()  # expect: step-before-backward


def second_optimizer_steps_too_early(loader):
    actor, critic = Net(), Net()
    actor_optimizer = optim.Adam(actor.parameters(), lr=1e-3)
    critic_optimizer = optim.Adam(critic.parameters(), lr=1e-3)
    for states, actions in loader:
        actor_optimizer.zero_grad()
        critic_optimizer.zero_grad()
        actor_loss = F.cross_entropy(actor(states), actions)
        critic_loss = critic(states).pow(2).mean()
        actor_loss.backward()
        actor_optimizer.step()
        critic_optimizer.step()  # expect: step-before-backward
        critic_loss.backward()


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)

    def train_step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.model.loss(x, y)
        self.optimizer.step()  # expect: step-before-backward
        loss.backward()
        return loss.item()


def apply_gradients(optimizer):
    optimizer.step()


def helper_steps_before_backward(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        apply_gradients(optimizer)  # expect: step-before-backward
        loss.backward()


def build():
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    return model, optimizer


def swapped_in_a_while_loop(batches):
    model, optimizer = build()
    opt = optimizer
    while batches:
        x, y = batches.pop()
        opt.zero_grad()
        loss = F.cross_entropy(model(x), y)
        opt.step()  # expect: step-before-backward
        loss.backward()


def second_name_for_the_optimizer(loader):
    net = layers.Linear(4, 3)
    updater = Updater(net.parameters())
    same = updater
    for x, y in loader:
        updater.zero_grad()
        error = F.cross_entropy(net(x), y)
        same.step()  # expect: step-before-backward
        error.backward()


def step_between_the_forward_pass_and_backward(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()  # expect: step-before-backward


def batch_in_the_wrong_order(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()  # expect: step-before-backward


def epochs_of_batches(loader):
    net = Net()
    optimizer = optim.Adam(net.parameters())
    for _ in range(3):
        for x, y in loader:
            batch_in_the_wrong_order(net, optimizer, x, y)


def generator_judged_by_weights_that_are_gone(generator: nn.Module, critic: nn.Module, loader):
    of_generator, of_critic = optim.Adam(generator.parameters()), optim.Adam(critic.parameters())
    for x in loader:
        fake = generator(torch.randn(8, 4))
        loss = critic(fake.detach()).mean() - critic(x).mean()
        fooled = -critic(fake).mean()
        of_critic.zero_grad()
        loss.backward()
        of_critic.step()
        of_generator.zero_grad()
        fooled.backward()  # expect: step-before-backward
        of_generator.step()


# ── silent: the step comes in time ────────────────────────────────────────────────────────────


def clears_and_steps_before_the_forward_pass(model: nn.Module, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.step()
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()


def judged_anew(generator: nn.Module, critic: nn.Module, loader):
    of_generator, of_critic = optim.Adam(generator.parameters()), optim.Adam(critic.parameters())
    for x in loader:
        fake = generator(torch.randn(8, 4))
        of_critic.zero_grad()
        (critic(fake.detach()).mean() - critic(x).mean()).backward()
        of_critic.step()
        of_generator.zero_grad()
        (-critic(fake).mean()).backward()
        of_generator.step()


def heads_of_one_trunk(model: nn.Module, loader):
    of_one, of_other = optim.Adam(model.one.parameters()), optim.Adam(model.other.parameters())
    for x in loader:
        one, other = model(x)
        of_one.zero_grad()
        one.sum().backward(retain_graph=True)
        of_one.step()
        of_other.zero_grad()
        other.sum().backward()
        of_other.step()


def advantages_without_a_graph(actor: nn.Module, critic: nn.Module, batches):
    of_actor, of_critic = optim.Adam(actor.parameters()), optim.Adam(critic.parameters())
    for states, actions, returns in batches:
        values = critic(states).squeeze(-1)
        seen, unseen = (returns - values).detach(), advantages_of(returns, values)
        loss = -(actor(states).gather(1, actions) * (seen + unseen)).mean()
        of_critic.zero_grad()
        F.mse_loss(values, returns).backward()
        of_critic.step()
        of_actor.zero_grad()
        loss.backward()
        of_actor.step()


# ── silent: gradients come from elsewhere ─────────────────────────────────────────────────────


def gradients_written_by_hand(model: nn.Module, gradients):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for step in gradients:
        optimizer.zero_grad()
        for p, g in zip(model.parameters(), step):
            p.grad = g
        optimizer.step()


def gradients_of_autograd_grad(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        parameters = list(model.parameters())
        for p, g in zip(parameters, torch.autograd.grad(loss, parameters)):
            p.grad = g
        optimizer.step()


def evolution_strategy(model: nn.Module, score, steps=10, sigma=0.1):
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        for p in model.parameters():
            noise = torch.randn_like(p)
            p.grad = -score(model, p, sigma * noise) * noise
        optimizer.step()


def closure_holds_the_backward(model: nn.Module, x, y):
    optimizer = optim.LBFGS(model.parameters())

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        return loss

    for _ in range(10):
        optimizer.step(closure)


def closure_under_a_keyword(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:

        def closure():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            return loss

        optimizer.step(closure=closure)


def autograd_backward_over_two_losses(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        first = F.cross_entropy(model(x), y)
        second = model(x).pow(2).mean()
        torch.autograd.backward([first, second])
        optimizer.step()


def losses_summed_before_backward(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        losses = {"class": F.cross_entropy(model(x), y), "size": model(x).pow(2).mean()}
        sum(losses.values()).backward()
        optimizer.step()


def output_backward_with_a_gradient(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, _ in loader:
        optimizer.zero_grad()
        output = model(x)
        output.backward(gradient=torch.ones_like(output))
        optimizer.step()


def backward_under_a_condition(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        if loss.requires_grad:
            loss.backward()
        optimizer.step()


def backward_inside_a_loop_over_tasks(model: nn.Module, steps):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for tasks in steps:
        optimizer.zero_grad()
        for x, y in tasks:
            F.cross_entropy(model(x), y).backward()
        optimizer.step()


# ── silent: schedulers ────────────────────────────────────────────────────────────────────────


def scheduler_steps_after_clearing(model: nn.Module, loader, epochs=3):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        for x, y in loader:
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            optimizer.zero_grad()
        scheduler.step()


def schedule_drawn_without_training(steps=100):
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=steps + 1)
    rates = []
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        rates.append(scheduler.get_last_lr()[0])
    return rates


# ── silent: frameworks and helpers ────────────────────────────────────────────────────────────


def backward_through_accelerate(model: nn.Module, loader):
    accelerator = Accelerator()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        accelerator.backward(loss)
        optimizer.step()


def backward_through_a_framework_object(model, loader, criterion, optimizer, fabric):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        fabric.backward(loss)
        optimizer.step()


def optimizer_with_its_own_backward(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        optimizer.backward(loss)
        optimizer.step()


def loss_given_to_an_imported_helper(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        compute_gradients(loss)
        optimizer.step()


def loss_given_to_a_callback(model: nn.Module, loader, backward):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        backward(loss)
        optimizer.step()


def run_backward(loss):
    loss.backward()


def helper_of_the_file_holds_the_backward(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        run_backward(F.cross_entropy(model(x), y))
        optimizer.step()


def forward_and_backward(model, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    return loss.item()


def helper_returns_a_number_after_backward(loader):
    model, optimizer = build()
    for x, y in loader:
        optimizer.zero_grad()
        forward_and_backward(model, x, y)
        optimizer.step()


def gradients_made_by_the_caller(optimizer):
    optimizer.step()
    optimizer.zero_grad()


def gradients_clipped_for_the_caller(model, optimizer, limit):
    nn.utils.clip_grad_norm_(model.parameters(), limit)
    optimizer.step()
    optimizer.zero_grad()


def environment_steps_too(env, policy: nn.Module, optimizer):
    state = env.reset()
    for _ in range(100):
        optimizer.zero_grad()
        logits = policy(state)
        state, reward = env.step(logits.argmax(dim=-1))
        loss = -(logits.log_softmax(dim=-1).max() * reward)
        loss.backward()
        optimizer.step()


class AgentOfAnUnknownBase(BaseAgent):
    def update(self, batch):
        self.optimizer.zero_grad()
        self.accumulate(batch)
        self.optimizer.step()


def each_optimizer_of_a_list_steps_and_is_cleared(optimizers, parts, loss):
    loss.backward()
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    first, second = (optim.SGD(part.parameters(), lr=0.1) for part in parts)
    for each in [first, second]:
        each.step()
        each.zero_grad()


# ── silent: more ways to make gradients ───────────────────────────────────────────────────────


def closure_in_a_lambda(model: nn.Module, x, y):
    optimizer = optim.LBFGS(model.parameters())

    def evaluate():
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    for _ in range(10):
        optimizer.zero_grad()
        optimizer.step(lambda: evaluate())


def gradients_copied_into_place(model: nn.Module, updates):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for gradients in updates:
        optimizer.zero_grad(set_to_none=False)
        for p, g in zip(model.parameters(), gradients):
            p.grad.copy_(g)
        optimizer.step()


def set_gradients(model, gradients):
    for p, g in zip(model.parameters(), gradients):
        p.grad = g.clone()


def gradients_set_by_a_helper(model: nn.Module, updates):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for gradients in updates:
        optimizer.zero_grad()
        set_gradients(model, gradients)
        optimizer.step()


def loss_in_a_dict_given_to_a_method(model: nn.Module, loader, strategy):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        strategy.run({"loss": F.cross_entropy(model(x), y)})
        optimizer.step()


def schedule_without_training(model: nn.Module, epochs):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 10)
    for _ in range(epochs):
        optimizer.zero_grad()
        scheduler.step()
