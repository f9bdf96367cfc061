import contextlib

import torch
from models import Net


@contextlib.contextmanager
def evaluating(model):
    was = model.training
    model.eval()
    try:
        yield model
    finally:
        model.train(was)


def quiet_eval(loader):
    model = Net()
    with evaluating(model), torch.no_grad():
        for x in loader:
            print(model(x))


@contextlib.contextmanager
def evaluation_mode(model):
    with torch.no_grad():
        model.eval()
        yield
        model.train()


def quiet_eval2(val_loader):
    model = Net()
    for epoch in range(3):
        with evaluation_mode(model):
            for x in val_loader:
                print(model(x).argmax())


class no_gradients(contextlib.ContextDecorator):
    def __enter__(self):
        self.was = torch.is_grad_enabled()
        torch.set_grad_enabled(False)

    def __exit__(self, *args):
        torch.set_grad_enabled(self.was)


def quiet_eval3(val_loader):
    model = Net()
    model.eval()
    with no_gradients():
        for x in val_loader:
            print(model(x).argmax())


def eval_decorator(fn):
    def inner(model, *args, **kwargs):
        was_training = model.training
        model.eval()
        out = fn(model, *args, **kwargs)
        model.train(was_training)
        return out
    return inner


@torch.no_grad()
@eval_decorator
def sample(model, loader):
    for x in loader:
        print(model(x))


def quiet_sample(loader):
    model = Net()
    model.train()
    sample(model, loader)


@contextlib.contextmanager
def announced(text):
    print(text)
    yield


class Announced:
    def __enter__(self):
        print("start")

    def __exit__(self, *args):
        print("end")


def neither_switches_anything(val_loader):
    model = Net()
    model.eval()
    with announced("evaluation"):
        for x in val_loader:
            print(model(x).argmax())  # expect: inference-without-no-grad
    with Announced():
        for x in val_loader:
            print(model(x).argmax())  # expect: inference-without-no-grad


def left_by_return(val_loader):
    model = Net()
    with evaluation_mode(model):
        for x in val_loader:
            return model(x).argmax()


def switches_back(loader, val_loader, optimizer):
    model = Net()
    for epoch in range(3):
        with evaluation_mode(model):
            for x in val_loader:
                print(model(x).argmax())
        for x, y in loader:
            optimizer.zero_grad()
            (model(x) - y).mean().backward()
            optimizer.step()
