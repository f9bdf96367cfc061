"""What takes long is shown as progress; what was done is told to those who want to know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from editor import CAPABILITIES, Editor
from lsprotocol import types
from samples import NOT_CALLED, SCRIPT, TRAINING

WITH_PROGRESS = types.ClientCapabilities(
    CAPABILITIES.workspace,
    CAPABILITIES.text_document,
    window=types.WindowClientCapabilities(work_done_progress=True),
)


def kinds(editor: Editor) -> list[str]:
    values: list[Any] = [one.value for one in editor.progress]
    return [value["kind"] for value in values]


async def test_a_long_analysis_is_shown_as_progress(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=WITH_PROGRESS)
    function = SCRIPT[SCRIPT.index("def train_one_epoch") : SCRIPT.index("@torch.no_grad()")]
    text = "import torch\n\n" + "".join(function.replace("epoch", f"epoch{number}") for number in range(600))
    uri = editor.open(tmp_path / "huge.py", text)
    await editor.until(lambda: "end" in kinds(editor))
    assert kinds(editor) == ["begin", "end"]
    begin: Any = editor.progress[0].value
    assert begin["title"] == "Analysing huge.py"
    assert await editor.findings(uri) == []


async def test_a_short_analysis_is_not(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=WITH_PROGRESS)
    assert await editor.findings(editor.open(tmp_path / "a.py", TRAINING)) == []
    assert editor.progress == []


async def test_trace_tells_what_was_done(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, trace=types.TraceValue.Messages)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
    assert any(f"{tmp_path / 'a.py'} version 1: 1 findings in " in one for one in editor.traces)
    editor.set_trace(types.SetTraceParams(types.TraceValue.Off))
    editor.replace(uri, "model.eval\n", "model.eval()\n")
    await editor.findings(uri)
    assert len(editor.traces) == 1


async def test_nothing_is_traced_unasked(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    await editor.findings(editor.open(tmp_path / "a.py", NOT_CALLED))
    assert editor.traces == []
    assert editor.messages == [], "nothing pops up"
