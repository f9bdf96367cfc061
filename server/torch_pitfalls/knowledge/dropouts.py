"""Dropout that does not ask the module it is called in for its mode."""

from __future__ import annotations

ALWAYS_ACTIVE = frozenset(f"torch.nn.functional.{name}" for name in ("dropout", "dropout1d", "dropout2d", "dropout3d"))
"""Functions whose ``training`` defaults to True. ``alpha_dropout`` and ``feature_alpha_dropout`` default to False."""

ATTENTION = "torch.nn.functional.scaled_dot_product_attention"
"""Knows no mode: whatever ``dropout_p`` it is given, it drops."""

LAYERS = frozenset(
    f"torch.nn.{name}"
    for name in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout")
)

FUNCTION_OF = {
    "torch.nn.Dropout": "torch.nn.functional.dropout",
    "torch.nn.Dropout1d": "torch.nn.functional.dropout1d",
    "torch.nn.Dropout2d": "torch.nn.functional.dropout2d",
    "torch.nn.Dropout3d": "torch.nn.functional.dropout3d",
    "torch.nn.AlphaDropout": "torch.nn.functional.alpha_dropout",
    "torch.nn.FeatureAlphaDropout": "torch.nn.functional.feature_alpha_dropout",
}
"""Layer → the function that does the same for one call."""
