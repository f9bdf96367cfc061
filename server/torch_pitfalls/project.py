"""A workspace: its files, its memoised analysis, and what is still to be asked."""

from __future__ import annotations

import io
import os
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch_pitfalls.check import Report, report
from torch_pitfalls.config import Config
from torch_pitfalls.db import Database, Key, never
from torch_pitfalls.names import versions
from torch_pitfalls.names.foreign import Answer, Question
from torch_pitfalls.names.versions import version_tuple
from torch_pitfalls.syntax.document import Document
from torch_pitfalls.text.edits import Edit
from torch_pitfalls.text.source import Source

MAX_WORKSPACE = 2_000
"""Files of a workspace that are searched for importers of a file."""
_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})


_VERSIONS = {"torch_version": versions.torch_version, "python_version": versions.python_version}


class Unreadable(ValueError):
    """A file that cannot be analysed; the message is one sentence that says why."""


class Project:
    """Files and their reports. One thread uses a project at a time.

    ``root`` is the folder whose files may be read to follow imports; None for single files.
    ``interpreter`` is the Python executable, or the folder of the environment, that the user selected.
    """

    def __init__(self, root: Path | None, config: Config | None = None, interpreter: str | None = None) -> None:
        self._interpreter = interpreter
        self.root = str(root.absolute()) if root is not None else None
        self.config = config or Config()
        self.db = Database()
        self.db.on_missing = self._supply
        self.db.set("root", self.root)
        self.db.set("limits", self.config.limits)
        self._documents: dict[str, Document] = {}
        self._open: set[str] = set()
        self._problems: dict[str, str] = {}
        self._questions: set[Question] = set()
        self._reported: set[str] = set()
        self._files: tuple[str, ...] | None = None
        self._import_words: dict[str, frozenset[str]] = {}

    # ── texts ───────────────────────────────────────────────────────────────────────────────

    def set_text(self, path: str, text: str) -> None:
        """Open a file, or replace its text."""
        self._open.add(path)
        self._take(path, text)

    def edit(self, path: str, edits: Sequence[Edit]) -> None:
        """Apply edits to an open file, one after another."""
        document = self._documents.get(path)
        if document is None or path in self._problems:
            from torch_pitfalls.text.edits import apply

            text = self.text(path)
            for edit in edits:
                text = apply(text, [edit])
            self.set_text(path, text)
            return
        document.edit(edits)
        self._publish(path, document)

    def text(self, path: str) -> str:
        """The text that the reports of a file are about; OSError or Unreadable if there is none."""
        document = self._documents.get(path)
        return document.text if document is not None else read_text(path, self.config.max_file_size)

    def close(self, path: str) -> None:
        """Forget the editor's text of a file; what is on disk counts again."""
        self._open.discard(path)
        self.file_changed(path)

    def file_changed(self, path: str) -> None:
        """A file was written, made or removed on disk."""
        if versions.concerns_versions(path):
            self.versions_changed()
        if path in self._open:
            return
        before = self._documents.pop(path, None)
        known = before is not None or path in self._problems
        self._problems.pop(path, None)
        if known or self._asked(path):
            self._load(path, self.db.set)
            now = self._documents.get(path)
            for number in set(before.numbers if before else ()) - set(now.numbers if now else ()):
                self.db.set("chunk", path, number, None)

    def below(self, folder: str) -> list[str]:
        """The files below a folder that are known, whether or not they are still there."""
        start = folder.rstrip(os.sep) + os.sep
        return [path for path in (*self._documents, *self._problems) if path.startswith(start)]

    def versions_changed(self) -> None:
        """The environment, or a file that says which versions are wanted, has changed."""
        for name in _VERSIONS:
            if (name,) in self.db:
                self.db.set(name, self._version(name))

    def _version(self, name: str) -> tuple[int, ...] | None:
        """A version in use; None for the newest known, as for text that belongs to no folder."""
        if name == "torch_version" and self.config.torch_version:
            return version_tuple(self.config.torch_version)
        if self.root is None and self._interpreter is None:
            return None
        root = Path(self.root) if self.root is not None else None
        return _VERSIONS[name](root, self._interpreter)

    def _asked(self, path: str) -> bool:
        return ("layout", path) in self.db

    def _take(self, path: str, text: str) -> None:
        self._problems.pop(path, None)
        try:
            check_text(text, self.config.max_file_size)
        except Unreadable as problem:
            self._problems[path] = str(problem)
            self._documents[path] = Document("")
            self._documents[path].texts, self._documents[path].numbers = [text], [0]
            self.db.set("layout", path, ())
            return
        document = self._documents.get(path)
        if document is None:
            document = self._documents[path] = Document(text)
        else:
            document.replace(text)
        self._publish(path, document)

    def _publish(self, path: str, document: Document) -> None:
        self._import_words.pop(path, None)
        for number, text in document.changed.items():
            self.db.set("chunk", path, number, text)
        document.changed.clear()
        self.db.set("layout", path, tuple(document.numbers))

    def _supply(self, key: Key) -> None:
        """The analysis asks for an input for the first time."""
        if key[0] == "layout" and isinstance(key[1], str):
            self._load(key[1], self.db.supply)
        elif key[0] == "importers" and isinstance(key[1], str):
            self.db.supply("importers", key[1], self._importers(key[1]))
        elif key[0] in _VERSIONS:
            self.db.supply(key[0], self._version(key[0]))
        elif key[0] == "foreign" and isinstance(key[1], Question):
            self._questions.add(key[1])

    def _load(self, path: str, put: Callable[..., None]) -> None:
        self._import_words.pop(path, None)
        if not path.endswith(".py") or not os.path.isfile(path):
            put("layout", path, None)
            return
        try:
            document = Document(read_text(path, self.config.max_file_size))
        except (OSError, Unreadable) as problem:
            self._problems[path] = _sentence(problem)
            put("layout", path, None)
            return
        self._documents[path] = document
        for number, text in document.changed.items():
            put("chunk", path, number, text)
        document.changed.clear()
        put("layout", path, tuple(document.numbers))

    def _importers(self, path: str) -> tuple[str, ...]:
        """Files of the workspace that seem to import a file, by its name in their import lines."""
        if self.root is None or not path.startswith(self.root + os.sep):
            return ()
        stem = os.path.basename(os.path.dirname(path)) if path.endswith("__init__.py") else os.path.basename(path)[:-3]
        return tuple(other for other in self._workspace() if other != path and stem in self._imported(other))

    def _workspace(self) -> tuple[str, ...]:
        """The Python files under the root, at most ``MAX_WORKSPACE`` of them."""
        if self._files is None:
            found: list[str] = []
            for folder, folders, names in os.walk(self.root or ""):
                folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
                found += (os.path.join(folder, name) for name in sorted(names) if name.endswith(".py"))
                if len(found) > MAX_WORKSPACE:
                    break
            self._files = tuple(found[:MAX_WORKSPACE])
        return self._files

    def _imported(self, path: str) -> frozenset[str]:
        """The words in the import lines of a file."""
        if path not in self._import_words:
            try:
                self._import_words[path] = _words_of_imports(self.text(path))
            except (OSError, Unreadable):
                self._import_words[path] = frozenset()
        return self._import_words[path]

    # ── reports ─────────────────────────────────────────────────────────────────────────────

    def report(self, path: str, cancelled: Callable[[], bool] = never) -> Report:
        """The findings of a file; raises ``Cancelled`` when ``cancelled()`` turns true."""
        if path not in self._documents and path not in self._problems:
            self._read_for_report(path)
        if path in self._problems:
            text = self._documents[path].text if path in self._documents else ""
            return Report(path, Source(text), (), (self._problems[path],))
        self._reported.add(path)
        self.db.cancelled = cancelled
        try:
            return report(self.db, path, self.config)
        finally:
            self.db.cancelled = never

    def _read_for_report(self, path: str) -> None:
        """A file that is named explicitly is read whatever it is called."""
        try:
            text = read_text(path, self.config.max_file_size)
        except (OSError, Unreadable) as problem:
            self._problems[path] = _sentence(problem)
            return
        self._take(path, text)

    # ── foreign names ───────────────────────────────────────────────────────────────────────

    def questions(self) -> frozenset[Question]:
        """Names that the reports so far could not resolve; each is told once."""
        asked = frozenset(self._questions)
        self._questions.clear()
        return asked

    def answer(self, answers: Mapping[Question, Answer]) -> frozenset[str]:
        """Take answers; the files already reported, whose reports may change."""
        for question, answer in answers.items():
            self.db.set("foreign", question, answer)
        return frozenset(self._reported) if answers else frozenset()


