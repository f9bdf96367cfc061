"""Hooks of Lightning: what the trainer does around them, and what it leaves to them."""

import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from models import Backbone
from torch import nn, optim


class TheTrainerSteps(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Backbone()
        self.shown = []

    def training_step(self, batch, batch_idx):
        x, y = batch
        return F.cross_entropy(self.net(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        output = self.net(x)
        self.shown.append(output.numpy())
        return F.cross_entropy(output, y)

    def predict_step(self, batch, batch_idx):
        return self.net(batch).softmax(dim=1).numpy()

    def on_test_epoch_end(self):
        print(self.net(torch.zeros(1, 4)).numpy())

    def configure_optimizers(self):
        return optim.Adam(self.parameters(), lr=1e-3)


class TheTrainerCannotMend(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = Backbone()
        self.heads = [nn.Linear(3, 3), nn.Linear(3, 3)]  # expect: unregistered-submodule

    def training_step(self, batch, batch_idx):
        x, y = batch
        output = self.net.forward(x)  # expect: forward-called-directly
        print(output.numpy())  # expect: numpy-requires-grad
        return F.cross_entropy(output.softmax(dim=1), y)  # expect: softmax-before-cross-entropy


class StepsByItself(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.net = Backbone()

    def training_step(self, batch, batch_idx):
        x, y = batch
        optimizer = self.optimizers()
        loss = F.cross_entropy(self.net(x), y)
        self.manual_backward(loss)  # expect: missing-zero-grad
        optimizer.step()


class ClearsInAnotherHook(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.net = Backbone()

    def on_train_batch_start(self, batch, batch_idx):
        self.optimizers().zero_grad()

    def training_step(self, batch, batch_idx):
        x, y = batch
        optimizer = self.optimizers()
        self.manual_backward(F.cross_entropy(self.net(x), y))
        optimizer.step()


class Adversarial(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.generator, self.discriminator = nn.Linear(4, 4), nn.Linear(4, 1)

    def training_step(self, batch, batch_idx):
        for_generator, for_discriminator = self.optimizers()
        fake = self.generator(batch)
        self.toggle_optimizer(for_generator)
        for_generator.zero_grad()
        self.manual_backward(-self.discriminator(fake).mean())
        for_generator.step()
        self.untoggle_optimizer(for_generator)
        for_discriminator.zero_grad()
        self.manual_backward(self.discriminator(fake.detach()).mean() - self.discriminator(batch).mean())
        for_discriminator.step()
