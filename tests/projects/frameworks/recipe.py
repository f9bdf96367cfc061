"""A recipe in the manner of torchtune: the loop is the user's own, in a class that is set up from a configuration."""

import torch
from models import Backbone
from torch import nn
from torchtune import config, training


class Recipe:
    def setup(self, cfg):
        self._device = torch.device(cfg.device)
        self._model = self._setup_model(cfg)
        self._optimizer = self._setup_optimizer(cfg.optimizer)
        self._loss_fn = nn.CrossEntropyLoss()
        self._loader = config.instantiate(cfg.dataset)
        self._accumulate = cfg.gradient_accumulation_steps

    def _setup_model(self, cfg):
        model = Backbone().to(self._device)
        training.set_activation_checkpointing(model, auto_wrap_policy={nn.Linear})
        return model

    def _setup_optimizer(self, cfg):
        return torch.optim.AdamW(self._model.parameters(), lr=cfg.lr)

    def _loss_step(self, batch):
        labels = batch.pop("labels")
        return self._loss_fn(self._model(**batch), labels)


class Accumulating(Recipe):
    def train(self):
        self._optimizer.zero_grad()
        running_loss, tokens = 0, 0
        for _ in range(3):
            for idx, batch in enumerate(self._loader):
                count = (batch["labels"] != -100).sum()
                tokens += count
                loss = self._loss_step(batch) * count
                running_loss += loss.detach()
                loss.backward()
                if (idx + 1) % self._accumulate == 0:
                    training.scale_grads(self._model, 1 / tokens)
                    self._optimizer.step()
                    self._optimizer.zero_grad(set_to_none=True)
                    running_loss, tokens = 0, 0


class NeverCleared(Recipe):
    def train(self):
        for batch in self._loader:
            loss = self._loss_step(batch)
            loss.backward()  # expect: missing-zero-grad
            self._optimizer.step()
