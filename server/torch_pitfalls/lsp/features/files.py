"""Files and folders that the user makes, renames or deletes in the editor; watching tells of files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from torch_pitfalls.lsp.convert import path_of

if TYPE_CHECKING:
    from torch_pitfalls.lsp.server import Server

_ANY = types.FileOperationRegistrationOptions(
    [
        types.FileOperationFilter(types.FileOperationPattern("**/*.py", types.FileOperationPatternKind.File), "file"),
        types.FileOperationFilter(types.FileOperationPattern("**", types.FileOperationPatternKind.Folder), "file"),
    ]
)


def register(server: Server) -> None:
    """Ask to be told of files."""
    server.feature(types.WORKSPACE_DID_CREATE_FILES, _ANY)(created)
    server.feature(types.WORKSPACE_DID_RENAME_FILES, _ANY)(renamed)
    server.feature(types.WORKSPACE_DID_DELETE_FILES, _ANY)(deleted)


def created(ls: Server, params: types.CreateFilesParams) -> None:
    """Take note of new files and folders."""
    ls.session.files_changed([path_of(file.uri) for file in params.files])


def renamed(ls: Server, params: types.RenameFilesParams) -> None:
    """Take note of files and folders that are elsewhere now."""
    ls.session.files_changed([path_of(uri) for file in params.files for uri in (file.old_uri, file.new_uri)])


def deleted(ls: Server, params: types.DeleteFilesParams) -> None:
    """Take note of files and folders that are gone."""
    ls.session.files_changed([path_of(file.uri) for file in params.files])
