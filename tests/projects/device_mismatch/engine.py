import torch


def train_one_epoch(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def train_one_epoch_there(model, loader, criterion, optimizer, device):
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


def penalty(outputs):
    return (outputs * torch.ones(2)).sum()


def penalty_there(outputs):
    return (outputs * torch.ones(2, device=outputs.device)).sum()


def correct(outputs, targets):
    return (outputs.argmax(dim=1) == targets).sum().item()
