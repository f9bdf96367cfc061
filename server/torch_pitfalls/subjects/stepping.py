"""Clipping, scaling and scheduling around the steps of optimizers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torch_pitfalls.facts import Facts
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.flow.trace import Event
from torch_pitfalls.knowledge import api
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.signatures import at, named
from torch_pitfalls.knowledge.stepping import WITHOUT_ORDER
from torch_pitfalls.names.resolve import External
from torch_pitfalls.rule import Edit, Subject
from torch_pitfalls.subjects.happenings import faults
from torch_pitfalls.subjects.use import Use

_STEPS = (Effect.STEP, Effect.CLOSURE_STEP)


@dataclass(frozen=True, slots=True)
class Clip(Use):
    """Gradients are clipped at a time when there is nothing to clip, or while they are scaled."""

    @property
    def is_scaled(self) -> bool:
        """Whether the gradients are those of a scaled loss."""
        return self.event.effect is Effect.SCALED_CLIP

    @property
    def is_late(self) -> bool:
        """Whether a step has used the gradients already."""
        return self.was("spent")

    def only_measures(self) -> bool:
        """Whether the limit is infinite: the call is for the norm that it returns."""
        place = at("torch.nn.utils.clip_grad_norm_", "max_norm")
        limit = self.argument_node(*place, "clip_value") if self.direct else None
        return limit is not None and re.search(r"\binf\b", ast.unparse(limit)) is not None

    def comes_before_backward(self) -> bool:
        """Whether the gradients are computed later on, in the same loop."""
        loops = self.event.loops
        return any(
            other.effect is Effect.BACKWARD
            and self.event.subject.sites & other.result.sites
            and (not loops or loops[-1] in other.loops)
            for other in _after(self.run.events, self.event)
        )

    @property
    def scaler(self) -> str | None:
        """The scaler as this unit spells it in the backward that scaled; None where it stands elsewhere."""
        node = self.cause_node
        inner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr == "scale":
            return ast.unparse(inner.func.value)
        return None

    @property
    def stepping(self) -> str | None:
        """The optimizer as this unit spells it where it steps; None if it does not."""
        for other in self.run.events:
            if other.effect is Effect.STEP and other.subject.sites & self.event.subject.sites:
                use = Use(self.facts, other, self.run, len(other.at) - 1)
                if other.at[-1].unit == self.facts.id:
                    return use.optimizer
        return None

    def moved(self) -> tuple[Edit, ...]:
        """Edits that move the call between ``backward()`` and ``step()``; empty where the places are not plain."""
        statement = self.facts.statement(self.node)
        block = self.block_of(statement)
        if not self.direct or block is None or not isinstance(statement, ast.Expr) or statement.value is not self.node:
            return ()
        removed = self.remove_line(statement)
        text = self.with_comment(statement)
        if self.is_late:
            target = self.facts.statement(self.cause_node) if self.cause_node is not None else None
            inserted = self.insert_before(target, text) if target in block else None
        else:
            later = block[block.index(statement) + 1 :]
            target = next((other for other in later if _is_backward(other)), None)
            inserted = self.insert_after(target, text) if target is not None else None
        return (removed, inserted) if removed is not None and inserted is not None else ()


def _is_backward(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "backward"


def _after(events: list[Event], event: Event) -> list[Event]:
    return events[next(index for index, other in enumerate(events) if other is event) + 1 :]


class _Clips:
    def find(self, facts: Facts) -> Iterator[Clip]:
        """Calls that clip at the wrong time; one for each optimizer, of which the first counts."""
        seen: set[int] = set()
        sources = (
            faults(Effect.CLIP, "new", "clean", "spent", every=True),
            faults(Effect.SCALED_CLIP, "scaled", every=True),
        )
        for source in sources:
            for use in source.find(facts):
                clip = Clip(use.facts, use.event, use.run, use.index, use.because)
                ordered = clip.is_scaled or clip.is_late or clip.comes_before_backward()
                if ordered and not clip.only_measures() and use.event.at[use.index].n not in seen:
                    seen.add(use.event.at[use.index].n)
                    yield clip


CLIPS: Subject[Clip] = _Clips()


@dataclass(frozen=True, slots=True)
class Schedule(Use):
    """A scheduler steps where its optimizer has not stepped yet, and does so later in the same loop.

    ``later`` is the step of the optimizer.
    """

    later: Event | None = None

    def swapped(self) -> tuple[Edit, ...]:
        """Edits that swap the two calls where one follows the other; empty where they do not."""
        statement = self.facts.statement(self.node)
        block = self.block_of(statement)
        if block is None or not isinstance(statement, ast.Expr) or self.later is None:
            return ()
        following = block[block.index(statement) + 1 : block.index(statement) + 2]
        own = len(self.later.at) == len(self.event.at) and self.later.at[-1].unit == self.facts.id
        if not own or not following or self.facts.statement(self.facts.at(self.later.at[-1])) is not following[0]:
            return ()
        first, second = self.facts.span(statement), self.facts.span(following[0])
        text = self.facts.text
        return (Edit(first, text(following[0])), Edit(second, text(statement)))


class _Schedules:
    def find(self, facts: Facts) -> Iterator[Schedule]:
        """Steps of schedulers that come too early; one for each place."""
        seen: set[int] = set()
        for event, run in facts.all_events(Effect.SCHEDULE):
            later = _later_step(run.events, event) if _is_early(event) else None
            index = facts.here(event, later.at, _is_early) if later is not None else None
            if index is not None and event.at[index].n not in seen:
                seen.add(event.at[index].n)
                yield Schedule(facts, event, run, index, None, later)


def _is_early(event: Event) -> bool:
    """Whether a scheduler may step, in a loop, before its optimizer ever has."""
    states = {held.state for held in event.before}
    scheduler = event.args[0].what
    if not states & {"given", "waiting"} or states - {"given", "waiting", "stepped"}:
        return False
    return bool(event.loops) and (scheduler is None or _is_ordered(scheduler))


def _is_ordered(scheduler: object) -> bool:
    return isinstance(scheduler, str) and scheduler not in WITHOUT_ORDER


def _later_step(events: list[Event], event: Event) -> Event | None:
    """The step of the optimizer later in the loop, if none comes before: a loop before is taken to have run."""
    later: Event | None = None
    passed = False
    for other in events:
        passed |= other is event
        if other.effect not in _STEPS or not other.subject.sites & event.subject.sites:
            continue
        if not passed:
            return None
        if later is None and event.loops[-1] in other.loops:
            later = other
    return later


SCHEDULES: Subject[Schedule] = _Schedules()


class _AutocastBackwards:
    def find(self, facts: Facts) -> Iterator[Use]:
        """Calls of ``backward()`` that stand in a with-block of autocast."""
        for event in facts.events(Effect.BACKWARD):
            use = Use(facts, event, facts.trace, len(event.at) - 1)
            if use.direct and any(_is_autocast(facts, node) for node in facts.around(use.node)):
                yield use


def _is_autocast(facts: Facts, node: ast.AST) -> bool:
    if not isinstance(node, (ast.With, ast.AsyncWith)):
        return False
    for item in node.items:
        call = item.context_expr
        if not isinstance(call, ast.Call):
            continue
        symbol = resolve(facts.db, facts.id.path, call.func)
        if isinstance(symbol, External) and api.canonical(symbol.qualified) == "torch.autocast":
            options = {item.arg: item.value for item in call.keywords if item.arg is not None}
            given = named(symbol.qualified, call.args, options).get("enabled")
            return given is None or ast.unparse(given) != "False"
    return False


AUTOCAST_BACKWARDS: Subject[Use] = _AutocastBackwards()
