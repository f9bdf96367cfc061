import torch
from data import Points, PointsOnDevice, move
from engine import correct, penalty, penalty_there, train_one_epoch, train_one_epoch_there
from models import MovesItsInput, Net
from torch import nn, optim
from torch.utils.data import DataLoader

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def batches_are_never_moved(points, labels):
    model = Net().to(device)
    optimizer = optim.Adam(model.parameters())
    loader = DataLoader(Points(points, labels), batch_size=8)
    train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizer)  # expect: device-mismatch


def batches_are_moved(points, labels):
    model = Net().to(device)
    optimizer = optim.Adam(model.parameters())
    loader = DataLoader(Points(points, labels), batch_size=8)  # expect: missing-pin-memory
    train_one_epoch_there(model, loader, nn.CrossEntropyLoss(), optimizer, device)


def data_set_moves(points, labels):
    model = Net().to(device)
    optimizer = optim.Adam(model.parameters())
    loader = DataLoader(PointsOnDevice(points, labels, device), batch_size=8)
    train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizer)


def collate_function_moves(points, labels):
    model = Net().cuda()  # expect: hard-coded-device
    optimizer = optim.Adam(model.parameters())
    loader = DataLoader(Points(points, labels), batch_size=8, collate_fn=move)
    train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizer)


def everything_on_the_cpu(points, labels):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    loader = DataLoader(Points(points, labels), batch_size=8)
    train_one_epoch(model, loader, nn.CrossEntropyLoss(), optimizer)


def module_moves_its_input(points, labels):
    model = MovesItsInput().to(device)
    for x, y in DataLoader(Points(points, labels), batch_size=8):
        model(x)


def helper_tensor_of_the_cpu(x):
    model = Net().to(device)
    outputs = model(x.to(device))
    return penalty(outputs), penalty_there(outputs)  # expect: device-mismatch


def targets_are_handed_to_a_helper(points, labels):
    model = Net().to(device)
    total = 0
    for x, y in DataLoader(Points(points, labels), batch_size=8):  # expect: missing-pin-memory
        total += correct(model(x.to(device)), y)  # expect: device-mismatch
    return total
