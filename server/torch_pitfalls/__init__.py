"""torch-pitfalls: shows PyTorch pitfalls while people type, explains them and repairs them."""

__version__ = "0.1.0"
