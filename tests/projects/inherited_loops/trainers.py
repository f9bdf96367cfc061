import torch
from base.trainer import BaseTrainer, Epoch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        return self.dropout(self.fc(x))


class Forgetful(BaseTrainer):
    def __init__(self, loader, val_loader):
        model = Net()
        super().__init__(model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1), 3)
        self.loader, self.val_loader = loader, val_loader

    def _train_epoch(self, epoch):
        for x, y in self.loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()  # expect: training-in-eval-mode
            self.optimizer.step()
        return self._valid_epoch(epoch)

    def _valid_epoch(self, epoch):
        self.model.eval()
        with torch.no_grad():
            return sum((self.model(x).argmax(dim=1) == y).sum().item() for x, y in self.val_loader)


class Careful(BaseTrainer):
    def __init__(self, loader, val_loader):
        model = Net()
        super().__init__(model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1), 3)
        self.loader, self.val_loader = loader, val_loader

    def _train_epoch(self, epoch):
        self.model.train()
        for x, y in self.loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
        return self._valid_epoch(epoch)

    def _valid_epoch(self, epoch):
        self.model.eval()
        with torch.no_grad():
            return sum((self.model(x).argmax(dim=1) == y).sum().item() for x, y in self.val_loader)


class NeverCleared(Epoch):
    def __init__(self, loss):
        super().__init__(Net(), loss)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)

    def on_epoch_start(self):
        self.model.train()

    def batch_update(self, x, y):
        loss = self.loss(self.model(x), y)
        loss.backward()  # expect: missing-zero-grad
        self.optimizer.step()
        return loss.item()


class Cleared(Epoch):
    def __init__(self, loss):
        super().__init__(Net(), loss)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1)

    def batch_update(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()


class Validation(Epoch):
    def on_epoch_start(self):
        self.model.eval()

    def batch_update(self, x, y):
        with torch.no_grad():
            return self.loss(self.model(x), y).item()
