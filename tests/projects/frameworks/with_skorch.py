import torch.nn.functional as F
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn


class Probabilities(nn.Module):
    """skorch takes the logarithm of what goes to its default loss, `NLLLoss`."""

    def __init__(self, hidden=8):
        super().__init__()
        self.hidden = nn.Linear(4, hidden)
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(hidden, 3)

    def forward(self, x):
        return F.softmax(self.output(self.dropout(F.relu(self.hidden(x)))), dim=-1)


class Penalized(NeuralNetRegressor):
    def get_loss(self, y_pred, y_true, *args, **kwargs):
        loss = super().get_loss(y_pred, y_true, *args, **kwargs)
        return loss + 1e-3 * sum(weight.abs().sum() for weight in self.module_.parameters())

    def train_step_single(self, batch, **fit_params):
        self._set_training(True)
        x, y = batch
        y_pred = self.infer(x, **fit_params)
        loss = self.get_loss(y_pred, y, X=x, training=True)
        loss.backward()
        return {"loss": loss, "y_pred": y_pred}


def main(x, y):
    net = NeuralNetClassifier(Probabilities, max_epochs=3, lr=0.1, iterator_train__shuffle=True)
    net.fit(x, y)
    return net.predict_proba(x)


class WithAList(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 4), nn.Linear(4, 1)]  # expect: unregistered-submodule

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def regression(x, y):
    return Penalized(WithAList).fit(x, y)
