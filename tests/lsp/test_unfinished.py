"""What is half typed is not blamed."""

from __future__ import annotations

from pathlib import Path

from editor import Editor, edit
from lsprotocol import types
from samples import CLEARED, NOT_CALLED, TRAINING

BEFORE = NOT_CALLED.removesuffix("model.eval\n")
LINE = BEFORE.count("\n")


def type_keys(editor: Editor, uri: str, keys: str, column: int = 0) -> None:
    for at, key in enumerate(keys, column):
        editor.change(uri, edit((LINE, at), (LINE, at), key))


async def test_name_is_not_blamed_while_it_is_typed(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", BEFORE)
    for column, key in enumerate("model.eval()"):
        type_keys(editor, uri, key, column)
        assert await editor.findings(uri) == []


async def test_name_is_blamed_when_its_author_goes_on_without_a_call(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", BEFORE)
    type_keys(editor, uri, "model.eval")
    assert await editor.findings(uri) == []
    type_keys(editor, uri, "\n", len("model.eval"))
    assert await editor.slugs(uri) == ["mode-method-not-called"]


async def test_name_is_blamed_when_it_is_saved(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", BEFORE)
    type_keys(editor, uri, "model.eval")
    assert await editor.findings(uri) == []
    editor.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
    await editor.until(lambda: [found.code for found in editor.shown[-1].diagnostics] == ["mode-method-not-called"])


async def test_typing_elsewhere_hides_nothing(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", TRAINING.replace(CLEARED, ""))
    editor.replace(uri, "import torch\n", "import torch\nimport o")
    assert await editor.slugs(uri) == ["missing-zero-grad"]
