"""Devices: how they are spelled, what asks for one, and which operations may mix them. Data only."""

from __future__ import annotations

import re

ACCELERATORS = re.compile(r"^(?:cuda|mps|xpu|hpu|npu|mtia|ipu|xla|privateuseone)(?::\d+)?$")
"""Strings that name a device other than the CPU."""
HOST = re.compile(r"^cpu(?::\d+)?$")

DEVICE_NAME = re.compile(r"(?:^|_)(?:device|dev|gpu_device|dvc)(?:$|_(?:type|name|id|str)$)", re.I)
"""Names of variables that hold a device."""
SETTINGS = frozenset({"args", "opt", "opts", "options", "cfg", "config", "conf", "FLAGS", "flags", "hparams", "params"})
"""Names of objects that hold the settings of a program."""
AVAILABILITY_NAME = re.compile(
    r"^(?:use_|is_|has_|with_|on_)?(?:cuda|gpu)(?:_available|_enabled)?$|^(?:cuda|gpu)_is_available$", re.I
)
"""Names of flags that say whether there is an accelerator to be used."""
MOVER_NAME = re.compile(r"^_?(?:(?:move|send|put)_|to_)\w*(?:device|gpu|cuda)$|^(?:cuda|gpu|move_to|to_var|batch_to)$")
"""Names of functions that move what they are given."""
AVAILABILITY = frozenset(
    {
        "torch.cuda.is_available",
        "torch.backends.mps.is_available",
        "torch.mps.is_available",
        "torch.xpu.is_available",
        "torch.accelerator.is_available",
        "torch.cuda.device_count",
        "torch.accelerator.device_count",
    }
)
"""Functions that say whether there is an accelerator."""

NAMING = frozenset({"torch.device", "torch.accelerator.current_accelerator"})
"""Functions that return a device."""

DEFAULT_DEVICE = frozenset({"torch.set_default_device", "torch.set_default_tensor_type"})
"""Functions that change where factories put their tensors."""

TO_ACCELERATOR = {"cuda": "cuda", "xpu": "xpu", "hpu": "hpu", "npu": "npu", "ipu": "ipu"}
"""Methods of tensors and modules that move to an accelerator, with its name."""

MAY_MIX = frozenset(
    """
    to type_as expand_as view_as reshape_as resize_as resize_as_ sum_to_size new_tensor new_full copy_ set_ data
    where is_same_size tensor as_tensor asarray full full_like allclose ctc_loss
    """.split()
)
"""Operations that take tensors of several devices, or look at their sizes alone."""

WITHOUT_DIMENSIONS = frozenset(
    """
    sum mean prod max min amax amin median std var norm any all argmax argmin dot trace det logdet dist nansum
    nanmean count_nonzero logsumexp squeeze item select unbind take vdot inner vecdot vector_norm matrix_norm cond
    matrix_rank slogdet multi_dot einsum tensordot
    """.split()
)
"""Operations whose result may have no dimension."""

WITH_DIMENSIONS = frozenset(
    """
    atleast_1d atleast_2d atleast_3d cat concat concatenate dstack expand flatten hstack meshgrid one_hot outer
    ravel repeat repeat_interleave stack stft tile unsqueeze vstack
    """.split()
)
"""Operations whose result has a dimension, whatever they are given."""

SCATTERING = frozenset({"torch.nn.parallel.DataParallel", "torch.nn.parallel.DistributedDataParallel"})
"""Wrappers that move what they are called with to the device of their module."""

DTYPES = frozenset(
    """
    float float16 float32 float64 half double bfloat16 int int8 int16 int32 int64 long short uint8 bool complex64
    complex128 cfloat cdouble float8_e4m3fn float8_e5m2
    """.split()
)
"""Names of dtypes in ``torch``."""

WITH_PARAMETERS = frozenset(
    """
    BatchNorm1d BatchNorm2d BatchNorm3d Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d
    ConvTranspose3d Embedding EmbeddingBag GRU GRUCell GroupNorm LSTM LSTMCell LayerNorm LazyBatchNorm1d
    LazyBatchNorm2d LazyBatchNorm3d LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d
    LazyConvTranspose3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLinear Linear
    MultiheadAttention PReLU RMSNorm RNN RNNBase RNNCell RNNCellBase SyncBatchNorm Transformer
    TransformerDecoder TransformerDecoderLayer TransformerEncoder TransformerEncoderLayer
    """.split()
)
"""Modules of ``torch.nn`` that have parameters, unless an option says otherwise; apart from losses."""

_READS_HOST_MEMORY = re.compile(
    r"^numpy\.(?:array|asarray|ascontiguousarray|save|savetxt|mean|std|sum|argmax|max|min|concatenate|stack)$"
    r"|^matplotlib\.pyplot\.(?:plot|scatter|imshow|hist|bar|contourf?|semilog[xy]|loglog|fill_between|matshow|step)$"
)


def reads_host_memory(name: str) -> bool:
    """Whether a function of NumPy or matplotlib reads the memory of the tensors that it is given."""
    return bool(_READS_HOST_MEMORY.match(name))


READS = frozenset(
    """
    numpy item tolist sum mean max min argmax argmin any all abs norm clone float long int bool double prod std var
    """.split()
)
"""Methods of tensors that read their values."""

WAITS = frozenset({"synchronize", "wait", "query", "item", "cpu", "tolist"})
"""Methods and functions after which copies from a device have arrived."""
