import numpy as np
import pytest
import torch
import torch as t
import torch.nn.functional as F
from torch import nn
from torch import nn as layers
from torch.nn import CrossEntropyLoss as CE


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return F.relu(self.fc(x))

    def log(self, x, y):
        loss = self.criterion(self(x), y)
        print(loss[0])  # expect: scalar-extraction
        return loss


# ── reported: an index into a tensor without dimensions ───────────────────────────────────────


def classic_loop(loader):
    net, criterion = Net(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    running = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        running += loss.data[0]  # expect: scalar-extraction
    return running


def aliased_names(x, y):
    loss = CE(reduction="sum")(Net()(x), y)
    print("loss", loss[0], t.mean(x)[0])  # expect: scalar-extraction, scalar-extraction
    loss.backward()


def functional_loss(x, y):
    loss = F.cross_entropy(Net()(x), y)
    print(f"{loss.detach().cpu()[0]:.3f}")  # expect: scalar-extraction


def sum_of_two_losses(x, y):
    net = Net()
    first, second = F.cross_entropy(net(x), y), F.mse_loss(net(x), x)
    total = first + 0.5 * second
    return total[0]  # expect: scalar-extraction


def indexed_and_then_the_number(x, y):
    loss = F.mse_loss(x, y)
    return loss[0].item()  # expect: scalar-extraction


def old_option(x, y):
    loss = F.mse_loss(x, y, size_average=False)  # expect: deprecated-api
    return loss.data[0]  # expect: scalar-extraction


def made_of_a_number():
    return torch.tensor(0.5)[0]  # expect: scalar-extraction


def compute_loss(net, x, y):
    return F.nll_loss(net(x), y)


def computed_in_a_helper(x, y):
    loss = compute_loss(Net(), x, y)
    loss = loss[0]  # expect: scalar-extraction
    loss.backward()


class Trainer:
    def __init__(self):
        self.net = Net()
        self.loss_fn = nn.BCEWithLogitsLoss()

    def validate(self, loader):
        self.net.eval()
        losses = []
        with torch.no_grad():
            for x, y in loader:
                losses.append(self.loss_fn(self.net(x), y).data[0])  # expect: scalar-extraction
        return np.mean(losses)


def passed_a_loss_of_torch(loader, model):
    return epoch_of(loader, model, nn.CrossEntropyLoss().to("cpu"))


def epoch_of(loader, model, criterion):
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
        print(f"{loss[0]:.3f}")  # expect: scalar-extraction


nll = nn.NLLLoss()


def steps_added_up(decoder, sequence, target, hidden):
    loss = 0
    for t in range(len(sequence)):
        output, hidden = decoder(sequence[t], hidden)
        loss += nll(output, target[t])
    loss.backward()
    return loss.data[0] / len(sequence)  # expect: scalar-extraction


# ── reported: an array of a single number with a graph ────────────────────────────────────────


def loss_as_an_array(loader):
    net, history = Net(), []
    for x, y in loader:
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        history.append(loss.cpu().numpy())  # expect: scalar-extraction
    return history


# ── reported: one number of several elements ──────────────────────────────────────────────────


def losses_of_a_batch(x, y):
    losses = F.binary_cross_entropy_with_logits(nn.Linear(4, 3)(x), y, reduction="none")
    return losses.item()  # expect: scalar-extraction


def scores_as_a_number(x):
    scores = torch.sigmoid(nn.Linear(4, 3)(x))
    return float(scores)  # expect: scalar-extraction


def random_numbers():
    return torch.randn(2, 3).item(), torch.zeros((4,)).item()  # expect: scalar-extraction, scalar-extraction


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def the_number(x, y):
    loss = F.cross_entropy(Net()(x), y)
    loss.backward()
    return loss.item(), float(loss), loss.tolist(), loss.detach().numpy()


def one_loss_for_each_sample(x, y):
    criterion = nn.CrossEntropyLoss(reduction="none")
    losses = criterion(Net()(x), y)
    worst = F.mse_loss(x, y, reduction="none")
    old = F.mse_loss(x, y, reduce=False)  # expect: deprecated-api
    return losses[0], worst[0], old[0]


def reduction_is_a_parameter(x, y, reduction):
    return F.mse_loss(x, y, reduction=reduction)[0]


def loss_of_unknown_kind(criterion, x, y):
    return criterion(Net()(x), y)[0]


def indices_that_need_no_dimension(x, y):
    loss = F.mse_loss(x, y)
    return loss[None], loss[...], loss[()], loss.unsqueeze(0)[0], loss.view(1)[0], loss.reshape(-1)[0]


def stacked(x, y):
    losses = torch.stack([F.mse_loss(x, y), F.l1_loss(x, y)])
    return losses[0]


def sums_over_a_dimension(x: torch.Tensor):
    return x.sum(0)[0], x.mean(dim=1)[0], x.max(1)[0], x.norm(dim=1)[0], torch.sum(x, 1)[0], x.std(0)[0]


def made_of_a_list(data):
    return torch.tensor([0.5])[0], torch.tensor([0.5]).item(), torch.tensor(data)[0]


def one_element_may_be_left(x: torch.Tensor, mask):
    scores = nn.Linear(4, 1)(x)
    return scores.item(), nn.Linear(4, 3)(x)[0, 1].item(), torch.zeros(1).item(), x[mask].item()


def one_of_several(x):
    scores = nn.Linear(4, 3)(x)
    return scores.max().item(), scores.argmax().item(), (scores @ scores.T)[0, 0].item(), sum(scores[0]).item()


def with_a_dimension_put_in_place(x, y):
    loss = F.mse_loss(x, y).detach()
    loss.unsqueeze_(0)
    return loss[0]


def dictionary_of_losses(x, y):
    losses = {0: F.mse_loss(x, y)}
    return losses[0]


def arrays(values):
    mean = np.asarray(values).mean(0)
    return mean[0]


def it_raises(x, y):
    loss = F.mse_loss(x, y)
    with pytest.raises(IndexError):
        loss[0]
    try:
        return loss[0]
    except IndexError:
        return loss


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_loss_under_two_names(x, y):
    loss = F.cross_entropy(layers.Linear(4, 3)(x), y)
    same = loss
    return same[0]  # expect: scalar-extraction


class Run:
    def __init__(self):
        self.net = layers.Linear(4, 3)
        self.criterion = layers.CrossEntropyLoss()

    def loss(self, x, y):
        return self.criterion(self.net(x), y)

    def step(self, x, y):
        loss = self.loss(x, y)
        loss.backward()
        print(loss.data[0])  # expect: scalar-extraction


# fmt: off
def in_odd_layouts(x, y):
    loss = F.mse_loss(layers.Linear(4, 1)(x), y); print(loss[0])  # expect: scalar-extraction
    for _ in range(2): print(loss.data[0])  # expect: scalar-extraction
    print(
        loss  # expect: scalar-extraction
        .data[0],
    )
    return loss.numpy()  # expect: scalar-extraction
# fmt: on
