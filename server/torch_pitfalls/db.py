"""Memoised queries.

A query is a function ``f(db, *args)``. While it runs, every input and query it reads is recorded;
its result is reused until something it has read changes, and a recomputed result that equals the
old one changes nothing further on (early cutoff). Setting an input marks what depends on it as
suspect; suspects are verified only when somebody asks for them.

Queries that are small and rarely change their result are ``eager``: before the next read they are verified
at once, and what depends on them becomes suspect only if they did change. They keep the marks of an edit
from spreading over everything that could have been concerned. They must not take part in cycles: members of a
cycle are suspect together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
Key = tuple[Hashable, ...]

MISSING: Any = None
"""The value of an input that was never set."""


class Cancelled(Exception):
    """The work was given up because its result is no longer wanted."""


def never() -> bool:
    """The cancellation check of work that is always wanted."""
    return False


class Query:
    """A memoised function.

    ``on_cycle`` is the result of every query that takes part in a cycle, unless it can ``recover``.
    """

    __slots__ = ("eager", "function", "name", "on_cycle", "recover")

    def __init__(
        self, function: Callable[..., Any], on_cycle: Any, eager: bool, recover: Callable[..., Any] | None
    ) -> None:
        self.function = function
        self.name = function.__name__
        self.on_cycle = on_cycle
        self.eager = eager
        self.recover = recover

    def __repr__(self) -> str:
        return self.name


def query(
    on_cycle: Any = None, *, eager: bool = False, recover: Callable[..., Any] | None = None
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Turn ``f(db, *args)`` into a memoised query that is called in the same way.

    ``recover`` has the same arguments; what it reads must not lead back to the query.
    """

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        node = Query(function, on_cycle, eager, recover)

        def read(db: Database, *args: Hashable) -> T:
            result: T = db.read((node, *args))
            return result

        read.__name__ = function.__name__
        read.__doc__ = function.__doc__
        return read

    return decorate


class _Memo:
    __slots__ = (
        "changed_at",
        "cyclic",
        "deps",
        "doubtful",
        "head",
        "readers",
        "suspect",
        "value",
        "verified_at",
        "verifying",
    )

    def __init__(self) -> None:
        self.value: Any = MISSING
        self.deps: tuple[Key, ...] = ()
        # What it has read that made it suspect: the rest need not be looked at.
        self.doubtful: list[Key] = []
        self.readers: set[Key] = set()
        self.changed_at = 0
        self.verified_at = -1
        self.suspect = True
        self.head: _Frame | None = None
        self.verifying = False
        self.cyclic = False


class _Frame:
    __slots__ = ("active", "depth", "head", "key", "reads")

    def __init__(self, key: Key, depth: int) -> None:
        self.key = key
        self.depth = depth
        self.reads: dict[Key, None] = {}
        self.head: _Frame | None = None
        self.active = True


