"""Checks files in several processes.

Every process keeps the projects of its files, so that answers about foreign names cost no second analysis.
One that dies takes no file with it but the one that killed it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from torch_pitfalls.batch import Alone, Answers, Outcome, Task
from torch_pitfalls.one_file import Checked, Fixes

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext

    Context = ForkContext | SpawnContext


def context() -> Context | None:
    """How to start a process so that no file of the current directory can run in it; None if there is no way.

    A new interpreter looks for its own modules in the current directory first, unless told not to.
    """
    if sys.platform == "linux":
        return get_context("fork")
    if sys.version_info >= (3, 11):
        os.environ["PYTHONSAFEPATH"] = "1"
        return get_context("spawn")
    return None


class Processes:
    """A crew of processes; used as a context manager, at whose end they are gone."""

    def __init__(self, size: int, how: Context, fixes: Fixes | None = None) -> None:
        self._how = how
        self._fixes = fixes
        self._members: list[_Member] = []
        for _ in range(size):
            self._members.append(_Member(how, self._members, fixes))

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *exception: object) -> None:
        for member in self._members:
            member.end()

    def run(self, todo: Sequence[Task]) -> Iterator[Outcome]:
        """Check files for the first time."""
        queue = deque(todo)
        working: dict[Connection, tuple[_Member, Task]] = {}
        idle = deque(self._members)
        while queue or working:
            while queue and idle:
                member, task = idle.popleft(), queue.popleft()
                member.send(task)
                working[member.line] = member, task
            for line in wait(list(working)):
                assert isinstance(line, Connection)
                member, task = working.pop(line)
                outcomes = member.receive()
                if outcomes is not None:
                    yield from outcomes
                elif len(task.files) > 1:
                    queue.extendleft(replace(task, files=(file,)) for file in reversed(task.files))
                else:
                    yield Outcome((Checked(task.files[0], (), ("the process that checked it died",), True),))
                idle.append(member if outcomes is not None else self._replaced(member))

    def revise(self, answers: Answers) -> Iterator[Outcome]:
        """Take answers, and check those files again that they may concern.

        Files whose process has died in the meantime keep their first results.
        """
        members = list(self._members)
        for member in members:
            member.send(answers)
        for member in members:
            outcomes = member.receive()
            if outcomes is not None:
                yield from outcomes
            else:
                self._replaced(member)

    def _replaced(self, dead: _Member) -> _Member:
        dead.end()
        self._members.remove(dead)
        self._members.append(_Member(self._how, self._members, self._fixes))
        return self._members[-1]


class _Member:
    """One process, and the line to it."""

    def __init__(self, how: Context, siblings: Sequence[_Member], fixes: Fixes | None) -> None:
        self.line, theirs = how.Pipe()
        # A forked process inherits the lines to its siblings; open there, they would never be seen to end.
        inherited = [self.line, *(member.line for member in siblings)] if sys.platform == "linux" else []
        self._process = how.Process(target=_serve, args=(theirs, inherited, fixes), daemon=True)
        self._process.start()
        theirs.close()

    def send(self, job: Task | Answers) -> None:
        """Give it work. If it is dead, ``receive`` will tell."""
        with contextlib.suppress(OSError):
            self.line.send(job)

    def receive(self) -> list[Outcome] | None:
        """Wait for what came out; None if the process died."""
        try:
            outcomes: list[Outcome] = self.line.recv()
        except (EOFError, OSError):
            return None
        return outcomes

    def end(self) -> None:
        """End the process."""
        self.line.close()
        self._process.terminate()
        self._process.join()


def _serve(line: Connection, inherited: Sequence[Connection], fixes: Fixes | None) -> None:
    """What a process does until the line to its parent is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this process
    gc.disable()  # as in the parent; a process that was not forked has it on
    for other in inherited:
        other.close()
    crew = Alone(fixes)
    with contextlib.suppress(EOFError, OSError):
        while True:
            job = line.recv()
            outcomes = crew.run([job]) if isinstance(job, Task) else crew.revise(job)
            line.send(list(outcomes))
