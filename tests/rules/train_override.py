import torch
import torch.nn as nn
from torch import nn as layers
from torch.nn import Module

# ── reported: no parameter ────────────────────────────────────────────────────────────────────


class WithoutMode(nn.Module):
    def train(self):  # expect: train-override
        super().train()
        self.norm.eval()
        return self


class WithoutAnything(Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def train(self):  # expect: train-override
        """Keep the classifier fixed."""
        self.fc.requires_grad_(False)


class ModeByName(nn.Module):
    def train(self, *, mode=True):  # expect: train-override
        super().train(mode)
        return self


class Recorder(nn.Sequential):
    def train(self, mode, reason):  # expect: train-override
        self.reason = reason
        return super().train(mode)


class TrainsItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def train(self, loader, epochs=3):  # expect: train-override
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        for _ in range(epochs):
            for x, y in loader:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(self.fc(x), y)
                loss.backward()
                optimizer.step()


# ── reported: nothing returned ────────────────────────────────────────────────────────────────


class ReturnsNothing(nn.Module):
    def train(self, mode=True):  # expect: train-override
        super().train(mode)
        if mode:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()  # keep the statistics


class OldSuper(nn.Module):
    def train(self, mode: bool = True):  # expect: train-override
        super(OldSuper, self).train(mode)


class ByName(nn.Module):
    def train(self, mode=True):  # expect: train-override
        nn.Module.train(self, mode)
        self.started = True


# ── reported: not passed on ───────────────────────────────────────────────────────────────────


class NotPassedOn(nn.Module):
    def train(self, mode=True):  # expect: train-override
        self.noise = 0.1 if mode else 0.0
        return self


class Grandchild(NotPassedOn):
    def train(self, mode=True):  # expect: train-override
        self.depth = 2 if mode else 1
        return self


# ── silent ────────────────────────────────────────────────────────────────────────────────────


class Complete(nn.Module):
    def train(self, mode=True):
        super().train(mode)
        self.backbone.eval()
        return self


class ReturnsTheCall(nn.Module):
    def train(self, mode: bool = True):
        self.calls = 1
        return super().train(mode)


class PinnedInEvaluation(nn.Module):
    """A frozen teacher."""

    def train(self, mode=True):
        return self


class PinnedByTheFlag(nn.Module):
    def train(self, mode=True):
        return super().train(False)


class WalksThroughTheChildren(nn.Module):
    def train(self, mode=True):
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self


class DelegatesToAPart(nn.Module):
    def train(self, mode=True):
        self.student.train(mode)
        self.teacher.eval()
        return self


class AnythingGoes(nn.Module):
    def train(self, *args, **kwargs):
        super().train(*args, **kwargs)
        return self


class Forbidden(nn.Module):
    def train(self):
        raise NotImplementedError("this module has no training mode")


class NoModule:
    def __init__(self, model: nn.Module):
        self.model = model

    def train(self):
        self.model.train()


class OtherBase(dict):
    def train(self, loader):
        for batch in loader:
            self.update(batch)


def train(model: nn.Module):
    model.train()


# ── under other names, through helpers and in other layouts ───────────────────────────────────


class OfALayer(layers.BatchNorm1d):
    def train(self, mode=True):  # expect: train-override
        layers.Module.train(self, mode)


class HelperOfAnotherKind(Module):
    def train(self, mode=True):  # expect: train-override
        self.set_scale(mode)
        return self

    def set_scale(self, mode):
        self.scale = 2.0 if mode else 1.0


class ReturnsOnOnePath(Module):
    # What is returned on every path is not looked at.
    def train(self, mode=True):  # todo-expect: train-override
        super().train(mode)
        if mode:
            return self


# fmt: off
class OnOneLine(Module):
    def train(self, mode=True): super().train(mode)  # expect: train-override


class OverSeveralLines(Module):
    def train(  # expect: train-override
        self,
    ):
        super().train()
        return self


class WithTabs(Module):
	def train(self, mode=True):  # expect: train-override
		super().train(mode)
# fmt: on


class ByAHelper(Module):
    def train(self, mode=True):
        self.set_mode(mode)
        return self

    def set_mode(self, mode):
        super().train(mode)


class KeepsWhatTheCallReturns(Module):
    def train(self, training=True):
        me = super().train(training)
        me.norm.eval()
        return me


class IsNoMethod(Module):
    @property
    def train(self):
        return True
