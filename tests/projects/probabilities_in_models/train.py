import models
import torch
import torch.nn.functional as F
from losses import make_criterion
from models import Logits, Probabilities, normalise, sequential_probabilities


def class_from_another_file(loader):
    model = Probabilities()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy
        loss.backward()
        optimizer.step()


def class_of_an_imported_module(x, y):
    model = models.Probabilities()
    return F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy


def sequential_from_another_file(x, y):
    model = sequential_probabilities()
    return F.cross_entropy(model(x), y)  # expect: softmax-before-cross-entropy


def helper_from_another_file(x, y):
    model = Logits()
    return F.cross_entropy(normalise(model(x)), y)  # expect: softmax-before-cross-entropy


def criterion_from_another_file(x, y):
    model, criterion = Probabilities(), make_criterion()
    return criterion(model(x), y)  # expect: softmax-before-cross-entropy


def logits_from_another_file(x, y):
    model, criterion = Logits(), make_criterion(0.1)
    loss = criterion(model(x), y)
    print(normalise(model(x)).max(dim=1))
    return loss
