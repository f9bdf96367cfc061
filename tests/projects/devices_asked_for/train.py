import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fit(loader):
    model = nn.Linear(4, 2).to(device)
    criterion = nn.CrossEntropyLoss().cuda()  # expect: hard-coded-device
    for x, y in loader:
        yield criterion(model(x.to(device)), y.to("cuda"))  # expect: hard-coded-device
