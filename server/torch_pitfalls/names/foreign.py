"""What a name from another file or package is, asked of jedi in a process of its own.

jedi is slow, not thread-safe and reads code that nobody here wrote, so it runs in a worker process
(``jedi_worker.py``). The process starts at the first question, is replaced when it dies or hangs, and its
answers are kept. No failure reaches the caller: a question that gets no answer becomes ``UNKNOWN``.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing this module is part of every start of the server
    import subprocess
    from pathlib import Path
    from typing import Any, Literal

__all__ = ["UNKNOWN", "UNTOLD", "Answer", "Question", "Resolver"]

_WORKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "jedi_worker.py")
UNTOLD = "?"
"""Stands in ``Answer.bases`` for an ancestor that could not be told."""
_STARTS = 6
"""How many worker processes one Resolver may start; after that, all questions are unknown."""
_ATTEMPTS = 3
"""How often a question is asked anew because a file changed while it was being answered."""
_PATIENCE = 0.3
"""Seconds after which answers already there are handed out instead of waiting for a slow one."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is NAME after ``from MODULE import NAME`` in the file IMPORTER?

    ``module`` may be relative (``.models``, ``..engine``); an empty ``name`` asks about ``import MODULE``.
    """

    module: str
    name: str
    importer: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a foreign name is.

    type       ``class``, ``function``, ``module``, ``instance`` or ``unknown``
    path, line where it is defined; lines count from 0, a module has none
    qualified  the name it has where it is defined (``torchvision.models.resnet.resnet18``); may be told of an
               ``unknown`` as well, such as a re-exported name of torch, whose files are never read
    bases      qualified names of all ancestors, nearest first, without ``object``, of the class itself or of
               the class in ``returns``; ``UNTOLD`` stands for one that could not be told. The ancestors of
               names of torch, of the standard library and of missing packages are not listed
    returns    function: qualified name of the class of its result; instance: of its class
    """

    type: Literal["class", "function", "module", "instance", "unknown"]
    path: str | None = None
    line: int | None = None
    qualified: str | None = None
    bases: tuple[str, ...] = ()
    returns: str | None = None


UNKNOWN = Answer("unknown")


@dataclass
class _Known:
    """An answer with what it came from: files that were read, parts of module names looked up."""

    answer: Answer
    files: frozenset[str]
    names: frozenset[str]


class _Job:
    """Questions and who wants the answers, as long as it is not abandoned."""

    def __init__(self, questions: Iterable[Question], on_answer: Callable[[Mapping[Question, Answer]], None]) -> None:
        self.questions = tuple(dict.fromkeys(questions))
        self.on_answer = on_answer
        self.abandoned = False


class _Lost(Exception):
    """The worker ended, or sent something that is no answer."""


