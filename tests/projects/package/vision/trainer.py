import torch
from torch import nn

from .models import build_model


class Trainer:
    def __init__(self, loader, device, depth=2, lr=0.1):
        self.model, self.optimizer = build_model(depth, lr)
        self.model.to(device)
        self.criterion = nn.CrossEntropyLoss()
        self.loader = loader
        self.device = device
        self.losses = []

    def fit(self, epochs):
        self.model.train()
        for _ in range(epochs):
            for x, y in self.loader:
                x, y = x.to(self.device), y.to(self.device)
                loss = self.criterion(self.model(x), y)
                loss.backward()  # expect: missing-zero-grad
                self.optimizer.step()
                self.losses.append(loss)  # expect: graph-retained

    def accuracy(self, loader):
        self.model.eval()
        correct, count = 0, 0
        for x, y in loader:
            output = self.model(x.to(self.device))  # expect: inference-without-no-grad
            correct += (output.argmax(dim=1).cpu() == y).sum().item()
            count += len(y)
        self.model.train()
        return correct / count

    def save(self, path):
        torch.save({"model": self.model, "losses": len(self.losses)}, path)  # expect: whole-model-saved
