import types

import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


def scaled(self, x):
    return self.fc(x) * 2


def patched(x):
    net = Net()
    net.forward = types.MethodType(scaled, net)
    return net.forward(x)


def wrapped(net: nn.Module, x):
    plain = net.forward
    net.forward = lambda x: plain(x).relu()
    return net.forward(x)
