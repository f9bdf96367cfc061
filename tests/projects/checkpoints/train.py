from nets import Net, resumed, train_epoch, write
from torch import optim


def main(loader, criterion, path):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(resumed(model, path), 10):
        train_epoch(model, loader, criterion, optimizer)
        write(model, epoch, path)  # expect: checkpoint-without-optimizer
