"""Places at which code insists on CUDA."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.knowledge.devices import DEVICE_NAME
from torch_pitfalls.names.resolve import External, scope
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.edits import insert_line
from torch_pitfalls.syntax.shapes import dotted

_CUDA = re.compile(r"cuda(?::\d+)?$")
_WORDS = re.compile(r"cuda|gpu|device|accelerator|avail", re.I)
"""What a condition is about that asks for a device."""
_CHECKS = re.compile(
    r"is_available|device_count\(|torch\.accelerator|current_accelerator|\.is_cuda\b|cuda_is_|cuda_available"
    r"|(?:use|no|has|with)_?(?:cuda|gpu)\b|\b(?:args|opts?|cfg|config|flags)\.(?:cuda|gpus?)\b",
    re.I,
)
_ON_PURPOSE = re.compile(
    r"local_?rank|init_process_group|cuda\.set_device|DistributedDataParallel|mp\.spawn|deepspeed|horovod"
    r"|^\s*(?:import|from) (?:triton|numba|cupy|pycuda|cutlass|tilelang|apex|unittest|pytest|flash_attn)\b"
    r"|^\s*(?:import|from) torch\.utils\.benchmark\b"
    r"|cpp_extension|load_inline"
    r"|cuda\.(?:Event|Stream|synchronize|jit|CUDAGraph|max_memory|memory_)|TestCase\b|def test_",
    re.I | re.MULTILINE,
)
"""Distributed programs, which set a device for each process; tests, kernels and measurements for CUDA."""
_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")


@query(on_cycle=(False, True))
def _manners(db: Database, path: str) -> tuple[bool, bool]:
    """Whether a file ever asks whether there is a GPU, and whether it is meant for GPUs alone."""
    found = [_manners_in(db, path, number) for number in db.input("layout", path) or ()]
    return any(checks for checks, _ in found), bool(_FILE.search(path)) or any(purpose for _, purpose in found)


@query(eager=True)
def _manners_in(db: Database, path: str, number: int) -> tuple[bool, bool]:
    text = db.input("chunk", path, number) or ""
    return bool(_CHECKS.search(text)), bool(_ON_PURPOSE.search(text))


@dataclass(frozen=True, slots=True)
class HardCoded:
    """``x.cuda()``, or a string that names CUDA where a device is expected. ``first`` of its unit."""

    facts: Facts
    node: ast.expr
    first: bool

    @property
    def at(self) -> Span:
        """Where to report it: of a call that is long, its last part."""
        span = self.facts.span(self.node)
        if not isinstance(self.node, ast.Call) or self._is_short():
            return span
        assert isinstance(self.node.func, ast.Attribute)
        end = self.facts.span(self.node.func).end
        return Span(self.facts.chunk.text.rindex(".", 0, end), span.end)

    def _is_short(self) -> bool:
        text = self.facts.text(self.node)
        return len(text) <= _SHORT and "\n" not in text

    @property
    def is_call(self) -> bool:
        """Whether it is ``x.cuda()``."""
        return isinstance(self.node, ast.Call)

    @property
    def text(self) -> str:
        """The source; of a call, without what is long."""
        return self.facts.text(self.node) if self._is_short() else "….cuda()"

    def variable(self) -> str | None:
        """The name of a device variable that may be used here; none where this is its value."""
        if isinstance(self.node, ast.Constant):
            assigned = isinstance(self.facts.parents.get(self.node), (ast.Assign, ast.AnnAssign))
            if assigned or self.node.value not in ("cuda", "cuda:0"):
                return None
        start = self.at.start
        for node in self.facts.unit.nodes:
            if isinstance(node, ast.arg) and node.arg == "device":
                return "device"
            if isinstance(node, ast.Name) and node.id == "device" and isinstance(node.ctx, ast.Store):
                return "device" if self.facts.span(node).end < start and not self._is_its_value() else None
        if self.facts.id.name and "device" in scope(self.facts.db, self.facts.id.path):
            return "device"
        return None

    def _is_its_value(self) -> bool:
        statement = self.facts.statement(self.node)
        return isinstance(statement, ast.Assign) and any(dotted(target) == "device" for target in statement.targets)

    def choice(self) -> str | None:
        """An expression for the device that is there; None if the file does not import torch."""
        torch = self.facts.spelled("torch")
        name = str(self.node.value) if isinstance(self.node, ast.Constant) else "cuda"
        return f'"{name}" if {torch}.cuda.is_available() else "cpu"' if torch is not None else None

    def on(self, device: str) -> tuple[Edit, ...]:
        """Edits that use a device variable in its place."""
        if not isinstance(self.node, ast.Call):
            whole = self.facts.parents.get(self.node)
            named = isinstance(whole, ast.Call) and (dotted(whole.func) or "").rpartition(".")[2] == "device"
            return (Edit(self.facts.span(whole) if named and whole is not None else self.at, device),)
        assert isinstance(self.node.func, ast.Attribute)
        end = self.facts.span(self.node.func).end
        rest = [self.facts.text(item) for item in self.node.keywords if item.arg != "device"]
        return (Edit(Span(end - len("cuda"), self.at.end), f"to({', '.join([device, *rest])})"),)

    def chosen(self) -> tuple[Edit, ...]:
        """Edits that choose what is there: in a string's place, or in a variable before the first call."""
        choice = self.choice()
        if choice is None:
            return ()
        if not self.is_call:
            parent = self.facts.parents.get(self.node)
            plain = isinstance(parent, (ast.Assign, ast.AnnAssign, ast.keyword, ast.Call))
            return (Edit(self.at, choice),) if plain else ()
        torch = self.facts.spelled("torch")
        line = insert_line(self.facts, self.node, f"device = {torch}.device({choice})", after=False)
        return (line, *self.on("device")) if line is not None and self.first else ()


