import time
import time as clock
import timeit
from time import monotonic as tick
from time import perf_counter as now

import torch as th
import torch.utils.benchmark as benchmark
from torch import Tensor, nn

device = th.device("cuda" if th.cuda.is_available() else "cpu")


def scores(model, x):
    return model(x) * 2


def worst(model, x):
    return model(x).max().item()


# ── reported ──────────────────────────────────────────────────────────────────────────────────


def one_pass(model: nn.Module, x):
    t0 = time.time()
    y = model(x)
    print("took", time.time() - t0)  # expect: cuda-timing-without-synchronize
    return y


def whole_step(model, optimizer, loss_fn, x, y):
    start = now()
    optimizer.zero_grad()
    loss_fn(model(x.to(device)), y.to(device)).backward()
    optimizer.step()
    end = now()  # the step is over  # expect: cuda-timing-without-synchronize
    return end - start


def many_passes(model: nn.Module, x):
    begin = timeit.default_timer()
    for _ in range(100):
        with th.no_grad():
            model(x)
    return (timeit.default_timer() - begin) / 100  # expect: cuda-timing-without-synchronize


def in_a_helper(model: nn.Module, x):
    start = time.perf_counter()
    scores(model, x)
    return time.perf_counter() - start  # expect: cuda-timing-without-synchronize


class Benchmark:
    def __init__(self):
        self.net = nn.Linear(4, 4).to(device)

    def run(self, x):
        start = time.monotonic()
        self.net(x)
        return time.monotonic() - start  # expect: cuda-timing-without-synchronize


def other_names(net: nn.Module, x):
    begun = clock.perf_counter_ns()
    net(x)
    took = clock.perf_counter_ns() - begun  # expect: cuda-timing-without-synchronize
    begun = tick()
    net(x)
    return took, tick() - begun  # expect: cuda-timing-without-synchronize


def product_of_matrices(x: Tensor):
    # Operators of tensors are no events.
    x = x.to(device)
    begun = time.time()
    y = x @ x
    return y, time.time() - begun  # todo-expect: cuda-timing-without-synchronize


class Timed:
    def __init__(self):
        self.net = nn.Linear(4, 2).to(device)
        self.times = []

    def predict(self, x):
        start = time.time()
        logits = self.net(x.to(device))
        self.times.append(time.time() - start)  # expect: cuda-timing-without-synchronize
        return logits


# ── silent: something waits ───────────────────────────────────────────────────────────────────


def synchronized(model: nn.Module, x):
    th.cuda.synchronize()
    start = time.time()
    model(x)
    th.cuda.synchronize()
    return time.time() - start


def reads_a_value(model: nn.Module, x):
    start = time.time()
    loss = model(x).sum()
    total = loss.item()
    took = time.time() - start
    start = time.time()
    worst(model, x)
    return took, time.time() - start, total


def copied_back(model: nn.Module, x):
    start = time.time()
    y = model(x).cpu()
    return time.time() - start, y


def epoch_with_a_running_loss(model: nn.Module, loader):
    start = time.time()
    total = 0.0
    for x in loader:
        loss = model(x.to(device)).sum()
        loss.backward()
        total += loss.item()
    return time.time() - start, total


def measured_on_the_device(model: nn.Module, x):
    first, last = th.cuda.Event(enable_timing=True), th.cuda.Event(enable_timing=True)
    first.record()
    model(x)
    last.record()
    th.cuda.synchronize()
    return first.elapsed_time(last)


class Runner:
    """What the hooks do is not seen: one that logs reads the loss."""

    def __init__(self, model, hooks):
        self.model = nn.Linear(4, 2).to(device)
        self.hooks = hooks

    def call(self, name):
        for hook in self.hooks:
            getattr(hook, name)(self)

    def epoch(self, loader):
        start = time.time()
        for x in loader:
            self.output = self.model(x.to(device))
            self.call("after_step")
        print(time.time() - start)



# ── silent: no work on the device, or nobody can tell ─────────────────────────────────────────


def on_the_host():
    net = nn.Linear(4, 4)
    x = th.ones(1, 4)
    start = time.time()
    net(x)
    return time.time() - start


def only_loads(loader):
    start = time.time()
    for _ in loader:
        pass
    return time.time() - start


def given_to_unseen_code(model: nn.Module, x, trainer):
    start = time.time()
    y = model(x)
    trainer(y)
    return time.time() - start


def timestamps(model: nn.Module, x: Tensor):
    started = time.time()
    y = model(x)
    return started, y, time.time()


def measured_around_another(model: nn.Module, x, last):
    took = time.time() - last
    last = time.time()
    model(x)
    return took, last


# ── silent: more that waits ───────────────────────────────────────────────────────────────────


def by_the_benchmark(net: nn.Module, x):
    return benchmark.Timer("net(x)", globals={"net": net, "x": x}).timeit(10)


def wait():
    if th.cuda.is_available():
        th.cuda.synchronize()


def waited_for_by_a_helper(net: nn.Module, x):
    wait()
    begun = time.time()
    net(x)
    wait()
    return time.time() - begun


def waited_for_by_the_stream(net: nn.Module, x):
    begun = time.time()
    net(x)
    th.cuda.current_stream().synchronize()
    return time.time() - begun


def logged_now_and_then(net: nn.Module, loader, log):
    begun = time.time()
    for i, x in enumerate(loader):
        loss = net(x.to(device)).sum()
        loss.backward()
        if i % 10 == 0:
            log(loss.item())
    return time.time() - begun


def condition_on_a_value(net: nn.Module, x):
    begun = time.time()
    y = net(x)
    th.save(y, "y.pt")
    return time.time() - begun
