"""Memoised queries: what runs again after a change, and that the results are those of a fresh run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_pitfalls.db import MISSING, Cancelled, Database, Key, query


class Log:
    """The names of the queries that ran since the last look."""

    def __init__(self, db: Database) -> None:
        self.runs: list[str] = []
        db.on_run = self._hear

    def _hear(self, name: str, args: tuple[Hashable, ...]) -> None:
        self.runs.append(" ".join([name, *map(str, args)]))

    def take(self) -> list[str]:
        """What ran, in order; the log is empty afterwards."""
        taken, self.runs = self.runs, []
        return taken


@query()
def length(db: Database, name: str) -> int:
    return len(db.input("text", name))


@query()
def parity(db: Database, name: str) -> bool:
    return length(db, name) % 2 == 0


@query()
def sentence(db: Database, name: str) -> str:
    return "even" if parity(db, name) else "odd"


@query()
def both(db: Database) -> tuple[str, str]:
    return sentence(db, "a"), sentence(db, "b")


@pytest.fixture
def db() -> Database:
    db = Database()
    db.set("text", "a", "xx")
    db.set("text", "b", "x")
    return db


@pytest.fixture
def log(db: Database) -> Log:
    return Log(db)


# ── what runs ──


def test_a_result_is_computed_once(db: Database, log: Log) -> None:
    assert both(db) == ("even", "odd")
    assert log.take() == ["both", "sentence a", "parity a", "length a", "sentence b", "parity b", "length b"]
    assert both(db) == ("even", "odd")
    assert log.take() == []


def test_an_equal_value_changes_nothing(db: Database, log: Log) -> None:
    both(db)
    log.take()
    db.set("text", "a", "xx")
    assert both(db) == ("even", "odd")
    assert log.take() == []


def test_only_what_has_read_the_input_runs_again(db: Database, log: Log) -> None:
    both(db)
    log.take()
    db.set("text", "b", "xxxx")
    assert both(db) == ("even", "even")
    assert log.take() == ["length b", "parity b", "sentence b", "both"]


def test_an_equal_result_stops_the_change(db: Database, log: Log) -> None:
    both(db)
    log.take()
    db.set("text", "a", "xxxx")
    assert both(db) == ("even", "odd")
    assert log.take() == ["length a", "parity a"]
    db.set("text", "a", "yyyy")
    assert both(db) == ("even", "odd")
    assert log.take() == ["length a"]


def test_nothing_runs_before_somebody_asks(db: Database, log: Log) -> None:
    both(db)
    log.take()
    db.set("text", "a", "xxx")
    db.set("text", "b", "xxx")
    assert log.take() == []
    assert length(db, "a") == 3
    assert log.take() == ["length a"]


def test_a_change_taken_back_before_anybody_asks(db: Database, log: Log) -> None:
    both(db)
    log.take()
    db.set("text", "a", "xxx")
    db.set("text", "a", "xx")
    assert both(db) == ("even", "odd")
    assert log.take() == ["length a"]


@query()
def chosen(db: Database) -> int:
    return length(db, "a") if db.input("first") else length(db, "b")


def test_dependencies_are_those_of_the_last_run(db: Database, log: Log) -> None:
    db.set("first", True)
    assert chosen(db) == 2
    db.set("first", False)
    assert chosen(db) == 1
    log.take()
    db.set("text", "a", "longer")
    assert chosen(db) == 1
    assert log.take() == []
    db.set("text", "b", "longer")
    assert chosen(db) == 6
    assert log.take() == ["length b", "chosen"]


@query()
def top(db: Database) -> int:
    return left(db) + right(db)


@query()
def left(db: Database) -> int:
    return length(db, "a") + 1


@query()
def right(db: Database) -> int:
    return length(db, "a") + 2


def test_a_result_that_is_read_twice_is_computed_once(db: Database, log: Log) -> None:
    assert top(db) == 7
    log.take()
    db.set("text", "a", "x")
    assert top(db) == 5
    assert sorted(log.take()) == ["left", "length a", "right", "top"]


# ── inputs ──


@query()
def shown(db: Database, name: str) -> str:
    return repr(db.input("text", name))


def test_an_input_that_was_never_set_is_missing_until_it_is_set() -> None:
    db = Database()
    assert db.input("text", "a") is MISSING
    assert shown(db, "a") == "None"
    db.set("text", "a", "here")
    assert shown(db, "a") == "'here'"


def test_an_input_can_be_set_to_what_missing_ones_are() -> None:
    db = Database()
    log = Log(db)
    db.set("text", "a", "here")
    shown(db, "a")
    log.take()
    db.set("text", "a", MISSING)
    assert shown(db, "a") == "None"
    assert log.take() == ["shown a"]


def test_a_missing_input_is_supplied_in_the_middle_of_a_query() -> None:
    db = Database()
    log = Log(db)
    asked: list[Key] = []

    def supply(key: Key) -> None:
        asked.append(key)
        db.supply("text", key[1], f"text of {key[1]}")

    db.on_missing = supply
    assert shown(db, "a") == "'text of a'"
    assert shown(db, "a") == "'text of a'"
    assert asked == [("text", "a")]
    assert log.take() == ["shown a"]
    db.set("text", "a", "another")
    assert shown(db, "a") == "'another'"
    assert asked == [("text", "a")]


def test_supplying_one_input_leaves_the_readers_of_others_alone() -> None:
    db = Database()
    log = Log(db)
    db.set("text", "a", "x")
    shown(db, "a")
    db.on_missing = lambda key: db.supply(*key, "supplied")
    assert shown(db, "b") == "'supplied'"
    log.take()
    assert shown(db, "a") == "'x'"
    assert log.take() == []


# ── failures ──


@query()
def fragile(db: Database) -> int:
    return 10 // length(db, "a")


def test_an_exception_reaches_the_caller_and_is_not_kept(db: Database) -> None:
    db.set("text", "a", "")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fragile(db)
    db.set("text", "a", "xx")
    assert fragile(db) == 5
    db.set("text", "a", "")
    with pytest.raises(ZeroDivisionError):
        fragile(db)


def test_cancelling_keeps_what_was_computed(db: Database, log: Log) -> None:
    db.cancelled = lambda: len(log.runs) >= 4
    with pytest.raises(Cancelled):
        both(db)
    assert log.take() == ["both", "sentence a", "parity a", "length a"]
    db.cancelled = lambda: False
    assert both(db) == ("even", "odd")
    assert log.take() == ["both", "sentence b", "parity b", "length b"]


def test_cancelling_while_results_are_verified(db: Database, log: Log) -> None:
    both(db)
    db.set("text", "a", "x")
    db.set("text", "b", "xx")
    for allowed in range(5):
        log.take()
        db.cancelled = lambda allowed=allowed: len(log.runs) >= allowed  # type: ignore[misc]
        with pytest.raises(Cancelled):
            both(db)
        db.set("text", "a", db.input("text", "a") + "xx")
    db.cancelled = lambda: False
    assert both(db) == ("odd", "even")


def test_work_may_ask_whether_it_is_still_wanted(db: Database) -> None:
    db.check_cancelled()
    db.cancelled = lambda: True
    with pytest.raises(Cancelled):
        db.check_cancelled()


# ── forgetting ──


def test_what_is_forgotten_is_computed_again(db: Database, log: Log) -> None:
    both(db)
    size = len(db)
    db.forget(lambda key: key == ("text", "nobody reads this"))
    assert len(db) == size
    for _ in range(3):
        db.forget(lambda key: "a" not in key)
    assert len(db) < size
    log.take()
    assert sentence(db, "a") == "even"
    assert log.take() == []
    db.set("text", "b", "xx")
    assert both(db) == ("even", "even")
    assert log.take() == ["both", "sentence b", "parity b", "length b"]


def test_what_others_have_read_is_not_forgotten(db: Database, log: Log) -> None:
    sentence(db, "a")
    log.take()
    db.forget(lambda key: key[-1] == "a" and "length" in str(key[0]))
    assert sentence(db, "a") == "even"
    assert log.take() == []


# ── cycles and chance ──

NOBODY = -1


@query(on_cycle=NOBODY)
def total(db: Database, node: int) -> int:
    """A number of the node's own and what the nodes before it have, modulo 5 so that results often stay equal."""
    before: tuple[int, ...] = db.input("before", node)
    if node % 2:
        return (db.input("own", node) + sum(total(db, other) for other in before)) % 5
    return (sum(total(db, other) for other in before) + db.input("own", node)) % 5


