"""Where tensors and modules are, and which device a name stands for."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch_pitfalls.knowledge.devices import ACCELERATORS, HOST

UNKNOWN_PLACE = "unknown"
CPU = "cpu"
ACCELERATOR = "accelerator"
VARIABLE = "variable"
MODULE = "module"


OF_TENSOR = "device of a tensor"
"""``what`` of the device that a tensor tells: one of an accelerator has an index."""
OF_SOMETHING = "device of something"
"""``what`` of the attribute ``device`` of an object of unknown kind, which may be a string."""


class Device(NamedTuple):
    """Where something is, or the device that a name or string stands for. That nothing is known is None.

    kind  ``CPU``; ``ACCELERATOR``, where there is one; ``VARIABLE``, a device that the caller or a setting
          chooses; ``MODULE``, wherever the module is whose method runs; ``UNKNOWN_PLACE`` of a part that is
          not known to be where the whole is
    name  the device as it is written (``cuda:1``, ``args.device``), empty if by several names
    at    the place that made or moved it there
    full  how many levels of a tensor or batch surely exist: a tensor without dimensions may meet any other
    """

    kind: str
    name: str = ""
    at: tuple[Any, ...] | None = None
    full: int = 0

    @property
    def away(self) -> bool:
        """Whether it is meant to be elsewhere than on the CPU."""
        return self.kind in (ACCELERATOR, VARIABLE)

    def inside(self) -> Device:
        """Where an element is."""
        return self._replace(full=max(0, self.full - 1))


def named(text: Any) -> Device | None:
    """The device that a string names."""
    if not isinstance(text, str):
        return None
    if HOST.match(text):
        return Device(CPU, text)
    return Device(ACCELERATOR, text) if ACCELERATORS.match(text) else None


NOWHERE = Device(UNKNOWN_PLACE)


def same(a: Device | None, b: Device | None) -> Device | None:
    """Where something is that is in one of two places."""
    if a is b or a is None or b is None:
        return a if a is b else None
    if a.kind != b.kind:
        return None
    return Device(a.kind, a.name if a.name == b.name else "", a.at, min(a.full, b.full))


def either(a: Device | None, b: Device | None) -> Device | None:
    """The device that a name stands for that was given one of two: the accelerator, where there is one."""
    if a is None or b is None or a.kind == b.kind:
        return same(a, b)
    if {a.kind, b.kind} == {CPU, ACCELERATOR}:
        return a if a.kind == ACCELERATOR else b
    return None


def differ(a: Device, b: Device) -> bool:
    """Whether two tensors are surely not on the same device, where there is more than one."""
    if a.kind == CPU or b.kind == CPU:
        return a.kind != b.kind
    return ":" in a.name and ":" in b.name and a.name != b.name and a.kind == b.kind == ACCELERATOR
