from abc import abstractmethod

import torch


class BaseTrainer:
    """Holds the loop over the epochs; what an epoch does is up to the class."""

    def __init__(self, model, criterion, optimizer, epochs):
        self.model = model
        self.criterion = criterion
        self.optimizer = optimizer
        self.epochs = epochs

    @abstractmethod
    def _train_epoch(self, epoch):
        raise NotImplementedError

    def train(self):
        for epoch in range(self.epochs):
            result = self._train_epoch(epoch)
            print(epoch, result)
            if epoch % 10 == 0:
                self._save(epoch)

    def _save(self, epoch):
        torch.save({"epoch": epoch, "state": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}, "last.pt")


class Epoch:
    def __init__(self, model, loss):
        self.model = model
        self.loss = loss

    def batch_update(self, x, y):
        raise NotImplementedError

    def on_epoch_start(self):
        pass

    def run(self, loader):
        self.on_epoch_start()
        total = 0.0
        for x, y in loader:
            total += self.batch_update(x, y)
        return total
