"""Inner loops whose updates are differentiated through."""

import copy

import higher
import torch
import torch.nn.functional as F
from networks import MLP
from torch.func import functional_call, grad, vmap


def maml(tasks, inner_lr=0.4):
    model = MLP()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for batch in tasks:
        outer_loss = 0.0
        optimizer.zero_grad()
        for support_x, support_y, query_x, query_y in batch:
            weights = dict(model.named_parameters())
            for _ in range(5):
                loss = F.cross_entropy(functional_call(model, weights, (support_x,)), support_y)
                gradients = torch.autograd.grad(loss, weights.values(), create_graph=True)
                weights = {
                    name: weight - inner_lr * gradient
                    for (name, weight), gradient in zip(weights.items(), gradients)
                }
            outer_loss += F.cross_entropy(functional_call(model, weights, (query_x,)), query_y)
        outer_loss.backward()
        optimizer.step()


def with_higher(tasks):
    model = MLP()
    meta_optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    inner_optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for support_x, support_y, query_x, query_y in tasks:
        meta_optimizer.zero_grad()
        with higher.innerloop_ctx(model, inner_optimizer, copy_initial_weights=False) as (inner, steps):
            for _ in range(5):
                steps.step(F.cross_entropy(inner(support_x), support_y))
            F.cross_entropy(inner(query_x), query_y).backward()
        meta_optimizer.step()


def first_order(tasks, epsilon=0.1):
    model = MLP()
    for x, y in tasks:
        before = copy.deepcopy(model.state_dict())
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
        for _ in range(5):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        after = model.state_dict()
        model.load_state_dict({name: before[name] + (after[name] - before[name]) * epsilon for name in before})


def per_sample_gradients(x, y):
    model = MLP()
    weights = {name: parameter.detach() for name, parameter in model.named_parameters()}

    def loss(weights, sample, target):
        output = functional_call(model, weights, (sample.unsqueeze(0),))
        return F.cross_entropy(output, target.unsqueeze(0))

    return vmap(grad(loss), in_dims=(None, 0, 0), randomness="different")(weights, x, y)