@query()
def onlooker(db: Database, node: int) -> tuple[str, int]:
    return "sees", total(db, node)


@query(eager=True)
def swift(db: Database, node: int) -> int:
    """The same number, in a graph whose odd nodes are lazy and whose even nodes are eager."""
    return summed(db, node)


@query(on_cycle=NOBODY)
def slow(db: Database, node: int) -> int:
    return summed(db, node)


def summed(db: Database, node: int) -> int:
    return (db.input("own", node) + sum(mixed(db, other) for other in db.input("before", node))) % 5


def mixed(db: Database, node: int) -> int:
    return slow(db, node) if node % 2 else swift(db, node)


def loaded(graph: dict[int, tuple[int, ...]], own: dict[int, int]) -> Database:
    db = Database()
    for node, before in graph.items():
        db.set("before", node, before)
    for node, value in own.items():
        db.set("own", node, value)
    return db


def expected(graph: dict[int, tuple[int, ...]], own: dict[int, int]) -> dict[int, int]:
    """What every node comes to: nodes that lie on a cycle have the value of cycles."""
    found: dict[int, int] = {}

    def of(node: int) -> int:
        if node not in found:
            found[node] = NOBODY if reaches(graph, node, node) else (own[node] + sum(map(of, graph[node]))) % 5
        return found[node]

    return {node: of(node) for node in graph}


