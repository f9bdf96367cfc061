"""The module body makes a model whose methods read variables of the module body."""

import torch
from torch import nn
from torch.utils.data import DataLoader

from data import samples

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
WIDTH = 16


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, WIDTH, batch_first=True)
        self.fc = nn.Linear(WIDTH, 2)

    def forward(self, x):
        hidden = torch.zeros(1, x.size(0), WIDTH, device=device)
        out, _ = self.lstm(x, (hidden, hidden.clone()))
        return self.fc(out[:, -1])


class Tree(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.left = Tree(depth - 1) if depth else None
        self.fc = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        x = self.left(x) if self.left is not None else x
        return self.fc(x)


model = Recurrent().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters())
loader = DataLoader(samples(), batch_size=8, pin_memory=True)

for x, y in loader:
    loss = criterion(model(x.to(device)), y.to(device))
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()

model.eval  # expect: mode-method-not-called


def score():
    model.eval()
    with torch.no_grad():
        return sum((model(x.to(device)).argmax(1).cpu() == y).sum().item() for x, y in loader)


def fit_tree(batches):
    tree = Tree(3)
    adam = torch.optim.Adam(tree.parameters())
    for x in batches:
        tree(x).sum().backward()  # expect: missing-zero-grad
        adam.step()
