"""Kinds of values, as bits, so that a value of several possible kinds is their union. 0 is unknown."""

from __future__ import annotations

MODULE = 1 << 0
LOSS = 1 << 1
OPTIMIZER = 1 << 2
SCHEDULER = 1 << 3
TENSOR = 1 << 4
PARAMETERS = 1 << 5
LOADER = 1 << 6
DATASET = 1 << 7
SCALER = 1 << 8
STATE_DICT = 1 << 9
NUMBER = 1 << 10
STRING = 1 << 11
BOOL = 1 << 12
NONE = 1 << 13
DEVICE = 1 << 14
FUNCTION = 1 << 15
CLASS = 1 << 16
CONTAINER = 1 << 17
INSTANCE = 1 << 18
CONTEXT = 1 << 19
NAMESPACE = 1 << 20
FRAMEWORK = 1 << 21
ARRAY = 1 << 22
DTYPE = 1 << 23
SAMPLER = 1 << 24

UNKNOWN = 0
TRACKED = MODULE | OPTIMIZER
"""Kinds whose objects have a lifecycle."""
PLAIN = NUMBER | STRING | BOOL | NONE | DEVICE | ARRAY | DTYPE
"""Kinds through which nothing that is tracked can be reached."""
