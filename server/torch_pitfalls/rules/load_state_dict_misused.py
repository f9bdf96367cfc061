"""What goes into or comes out of `load_state_dict` is misunderstood

`load_state_dict` takes a dict of tensors, changes the module in place and returns a report of the keys that did
not fit. A path raises `TypeError`: `Expected state_dict to be dict-like, got <class 'str'>.`; so does a module,
or `state_dict` without parentheses. A whole checkpoint raises `RuntimeError`: `Unexpected key(s) in state_dict:
"model", "epoch".` And `model = model.load_state_dict(...)` puts the report in place of the model: the next line
fails with `AttributeError`: `'_IncompatibleKeys' object has no attribute 'eval'`. Without a call nothing is
loaded, and nothing says so.

How to fix: load the file first, `model.load_state_dict(torch.load(path, map_location="cpu"))`; take the entry out
of a checkpoint, `checkpoint["model"]`; call it as a statement of its own. The fix does the first and the last,
and is safe, since the code as it is raises.

Exceptions: silent when the result goes to a name that says it is the report, when `strict` is False, and for
classes with a `load_state_dict` of their own.

Cannot see: what is in a file. A whole checkpoint is known by the other entries that the same block reads from it,
or by what the same file saves under the same path.

See also: `whole-model-saved`, `load-without-map-location`. PyTorch documentation:
torch.nn.Module.load_state_dict; Saving and Loading Models.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from torch_pitfalls.knowledge import kinds
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at
from torch_pitfalls.rule import Edit, Example, Finding, Fix, Rule, Safety, Severity, Span, say
from torch_pitfalls.subjects import STATE_LOADS, StateLoad

_SAFE_BY_DEFAULT = (2, 6)
"""The version of torch whose ``torch.load`` reads only weights by default."""

EXAMPLE = Example(
    bad="""
import torch
from torch import nn

model = nn.Linear(4, 2)
torch.save(model.state_dict(), "weights.pt")

model = nn.Linear(4, 2)
model = model.load_state_dict(torch.load("weights.pt", map_location="cpu"))  # expect: load-state-dict-misused
model.eval()
""",
    good="""
import torch
from torch import nn

model = nn.Linear(4, 2)
torch.save(model.state_dict(), "weights.pt")

model = nn.Linear(4, 2)
model.load_state_dict(torch.load("weights.pt", map_location="cpu"))
model.eval()
""",
    symptom="str(raised) == \"'_IncompatibleKeys' object has no attribute 'eval'\"",
)


def check(load: StateLoad) -> Iterator[Finding]:
    """Report what `load_state_dict` is wrongly given, and results taken for the module."""
    if not load.is_torch_own:
        return
    if load.event.effect is Effect.METHOD:
        given = _wrong_argument(load)
        if given is not None:
            yield given
        target = load.misused_result()
        if target is not None:
            yield _result(load, target)
    elif load.event.effect is Effect.MENTION:
        yield Finding(
            at=load.at,
            headline=say("`{name}` is named, not called", name=load.shortened(load.node)),
            effect=say("nothing is loaded"),
            remedy=say("call it: `load_state_dict(state)`"),
        )
    else:
        yield from _assigned(load)


def _wrong_argument(load: StateLoad) -> Finding | None:
    state, value = load.state, load.argument(*at("torch.nn.Module.load_state_dict", "state_dict"))
    if state is None or value is None:
        return None
    name, fix = load.shortened(state), None
    effect = say("raises `TypeError`: it expects a dict of tensors")
    if value.must_be(kinds.STRING):
        fix = Fix(say("Load the file"), _loaded(load, state), Safety.SAFE)
        headline = say("`load_state_dict` gets a path, not a state dict")
        remedy = say("load the file first: `torch.load({path}, …)`", path=name)
    elif value.must_be(kinds.MODULE):
        fix = Fix(say("Add `.state_dict()`"), _appended(load, state, ".state_dict()"), Safety.SAFE)
        headline = say("`load_state_dict` gets the module `{name}`, not its state", name=name)
        remedy = say("pass `{name}.state_dict()`", name=name)
    elif load.is_uncalled(state):
        fix = Fix(say("Add `()`"), _appended(load, state, "()"), Safety.SAFE)
        headline = say("`{name}` is passed without being called", name=name)
        remedy = say("pass `{name}()`", name=name)
    else:
        key = load.whole_checkpoint()
        if key is None:
            return None
        effect = say("raises `RuntimeError`: `{key}` is no key of the module", key=key)
        headline = say("`load_state_dict` gets a whole checkpoint")
        remedy = say('pass the entry that holds the weights, e.g. `checkpoint["model"]`')
    return Finding(load.at, headline, effect, remedy, fix=fix)


def _appended(load: StateLoad, state: ast.expr, text: str) -> tuple[Edit, ...]:
    end = load.facts.span(state).end
    return (Edit(Span(end, end), text),)


def _loaded(load: StateLoad, path: ast.expr) -> tuple[Edit, ...]:
    where = load.device_in_scope() or '"cpu"'
    options = f"map_location={where}"
    if (load.facts.torch_version or _SAFE_BY_DEFAULT) < _SAFE_BY_DEFAULT:
        options += ", weights_only=True"
    start = load.facts.span(path).start
    before = Edit(Span(start, start), f"{load.facts.spell('torch.load')}(")
    return (before, *_appended(load, path, f", {options})"))


def _result(load: StateLoad, target: ast.expr) -> Finding:
    facts, node = load.facts, load.node
    statement = facts.statement(node)
    edit = None
    if isinstance(statement, ast.Assign) and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name, owner = facts.text(target), facts.text(node.func.value)
        start, receiver = facts.span(statement).start, facts.span(node.func.value)
        indent = facts.chunk.text[facts.chunk.text.rfind("\n", 0, start) + 1 : start]
        if name == owner:
            edit = Edit(Span(start, facts.span(node).start), "")
        elif isinstance(node.func.value, ast.Call) and not indent.strip() and "\n" not in owner:
            edit = Edit(Span(receiver.end, receiver.end), f"\n{indent}{name}")
    return Finding(
        at=load.at,
        headline=say("the key report of `load_state_dict` is taken for the module"),
        effect=say("it loads in place and does not return the module, so the next use raises"),
        remedy=say("call `load_state_dict` as a statement of its own"),
        fix=Fix(say("Call it as a statement of its own"), (edit,), Safety.SAFE) if edit is not None else None,
    )


def _assigned(load: StateLoad) -> Iterator[Finding]:
    facts = load.facts
    statement = facts.statement(load.node)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return
    if not load.stores_a_state():
        return
    target, value = facts.span(load.node), facts.span(statement.value)
    edits = (Edit(Span(target.end, value.start), "("), Edit(Span(value.end, value.end), ")"))
    yield Finding(
        at=load.at,
        headline=say("`{name}` is overwritten, not called", name=load.shortened(load.node)),
        effect=say("nothing is loaded, and the method is gone"),
        remedy=say("call it: `load_state_dict(state)`"),
        fix=Fix(say("Call it"), edits, Safety.SAFE),
    )


RULE = Rule(
    slug="load-state-dict-misused",
    doc=__doc__,
    category="checkpoint",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    example=EXAMPLE,
    looks_at=STATE_LOADS,
    check=check,
)
