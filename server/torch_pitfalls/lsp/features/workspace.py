"""The workspace: its folders, the editor's settings, and files that change on disk."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability

from torch_pitfalls.lsp.convert import path_of
from torch_pitfalls.lsp.settings import SECTION, Table, section
from torch_pitfalls.messages import language_of

if TYPE_CHECKING:
    from torch_pitfalls.lsp.server import Server

log = logging.getLogger(__name__)

WATCHED = (
    "**/*.py",
    "**/*.pyi",
    "**/pyproject.toml",
    "**/setup.cfg",
    "**/requirements*.txt",
    "**/requirements/*.txt",
    "**/environment*.{yml,yaml}",
    "**/{poetry,uv,pdm,Pipfile}.lock",
    "**/{Pipfile,pylock.toml}",
    "**/torch-*.dist-info/METADATA",
)
"""What tells of other files, of the configuration, or of the versions in use."""


def register(server: Server) -> None:
    """Follow the workspace."""
    server.feature(types.INITIALIZE)(initialize)
    server.feature(types.INITIALIZED)(initialized)
    server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(folders_changed)
    server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(configuration_changed)
    server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(files_changed)


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Learn who the client is."""
    ls.initial_settings = params.initialization_options
    ls.language = language_of(params.locale)
    ls.session.set_language(ls.language)
    if params.trace is not None:
        ls.protocol.trace = types.TraceValue(params.trace)
    if params.process_id is not None:
        ls.watch(params.process_id)


def initialized(ls: Server, params: types.InitializedParams) -> None:
    """Begin to work, now that the client has its answer."""
    ls.session.set_folders(list(folders(ls).values()))
    _use(ls, {})
    ls.session.start()
    _watch(ls)
    _fetch(ls)


def folders_changed(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Take the folders that the workspace has now, with their settings."""
    ls.session.set_folders(list(folders(ls).values()))
    _fetch(ls)


def configuration_changed(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """Take new settings: those that came, or those that the client gives when asked."""
    ls.pushed_settings = section(params.settings) or {}
    if not _fetch(ls):
        _use(ls, {})


def files_changed(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Take note of files that changed on disk."""
    ls.session.files_changed([path_of(event.uri) for event in params.changes])


def folders(ls: Server) -> dict[str, Path]:
    """The workspace's folders on disk, by URI; a client without folders may have a root."""
    uris = list(ls.workspace.folders) or ([ls.workspace.root_uri] if ls.workspace.root_uri else [])
    paths = {uri: Path(path_of(uri)) for uri in uris}
    return {uri: path for uri, path in paths.items() if path.is_absolute()}


def _watch(ls: Server) -> None:
    """Ask to be told of changes, of a client that can be asked."""
    wanted: list[types.Registration] = []
    if get_capability(ls.client_capabilities, "workspace.did_change_watched_files.dynamic_registration", False):
        watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in WATCHED]
        options: Any = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(_registration(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if get_capability(ls.client_capabilities, "workspace.did_change_configuration.dynamic_registration", False):
        options = types.DidChangeConfigurationRegistrationOptions(section=SECTION)
        wanted.append(_registration(types.WORKSPACE_DID_CHANGE_CONFIGURATION, options))
    if wanted:
        ls.client_register_capability(types.RegistrationParams(wanted))


def _registration(method: str, options: Any) -> types.Registration:
    return types.Registration(id=f"{SECTION} {method}", method=method, register_options=options)


def _fetch(ls: Server) -> bool:
    """Ask for the settings of every folder; false if the client cannot be asked."""
    if not get_capability(ls.client_capabilities, "workspace.configuration", False):
        return False
    known = folders(ls)
    items = [types.ConfigurationItem(scope_uri=uri, section=SECTION) for uri in (None, *known)]
    future = ls.workspace_configuration(types.ConfigurationParams(items))

    def take(answer: Future[Sequence[Any | None]]) -> None:
        if answer.cancelled() or answer.exception() is not None:
            log.warning("The client did not tell its settings: %s", answer)
            return
        _use(ls, dict(zip((None, *known.values()), answer.result() or (), strict=False)))

    future.add_done_callback(take)
    return True


def _use(ls: Server, fetched: Mapping[Path | None, Any]) -> None:
    """Put together what came with ``initialize``, what was pushed, and what was fetched: the later wins."""
    below = {**(section(ls.initial_settings) or {}), **ls.pushed_settings}
    tables: dict[Path | None, Table] = {None: below}
    for folder, value in fetched.items():
        tables[folder] = {**below, **(section(value) or {})}
    ls.session.set_settings(tables)
