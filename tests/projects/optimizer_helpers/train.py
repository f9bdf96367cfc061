import steps
import torch.nn.functional as F
from build import build_model, build_optimizer
from steps import apply, clear, complete_step, train_step


def helper_does_not_clear(loader):
    model = build_model()
    optimizer = build_optimizer(model)
    for x, y in loader:
        train_step(model, optimizer, x, y)  # expect: missing-zero-grad


def helper_clears(loader):
    model = build_model()
    optimizer = build_optimizer(model)
    for x, y in loader:
        complete_step(model, optimizer, x, y)


def cleared_beside_the_helper(loader):
    model = build_model()
    optimizer = build_optimizer(model, "adam")
    for x, y in loader:
        model.zero_grad()
        steps.train_step(model, optimizer, x, y)


def cleared_by_one_helper_and_stepped_by_another(loader):
    model = build_model()
    optimizer = build_optimizer(model)
    for x, y in loader:
        clear(optimizer)
        F.cross_entropy(model(x), y).backward()
        apply(optimizer)


def stepped_by_a_helper_and_never_cleared(loader):
    model = build_model()
    optimizer = build_optimizer(model)
    for x, y in loader:
        loss = F.cross_entropy(model(x), y)
        loss.backward()  # expect: missing-zero-grad
        apply(optimizer)


def cleared_too_late_by_a_helper(loader):
    model = build_model()
    optimizer = build_optimizer(model)
    for x, y in loader:
        F.cross_entropy(model(x), y).backward()
        clear(optimizer)  # expect: zero-grad-between-backward-and-step
        apply(optimizer)


def stepped_too_early_by_a_helper(loader):
    model = build_model()
    optimizer = build_optimizer(model)
    for x, y in loader:
        steps.clear(optimizer)
        loss = F.cross_entropy(model(x), y)
        steps.apply(optimizer)  # expect: step-before-backward
        loss.backward()
