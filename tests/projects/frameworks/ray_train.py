import ray.train
import ray.train.torch
import torch
import torch.nn.functional as F
from models import Backbone
from ray.train.torch import TorchTrainer


def train_func(config):
    model = ray.train.torch.prepare_model(Backbone())
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
    loader = ray.train.torch.prepare_data_loader(config["loader"])
    for _ in range(config["epochs"]):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        model.eval()
        correct = 0
        with torch.no_grad():
            for x, y in config["val_loader"]:
                correct += (model(x).argmax(dim=1) == y).sum().item()
        ray.train.report({"correct": correct})


def careless(config):
    model = ray.train.torch.prepare_model(Backbone())
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
    for _ in range(config["epochs"]):
        total = 0
        for x, y in config["loader"]:
            loss = F.cross_entropy(model(x), y)
            total += loss  # expect: graph-retained
            loss.backward()  # expect: missing-zero-grad, training-in-eval-mode
            optimizer.step()
        model.eval()
        correct = 0
        for x, y in config["val_loader"]:
            correct += (model(x).argmax(dim=1) == y).sum().item()  # expect: inference-without-no-grad
        ray.train.report({"correct": correct, "loss": total})


def main(scaling):
    TorchTrainer(train_func, scaling_config=scaling).fit()
    TorchTrainer(careless, scaling_config=scaling).fit()
