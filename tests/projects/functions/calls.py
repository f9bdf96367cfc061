import functools

import torch
import torch.nn.functional as F
from models import Net


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@timed
def step_decorated(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss


def through_decorator(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        step_decorated(model, optimizer, x, y)


def update(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss


def update_through_partial(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss


def through_partial(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_step = functools.partial(update_through_partial, model, optimizer)
    for x, y in loader:
        train_step(x, y)


def update_through_partial_kw(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss


def through_partial_kw(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train_step = functools.partial(update_through_partial_kw, optimizer=optimizer, model=model)
    for x, y in loader:
        train_step(x=x, y=y)


def update_through_lambda(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss


def through_lambda(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    fn = lambda x, y: update_through_lambda(model, optimizer, x, y)
    for x, y in loader:
        fn(x, y)


def through_closure(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def train_step(x, y):
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()

    for x, y in loader:
        train_step(x, y)


def batches(loader, device):
    for x, y in loader:
        yield x.to(device), y.to(device)


def through_generator(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in batches(loader, "cpu"):
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def stepping_generator(model, optimizer, loader):
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()
        yield loss.item()


def drive():
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for loss in stepping_generator(model, optimizer, [(1, 2)]):
        print(loss)


def recursion(model, optimizer, data, depth):
    if depth == 0:
        return
    loss = F.cross_entropy(model(data), data)
    loss.backward()
    optimizer.step()
    recursion(model, optimizer, data, depth - 1)


def update_dict_of_functions(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss


def dict_of_functions(loader, name):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    steps = {"plain": update_dict_of_functions, "other": update_dict_of_functions}
    for x, y in loader:
        steps[name](model, optimizer, x, y)


def update_star_args(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss


def star_args(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for batch in loader:
        args = (model, optimizer)
        update_star_args(*args, *batch)


def update_kwargs_through(model, optimizer, x, y):
    loss = F.cross_entropy(model(x), y)
    loss.backward()  # expect: missing-zero-grad
    optimizer.step()
    return loss


def kwargs_through(**kwargs):
    update_kwargs_through(**kwargs)


def star_kwargs(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        kwargs_through(model=model, optimizer=optimizer, x=x, y=y)


async def async_train(loader):
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    async for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def returns_pair():
    model = Net()
    return model, torch.optim.SGD(model.parameters(), lr=0.1)


def built_elsewhere(loader):
    model, optimizer = returns_pair()
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def returns_dict():
    model = Net()
    return {"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=0.1)}


def built_in_dict(loader):
    made = returns_dict()
    for x, y in loader:
        loss = F.cross_entropy(made["model"](x), y)
        loss.backward()  # expect: missing-zero-grad
        made["optimizer"].step()


def walrus(loader):
    optimizer = torch.optim.SGD((model := Net()).parameters(), lr=0.1)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()
