"""The same names with torch."""

import torch  # noqa: F401


def evaluate(net, loader, criterion):
    total = 0
    for images, labels in loader:
        outputs = net(images)  # expect: inference-without-no-grad
        predicted = outputs.argmax(1)
        total += (predicted == labels).sum().item()
    return total


def train(net, loader, criterion, optimizer):
    total = 0
    for images, labels in loader:
        loss = criterion(net(images), labels)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()
        total += loss.detach()
    return total
