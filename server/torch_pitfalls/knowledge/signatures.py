"""Parameters of functions, classes and methods of torch, in their order. Data and its look-up, checked on torch 2.13.

A signature goes as far as somebody asks. A default is given where somebody relies on it. Behind ``*`` stands what is
given by keyword alone, or is looked for there alone.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

_T = TypeVar("_T")

KEYWORD = sys.maxsize
"""The position of what is given by keyword alone."""

_TABLE = """
load: f, map_location=None, pickle_module=None, *, weights_only=None
save: obj, f
device: type, index
inference_mode: mode=True
set_grad_enabled: mode
as_tensor: data
asarray: obj
sparse_coo_tensor: indices, values
autograd.Variable: data, requires_grad=False
autograd.backward: tensors, grad_tensors, retain_graph=None, create_graph=False, grad_variables, inputs=None
Tensor.backward: gradient, retain_graph=None, create_graph=False, inputs=None
Tensor.requires_grad_: requires_grad=True
Tensor.numpy: *, force=False
Tensor.cuda: device, non_blocking=False
Tensor.to: device, dtype, non_blocking=False
Tensor.gather: dim, index
Tensor.expand_as Tensor.reshape_as Tensor.view_as: other
Tensor.squeeze Tensor.unsqueeze: dim
Tensor.flatten: start_dim=0, end_dim=-1
Tensor.all Tensor.any Tensor.amax Tensor.amin Tensor.argmax Tensor.argmin Tensor.logsumexp: dim, keepdim=False
Tensor.max Tensor.min Tensor.median Tensor.mean Tensor.nanmean Tensor.sum Tensor.nansum: dim, keepdim=False
Tensor.prod: dim, keepdim=False
Tensor.std Tensor.var: dim, unbiased=True, keepdim=False
Tensor.norm: p='fro', dim=None, keepdim=False
nn.Parameter: data, requires_grad=True
nn.Module.train: mode=True
nn.Module.requires_grad_: requires_grad=True
nn.Module.load_state_dict: state_dict, strict=True
nn.Linear: in_features, out_features
nn.LazyLinear: out_features
nn.Bilinear: in1_features, in2_features, out_features
nn.Embedding: num_embeddings, embedding_dim
nn.Conv1d nn.Conv2d nn.Conv3d nn.ConvTranspose1d nn.ConvTranspose2d nn.ConvTranspose3d: in_channels, out_channels
nn.RNN: input_size, hidden_size, num_layers=1, nonlinearity, bias=True, batch_first=False, dropout=0.0
nn.LSTM nn.GRU: input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0
nn.MultiheadAttention: embed_dim, num_heads, dropout=0.0
nn.InstanceNorm1d nn.InstanceNorm2d nn.InstanceNorm3d: num_features, eps, momentum, affine, track_running_stats=False
nn.LazyInstanceNorm1d nn.LazyInstanceNorm2d nn.LazyInstanceNorm3d: eps, momentum, affine, track_running_stats=True
nn.Dropout nn.Dropout1d nn.Dropout2d nn.Dropout3d nn.AlphaDropout nn.FeatureAlphaDropout: p, inplace=False
nn.ReLU nn.ReLU6 nn.SELU nn.SiLU nn.Mish nn.Hardswish nn.Hardsigmoid: inplace=False
nn.CELU nn.ELU: alpha, inplace=False
nn.LeakyReLU: negative_slope, inplace=False
nn.Hardtanh: min_val, max_val, inplace=False
nn.RReLU: lower, upper, inplace=False
nn.Threshold: threshold, value, inplace=False
nn.Softmax nn.LogSoftmax nn.Softmin: dim=None
nn.CTCLoss: blank, reduction='mean'
nn.CrossEntropyLoss nn.NLLLoss: weight, size_average=None, ignore_index, reduce=None, reduction='mean'
nn.BCELoss nn.BCEWithLogitsLoss: weight, size_average=None, reduce=None, reduction='mean'
nn.MultiLabelSoftMarginLoss: weight, size_average=None, reduce=None, reduction='mean'
nn.CosineEmbeddingLoss nn.HingeEmbeddingLoss: margin, size_average=None, reduce=None, reduction='mean'
nn.MarginRankingLoss: margin, size_average=None, reduce=None, reduction='mean'
nn.HuberLoss: reduction='mean'
nn.KLDivLoss nn.L1Loss nn.MSELoss nn.SmoothL1Loss: size_average=None, reduce=None, reduction='mean'
nn.MultiLabelMarginLoss nn.SoftMarginLoss: size_average=None, reduce=None, reduction='mean'
nn.MultiMarginLoss: p, margin, weight, size_average=None, reduce=None, reduction='mean'
nn.PoissonNLLLoss: log_input, full, size_average=None, eps, reduce=None, reduction='mean'
nn.TripletMarginLoss: margin, p, eps, swap, size_average=None, reduce=None, reduction='mean'
nn.TripletMarginWithDistanceLoss nn.GaussianNLLLoss: *, reduction='mean'
nn.LinearCrossEntropyLoss: in_features, num_classes, *, reduction='mean'
nn.functional.ctc_loss: log_probs, targets, input_lengths, target_lengths, blank, reduction='mean'
nn.functional.cross_entropy: input, target, weight, size_average=None, ignore_index, reduce=None, reduction='mean'
nn.functional.nll_loss: input, target, weight, size_average=None, ignore_index, reduce=None, reduction='mean'
nn.functional.binary_cross_entropy: input, target, weight, size_average=None, reduce=None, reduction='mean'
nn.functional.binary_cross_entropy_with_logits: input, target, weight, size_average=None, reduce=None, reduction='mean'
nn.functional.multilabel_soft_margin_loss: input, target, weight, size_average=None, reduce=None, reduction='mean'
nn.functional.cosine_embedding_loss: input1, input2, target, margin, size_average=None, reduce=None, reduction='mean'
nn.functional.margin_ranking_loss: input1, input2, target, margin, size_average=None, reduce=None, reduction='mean'
nn.functional.hinge_embedding_loss: input, target, margin, size_average=None, reduce=None, reduction='mean'
nn.functional.huber_loss: input, target, reduction='mean'
nn.functional.kl_div nn.functional.l1_loss: input, target, size_average=None, reduce=None, reduction='mean'
nn.functional.mse_loss nn.functional.smooth_l1_loss: input, target, size_average=None, reduce=None, reduction='mean'
nn.functional.multilabel_margin_loss: input, target, size_average=None, reduce=None, reduction='mean'
nn.functional.soft_margin_loss: input, target, size_average=None, reduce=None, reduction='mean'
nn.functional.multi_margin_loss: input, target, p, margin, weight, size_average=None, reduce=None, reduction='mean'
nn.functional.poisson_nll_loss: input, target, log_input, full, size_average=None, eps, reduce=None, reduction='mean'
nn.functional.triplet_margin_loss: anchor, positive, negative, margin, p, eps, swap, size_average=None,\
 reduce=None, reduction='mean'
