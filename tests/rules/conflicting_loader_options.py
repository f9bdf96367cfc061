import torch
import torch as th
import torch.utils.data as data
from recipes import make_sampler, options
from torch.utils import data as td
from torch.utils.data import BatchSampler, IterableDataset, SubsetRandomSampler, TensorDataset
from torch.utils.data import DataLoader as Loader
from torch.utils.data.distributed import DistributedSampler

dataset = TensorDataset(torch.randn(64, 4))


class Lines(IterableDataset):
    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with open(self.path) as lines:
            yield from lines


class MoreLines(Lines):
    pass


# ── reported: two that decide the same ────────────────────────────────────────────────────────


def shuffle_and_sampler():
    sampler = SubsetRandomSampler(range(32))
    return Loader(dataset, batch_size=4, shuffle=True, sampler=sampler)  # expect: conflicting-loader-options


def shuffle_and_distributed_sampler(distributed):
    sampler = None
    if distributed:
        sampler = DistributedSampler(dataset)
    return Loader(
        dataset,
        batch_size=4,
        shuffle=True,  # expect: conflicting-loader-options
        sampler=sampler,
        num_workers=2,
    )


def by_position():
    return Loader(dataset, 4, True, SubsetRandomSampler(range(32)))  # expect: conflicting-loader-options


def batch_sampler_and_what_it_decides():
    batches = BatchSampler(SubsetRandomSampler(range(32)), batch_size=4, drop_last=False)
    return data.DataLoader(
        dataset,
        batch_sampler=batches,
        batch_size=4,  # expect: conflicting-loader-options
        shuffle=True,  # expect: conflicting-loader-options
        drop_last=True,  # expect: conflicting-loader-options
    )


def batches_of_nothing_dropped():
    return Loader(dataset, batch_size=None, drop_last=True)  # expect: conflicting-loader-options


# ── reported: options of workers without workers ──────────────────────────────────────────────


def options_of_workers_by_default():
    loader = Loader(dataset, prefetch_factor=4)  # expect: conflicting-loader-options
    return loader, Loader(dataset, persistent_workers=True)  # expect: conflicting-loader-options


def options_of_workers_with_zero():
    workers = 0
    return torch.utils.data.DataLoader(
        dataset,
        num_workers=workers,
        persistent_workers=True,  # expect: conflicting-loader-options
    )


def context_and_timeout():
    method = "spawn"
    first = Loader(dataset, multiprocessing_context=method)  # expect: conflicting-loader-options
    second = Loader(dataset, timeout=30)  # expect: conflicting-loader-options
    return first, second


# ── reported: an iterable data set ────────────────────────────────────────────────────────────


def shuffled_lines(path):
    return Loader(Lines(path), shuffle=True)  # expect: conflicting-loader-options


def sampled_lines(path):
    lines = MoreLines(path)
    return Loader(lines, sampler=SubsetRandomSampler(range(8)))  # expect: conflicting-loader-options


# ── reported: in a class, and through a helper ────────────────────────────────────────────────


class Experiment:
    def __init__(self, dataset):
        self.sampler = SubsetRandomSampler(range(32))
        self.loader = Loader(dataset, shuffle=True, sampler=self.sampler)  # expect: conflicting-loader-options

    def validation(self, dataset):
        return Loader(dataset, sampler=self.sampler, shuffle=True)  # expect: conflicting-loader-options


def make(dataset, shuffle=False, sampler=None, workers=0, keep=True):
    return Loader(dataset, shuffle=shuffle, sampler=sampler, num_workers=workers, persistent_workers=keep)


def made_by_a_helper():
    sampler = SubsetRandomSampler(range(32))
    return make(dataset, shuffle=True, sampler=sampler, workers=2)  # expect: conflicting-loader-options


def made_by_a_helper_without_workers():
    return make(dataset, workers=0, keep=True)  # expect: conflicting-loader-options


def made_by_a_helper_with_workers():
    return make(dataset, shuffle=True, workers=2)


