"""Code actions: repair a finding, repair all that is safe, or silence a rule on a line."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams

from torch_pitfalls.fixing import chosen, repair
from torch_pitfalls.lsp.convert import Place, workspace_edit
from torch_pitfalls.lsp.ignoring import ignore
from torch_pitfalls.lsp.views import View
from torch_pitfalls.messages import say, translation
from torch_pitfalls.rule import Safety
from torch_pitfalls.text.edits import Edit

if TYPE_CHECKING:
    from torch_pitfalls.check import Diagnosis
    from torch_pitfalls.lsp.projects import Projects
    from torch_pitfalls.lsp.server import Server
    from torch_pitfalls.lsp.session import Analysis

QUICK_FIX = types.CodeActionKind.QuickFix.value
FIX_ALL = "source.fixAll.torch-pitfalls"
FIX_ALL_TITLE = say("Fix all safe problems of torch-pitfalls")

Finding = tuple["Diagnosis", types.Diagnostic]


def register(server: Server) -> None:
    """Offer code actions."""
    options = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL], resolve_provider=True)
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)(code_actions)
    server.feature(types.CODE_ACTION_RESOLVE)(resolve)


def code_actions(ls: Server, params: types.CodeActionParams) -> Generator[Any, Any, list[types.CodeAction]]:
    """The actions for a range, from the analysis of just this version; none if there is no such analysis."""
    analysis = yield from ls.current(params.text_document.uri)
    view = analysis.document.view(params.text_document.uri) if analysis is not None else None
    if analysis is None or view is None:
        return []
    actions: list[types.CodeAction] = []
    if _wanted(QUICK_FIX, params.context):
        found = list(_findings_at(ls, analysis, view, params.range))
        actions += _fixes(ls, analysis, found)
        actions += _ignores(ls, analysis, found)
    if _wanted(FIX_ALL, params.context):
        actions += yield from _fix_all(ls, analysis, asked=bool(params.context.only))
    return actions


def resolve(ls: Server, action: types.CodeAction) -> Generator[Any, Any, types.CodeAction]:
    """Work out the edit of an action that was offered without it."""
    data = action.data
    if not isinstance(data, dict) or not {"uri", "version"} <= data.keys():
        raise JsonRpcInvalidParams("The code action is not one of this server.")
    analysis = yield from ls.current(data["uri"])
    edits = None
    if analysis is not None and analysis.document.version == data["version"]:
        edits = yield from _all_edits(ls, analysis)
    if analysis is None or edits is None:
        raise JsonRpcContentModified("The document has changed since the action was offered.")
    action.edit = _edit(ls, analysis, edits)
    return action


def _wanted(kind: str, context: types.CodeActionContext) -> bool:
    """Whether a client asks for actions of a kind: for all, for this one, or for one that it belongs to."""
    if context.only is None:
        return True
    return any(kind == asked or not asked or kind.startswith(f"{asked}.") for asked in map(_plain, context.only))


def _plain(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _findings_at(ls: Server, analysis: Analysis, view: View, range: types.Range) -> Iterator[Finding]:
    wanted = Place(analysis.report.source, ls.workspace.position_encoding, view.first_line).span(range)
    for diagnosis, diagnostic in zip(analysis.report.diagnoses, analysis.diagnostics, strict=True):
        if diagnosis.span.start <= wanted.end and wanted.start <= diagnosis.span.end:
            yield diagnosis, diagnostic


def _fixes(ls: Server, analysis: Analysis, found: Iterable[Finding]) -> Iterator[types.CodeAction]:
    for diagnosis, diagnostic in found:
        fix = diagnosis.fix
        if fix is not None:
            yield types.CodeAction(
                title=fix.title,
                kind=QUICK_FIX,
                diagnostics=[diagnostic],
                is_preferred=fix.safety is Safety.SAFE,
                edit=_edit(ls, analysis, fix.edits),
            )


def _ignores(ls: Server, analysis: Analysis, found: Iterable[Finding]) -> Iterator[types.CodeAction]:
    """One action for every rule and line."""
    source, translate = analysis.report.source, translation(analysis.report.language)
    grouped: dict[tuple[str, int], list[types.Diagnostic]] = {}
    for diagnosis, diagnostic in found:
        line, _ = source.position(diagnosis.span.start)
        grouped.setdefault((diagnosis.rule.slug, line), []).append(diagnostic)
    for (slug, line), diagnostics in grouped.items():
        yield types.CodeAction(
            title=say("Ignore {slug} on this line", slug=slug).into(translate),
            kind=QUICK_FIX,
            diagnostics=diagnostics,
            edit=_edit(ls, analysis, [ignore(source, line, slug)]),
        )


def _fix_all(ls: Server, analysis: Analysis, *, asked: bool) -> Generator[Any, Any, list[types.CodeAction]]:
    """The action that repairs the whole file.

    Looking for what the fixes make possible takes time. A client that did not ask for just this gets the
    action without its edit, if it can fetch that when the user chooses the action.
    """
    if not chosen(analysis.report.diagnoses):
        return []
    action = types.CodeAction(title=FIX_ALL_TITLE.into(translation(analysis.report.language)), kind=FIX_ALL)
    if asked:
        edits = yield from _all_edits(ls, analysis)
        if edits is None:
            return []
        action.edit = _edit(ls, analysis, edits)
        return [action]
    lazily = get_capability(ls.client_capabilities, "text_document.code_action.resolve_support.properties", ())
    if "edit" not in (lazily or ()):
        return []
    action.data = {"uri": analysis.document.views[0].uri, "version": analysis.document.version}
    return [action]


def _all_edits(ls: Server, analysis: Analysis) -> Generator[Any, Any, list[Edit] | None]:
    """The edits of all safe fixes; None if the document changes meanwhile."""
    document = analysis.document

    def work(projects: Projects) -> list[Edit] | None:
        from torch_pitfalls.db import Cancelled

        try:
            project = projects.project(document.path)
            repaired = repair(project, document.path, cancelled=lambda: not ls.session.newest(document))
            return list(repaired.edits)
        except (Cancelled, KeyError):
            return None

    future: Future[list[Edit] | None] = ls.session.submit(work)
    edits: list[Edit] | None = yield ls.waiting(future.result), (), None
    return edits if ls.session.newest(document) else None


def _edit(ls: Server, analysis: Analysis, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    source, encoding = analysis.report.source, ls.workspace.position_encoding
    by_view: dict[View, list[types.TextEdit]] = {}
    for edit in edits:
        view = analysis.document.view_at(source.position(edit.span.start)[0])
        by_view.setdefault(view, []).extend(Place(source, encoding, view.first_line).text_edits([edit]))
    versioned = bool(get_capability(ls.client_capabilities, "workspace.workspace_edit.document_changes", False))
    return workspace_edit(by_view.items(), versioned=versioned)
