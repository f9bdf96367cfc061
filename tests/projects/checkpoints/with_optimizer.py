import torch
from nets import Net, resumed, train_epoch
from torch import optim


def together(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(resumed(model, path), 10):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)


def apart(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    start = torch.load(path, map_location="cpu")["epoch"]
    for epoch in range(start, 10):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict()}, path)
        torch.save(optimizer.state_dict(), f"{path}.optimizer")
