import torch
import torch as t
import torch as th
import torch.nn.functional as F
from torch import nn
from torch import nn as layers


class Evaluator:
    def __init__(self):
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = nn.Linear(4, 3).to(self.device)

    def run(self, loader):
        self.model.eval()
        hits = 0
        with torch.no_grad():
            for x, y in loader:
                predictions = self.model(x.to(self.device)).argmax(1)
                for prediction in predictions:
                    hits += prediction.item()  # expect: sync-in-hot-loop
        return hits


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def with_indices(loader):
    model = nn.Linear(4, 3).to("cuda").eval()
    correct = [0] * 3
    with t.no_grad():
        for x, y in loader:
            y = y.to("cuda")
            hits = (model(x.to("cuda")).argmax(1) == y).float()
            for i in range(len(hits)):
                correct[i] += hits[i].item()  # expect: sync-in-hot-loop


def in_a_comprehension(loader):
    model, found = nn.Linear(4, 1).cuda().eval(), []
    with torch.no_grad():
        for x in loader:
            scores = model(x.cuda()).squeeze(1)
            found += [float(score) for score in scores]  # expect: sync-in-hot-loop
    return found


def predictions(model, x):
    return model(x.cuda()).argmax(1)


def two_at_a_time(loader):
    model, pairs = nn.Linear(4, 3).cuda().eval(), []
    with torch.no_grad():
        for x, y in loader:
            scores, guesses = model(x.cuda()).amax(1), model(x.cuda()).argmax(1)
            for k, (score, guess) in enumerate(zip(scores, guesses)):
                pairs.append((k, int(guess)))  # expect: sync-in-hot-loop


def while_training(loader):
    model = nn.Linear(4, 3).cuda()
    for x, y in loader:
        output = model(x.cuda())
        loss = F.cross_entropy(output, y.cuda())
        loss.backward()
        for row in output:
            print(row)  # expect: sync-in-hot-loop


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def one_read_in_each_iteration(loader):
    model, total = nn.Linear(4, 3).cuda(), 0.0
    for x, y in loader:
        loss = F.cross_entropy(model(x.cuda()), y.cuda())
        loss.backward()
        total += loss.item()
    return total


def all_at_once(loader):
    model, found = nn.Linear(4, 1).cuda().eval(), []
    with torch.no_grad():
        for x in loader:
            for score in model(x.cuda()).squeeze(1).tolist():
                found.append(score)
            for score in model(x.cuda()).squeeze(1).cpu():
                found.append(score.item())
    return found


def on_the_cpu(loader):
    model, found = nn.Linear(4, 1).eval(), []
    with torch.no_grad():
        for x in loader:
            for score in model(x):
                found.append(score.item())
    return found


def summary_after_the_loop(loader):
    model = nn.Linear(4, 3).cuda().eval()
    hits = torch.zeros(3, device="cuda")
    with torch.no_grad():
        for x, y in loader:
            hits += F.one_hot(model(x.cuda()).argmax(1), 3).sum(0)
    for i in range(3):
        print(hits[i].item())


def list_of_losses(loader):
    model = nn.Linear(4, 3).cuda()
    for x, y in loader:
        output = model(x.cuda())
        losses = [F.cross_entropy(output, y.cuda()), F.mse_loss(output, output.detach())]
        sum(losses).backward()
        for loss in losses:
            print(loss.item())


def steps_of_a_recurrent_model(loader):
    model = nn.Linear(4, 4).cuda().eval()
    with torch.no_grad():
        for x in loader:
            for step in x.cuda():
                print(model(step).argmax().item())


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_tensor_under_two_names(loader):
    net, found = layers.Linear(4, 3).cuda().eval(), []
    with th.no_grad():
        for x in loader:
            guesses = net(x.cuda()).argmax(1)
            same = guesses
            for guess in same:
                found.append(int(guess))  # expect: sync-in-hot-loop
                found.append(bool(guess))
    return found


class Run:
    def __init__(self):
        self.net = layers.Linear(4, 3).cuda()

    def predict(self, x):
        return self.net(x.cuda()).argmax(1)

    def run(self, loader):
        with th.no_grad():
            for x in loader:
                guesses = self.predict(x)
                for guess in guesses:
                    print(guess.tolist())  # expect: sync-in-hot-loop


# fmt: off
def in_odd_layouts(loader):
    net, found = layers.Linear(4, 3).cuda().eval(), []
    with th.no_grad():
        for x in loader:
            for guess in net(x.cuda()).argmax(1): found.append(guess.item())  # expect: sync-in-hot-loop
    return found
# fmt: on
