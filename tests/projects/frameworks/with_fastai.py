import torch.nn.functional as F
from fastai.vision.all import Callback, DataLoaders, Learner, accuracy
from models import Backbone
from torch import nn


class Penalty(Callback):
    def after_loss(self):
        self.learn.loss_grad = self.loss_grad + 1e-4 * self.learn.pred.pow(2).mean()

    def before_step(self):
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)


def main(train_dl, valid_dl, test_dl):
    learner = Learner(DataLoaders(train_dl, valid_dl), Backbone(), loss_func=F.cross_entropy, metrics=accuracy)
    learner.fit_one_cycle(3, cbs=Penalty())
    print(learner.validate())
    predictions, _ = learner.get_preds(dl=test_dl)
    learner.fit(1)
    return predictions.numpy()


class Heads(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.heads = [nn.Linear(4, 1) for _ in range(count)]  # expect: unregistered-submodule

    def forward(self, x):
        return [head(x) for head in self.heads]


def heads(dls):
    Learner(dls, Heads(3), loss_func=F.mse_loss).fit(1)
