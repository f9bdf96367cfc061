"""Training scripts of any length, with all that a real one has."""

from __future__ import annotations

HEAD = '''\
"""Trains a family of small networks."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

'''

FAMILY = '''
class Samples{n}(Dataset):
    """Points on a curve with noise."""

    def __init__(self, count, noise=0.1):
        self.inputs = torch.linspace(-1, 1, count).unsqueeze(1)
        self.targets = torch.sin(self.inputs * {n}) + noise * torch.randn(count, 1)

    def __len__(self):
        return len(self.inputs)

    def __getitem__(self, index):
        return self.inputs[index], self.targets[index]


class Network{n}(nn.Module):
    def __init__(self, width=64, dropout=0.1):
        super().__init__()
        self.first = nn.Linear(1, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(3))
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(width, 1)

    def forward(self, inputs):
        state = F.relu(self.first(inputs))
        for layer in self.hidden:
            state = state + self.dropout(F.relu(layer(self.norm(state))))
        return self.last(state)


def train_{n}(model, loader, optimizer, criterion, device):
    model.train()
    total = 0.0
    for step, (inputs, targets) in enumerate(loader):
        inputs, targets = inputs.to(device), targets.to(device)
        optimizer.zero_grad()
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if step % 100 == 0:
            print(f"step {{step}}: {{total / (step + 1):.4f}}")
    return total / max(1, len(loader))


@torch.no_grad()
def evaluate_{n}(model, loader, criterion, device):
    model.eval()
    total = 0.0
    for inputs, targets in loader:
        outputs = model(inputs.to(device))
        total += criterion(outputs, targets.to(device)).item()
    return total / max(1, len(loader))


def main_{n}(epochs=10):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    loader = DataLoader(Samples{n}(1000), batch_size=32, shuffle=True)
    held_out = DataLoader(Samples{n}(200), batch_size=32)
    model = Network{n}().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    criterion = nn.MSELoss()
    best = math.inf
    for epoch in range(epochs):
        train_{n}(model, loader, optimizer, criterion, device)
        score = evaluate_{n}(model, held_out, criterion, device)
        scheduler.step()
        if score < best:
            best = score
            torch.save(model.state_dict(), "network_{n}.pt")
    return best

'''


def training_file(lines: int) -> str:
    """A script of about so many lines, at least one family of networks long."""
    length = FAMILY.count("\n")
    count = max(1, round((lines - HEAD.count("\n")) / length))
    return HEAD + "".join(FAMILY.format(n=n) for n in range(1, count + 1))
