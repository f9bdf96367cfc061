import torch
import torch.nn.functional as F
from models import Net


class GivenEverything:
    def __init__(self, model, optimizer, loader):
        self.model = model
        self.optimizer = optimizer
        self.loader = loader

    def epoch(self):
        for x, y in self.loader:
            loss = self.loss(x, y)
            loss.backward()  # expect: missing-zero-grad
            self.optimizer.step()

    def loss(self, x, y):
        return F.cross_entropy(self.model(x), y)


class Clears(GivenEverything):
    def epoch(self):
        for x, y in self.loader:
            self.optimizer.zero_grad()
            loss = self.loss(x, y)
            loss.backward()
            self.optimizer.step()


class WithProperties:
    def __init__(self, model):
        self._model = model
        self._optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    @property
    def model(self):
        return self._model

    @property
    def optimizer(self):
        return self._optimizer

    def get_optimizer(self):
        return self._optimizer

    def never_clears(self, loader):
        for x, y in loader:
            loss = F.cross_entropy(self.model(x), y)
            loss.backward()  # expect: missing-zero-grad
            self.optimizer.step()

    def clears_through_a_getter(self, loader):
        for x, y in loader:
            self.get_optimizer().zero_grad()
            loss = F.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()


class HasATrainer:
    def __init__(self, trainer: WithProperties):
        self.trainer = trainer

    def run(self, loader):
        for x, y in loader:
            loss = F.cross_entropy(self.trainer.model(x), y)
            loss.backward()  # expect: missing-zero-grad
            self.trainer.optimizer.step()


class OnTheClass:
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def run(self, loader):
        for x, y in loader:
            loss = F.cross_entropy(self.model(x), y)
            loss.backward()  # expect: missing-zero-grad
            self.optimizer.step()
