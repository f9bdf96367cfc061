"""The edits that `mutate.py` makes: each takes something out of correct code that is there for a reason.

A mutator yields the mutants of a script for one rule. It looks at nothing but syntax, and asks enough of it that a
careful engineer would call the mutant wrong: it must not take the engine's word for what is correct.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

_EVALUATION = re.compile(r"eval|valid|(?:^|_|\b)val(?:$|_|\b)|test|predict|infer", re.I)
_TRAINING = re.compile(r"train", re.I)
_MODEL = re.compile(r"model|net|encoder|decoder|classifier|backbone|generator|discriminator|critic|actor|policy", re.I)
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOP = (ast.For, ast.While)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A text with one edit; ``rule`` is expected to see it."""

    rule: str
    edit: str
    path: str
    original: str
    text: str

    def parses(self) -> bool:
        try:
            ast.parse(self.text)
        except (SyntaxError, ValueError):
            return False
        return self.text != self.original


class Script:
    """The text of a file with its tree."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.tree = ast.parse(text)
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = text.splitlines(keepends=True)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parents:
            node = self.parents[node]
            yield node

    def function(self, node: ast.AST) -> ast.AST:
        """The function around a node, or the module."""
        return next((outer for outer in self.around(node) if isinstance(outer, _FUNCTION)), self.tree)

    def loop(self, node: ast.AST) -> ast.For | ast.While | None:
        """The innermost loop of the same function around a node."""
        for outer in self.around(node):
            if isinstance(outer, _FUNCTION):
                return None
            if isinstance(outer, (ast.For, ast.While)):
                return outer
        return None

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        parent = self.parents[statement]
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list) and statement in block:
                return block
        return [statement]

    def records(self, node: ast.AST) -> bool:
        """Whether nothing in the same file switches gradients off around a node."""
        for outer in self.around(node):
            if isinstance(outer, ast.With) and any(_switches_off(item.context_expr) for item in outer.items):
                return False
            if isinstance(outer, _FUNCTION) and any(_switches_off(one) for one in outer.decorator_list):
                return False
        return True

    def in_module(self, node: ast.AST) -> bool:
        """Whether a node stands in a class that looks like a module or one that a framework runs."""
        return any(
            isinstance(outer, ast.ClassDef) and any("Module" in ast.unparse(base) for base in outer.bases)
            for outer in self.around(node)
        )

    def offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return self.offset(node.lineno, node.col_offset), self.offset(end_line, end_column)

    def source(self, node: ast.expr | ast.stmt) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def mutant(self, rule: str, edit: str, *edits: tuple[int, int, str]) -> Mutant:
        text = self.text
        for start, end, new in sorted(edits, reverse=True):
            text = text[:start] + new + text[end:]
        return Mutant(rule, edit, self.path, self.text, text)

    def without(self, statement: ast.stmt) -> tuple[int, int, str]:
        """The edit that takes a statement out."""
        start, end = self.span(statement)
        return start, end, "pass"

    def dedented(self, block: ast.With, head: str = "pass") -> tuple[int, int, str]:
        """The edit that takes a with-statement away from around its body."""
        first, last = block.body[0], block.body[-1]
        start, end = self._starts[first.lineno - 1], self.span(last)[1]
        by = first.col_offset - block.col_offset
        lines = [line[by:] if line[:by].isspace() else line for line in self.text[start:end].splitlines(keepends=True)]
        own = self.span(block)[0]
        return own, end, f"{head}\n{''.join(lines)}"


Mutator = Callable[[Script], Iterator[Mutant]]


# ── gradients ───────────────────────────────────────────────────────────────────────────────


def delete_zero_grad(script: Script) -> Iterator[Mutant]:
    for statement, owner in _calls(script, "zero_grad"):
        loop = script.loop(statement)
        names = [name for name, _ in _called(loop)] if loop is not None else []
        clears = [name for name in names if name.endswith("zero_grad")]
        steps = [name for name in names if name.endswith(".step") and "sched" not in name]
        by_hand = "grad = None" in script.text
        if len(clears) == 1 and steps == [f"{owner}.step"] and _goes_backward(names) and not by_hand:
            yield script.mutant("missing-zero-grad", "delete zero_grad()", script.without(statement))


def delete_zero_grad_in_a_step_function(script: Script) -> Iterator[Mutant]:
    """Where the loop is elsewhere: in the caller of a method or function that does one step."""
    for statement, owner in _calls(script, "zero_grad"):
        function = script.function(statement)
        if script.loop(statement) is None and isinstance(function, _FUNCTION):
            names = [name for name, _ in _called(function)]
            clears = [name for name in names if name.endswith("zero_grad")]
            if len(clears) == 1 and f"{owner}.step" in names and _goes_backward(names) and function.name != "closure":
                yield script.mutant(
                    "missing-zero-grad", "delete zero_grad(), loop elsewhere", script.without(statement)
                )


def move_zero_grad(script: Script) -> Iterator[Mutant]:
    for clear, backward, _ in _steps(script):
        text = script.source(clear)
        at = script.span(backward)[1]
        edit = (at, at, "\n" + " " * backward.col_offset + text)
        yield script.mutant(
            "zero-grad-between-backward-and-step", "zero_grad() after backward()", script.without(clear), edit
        )


def step_first(script: Script) -> Iterator[Mutant]:
    for _, backward, step in _steps(script):
        a, b = script.span(backward), script.span(step)
        yield script.mutant(
            "step-before-backward",
            "step() before backward()",
            (*a, script.source(step)),
            (*b, script.source(backward)),
        )


def delete_backward(script: Script) -> Iterator[Mutant]:
    for _, backward, _ in _steps(script):
        yield script.mutant("step-before-backward", "delete backward()", script.without(backward))


def delete_no_grad(script: Script) -> Iterator[Mutant]:
    for node in script.nodes:
        if not isinstance(node, ast.With) or not _only_switches_off(node) or script.in_module(node):
            continue
        names = [name for name, _ in _called(node)]
        loops = [outer for outer in [*ast.walk(node), script.loop(node)] if isinstance(outer, ast.For)]
        around = [getattr(script.function(node), "name", ""), *(ast.unparse(loop.iter) for loop in loops)]
        evaluates = any(_EVALUATION.search(name) and not _TRAINING.search(name) for name in around)
        calls_model = any(_MODEL.search(name.rpartition(".")[2]) for name in names)
        if loops and evaluates and calls_model and not _goes_backward(names):
            yield script.mutant("inference-without-no-grad", "delete no_grad()", script.dedented(node))


def delete_no_grad_decorator(script: Script) -> Iterator[Mutant]:
    for node in script.nodes:
        if not isinstance(node, ast.FunctionDef) or script.in_module(node):
            continue
        names = [name for name, _ in _called(node)]
        calls_model = any(_MODEL.search(name.rpartition(".")[2]) for name in names)
        loops = any(isinstance(inner, ast.For) for inner in ast.walk(node))
        for decorator in node.decorator_list:
            if _switches_off(decorator) and _EVALUATION.search(node.name) and calls_model and loops:
                start, end = script.span(decorator)
                yield script.mutant("inference-without-no-grad", "delete @no_grad()", (start, end, "(lambda f: f)"))


def unenter_no_grad(script: Script) -> Iterator[Mutant]:
    for node in script.nodes:
        if isinstance(node, ast.With) and _only_switches_off(node):
            head = script.source(node.items[0].context_expr)
            yield script.mutant("no-grad-not-entered", "no_grad() as a statement", script.dedented(node, head))


def uncover_update(script: Script) -> Iterator[Mutant]:
    """An update of parameters that is no longer under ``no_grad()``."""
    for node in script.nodes:
        if not isinstance(node, ast.With) or not _only_switches_off(node):
            continue
        text = ast.unparse(node)
        updates = re.search(r"^\s*[\w.]*(?:weight|bias)(?:\[.*?\])?(?:\.\w+_\(| [-+*]= )", text, re.M)
        if updates and not script.in_module(node):
            yield script.mutant("inplace-on-leaf", "delete no_grad() of an update", script.dedented(node))


def undetach_before_numpy(script: Script) -> Iterator[Mutant]:
    for node in script.nodes:
        if not isinstance(node, ast.Call) or not _ends_with(node, "detach") or not script.records(node):
            continue
        if not isinstance(node.func, ast.Attribute):
            continue
        chain = [outer for outer in script.around(node) if isinstance(outer, ast.Call)]
        root = node.func.value
        if any(_ends_with(outer, "numpy") for outer in chain) and _is_output(script, node, root):
            yield script.mutant(
                "numpy-requires-grad", "drop detach()", (script.span(root)[1], script.span(node)[1], "")
            )


# ── modes ───────────────────────────────────────────────────────────────────────────────────


def delete_eval(script: Script) -> Iterator[Mutant]:
    trains = ".train()" in script.text and re.search("dropout|batch_?norm|resnet", script.text, re.I)
    for statement, owner in _calls(script, "eval"):
        function = script.function(statement)
        names = [name for name, _ in _called(function)]
        before = [name for name, call in _called(function) if call.lineno < statement.lineno]
        calls = names.count(owner) and not any(name == owner for name in before)
        conditional = isinstance(script.parents[statement], ast.If) or script.in_module(statement)
        if trains and calls and names.count(f"{owner}.eval") == 1 and not conditional:
            yield script.mutant("inference-in-train-mode", "delete eval()", script.without(statement))


def delete_train(script: Script) -> Iterator[Mutant]:
    for statement, owner in _calls(script, "train"):
        loop, function = script.loop(statement), script.function(statement)
        evaluates = script.text.count(f"{owner}.eval()") > 0
        names = [name for name, _ in _called(loop or function)]
        depends = re.search("dropout|batch_?norm|resnet", script.text, re.I)
        again = script.text.count(f"{owner}.train(") > 1
        if evaluates and depends and _goes_backward(names) and not again and not script.in_module(statement):
            yield script.mutant("training-in-eval-mode", "delete train()", script.without(statement))


def uncall(script: Script) -> Iterator[Mutant]:
    for method in ("eval", "train", "zero_grad", "backward", "step"):
        for statement, _ in _calls(script, method):
            call = statement.value
            if isinstance(call, ast.Call) and not call.args and not call.keywords:
                start, end = script.span(call.func)[1], script.span(call)[1]
                yield script.mutant("mode-method-not-called", f"{method} for {method}()", (start, end, ""))


# ── what is kept ────────────────────────────────────────────────────────────────────────────


def keep_loss(script: Script) -> Iterator[Mutant]:
    for node in script.nodes:
        if not isinstance(node, ast.Call) or not (_ends_with(node, "item") or _ends_with(node, "detach")):
            continue
        if not isinstance(node.func, ast.Attribute):
            continue
        loop = script.loop(node)
        statement = next((outer for outer in script.around(node) if isinstance(outer, ast.stmt)), None)
        value = ast.unparse(node.func.value)
        if loop is None or "loss" not in value.lower() or not script.records(node):
            continue
        goes_backward = f"{value}.backward" in [name for name, _ in _called(loop)]
        edit = (script.span(node.func.value)[1], script.span(node)[1], "")
        if not goes_backward or _is_reset(loop, statement):
            continue
        if isinstance(statement, ast.AugAssign) and statement.value is node:
            yield script.mutant("graph-retained", "add loss, not loss.item()", edit)
        elif (
            isinstance(statement, ast.Expr)
            and _is_call(statement, "append")
            and script.parents[node] is statement.value
        ):
            yield script.mutant("graph-retained", "append loss, not loss.item()", edit)


def keep_module_list(script: Script) -> Iterator[Mutant]:
    for node in script.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _ends_with(node.value, "ModuleList"):
            call, target = node.value, ast.unparse(node.targets[0])
            filled = call.args and isinstance(call.args[0], (ast.List, ast.ListComp))
            if target.startswith("self.") and (filled or f"{target}.append(" in script.text):
                inner = script.source(call.args[0]) if call.args else "[]"
                edit = (*script.span(call), inner)
                yield script.mutant("unregistered-submodule", "list for ModuleList", edit)


# ── devices and files ───────────────────────────────────────────────────────────────────────


def drop_map_location(script: Script) -> Iterator[Mutant]:
    for name, call in _called(script.tree):
        given = [item for item in call.keywords if item.arg == "map_location"]
        if name == "torch.load" and len(call.args) == 1 and given:
            edit = (script.span(call.args[0])[1], script.span(call)[1] - 1, "")
            yield script.mutant("load-without-map-location", "drop map_location", edit)


def save_module(script: Script) -> Iterator[Mutant]:
    for name, call in _called(script.tree):
        if name != "torch.save" or not call.args:
            continue
        saved = call.args[0]
        values = saved.values if isinstance(saved, ast.Dict) else [saved]
        for value in values:
            if (
                isinstance(value, ast.Call)
                and isinstance(value.func, ast.Attribute)
                and value.func.attr == "state_dict"
            ):
                owner = value.func.value
                if _MODEL.search(ast.unparse(owner)) and not re.search("optim|sched", ast.unparse(owner), re.I):
                    edit = (*script.span(value), script.source(owner))
                    yield script.mutant("whole-model-saved", "model for model.state_dict()", edit)


def discard_transfer(script: Script) -> Iterator[Mutant]:
    for node in script.nodes:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call) or len(node.targets) != 1:
            continue
        func = node.value.func
        if not isinstance(func, ast.Attribute) or func.attr not in ("to", "cuda", "float", "long"):
            continue
        target = ast.unparse(node.targets[0])
        module = re.search(rf"\b{re.escape(target)}\.(?:parameters|eval|train|state_dict)\(", script.text)
        called = re.search(rf"(?<![\w.]){re.escape(target)}\(", script.text)
        if ast.unparse(func.value) == target and not module and not called and not _MODEL.search(target):
            edit = (script.span(node)[0], script.span(node.value)[0], "")
            yield script.mutant("transfer-result-discarded", "drop the assignment", edit)


# ── losses ──────────────────────────────────────────────────────────────────────────────────


def softmax_first(script: Script) -> Iterator[Mutant]:
    made = {
        ast.unparse(node.targets[0])
        for node in script.nodes
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and _ends_with(node.value, "CrossEntropyLoss")
    }
    for name, call in _called(script.tree):
        if (name in made or name.endswith("F.cross_entropy")) and len(call.args) >= 2:
            start, end = script.span(call.args[0])
            if "softmax" not in ast.unparse(script.function(call)) and "import torch\n" in script.text:
                edits = (start, start, "torch.softmax("), (end, end, ", dim=1)")
                yield script.mutant("softmax-before-cross-entropy", "softmax in the call", *edits)


def softmax_in_forward(script: Script) -> Iterator[Mutant]:
    """A model that returns probabilities to a loss in the same file that wants logits."""
    modules = [
        node
        for node in script.nodes
        if isinstance(node, ast.ClassDef) and any("Module" in ast.unparse(base) for base in node.bases)
    ]
    wants_logits = "CrossEntropyLoss()" in script.text or "F.cross_entropy(" in script.text
    if len(modules) != 1 or not wants_logits or "softmax" in script.text or "import torch\n" not in script.text:
        return
    for method in modules[0].body:
        if isinstance(method, ast.FunctionDef) and method.name == "forward":
            last = method.body[-1]
            if isinstance(last, ast.Return) and last.value is not None and not isinstance(last.value, ast.Tuple):
                start, end = script.span(last.value)
                edits = (start, start, "torch.softmax("), (end, end, ", dim=1)")
                yield script.mutant("softmax-before-cross-entropy", "softmax in the model", *edits)


# ── questions ───────────────────────────────────────────────────────────────────────────────


def _called(node: ast.AST | None) -> list[tuple[str, ast.Call]]:
    """Calls below a node, with the text of what is called."""
    if node is None:
        return []
    return [(ast.unparse(call.func), call) for call in ast.walk(node) if isinstance(call, ast.Call)]


def _calls(script: Script, method: str) -> Iterator[tuple[ast.Expr, str]]:
    """Statements that only call a method of something with a name, and the name."""
    for node in script.nodes:
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
        ):
            if node.value.func.attr != method:
                continue
            owner = ast.unparse(node.value.func.value)
            if owner.replace(".", "").isidentifier() and not owner.startswith("super"):
                yield node, owner


def _steps(script: Script) -> Iterator[tuple[ast.Expr, ast.Expr, ast.Expr]]:
    """``zero_grad()``, ``backward()`` and ``step()`` of one optimizer, in this order in one block of a loop."""
    for clear, owner in _calls(script, "zero_grad"):
        block = script.block(clear)
        if script.loop(clear) is None:
            continue
        later = block[block.index(clear) + 1 :]
        backwards = [one for one in later if isinstance(one, ast.Expr) and _is_call(one, "backward")]
        steps = [one for one in later if isinstance(one, ast.Expr) and ast.unparse(one) == f"{owner}.step()"]
        names = [name for name, _ in _called(script.loop(clear))]
        alone = sum(name.endswith((".zero_grad", ".backward")) for name in names) == 2
        if len(backwards) == len(steps) == 1 and alone and block.index(backwards[0]) < block.index(steps[0]):
            yield clear, backwards[0], steps[0]


def _is_call(statement: ast.Expr, method: str) -> bool:
    return isinstance(statement.value, ast.Call) and _ends_with(statement.value, method)


def _ends_with(call: ast.Call, name: str) -> bool:
    func = call.func
    return (isinstance(func, ast.Attribute) and func.attr == name) or (isinstance(func, ast.Name) and func.id == name)


def _goes_backward(names: list[str]) -> bool:
    return any(name.endswith(".backward") for name in names)


def _switches_off(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and (_ends_with(node, "no_grad") or _ends_with(node, "inference_mode"))


def _only_switches_off(node: ast.With) -> bool:
    return len(node.items) == 1 and _switches_off(node.items[0].context_expr) and node.body[0].lineno > node.lineno


def _is_output(script: Script, node: ast.AST, root: ast.expr) -> bool:
    """Whether a name is given the output of a model in the same function, and nothing else."""
    name = ast.unparse(root)
    values = [
        assigned.value
        for assigned in ast.walk(script.function(node))
        if isinstance(assigned, ast.Assign) and ast.unparse(assigned.targets[0]) == name
    ]
    return bool(values) and all(
        isinstance(value, ast.Call) and _MODEL.search(ast.unparse(value.func).rpartition(".")[2]) for value in values
    )


def _is_reset(loop: ast.AST, statement: ast.stmt | None) -> bool:
    """Whether the loop itself makes the sum or list anew."""
    if isinstance(statement, ast.AugAssign):
        kept = ast.unparse(statement.target)
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        kept = ast.unparse(statement.value.func).rpartition(".")[0]
    else:
        return True
    return any(
        isinstance(node, ast.Assign) and any(ast.unparse(target) == kept for target in node.targets)
        for node in ast.walk(loop)
    )


MUTATORS: tuple[Mutator, ...] = (
    delete_zero_grad,
    delete_zero_grad_in_a_step_function,
    move_zero_grad,
    step_first,
    delete_backward,
    delete_no_grad,
    delete_no_grad_decorator,
    unenter_no_grad,
    uncover_update,
    undetach_before_numpy,
    delete_eval,
    delete_train,
    uncall,
    keep_loss,
    keep_module_list,
    drop_map_location,
    save_module,
    discard_transfer,
    softmax_first,
    softmax_in_forward,
)
