import torch.nn.functional as F
from lightning.pytorch import LightningModule
from torch import nn, optim


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        return self.dropout(self.fc(x))


class Classifier(LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Backbone()
        self.outputs = []

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.outputs.append(loss)
        self.log("val_loss", loss)

    def on_validation_epoch_end(self):
        self.outputs.clear()

    def test_step(self, batch, batch_idx):
        return [self(x).argmax(dim=1) for x in batch]

    def configure_optimizers(self):
        return optim.Adam(self.parameters(), lr=1e-3)


class ManualClassifier(LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.net = Backbone()

    def training_step(self, batch, batch_idx):
        x, y = batch
        optimizer = self.optimizers()
        optimizer.zero_grad()
        self.manual_backward(F.cross_entropy(self.net(x), y))
        optimizer.step()

    def configure_optimizers(self):
        return optim.SGD(self.parameters(), lr=0.1)
