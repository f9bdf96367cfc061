"""Tensors on a CUDA device in code that worker processes run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.db import Database
from torch_pitfalls.facts import Facts, root_of
from torch_pitfalls.flow.devices import ACCELERATOR, Device
from torch_pitfalls.flow.interpret import trace
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge.data import FORKSERVER_BY_DEFAULT
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Note, Span, Subject, Text
from torch_pitfalls.subjects.workers import WORKER_CODE, WorkerCode, WorkerLoader


@dataclass(frozen=True, slots=True)
class WorkerDevice:
    """A place in worker code that makes a tensor on a CUDA device, moves one there, or returns one."""

    code: WorkerCode
    node: ast.AST
    device: str

    @property
    def at(self) -> Span:
        """Where to report it."""
        return self.code.facts.span(self.node)

    @property
    def text(self) -> str:
        """The source of the place."""
        return self.code.facts.text(self.node)

    def note(self, loader: WorkerLoader, text: Text) -> tuple[Note, ...]:
        """A note at the place that makes a loader."""
        return self.code.note(loader, text)

    def forked(self) -> WorkerLoader | None:
        """A loader that surely has worker processes, which are forked where that is how processes start."""
        facts = self.code.facts
        version = facts.python_version
        if version is not None and version >= FORKSERVER_BY_DEFAULT:
            return None
        for loader in self.code.loaders():
            method = loader.constant("multiprocessing_context")
            chosen = "multiprocessing_context" in loader.options and method not in (None, "fork")
            unknown = "multiprocessing_context" in loader.options and method is None
            if loader.workers and not chosen and not unknown and not _chooses_a_method(facts.db, loader):
                return loader
        return None


def _chooses_a_method(db: Database, loader: WorkerLoader) -> bool:
    """Whether a file that leads to a loader says how processes start."""
    paths = {ref.unit.path for ref in loader.at}
    importers = {importer for path in paths for importer in db.input("importers", path) or ()}
    return any(
        "set_start_method" in db.input("chunk", path, number)
        for path in paths | importers
        for number in db.input("layout", path) or ()
    )


def _is_cuda(device: Device | None) -> bool:
    return device is not None and device.kind == ACCELERATOR and (device.name.startswith("cuda") or not device.name)


def _returned(facts: Facts) -> ast.AST | None:
    """The last ``return`` of a function that returns a tensor on a CUDA device."""
    values = [facts.trace.returned, *(facts.trace.returned.items or ())]
    if not any(_is_cuda(value.device) and not _is_returned_by_callee(facts, value.device) for value in values):
        return None
    found = [node for node in facts.unit.nodes if isinstance(node, ast.Return) and node.value is not None]
    return found[-1].value if found else None


def _is_returned_by_callee(facts: Facts, device: Device | None) -> bool:
    """Whether a function that is called here makes the tensor there and returns it: it is said of that function."""
    made = device.at[-1].unit if device is not None and device.at else None
    return made is not None and made != facts.id and _is_cuda(trace(facts.db, root_of(made)).returned.device)


class _WorkerDevices:
    def find(self, facts: Facts) -> Iterator[WorkerDevice]:
        """The first place in a function or method that worker processes may run."""
        if not isinstance(facts.node, (ast.FunctionDef, ast.AsyncFunctionDef)) or "get_worker_info" in facts.unit.text:
            return
        node, device = self._place(facts)
        if node is not None:
            for code in WORKER_CODE.find(facts):
                yield WorkerDevice(code, node, device or "cuda")

    def _place(self, facts: Facts) -> tuple[ast.AST | None, str]:
        events: list[Event] = [
            event
            for event in facts.events(Effect.MOVE, Effect.CALL, Effect.FORWARD)
            if event.at[-1].unit == facts.id and _is_cuda(event.result.device) and _is_made(event)
        ]
        first = min(events, key=lambda event: event.at[-1].n, default=None)
        if first is not None and first.result.device is not None:
            return facts.at(first.at[-1]), first.result.device.name
        return _returned(facts), ""


def _is_made(event: Event) -> bool:
    """Whether a tensor is made or moved, and not only worked on."""
    if event.effect is Effect.CALL:
        return event.name.startswith("torch.") and dict(event.kwargs).get("device", Value()).known
    return True


WORKER_DEVICES: Subject[WorkerDevice] = _WorkerDevices()
