"""Teach a small network which of three spirals a point lies on, and keep what it has learnt."""

import math
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def spirals(points: int = 200, classes: int = 3) -> TensorDataset:
    radius = torch.rand(classes, points)
    angle = 4 * radius + torch.arange(classes).unsqueeze(1) * 2 * math.pi / classes
    places = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=-1).reshape(-1, 2)
    return TensorDataset(places + 0.02 * torch.randn_like(places), torch.arange(classes).repeat_interleave(points))


class Classifier(nn.Module):
    def __init__(self, hidden: int = 64, classes: int = 3):
        super().__init__()
        self.hidden = nn.Linear(2, hidden)
        self.dropout = nn.Dropout(0.2)
        self.output = nn.Linear(hidden, classes)

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        features = self.dropout(torch.relu(self.hidden(points)))
        return F.softmax(self.output(features), dim=1)


def train_one_epoch(model: Classifier, loader: DataLoader, optimizer: torch.optim.Optimizer, device: str) -> float:
    model.train()
    total_loss = 0.0
    for points, labels in loader:
        points, labels = points.to(device), labels.to(device)
        loss = F.cross_entropy(model(points), labels)
        loss.backward()
        optimizer.step()
        total_loss += loss
    return total_loss / len(loader)


def evaluate(model: Classifier, loader: DataLoader, device: str) -> float:
    correct = 0
    for points, labels in loader:
        predicted = model(points.to(device)).argmax(dim=1)
        correct += (predicted == labels.to(device)).sum().item()
    return correct / len(loader.dataset)


def main(epochs: int = 20) -> None:
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    train_set, test_set = random_split(spirals(), [0.8, 0.2])
    train_loader, test_loader = DataLoader(train_set, batch_size=32, shuffle=True), DataLoader(test_set, batch_size=128)
    checkpoint = Path(tempfile.gettempdir()) / "spirals.pt"

    model = Classifier().to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(epochs):
        loss = train_one_epoch(model, train_loader, optimizer, device)
        accuracy = evaluate(model, test_loader, device)
        print(f"epoch {epoch + 1:2}: loss {loss:.3f}, accuracy {accuracy:.1%}")
        torch.save(model, checkpoint)

    restored = torch.load(checkpoint, weights_only=False)
    print(f"restored: accuracy {evaluate(restored, test_loader, device):.1%}")


if __name__ == "__main__":
    main()
