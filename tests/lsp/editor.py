"""A client as editors are: it keeps documents, remembers what it is shown, and applies edits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Union

import pytest_lsp.client
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from torch_pitfalls.lsp.convert import path_of
from torch_pitfalls.lsp.documents import Document
from wire import COMMAND, SECONDS

VERSIONED = types.PublishDiagnosticsClientCapabilities(
    related_information=True,
    version_support=True,
    code_description_support=True,
    data_support=True,
    tag_support=types.ClientDiagnosticsTagOptions(list(types.DiagnosticTag)),
)

CAPABILITIES = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(
            document_changes=True, resource_operations=list(types.ResourceOperationKind)
        ),
        configuration=True,
        workspace_folders=True,
        did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True),
    ),
    text_document=types.TextDocumentClientCapabilities(
        publish_diagnostics=VERSIONED,
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown, types.MarkupKind.PlainText]),
        code_action=types.CodeActionClientCapabilities(
            is_preferred_support=True,
            data_support=True,
            resolve_support=types.ClientCodeActionResolveOptions(properties=["edit"]),
        ),
    ),
)


PULLING = types.ClientCapabilities(
    workspace=types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True),
        workspace_folders=True,
    ),
    text_document=types.TextDocumentClientCapabilities(
        publish_diagnostics=VERSIONED, diagnostic=types.DiagnosticClientCapabilities()
    ),
)
"""A client that asks for diagnostics."""

NOTEBOOKS = types.ClientCapabilities(
    CAPABILITIES.workspace,
    CAPABILITIES.text_document,
    notebook_document=types.NotebookDocumentClientCapabilities(
        synchronization=types.NotebookDocumentSyncClientCapabilities()
    ),
)


def converter() -> Any:
    """The converter of pygls, which takes an action that has a command for the command."""
    made = default_converter()
    either = types.Command | types.CodeAction

    def structure(value: Any, _: Any) -> types.Command | types.CodeAction:
        return made.structure(value, types.Command if isinstance(value.get("command"), str) else types.CodeAction)

    made.register_structure_hook(either, structure)
    made.register_structure_hook(Union[types.Command, types.CodeAction], structure)
    return made


class Editor(LanguageClient):
    """A session with a server process of its own."""

    def __init__(self) -> None:
        super().__init__(converter_factory=converter)
        self.documents: dict[str, Document] = {}
        self.shown: list[types.PublishDiagnosticsParams] = []
        self.registered: list[types.Registration] = []
        self.refreshes = 0
        self.progress: list[types.ProgressParams] = []
        self.pages: list[types.ShowDocumentParams] = []
        self.traces: list[str] = []
        self._news = asyncio.Condition()
        self._waiting: set[asyncio.Task[None]] = set()
        features = dict(pytest_lsp.client.DEFAULT_CLIENT_FEATURES)
        features[types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = published
        features[types.CLIENT_REGISTER_CAPABILITY] = asked_to_register
        features[types.WINDOW_LOG_MESSAGE] = logged
        features[types.WORKSPACE_DIAGNOSTIC_REFRESH] = asked_to_refresh
        features[types.PROGRESS] = progressed
        features[types.WINDOW_SHOW_DOCUMENT] = asked_to_show
        features[types.WINDOW_WORK_DONE_PROGRESS_CREATE] = asked_for_progress
        features[types.LOG_TRACE] = traced
        pytest_lsp.client.register_lsp_features(self, features)

    async def begin(
        self,
        root: Path | None = None,
        *more_roots: Path,
        capabilities: types.ClientCapabilities = CAPABILITIES,
        options: object = None,
        encodings: list[str] | None = None,
        locale: str | None = None,
        trace: types.TraceValue | None = None,
    ) -> types.InitializeResult:
        """Start the server and introduce the client to it."""
        await self.start_io(*COMMAND)
        if encodings is not None:
            general = types.GeneralClientCapabilities(position_encodings=encodings)
            capabilities = types.ClientCapabilities(capabilities.workspace, capabilities.text_document, general=general)
        roots = [path for path in (root, *more_roots) if path is not None]
        result = await self.initialize_session(
            types.InitializeParams(
                capabilities=capabilities,
                workspace_folders=[types.WorkspaceFolder(path.as_uri(), path.name) for path in roots] or None,
                initialization_options=options,
                locale=locale,
                trace=trace,
            )
        )
        return result

    async def end(self) -> None:
        await self.shutdown_session()
        await self.stop()

    # Documents

    def open(self, where: Path | str, text: str, version: int = 1, language: str = "python") -> str:
        """Open a document with a text; returns its URI."""
        uri = where if isinstance(where, str) else where.as_uri()
        self.documents[uri] = Document(uri, text, version, position_codec=self.codec)
        item = types.TextDocumentItem(uri, language, version, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def close(self, uri: str) -> None:
        del self.documents[uri]
        identifier = types.TextDocumentIdentifier(uri)
        self.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    def change(self, uri: str, *changes: types.TextDocumentContentChangeEvent) -> int:
        """Change a document, here and in the server; returns its new version."""
        document = self.documents[uri]
        for change in changes:
            document.apply_change(change)
        document.version = (document.version or 0) + 1
        identifier = types.VersionedTextDocumentIdentifier(document.version, uri)
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, list(changes)))
        return document.version

    def replace(self, uri: str, old: str, new: str) -> int:
        """Replace the only place where the document has the text ``old``."""
        text = self.documents[uri].source
        assert text.count(old) == 1
        line = text[: text.index(old)].count("\n")
        column = text.index(old) - (text.rfind("\n", 0, text.index(old)) + 1)
        end_line = line + old.count("\n")
        end_column = len(old) - (old.rfind("\n") + 1) if "\n" in old else column + len(old)
        return self.change(uri, edit((line, column), (end_line, end_column), new))

    def apply(self, workspace_edit: types.WorkspaceEdit | None) -> None:
        """Do what an editor does with the edit of an action."""
        assert workspace_edit is not None
        for change in workspace_edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            uri = change.text_document.uri
            assert change.text_document.version == self.documents[uri].version
            edits = [one for one in change.edits if isinstance(one, types.TextEdit)]
            self.change(uri, *backwards(edits))

    def apply_to_files(self, workspace_edit: types.WorkspaceEdit | None) -> None:
        """Do what an editor does with an edit of files that are not open, and save them."""
        assert workspace_edit is not None
        for change in workspace_edit.document_changes or ():
            if isinstance(change, types.CreateFile):
                Path(path_of(change.uri)).touch()
                continue
            assert isinstance(change, types.TextDocumentEdit)
            assert change.text_document.version is None
            path = Path(path_of(change.text_document.uri))
            document = Document(change.text_document.uri, path.read_bytes().decode("utf-8"), position_codec=self.codec)
            for one in backwards([one for one in change.edits if isinstance(one, types.TextEdit)]):
                document.apply_change(one)
            path.write_bytes(document.source.encode("utf-8"))

    def tell_of(self, *paths: Path) -> None:
        """Tell the server that files on disk have changed."""
        events = [types.FileEvent(path.as_uri(), types.FileChangeType.Changed) for path in paths]
        self.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))

    def text(self, uri: str) -> str:
        return self.documents[uri].source

    # Notebooks

    def open_notebook(self, where: Path, *cells: str, languages: Sequence[str] = ()) -> list[str]:
        """Open a notebook; returns the URIs of its cells, which are in Python where ``languages`` says nothing else."""
        uri = where.as_uri()
        uris = [f"vscode-notebook-cell:{where.as_posix()}#W{number}sZQ%3D%3D" for number in range(len(cells))]
        self.notebook_version = 1
        languages = [*languages, *["python"] * (len(cells) - len(languages))]
        kinds = [
            types.NotebookCellKind.Markup if one == "markdown" else types.NotebookCellKind.Code for one in languages
        ]
        listed = [types.NotebookCell(kind, one) for kind, one in zip(kinds, uris, strict=True)]
        items = [self._cell(*each) for each in zip(uris, cells, languages, strict=True)]
        notebook = types.NotebookDocument(uri, "jupyter-notebook", 1, listed)
        self.notebook_document_did_open(types.DidOpenNotebookDocumentParams(notebook, items))
        return uris

    def apply_to_cells(self, where: Path, workspace_edit: types.WorkspaceEdit | None) -> None:
        """Do what an editor does with the edit of an action in a notebook."""
        assert workspace_edit is not None
        for change in workspace_edit.document_changes or ():
            assert isinstance(change, types.TextDocumentEdit)
            uri = change.text_document.uri
            assert change.text_document.version == self.documents[uri].version
            self.edit_cell(where, uri, *backwards([one for one in change.edits if isinstance(one, types.TextEdit)]))

    def _cell(self, uri: str, text: str, language: str = "python") -> types.TextDocumentItem:
        self.documents[uri] = Document(uri, text, 1, position_codec=self.codec)
        return types.TextDocumentItem(uri, language, 1, text)

    def change_notebook(self, where: Path, change: types.NotebookDocumentCellChanges) -> None:
        self.notebook_version += 1
        identifier = types.VersionedNotebookDocumentIdentifier(self.notebook_version, where.as_uri())
        event = types.NotebookDocumentChangeEvent(cells=change)
        self.notebook_document_did_change(types.DidChangeNotebookDocumentParams(identifier, event))

    def edit_cell(self, where: Path, uri: str, *changes: types.TextDocumentContentChangeEvent) -> None:
        document = self.documents[uri]
        for change in changes:
            document.apply_change(change)
        document.version = (document.version or 0) + 1
        identifier = types.VersionedTextDocumentIdentifier(document.version, uri)
        content = types.NotebookDocumentCellContentChanges(identifier, list(changes))
        self.change_notebook(where, types.NotebookDocumentCellChanges(text_content=[content]))

    # What the server shows

    async def findings(self, uri: str, version: int | None = None) -> list[types.Diagnostic]:
        """What is shown for a version of a document (by default the newest), when it is shown."""
        if version is None:
            version = self.documents[uri].version

        def found() -> types.PublishDiagnosticsParams | None:
            mine = [one for one in self.shown if one.uri == uri and one.version == version]
            return mine[-1] if mine else None

        await self.until(lambda: found() is not None)
        newest = found()
        assert newest is not None
        return list(newest.diagnostics)

    async def slugs(self, uri: str) -> list[str]:
        """The rules shown for the newest version of a document."""
        return sorted(str(one.code) for one in await self.findings(uri))

    async def until(self, condition: Any) -> None:
        """Wait until something the server sends makes the condition true."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(condition), SECONDS)

    # What the user asks for

    async def pull(self, uri: str, known: str | None = None) -> types.DocumentDiagnosticReport:
        params = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), previous_result_id=known)
        return await asyncio.wait_for(self.text_document_diagnostic_async(params), SECONDS)

    async def hover(self, uri: str, line: int, column: int) -> types.Hover | None:
        place = types.Position(line, column)
        return await self.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri), place))

    async def actions(self, uri: str, range: types.Range, only: list[str] | None = None) -> list[types.CodeAction]:
        context = types.CodeActionContext(diagnostics=[], only=only)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), range, context)
        found = await self.text_document_code_action_async(params)
        return [one for one in found or () if isinstance(one, types.CodeAction)]

    @property
    def codec(self) -> Any:
        return self._codec

    async def initialize_session(self, params: types.InitializeParams) -> types.InitializeResult:
        result = await super().initialize_session(params)
        from pygls.workspace import PositionCodec

        self._codec = PositionCodec(result.capabilities.position_encoding)
        return result

    def tell(self) -> None:
        """Let those who wait look again."""

        async def wake() -> None:
            async with self._news:
                self._news.notify_all()

        task = asyncio.ensure_future(wake())
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)


