import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch import optim
from torch.nn.functional import smooth_l1_loss
from torch.utils.data import DataLoader, TensorDataset, random_split


class Regressor(nn.Module):
    def __init__(self, inputs=4):
        super().__init__()
        self.hidden = nn.Linear(inputs, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, x):
        x = torch.relu(self.hidden(x))
        return self.out(x)


class Squeezed(Regressor):
    def forward(self, x):
        return self.out(torch.relu(self.hidden(x))).squeeze(-1)


class ActorCritic(nn.Module):
    def __init__(self, actions):
        super().__init__()
        self.policy = nn.Linear(4, actions)
        self.value = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, x):
        return self.policy(x).log_softmax(dim=-1), self.value(x)


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def layer_against_a_row(x):
    layer = nn.Linear(4, 1)
    return F.mse_loss(layer(x), torch.rand(32))  # expect: loss-shape-broadcast


def model_against_batches():
    inputs, wanted = torch.randn(100, 4), torch.randn(100)
    loader = DataLoader(TensorDataset(inputs, wanted), batch_size=16, shuffle=True)
    model = Regressor()
    criterion = nn.MSELoss()
    optimizer = optim.Adam(model.parameters())
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y.float())  # expect: loss-shape-broadcast
        loss.backward()
        optimizer.step()


def model_against_a_part_of_the_data():
    everything = TensorDataset(torch.randn(100, 4), torch.randn(100))
    training, _ = random_split(everything, [80, 20])
    model = Regressor()
    for x, y in DataLoader(training, batch_size=16, shuffle=True):
        loss = F.mse_loss(model(x), y)  # expect: loss-shape-broadcast
        loss.backward()


def sequence_against_a_list(x, n):
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, out_features=1))
    y = torch.tensor([0.5 * i for i in range(n)])
    return smooth_l1_loss(model(x), y)  # expect: loss-shape-broadcast


def written_out_list(x):
    prediction = th.sigmoid(nn.Linear(4, 1)(x))
    return nn.BCELoss()(prediction, torch.tensor([0.0, 1.0, 1.0]))  # expect: loss-shape-broadcast


def target_is_the_column(n: int):
    wanted = torch.arange(n).float().unsqueeze(1)
    prediction = torch.zeros(n, requires_grad=True)
    return F.l1_loss(prediction, wanted)  # expect: loss-shape-broadcast


def second_output(x, n: int):
    model = ActorCritic(2)
    returns = torch.zeros(n)
    log_probabilities, value = model(x)
    loss = F.huber_loss(value, returns)  # expect: loss-shape-broadcast
    return loss - log_probabilities.mean()


def discounted_returns(x, rewards):
    total, returns = 0.0, []
    for reward in reversed(rewards):
        total = float(reward) + 0.99 * total
        returns.insert(0, total)
    return F.mse_loss(Regressor()(x), torch.tensor(returns))  # expect: loss-shape-broadcast


def chosen_values(net: nn.Module, states, actions, n: int):
    chosen = net(states).gather(1, actions.view(-1, 1))
    wanted = torch.rand(n) * 0.99 + torch.ones(n)
    return F.mse_loss(chosen, wanted)  # expect: loss-shape-broadcast


def column_of_a_table(x):
    table = torch.randn(64, 5)
    return F.mse_loss(nn.Linear(4, 1)(x), table[:, 0])  # expect: loss-shape-broadcast


def mean_squared(model, x, y):
    return F.mse_loss(model(x), y)  # expect: loss-shape-broadcast


def shapes_come_from_the_caller(x):
    return mean_squared(Regressor(), x, torch.linspace(0, 1, 50))


class Trainer:
    def __init__(self):
        self.net = Regressor()
        self.criterion = nn.MSELoss()

    def step(self, x):
        return self.criterion(self.net(x), torch.ones(len(x)))  # expect: loss-shape-broadcast


# ── silent: a dimension taken away or added ───────────────────────────────────────────────────


def prediction_squeezed(x):
    layer = nn.Linear(4, 1)
    y = torch.rand(32)
    return F.mse_loss(layer(x).squeeze(-1), y) + F.mse_loss(layer(x).squeeze(), y) + F.mse_loss(layer(x)[:, 0], y)


def prediction_viewed(x):
    layer = nn.Linear(4, 1)
    y = torch.rand(32)
    return (
        F.mse_loss(layer(x).view(-1), y) + F.mse_loss(layer(x).reshape(y.shape), y) + F.mse_loss(layer(x).flatten(), y)
    )


def target_unsqueezed(x):
    layer = nn.Linear(4, 1)
    y = torch.rand(32)
    return F.mse_loss(layer(x), y.unsqueeze(1)) + F.mse_loss(layer(x), y.view(-1, 1)) + F.mse_loss(layer(x), y[:, None])


