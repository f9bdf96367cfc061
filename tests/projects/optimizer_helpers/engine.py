import torch
import torch.nn.functional as F
from build import build_optimizer
from steps import apply, apply_and_clip


class Engine:
    def __init__(self, model, loader):
        self.model, self.loader = model, loader
        self.optimizer = build_optimizer(model, "adam")

    def epoch(self):
        for x, y in self.loader:
            loss = F.cross_entropy(self.model(x), y)
            loss.backward()  # expect: missing-zero-grad
            apply(self.optimizer)

    def clipped_epoch(self):
        for x, y in self.loader:
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(x), y).backward()
            apply_and_clip(self.optimizer, self.model)  # expect: gradient-clip-misplaced

    def fit(self):
        for _ in range(10):
            self.epoch()
            self.clipped_epoch()
        torch.save(self.model.state_dict(), "model.pt")
