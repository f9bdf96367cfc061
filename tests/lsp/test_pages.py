"""The page of a rule is shown when the user asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import CAPABILITIES, Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from samples import FORGETFUL
from torch_pitfalls.lsp.convert import path_of

SHOWING = types.ClientCapabilities(
    CAPABILITIES.workspace,
    CAPABILITIES.text_document,
    window=types.WindowClientCapabilities(show_document=types.ShowDocumentClientCapabilities(support=True)),
)
TITLE = "Show the page of missing-zero-grad"


async def test_page_is_shown(editor: Editor, tmp_path: Path) -> None:
    result = await editor.begin(tmp_path, capabilities=SHOWING)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    (action,) = [one for one in await editor.actions(uri, found.range) if one.title == TITLE]
    assert action.edit is None
    assert action.command is not None
    assert result.capabilities.execute_command_provider is not None
    assert action.command.command in result.capabilities.execute_command_provider.commands
    await execute(editor, action.command.command, *(action.command.arguments or ()))
    await editor.until(lambda: editor.pages)
    assert "missing-zero-grad" in Path(path_of(editor.pages[0].uri)).read_text("utf-8")


async def test_page_is_not_offered_where_it_cannot_be_shown(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert TITLE not in [one.title for one in await editor.actions(uri, found.range)]


@pytest.mark.parametrize("arguments", [["no-such-rule"], [], [5], ["../config"], ["../README", "zh-cn"]])
async def test_there_are_no_other_pages(editor: Editor, tmp_path: Path, arguments: list[object]) -> None:
    await editor.begin(tmp_path, capabilities=SHOWING)
    with pytest.raises(JsonRpcException) as refusal:
        await execute(editor, "torch-pitfalls.showPage", *arguments)
    assert refusal.value.code == JsonRpcInvalidParams.CODE
    assert editor.pages == []


async def execute(editor: Editor, command: str, *arguments: object) -> object:
    params = types.ExecuteCommandParams(command, arguments=list(arguments))  # type: ignore[arg-type]
    return await editor.workspace_execute_command_async(params)
