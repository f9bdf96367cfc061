import torch as th
import torch.distributed as comm
import torch.distributed as dist
from torch.distributed import all_reduce as reduce_over_all
from torch.distributed import irecv, isend

# ── reported ──────────────────────────────────────────────────────────────────────────────────


def handle_thrown_away(x):
    dist.all_reduce(x, async_op=True)  # expect: async-work-not-awaited
    return x / 2


def handle_never_used(x):
    work = reduce_over_all(x, async_op=True)  # expect: async-work-not-awaited
    return x / dist.get_world_size()


def read_too_early(source):
    data = th.zeros(4)
    work = dist.irecv(data, src=source)  # expect: async-work-not-awaited
    total = data.sum()
    work.wait()
    return total


def changed_while_it_is_sent(x):
    work = dist.isend(x, dst=1)  # expect: async-work-not-awaited
    x.mul_(0.5)
    work.wait()


class Link:
    def push(self, gradients):
        dist.isend(gradients, dst=0)  # expect: async-work-not-awaited


def second_name_for_the_data(x):
    parts = x
    comm.all_gather([parts], x, async_op=True)  # expect: async-work-not-awaited
    return parts


class Ring:
    def send(self, x):
        work = isend(x, 1)  # expect: async-work-not-awaited
        x.zero_()
        work.wait()

    def receive(self, x):
        irecv(x, 0)  # expect: async-work-not-awaited
        return x.sum()


def start(x):
    return dist.all_reduce(x, async_op=True)


def handle_of_a_helper_thrown_away(x):
    # Whether anybody waits is up to the caller, who is not asked.
    start(x)  # todo-expect: async-work-not-awaited
    return x / 2


# ── silent ────────────────────────────────────────────────────────────────────────────────────


def waited_for(source, x):
    data = th.zeros(4)
    work = dist.irecv(data, src=source)
    other = x * 2
    work.wait()
    return data + other


def waits_by_itself(x):
    dist.all_reduce(x)
    dist.all_reduce(x, async_op=False)
    dist.broadcast(x, src=0)
    dist.recv(x, src=0)
    return x


def read_while_it_is_sent(x):
    work = dist.isend(x, dst=1)
    total = x.sum()
    work.wait()
    return total


def handles_are_collected(parts):
    works = []
    for part in parts:
        works.append(dist.all_reduce(part, async_op=True))
    for work in works:
        work.wait()
    return parts


def handle_is_returned(x):
    return dist.all_reduce(x, async_op=True)


def handle_is_handed_on(x, finish):
    work = dist.all_reduce(x, async_op=True)
    finish(work)
    return x


class Later:
    def start(self, x):
        self.work = dist.all_reduce(x, async_op=True)
        return x


def chosen_by_somebody_else(x, in_background):
    dist.all_reduce(x, async_op=in_background)


def waited_for_at_once(x):
    dist.all_reduce(x, async_op=True).wait()
    return x


def handles_in_a_comprehension(parts):
    works = [dist.all_reduce(p, async_op=True) for p in parts]
    for work in works:
        work.wait()
    return parts


def two_handles(x, y):
    a, b = isend(x, 1), irecv(y, 1)
    a.wait()
    b.wait()
    return y


def waited_for_in_the_end(x):
    work = dist.broadcast(x, 0, async_op=True)
    try:
        print("meanwhile")
    finally:
        work.wait()
    return x


def future_of_the_handle(x):
    return dist.all_reduce(x, async_op=True).get_future().then(lambda f: f.value()[0])


def asked_until_it_is_done(x):
    work = dist.all_reduce(x, async_op=True)
    while not work.is_completed():
        pass
    return x


def on_purpose(gradient):
    _ = dist.all_reduce(gradient, async_op=True)
    return gradient
