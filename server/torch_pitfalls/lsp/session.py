"""The work of a session: one thread owns the projects and analyses the open files, newest text first.

The thread that speaks with the client only notes what has changed and reads the last analysis. A change
that arrives during an analysis cancels it; what was computed stays valid, so nothing is done twice.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from lsprotocol import types

from torch_pitfalls.lsp.convert import Texts, uri_of
from torch_pitfalls.lsp.documents import Change
from torch_pitfalls.lsp.settings import Table
from torch_pitfalls.lsp.sweep import Sweep
from torch_pitfalls.lsp.unfinished import typed_until, without_unfinished
from torch_pitfalls.lsp.views import Opened, View, single
from torch_pitfalls.text.source import Source

if TYPE_CHECKING:
    from torch_pitfalls.check import Report
    from torch_pitfalls.lsp.projects import Answers, Projects
    from torch_pitfalls.project import Project

T = TypeVar("T")
log = logging.getLogger(__name__)

QUIET = 0.2
"""Seconds without a change after which the other open files are looked at again."""

LONG = 0.5
"""Seconds after which the user is told that an analysis is under way."""

STOP_SECONDS = 1.0
"""How long an analysis may take to notice that it is no longer wanted."""

WARM_UP = """\
import torch

model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch in range(2):
    loss = model(torch.ones(1, 1)).sum()
    loss.backward()
    optimizer.step()
"""


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What is known about one version of a document; ``diagnostics`` in the order of the report.

    ``root`` is where the ``pyproject.toml`` of its project is, or would be.
    """

    document: Opened
    report: Report
    diagnostics: tuple[types.Diagnostic, ...]
    root: str | None = None


class Client(Protocol):
    """What a session tells its client; called from the session's thread."""

    def diagnostics(self, document: Opened, report: Report, texts: Texts) -> tuple[types.Diagnostic, ...]:
        """Turn a report into diagnostics. ``texts`` gives the documents and the text of any file."""

    def publish(self, document: Opened, analysis: Analysis | None) -> None:
        """Show what is known of a document in place of what was shown before."""

    def refresh(self) -> None:
        """Say that what the client has asked for may have changed, though no text did."""

    def busy(self, path: str) -> None:
        """The analysis of a file takes long."""

    def idle(self) -> None:
        """An analysis that took long has ended."""

    def tell(self, sentence: str) -> None:
        """Write to the client's log."""

    def mark(self, path: str, sentence: str) -> None:
        """Show in a file with settings what is wrong with them."""

    def unmark(self) -> None:
        """Show nothing in such files any more."""

    def trace(self, sentence: str) -> None:
        """Write to the client's log if it wants to know all that is done."""


