import torch
import torch.nn.functional as F
from models import Net
from torch.optim.swa_utils import AveragedModel, update_bn


def each_clears_its_own(loader):
    models = [Net() for _ in range(5)]
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in models]
    for x, y in loader:
        for model, optimizer in zip(models, optimizers):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()


def nobody_clears(loader):
    models = [Net() for _ in range(5)]
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in models]
    for x, y in loader:
        for number, (model, optimizer) in enumerate(zip(models, optimizers)):
            loss = F.cross_entropy(model(x), y)
            loss.backward()  # expect: missing-zero-grad
            optimizer.step()
            print(number, loss.item())


def cleared_in_a_loop_of_its_own(loader):
    model = Net()
    optimizers = {
        "fc": torch.optim.SGD(model.fc.parameters(), lr=0.1),
        "all": torch.optim.Adam(model.parameters()),
    }
    for x, y in loader:
        for optimizer in optimizers.values():
            optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        for optimizer in optimizers.values():
            optimizer.step()


def all_in_evaluation_mode(loader):
    models = [Net() for _ in range(5)]
    for model in models:
        model.eval()
    with torch.no_grad():
        for model in models:
            for x in loader:
                print(model(x).argmax(dim=1))


def averaged(loader, val_loader):
    model = Net()
    averaged_model = AveragedModel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        averaged_model.update_parameters(model)
    update_bn(loader, averaged_model)
    with torch.no_grad():
        for x in val_loader:
            print(averaged_model(x))  # expect: inference-in-train-mode
