"""Attribute names that look like those of torch and are not."""

from __future__ import annotations

import re

REQUIRES_GRAD = "requires_grad"

PARTS_OF_MODELS = frozenset(
    """
    avgpool backbone base_model bert bn1 body classifier conv1 decoder distilbert embeddings encoder fc features
    head heads layer1 layer2 layer3 layer4 roberta text_model transformer vision_model
    """.split()
)
"""Names that modules have in the models of torchvision, timm and transformers."""

_MISSPELT = re.compile(
    r"^(?:require[ds]?_?grad[se]?|requires_?grad[se]|requiresgrad|requires_?gard|require_gard|reqires_grad|requries_grad"
    r"|requires_gradient|require_gradient|require_gradients|requires_gradients|requires_grads|needs_grad|required_grads?)$"
)


def means_requires_grad(name: str) -> bool:
    """Whether an attribute name is a misspelt ``requires_grad``."""
    return name != REQUIRES_GRAD and _MISSPELT.match(name) is not None
