from collections import defaultdict, deque

import lightning.pytorch as pl
import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from recipes import AverageMeter, log_metrics
from torch import nn as layers
from torch import optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(torch.relu(self.fc(x)))


# ── reported: the graph outlives backward() ───────────────────────────────────────────────────


def loss_added_to_a_total(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    total_loss = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total_loss += loss  # expect: graph-retained
    print(total_loss / len(loader))


def conventional_names_without_annotations(model, loader, criterion, optimizer, device):
    model.train()
    running_loss = 0.0
    for inputs, targets in loader:
        inputs, targets = inputs.to(device), targets.to(device)
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
        running_loss += loss * inputs.size(0)  # expect: graph-retained
    return running_loss / len(loader.dataset)


def total_written_out(loader):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    total = torch.zeros(())
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total = total + loss  # expect: graph-retained
    return total


def losses_in_a_list(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss)  # expect: graph-retained
    return losses


def losses_added_as_a_list(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses = []
    step = 0
    while step < 10:
        x, y = next(loader)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses += [loss]  # expect: graph-retained
        step += 1
    print(len(losses))


def losses_in_a_history_dict(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    history = {"loss": [], "rate": []}
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        history["loss"].append(loss)  # expect: graph-retained
        history["rate"].append(optimizer.param_groups[0]["lr"])
    return history


def losses_by_step(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    log = {}
    for step, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        log[step] = loss  # expect: graph-retained
    print(max(log))


def outputs_of_the_training_batches(loader):
    net = Net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    outputs = []
    for x, y in loader:
        optimizer.zero_grad()
        output = net(x)
        F.cross_entropy(output, y).backward()
        optimizer.step()
        outputs.append(output)  # expect: graph-retained
    print(torch.cat(outputs).argmax(dim=1))


class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.losses = []
        self.total = 0.0

    def fit(self, loader):
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            self.losses.append(loss)  # expect: graph-retained
            self.total += loss  # expect: graph-retained


def train_step(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


def loss_returned_by_a_helper(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    total = 0.0
    for x, y in loader:
        total += train_step(model, optimizer, x, y)  # expect: graph-retained
    print(total)


class Meter:
    def __init__(self):
        self.total = self.count = 0

    def update(self, value, count=1):
        self.total += value * count
        self.count += count

    @property
    def mean(self):
        return self.total / self.count


def losses_given_to_a_meter(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    meter = Meter()
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        meter.update(loss, len(x))  # expect: graph-retained
    return meter.mean


class Stepwise:
    def __init__(self):
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.losses = []
        self.history = {"loss": []}

    def learn(self, x, y):
        loss = F.cross_entropy(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.losses.append(loss)  # expect: graph-retained

    def fit(self, loader):
        for x, y in loader:
            self.learn(x, y)
            print(float(self.losses[-1]))


def running_average(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    average, smooth, recent = 0.0, None, None
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        average = 0.9 * average + 0.1 * loss  # expect: graph-retained
        if smooth is None:
            smooth = loss
        else:
            smooth = smooth * 0.9 + loss * 0.1  # expect: graph-retained
        recent = loss if recent is None else 0.5 * recent + 0.5 * loss  # expect: graph-retained
    print(average, smooth, recent)



def loss_among_other_things(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    history, pairs = [], []
    for step, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        history.append({"step": step, "loss": loss})  # expect: graph-retained
        pairs.append((step, loss))  # expect: graph-retained
    return history, pairs


class KeepsLossesByName:
    def __init__(self):
        self.net = Net()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)
        self.metrics = defaultdict(list)

    def step(self, x, y):
        loss = F.cross_entropy(self.net(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.metrics["loss"].append(loss)  # expect: graph-retained

    def fit(self, loader):
        for x, y in loader:
            self.step(x, y)


# ── reported: nothing frees the graph ─────────────────────────────────────────────────────────


def validation_loss_with_gradients_on(model: nn.Module, loader):
    model.eval()
    val_loss = 0.0
    for x, y in loader:
        output = model(x)  # expect: inference-without-no-grad
        val_loss += F.cross_entropy(output, y)  # expect: graph-retained
    print(val_loss / len(loader))


def scores_kept_with_gradients_on(model: nn.Module, loader):
    model.eval()
    predictions = []
    for x, _ in loader:
        scores = model(x)  # expect: inference-without-no-grad
        predictions.append(scores.softmax(dim=1))  # expect: graph-retained
    print(len(predictions))


# ── silent: the graph is cut ──────────────────────────────────────────────────────────────────


def number_is_added(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


def detached_loss_is_added(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    total = torch.zeros(())
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.detach()
        losses.append(loss.detach().cpu())
    return total, losses


def float_of_the_loss(model, loader, criterion, optimizer):
    total, losses = 0.0, []
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += float(loss)
        losses.append(loss.detach().numpy())
    return total, losses


def detached_before_it_is_kept(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        loss = loss.detach()
        losses.append(loss)
    return losses


def train_step_that_returns_a_number(model, optimizer, x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def number_returned_by_a_helper(loader):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    total = 0.0
    for x, y in loader:
        total += train_step_that_returns_a_number(model, optimizer, x, y)
    return total


def count_of_correct_answers_has_no_graph(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    correct, predictions = 0, []
    for x, y in loader:
        optimizer.zero_grad()
        output = model(x)
        F.cross_entropy(output, y).backward()
        optimizer.step()
        correct += (output.argmax(dim=1) == y).sum()
        predictions.append(output.argmax(dim=1))
    return correct, torch.cat(predictions)


class DetachingMeter(Meter):
    def update(self, value, count=1):
        if isinstance(value, torch.Tensor):
            value = value.item()
        super().update(value, count)


def meters_get_numbers(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    meter, detaching = Meter(), DetachingMeter()
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        meter.update(loss.item(), len(x))
        detaching.update(loss, len(x))
    return meter.mean



def numbers_among_other_things(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    history, metrics = [], defaultdict(list)
    for step, (x, y) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        history.append({"step": step, "loss": loss.item(), "raw": loss.detach()})
        history.append((step, float(loss)))
        metrics["loss"].append(loss.item())


# ── silent: autograd is off ───────────────────────────────────────────────────────────────────


def validation_under_no_grad(model: nn.Module, loader):
    model.eval()
    total, outputs = 0.0, []
    with torch.no_grad():
        for x, y in loader:
            output = model(x)
            total += F.cross_entropy(output, y)
            outputs.append(output)
    return total, outputs


@torch.inference_mode()
def validation_in_a_decorated_function(model, loader, criterion):
    model.eval()
    losses = []
    for x, y in loader:
        losses.append(criterion(model(x), y))
    return torch.stack(losses).mean()


def add_up(model, loader, criterion):
    total = 0.0
    for x, y in loader:
        total += criterion(model(x), y)
    return total


def caller_turns_gradients_off(model: nn.Module, loader):
    model.eval()
    with torch.no_grad():
        return add_up(model, loader, nn.CrossEntropyLoss()).item()


# ── silent: the sum is what is differentiated ─────────────────────────────────────────────────


def losses_of_several_heads(heads: nn.ModuleList, loader):
    optimizer = optim.SGD(heads.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = 0.0
        for head in heads:
            loss = loss + F.cross_entropy(head(x), y)
        loss.backward()
        optimizer.step()


def losses_collected_and_stacked(model: nn.Module, tasks):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for x, y in tasks:
        losses.append(F.cross_entropy(model(x), y))
    optimizer.zero_grad()
    torch.stack(losses).mean().backward()
    optimizer.step()


def truncated_backpropagation_through_time(cell: nn.RNNCell, readout: nn.Linear, steps, length=5):
    optimizer = optim.SGD([*cell.parameters(), *readout.parameters()], lr=0.1)
    hidden = torch.zeros(8, cell.hidden_size)
    loss = 0.0
    for t, (x, y) in enumerate(steps, start=1):
        hidden = cell(x, hidden)
        loss = loss + F.cross_entropy(readout(hidden), y)
        if t % length == 0:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            hidden = hidden.detach()
            loss = 0.0


def episode_of_reinforcement_learning(policy: nn.Module, env, episodes=10):
    optimizer = optim.Adam(policy.parameters(), lr=1e-2)
    for _ in range(episodes):
        state, done = env.reset(), False
        log_probs, rewards = [], []
        while not done:
            choice = torch.distributions.Categorical(logits=policy(state))
            action = choice.sample()
            log_probs.append(choice.log_prob(action))
            state, reward, done = env.step(action)
            rewards.append(reward)
        loss = -(torch.stack(log_probs) * torch.tensor(rewards)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def loss_over_a_data_set_is_returned(model, loader, criterion):
    total = 0.0
    for x, y in loader:
        total = total + criterion(model(x), y)
    return total / len(loader)


def hidden_states_of_a_sequence(cell: nn.GRUCell, steps):
    hidden = torch.zeros(8, cell.hidden_size)
    outputs = []
    for x in steps:
        hidden = cell(x, hidden)
        outputs.append(hidden)
    return torch.stack(outputs)


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))

    def forward(self, x):
        outputs, total = [], 0.0
        for layer in self.layers:
            x = layer(x)
            outputs.append(x)
            total = total + x
        return total, outputs


class Policy:
    """What it keeps in an episode is differentiated at its end."""

    def __init__(self):
        self.net = Net()
        self.optimizer = optim.SGD(self.net.parameters(), lr=0.1)
        self.log_probs = []

    def act(self, state):
        choice = torch.distributions.Categorical(logits=self.net(state))
        action = choice.sample()
        self.log_probs.append(choice.log_prob(action))
        return action

    def learn(self, returns):
        loss = -(torch.stack(self.log_probs) * returns).sum()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.log_probs.clear()


def play(env, policy: Policy, episodes=10):
    for _ in range(episodes):
        state, done = env.reset(), False
        while not done:
            state, reward, done = env.step(policy.act(state))
        policy.learn(env.returns())


def discounted_returns(critic: nn.Module, optimizer, episodes):
    for states, rewards in episodes:
        values, advantage, loss = critic(states), 0.0, 0.0
        for value, reward in zip(values, rewards):
            advantage = 0.9 * advantage + (reward - value)
            loss = loss + advantage.pow(2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()



def losses_by_name_are_added_up(model: nn.Module, batches):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    losses, pairs = defaultdict(list), []
    for x, y in batches:
        loss = F.cross_entropy(model(x), y)
        losses["cls"].append(loss)
        pairs.append((x.size(0), loss))
    optimizer.zero_grad()
    (sum(losses["cls"]) + sum(loss for _, loss in pairs)).backward()
    optimizer.step()


# ── silent: nothing lives longer than the iteration ───────────────────────────────────────────


def list_is_made_in_each_iteration(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        losses = []
        losses.append(F.cross_entropy(model(x), y))
        losses.append(model(x).pow(2).mean())
        optimizer.zero_grad()
        sum(losses).backward()
        optimizer.step()


def list_is_cleared_in_each_iteration(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    seen = []
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        seen.append(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(seen[-1].item())
        seen.clear()


def last_loss_is_kept(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    last = None
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        last = loss
    return last


def meter_is_made_in_each_iteration(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        meter = Meter()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        meter.update(loss, len(x))
        print(meter.mean.item())


def the_last_losses_are_kept(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    recent = deque(maxlen=10)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        recent.append(loss)



# ── silent: unknown ───────────────────────────────────────────────────────────────────────────


def meter_decides_what_it_keeps(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    meter = AverageMeter()
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        meter.update(loss, len(x))
        log_metrics({"loss": loss})


def sum_of_unknown_values(values):
    total = 0
    kept = []
    for value in values:
        total += value
        kept.append(value)
    return total, kept


def targets_are_collected(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    targets = []
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        targets.append(y)
    return torch.cat(targets)


class LightningNet(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def training_step(self, batch, batch_idx):
        total = 0.0
        for x, y in batch:
            total = total + F.cross_entropy(self.net(x), y)
        return total


class Update(nn.Module):
    def forward(self, loss, parameters):
        return torch.autograd.grad(loss, list(parameters))


def differentiated_by_a_module(model: nn.Module):
    update = Update()
    total = 0.0
    for index, weight in enumerate(model.parameters()):
        if index % 2 == 0:
            total += weight.norm(p=2)
    return update(total, model.parameters())


def differentiated_by_an_unseen_module(model: nn.Module, update: nn.Module):
    total = 0.0
    for index, weight in enumerate(model.parameters()):
        if index % 2 == 0:
            total += weight.norm(p=2)
    return update(total, model.parameters())


def sum_that_begins_with_a_number(model: nn.Module):
    total = 0.0
    for index, weight in enumerate(model.parameters()):
        if index % 2 == 0:
            total += weight.norm(p=2)
    total.backward()


# ── under other names, in methods and other layouts ───────────────────────────────────────────

HISTORY = []


def one_loss_under_two_names(loader):
    net = layers.Linear(4, 3)
    optimizer = th.optim.SGD(net.parameters(), lr=0.1)
    total = 0
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        other = loss
        loss.backward()
        optimizer.step()
        total += other  # expect: graph-retained
        HISTORY.append(loss)  # expect: graph-retained
    print(total)


class Run:
    def __init__(self):
        self.net = layers.Linear(4, 3)
        self.optimizer = th.optim.SGD(self.net.parameters(), lr=0.1)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.net(x), y)
        loss.backward()
        self.optimizer.step()
        return loss

    def fit(self, loader):
        total = 0.0
        for x, y in loader:
            total += self.step(x, y)  # expect: graph-retained
        print(total / len(loader))


class Meter:
    def __init__(self):
        self.sum = 0.0
        self.count = 0

    def update(self, value, n=1):
        self.sum += value * n
        self.count += n


def loss_into_a_meter(loader):
    run, meter = Run(), Meter()
    for x, y in loader:
        meter.update(run.step(x, y))  # expect: graph-retained
    print(meter.sum)


def loss_of_the_conventional_loop(model, loader, criterion, optimizer, epochs):
    for _ in range(epochs):
        losses, top = Meter(), Meter()
        for x, y in loader:
            output = model(x)
            loss = criterion(output, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.update(loss, x.size(0))  # expect: graph-retained
            top.update((output.argmax(1) == y).float().mean(), x.size(0))
        print(losses.sum / losses.count)


def number_into_a_meter(loader):
    run, meter = Run(), Meter()
    for x, y in loader:
        meter.update(run.step(x, y).item())
    print(meter.sum)


class Last:
    def __init__(self):
        self.sum = 0.0

    def update(self, value):
        self.sum = 0.0
        self.sum += value

    def reset(self):
        self.sum = 0.0


def meters_that_forget(loader):
    run, last = Run(), Last()
    for x, y in loader:
        last.update(run.step(x, y))
        meter = Meter()
        meter.update(run.step(x, y))
        print(last.sum, meter.sum)


def meter_that_is_differentiated(model: nn.Module, tasks):
    optimizer, meter = optim.SGD(model.parameters(), lr=0.1), Meter()
    for x, y in tasks:
        meter.update(F.cross_entropy(model(x), y))
    optimizer.zero_grad()
    meter.sum.backward()
    optimizer.step()


class Averaging(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.total = 0.0

    def forward(self, x, y):
        self.total += F.cross_entropy(self.fc(x), y)
        return self.fc(x)


# fmt: off
def in_odd_layouts(loader):
    net = layers.Linear(4, 3)
    optimizer = th.optim.SGD(net.parameters(), lr=0.1)
    kept = []; sums = {"loss": 0.0}; total = 0
    for x, y in loader:
        optimizer.zero_grad(); loss = F.cross_entropy(net(x), y); loss.backward(); optimizer.step(); total += loss  # expect: graph-retained
        kept.append(  # expect: graph-retained
            loss,  # with its graph
        )
        kept.extend([loss])  # expect: graph-retained
        sums["loss"] += loss  # expect: graph-retained
    print(kept, sums, total)
# fmt: on


def last_ten_losses(loader):
    run = Run()
    recent = deque(maxlen=10)
    for x, y in loader:
        recent.append(run.step(x, y))
    print(recent)


class ScoresItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x, y):
        out = self.fc(x)
        hits = (out.argmax(1) == y).float().sum() / out.shape[0]
        return F.cross_entropy(out, y), hits


def scores_of_the_model(loader):
    net = ScoresItself()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    hits, losses = 0, 0
    for x, y in loader:
        optimizer.zero_grad()
        loss, hit = net(x, y)
        loss.backward()
        optimizer.step()
        hits += hit
        losses += loss  # expect: graph-retained
    print(hits, losses)


def outputs_one_after_another(x: torch.Tensor, model: nn.Module, keys=None):
    outputs = model(x)
    if isinstance(outputs, (tuple, list)):
        return list(outputs)
    sequence = []
    for key in keys:
        sequence += list(outputs[key])
    return sequence


def elements_that_make_way(model: nn.Module, x: torch.Tensor, names):
    out = model(x)
    for name in names:
        out[name] = out[name].unsqueeze(2)
    print(out)


def losses_by_name(model: nn.Module, batches):
    losses = {}
    for name, x in batches:
        losses[name] = model(x).sum()
    return losses


def losses_for_the_caller(model: nn.Module, batches, losses, gathered):
    for name, x in batches:
        losses[name] = model(x).sum()
        gathered.append(model(x).sum())


def history_of_the_caller(model: nn.Module, loader, history):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        history.append(loss)  # expect: graph-retained


def summed_without_gradients(model: nn.Module, loader):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    total, losses = 0, []
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            total += loss
            losses.append(loss)  # expect: graph-retained
    print(total, losses)


def norms_of_the_weights(model: nn.Module):
    norms = {"total": 0.0}
    for name, weight in model.named_parameters():
        norms[name] = torch.linalg.vector_norm(weight)
        norms["total"] += torch.linalg.vector_norm(weight)
    print(norms)


def test_points_of_a_line():
    line = nn.Linear(1, 1)
    points = []
    for step in torch.linspace(-1, 1, 9):
        points.append(line(step[None]))
    torch.testing.assert_close(torch.stack(points), torch.zeros(9))
