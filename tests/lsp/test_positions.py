"""Places mean the same to the client and to the server, whatever stands before them."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor, edit
from lsprotocol import types
from samples import NOT_CALLED
from torch_pitfalls.lsp.convert import units_of

BEFORE = {
    "emoji": 'label = "🚀🧑‍🔬"',
    "combining characters": 'label = "e\u0301 n\u0303 \u0e01\u0e33"',
    "right to left": 'label = "שלום"',
    "chinese": 'label = "模型"',
    "tab": 'label = "\t"',
    "form feed": 'label = "\f"',
    "line separator": 'label = "\u2028"',
    "lone surrogate": 'label = "\\ud800"',
}
ENDS = {"LF": "\n", "CRLF": "\r\n", "CR": "\r"}
ENCODINGS = ["utf-8", "utf-16", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
async def test_finding_and_repair_behind_anything(editor: Editor, tmp_path: Path, before: str, encoding: str) -> None:
    await editor.begin(tmp_path, encodings=[encoding])
    text = NOT_CALLED.replace("model.eval\n", f"{before}; model.ev # {before}\n")
    uri = editor.open(tmp_path / "a.py", text)
    assert await editor.findings(uri) == []
    line = text.split("\n").index(f"{before}; model.ev # {before}")
    start = units_of(f"{before}; ", encoding)
    end = start + len("model.ev")
    editor.change(uri, edit((line, end), (line, end), "al"))
    editor.change(uri, edit((line, end + 2), (line, end + 3), "  "))
    (found,) = await editor.findings(uri)
    assert found.range == types.Range(types.Position(line, start), types.Position(line, end + 2))
    hover = await editor.hover(uri, line, start + 3)
    assert hover is not None
    assert hover.range == found.range
    editor.apply((await editor.actions(uri, found.range))[0].edit)
    assert editor.text(uri) == text.replace("model.ev ", "model.eval()  ")
    assert await editor.findings(uri) == []


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a byte order mark"])
async def test_line_ends_and_byte_order_mark_are_kept(editor: Editor, tmp_path: Path, end: str, mark: str) -> None:
    await editor.begin(tmp_path)
    text = mark + NOT_CALLED.replace("\n", end)
    uri = editor.open(tmp_path / "a.py", text)
    (found,) = await editor.findings(uri)
    assert found.range.start == types.Position(3, 0)
    by_title = {one.title: one for one in await editor.actions(uri, found.range)}
    editor.apply(by_title["Ignore mode-method-not-called in this file"].edit)
    comment = "# torch-pitfalls: ignore-file[mode-method-not-called]"
    own_end = "\r\n" if end == "\r\n" else "\n"
    assert editor.text(uri) == mark + comment + own_end + text.removeprefix(mark)
    assert await editor.findings(uri) == []


async def test_blocks_indented_with_tabs(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    text = "import torch\nmodel = torch.nn.Linear(1, 1)\nif model:\n\tif model:\n\t\tmodel.eval\n"
    uri = editor.open(tmp_path / "a.py", text)
    (found,) = await editor.findings(uri)
    assert found.range.start == types.Position(4, 2)
    editor.change(uri, edit((4, 0), (4, 0), "\t\tx = 1\n"))
    (moved,) = await editor.findings(uri)
    assert moved.range.start == types.Position(5, 2)


async def test_path_with_characters_that_uris_escape(editor: Editor, tmp_path: Path) -> None:
    folder = tmp_path / "a b%20c#é"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[tool.torch-pitfalls]\nseverity = {mode-method-not-called = "hint"}\n', "utf-8"
    )
    await editor.begin(folder)
    uri = editor.open(folder / "ü ?.py", NOT_CALLED)
    (found,) = await editor.findings(uri)
    assert found.severity == types.DiagnosticSeverity.Hint
    editor.apply((await editor.actions(uri, found.range))[0].edit)
    assert await editor.findings(uri) == []