class _HardCoded:
    def find(self, facts: Facts) -> Iterator[HardCoded]:
        """Uses of CUDA in the unit that nothing guards."""
        if "cuda" not in facts.unit.text:
            return
        checks, on_purpose = _manners(facts.db, facts.id.path)
        name = facts.id.name.rpartition(".")[2]
        if on_purpose or _WORDS.search(name):
            return
        first = True
        for node in facts.unit.nodes:
            if not isinstance(node, ast.expr) or not _insists(facts, node) or _is_guarded(facts, node):
                continue
            found = HardCoded(facts, node, first)
            if checks and found.variable() is None:
                continue
            yield found
            first = False


def _insists(facts: Facts, node: ast.AST) -> bool:
    """Whether a node is ``x.cuda()``, or a string that names CUDA where a device is expected."""
    if isinstance(node, ast.Call):
        func = node.func
        index = [*node.args, *(item.value for item in node.keywords if item.arg == "device")]
        return (
            isinstance(func, ast.Attribute)
            and func.attr == "cuda"
            and all(isinstance(item, ast.Constant) for item in index)
        )
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or not _CUDA.match(node.value):
        return False
    parent = facts.parents.get(node)
    if isinstance(parent, (ast.Assign, ast.AnnAssign)):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        names = [dotted(target) or "" for target in targets]
        return all(DEVICE_NAME.search(name.rpartition(".")[2]) for name in names) and _is_read(facts, names)
    if isinstance(parent, ast.keyword):
        call = facts.parents.get(parent)
        return parent.arg in ("device", "map_location") and isinstance(call, ast.Call) and _is_torch(facts, call)
    return isinstance(parent, ast.Call) and parent.args[:1] == [node] and _takes_device(facts, parent)


def _is_read(facts: Facts, names: list[str]) -> bool:
    """Whether the file uses what it sets; a variable of a module that it does not is a setting for others."""
    return bool(facts.id.name) or any(
        len(re.findall(rf"\b{re.escape(name)}\b", facts.file_text())) > 1 for name in names
    )


def _is_torch(facts: Facts, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and (call.func.attr == "to" or call.func.attr.startswith("new_")):
        return True
    symbol = resolve(facts.db, facts.id.path, call.func)
    return isinstance(symbol, External) and symbol.qualified.partition(".")[0] == "torch"


def _takes_device(facts: Facts, call: ast.Call) -> bool:
    """Whether the first argument of a call is a device."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "to":
        return True
    # A device that is only looked at, or whose index somebody chose, insists on nothing.
    looked_at = isinstance(facts.parents.get(call), (ast.Attribute, ast.Compare))
    chosen = any(not isinstance(item, ast.Constant) for item in [*call.args, *(more.value for more in call.keywords)])
    symbol = resolve(facts.db, facts.id.path, call.func)
    qualified = symbol.qualified if isinstance(symbol, External) else ""
    return qualified in ("torch.device", "torch.set_default_device") and not looked_at and not chosen


def _is_guarded(facts: Facts, node: ast.AST) -> bool:
    """Whether the code runs only where somebody has asked for the device, or is a setting."""
    assigned = isinstance(facts.parents.get(node), (ast.Assign, ast.AnnAssign))
    around = [*facts.around(node)]
    for outer in around:
        if isinstance(outer, (ast.If, ast.IfExp, ast.While)):
            asks = assigned or _WORDS.search(ast.unparse(outer.test)) is not None
        elif isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            asks = any(_WORDS.search(ast.unparse(item)) for item in outer.decorator_list)
        else:
            asks = isinstance(outer, (ast.Try, ast.arguments, ast.Lambda, ast.BoolOp))
        if asks:
            return True
    start = facts.span(node).start
    return any(
        isinstance(other, (ast.If, ast.Assert))
        and facts.span(other).end <= start
        and (isinstance(other, ast.Assert) or isinstance(other.body[-1], (ast.Return, ast.Raise, ast.Continue)))
        and facts.parents.get(other) in around
        and _WORDS.search(ast.unparse(other.test))
        for other in facts.unit.nodes
    )


_SHORT = 40

HARD_CODED: Subject[HardCoded] = _HardCoded()
