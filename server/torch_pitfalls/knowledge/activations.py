"""What the last operation of a module or function makes of its output: raw scores, probabilities, their logarithms."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

SOFTMAX, LOG_SOFTMAX, SIGMOID = "softmax", "log_softmax", "sigmoid"
LINEAR = "linear"
"""Straight from a linear or convolution layer: any number may come out."""
OUTPUT = "output"
"""Straight from a module of which nothing more is known."""
EXP, SUM_OF_EXP, EXP_AND_ONE = "exp", "sum of exp", "exp and 1"
SHIFTED = "shifted"
"""Something has been subtracted, as from logits their maximum."""
LIMITED = {SOFTMAX: "limited softmax", SIGMOID: "limited sigmoid"}
"""Probabilities that were kept away from 0 and 1."""

ACTIVATIONS = {
    "torch.nn.functional.softmax": SOFTMAX,
    "torch.nn.functional.log_softmax": LOG_SOFTMAX,
    "torch.nn.functional.sigmoid": SIGMOID,
    "torch.nn.functional.logsigmoid": "logsigmoid",
    "torch.nn.functional.gumbel_softmax": "gumbel_softmax",
    "torch.special.softmax": SOFTMAX,
    "torch.special.log_softmax": LOG_SOFTMAX,
    "torch.special.expit": SIGMOID,
    "torch.nn.Softmax": SOFTMAX,
    "torch.nn.Softmax2d": SOFTMAX,
    "torch.nn.LogSoftmax": LOG_SOFTMAX,
    "torch.nn.Sigmoid": SIGMOID,
    **{
        f"torch.nn.{name}": LINEAR
        for name in """
            Linear LazyLinear Bilinear Conv1d Conv2d Conv3d LazyConv1d LazyConv2d LazyConv3d ConvTranspose1d
            ConvTranspose2d ConvTranspose3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
        """.split()
    },
    **{
        f"torch.nn.functional.{name}": LINEAR
        for name in """
            linear bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
        """.split()
    },
}
"""Modules and functions, by canonical name, that settle what comes out."""

METHODS = {"softmax": SOFTMAX, "log_softmax": LOG_SOFTMAX, "sigmoid": SIGMOID, "logsigmoid": "logsigmoid"}
"""Methods of tensors that do."""

KEEPING = frozenset(
    f"torch.nn.{name}" for name in "Flatten Identity PixelShuffle PixelUnshuffle Unflatten Upsample".split()
)
"""Modules through which it goes unchanged."""

KEEPING_FUNCTIONS = frozenset({"torch.nn.functional.interpolate", "torch.nn.functional.upsample"})

RESHAPING = frozenset(
    """
    contiguous expand flatten movedim permute ravel reshape squeeze swapaxes t transpose unflatten unsqueeze view
    """.split()
)
"""Methods of tensors, and functions of ``torch``, through which it goes unchanged."""

ELEMENTWISE = frozenset({LINEAR, SIGMOID, OUTPUT})
"""What is true of a part of a tensor as of the whole."""

COMPARING = frozenset("Gt GtE Lt LtE gt ge lt le greater greater_equal less less_equal".split())
"""Operators, methods and functions of ``torch`` that compare."""

ROUNDING = frozenset({"round"})


class Head(NamedTuple):
    """The attribute of a model that computes its output, and where in it, if it is a sequence, the last layer is."""

    name: str
    last: int | None = None


LENGTHENING = frozenset({"append", "add_module", "register_module", "extend", "insert", "pop"})
"""Methods of a sequence of modules after which it may end with another one."""

_HEADS = (
    (re.compile(r"(?:resnet|resnext|wide_resnet|regnet|shufflenet)\w*"), Head("fc")),
    (re.compile(r"densenet\w*"), Head("classifier")),
    (re.compile(r"(?:alexnet|vgg\d+(?:_bn)?)"), Head("classifier", 6)),
    (re.compile(r"(?:mobilenet_v2|mnasnet\w*|efficientnet\w*)"), Head("classifier", 1)),
    (re.compile(r"mobilenet_v3_\w+"), Head("classifier", 3)),
    (re.compile(r"convnext\w*"), Head("classifier", 2)),
    (re.compile(r"vit_\w+"), Head("heads")),
    (re.compile(r"swin\w*"), Head("head")),
    (re.compile(r"create_model"), Head("")),
)


@lru_cache(maxsize=256)
def head_of(qualified: str) -> Head | None:
    """The head of the models that a function of torchvision or timm makes, which ends with a linear layer."""
    package, _, name = qualified.rpartition(".")
    if not package.startswith("torchvision.models" if name != "create_model" else "timm"):
        return None
    return next((head for pattern, head in _HEADS if pattern.fullmatch(name)), None)
