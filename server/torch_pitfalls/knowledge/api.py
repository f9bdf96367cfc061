"""What the functions and classes of torch and its companions are, by qualified name. Data and its look-up."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from functools import lru_cache

from torch_pitfalls.knowledge import dropouts, kinds
from torch_pitfalls.knowledge.data import SAMPLERS
from torch_pitfalls.knowledge.frameworks import HELPERS
from torch_pitfalls.knowledge.frameworks import MODULES as FRAMEWORK_MODULES
from torch_pitfalls.knowledge.torch_names import (
    ALWAYS_MODE,
    LOSS_FUNCTIONS,
    LOSSES,
    MODE_IF_DROPOUT,
    MODE_IF_TRACKING,
    MODE_THROUGH_CHILDREN,
    MODULES,
    OPTIMIZERS,
    SCHEDULERS,
    STATELESS,
)

_ALIASES = (
    (re.compile(r"^torch\.nn\.modules\.(?:\w+\.)?([^\W_]\w*)$"), r"torch.nn.\1"),
    (re.compile(r"^torch\.nn\.parameter\.(\w+)$"), r"torch.nn.\1"),
    (re.compile(r"^torch\.nn\.parallel\.(?:\w+\.)?(\w+)$"), r"torch.nn.parallel.\1"),
    (re.compile(r"^torch\.nn\.DataParallel$"), "torch.nn.parallel.DataParallel"),
    (re.compile(r"^torch\.optim\.(?!lr_scheduler|swa_utils)[a-z_]+\.(\w+)$"), r"torch.optim.\1"),
    (re.compile(r"^torch\.optim\.optimizer\.Optimizer$"), "torch.optim.Optimizer"),
    (
        re.compile(r"^torch\.autograd\.(?:grad_mode\.)?(no_grad|inference_mode|enable_grad|set_grad_enabled)$"),
        r"torch.\1",
    ),
    (re.compile(r"^torch\.(?:cuda\.amp|amp|amp\.autocast_mode|cpu\.amp)\.autocast$"), "torch.autocast"),
    (re.compile(r"^torch\.(?:cuda\.amp|amp)(?:\.grad_scaler)?\.GradScaler$"), "torch.amp.GradScaler"),
    (
        re.compile(r"^torch\.utils\.data\.(?:dataloader|dataset|distributed|sampler)\.(\w+)$"),
        r"torch.utils.data.\1",
    ),
    (re.compile(r"^torch\.(?:_tensor\.)?Tensor$"), "torch.Tensor"),
    (re.compile(r"^torch\.autograd\.variable\.Variable$"), "torch.autograd.Variable"),
    (re.compile(r"^torch\.(softmax|log_softmax|relu|sigmoid|tanh|dropout)$"), r"torch.nn.functional.\1"),
    (re.compile(r"^torch\.(?:serialization\.)(save|load)$"), r"torch.\1"),
)


@lru_cache(maxsize=4096)
def canonical(qualified: str) -> str:
    """The documented name of something in torch that can be reached under several."""
    if not qualified.startswith("torch."):
        return qualified
    for pattern, replacement in _ALIASES:
        name, hits = pattern.subn(replacement, qualified)
        if hits:
            return name
    return qualified


GRAD_OFF_CONTEXTS = frozenset({"torch.no_grad", "torch.inference_mode"})
GRAD_CONTEXTS = GRAD_OFF_CONTEXTS | {"torch.enable_grad", "torch.set_grad_enabled"}
CONTEXTS = GRAD_CONTEXTS | {
    "torch.autocast",
    "torch.autograd.detect_anomaly",
    "torch.autograd.set_detect_anomaly",
}
"""Context managers of autograd and autocast. Only ``set_grad_enabled`` acts when it is merely called."""

WRAPPERS = frozenset(
    {
        "torch.nn.parallel.DataParallel",
        "torch.nn.parallel.DistributedDataParallel",
        "torch.distributed.fsdp.FullyShardedDataParallel",
        "torch.compile",
        "torch.jit.script",
        "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
        "torch.nn.utils.weight_norm",
        "torch.nn.utils.spectral_norm",
        "torch.nn.utils.parametrizations.weight_norm",
        "torch.nn.utils.parametrizations.spectral_norm",
        "torch.distributed.fsdp.fully_shard",
        "torch._dynamo.optimize",
    }
)
"""What returns a module with the very parameters of the module it is given."""

EXPORTED = frozenset({"torch.jit.script", "torch.jit.trace", "torch.jit.load", "torch.export.load"})
"""What returns a module that has been compiled ahead: its class says nothing of how it may be called."""

WITHOUT_PARAMETERS = STATELESS | dropouts.LAYERS | {"torch.nn.RReLU"}
"""Modules of ``torch.nn`` without parameters or buffers, apart from losses."""

CONTAINERS = frozenset({"torch.nn.Sequential", "torch.nn.ModuleList", "torch.nn.ModuleDict"})
PARAMETER_CONTAINERS: dict[Hashable, bool] = {"torch.nn.ParameterList": True, "torch.nn.ParameterDict": False}
"""Modules whose elements are parameters, and whether a loop over one yields those; else it yields names."""

# Functions outside torch that take a model and return nothing that matters, without touching mode or gradients.
HARMLESS = frozenset(
    {
        "wandb.watch",
        "torchsummary.summary",
        "torchinfo.summary",
        "copy.copy",
        "pprint.pprint",
        "time.time",
        "gc.collect",
    }
)
PATHS = frozenset(
    f"os.path.{name}"
    for name in "abspath basename dirname expanduser expandvars join normpath realpath relpath".split()
)
"""Functions that return the path of a file as text."""
HARMLESS_PACKAGES = frozenset(
    {
        "torch",
        "torchvision",
        "torchaudio",
        "numpy",
        "math",
        "os",
        "sys",
        "time",
        "random",
        "json",
        "logging",
        "re",
        "argparse",
        "pathlib",
        "collections",
        "itertools",
        "matplotlib",
        "sklearn",
        "scipy",
        "PIL",
        "cv2",
        "pandas",
        "warnings",
        "datetime",
        "shutil",
        "glob",
        "typing",
        "dataclasses",
        "string",
        "pickle",
        "tensorboardX",
        "tensorboard",
        "wandb",
        "seaborn",
        "imageio",
        "skimage",
        "h5py",
        "yaml",
        "einops",
        "tqdm",
        "copy",
    }
)
"""Packages whose functions neither train modules nor clear gradients nor change modes."""

FRAMEWORKS = frozenset(
    {
        "lightning",
        "pytorch_lightning",
        "accelerate",
        "transformers",
        "ignite",
        "fastai",
        "deepspeed",
        "apex",
        "composer",
        "skorch",
        "ray",
        "catalyst",
        "mmengine",
        "mmcv",
        "horovod",
        "colossalai",
    }
)
"""Packages that zero, step, move and switch modes for the user."""

FOREIGN_MODULES = re.compile(
    r"^(?:torchvision\.models(?:\.(?!utils|_utils)\w+)*\.(?!load_state_dict|list_|get_model_|get_weight|_)[a-z]\w*|torchvision\.models\.(?!.*Weights)[A-Z]\w*|timm\.create_model"
    r"|timm\.models\.create_model|torch\.hub\.load)$"
)
"""Functions and classes outside torch itself that are known to make modules."""

CHOOSING = frozenset({"torch.hub.load"})
"""Of those, the ones behind which somebody else chooses mode and device: many hub models come in evaluation mode."""


@lru_cache(maxsize=4096)
def returned_kind(qualified: str) -> int:
    """The kind of what calling a canonical name returns; unknown if the tables do not say."""
    if qualified in _RESULTS:
        return _RESULTS[qualified]
    package, _, name = qualified.rpartition(".")
    if package == "torch.nn":
        if name in LOSSES:
            return kinds.LOSS
        return kinds.MODULE if name in MODULES else kinds.UNKNOWN
    if package == "torch.optim":
        return kinds.OPTIMIZER if name in OPTIMIZERS else kinds.UNKNOWN
    if package == "torch.optim.lr_scheduler":
        return kinds.SCHEDULER if name in SCHEDULERS else kinds.UNKNOWN
    if package == "torch.nn.functional":
        return kinds.TENSOR
    if FOREIGN_MODULES.match(qualified):
        return kinds.MODULE
    return kinds.UNKNOWN


_RESULTS = {
    "torch.utils.data.DataLoader": kinds.LOADER,
    "torch.utils.data.Subset": kinds.DATASET,
    "torch.utils.data.TensorDataset": kinds.DATASET,
    "torch.utils.data.ConcatDataset": kinds.DATASET,
    "torch.utils.data.ChainDataset": kinds.DATASET,
    **dict.fromkeys(SAMPLERS, kinds.SAMPLER),
    "torch.amp.GradScaler": kinds.SCALER,
    "torch.device": kinds.DEVICE,
    "torch.cuda.is_available": kinds.BOOL,
    "torch.cuda.device_count": kinds.NUMBER,
    "os.path.join": kinds.STRING,
    "torch.optim.Optimizer": kinds.OPTIMIZER,
    "torch.optim.lr_scheduler.LRScheduler": kinds.SCHEDULER,
    "torch.optim.swa_utils.SWALR": kinds.SCHEDULER,
    "torch.optim.swa_utils.AveragedModel": kinds.MODULE,
    "torch.nn.Module": kinds.MODULE,
    "torch.nn.modules.loss._Loss": kinds.LOSS,
}

MEMBERS = {
    "torch.optim": "torch.optim.Optimizer",
    "torch.optim.lr_scheduler": "torch.optim.lr_scheduler.LRScheduler",
    "torchvision.models": "torchvision.models.get_model",
}
"""Package → what stands for a member of it that is chosen by name at run time."""

ANNOTATIONS = {
    "torch.nn.Module": kinds.MODULE,
    "torch.optim.Optimizer": kinds.OPTIMIZER,
    "torch.optim.lr_scheduler.LRScheduler": kinds.SCHEDULER,
    "torch.optim.lr_scheduler._LRScheduler": kinds.SCHEDULER,
    "torch.Tensor": kinds.TENSOR,
    "torch.FloatTensor": kinds.TENSOR,
    "torch.LongTensor": kinds.TENSOR,
    "torch.nn.Parameter": kinds.TENSOR,
    "torch.utils.data.DataLoader": kinds.LOADER,
    "torch.utils.data.Dataset": kinds.DATASET,
    "torch.amp.GradScaler": kinds.SCALER,
    "torch.device": kinds.DEVICE,
    "torch.dtype": kinds.DTYPE,
    "numpy.ndarray": kinds.ARRAY,
    "str": kinds.STRING,
    "int": kinds.NUMBER,
    "float": kinds.NUMBER,
    "bool": kinds.BOOL,
}
"""Kind of a value whose annotation has this qualified name."""

BASES = {
    "torch.nn.Module": kinds.MODULE,
    "torch.nn.modules.loss._Loss": kinds.LOSS,
    "torch.nn.modules.loss._WeightedLoss": kinds.LOSS,
    "torch.optim.Optimizer": kinds.OPTIMIZER,
    "torch.optim.lr_scheduler.LRScheduler": kinds.SCHEDULER,
    "torch.optim.lr_scheduler._LRScheduler": kinds.SCHEDULER,
    "torch.utils.data.Dataset": kinds.DATASET,
    "torch.utils.data.IterableDataset": kinds.DATASET,
    "torch.utils.data.DataLoader": kinds.LOADER,
}


def base_kind(qualified: str) -> int:
    """The kind of instances of a class that inherits from a canonical name."""
    if qualified.startswith(("torchvision.datasets.", "torchaudio.datasets.")):
        return kinds.DATASET
    if qualified in HELPERS:
        return kinds.FRAMEWORK
    if qualified in FRAMEWORK_MODULES:
        return kinds.MODULE
    return BASES.get(qualified) or returned_kind(qualified)


def kind_of_bases(names: Iterable[str]) -> int:
    """The kind of instances of a class with these canonical ancestors: a loss is no other module."""
    found = kinds.UNKNOWN
    for name in names:
        found |= base_kind(name)
    return found & ~kinds.MODULE if found & kinds.LOSS else found


_LOSS_NAME = re.compile(r"(?:Loss(?:es)?|Criterion)$")


def names_a_loss(name: str) -> bool:
    """Whether a name is one that people give to classes that only compute a loss."""
    return _LOSS_NAME.search(name) is not None


def mode_dependence(qualified: str) -> str:
    """How far a module of ``torch.nn`` depends on its mode: always, dropout, tracking or never."""
    name = qualified.removeprefix("torch.nn.")
    if name in ALWAYS_MODE or name in MODE_THROUGH_CHILDREN:
        return "always"
    if name in MODE_IF_DROPOUT:
        return "dropout"
    return "tracking" if name in MODE_IF_TRACKING else "never"


def is_loss_function(qualified: str) -> bool:
    """Whether a canonical name is a loss of ``torch.nn.functional``."""
    package, _, name = qualified.rpartition(".")
    return package == "torch.nn.functional" and name in LOSS_FUNCTIONS


DECODED = frozenset({"audios", "frames", "images", "sequences", "texts", "videos"})
"""Attributes of what pipelines and generating models return: no graph leads there."""

# Methods of optimizers and modules without an effect on gradients or mode.
OPTIMIZER_METHODS = frozenset({"state_dict", "load_state_dict", "register_step_pre_hook", "register_step_post_hook"})
MODULE_RETURNS_SELF = frozenset(
    {
        "to",
        "cuda",
        "cpu",
        "half",
        "float",
        "double",
        "bfloat16",
        "type",
        "to_empty",
        "xpu",
        "requires_grad_",
        "share_memory",
        "to_bettertransformer",
        "apply",
    }
)
MODULE_HARMLESS = frozenset(
    {
        "state_dict",
        "load_state_dict",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_buffer",
        "register_parameter",
        "register_module",
        "add_module",
        "extra_repr",
        "compile",
        "no_sync",
        "register_backward_hook",
        "get_submodule",
        "get_parameter",
        "load_pretrained",
        "save_pretrained",
        "append",
        "extend",
        "insert",
        "update_parameters",
    }
)
FORWARD_LIKE = re.compile(
    r"^(?:forward|encode|decode|extract|embed|features?|get_|compute_|calc|predict|generate|sample|infer|loss|criterion|init_|num_"
    r"|count|log|print|save|project|reparam|act$|select|choose|evaluate_actions|value|log_prob|inverse)"
)
"""Names of methods of a user's module that compute something and leave mode and gradients alone."""