_IMPORT_LINE = re.compile(r"^[ \t]*(?:from|import)\b(.*)", re.M)


def _words_of_imports(text: str) -> frozenset[str]:
    return frozenset(word for line in _IMPORT_LINE.findall(text) for word in re.findall(r"\w+", line))


def read_text(path: str, limit: int) -> str:
    """The text of a Python file, by its byte order mark or coding line.

    Raises OSError if it cannot be read and Unreadable if it is no text or too long.
    """
    size = os.path.getsize(path)
    if size > limit:
        raise Unreadable(f"the file has {size:,} bytes, more than the limit of {limit:,} (max-file-size)")
    with open(path, "rb") as file:
        data = file.read()
    if b"\0" in data:
        raise Unreadable(f"the file has a null byte at offset {data.index(0)}: it is not a Python text")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, LookupError, UnicodeDecodeError) as error:
        raise Unreadable(f"the file cannot be decoded: {error}") from error
    return text


def check_text(text: str, limit: int) -> None:
    """Raise Unreadable if a text is too long or has null bytes."""
    if len(text) > limit:
        raise Unreadable(f"the text has {len(text):,} characters, more than the limit of {limit:,} (max-file-size)")
    if "\0" in text:
        raise Unreadable(f"the text has a null character at offset {text.index(chr(0))}: it is not a Python text")


def _sentence(problem: Exception) -> str:
    if isinstance(problem, OSError):
        return f"the file cannot be read: {problem.strerror or problem}"
    return str(problem)