def made_by_a_helper_that_is_wrong_by_itself():
    return shuffle_and_sampler()


# ── silent: values that are not constant ──────────────────────────────────────────────────────


def shuffle_without_a_sampler(distributed):
    sampler = DistributedSampler(dataset) if distributed else None
    return Loader(dataset, shuffle=sampler is None, sampler=sampler)


def chosen_at_run_time(shuffle, sampler, workers):
    loader = Loader(dataset, shuffle=shuffle, sampler=SubsetRandomSampler(range(32)))
    other = Loader(dataset, shuffle=True, sampler=make_sampler(dataset))
    third = Loader(dataset, num_workers=workers, prefetch_factor=2, persistent_workers=True)
    return loader, other, third, Loader(dataset, num_workers=options.workers, timeout=30, sampler=sampler)


def only_with_workers(workers):
    keep = workers > 0
    factor = 2 if workers else None
    return Loader(dataset, num_workers=workers, persistent_workers=keep, prefetch_factor=factor)


def options_in_a_dictionary(sampler):
    given = {"num_workers": 4, "sampler": sampler}
    return Loader(dataset, persistent_workers=True, **given)


# ── silent: values that are the default ───────────────────────────────────────────────────────


def defaults_beside_samplers():
    sampler = SubsetRandomSampler(range(32))
    batches = BatchSampler(sampler, batch_size=4, drop_last=False)
    one = Loader(dataset, shuffle=False, sampler=sampler, drop_last=True)
    two = Loader(dataset, batch_size=1, batch_sampler=batches, shuffle=False, drop_last=False)
    three = Loader(dataset, batch_sampler=None, batch_size=4, shuffle=True, sampler=None)
    return one, two, three, Loader(dataset, prefetch_factor=None, timeout=0, persistent_workers=False)


def options_that_go_together(path):
    one = Loader(dataset, num_workers=2, prefetch_factor=4, persistent_workers=True, timeout=30)
    return one, Loader(Lines(path), batch_size=4, drop_last=True), Loader(dataset, batch_size=None)


# ── under other names, in other layouts ───────────────────────────────────────────────────────


def one_sampler_under_two_names():
    order = td.RandomSampler(dataset)
    same = order
    return th.utils.data.DataLoader(dataset, sampler=same, shuffle=True)  # expect: conflicting-loader-options


def batch_sampler_and_sampler():
    order = td.SequentialSampler(dataset)
    batches = td.BatchSampler(order, 4, drop_last=False)
    return td.DataLoader(dataset, batch_sampler=batches, sampler=order)  # expect: conflicting-loader-options


def batches_of_lines(path):
    batches = td.BatchSampler(range(8), 4, drop_last=False)
    return td.DataLoader(Lines(path), batch_sampler=batches)  # expect: conflicting-loader-options


def options_in_a_dictionary_that_is_known():
    given = {"num_workers": 0, "persistent_workers": True}
    return td.DataLoader(dataset, **given)  # expect: conflicting-loader-options


# fmt: off
def in_odd_layouts():
    order = SubsetRandomSampler(range(4)); loader = Loader(dataset, shuffle=True, sampler=order)  # expect: conflicting-loader-options
    for size in (1, 2): print(loader, Loader(dataset, size, shuffle=True, sampler=order))  # expect: conflicting-loader-options
    return Loader(
        dataset,
        sampler=order,
        # In another order each time.
        shuffle=True  # expect: conflicting-loader-options
    )
# fmt: on


def workers_unless_debugging(debug):
    workers = 0 if debug else 4
    return td.DataLoader(dataset, num_workers=workers, persistent_workers=True)


def shuffled_where_nothing_samples(distributed):
    if distributed:
        sampler = td.DistributedSampler(dataset)
        shuffle = False
    else:
        sampler = None
        shuffle = True
    return td.DataLoader(dataset, sampler=sampler, shuffle=shuffle)