class _Worker:
    """One worker process, spoken to in lines of JSON. Raises ``_Lost`` and ``TimeoutError``."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, object]) -> None:
        import subprocess

        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=os.path.dirname(_WORKER),
            env=_clean_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="jedi-worker-output", daemon=True).start()
        self._settings = settings

    def greet(self, seconds: float) -> None:
        """Send the settings and wait until the worker is ready."""
        self.send(self._settings)
        self.receive(seconds)

    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, message: Mapping[str, object]) -> None:
        import json

        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode("ascii") + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise _Lost("ended") from error

    def receive(self, seconds: float) -> dict[str, Any]:
        import json

        try:
            line = self._lines.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            raise TimeoutError from None
        if line is None:
            raise _Lost(f"ended with status {self._process.wait()}")
        try:
            message = json.loads(line)
        except ValueError as error:
            raise _Lost("sent a line that is not JSON") from error
        if not isinstance(message, dict):
            raise _Lost("sent something else than an object")
        return message

    def kill(self) -> None:
        """End the process and collect it, so that no zombie stays."""
        import contextlib

        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)


class Resolver:
    """Answers questions about foreign names; safe to use from any thread.

    root      folder of the workspace, None if there is none
    packages  folders of installed packages (see ``environment.site_packages``); read, never run
    deadline  seconds that one question may take
    start     seconds that a worker process may take to get ready
    command   the worker's command line, for tests
    """

    def __init__(
        self,
        root: Path | None,
        packages: Sequence[Path] = (),
        *,
        deadline: float = 5.0,
        start: float = 30.0,
        command: Sequence[str] | None = None,
    ) -> None:
        self._settings = {
            "root": None if root is None else os.path.abspath(root),
            "packages": [os.path.abspath(package) for package in packages],
        }
        self._deadline = deadline
        self._start = start
        self._command = tuple(command) if command else (sys.executable, "-I", _WORKER)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._known: dict[Question, _Known] = {}
        self._revision = 0
        self._lock = threading.Lock()
        self._courier: threading.Thread | None = None
        self._closed = False
        self._waiting: set[threading.Event] = set()
        self._worker: _Worker | None = None
        self._worker_lock = threading.Lock()
        self._starts = 0

    def ask(self, questions: Iterable[Question], on_answer: Callable[[Mapping[Question, Answer]], None]) -> None:
        """Return at once; ``on_answer`` is called from another thread, once or in several portions.

        Every question is answered in the end, unless the Resolver is closed before.
        """
        self._enqueue(_Job(questions, on_answer))

    def wait(self, questions: Iterable[Question], seconds: float) -> Mapping[Question, Answer]:
        """Wait for the answers; questions without one after so many seconds are ``UNKNOWN``."""
        found: dict[Question, Answer] = {}
        finished = threading.Event()

        def collect(answers: Mapping[Question, Answer]) -> None:
            found.update(answers)
            if len(found) == len(job.questions):
                finished.set()

        job = _Job(questions, collect)
        self._waiting.add(finished)
        try:
            if job.questions and self._enqueue(job):
                finished.wait(seconds)
        finally:
            job.abandoned = True
            self._waiting.discard(finished)
        return {question: found.get(question, UNKNOWN) for question in job.questions}

    def forget(self, path: str) -> frozenset[Question]:
        """Drop the answers that this file's change, coming or going may alter, and return their questions."""
        changed = _comparable(path)
        name = _module_name(path)
        with self._lock:
            self._revision += 1
            dropped = frozenset(
                question for question, known in self._known.items() if changed in known.files or name in known.names
            )
            for question in dropped:
                del self._known[question]
        return dropped

    def close(self) -> None:
        """End the worker process. Questions not yet answered stay unanswered; later ones are ignored."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            courier = self._courier
        self._jobs.put(None)
        for finished in tuple(self._waiting):
            finished.set()
        self._stop_worker()
        if courier is not None and courier is not threading.current_thread():
            courier.join(5)

    def __enter__(self) -> Resolver:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _enqueue(self, job: _Job) -> bool:
        with self._lock:
            if self._closed:
                return False
            self._jobs.put(job)
            if self._courier is None:
                self._courier = threading.Thread(target=self._serve, name="jedi-courier", daemon=True)
                self._courier.start()
        return True

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._work(job)
            except Exception:  # such as no memory for another thread; later questions are still served
                _log_exception("Questions to jedi were left unanswered.")

    def _work(self, job: _Job) -> None:
        portion: dict[Question, Answer] = {}

        def hand_out() -> None:
            nonlocal portion
            if portion and not self._closed:
                given, portion = portion, {}
                _call(job.on_answer, given)

        for question in job.questions:
            if self._closed or job.abandoned:
                return
            portion[question] = self._answer(question, hand_out)
        hand_out()

    def _answer(self, question: Question, slow: Callable[[], None]) -> Answer:
        with self._lock:
            known = self._known.get(question)
        if known is not None:
            return known.answer
        for _ in range(_ATTEMPTS):
            revision = self._revision
            known = self._exchange(question, slow)
            with self._lock:
                if revision == self._revision:
                    self._known[question] = known
                    break
        assert known is not None
        return known.answer

    def _exchange(self, question: Question, slow: Callable[[], None]) -> _Known:
        """One round trip. A failure costs the worker and makes the question unknown."""
        worker = self._ready_worker(slow)
        if worker is None:
            return _unanswered(question)
        try:
            worker.send({"module": question.module, "name": question.name, "importer": question.importer})
            patience = min(_PATIENCE, self._deadline)
            try:
                reply = worker.receive(patience)
            except TimeoutError:
                slow()
                reply = worker.receive(self._deadline - patience)
            return _known(question, reply)
        except TimeoutError:
            self._lose(f"gave no answer within {self._deadline:g} seconds", question)
        except _Lost as loss:
            self._lose(str(loss), question)
        return _unanswered(question)

    def _ready_worker(self, slow: Callable[[], None]) -> _Worker | None:
        """The running worker, or a new one; None when closed or when too many were lost."""
        worker = self._worker
        if worker is not None and worker.alive():
            return worker
        if self._starts:
            self._stop_worker()
        slow()
        while self._starts < _STARTS:
            try:
                worker = self._start_worker()
                if worker is not None:
                    worker.greet(self._start)
                return worker
            except TimeoutError:
                self._lose(f"was not ready within {self._start:g} seconds")
            except _Lost as loss:
                self._lose(f"{loss} before it was ready")
            except OSError as error:
                self._lose(f"could not be started: {error}")
        return None

    def _start_worker(self) -> _Worker | None:
        with self._worker_lock:
            if self._closed:
                return None
            self._starts += 1
            self._worker = _Worker(self._command, self._settings)
            return self._worker

    def _stop_worker(self) -> None:
        with self._worker_lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def _lose(self, what: str, question: Question | None = None) -> None:
        self._stop_worker()
        if self._closed:
            return
        import logging

        about = f" when asked for {question.name or 'the module'} of {question.module}" if question else ""
        end = "" if self._starts < _STARTS else "; no other is started, names of other files stay unknown"
        logging.getLogger("torch_pitfalls").warning("The jedi worker %s%s%s.", what, about, end)


def _call(on_answer: Callable[[Mapping[Question, Answer]], None], answers: Mapping[Question, Answer]) -> None:
    """A receiver that fails must not end the thread that serves all the others."""
    try:
        on_answer(answers)
    except Exception:
        _log_exception("A receiver of jedi's answers failed.")


def _log_exception(sentence: str) -> None:
    import logging

    logging.getLogger("torch_pitfalls").exception(sentence)


def _known(question: Question, reply: Mapping[str, Any]) -> _Known:
    try:
        answer = Answer(
            reply["type"],
            reply["path"],
            reply["line"],
            reply["qualified"],
            tuple(reply["bases"]),
            reply["returns"],
        )
        files = frozenset(map(_comparable, reply["files"]))
        return _Known(answer, files, _asked_names(question) | frozenset(reply["names"]))
    except (KeyError, TypeError) as error:
        raise _Lost("sent something else than an answer") from error


def _unanswered(question: Question) -> _Known:
    return _Known(UNKNOWN, frozenset(), _asked_names(question))


def _asked_names(question: Question) -> frozenset[str]:
    return frozenset({*question.module.split("."), question.name} - {""})


def _comparable(path: str) -> str:
    return os.path.normcase(os.path.abspath(path))


def _module_name(path: str) -> str:
    """Under which last name a file is imported: ``models`` for models.py and for models/__init__.py."""
    folder, name = os.path.split(path)
    stem = name.partition(".")[0]
    return os.path.basename(folder) if stem == "__init__" else stem


def _clean_environment() -> dict[str, str]:
    """The environment without what makes Python load code from a folder that the variable names."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name not in ("VIRTUAL_ENV", "CONDA_PREFIX")
    }
