"""Checks on any ``concurrent.futures`` executor, so that a repository may be spread over several machines.

A package offers an executor by an entry point in the group ``torch_pitfalls.executors``: a function without
parameters that returns a context manager of one. The machines must see the files under the same paths and have
this package installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import AbstractContextManager
from importlib.metadata import entry_points

from torch_pitfalls.batch import Alone, Answers, Outcome, Task
from torch_pitfalls.config import advice
from torch_pitfalls.names.foreign import Answer, Question
from torch_pitfalls.one_file import Checked, Fixes

GROUP = "torch_pitfalls.executors"


class Unavailable(ValueError):
    """An executor that cannot be had; the message is one sentence that says why."""


def executor(name: str) -> AbstractContextManager[Executor]:
    """The executor that a package offers under a name; raises Unavailable."""
    offered = {point.name: point for point in entry_points(group=GROUP)}
    if name not in offered:
        raise Unavailable(f"there is no executor `{name}`{advice(name, offered)}")
    try:
        made: AbstractContextManager[Executor] = offered[name].load()()
    except ImportError as error:
        raise Unavailable(f"the executor `{name}` cannot be used: {error}") from error
    return made


class Pool:
    """A crew of whoever an executor puts to work. Nothing is kept there between two tasks."""

    TASKS = 4
    """Into how many shares, times eight, the work is cut: executors tell nothing of their size."""

    def __init__(self, executor: Executor, fixes: Fixes | None = None) -> None:
        self._executor = executor
        self._fixes = fixes
        self._curious: list[Task] = []
        self._answers: dict[str, dict[Question, Answer]] = {}

    def run(self, todo: Sequence[Task]) -> Iterator[Outcome]:
        """Check files for the first time."""
        yield from self._submit(todo, {})

    def revise(self, answers: Answers) -> Iterator[Outcome]:
        """Take answers, and check those files again that had asked."""
        for root, some in answers.items():
            self._answers.setdefault(root, {}).update(some)
        again = [task for task in self._curious if task.root in answers]
        self._curious = [task for task in self._curious if task.root not in answers]
        yield from self._submit(again, self._answers)

    def _submit(self, todo: Sequence[Task], answers: Answers) -> Iterator[Outcome]:
        waiting: dict[Future[Outcome], Task] = {
            self._executor.submit(work, task, answers, self._fixes): task for task in todo
        }
        for future in as_completed(waiting):
            task = waiting[future]
            try:
                outcome = future.result()
            except Exception as error:
                reason = (f"the executor failed with {type(error).__name__}: {error}",)
                outcome = Outcome(tuple(Checked(file, (), reason, failed=True) for file in task.files))
            if outcome.questions:
                self._curious.append(task)
            yield outcome


def work(task: Task, answers: Answers, fixes: Fixes | None) -> Outcome:
    """Check the files of one task from scratch; runs wherever the executor wants."""
    crew = Alone(fixes)
    list(crew.revise(answers))
    (outcome,) = crew.run([task])
    return outcome
