import torch
import torch as th
import torch.nn as nn
import torch.nn.functional as F
from torch import nn as layers
from torch.utils.data import DataLoader
from zoo import build


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 8)
        self.norm = nn.BatchNorm1d(8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(F.relu(self.norm(self.fc(x))))


class Stacked(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.BatchNorm1d(8))

    def forward(self, x):
        return self.body(x)


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x):
        return self.norm(self.conv(x))


class Signals(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(3, 8, 3)
        self.norm = nn.BatchNorm1d(8)

    def forward(self, x):
        return self.norm(self.conv(x))


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def tried_on_one_sample():
    net = Net()
    return net(torch.randn(1, 4))  # expect: batchnorm-batch-of-one


def sample_with_a_name():
    net = Stacked()
    x = th.zeros((1, 4))
    return net(x.float())  # expect: batchnorm-batch-of-one


def sequence_by_another_name():
    net = layers.Sequential(layers.Linear(4, 8), layers.BatchNorm1d(8), layers.Tanh())
    return net(torch.ones(1, 4))  # expect: batchnorm-batch-of-one


def trained_one_at_a_time(dataset):
    loader = DataLoader(dataset, batch_size=1, shuffle=True)
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in loader:
        x = x.to("cpu")
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()  # expect: batchnorm-batch-of-one
        optimizer.step()


class Trainer:
    def __init__(self, dataset):
        self.model = Net()
        self.loader = DataLoader(dataset, batch_size=1)

    def check(self):
        self.model.train()
        return self.model(torch.rand(1, 4))  # expect: batchnorm-batch-of-one


def embed(net, x):
    return net(x)


def called_in_a_helper():
    net = Net()
    return embed(net, torch.randn(1, 4))  # expect: batchnorm-batch-of-one


def batch_dimension_added():
    net = Net()
    sample = torch.randn(4)
    return net(sample.unsqueeze(0))  # expect: batchnorm-batch-of-one


def two_names_for_one_model(points):
    net = Net()
    model = net
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for x, y in DataLoader(points, batch_size=1):
        optimizer.zero_grad()
        model(x).sum().backward()  # expect: batchnorm-batch-of-one
        optimizer.step()


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool3d(1)
        self.gate = nn.Sequential(nn.Flatten(), nn.Linear(8, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 8))

    def forward(self, x):
        return x * self.gate(self.pool(x))[:, :, None, None, None]


class Volumes(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv3d(1, 8, 3, padding=1)
        self.gate = Gate()

    def forward(self, x):
        return self.gate(torch.relu(self.stem(x)))


def in_a_part_of_a_part(dataset):
    net = Volumes()
    for volume, target in DataLoader(dataset, batch_size=1):
        net(volume).sum().backward()  # expect: batchnorm-batch-of-one


# ── silent: evaluation mode ───────────────────────────────────────────────────────────────────


def evaluated():
    net = Net()
    net.eval()
    return net(torch.randn(1, 4))


def mode_set_by_the_caller(net: Net):
    return net(torch.randn(1, 4))


# ── silent: the size is larger, or not known ──────────────────────────────────────────────────


def two_samples():
    return Net()(torch.randn(2, 4))


def size_of_an_argument(n):
    return Net()(torch.randn(n, 4))


def batches_of_many(dataset):
    net = Net()
    for x, y in DataLoader(dataset, batch_size=8):
        net(x).sum().backward()


def batches_of_an_argument(dataset, size):
    net = Net()
    for x, y in DataLoader(dataset, batch_size=size):
        net(x).sum().backward()


def patches_of_one_image(dataset):
    net = Net()
    for x, y in DataLoader(dataset, batch_size=1):
        x = x.reshape(-1, 4)
        net(x).sum().backward()


# ── silent: several values per channel, or no such layer ──────────────────────────────────────


def image_with_many_positions():
    return Images()(torch.randn(1, 3, 32, 32))


def signal_with_many_positions():
    return Signals()(torch.randn(1, 3, 100))


def another_normalisation():
    net = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8))
    return net(torch.randn(1, 4))


def model_of_another_package():
    return build()(torch.randn(1, 4))


# ── silent: batches that somebody else makes ──────────────────────────────────────────────────


def evaluated_by_train_false():
    net = Net()
    net.train(False)
    return net(torch.randn(1, 4))


def collated_by_hand(points, collate):
    net = Net()
    for x in DataLoader(points, batch_size=1, collate_fn=collate):
        net(x).sum().backward()


def batches_of_a_sampler(points, sampler):
    net = Net()
    for x in DataLoader(points, batch_sampler=sampler):
        net(x).sum().backward()


def samples_that_are_batches_themselves(points):
    net = Net()
    for x in DataLoader(points, batch_size=None):
        net(x).sum().backward()
    for x in DataLoader(points, batch_size=1):
        net(x[0]).sum().backward()
    for x in DataLoader(points, batch_size=1):
        net(x.squeeze(0)).sum().backward()


def embed_several(net, x):
    return net(x)


def several_in_a_helper():
    return embed_several(Net(), torch.randn(3, 4))


class Points(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 8)
        self.norm = nn.BatchNorm1d(8)

    def forward(self, cloud):
        points = cloud.reshape(-1, 3)
        return self.norm(self.fc(points)).view(*cloud.shape[:2], 8)


class Nodes(nn.Module):
    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8))

    def forward(self, graph):
        return self.mlp(graph.x)


class Pairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8))

    def forward(self, x):
        return self.mlp(torch.cat([x, x.flip(1)]))


def many_vectors_in_one_sample(dataset):
    clouds, graphs, pairs = Points(), Nodes(), Pairs()
    for x in DataLoader(dataset, batch_size=1):
        (clouds(x).sum() + graphs(x).sum() + pairs(x).sum()).backward()
