"""What the losses of torch expect as their first argument."""

from __future__ import annotations

CROSS_ENTROPY = frozenset({"torch.nn.functional.cross_entropy", "torch.nn.CrossEntropyLoss"})
"""Wants logits, one for each class."""

BCE_WITH_LOGITS = frozenset({"torch.nn.functional.binary_cross_entropy_with_logits", "torch.nn.BCEWithLogitsLoss"})
"""Wants logits, each for itself."""

BCE = frozenset({"torch.nn.functional.binary_cross_entropy", "torch.nn.BCELoss"})
"""Wants probabilities."""

NLL = frozenset({"torch.nn.functional.nll_loss", "torch.nn.NLLLoss"})
"""Wants log-probabilities, one for each class."""

KL_DIVERGENCE = frozenset({"torch.nn.functional.kl_div", "torch.nn.KLDivLoss"})
"""Wants log-probabilities of a distribution."""

CLASS_LOSSES = CROSS_ENTROPY | NLL
"""Losses whose target are classes, which carry no graph."""

ELEMENTWISE = frozenset(
    {
        *(f"torch.nn.functional.{name}" for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")),
        *(f"torch.nn.{name}" for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")),
    }
)
"""Losses that compare element by element, and broadcast."""

LOGIT_FORMS = {
    "torch.nn.functional.binary_cross_entropy": "torch.nn.functional.binary_cross_entropy_with_logits",
    "torch.nn.BCELoss": "torch.nn.BCEWithLogitsLoss",
    "torch.nn.functional.nll_loss": "torch.nn.functional.cross_entropy",
    "torch.nn.NLLLoss": "torch.nn.CrossEntropyLoss",
}
"""Loss → the same loss on logits."""

FUNCTION_FORMS = {
    "BCELoss": "binary_cross_entropy",
    "BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "CosineEmbeddingLoss": "cosine_embedding_loss",
    "CrossEntropyLoss": "cross_entropy",
    "HingeEmbeddingLoss": "hinge_embedding_loss",
    "HuberLoss": "huber_loss",
    "KLDivLoss": "kl_div",
    "L1Loss": "l1_loss",
    "MSELoss": "mse_loss",
    "MarginRankingLoss": "margin_ranking_loss",
    "MultiLabelMarginLoss": "multilabel_margin_loss",
    "MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "MultiMarginLoss": "multi_margin_loss",
    "NLLLoss": "nll_loss",
    "PoissonNLLLoss": "poisson_nll_loss",
    "SmoothL1Loss": "smooth_l1_loss",
    "SoftMarginLoss": "soft_margin_loss",
    "TripletMarginLoss": "triplet_margin_loss",
}
"""Loss class of ``torch.nn`` → the function of ``torch.nn.functional`` that computes the same."""

WEIGHTED = frozenset({"BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "MultiLabelSoftMarginLoss", "NLLLoss"})
"""Loss classes whose first argument is a tensor: the weights."""
