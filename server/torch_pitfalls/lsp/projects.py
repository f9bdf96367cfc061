"""Which project an open file belongs to, and under which configuration.

A project is one workspace folder under one configuration: a folder with several ``pyproject.toml`` has
several. A file outside every folder belongs to its directory; one without a path stands alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch_pitfalls.config import Config, load
from torch_pitfalls.lsp.documents import Change
from torch_pitfalls.lsp.settings import Table, over
from torch_pitfalls.messages import LANGUAGES
from torch_pitfalls.names.environment import site_packages
from torch_pitfalls.names.foreign import Answer, Question, Resolver
from torch_pitfalls.project import Project
from torch_pitfalls.text.edits import Edit, between

Answers = Mapping[Question, Answer]


@dataclass(slots=True, eq=False)
class _Entry:
    root: Path | None
    config: Config
    interpreter: str | None
    project: Project
    open: set[str] = field(default_factory=set)
    resolver: Resolver | None = None
    asked: set[Question] = field(default_factory=set)


class Projects:
    """The projects of a session. Used by one thread.

    ``tell`` is given sentences about what is wrong with a configuration, each once until it is read again, ``mark``
    the file and the sentence if it is one; ``unmark`` is called before files are read again.
    ``answered`` is called from another thread when jedi's answers for a project have come.
    """

    def __init__(
        self,
        tell: Callable[[str], None],
        answered: Callable[[Project, Answers], None],
        mark: Callable[[str, str], None],
        unmark: Callable[[], None],
    ) -> None:
        self._tell = tell
        self._mark = mark
        self._unmark = unmark
        self._answered = answered
        self._told: set[str] = set()
        self._folders: tuple[Path, ...] = ()
        self._settings: Mapping[Path | None, Table] = {}
        self._language = LANGUAGES[0]
        self._entries: list[_Entry] = []
        self._entry_of: dict[str, _Entry] = {}
        self._loaded: dict[Path, Config] = {}

    def set_folders(self, folders: Iterable[Path]) -> None:
        """Take the workspace's folders."""
        self._folders = tuple(folders)
        self.reload()

    def set_language(self, language: str) -> None:
        """Take the language in which findings are told where no setting names one."""
        self._language = language
        self.reload()

    def set_settings(self, settings: Mapping[Path | None, Table]) -> None:
        """Take the editor's settings of every folder; those of None are for all other files."""
        self._settings = settings
        self.reload()

    def reload(self) -> None:
        """Read every configuration again, and move open files to the projects they now belong to."""
        self._loaded.clear()
        self._told.clear()
        self._unmark()
        for path, entry in list(self._entry_of.items()):
            if self._fits(entry, path):
                continue
            text = entry.project.text(path)
            self.close(path)
            self.open(path, text)
        for entry in [entry for entry in self._entries if not entry.open]:
            self._drop(entry)

    def project(self, path: str) -> Project:
        """The project of an open file."""
        return self._entry_of[path].project

    def nearest(self, path: str) -> Project:
        """The project that a file belongs to, open or not."""
        entry = self._entry_of.get(path) or self._choose(path)
        return entry.project

    def config(self, path: str) -> Config:
        """The configuration that applies to a file."""
        return self._config(path)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The workspace's folders."""
        return self._folders

    def together(self, path: str) -> frozenset[str]:
        """The open files of the same project, with the file itself."""
        return frozenset(self._entry_of[path].open)

    def open(self, path: str, text: str) -> None:
        """Take the text of a file that the client has opened."""
        entry = self._entry_of.get(path) or self._choose(path)
        self._entry_of[path] = entry
        entry.open.add(path)
        entry.project.set_text(path, text)
        self._foreign_changed(entry, path)

    def change(self, path: str, changes: Iterable[Change]) -> None:
        """Apply changes to an open file, in order."""
        project = self._entry_of[path].project
        edits: list[Edit] = []
        for change in changes:
            if isinstance(change, Edit):
                edits.append(change)
            else:
                edits.clear()
                project.set_text(path, change)
        if edits:
            project.edit(path, edits)

    def narrowed(self, path: str, text: str) -> Change:
        """A new text of an open file as the change that leads to it from the one that is known, if one is."""
        try:
            return between(self._entry_of[path].project.text(path), text)
        except (OSError, ValueError):
            return text

    def close(self, path: str) -> None:
        """Forget the client's text of a file."""
        entry = self._entry_of.pop(path)
        entry.open.discard(path)
        entry.project.close(path)
        if not entry.open and entry.root not in self._folders:
            self._drop(entry)

    def file_changed(self, path: str) -> None:
        """Take note of a file or folder that was changed, made or deleted on disk."""
        found = _scripts_in(path)
        for entry in self._entries:
            for one in (path, *found, *entry.project.below(path)):
                entry.project.file_changed(one)
                self._foreign_changed(entry, one)

    def ask(self, path: str) -> None:
        """Put the questions that a file's project has left to jedi, each once."""
        entry = self._entry_of[path]
        if entry.config.jedi:
            self._ask(entry, entry.project.questions() - entry.asked)

    def stop(self) -> None:
        """End the worker processes."""
        for entry in self._entries:
            if entry.resolver is not None:
                entry.resolver.close()

    def _choose(self, path: str) -> _Entry:
        root, config, interpreter = self._root(path), self._config(path), self._interpreter(path)
        for entry in self._entries:
            if entry.root == root and entry.config == config and entry.interpreter == interpreter:
                return entry
        entry = _Entry(root, config, interpreter, Project(root, config, interpreter))
        self._entries.append(entry)
        return entry

    def _fits(self, entry: _Entry, path: str) -> bool:
        return (
            entry.root == self._root(path)
            and entry.config == self._config(path)
            and entry.interpreter == self._interpreter(path)
        )

    def _drop(self, entry: _Entry) -> None:
        self._entries.remove(entry)
        if entry.resolver is not None:
            entry.resolver.close()

    def _root(self, path: str) -> Path | None:
        return self._folder(path) or (Path(path).parent if os.path.isabs(path) else None)

    def _folder(self, path: str) -> Path | None:
        """The innermost workspace folder that holds a file."""
        around = [folder for folder in self._folders if folder in Path(path).parents]
        return max(around, key=lambda folder: len(folder.parts), default=None)

    def _interpreter(self, path: str) -> str | None:
        """The Python that the editor says the user has chosen, whose packages are meant."""
        folder = self._folder(path)
        chosen = (self._settings.get(folder) or self._settings.get(None) or {}).get("interpreter")
        if isinstance(chosen, list) and chosen:
            chosen = chosen[0]
        return chosen if isinstance(chosen, str) and chosen else None

    def _config(self, path: str) -> Config:
        directory = Path(path).parent if os.path.isabs(path) else Path()
        if directory not in self._loaded:
            self._loaded[directory] = self._load(directory, self._folder(path))
        return self._loaded[directory]

    def _load(self, directory: Path, folder: Path | None) -> Config:
        config, problems = load(directory) if directory.is_absolute() else (Config(), [])
        table = self._settings.get(folder) or self._settings.get(None) or {}
        config, wrong = over(config, table, folder)
        config = replace(config, language=config.language or self._language)
        for sentence in [*problems, *wrong]:
            if sentence not in self._told:
                self._told.add(sentence)
                self._tell(sentence)
                path, _, what = sentence.partition(": ")
                if sentence in problems and os.path.isfile(path):
                    self._mark(path, what)
        return config

    def _foreign_changed(self, entry: _Entry, path: str) -> None:
        """Ask anew what the file may have answered."""
        if entry.resolver is not None:
            self._ask(entry, entry.resolver.forget(path))

    def _ask(self, entry: _Entry, questions: frozenset[Question]) -> None:
        if not questions:
            return
        entry.asked |= questions
        if entry.resolver is None:
            entry.resolver = Resolver(entry.root, site_packages(entry.root, entry.interpreter))
        project = entry.project
        entry.resolver.ask(questions, lambda answers: self._answered(project, answers))


def _scripts_in(folder: str) -> list[str]:
    """The Python files below a folder; none below a file."""
    if folder.endswith(".py") or not os.path.isdir(folder):
        return []
    return [
        os.path.join(parent, name) for parent, _, names in os.walk(folder) for name in names if name.endswith(".py")
    ]
