"""All files of the workspace, one after another, for a client that asks for their diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING

from lsprotocol import types

from torch_pitfalls.lsp.convert import Texts, uri_of
from torch_pitfalls.lsp.views import Opened, View, single

if TYPE_CHECKING:
    from torch_pitfalls.check import Report
    from torch_pitfalls.lsp.projects import Projects
    from torch_pitfalls.text.source import Source

MAX_FILES = 2_000
"""Files of a workspace that are checked; those that are open come first."""

Item = types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport
Convert = Callable[[Opened, "Report", Texts], tuple[types.Diagnostic, ...]]
TextOf = Callable[[str, "Report"], "tuple[tuple[View, ...], Source | None]"]


def result_id(diagnostics: object) -> str:
    """A name for a set of diagnostics: equal sets have the same."""
    from hashlib import sha256

    return sha256(repr(diagnostics).encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Sweep:
    """One request for the diagnostics of the workspace. Used by the session's thread.

    ``known`` are the result ids that the client has; ``tell`` is given each item with the share of the work that is
    done, as it comes. ``result`` gets the number of items once all files were looked at; where nothing has changed,
    it is kept waiting until something does.
    """

    def __init__(self, known: Mapping[str, str], tell: Callable[[Item, int, int], None]) -> None:
        self._known = dict(known)
        self._tell = tell
        self._paths: Iterator[str] | None = None
        self._done = self._total = self._news = 0
        self._current: str | None = None
        self._seen: set[str] = set()
        self.result: Future[int] = Future()

    def rests(self) -> bool:
        """Whether all is as the client knows it, and it still waits for something else."""
        if self.result.cancelled() or self.result.done():
            return False
        self._paths = None
        return True

    def step(
        self,
        projects: Projects,
        held: Mapping[str, Opened],
        convert: Convert,
        text: TextOf,
        interrupted: Callable[[], bool],
    ) -> bool:
        """Check one more file; false if that was the last, or nobody wants to know any more."""
        if self.result.cancelled():
            return False
        if self._paths is None:
            self._begin(projects, held)
        if self._current is None:
            assert self._paths is not None
            self._current = next(self._paths, None)
        path = self._current
        if path is None:
            self._end()
            return False
        # Cancelled leaves the path in place: it is checked when there is time again.
        document = held.get(path) or single(path, uri_of(path), None)
        report = projects.nearest(path).report(path, interrupted)
        self._current = None
        self._done += 1
        found = convert(document, report, lambda other: text(other, report))
        self._show(document.views[0], list(found))
        return True

    def _begin(self, projects: Projects, held: Mapping[str, Opened]) -> None:
        self._done = self._news = 0
        self._seen.clear()
        # What notebooks show is pushed.
        paths = dict.fromkeys(path for path, document in held.items() if not document.has_cells)
        if all(projects.config(path).workspace_diagnostics for path in paths):
            paths.update(dict.fromkeys(files_of(projects)))
        self._total = min(len(paths), MAX_FILES)
        self._paths = iter(list(paths)[:MAX_FILES])

    def _show(self, view: View, diagnostics: list[types.Diagnostic]) -> None:
        id = result_id(diagnostics)
        item: Item
        self._seen.add(view.uri)
        if self._known.get(view.uri) == id:
            item = types.WorkspaceUnchangedDocumentDiagnosticReport(result_id=id, uri=view.uri, version=view.version)
        else:
            self._news += 1
            self._known[view.uri] = id
            item = types.WorkspaceFullDocumentDiagnosticReport(
                uri=view.uri, items=diagnostics, version=view.version, result_id=id
            )
        self._tell(item, self._done, self._total)

    def _end(self) -> None:
        for uri in [uri for uri in self._known if uri not in self._seen]:
            # A file that is gone has nothing to show.
            del self._known[uri]
            self._news += 1
            self._tell(types.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=[]), self._done, self._total)
        # A client that knows nothing yet is answered in any case.
        if (self._news or not self._known) and self.result.set_running_or_notify_cancel():
            self.result.set_result(self._done)


def files_of(projects: Projects) -> Iterator[str]:
    """The scripts of the workspace's folders, as git sees them."""
    from torch_pitfalls import files

    for folder in projects.folders:

        def excluded(path: str, directory: bool) -> bool:
            return projects.config(path).excluded(path, directory=directory)

        found, _ = files.find([str(folder)], excluded)
        for file in found:
            if file.path.endswith(".py") and projects.config(file.path).workspace_diagnostics:
                yield file.path
