import torch
from torch import nn


class Encoder(nn.Module):
    def __init__(self, depth=2):
        super().__init__()
        self.layers = [nn.Linear(4, 4) for _ in range(depth)]  # expect: unregistered-submodule
        self.dropout = nn.Dropout(0.1)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(self.dropout(x))


def build_model(depth, lr):
    model = Encoder(depth)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    return model, optimizer
