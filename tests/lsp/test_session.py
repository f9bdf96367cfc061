"""The main job, end to end: a training script in an editor, a pitfall typed into it, explained and repaired."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from editor import Editor
from lsprotocol import types
from samples import SCRIPT

HEIR = """\
import torch
from networks_of_others import Net

class Mine(Net):
    def __init__(self):
        super().__init__()
        self.blocks = [torch.nn.Linear(1, 1)]

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return x
"""


async def test_pitfall_is_shown_explained_and_repaired_while_typing(editor: Editor, tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(SCRIPT, encoding="utf-8")
    await editor.begin(tmp_path)
    uri = editor.open(path, SCRIPT)
    assert await editor.findings(uri) == []

    # The line that clears the gradients is deleted: the pitfall is there.
    editor.replace(uri, "        optimizer.zero_grad()\n", "")
    (found,) = await editor.findings(uri)
    assert found.code == "missing-zero-grad"
    lines = editor.text(uri).splitlines()
    assert "loss.backward()" in lines[found.range.start.line]
    assert found.related_information
    step = found.related_information[0].location.range.start.line
    assert "optimizer.step()" in lines[step]

    # The pointer on it explains it.
    hover = await editor.hover(uri, found.range.start.line, found.range.start.character + 1)
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert "zero_grad()" in hover.contents.value

    # Its quick fix puts the line back, and the pitfall is gone.
    actions = await editor.actions(uri, found.range, [types.CodeActionKind.QuickFix])
    editor.apply(actions[0].edit)
    assert "optimizer.zero_grad()" in editor.text(uri)
    assert await editor.findings(uri) == []

    # So it is after many more keystrokes, and the editor closes in good order.
    for character in "# note":
        editor.replace(uri, "\n\n\ndef main", f"{character}\n\n\ndef main")
    assert await editor.findings(uri) == []
    editor.close(uri)


async def test_two_windows_on_one_project(tmp_path: Path) -> None:
    """Two servers at once do not get in each other's way."""
    first, second = Editor(), Editor()
    try:
        await first.begin(tmp_path)
        await second.begin(tmp_path)
        broken = SCRIPT.replace("        optimizer.zero_grad()\n", "")
        uri = first.open(tmp_path / "train.py", broken)
        second.open(tmp_path / "train.py", SCRIPT)
        assert await first.slugs(uri) == ["missing-zero-grad"]
        assert await second.slugs(uri) == []
    finally:
        await first.end()
        await second.end()


async def test_answers_about_other_packages_bring_their_findings(
    editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That ``Net`` is a module is known only to the package it comes from."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    environment = tmp_path / ".venv"
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    package = environment / ("Lib" if os.name == "nt" else f"lib/{version}") / "site-packages" / "networks_of_others"
    package.mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text("home = /nowhere\n", encoding="utf-8")
    (package / "__init__.py").write_text("from .nets import Net\n", encoding="utf-8")
    (package / "nets.py").write_text("import torch\n\nclass Net(torch.nn.Module):\n    pass\n", encoding="utf-8")
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", HEIR)
    await editor.until(lambda: any(one.diagnostics for one in editor.shown))
    assert await editor.slugs(uri) == ["unregistered-submodule"]
    assert not editor.shown[0].diagnostics, "what the file alone tells does not wait for the answer"