DIFFERENTIATING_METHODS = frozenset({"backward", "manual_backward", "adapt"})
"""Names under which frameworks and meta-learners are given a loss to differentiate."""

CONTAINER_METHODS = frozenset({"append", "extend", "add", "insert", "appendleft", "put", "update", "setdefault"})
QUIET_METHODS = frozenset(
    {
        "info",
        "debug",
        "warning",
        "error",
        "write",
        "writerow",
        "add_scalar",
        "add_scalars",
        "add_image",
        "add_images",
        "add_graph",
        "add_histogram",
        "add_text",
        "set_description",
        "set_postfix",
        "set_postfix_str",
        "close",
        "flush",
        "format",
        "join",
        "log",
        "split",
        "strip",
        "items",
        "keys",
        "values",
        "get",
        "index",
        "count",
        "sort",
        "clear",
        "pop",
        "copy",
        "startswith",
        "endswith",
        "replace",
        "lower",
        "upper",
        "set_epoch",
        "add_argument",
        "parse_args",
        "print",
        "refresh",
        "reset_meters",
        "dump",
        "savefig",
        "plot",
        "imshow",
        "show",
        "exists",
        "mkdir",
        "watch",
        "add_figure",
        "isoformat",
        "seed",
        "manual_seed",
        "submit",
    }
)
"""Methods of loggers, strings, dicts and plots: whatever they are called on, they train nothing."""
