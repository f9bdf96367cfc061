"""What the last operation of a module or function makes of its output: raw scores, probabilities, their logarithms."""

from __future__ import annotations

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

HEADS = {
    **dict.fromkeys(
        (
            f"torchvision.models.{name}"
            for name in """
                resnet18 resnet34 resnet50 resnet101 resnet152 resnext50_32x4d resnext101_32x8d resnext101_64x4d
                wide_resnet50_2 wide_resnet101_2 shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5
                shufflenet_v2_x2_0
            """.split()
        ),
        "fc",
    ),
    **dict.fromkeys(
        (f"torchvision.models.{name}" for name in "densenet121 densenet161 densenet169 densenet201".split()),
        "classifier",
    ),
}
"""Functions that make a model, and its last layer, which is linear."""
