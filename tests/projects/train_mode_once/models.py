import torch
from torch import nn


class Classifier(nn.Module):
    def __init__(self, features: int = 4, classes: int = 3, dropout: float = 0.1):
        super().__init__()
        self.hidden = nn.Linear(features, 16)
        self.norm = nn.BatchNorm1d(16)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        return self.head(self.dropout(torch.relu(self.norm(self.hidden(x)))))


class LinearClassifier(nn.Module):
    def __init__(self, features: int = 4, classes: int = 3):
        super().__init__()
        self.head = nn.Linear(features, classes)

    def forward(self, x):
        return self.head(x)
