import collections
import copy as cp

import torch
from recipes import average, fit
from torch import nn, optim
from torch import nn as layers
from torch.amp import GradScaler


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


def train_epoch(model, loader, criterion, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def best_of_the_epochs(loader, criterion, score):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    best, best_score = None, 0.0
    for _ in range(5):
        train_epoch(model, loader, criterion, optimizer)
        if score(model) > best_score:
            best_score = score(model)
            best = model.state_dict()  # expect: state-dict-not-copied
    model.load_state_dict(best)
    return model


def best_that_is_saved_at_the_end(model, loader, criterion, optimizer, path):
    best, lowest = None, float("inf")
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        if loss.item() < lowest:
            lowest = loss.item()
            best = {"model": model.state_dict(), "loss": lowest}  # expect: state-dict-not-copied
    torch.save(best, path)


def best_that_is_returned(loader, criterion):
    model = Net()
    optimizer = optim.Adam(model.parameters())
    best, lowest = None, float("inf")
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        if loss.item() < lowest:
            lowest, best = loss.item(), model.state_dict()  # expect: state-dict-not-copied
        loss.backward()
        optimizer.step()
    return best, lowest


def weights_to_begin_with(loader, criterion):
    net = Net()
    start = net.state_dict()  # expect: state-dict-not-copied
    for rate in (0.1, 0.01):
        net.load_state_dict(start)
        train_epoch(net, loader, criterion, optim.SGD(net.parameters(), lr=rate))


def shallow_copies(loader, criterion):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    first = cp.copy(model.state_dict())  # expect: state-dict-not-copied
    second = dict(model.state_dict())  # expect: state-dict-not-copied
    third = model.state_dict().copy()  # expect: state-dict-not-copied
    fourth = collections.OrderedDict(model.state_dict())  # expect: state-dict-not-copied
    train_epoch(model, loader, criterion, optimizer)
    for state in (first, second, third, fourth):
        model.load_state_dict(state)


def copies_of_the_dict_alone(loader, criterion):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    kept = {name: value for name, value in model.state_dict().items()}  # expect: state-dict-not-copied
    moved = {name: value.cpu() for name, value in model.state_dict().items()}  # expect: state-dict-not-copied
    cut = {name: value.detach().cpu() for name, value in model.state_dict().items()}  # expect: state-dict-not-copied
    train_epoch(model, loader, criterion, optimizer)
    torch.save([kept, moved, cut], "weights.pt")


def one_for_each_epoch(loader, criterion):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    states = []
    for _ in range(3):
        train_epoch(model, loader, criterion, optimizer)
        states.append(model.state_dict())  # expect: state-dict-not-copied
    torch.save(states, "weights.pt")


def under_a_gradient_scaler(model, loader, criterion, optimizer):
    scaler = GradScaler()
    best, lowest = None, float("inf")
    for x, y in loader:
        optimizer.zero_grad()
        with torch.autocast("cuda"):
            loss = criterion(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        if loss.item() < lowest:
            best = model.module.state_dict()  # expect: state-dict-not-copied
    model.module.load_state_dict(best)


class Trainer:
    def __init__(self, loader, criterion):
        self.loader, self.criterion = loader, criterion
        self.model = Net()
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.1)
        self.best_state = None
        self.best_loss = float("inf")

    def fit(self):
        for _ in range(5):
            loss = self.epoch()
            if loss < self.best_loss:
                self.best_loss = loss
                self.best_state = self.model.state_dict()  # expect: state-dict-not-copied

    def epoch(self):
        total = 0.0
        for x, y in self.loader:
            self.optimizer.zero_grad()
            loss = self.criterion(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item()
        return total

    def restore(self):
        self.model.load_state_dict(self.best_state)


class Stopper:
    def __init__(self):
        self.weights = None

    def look(self, loss, model):
        if loss < 0.1:
            self.weights = model.state_dict()  # expect: state-dict-not-copied


def stopped_by_another(loader, criterion):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    stopper = Stopper()
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        stopper.look(loss.item(), model)
    model.load_state_dict(stopper.weights)


# ── silent: the tensors are copied ────────────────────────────────────────────────────────────


def copied_deeply(loader, criterion):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    first = cp.deepcopy(model.state_dict())
    second = {name: value.clone() for name, value in model.state_dict().items()}
    third = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
    train_epoch(model, loader, criterion, optimizer)
    for state in (first, second, third):
        model.load_state_dict(state)


def copied_from_the_gpu(loader, criterion):
    model = Net().cuda()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    kept = {name: value.cpu() for name, value in model.state_dict().items()}
    train_epoch(model, loader, criterion, optimizer)
    model.load_state_dict(kept)


def copied_from_an_unknown_device(model, loader, criterion, optimizer):
    kept = {name: value.cpu() for name, value in model.state_dict().items()}
    train_epoch(model, loader, criterion, optimizer)
    model.load_state_dict(kept)


# ── silent: saved, loaded or returned at once ─────────────────────────────────────────────────


def saved_in_each_epoch(loader, criterion, path):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(3):
        train_epoch(model, loader, criterion, optimizer)
        state = {"epoch": epoch, "model": model.state_dict()}
        torch.save(state, path)


def filled_and_loaded(path):
    model = Net()
    own = model.state_dict()
    own.update(torch.load(path, map_location="cpu"))
    model.load_state_dict(own)
    return model


def loaded_into_another(loader, criterion):
    model, target = Net(), Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()
        state = model.state_dict()
        target.load_state_dict(state)


def weights_after_training(loader, criterion):
    model = Net()
    train_epoch(model, loader, criterion, optim.SGD(model.parameters(), lr=0.1))
    return model.state_dict()


def last_state_of_the_loop(loader, criterion, path):
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    state = None
    for _ in range(3):
        train_epoch(model, loader, criterion, optimizer)
        state = model.state_dict()
    torch.save(state, path)


def saved_by_the_way_it_is_wrapped(model: nn.Module, loader, criterion, rank):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(10):
        train_epoch(model, loader, criterion, optimizer)
        if hasattr(model, "module"):
            weights = model.module.state_dict()
        else:
            weights = model.state_dict()
        torch.save({"epoch": epoch, "model": weights, "optimizer": optimizer.state_dict()}, "last.pt")
        if rank == 0:
            state = model.module.state_dict() if hasattr(model, "module") else model.state_dict()
            torch.save({"epoch": epoch, "model": state, "optimizer": optimizer.state_dict()}, "first.pt")


def one_of_two_is_kept(model: nn.Module, loader, criterion):
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    best, kept = 0.0, None
    for _ in range(10):
        train_epoch(model, loader, criterion, optimizer)
        score = float(next(model.parameters()).sum())
        weights = model.state_dict()
        if score > best:
            best, kept = score, {name: value.clone() for name, value in weights.items()}
    model.load_state_dict(kept)



# ── silent: training changes something else, or cannot be seen ────────────────────────────────


def another_model_learns(loader, criterion):
    teacher, student = Net(), Net()
    optimizer = optim.SGD(student.parameters(), lr=0.1)
    state = teacher.state_dict()
    train_epoch(student, loader, criterion, optimizer)
    student.load_state_dict(state)


def trained_out_of_sight(loader):
    model = Net()
    state = model.state_dict()
    fit(model, loader)
    model.load_state_dict(state)


def new_tensors_on_the_device(loader, criterion):
    model = Net()
    start = model.state_dict()
    model.cuda()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    train_epoch(model, loader, criterion, optimizer)
    model.load_state_dict(start)


def averaged_by_another(models):
    return average([model.state_dict() for model in models])


# ── under other names, in methods and other layouts ───────────────────────────────────────────


def one_model_under_two_names(loader, criterion, score):
    net = layers.Linear(4, 3)
    model = net
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    best, top = None, 0.0
    for _ in range(3):
        train_epoch(net, loader, criterion, optimizer)
        if score(net) > top:
            best = model.state_dict()  # expect: state-dict-not-copied
    net.load_state_dict(best)


class Run:
    def __init__(self, loader, criterion):
        self.net = layers.Linear(4, 3)
        self.optimizer = optim.Adam(self.net.parameters())
        self.loader, self.criterion = loader, criterion
        self.best = None

    def keep(self):
        self.best = self.net.state_dict()  # expect: state-dict-not-copied

    def fit(self, score):
        top = 0.0
        for _ in range(3):
            train_epoch(self.net, self.loader, self.criterion, self.optimizer)
            if score(self.net) > top:
                self.keep()
        self.net.load_state_dict(self.best)


# fmt: off
def in_odd_layouts(loader, criterion):
    net = layers.Linear(4, 3); optimizer = optim.SGD(net.parameters(), lr=0.1)
    best = None; lowest = 1e9
    for x, y in loader:
        optimizer.zero_grad(); loss = criterion(net(x), y); loss.backward(); optimizer.step()
        if loss.item() < lowest: lowest = loss.item(); best = net.state_dict()  # expect: state-dict-not-copied
    net.load_state_dict(best)
# fmt: on


def copied_in_other_ways(loader, criterion):
    net = layers.Linear(4, 3)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    first = {name: torch.clone(value) for name, value in net.state_dict().items()}
    second = {name: value.to("cpu", copy=True) for name, value in net.state_dict().items()}
    third = {name: value.cpu().numpy().copy() for name, value in net.state_dict().items()}
    train_epoch(net, loader, criterion, optimizer)
    for state in (first, second):
        net.load_state_dict(state)
    return third


def only_its_keys_are_read(loader, criterion):
    net = layers.Linear(4, 3)
    state = net.state_dict()
    train_epoch(net, loader, criterion, optim.SGD(net.parameters(), lr=0.1))
    print(state.keys())
