"""What helpers of training frameworks do with what they are given, and what they leave to their user."""

from __future__ import annotations

import re

RELATIVES = frozenset(
    """
    chainer flax gluoncv haiku jax jittor keras mindspore mlx mxnet oneflow paddle tensorflow theano tinygrad
    """.split()
)
"""Packages in which models, optimizers and ``backward()`` look like torch's and are not."""

SAME = "same"
"""Returns what it is given, wrapped and moved: the same parameters."""
FIRST = "first"
"""Returns its first argument, wrapped; the others are options."""
BACKWARD = "backward"
"""Goes backward from its first argument."""
SCALED_BACKWARD = "scaled backward"
"""Divides its first argument by the number of accumulated batches, and goes backward from it."""
CLIP = "clip"
"""Clips the gradients of the parameters it is given, unscaled if need be."""
CONTEXT = "context"
"""Is entered with ``with`` and changes neither gradients nor modes."""
QUIET = "quiet"
"""Writes, logs, waits or collects: gradients and modes stay as they are."""

_ACCELERATE = {
    **dict.fromkeys(
        "prepare prepare_model prepare_optimizer prepare_data_loader prepare_scheduler unwrap_model".split(), SAME
    ),
    "backward": SCALED_BACKWARD,
    **dict.fromkeys("clip_grad_norm_ clip_grad_value_".split(), CLIP),
    **dict.fromkeys(
        """
        accumulate autocast no_sync main_process_first local_main_process_first profile join_uneven_inputs
        split_between_processes
        """.split(),
        CONTEXT,
    ),
    **dict.fromkeys(
        """
        print log save save_state save_model wait_for_everyone init_trackers end_training get_tracker get_state_dict
        register_for_checkpointing register_save_state_pre_hook register_load_state_pre_hook gather gather_for_metrics
        reduce pad_across_processes set_trigger check_trigger skip_first_batches
        """.split(),
        QUIET,
    ),
}

_FABRIC = {
    **dict.fromkeys("setup setup_module setup_optimizers setup_dataloaders to_device".split(), SAME),
    "backward": BACKWARD,
    **dict.fromkeys("autocast no_backward_sync init_module init_tensor rank_zero_first sharded_model".split(), CONTEXT),
    **dict.fromkeys(
        """
        clip_gradients print log log_dict save barrier seed_everything call all_gather all_reduce broadcast launch
        """.split(),
        QUIET,
    ),
}

_LIGHTNING = {
    "manual_backward": BACKWARD,
    **dict.fromkeys(
        """
        log log_dict print toggle_optimizer untoggle_optimizer clip_gradients save_hyperparameters optimizers
        lr_schedulers
        """.split(),
        QUIET,
    ),
}

_NOTHING: dict[str, str] = {}

HELPERS = {
    "accelerate.Accelerator": _ACCELERATE,
    "accelerate.accelerator.Accelerator": _ACCELERATE,
    **dict.fromkeys(
        ("lightning.Fabric", "lightning.fabric.Fabric", "lightning.fabric.fabric.Fabric", "lightning_fabric.Fabric"),
        _FABRIC,
    ),
    **dict.fromkeys(
        (
            f"torch.distributed.pipelining.Schedule{name}"
            for name in "GPipe 1F1B Interleaved1F1B LoopedBFS InterleavedZeroBubble ZBVZeroBubble DualPipeV".split()
        ),
        _NOTHING,
    ),
}
"""Class of a helper → method → what it does. Methods that are not named may do anything."""

FUNCTIONS = {
    **dict.fromkeys(
        """
        ray.train.torch.prepare_model ray.train.torch.prepare_data_loader apex.amp.initialize
        apex.parallel.DistributedDataParallel apex.parallel.convert_syncbn_model
        """.split(),
        SAME,
    ),
    "torch.distributed.pipelining.PipelineStage": FIRST,
    "ray.train.torch.backward": BACKWARD,
    **dict.fromkeys(
        """
        ray.train.torch.accelerate ray.train.report horovod.torch.broadcast_parameters
        horovod.torch.broadcast_optimizer_state horovod.torch.allreduce
        """.split(),
        QUIET,
    ),
    "horovod.torch.DistributedOptimizer": FIRST,
}
"""Function of a framework → what it does with its arguments. What is not named may do anything."""

ENGINES = frozenset({"deepspeed.initialize"})
"""Functions that return an engine with an optimizer of its own: ``step()`` of the engine also clears the gradients."""

LOOPS = frozenset({"ignite.engine.Engine", "ignite.engine.engine.Engine"})
"""Classes whose first argument is a function that is called for each batch."""

MODULES = frozenset(
    """
    lightning.LightningModule lightning.pytorch.LightningModule lightning.pytorch.core.LightningModule
    pytorch_lightning.LightningModule pytorch_lightning.core.LightningModule
    pytorch_lightning.core.lightning.LightningModule composer.ComposerModel composer.models.ComposerModel
    transformers.PreTrainedModel transformers.modeling_utils.PreTrainedModel
    """.split()
)
"""Classes that are modules of torch with methods for the framework that trains them."""

_LIGHTNING_MODULE = re.compile(r"^(?:lightning|pytorch_lightning)\..*Module$")
_COMPOSER_MODEL = re.compile(r"^composer\..*Model$")
_WITHOUT_GRADIENT = re.compile(r"^(?:on_)?(?:validation|test|predict)(?:_\w+)?$")


def helper_methods(what: object) -> dict[str, str]:
    """What the methods of a helper do; those of all helpers if its class is not known."""
    if isinstance(what, str):
        return HELPERS.get(what, {})
    return {**_FABRIC, **_ACCELERATE} if what is None else {}


def module_methods(ancestors: tuple[str, ...]) -> dict[str, str]:
    """What the methods do that a module inherits from a framework."""
    return _LIGHTNING if any(_LIGHTNING_MODULE.match(name) for name in ancestors) else {}


def runs_without_gradient(ancestors: tuple[str, ...], method: str) -> bool:
    """Whether a framework calls a method of a class with gradients off, and in evaluation mode."""
    if any(_LIGHTNING_MODULE.match(name) for name in ancestors):
        return bool(_WITHOUT_GRADIENT.match(method))
    return method == "eval_forward" and any(_COMPOSER_MODEL.match(name) for name in ancestors)


def is_called_for_each_batch(ancestors: tuple[str, ...], method: str) -> bool:
    """Whether a framework calls a method of a class for each batch of the training data."""
    return method == "training_step" and any(_LIGHTNING_MODULE.match(name) for name in ancestors)
