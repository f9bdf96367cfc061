"""Loops over epochs that go through a data loader with a distributed sampler."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.evidence import iterated
from torch_pitfalls.flow.state import GRAD_OFF
from torch_pitfalls.flow.trace import Event, Trace
from torch_pitfalls.flow.values import Value
from torch_pitfalls.knowledge.data import DISTRIBUTED_SAMPLER
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.rule import Edit, Span, Subject
from torch_pitfalls.subjects.edits import insert_line
from torch_pitfalls.subjects.use import Use, names_an_evaluation
from torch_pitfalls.syntax.shapes import constant, dotted
from torch_pitfalls.syntax.units import Ref


@dataclass(frozen=True, slots=True)
class Epochs(Use):
    """A loop over a data loader with a distributed sampler, by itself or in a call, in a loop over epochs."""

    loop: ast.For | ast.While | None = None

    def shuffles(self) -> bool:
        """Whether the sampler surely shuffles: it does by default."""
        given = dict(self.event.kwargs).get("sampler.shuffle")
        return given is None or given.literal == (True,)

    def is_told(self) -> bool:
        """Whether code that runs in the loop, or around it, names ``set_epoch``."""
        units = {self.facts.id, *self.run.entries, *(ref.unit for ref in self.event.at)}
        return any("set_epoch" in self.facts.unit_text(unit) for unit in units)

    def evaluates(self) -> bool:
        """Whether the loop over the loader is plainly for evaluation, where the order does not matter."""
        names = [self.loader, *(ref.unit.name.rpartition(".")[2] for ref in self.event.at[1:])]
        return self.event.grad == GRAD_OFF or any(map(names_an_evaluation, names))

    @property
    def loader(self) -> str:
        """The loader as it is spelled where it is gone through."""
        node = self.facts.foreign_node(self.event.at[-1])
        loop = iterated(node.iter) if isinstance(node, (ast.For, ast.AsyncFor)) else None
        return (dotted(loop) or "") if loop is not None else ""

    @property
    def at_loop(self) -> Span:
        """Where to report it: what the inner loop goes over, or the call that leads there."""
        node = self.node
        return self.facts.span(node.iter if isinstance(node, (ast.For, ast.AsyncFor)) else node)

    @property
    def epoch(self) -> str:
        """The variable that counts epochs; empty if there is none."""
        if not isinstance(self.loop, ast.For):
            return ""
        iterable = self.loop.iter
        counts = isinstance(iterable, ast.Call) and dotted(iterable.func) in ("range", "trange", "tqdm.trange")
        target = self.loop.target
        return target.id if counts and isinstance(target, ast.Name) and target.id.strip("_") else ""

    def sampler(self) -> str:
        """How this unit may call the sampler, which must not be None; empty if that is not known."""
        made = self._maker()
        statement = self.facts.statement(made) if made is not None else None
        if not isinstance(statement, ast.Assign) or statement.value is not made or len(statement.targets) != 1:
            return ""
        assert self.loop is not None
        name = dotted(statement.targets[0])
        bindings = [node for node in self.facts.unit.nodes if isinstance(node, ast.Assign) and _binds(node, name)]
        within = self.block_of(statement)
        around = [self.loop, *self.facts.around(self.loop)]
        reached = within is not None and any(node in within for node in around)
        return name if name is not None and len(bindings) == 1 and reached else ""

    def _maker(self) -> ast.AST | None:
        """The call in this unit that makes the sampler."""
        for event in self.facts.events(Effect.CALL):
            if event.name == DISTRIBUTED_SAMPLER and event.result.sites & self._sampler.sites:
                return self.facts.at(event.at[-1])
        return None

    @property
    def _sampler(self) -> Value:
        return dict(self.event.kwargs)["sampler"]

    def told(self, sampler: str) -> Edit | None:
        """Tell the sampler the epoch, at the start of the loop."""
        assert self.loop is not None
        return insert_line(self.facts, self.loop.body[0], f"{sampler}.set_epoch({self.epoch})", after=False)


def _binds(node: ast.Assign, name: str | None) -> bool:
    return any(dotted(target) == name for target in node.targets)


class _Epochs:
    def find(self, facts: Facts) -> Iterator[Epochs]:
        """Loops over loaders in the unit, or in what it calls, that a loop of the unit repeats."""
        seen: set[Ref] = set()
        for event, run in facts.all_events(Effect.ITERATE):
            sampler = dict(event.kwargs).get("sampler")
            if sampler is None or sampler.what != DISTRIBUTED_SAMPLER or not event.loops:
                continue
            outer = event.loops[-1]
            if outer[-1].unit != facts.id or event.at[len(outer) - 1] in seen or _is_made_within(run, event):
                continue
            loop = facts.at(outer[-1])
            if isinstance(loop, (ast.For, ast.While)) and not _runs_once(loop):
                seen.add(event.at[len(outer) - 1])
                yield Epochs(facts, event, run, len(outer) - 1, None, loop)


def _is_made_within(run: Trace, event: Event) -> bool:
    """Whether the repeated loop makes the loader anew each time."""
    return any(
        made.effect is Effect.LOADER and made.at in event.result.loaders and event.loops[-1] in made.loops
        for made in run.events
    )


def _runs_once(loop: ast.For | ast.While) -> bool:
    iterable = loop.iter if isinstance(loop, ast.For) else None
    return isinstance(iterable, ast.Call) and [constant(arg) for arg in iterable.args] == [1]


EPOCHS: Subject[Epochs] = _Epochs()
