import torch as th
import torch.distributed as dist
from torch.distributed import all_reduce as reduce_over_all


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
