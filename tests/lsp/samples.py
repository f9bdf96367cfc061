"""Texts with findings that are known."""

TRAINING = """\
import torch

model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for batch in range(3):
    optimizer.zero_grad()
    loss = model(torch.ones(1, 1)).sum()
    loss.backward()
    optimizer.step()
"""
CLEARED = "    optimizer.zero_grad()\n"
"""The line of TRAINING without which it has a finding of missing-zero-grad."""

FORGETFUL = TRAINING.replace(CLEARED, "")

NOT_CALLED = """\
import torch

model = torch.nn.Linear(1, 1)
model.eval
"""
"""One finding of mode-method-not-called, on the last line, with a safe fix that adds ``()``."""

SCRIPT = '''\
"""Trains a small classifier on points in two rings."""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Classifier(nn.Module):
    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, width),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(width, 2),
        )

    def forward(self, points):
        return self.layers(points)


def rings(count):
    angles = torch.rand(count) * 6.283
    labels = torch.randint(0, 2, (count,))
    radii = 1.0 + labels + 0.1 * torch.randn(count)
    return TensorDataset(torch.stack((radii * angles.cos(), radii * angles.sin()), dim=1), labels)


def train_one_epoch(model, loader, optimizer, criterion, device):
    model.train()
    running = 0.0
    for points, labels in loader:
        points, labels = points.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(model(points), labels)
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(loader)


@torch.no_grad()
def accuracy(model, loader, device):
    model.eval()
    right = total = 0
    for points, labels in loader:
        guesses = model(points.to(device)).argmax(dim=1)
        right += (guesses == labels.to(device)).sum().item()
        total += len(labels)
    return right / total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train_loader = DataLoader(rings(1000), batch_size=32, shuffle=True, pin_memory=True)
    test_loader = DataLoader(rings(200), batch_size=32, pin_memory=True)
    model = Classifier().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(options.epochs):
        loss = train_one_epoch(model, train_loader, optimizer, criterion, device)
        print(f"epoch {epoch}: loss {loss:.3f}, accuracy {accuracy(model, test_loader, device):.2f}")


if __name__ == "__main__":
    main()
'''
"""A training script as people write them, without a pitfall."""
