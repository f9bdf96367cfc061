import torch
from nets import Net, train_epoch
from torch import optim


def main(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(10):
        train_epoch(model, loader, criterion, optimizer)
        torch.save({"epoch": epoch, "model": model.state_dict()}, path)
