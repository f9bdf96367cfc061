import torch
from models import make_model
from torch import inference_mode


@torch.no_grad  # expect: no-grad-not-entered
def scores(x):
    model = make_model()
    return model(x)


@inference_mode  # expect: no-grad-not-entered
def classes(x):
    model = make_model()
    return model(x).argmax(dim=1)


@torch.no_grad()
def confidence(x):
    model = make_model()
    return model(x).softmax(dim=1).max(dim=1).values


class Predictor:
    def __init__(self):
        self.model = make_model()

    @torch.no_grad  # expect: no-grad-not-entered
    def predict(self, x):
        return self.model(x)
