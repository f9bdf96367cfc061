import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from engine import evaluate, evaluate_and_restore, train_one_epoch
from models import Classifier, LinearClassifier


def make_loader():
    data = TensorDataset(torch.randn(64, 4), torch.randint(3, (64,)))
    return DataLoader(data, batch_size=8, shuffle=True)


def mode_is_left_behind(epochs=3):
    model = Classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    loader, val_loader = make_loader(), make_loader()
    model.train()
    for epoch in range(epochs):
        loss = train_one_epoch(model, loader, criterion, optimizer)  # expect: training-in-eval-mode
        print(epoch, loss, evaluate(model, val_loader))


def mode_is_restored(epochs=3):
    model = Classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    loader, val_loader = make_loader(), make_loader()
    for epoch in range(epochs):
        loss = train_one_epoch(model, loader, criterion, optimizer)
        print(epoch, loss, evaluate_and_restore(model, val_loader))


def mode_is_set_in_each_epoch(epochs=3):
    model = Classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    loader, val_loader = make_loader(), make_loader()
    for epoch in range(epochs):
        model.train()
        loss = train_one_epoch(model, loader, criterion, optimizer)
        print(epoch, loss, evaluate(model, val_loader))


def mode_makes_no_difference(epochs=3):
    model = LinearClassifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    criterion = nn.CrossEntropyLoss()
    loader, val_loader = make_loader(), make_loader()
    for epoch in range(epochs):
        loss = train_one_epoch(model, loader, criterion, optimizer)
        print(epoch, loss, evaluate(model, val_loader))


def main():
    mode_is_left_behind()
    mode_is_restored()
    mode_is_set_in_each_epoch()
    mode_makes_no_difference()


if __name__ == "__main__":
    main()
