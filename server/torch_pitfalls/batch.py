"""Checks many files, in this process or in several, and again when foreign names have become known."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Protocol

from torch_pitfalls.config import Config
from torch_pitfalls.files import File
from torch_pitfalls.names.foreign import UNKNOWN, Answer, Question, Resolver
from torch_pitfalls.one_file import Checked, Fixes, checked
from torch_pitfalls.project import Project

_SHARES = 8
"""Into how many tasks the work of one process is cut, so that all processes end at about the same time."""

MEMOS = 60_000
"""Results that a project may keep, of 5 to 10 KB each; beyond that it is dropped and begun anew.

Many files import one web of a package. What is known of it has to outlast them: a limit that a single file reaches
costs all of the web for every file.
"""

_ROUNDS = 3
"""How often at most a file is checked: what a second look finds may depend on further names."""

_SECONDS = 10.0
_SECONDS_PER_FILE = 0.5
_SECONDS_AT_MOST = 60.0
"""How long at most answers about foreign names are waited for."""


@dataclass(frozen=True, slots=True)
class Task:
    """Files of one project with one configuration."""

    root: str
    config: Config
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Results, and for each root the foreign names that would tell more."""

    checked: tuple[Checked, ...]
    questions: Mapping[str, frozenset[Question]] = field(default_factory=dict)


_Key = tuple[str, Config]

Answers = Mapping[str, Mapping[Question, Answer]]
"""For each root, what foreign names are."""

Ask = Callable[[str, frozenset[Question]], Mapping[Question, Answer]]
"""Answers questions about foreign names in the project of a root, as far as there is time."""


class Crew(Protocol):
    """Whoever checks. The results of a crew come in any order."""

    def run(self, todo: Sequence[Task]) -> Iterator[Outcome]:
        """Check files for the first time."""
        ...

    def revise(self, answers: Answers) -> Iterator[Outcome]:
        """Take answers, and check those files again that they may concern."""
        ...


