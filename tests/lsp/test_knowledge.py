"""What is known of variables: on hover, beside calls, and in full."""

from __future__ import annotations

from pathlib import Path

from editor import Editor
from lsprotocol import types
from test_hover import text_of

SCRIPT = """\
import torch
from torch import nn

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x in torch.ones(3, 1):
    optimizer.zero_grad()
    model(x).sum().backward()
    optimizer.step()
model.eval()
with torch.no_grad():
    print("é", model(x))
"""
LINE = SCRIPT.splitlines().index('    print("é", model(x))')


def whole(text: str) -> types.Range:
    return types.Range(types.Position(0, 0), types.Position(text.count("\n"), 0))


async def hints(editor: Editor, uri: str) -> list[types.InlayHint]:
    found = await editor.text_document_inlay_hint_async(
        types.InlayHintParams(types.TextDocumentIdentifier(uri), whole(editor.text(uri)))
    )
    return list(found or [])


async def test_hover_tells_mode_and_since_when(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    hover = await editor.hover(uri, LINE, 17)
    assert hover is not None
    assert hover.range == types.Range(types.Position(LINE, 15), types.Position(LINE, 20))
    assert text_of(hover).splitlines() == [
        "`model` · module",
        "",
        f"- **mode**: evaluation, since [line 10]({uri}#L10) `model.eval()`",
        f"- **device**: `cpu`, since [line 4]({uri}#L4) `nn.Linear(1, 1)`",
        "- **autograd**: off here",
    ]


async def test_hover_follows_an_edit(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    editor.replace(uri, "model.eval()\n", "model.train()\n")
    await editor.findings(uri)
    assert "**mode**: training" in text_of(await editor.hover(uri, LINE, 17))


async def test_hover_in_chinese(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, locale="zh-cn")
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    text = text_of(await editor.hover(uri, LINE, 17))
    assert "模式" in text
    assert "mode" not in text.replace("`model", "")


async def test_hover_in_a_notebook_leads_to_the_cell(editor: Editor, tmp_path: Path) -> None:
    from editor import NOTEBOOKS

    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    one, two = editor.open_notebook(tmp_path / "a.ipynb", "import torch\nmodel = torch.nn.Linear(1, 1)", "print(model)")
    await editor.findings(two)
    assert f"[line 2]({one}#L2)" in text_of(await editor.hover(two, 0, 7))


async def test_hints_are_off_unless_asked_for(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    assert await hints(editor, uri) == []


async def test_hints_tell_mode_and_gradients(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, options={"inlayHints": True})
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    found = await hints(editor, uri)
    assert [(hint.position, hint.label) for hint in found] == [
        (types.Position(7, 12), "train · grad"),
        (types.Position(LINE, 23), "eval · no grad"),
    ]


async def test_hints_by_the_configuration_of_the_project(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.torch-pitfalls]\ninlay-hints = true\n", "utf-8")
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    assert len(await hints(editor, uri)) == 2


async def test_description_for_bug_reports(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    text = await editor.workspace_execute_command_async(
        types.ExecuteCommandParams("torch-pitfalls.describe", [uri, {"line": LINE, "character": 17}])
    )
    assert isinstance(text, str)
    assert "train.py, line 12" in text
    assert "mode: evaluation (since line 10 `model.eval()`)" in text
    assert "forward" in text
    assert "findings of this line\n  none" in text


async def test_description_of_an_unknown_document(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    missing = (tmp_path / "missing.py").as_uri()
    text = await editor.workspace_execute_command_async(
        types.ExecuteCommandParams("torch-pitfalls.describe", [missing, {"line": 0, "character": 0}])
    )
    assert text is None