def squeezed_in_the_model(x):
    return F.mse_loss(Squeezed()(x), torch.rand(32))


def squeezed_in_place(x):
    prediction = nn.Linear(4, 1)(x)
    with torch.no_grad():
        prediction.squeeze_(-1)
    return F.mse_loss(prediction, torch.rand(32))


def flattened_in_the_sequence(x):
    model = nn.Sequential(nn.Linear(4, 1), nn.Flatten(0))
    return F.mse_loss(model(x), torch.rand(32))


def layer_added_to_the_sequence(x):
    model = nn.Sequential(nn.Linear(4, 1))
    model.append(nn.Flatten(0))
    return F.mse_loss(model(x), torch.rand(32))


# ── silent: the same shape ────────────────────────────────────────────────────────────────────


def columns_on_both_sides():
    inputs, wanted = torch.randn(100, 4), torch.randn(100, 1)
    model = Regressor()
    for x, y in DataLoader(TensorDataset(inputs, wanted), batch_size=16):
        print(F.mse_loss(model(x), y))


def like_the_prediction(x):
    prediction = Regressor()(x)
    return F.mse_loss(prediction, torch.zeros_like(prediction))


def several_outputs(x):
    return F.mse_loss(nn.Linear(4, 3)(x), torch.rand(32, 3))


def a_single_sample(x):
    return F.mse_loss(nn.Linear(4, 1)(x), torch.tensor([0.5]))


def a_number(x):
    return F.mse_loss(nn.Linear(4, 1)(x), torch.tensor(0.5).expand(32, 1))


# ── silent: unknown shapes ────────────────────────────────────────────────────────────────────


def targets_of_unknown_shape(x, y):
    return F.mse_loss(nn.Linear(4, 1)(x), y)


def model_of_unknown_width(x, width):
    return F.mse_loss(nn.Linear(4, width)(x), torch.rand(32))


def size_that_may_be_two(x, size):
    return F.mse_loss(nn.Linear(4, 1)(x), torch.rand(size))


def list_of_unknown_things(x, rewards):
    return F.mse_loss(nn.Linear(4, 1)(x), torch.tensor(rewards))


def reshaped_on_one_branch(x, flat):
    prediction = nn.Linear(4, 1)(x)
    if flat:
        prediction = prediction.view(-1)
    return F.mse_loss(prediction, torch.rand(32))


# ── silent: other losses ──────────────────────────────────────────────────────────────────────


def one_class_for_each_sample(x, n):
    return F.cross_entropy(nn.Linear(4, 3)(x), torch.zeros(n, dtype=torch.long))


# ── under other names, in methods and other layouts ───────────────────────────────────────────


class Run:
    def __init__(self):
        self.net = Regressor()
        self.criterion = layers.MSELoss()
        self.wanted = th.rand(32)

    def out(self, x):
        return self.net(x)

    def loss(self, a, b):
        return self.criterion(a, b)

    def step(self, x):
        out = self.out(x)
        same = out
        return self.loss(same, self.wanted)  # expect: loss-shape-broadcast

    def step_in_columns(self, x):
        return self.loss(self.out(x), self.wanted.unsqueeze(1))


# fmt: off
def in_odd_layouts(x):
    net = Regressor(); y = th.rand(32); loss = F.mse_loss(net(x), y); loss.backward()  # expect: loss-shape-broadcast
    for _ in range(2): F.mse_loss(net(x), y).backward()  # expect: loss-shape-broadcast
    return F.l1_loss(  # expect: loss-shape-broadcast
        net(x),  # predictions
        y,
    )
# fmt: on


def by_keywords(x):
    return F.mse_loss(target=th.rand(32), input=Regressor()(x))  # expect: loss-shape-broadcast


def curve():
    x = th.linspace(-1, 1, 100).unsqueeze(1)
    y = x.pow(2) + 0.1 * th.rand(x.size())
    net = layers.Sequential(layers.Linear(1, 8), layers.ReLU(), layers.Linear(8, 1))
    return F.mse_loss(net(x), y)


def statistics_of_a_column(x):
    net = Regressor()
    F.mse_loss(net(x), th.rand(32, 5).std(1, True))  # expect: loss-shape-broadcast
    F.mse_loss(net(x), th.rand(32, 5).norm(2, 1))  # expect: loss-shape-broadcast
    F.mse_loss(net(x), th.rand(32, 5).norm(2, 1, True))
    return F.mse_loss(net(x), th.rand(32, 5).std(1, False, True))


def norm_of_a_whole(x):
    return F.mse_loss(Regressor()(x), th.rand(32, 5).norm(1))
