from .models import Encoder, build_model
from .trainer import Trainer

__all__ = ["Encoder", "Trainer", "build_model"]