nn.functional.triplet_margin_with_distance_loss: anchor, positive, negative, *, reduction='mean'
nn.functional.gaussian_nll_loss: input, target, var, full, eps, reduction='mean'
nn.functional.linear_cross_entropy: input, linear_weight, target, *, reduction='mean'
nn.functional.softmax nn.functional.log_softmax nn.functional.softmin: input, dim=None
nn.functional.relu nn.functional.relu6 nn.functional.selu nn.functional.silu: input, inplace=False
nn.functional.mish nn.functional.hardswish nn.functional.hardsigmoid: input, inplace=False
nn.functional.celu nn.functional.elu: input, alpha, inplace=False
nn.functional.leaky_relu: input, negative_slope, inplace=False
nn.functional.hardtanh: input, min_val, max_val, inplace=False
nn.functional.threshold: input, threshold, value, inplace=False
nn.functional.rrelu: input, lower, upper, training=False, inplace=False
nn.functional.dropout nn.functional.dropout1d nn.functional.dropout2d: input, p, training=True, inplace=False
nn.functional.dropout3d: input, p, training=True, inplace=False
nn.functional.alpha_dropout nn.functional.feature_alpha_dropout: input, p, training=False, inplace=False
nn.functional.scaled_dot_product_attention: query, key, value, attn_mask, dropout_p=0.0
nn.utils.clip_grad_norm_: parameters, max_norm
nn.utils.clip_grad_value_: parameters, clip_value
amp.GradScaler: *, enabled=True
autocast amp.autocast: device_type, dtype, enabled=True
cuda.amp.autocast cpu.amp.autocast: enabled=True
utils.checkpoint.checkpoint: function, *, use_reentrant=None
optim.SGD: params, lr, momentum=0
optim.lr_scheduler.LRScheduler: optimizer, last_epoch=-1
optim.lr_scheduler.LRScheduler.step: epoch=None
optim.lr_scheduler.ChainedScheduler: schedulers, optimizer=None
optim.lr_scheduler.ConstantLR: optimizer, factor, total_iters, last_epoch=-1
optim.lr_scheduler.CosineAnnealingLR: optimizer, T_max, eta_min, last_epoch=-1
optim.lr_scheduler.CosineAnnealingWarmRestarts: optimizer, T_0, T_mult, eta_min, last_epoch=-1
optim.lr_scheduler.CyclicLR: optimizer
optim.lr_scheduler.ExponentialLR: optimizer, gamma, last_epoch=-1
optim.lr_scheduler.LambdaLR optim.lr_scheduler.MultiplicativeLR: optimizer, lr_lambda, last_epoch=-1
optim.lr_scheduler.LinearLR: optimizer, start_factor, end_factor, total_iters, last_epoch=-1
optim.lr_scheduler.MultiStepLR: optimizer, milestones, gamma, last_epoch=-1
optim.lr_scheduler.OneCycleLR optim.lr_scheduler.ReduceLROnPlateau optim.swa_utils.SWALR: optimizer
optim.lr_scheduler.PolynomialLR: optimizer, total_iters, power, last_epoch=-1
optim.lr_scheduler.SequentialLR: optimizer, schedulers, milestones, last_epoch=-1
optim.lr_scheduler.StepLR: optimizer, step_size, gamma, last_epoch=-1
utils.data.DataLoader: dataset, batch_size=1, shuffle=None, sampler=None, batch_sampler=None, num_workers=0,\
 collate_fn=None, pin_memory=False, drop_last=False, timeout=0, worker_init_fn=None, multiprocessing_context=None,\
 generator=None, *, prefetch_factor=None, persistent_workers=False
