from parts import MODELS, Large, Small, get_optimizer, get_scheduler
from torch import nn, no_grad, optim
from torchvision import models


def from_a_registry(cfg, loader):
    model = MODELS[cfg.model]()
    optimizer = get_optimizer(model.parameters(), **cfg.optimizer)
    scheduler = get_scheduler(optimizer, cfg.schedule)
    criterion = nn.CrossEntropyLoss()
    for _ in range(3):
        for x, y in loader:
            loss = criterion(model(x), y)
            loss.backward()  # expect: missing-zero-grad
            optimizer.step()
        scheduler.step()


def cleared(cfg, loader):
    model = MODELS[cfg.model]()
    optimizer = get_optimizer(model.parameters(), **cfg.optimizer)
    scheduler = get_scheduler(optimizer, cfg.schedule)
    criterion = nn.CrossEntropyLoss()
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            criterion(model(x), y).backward()
            optimizer.step()
        scheduler.step()


def by_their_names_in_torch(args, loader, val_loader):
    model = models.__dict__[args.arch](num_classes=10)
    optimizer = getattr(optim, args.optimizer)(model.parameters(), lr=0.1)
    scheduler = getattr(optim.lr_scheduler, args.schedule)(optimizer)
    model.train()
    for _ in range(3):
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()  # expect: training-in-eval-mode
            optimizer.step()
        scheduler.step()
        model.eval()
        with no_grad():
            print(sum((model(x).argmax(dim=1) == y).sum().item() for x, y in val_loader))


def one_of_two(args, loader):
    model = (Small if args.small else Large)()
    make = optim.SGD if args.sgd else optim.Adam
    optimizer = make(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        optimizer.step()


def plain(model, loader, optimizer):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()


def cautious(model, loader, optimizer):
    for x, y in loader:
        nn.functional.cross_entropy(model(x), y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


def one_of_two_loops(args, loader):
    model = Small()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    run = {"plain": plain, "cautious": cautious}[args.kind]
    for _ in range(3):
        run(model, loader, optimizer)
