import torch
import torch as th
from torch import Tensor, nn
from torch import Tensor as Array

device = th.device("cuda" if th.cuda.is_available() else "cpu")


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def weights_in_each_step(loader, model: nn.Module, weights: Tensor):
    for x in loader:
        loss = (model(x.to(device)) * weights.to(device)).sum()  # expect: loop-invariant-transfer
        loss.backward()


def made_outside(steps):
    mask = th.ones(4, 4)
    total = 0
    while steps:
        there = mask.to(device=device, non_blocking=True)  # expect: loop-invariant-transfer
        total += there.sum().item()
        steps -= 1
    return total


def constant_in_each_step(loader, width):
    for x in loader:
        scale = th.tensor([0.5, 0.25]).to(device)  # expect: loop-invariant-transfer
        offset = th.zeros(width, 2).float().to(device)  # expect: loop-invariant-transfer
        yield x.to(device) * scale + offset


class Trainer:
    def __init__(self, device):
        self.device = device
        self.prior = th.ones(10)

    def fit(self, loader):
        for x in loader:
            with th.no_grad():
                prior = self.prior.to(self.device)  # expect: loop-invariant-transfer
            yield x.to(self.device) * prior


def second_name(loader, weights: Array):
    w = weights
    for x in loader:
        yield x.to(device) * w.to(device)  # expect: loop-invariant-transfer


def without_an_end(loader, weights: Array):
    it = iter(loader)
    while True:
        x = next(it, None)
        if x is None:
            break
        yield x.to(device) * weights.to(device, non_blocking=True)  # expect: loop-invariant-transfer


def measured_by_torch(loader, weights: Array):
    for x in loader:
        yield torch.linalg.norm(weights), x.to(device) * weights.to(device)  # expect: loop-invariant-transfer


def for_each_of_several_loaders(loaders, weights: Array):
    for loader in loaders:
        w = weights.to(device)  # expect: loop-invariant-transfer
        for x in loader:
            yield x * w


# ── silent: it is another one each time ───────────────────────────────────────────────────────


def own_variables(loader, weights: Tensor, chosen):
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        weights = weights.to(device)
        part = weights[y].to(device)
        yield x, part, weights.to(chosen[0])


def changed_in_the_loop(loader, mean: Tensor, table: Tensor, counts: Tensor):
    for x in loader:
        yield x.to(device) - mean.to(device), table.to(device), counts.to(device)
        mean = mean + 1
        table[0] = 1
        counts.add_(1)


class Updates:
    def __init__(self):
        self.mean = th.zeros(3)

    def fit(self, loader):
        for x in loader:
            self.update(x)
            yield self.mean.to(device)

    def update(self, x):
        self.mean = self.mean * 0.9 + x * 0.1


def buffer_that_is_filled(loader):
    for x in loader:
        label = th.full((4,), 1.0).to(device)
        label.fill_(0.0)
        noise = th.randn(4).to(device)
        row = th.zeros(x.size(0)).to(device)
        yield label, noise, row


def to_another_place(batches, devices: list, weights: Tensor):
    for place in devices:
        yield weights.to(place)
    for batch in batches:
        yield weights.to(batch.device)


# ── silent: no copy, or not each time ─────────────────────────────────────────────────────────


def conversions(loader, weights: Tensor):
    for x in loader:
        yield x * weights.to(th.float64), weights.to("cpu"), weights.cpu()


def under_a_condition(loader, weights: Tensor):
    for number, x in enumerate(loader):
        if number == 0:
            yield weights.to(device)
        yield x


def there_already(loader):
    weights = th.ones(3, device=device)
    for x in loader:
        yield x.to(device) * weights.to(device)


def modules_move_once(loader, model: nn.Module, unknown):
    for x in loader:
        model.to(device)
        yield model(x.to(device)), unknown.to(device)


def outside_of_the_loop(loader, weights: Tensor):
    for x in weights.to(device):
        yield x
    weights = weights.to(device)
    return [x * weights for x in loader]


# ── silent: somebody may change it ────────────────────────────────────────────────────────────


def filled_by_index(loader, table: Tensor, counts: Tensor):
    for i, x in enumerate(loader):
        table[i] = x.mean()
        counts += 1
        yield table.to(device), counts.to(device)


def given_to_a_function_that_may_fill_it(loader, table: Tensor, fill):
    for x in loader:
        fill(table, x)
        yield table.to(device)


def add_to(table, x):
    table += x


def given_to_a_function_that_fills_it(loader, table: Tensor):
    for x in loader:
        add_to(table, x)
        yield table.to(device)


def copied_into(loader):
    memory = th.zeros(10, 4)
    for x in loader:
        memory.copy_(x)
        yield memory.to(device)


def once_by_none(loader, weights: Tensor):
    there = None
    for x in loader:
        if there is None:
            there = weights.to(device)
        yield x.to(device) * there


def other_rows(loader, table: Tensor):
    for i, x in enumerate(loader):
        yield table[i].to(device) + x.to(device)


def attribute_of_something_that_is_updated(loader, state):
    for x in loader:
        state.update(x)
        yield state.mean.to(device)


def to_where_another_tensor_is(loader, images: Tensor, weights: Tensor):
    for x in loader:
        yield images.to(device=images.device, dtype=x.dtype), x * weights.to(images.device)


def test_models(models, rank):
    for model in models:
        batch = torch.tensor([rank]).float().cuda(rank)
        torch.testing.assert_close(model(batch), batch)
