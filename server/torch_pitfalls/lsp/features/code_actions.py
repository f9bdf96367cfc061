"""Code actions: repair a finding, all of its rule or all that is safe; silence a rule; show its page.

What is known already comes with its edit. What must be worked out comes without, and is worked out when the user
chooses it. A client that cannot ask for an edit gets such actions only when it asks for their kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcContentModified

from torch_pitfalls.fixing import chosen, safe
from torch_pitfalls.lsp.convert import Place
from torch_pitfalls.lsp.features import pages
from torch_pitfalls.lsp.ignoring import ignore, ignore_in_file
from torch_pitfalls.lsp.repairing import (
    CELL_SAFELY,
    FILE_SAFELY,
    IGNORE,
    RULE,
    Job,
    edit_of,
    in_views,
    job,
    project_file,
    within,
)
from torch_pitfalls.lsp.views import View
from torch_pitfalls.messages import Text, say, translation
from torch_pitfalls.text.edits import Edit

if TYPE_CHECKING:
    from torch_pitfalls.check import Diagnosis
    from torch_pitfalls.lsp.server import Server
    from torch_pitfalls.lsp.session import Analysis

QUICK_FIX = types.CodeActionKind.QuickFix.value
FIX_ALL = "source.fixAll.torch-pitfalls"
FIX_NOTEBOOK = "notebook.source.fixAll.torch-pitfalls"
FIX_ALL_TITLE = say("Fix all safe problems of torch-pitfalls")

Finding = tuple["Diagnosis", types.Diagnostic]


def register(server: Server) -> None:
    """Offer code actions."""
    kinds = [types.CodeActionKind.QuickFix, FIX_ALL, FIX_NOTEBOOK]
    options = types.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_actions)
    server.feature(types.CODE_ACTION_RESOLVE)(resolve)


def code_actions(ls: Server, params: types.CodeActionParams) -> Generator[Any, Any, list[types.CodeAction]]:
    """The actions for a range, from the analysis of just this version; none if there is no such analysis."""
    uri, only = params.text_document.uri, params.context.only
    analysis = yield from ls.current(uri)
    view = analysis.document.view(uri) if analysis is not None else None
    if analysis is None or view is None:
        return []
    offered = []
    lazily = _resolves(ls)
    for action in _Offer(ls, analysis, view).actions(params.range, only):
        # A client that asks for a source action alone is about to do it.
        if action.data is not None and only and (not lazily or action.kind != QUICK_FIX):
            action.edit, action.data = (yield from edit_of(ls, analysis, job(action.data))), None
        if action.edit is not None or action.command is not None or (action.data is not None and lazily):
            offered.append(action)
    return offered


def resolve(ls: Server, action: types.CodeAction) -> Generator[Any, Any, types.CodeAction]:
    """Work out the edit of an action that was offered without it."""
    if action.data is None and action.edit is not None:
        return action
    asked = job(action.data)
    analysis = yield from ls.current(asked.uri)
    if analysis is not None and analysis.document.version == asked.version:
        action.edit = yield from edit_of(ls, analysis, asked)
    if action.edit is None:
        raise JsonRpcContentModified("The document has changed since the action was offered.")
    return action


class _Offer:
    """The actions for one of the documents that show an analysed text."""

    def __init__(self, ls: Server, analysis: Analysis, view: View) -> None:
        self._ls = ls
        self._analysis = analysis
        self._view = view
        self._source = analysis.report.source
        self._views = analysis.document.views

    def actions(
        self, range: types.Range, only: Iterable[types.CodeActionKind | str] | None
    ) -> Iterator[types.CodeAction]:
        """The actions for a range, of some kinds; what must be worked out, without its edit."""
        if _asked(QUICK_FIX, only):
            by_rule: dict[str, list[Finding]] = {}
            for one in self._findings(range):
                by_rule.setdefault(one[0].rule.slug, []).append(one)
            for make in (self._fixes, self._whole_rule, self._ignores, self._page):
                for slug, found in by_rule.items():
                    yield from make(slug, found)
        if _asked(FIX_ALL, only):
            yield from self._fix_all()
        whole_notebook = self._analysis.document.has_cells and only and _asked(FIX_NOTEBOOK, only)
        if whole_notebook and chosen(self._analysis.report.diagnoses):
            yield self._later(FIX_ALL_TITLE, FIX_NOTEBOOK, FILE_SAFELY)

    def _findings(self, range: types.Range) -> Iterator[Finding]:
        place = Place(self._source, self._ls.workspace.position_encoding, self._view.first_line)
        wanted = place.span(range)
        for diagnosis, diagnostic in zip(self._analysis.report.diagnoses, self._analysis.diagnostics, strict=True):
            if diagnosis.span.start <= wanted.end and wanted.start <= diagnosis.span.end:
                yield diagnosis, diagnostic

    def _fixes(self, slug: str, found: list[Finding]) -> Iterator[types.CodeAction]:
        for diagnosis, diagnostic in found:
            fix = diagnosis.fix
            if fix is not None:
                edit = in_views(self._ls, self._analysis, fix.edits)
                preferred = safe(diagnosis)
                yield types.CodeAction(fix.title, QUICK_FIX, [diagnostic], is_preferred=preferred, edit=edit)

    def _whole_rule(self, slug: str, found: list[Finding]) -> Iterator[types.CodeAction]:
        fixable = Counter(one.rule.slug for one in self._analysis.report.diagnoses if one.fix is not None)
        if fixable[slug] > 1 and any(one.fix is not None for one, _ in found):
            # Who is offered a safe repair is not to get others with it.
            unsafe = not any(safe(one) for one, _ in found)
            yield self._later(say("Fix all {slug} in this file", slug=slug), QUICK_FIX, RULE, slug, found, unsafe)

    def _ignores(self, slug: str, found: list[Finding]) -> Iterator[types.CodeAction]:
        lines: dict[int, list[Finding]] = {}
        for one in found:
            lines.setdefault(self._source.position(one[0].span.start)[0], []).append(one)
        for line, here in lines.items():
            comment = ignore(self._source, line, slug)
            yield self._edited(say("Ignore {slug} on this line", slug=slug), comment, here)
        top = self._top()
        if top is not None:
            comment = ignore_in_file(self._source, slug, top)
            yield self._edited(say("Ignore {slug} in this file", slug=slug), comment, found)
        if project_file(self._ls, self._analysis) is not None:
            yield self._later(say("Ignore {slug} in this project", slug=slug), QUICK_FIX, IGNORE, slug, found)

    def _page(self, slug: str, found: list[Finding]) -> Iterator[types.CodeAction]:
        if pages.can_show(self._ls):
            title = self._said(say("Show the page of {slug}", slug=slug))
            command = pages.command(title, slug, self._analysis.report.language)
            yield types.CodeAction(title, QUICK_FIX, _shown(found), command=command)

    def _fix_all(self) -> Iterator[types.CodeAction]:
        cells = self._analysis.document.has_cells
        wanted = within(self._analysis, self._view) if cells else safe
        if chosen(self._analysis.report.diagnoses, wanted):
            yield self._later(FIX_ALL_TITLE, FIX_ALL, CELL_SAFELY if cells else FILE_SAFELY)

    def _edited(self, title: Text, edit: Edit, found: list[Finding]) -> types.CodeAction:
        change = in_views(self._ls, self._analysis, [edit])
        return types.CodeAction(self._said(title), QUICK_FIX, _shown(found), edit=change)

    def _later(
        self, title: Text, kind: str, what: str, slug: str = "", found: Iterable[Finding] = (), unsafe: bool = False
    ) -> types.CodeAction:
        work = Job(what, self._view.uri, self._analysis.document.version, slug, unsafe)
        return types.CodeAction(self._said(title), kind, _shown(found) or None, data=work.data())

    def _said(self, text: Text) -> str:
        return text.into(translation(self._analysis.report.language))

    def _top(self) -> int | None:
        """The line where a comment about the whole text may stand: in a notebook, of a cell that is not all magic."""
        for view in self._views:
            document = self._ls.workspace.text_documents.get(unquote(view.uri))
            if document is not None and not document.source.lstrip().startswith("%%"):
                return view.first_line
        return None


def _asked(kind: str, only: Iterable[types.CodeActionKind | str] | None) -> bool:
    """Whether a client asks for actions of a kind: for all, for this one, or for one that it belongs to."""
    if only is None:
        return True
    wanted = [each.value if isinstance(each, types.CodeActionKind) else each for each in only]
    return any(kind == each or not each or kind.startswith(f"{each}.") for each in wanted)


def _shown(found: Iterable[Finding]) -> list[types.Diagnostic]:
    return [diagnostic for _, diagnostic in found]


def _resolves(ls: Server) -> bool:
    """Whether the client keeps what an action carries, and asks for its edit when it is chosen."""

    def can(what: str) -> Any:
        return get_capability(ls.client_capabilities, f"text_document.code_action.{what}", None)

    return bool(can("data_support")) and "edit" in (can("resolve_support.properties") or ())