def reaches(graph: dict[int, tuple[int, ...]], start: int, end: int) -> bool:
    seen: set[int] = set()
    waiting = list(graph[start])
    while waiting:
        node = waiting.pop()
        if node == end:
            return True
        if node not in seen:
            seen.add(node)
            waiting += graph[node]
    return False


def test_every_member_of_a_cycle_has_its_value() -> None:
    graph = {0: (1,), 1: (2,), 2: (0,), 3: (2,), 4: (4,)}
    own = dict.fromkeys(graph, 3)
    for entry in graph:
        db = loaded(graph, own)
        total(db, entry)
        assert {node: total(db, node) for node in graph} == {0: NOBODY, 1: NOBODY, 2: NOBODY, 3: 2, 4: NOBODY}


def test_a_reader_of_a_cycle_is_no_member_of_it() -> None:
    db = loaded({0: (1,), 1: (0,)}, {0: 1, 1: 1})
    assert onlooker(db, 0) == ("sees", NOBODY)


def test_two_cycles_that_share_a_node() -> None:
    graph = {0: (1,), 1: (2, 0), 2: (1,)}
    for entry in graph:
        db = loaded(graph, dict.fromkeys(graph, 1))
        total(db, entry)
        assert {node: total(db, node) for node in graph} == dict.fromkeys(graph, NOBODY)


def test_a_member_found_late_through_a_member_that_is_finished() -> None:
    # 1 and 2 are finished as a cycle of their own before 0 turns out to belong to it, and 3 with it.
    graph = {0: (1, 3), 1: (2, 0), 2: (1,), 3: (2,)}
    db = loaded(graph, dict.fromkeys(graph, 1))
    total(db, 0)
    assert {node: total(db, node) for node in graph} == dict.fromkeys(graph, NOBODY)


def test_an_input_read_by_a_member_of_a_cycle_changes() -> None:
    db = loaded({0: (1,), 1: (0,)}, {0: 1, 1: 1})
    assert total(db, 0) == NOBODY
    db.set("own", 1, 2)
    assert total(db, 0) == NOBODY


@query(on_cycle=0)
def hen(db: Database) -> int:
    return egg(db) + 1


@query(on_cycle=0)
def egg(db: Database) -> int:
    known = hen(db)
    return known if db.input("laid") else 5


def test_an_input_that_a_cycle_reads_last_changes() -> None:
    db = Database()
    db.set("laid", 1)
    assert (hen(db), egg(db)) == (0, 0)
    db.set("laid", 2)
    assert (hen(db), egg(db)) == (0, 0)


@query(on_cycle=0)
def question(db: Database) -> int:
    return answer(db) + 1


@query(on_cycle=0)
def answer(db: Database) -> int:
    return question(db) if db.input("circular") else 0


def test_a_broken_cycle_whose_values_stay_equal() -> None:
    db = Database()
    db.set("circular", True)
    assert (question(db), answer(db)) == (0, 0)
    db.set("circular", False)
    assert (question(db), answer(db)) == (1, 0)


def test_a_cycle_that_is_closed_by_an_edit() -> None:
    db = Database()
    db.set("circular", False)
    assert (question(db), answer(db)) == (1, 0)
    db.set("circular", True)
    assert (question(db), answer(db)) == (0, 0)


NODES = st.integers(0, 5)
Step = tuple[str, int, Any]


def edges(node: int, acyclic: bool) -> st.SearchStrategy[tuple[int, ...]]:
    others = st.integers(node + 1, 6) if acyclic else st.integers(0, 6)
    return st.lists(others, max_size=3, unique=True).map(tuple)