def published(ls: Editor, params: types.PublishDiagnosticsParams) -> None:
    ls.shown.append(params)
    ls.tell()


def asked_to_register(ls: Editor, params: types.RegistrationParams) -> None:
    ls.registered += params.registrations
    ls.tell()


def asked_to_refresh(ls: Editor, params: None) -> None:
    ls.refreshes += 1
    ls.tell()


def asked_to_show(ls: Editor, params: types.ShowDocumentParams) -> types.ShowDocumentResult:
    ls.pages.append(params)
    ls.tell()
    return types.ShowDocumentResult(success=True)


def asked_for_progress(ls: Editor, params: types.WorkDoneProgressCreateParams) -> None:
    """The client agrees."""


def traced(ls: Editor, params: types.LogTraceParams) -> None:
    ls.traces.append(params.message)
    ls.tell()


def progressed(ls: Editor, params: types.ProgressParams) -> None:
    ls.progress.append(params)
    ls.tell()


def logged(ls: Editor, params: types.LogMessageParams) -> None:
    ls.log_messages.append(params)
    ls.tell()


def edit(start: tuple[int, int], end: tuple[int, int], text: str) -> types.TextDocumentContentChangePartial:
    """A change of a document; lines and columns count from 0."""
    return types.TextDocumentContentChangePartial(
        range=types.Range(types.Position(*start), types.Position(*end)), text=text
    )


def backwards(edits: Iterable[types.TextEdit]) -> list[types.TextDocumentContentChangeEvent]:
    """Edits that were all made for one text, as changes that can be done one after another."""

    def place(one: types.TextEdit) -> tuple[int, int]:
        return one.range.start.line, one.range.start.character

    ordered = sorted(edits, key=place, reverse=True)
    return [types.TextDocumentContentChangePartial(one.range, one.new_text) for one in ordered]


def everything(text: str) -> types.Range:
    """The range of a whole text."""
    return types.Range(types.Position(0, 0), types.Position(text.count("\n") + 1, 0))