class Database:
    """Inputs, memos and their dependencies. Used by one thread at a time.

    ``cancelled`` is asked between computations; when it returns true, ``Cancelled`` is raised and
    everything computed so far stays valid. ``on_run`` (for tests and logs) hears of every computation,
    ``on_missing`` of the first read of an input that nobody set, and may ``supply`` it.
    """

    def __init__(self) -> None:
        self.cancelled: Callable[[], bool] = never
        self.on_run: Callable[[str, tuple[Hashable, ...]], None] | None = None
        self.on_missing: Callable[[Key], None] | None = None
        self._revision = 0
        self._memos: dict[Key, _Memo] = {}
        self._stack: list[_Frame] = []
        self._unsettled: dict[Key, int] = {}

    def set(self, name: str, *args_and_value: Any) -> None:
        """``set(name, *args, value)``: give an input its value. An equal value changes nothing."""
        *args, value = args_and_value
        key: Key = (name, *args)
        memo = self._memo(key)
        if memo.verified_at >= 0 and memo.value == value:
            return
        self._revision += 1
        memo.value = value
        memo.changed_at = memo.verified_at = self._revision
        memo.suspect = False
        self._suspect_readers(key, memo)

    def input(self, name: str, *args: Hashable) -> Any:
        """The value of an input, ``MISSING`` if it was never set."""
        key: Key = (name, *args)
        self._record(key)
        memo = self._memo(key)
        if memo.verified_at < 0:
            memo.suspect = False
            memo.verified_at = 0
            if self.on_missing is not None:
                self.on_missing(key)
        return memo.value

    def supply(self, name: str, *args_and_value: Any) -> None:
        """Give an input that was just found missing its first value, in the middle of a query."""
        *args, value = args_and_value
        memo = self._memo((name, *args))
        memo.value = value
        memo.suspect = False
        memo.verified_at = 0

    def check_cancelled(self) -> None:
        """Raise ``Cancelled`` if the result is no longer wanted; called from long computations."""
        if self.cancelled():
            raise Cancelled

    def read(self, key: Key) -> Any:
        """The up-to-date result of a query."""
        stack = self._stack
        if stack:
            stack[-1].reads[key] = None
        elif self._unsettled:
            self._settle()
        memo = self._memo(key)
        if memo.suspect:
            running = next((frame for frame in self._stack if frame.key == key), None)
            if running is not None:
                self._mark_cycle(running)
                query_node = key[0]
                assert isinstance(query_node, Query)
                return query_node.on_cycle
            self._refresh(key, memo)
        head = memo.head
        while head is not None and not head.active:
            head = head.head if head.head is not head else None
        if head is not None:
            self._mark_cycle(head)
        return memo.value

    def forget(self, predicate: Callable[[Key], bool]) -> None:
        """Drop memos nobody will ask for again, such as those of a closed file."""
        for key in [key for key in self._memos if predicate(key)]:
            memo = self._memos[key]
            if memo.readers:
                continue
            for dep in memo.deps:
                if dep in self._memos:
                    self._memos[dep].readers.discard(key)
            del self._memos[key]

    def __len__(self) -> int:
        return len(self._memos)

    def __contains__(self, key: Key) -> bool:
        return key in self._memos

    def _memo(self, key: Key) -> _Memo:
        memo = self._memos.get(key)
        if memo is None:
            memo = self._memos[key] = _Memo()
        return memo

    def _record(self, key: Key) -> None:
        if self._stack:
            self._stack[-1].reads[key] = None

    def _suspect_readers(self, below: Key, memo: _Memo) -> None:
        """Mark what depends on a memo, up to the eager queries, which are noted for ``_settle``."""
        waiting = [(below, memo)]
        while waiting:
            below, memo = waiting.pop()
            for key in memo.readers:
                reader = self._memos[key]
                reader.doubtful.append(below)
                if reader.suspect:
                    continue
                reader.suspect = True
                node = key[0]
                if isinstance(node, Query) and node.eager:
                    self._unsettled.setdefault(key, reader.changed_at)
                else:
                    waiting.append((key, reader))

    def _settle(self) -> None:
        """Verify the eager queries that an edit concerns, and spread the marks from those that changed."""
        unsettled = self._unsettled
        while unsettled:
            key = next(iter(unsettled))
            memo = self._memos.get(key)
            if memo is not None:
                if memo.suspect:
                    self._refresh(key, memo)
                if memo.changed_at > unsettled[key]:
                    del unsettled[key]
                    self._suspect_readers(key, memo)
                    continue
            del unsettled[key]

    def _mark_cycle(self, head: _Frame) -> None:
        for frame in self._stack[head.depth :]:
            node = frame.key[0]
            if isinstance(node, Query) and node.eager:
                raise TypeError(f"the eager query {node} takes part in a cycle")
            if frame.head is None or frame.head.depth > head.depth:
                frame.head = head

    def _refresh(self, key: Key, memo: _Memo) -> None:
        # Verifying may come back to this memo through a cycle and compute it on the way.
        if memo.verified_at < 0 or (self._out_of_date(memo) and memo.suspect):
            self._compute(key, memo)
        memo.suspect = False
        memo.doubtful.clear()
        memo.verified_at = self._revision

    def _out_of_date(self, memo: _Memo) -> bool:
        if memo.cyclic:
            # The values of the others on its cycle say nothing about whether there still is one.
            return True
        memo.verifying = True
        try:
            doubtful = memo.doubtful
            if len(doubtful) > 1:
                # What was read first decided what was read next.
                among = set(doubtful)
                doubtful = [dep for dep in memo.deps if dep in among]
            return any(self._has_changed(dep, memo.verified_at) for dep in tuple(doubtful))
        finally:
            memo.verifying = False

    def _has_changed(self, dep: Key, since: int) -> bool:
        below = self._memo(dep)
        if below.suspect and isinstance(dep[0], Query):
            if below.verifying or any(frame.key == dep for frame in self._stack):
                # A cycle of reads: computing anew finds out what it is worth.
                return True
            self._refresh(dep, below)
        return below.changed_at > since

    def _compute(self, key: Key, memo: _Memo) -> None:
        self.check_cancelled()
        node, *args = key
        assert isinstance(node, Query)
        if self.on_run is not None:
            self.on_run(node.name, tuple(args))
        frame = _Frame(key, len(self._stack))
        self._stack.append(frame)
        try:
            value = node.function(self, *args)
            if frame.head is not None:
                value = node.on_cycle if node.recover is None else node.recover(self, *args)
        finally:
            self._stack.pop()
            frame.active = False
        memo.cyclic = frame.head is not None
        memo.head = frame.head
        self._replace_deps(key, memo, tuple(frame.reads))
        if memo.verified_at < 0 or value != memo.value:
            memo.value = value
            # A step of its own: an eager query may change again before the edit is settled.
            self._revision += 1
            memo.changed_at = self._revision

    def _replace_deps(self, key: Key, memo: _Memo, deps: tuple[Key, ...]) -> None:
        for old in memo.deps:
            below = self._memos.get(old)
            if below is not None:
                below.readers.discard(key)
        memo.deps = deps
        for new in deps:
            self._memo(new).readers.add(key)

    def dependencies(self, name: str) -> Iterator[Key]:
        """Keys of the memos of one query, for tests and the log."""
        return (key for key in self._memos if isinstance(key[0], Query) and key[0].name == name)