@st.composite
def scripts(draw: st.DrawFn, acyclic: bool) -> list[Step]:
    """Changes to a graph of seven nodes, and questions about it in between."""
    steps: list[Step] = []
    for _ in range(draw(st.integers(1, 12))):
        node = draw(NODES)
        kind = draw(st.sampled_from(["own", "before", "ask", "ask all"]))
        value = draw(st.integers(0, 4)) if kind == "own" else draw(edges(node, acyclic)) if kind == "before" else None
        steps.append((kind, node, value))
    return steps


def run(script: list[Step], check: Callable[[int, int, int], None], of: Callable[[Database, int], int] = total) -> None:
    graph: dict[int, tuple[int, ...]] = {node: () for node in range(7)}
    own = dict.fromkeys(graph, 1)
    db = loaded(graph, own)
    for kind, node, value in [*script, ("ask all", 0, None)]:
        if kind == "own":
            own[node] = value
            db.set("own", node, value)
        elif kind == "before":
            graph[node] = value
            db.set("before", node, value)
        else:
            right_values = expected(graph, own)
            for asked in graph if kind == "ask all" else [node]:
                check(asked, of(db, asked), right_values[asked])
                assert onlooker(db, asked) == ("sees", total(db, asked))


def is_right(node: int, found: int, right_value: int) -> None:
    assert found == right_value, f"node {node}"


THOROUGH = settings(max_examples=300, deadline=None, derandomize=True)


@THOROUGH
@given(scripts(acyclic=True))
def test_results_after_any_changes_are_those_of_a_fresh_run(script: list[Step]) -> None:
    run(script, is_right)


@THOROUGH
@given(scripts(acyclic=False))
def test_results_of_graphs_with_cycles_are_those_of_a_fresh_run(script: list[Step]) -> None:
    run(script, is_right)


@THOROUGH
@given(scripts(acyclic=True))
def test_results_through_eager_queries_are_those_of_a_fresh_run(script: list[Step]) -> None:
    run(script, is_right, mixed)


def test_an_eager_query_in_a_cycle_is_refused() -> None:
    db = loaded({0: (2,), 2: (0,)}, {0: 1, 2: 1})
    with pytest.raises(TypeError, match="the eager query swift takes part in a cycle"):
        swift(db, 0)


@query(eager=True)
def first_letter(db: Database, name: str) -> str:
    return str(db.input("text", name))[:1]


@query()
def greeting(db: Database, name: str) -> str:
    return f"dear {first_letter(db, name)}."


def test_what_depends_on_an_eager_query_is_not_even_looked_at_while_its_result_stays() -> None:
    db = Database()
    db.set("text", "a", "Ada")
    assert greeting(db, "a") == "dear A."
    db.set("text", "a", "Anna")
    verified = []
    refresh = db._refresh
    db._refresh = lambda key, memo: (verified.append(key[0].name), refresh(key, memo))  # type: ignore[method-assign]
    assert greeting(db, "a") == "dear A."
    assert verified == ["first_letter"]
    db.set("text", "a", "Bea")
    assert greeting(db, "a") == "dear B."


@query()
def by_itself(db: Database, name: str) -> int:
    return int(db.input("weight", name) or 0)


@query(on_cycle=0, recover=by_itself)
def with_partner(db: Database, name: str) -> int:
    partner = db.input("partner", name)
    return by_itself(db, name) + (with_partner(db, partner) if partner else 0)


def couple(**partners: str) -> Database:
    db = Database()
    for number, (name, partner) in enumerate(partners.items(), 1):
        db.set("weight", name, 10**number)
        db.set("partner", name, partner)
    return db


def test_members_of_a_cycle_recover_each_by_itself() -> None:
    db = couple(a="b", b="c", c="a", d="a")
    assert with_partner(db, "d") == 10_010
    assert [with_partner(db, name) for name in "abc"] == [10, 100, 1000]


def test_what_recovers_follows_its_inputs_and_the_end_of_the_cycle() -> None:
    db = couple(a="b", b="a")
    assert with_partner(db, "b") == 100
    db.set("weight", "b", 7)
    assert [with_partner(db, name) for name in "ba"] == [7, 10]
    db.set("partner", "a", "")
    assert [with_partner(db, name) for name in "ba"] == [17, 10]
    db.set("partner", "a", "b")
    assert [with_partner(db, name) for name in "ab"] == [10, 7]
