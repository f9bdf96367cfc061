"""What ``torch.utils.data`` does: options of loaders, and the names of what they are made of. Data only."""

from __future__ import annotations

LOADER = "torch.utils.data.DataLoader"

DISTRIBUTED_SAMPLER = "torch.utils.data.DistributedSampler"

SAMPLERS = frozenset(
    f"torch.utils.data.{name}"
    for name in """
        BatchSampler DistributedSampler RandomSampler Sampler SequentialSampler SubsetRandomSampler
        WeightedRandomSampler
    """.split()
)

TENSORS = "torch.utils.data.TensorDataset"

SUBSETS = frozenset({"torch.utils.data.Subset", "torch.utils.data.ConcatDataset", "torch.utils.data.ChainDataset"})
"""Data sets that hold other data sets."""

PROCESSOR_COUNTS = frozenset(
    {
        "os.cpu_count",
        "os.process_cpu_count",
        "multiprocessing.cpu_count",
        "torch.multiprocessing.cpu_count",
        "psutil.cpu_count",
    }
)
"""Functions that count the processors of a machine."""

READERS = frozenset(
    {
        *(f"torchvision.io.{name}" for name in ("read_image", "decode_image", "decode_png", "decode_gif", "read_file")),
        "torchvision.transforms.functional.to_tensor",
        "torchvision.transforms.functional.pil_to_tensor",
    }
)
"""Functions of torchvision that make a tensor on the CPU."""

COPIES = frozenset({"to", "cuda", "xpu", "pin_memory"})
"""Methods that copy a tensor to another device, or into pinned memory."""

FORKSERVER_BY_DEFAULT = (3, 14)
"""The version of Python from which on no platform forks processes unless it is asked to."""