utils.data.DistributedSampler: dataset, num_replicas=None, rank=None, shuffle=True, seed=0, drop_last=False
utils.data.Subset: dataset, indices
utils.data.ConcatDataset utils.data.ChainDataset: datasets
"""


class Signature(NamedTuple):
    """The names of the parameters that have a position, of those that are given by keyword, and some defaults."""

    positional: tuple[str, ...]
    keyword: tuple[str, ...]
    defaults: dict[str, str]


def _read(text: str) -> Signature:
    words = [word.partition("=") for word in text.split(", ")]
    names = tuple(name for name, _, _ in words)
    end = names.index("*") if "*" in names else len(names)
    return Signature(names[:end], names[end + 1 :], {name: default for name, sign, default in words if sign})


SIGNATURES = {
    f"torch.{name}": _read(parameters)
    for names, _, parameters in (line.partition(": ") for line in _TABLE.strip().splitlines())
    for name in names.split()
}
"""Canonical name → its signature; those of methods are without ``self``."""

_NONE = Signature((), (), {})


def named(function: str, args: Sequence[_T], kwargs: Mapping[str, _T]) -> dict[str, _T]:
    """The arguments of a call under the names of their parameters, as far as the signature is known."""
    return {**dict(zip(SIGNATURES.get(function, _NONE).positional, args, strict=False)), **kwargs}


def at(function: str, parameter: str) -> tuple[int, str]:
    """The position of a parameter, and its name; raises KeyError if the table does not have it."""
    signature = SIGNATURES[function]
    if parameter in signature.positional:
        return signature.positional.index(parameter), parameter
    if parameter in signature.keyword:
        return KEYWORD, parameter
    raise KeyError(f"{function} has no parameter {parameter}")


def default(function: str, parameter: str) -> str:
    """The default of a parameter, as Python spells it; raises KeyError if the table does not have it."""
    return SIGNATURES[function].defaults[parameter]