class Session:
    """Open documents and what is known about them. The public methods may be called from any thread."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._changed = threading.Condition()
        self._tasks: deque[Callable[[], None]] = deque()
        self._documents: dict[str, Opened] = {}
        self._analyses: dict[str, Analysis] = {}
        self._stopping = False
        self._expected: list[tuple[Opened, Future[Analysis | None]]] = []
        self._stirred = False
        self._thread = threading.Thread(target=self._work, name="analysis", daemon=True)
        # What follows belongs to the thread.
        self._projects: Projects
        self._held: dict[str, Opened] = {}
        self._urgent: OrderedDict[str, None] = OrderedDict()
        self._later: dict[str, None] = {}
        self._last_change = 0.0
        self._unfinished: dict[str, int] = {}
        self._problems: dict[str, tuple[str, ...]] = {}
        self._sweeps: deque[Sweep] = deque()
        self._resting: list[Sweep] = []
        self._began = 0.0
        self._long: str | None = None

    def start(self) -> None:
        """Load the engine and begin to work, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Give up what is being done and end the worker processes."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._settle_expected()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def open(self, document: Opened, text: str) -> None:
        """Take a document that the client has opened."""
        self._note(document, lambda: self._hold(document, text))

    def change(self, document: Opened, changes: Sequence[Change]) -> None:
        """Take the changes that lead to a new version of a document."""
        self._note(document, lambda: self._alter(document, changes))

    def close(self, path: str) -> None:
        """Forget a document."""
        with self._changed:
            self._documents.pop(path, None)
            self._analyses.pop(path, None)
        self._settle_expected()
        self._post(lambda: self._release(path))

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Take the workspace's folders."""
        self._post(lambda: self._projects.set_folders(folders))
        self._post(self._look_at_all)

    def set_language(self, language: str) -> None:
        """Take the client's language; settings may name another one."""
        self._post(lambda: self._projects.set_language(language))

    def set_settings(self, settings: Mapping[Path | None, Table]) -> None:
        """Take the editor's settings of every folder; those of None are for all other files."""
        self._post(lambda: self._projects.set_settings(settings))
        self._post(self._look_at_all)

    def saved(self, path: str) -> None:
        """Take it that a document is as its author wants it."""
        self._post(lambda: self._finish(path))

    def files_changed(self, paths: Sequence[str]) -> None:
        """Take note of files that were changed, made or deleted on disk."""
        self._post(lambda: self._note_on_disk(paths))

    def document(self, path: str) -> Opened | None:
        """The newest version of a document, None if it is not open."""
        return self._documents.get(path)

    def analysis(self, document: Opened) -> Analysis | None:
        """What is known about exactly this version."""
        analysis = self._analyses.get(document.path)
        return analysis if analysis is not None and analysis.document is document else None

    def wait(self, document: Opened, seconds: float) -> Analysis | None:
        """Like ``analysis``, but wait a while for one that is under way. Not for the client's thread."""
        with self._changed:
            self._changed.wait_for(lambda: self._settled(document), seconds)
        return self.analysis(document)

    def expect(self, document: Opened) -> Future[Analysis | None]:
        """Like ``analysis``, as soon as there is one; None once the text has changed or is closed."""
        future: Future[Analysis | None] = Future()
        with self._changed:
            self._expected.append((document, future))
        self._settle_expected()
        return future

    def sweep(self, sweep: Sweep) -> None:
        """Check all files of the workspace when there is nothing else to do."""
        self._post(lambda: self._sweeps.append(sweep))

    def _settle_expected(self) -> None:
        with self._changed:
            settled = [one for one in self._expected if one[1].cancelled() or self._settled(one[0])]
            self._expected = [one for one in self._expected if one not in settled]
        for document, future in settled:
            if future.set_running_or_notify_cancel():
                future.set_result(self.analysis(document))

    def submit(self, job: Callable[[Projects], T]) -> Future[T]:
        """Run something on the session's thread, before the next analysis."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job(self._projects))
            except Exception as error:
                future.set_exception(error)

        self._post(run)
        return future

    def newest(self, document: Opened) -> bool:
        """Whether no later version of the document has come, and it is still open."""
        return self._documents.get(document.path) is document

    def _note(self, document: Opened, task: Callable[[], None]) -> None:
        with self._changed:
            self._documents[document.path] = document
            self._tasks.append(task)
            self._stirred = True
            self._changed.notify_all()
        self._settle_expected()

    def _post(self, task: Callable[[], None]) -> None:
        with self._changed:
            self._tasks.append(task)
            self._changed.notify_all()

    def _settled(self, document: Opened) -> bool:
        return self._stopping or not self.newest(document) or self.analysis(document) is not None

    # From here on, everything runs on the session's thread.

    def _work(self) -> None:
        try:
            self._begin()
        except Exception as error:
            log.exception("The analysis could not start.")
            self._client.tell(f"The analysis could not start: {error}")
            return
        while self._wait_for_work():
            while self._tasks and not self._stopping:
                self._run(self._tasks.popleft())
            self._analyse_next()
        self._projects.stop()

    def _begin(self) -> None:
        """Import the engine and let it run once, so that the first file does not wait for either."""
        from torch_pitfalls.lsp.projects import Projects
        from torch_pitfalls.project import Project

        self._projects = Projects(self._client.tell, self._answered, self._client.mark, self._client.unmark)
        project = Project(None)
        project.set_text("untitled:", WARM_UP)
        warm = single("untitled:", "untitled:", 0)
        self._client.diagnostics(warm, project.report("untitled:"), lambda path: (warm.views, None))
        gc.freeze()
        gc.enable()

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not (self._tasks or self._urgent or self._stopping):
                pause = self._last_change + QUIET - time.monotonic() if self._has_more() else None
                if pause is not None and pause <= 0:
                    break
                self._changed.wait(pause)
        return not self._stopping

    def _has_more(self) -> bool:
        """Whether there is something to do that can wait until nobody types."""
        return bool(self._later or self._sweeps or (self._resting and self._stirred))

    def _run(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception:
            log.exception("A message of the client could not be worked on.")

    def _hold(self, document: Opened, text: str) -> None:
        self._held[document.path] = document
        self._projects.open(document.path, text)
        self._urgent[document.path] = None

    def _alter(self, document: Opened, changes: Sequence[Change]) -> None:
        self._held[document.path] = document
        if len(changes) == 1 and isinstance(changes[0], str):
            # What the client says anew is mostly what it said before.
            changes = [self._projects.narrowed(document.path, changes[0])]
        self._projects.change(document.path, changes)
        self._urgent[document.path] = None
        self._urgent.move_to_end(document.path, last=False)
        self._last_change = time.monotonic()
        end = typed_until(changes)
        if end is None:
            self._unfinished.pop(document.path, None)
        else:
            self._unfinished[document.path] = end

    def _finish(self, path: str) -> None:
        if self._unfinished.pop(path, None) is not None:
            self._urgent[path] = None

    def _release(self, path: str) -> None:
        document = self._held.pop(path, None)
        if document is None:
            return
        self._later.update(dict.fromkeys(self._projects.together(path)))
        self._projects.close(path)
        self._urgent.pop(path, None)
        self._later.pop(path, None)
        self._unfinished.pop(path, None)
        self._problems.pop(path, None)
        self._client.publish(document, None)

    def _look_at_all(self) -> None:
        self._stirred = True
        self._urgent.update(dict.fromkeys(self._held))

    def _note_on_disk(self, paths: Sequence[str]) -> None:
        for path in paths:
            if os.path.basename(path) == "pyproject.toml":
                self._projects.reload()
            self._projects.file_changed(path)
        self._look_at_all()

    def _answered(self, project: Project, answers: Answers) -> None:
        """Called from jedi's thread."""
        self._post(lambda: self._take_answers(project, answers))

    def _take_answers(self, project: Project, answers: Answers) -> None:
        affected = project.answer(answers)
        self._stirred = True
        self._urgent.update(dict.fromkeys(path for path in self._held if path in affected))

    def _analyse_next(self) -> None:
        """Analyse the text typed last, else an opened one, else one that changes elsewhere may concern."""
        if self._urgent:
            path, _ = self._urgent.popitem(last=False)
            if not self._analyse(path):
                self._urgent[path] = None
                self._urgent.move_to_end(path, last=False)
        elif self._later:
            path = next(iter(self._later))
            if self._analyse(path):
                self._later.pop(path, None)
        elif self._has_more():
            self._sweep_on()

    def _sweep_on(self) -> None:
        """Check one more file of the workspace."""
        from torch_pitfalls.db import Cancelled

        if not self._sweeps:
            self._sweeps.extend(self._resting)
            self._resting.clear()
            self._stirred = False
        sweep = self._sweeps[0]
        try:
            more = sweep.step(self._projects, self._held, self._client.diagnostics, self._text, self._interrupted)
        except Cancelled:
            return
        except Exception:
            log.exception("Checking the workspace failed.")
            more = False
        if not more:
            self._sweeps.popleft()
            if sweep.rests():
                self._resting.append(sweep)

    def _analyse(self, path: str) -> bool:
        """Analyse a file and show what came out; false if something newer came in between."""
        from torch_pitfalls.db import Cancelled

        document = self._held[path]
        began = time.perf_counter()
        self._began, self._long = time.monotonic(), path
        try:
            report = self._projects.project(path).report(path, self._interrupted)
        except Cancelled:
            return False
        except Exception as error:
            log.exception("The analysis of %s failed.", path)
            self._client.tell(f"The analysis of {path} failed: {error!r}")
            self._client.publish(document, None)
            return True
        finally:
            if self._long is None:
                self._client.idle()
            self._long = None
        took = (time.perf_counter() - began) * 1000
        done = f"{path} version {document.version}: {len(report.diagnoses)} findings in {took:.1f} ms"
        log.info("%s", done)
        self._client.trace(done)
        if path in self._unfinished:
            report = without_unfinished(report, self._unfinished[path])
        self._show(document, report)
        self._projects.ask(path)
        return True

    def _interrupted(self) -> bool:
        if self._long is not None and time.monotonic() - self._began > LONG:
            self._client.busy(self._long)
            self._long = None
        return bool(self._tasks) or self._stopping

    def _show(self, document: Opened, report: Report) -> None:
        known = self.analysis(document)
        if known is not None and known.report.diagnoses == report.diagnoses:
            return
        diagnostics = self._client.diagnostics(document, report, lambda path: self._text(path, report))
        analysis = Analysis(document, report, diagnostics, self._projects.config(document.path).root)
        with self._changed:
            if not self.newest(document):
                return
            self._analyses[document.path] = analysis
            self._changed.notify_all()
        self._settle_expected()
        self._client.publish(document, analysis)
        if known is not None:
            self._client.refresh()
        self._tell_problems(report)
        others = self._projects.together(document.path) - {document.path}
        self._later.update(dict.fromkeys(others))

    def _tell_problems(self, report: Report) -> None:
        known = self._problems.get(report.path, ())
        self._problems[report.path] = report.problems
        for problem in report.problems:
            if problem not in known:
                self._client.tell(f"{report.path}: {problem}")

    def _text(self, path: str, report: Report) -> tuple[tuple[View, ...], Source | None]:
        """The client's documents and the text of a file that a finding of the report names."""
        document = self._held.get(path)
        views = (View(uri_of(path), None),) if document is None else document.views
        if path == report.path:
            return views, report.source
        try:
            return views, Source(self._projects.nearest(report.path).text(path))
        except (OSError, ValueError):
            return views, None