def tasks(files: Sequence[tuple[File, str, Config]], jobs: int) -> list[Task]:
    """Group files, each with its project's root and configuration, into tasks for some processes."""
    size = -(-len(files) // (jobs * _SHARES))
    grouped = []
    for (root, config), group in groupby(files, key=lambda item: item[1:]):
        members = [file for file, _, _ in group]
        for start in range(0, len(members), size):
            grouped.append(Task(root, config, tuple(members[start : start + size])))
    return grouped


def check(
    todo: Sequence[Task], jobs: int, ask: Ask, done: Callable[[int], None], fixes: Fixes | None = None
) -> dict[str, Checked]:
    """Check all files in up to ``jobs`` processes; the result is keyed by path.

    ``done`` hears how many more files are finished. With ``fixes``, the result holds what they make of each file.
    """
    jobs = min(jobs, len(todo))
    with _without_collector():
        if jobs > 1:
            from torch_pitfalls.processes import Processes, context

            how = context()
            if how is not None:
                with Processes(jobs, how, fixes) as crew:
                    return check_by(crew, todo, ask, done)
        return check_by(Alone(fixes), todo, ask, done)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Searching the kept trees for cycles again and again costs an eighth of the time and finds next to nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def check_by(crew: Crew, todo: Sequence[Task], ask: Ask, done: Callable[[int], None]) -> dict[str, Checked]:
    """Check; then, as long as answers tell something, check again what they may concern."""
    results: dict[str, Checked] = {}
    asked: set[tuple[str, Question]] = set()
    outcomes = crew.run(todo)
    for rounds_left in reversed(range(_ROUNDS)):
        questions: dict[str, set[Question]] = {}
        for outcome in outcomes:
            done(sum(one.file.path not in results for one in outcome.checked))
            for one in outcome.checked:
                results[one.file.path] = _better(results.get(one.file.path), one)
            for root, some in outcome.questions.items():
                questions.setdefault(root, set()).update(one for one in some if (root, one) not in asked)
        answers = {root: ask(root, frozenset(some)) for root, some in questions.items() if some and rounds_left}
        asked.update((root, question) for root, some in questions.items() for question in some)
        telling = {root: some for root, some in answers.items() if any(one != UNKNOWN for one in some.values())}
        if not telling:
            break
        outcomes = crew.revise(telling)
    return results


def _better(first: Checked | None, second: Checked) -> Checked:
    """A second look that failed does not undo the first."""
    if first is None or first.failed or not second.failed:
        return second
    return replace(first, problems=first.problems + second.problems)


class Alone:
    """Checks in this process. Projects are kept, so that a second look is cheap, as long as memory allows."""

    def __init__(self, fixes: Fixes | None = None) -> None:
        self._fixes = fixes
        self._projects: dict[_Key, _Kept] = {}
        self._again: dict[_Key, list[File]] = {}
        self._answers: dict[str, dict[Question, Answer]] = {}

    def run(self, todo: Sequence[Task]) -> Iterator[Outcome]:
        """Check files for the first time."""
        for task in todo:
            yield self._outcome((task.root, task.config), task.files)

    def revise(self, answers: Answers) -> Iterator[Outcome]:
        """Take answers, and check those files again that they may concern."""
        for root, some in answers.items():
            self._answers.setdefault(root, {}).update(some)
        for key in [key for key in {**self._projects, **self._again} if key[0] in answers and key[1].jedi]:
            files = self._again.pop(key, [])
            kept = self._projects.get(key)
            if kept is not None:
                concerned = kept.project.answer(answers[key[0]])
                files = [file for file in kept.files if file.path in concerned] + files
            yield self._outcome(key, files)

    def changed(self, paths: Iterable[str]) -> None:
        """Take note of files that have changed on disk."""
        for path in paths:
            for kept in self._projects.values():
                kept.project.close(path)

    def _outcome(self, key: _Key, files: Sequence[File]) -> Outcome:
        results: list[Checked] = []
        questions: set[Question] = set()
        for file in files:
            kept = self._kept(key)
            results.append(checked(kept.project, file, self._fixes))
            kept.files[file] = None
            asked = kept.project.questions()
            kept.asked |= bool(asked)
            questions |= asked
            if len(kept.project.db) > MEMOS:
                self._drop(key)
        return Outcome(tuple(results), {key[0]: frozenset(questions)} if questions and key[1].jedi else {})

    def _kept(self, key: _Key) -> _Kept:
        if key not in self._projects:
            root, config = key
            self._projects[key] = _Kept(Project(Path(root), config))
            self._projects[key].project.answer(self._answers.get(root, {}))
        return self._projects[key]

    def _drop(self, key: _Key) -> None:
        """Forget a project. Its files are checked from scratch if there are answers for them."""
        kept = self._projects.pop(key)
        if kept.asked:
            self._again.setdefault(key, []).extend(kept.files)
        del kept
        gc.collect()


@dataclass(slots=True)
class _Kept:
    """A project, the files that were checked in it, and whether it asked for foreign names."""

    project: Project
    files: dict[File, None] = field(default_factory=dict)
    asked: bool = False


class Jedi:
    """Asks jedi about foreign names; all questions of a run together get a limited time."""

    def __init__(self, files: int) -> None:
        self._seconds = min(_SECONDS + _SECONDS_PER_FILE * files, _SECONDS_AT_MOST)
        self._resolvers: dict[str, Resolver] = {}

    def __enter__(self) -> Jedi:
        return self

    def __exit__(self, *exception: object) -> None:
        for resolver in self._resolvers.values():
            resolver.close()

    def ask(self, root: str, questions: frozenset[Question]) -> Mapping[Question, Answer]:
        """The answers that come in time; the others are unknown."""
        started = time.monotonic()
        if root not in self._resolvers:
            from torch_pitfalls.names.environment import site_packages

            self._resolvers[root] = Resolver(Path(root), site_packages(Path(root), None))
        answers = self._resolvers[root].wait(sorted(questions, key=repr), self._seconds)
        self._seconds = max(self._seconds - (time.monotonic() - started), 0.0)
        return answers
