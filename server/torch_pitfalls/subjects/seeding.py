"""Global generators of random numbers that a script seeds, and those that it draws from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch_pitfalls.db import Database, query
from torch_pitfalls.facts import Facts, file_units
from torch_pitfalls.flow.classes import resolve
from torch_pitfalls.flow.interpret import MODULE_BODY, trace
from torch_pitfalls.knowledge.effects import Effect
from torch_pitfalls.knowledge.random import DRAWS, SEED_OF, SEEDED_ELSEWHERE, SEEDS
from torch_pitfalls.names.resolve import External, unit
from torch_pitfalls.names.scopes import Definition
from torch_pitfalls.rule import Edit, Note, Subject, Text
from torch_pitfalls.subjects.use import Use
from torch_pitfalls.subjects.workers import reached_from
from torch_pitfalls.syntax.shapes import dotted
from torch_pitfalls.syntax.units import Ref, UnitId


class Randomness(NamedTuple):
    """What a script does with global generators when it is run.

    seeds   the calls that seed one, with whose it is; draws  whose it is → a call that draws from it
    """

    seeds: tuple[tuple[Ref, str], ...] = ()
    draws: tuple[tuple[str, Ref], ...] = ()


@query()
def randomness(db: Database, path: str) -> Randomness:
    """What a file, when it is run, does with global generators; nothing if code that cannot be seen may seed them."""
    seeds: list[tuple[Ref, str]] = []
    draws: dict[str, Ref] = {}
    for id in _run_units(db, path):
        found = unit(db, id)
        for node in found.nodes if found is not None else ():
            if isinstance(node, ast.Call):
                name = _called(db, id.path, node.func)
                ref = Ref(id, node.ordinal)  # type: ignore[attr-defined]
                if name in SEEDS:
                    seeds.append((ref, SEEDS[name]))
                elif name is None or (SEEDED_ELSEWHERE.search(name) and name not in SEEDS):
                    return Randomness()
                elif _draws(name, node):
                    draws.setdefault(_owner(name), ref)
    return Randomness(tuple(seeds), tuple(draws.items()))


def _run_units(db: Database, path: str) -> list[UnitId]:
    """The units that run when a file is run as a script: its own in their order, then those of other files."""
    units = file_units(db, path)
    body = tuple((id, None) for id in units if not id.name)
    entered = trace(db, UnitId(path, MODULE_BODY, "")).entries
    running = reached_from(db, (*body, *((id, None) for id in entered if id.name)))
    others = sorted(id for id in running if id.path != path)
    return [*(id for id in units if id in running or not id.name), *others]


def _called(db: Database, path: str, func: ast.expr) -> str | None:
    """The qualified name of what is called, as far as it matters; None if it is another's function that may seed."""
    symbol = resolve(db, path, func)
    if isinstance(symbol, External):
        return symbol.qualified
    name = (dotted(func) or "").rpartition(".")[2]
    return None if SEEDED_ELSEWHERE.search(name) and not isinstance(symbol, Definition) else ""


def _draws(name: str, call: ast.Call) -> bool:
    given = {item.arg: item.value for item in call.keywords}
    if name == "torch.utils.data.DataLoader":
        shuffle = given.get("shuffle")
        return isinstance(shuffle, ast.Constant) and shuffle.value is True and "generator" not in given
    return name in DRAWS and "generator" not in given


def _owner(name: str) -> str:
    return DRAWS.get(name, "torch")


@dataclass(frozen=True, slots=True)
class Seeding(Use):
    """The first call of a script that seeds a global generator.

    ``seeded`` is whose generators it seeds, ``drawn`` those it draws from without seeding them, with a place.
    """

    seeded: tuple[str, ...] = ()
    drawn: tuple[tuple[str, Ref], ...] = ()

    def note(self, text: Text) -> tuple[Note, ...]:
        """A note at a draw."""
        place = self.facts.place(self.drawn[0][1])
        return (Note(place, text),) if place is not None else ()

    def calls(self) -> tuple[str, ...]:
        """The calls that seed what is missing, with the same seed, as this file would write them."""
        node = self.node
        seed = self.facts.text(node.args[0]) if isinstance(node, ast.Call) and node.args else "seed"
        return tuple(f"{self.facts.spelled(SEED_OF[whose]) or SEED_OF[whose]}({seed})" for whose, _ in self.drawn)

    def beside(self) -> Edit | None:
        """Seed what is missing beside the first; None if a name for it is not imported."""
        node = self.node
        if not isinstance(self.facts.parents.get(node), ast.Expr) or any("\n" in call for call in self.calls()):
            return None
        if not all(self.facts.spelled(SEED_OF[whose]) for whose, _ in self.drawn):
            return None
        return self.insert_after(node, "\n".join(self.calls()))


class _Seedings:
    def find(self, facts: Facts) -> Iterator[Seeding]:
        """The first seeding of a script, if it stands in the unit and leaves out a generator that is drawn from."""
        own = [event for event in facts.events(Effect.CALL) if event.name in SEEDS and event.args]
        if not own:
            return
        found = randomness(facts.db, facts.id.path)
        for event in own:
            if found.seeds and event.at[-1] == found.seeds[0][0]:
                seeded = tuple(dict.fromkeys(whose for _, whose in found.seeds))
                drawn = tuple((whose, ref) for whose, ref in found.draws if whose not in seeded)
                if drawn:
                    yield Seeding(facts, event, facts.trace, len(event.at) - 1, None, seeded, drawn)


SEEDINGS: Subject[Seeding] = _Seedings()
