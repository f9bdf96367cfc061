"""Diagnostics for clients that ask for them: one document, and the whole workspace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from editor import CAPABILITIES, PULLING, Editor
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from samples import FORGETFUL, NOT_CALLED, TRAINING
from wire import SECONDS

Full = types.RelatedFullDocumentDiagnosticReport
Unchanged = types.RelatedUnchangedDocumentDiagnosticReport


async def test_the_server_offers_both_ways(editor: Editor, tmp_path: Path) -> None:
    result = await editor.begin(tmp_path, capabilities=PULLING)
    offered = result.capabilities.diagnostic_provider
    assert isinstance(offered, types.DiagnosticOptions)
    assert offered.inter_file_dependencies
    assert offered.workspace_diagnostics


async def test_a_client_that_cannot_be_told_to_ask_again_gets_pushes(editor: Editor, tmp_path: Path) -> None:
    once = types.ClientCapabilities(CAPABILITIES.workspace, PULLING.text_document)
    result = await editor.begin(tmp_path, capabilities=once)
    assert result.capabilities.diagnostic_provider is None
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    assert await editor.slugs(uri) == ["missing-zero-grad"]


async def test_a_client_that_asks_gets_answers_and_no_pushes(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=PULLING)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    report = await editor.pull(uri)
    assert isinstance(report, Full)
    assert [one.code for one in report.items] == ["missing-zero-grad"]
    assert report.items[0].data
    editor.replace(uri, "    loss.backward()\n", "    optimizer.zero_grad()\n    loss.backward()\n")
    newest = await editor.pull(uri)
    assert isinstance(newest, Full)
    assert not newest.items
    assert editor.shown == []


async def test_what_is_known_is_not_sent_again(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=PULLING)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    first = await editor.pull(uri)
    again = await editor.pull(uri, first.result_id)
    assert isinstance(again, Unchanged)
    assert again.result_id == first.result_id
    editor.replace(uri, "range(3)", "range(4)")
    assert isinstance(await editor.pull(uri, first.result_id), Unchanged)
    editor.replace(uri, "import torch\n", "\nimport torch\n")
    moved = await editor.pull(uri, first.result_id)
    assert isinstance(moved, Full)
    assert moved.result_id != first.result_id


async def test_a_question_about_an_old_text_is_to_be_asked_again(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=PULLING)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    early = asyncio.ensure_future(editor.pull(uri))
    await asyncio.sleep(0)
    editor.replace(uri, "range(3)", "range(4)")
    (answer,) = await asyncio.gather(early, return_exceptions=True)
    if isinstance(answer, JsonRpcException):
        assert answer.code == types.LSPErrorCodes.ServerCancelled
    else:
        assert isinstance(answer, Full)
    assert isinstance(await editor.pull(uri), Full)


async def test_documents_that_are_not_open_have_none(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=PULLING)
    report = await editor.pull((tmp_path / "none.py").as_uri())
    assert isinstance(report, Full)
    assert not report.items


async def test_the_client_is_told_to_ask_again_when_another_file_changes(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text("import torch\n\nmodel = torch.nn.Linear(1, 1)\n")
    await editor.begin(tmp_path, capabilities=PULLING)
    models = editor.open(tmp_path / "models.py", "import torch\n\nmodel = torch.nn.Linear(1, 1)\n")
    uri = editor.open(tmp_path / "use.py", "from models import model\n\nmodel.eval\n")
    first = await editor.pull(uri)
    assert [one.code for one in first.items] == ["mode-method-not-called"]  # type: ignore[union-attr]
    editor.replace(models, "torch.nn.Linear(1, 1)", "open")
    await editor.until(lambda: editor.refreshes > 0)
    second = await editor.pull(uri, first.result_id)
    assert isinstance(second, Full)
    assert not second.items


# ── the workspace ──


def asking(known: dict[str, str] | None = None, **more: object) -> types.WorkspaceDiagnosticParams:
    ids = [types.PreviousResultId(uri, value) for uri, value in (known or {}).items()]
    return types.WorkspaceDiagnosticParams(ids, **more)  # type: ignore[arg-type]


def workspace(folder: Path) -> None:
    (folder / "a.py").write_text(FORGETFUL)
    (folder / "b.py").write_text(TRAINING)
    (folder / "sub").mkdir()
    (folder / "sub" / "c.py").write_text(NOT_CALLED)
    (folder / ".gitignore").write_text("sub/ignored.py\n")
    (folder / "sub" / "ignored.py").write_text(NOT_CALLED)
    (folder / ".git").mkdir()


async def ask(editor: Editor, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
    return await asyncio.wait_for(editor.workspace_diagnostic_async(params), SECONDS)


async def test_every_file_of_the_workspace_is_reported(editor: Editor, tmp_path: Path) -> None:
    workspace(tmp_path)
    await editor.begin(tmp_path, capabilities=PULLING)
    opened = editor.open(tmp_path / "b.py", FORGETFUL, version=5)
    report = await ask(editor, asking())
    items = {one.uri: one for one in report.items}
    assert {uri.rpartition("/")[2]: [one.code for one in item.items] for uri, item in items.items()} == {  # type: ignore[union-attr]
        "a.py": ["missing-zero-grad"],
        "b.py": ["missing-zero-grad"],
        "c.py": ["mode-method-not-called"],
    }
    assert items[opened].version == 5
    assert items[(tmp_path / "a.py").as_uri()].version is None


async def test_results_come_in_parts_with_progress(editor: Editor, tmp_path: Path) -> None:
    for number in range(120):
        (tmp_path / f"m{number}.py").write_text(NOT_CALLED)
    await editor.begin(tmp_path, capabilities=PULLING)
    report = await ask(editor, asking(partial_result_token="parts", work_done_token="work"))
    assert not report.items
    parts = [one.value["items"] for one in editor.progress if one.token == "parts"]
    assert [len(part) for part in parts] == [50, 50, 20]
    kinds = [one.value["kind"] for one in editor.progress if one.token == "work"]
    assert (kinds[0], set(kinds[1:-1]), kinds[-1]) == ("begin", {"report"}, "end")


async def test_an_answer_waits_until_there_is_news(editor: Editor, tmp_path: Path) -> None:
    workspace(tmp_path)
    await editor.begin(tmp_path, capabilities=PULLING)
    first = await ask(editor, asking())
    known = {one.uri: one.result_id or "" for one in first.items}
    waiting = asyncio.ensure_future(ask(editor, asking(known)))
    await asyncio.sleep(1.0)
    assert not waiting.done()
    editor.open(tmp_path / "a.py", TRAINING)
    news = {one.uri.rpartition("/")[2]: one for one in (await waiting).items}
    assert isinstance(news["a.py"], types.WorkspaceFullDocumentDiagnosticReport)
    assert not news["a.py"].items
    (tmp_path / "sub" / "c.py").unlink()
    known |= {(tmp_path / "a.py").as_uri(): news["a.py"].result_id or ""}
    gone = {one.uri.rpartition("/")[2]: one for one in (await ask(editor, asking(known))).items}
    assert isinstance(gone["c.py"], types.WorkspaceFullDocumentDiagnosticReport)
    assert isinstance(gone["a.py"], types.WorkspaceUnchangedDocumentDiagnosticReport)


async def test_a_waiting_answer_can_be_cancelled(editor: Editor, tmp_path: Path) -> None:
    workspace(tmp_path)
    await editor.begin(tmp_path, capabilities=PULLING)
    first = await ask(editor, asking())
    known = {one.uri: one.result_id or "" for one in first.items}
    future = editor.workspace_diagnostic(asking(known))
    (id,) = [id for id, one in editor.protocol._request_futures.items() if one is future]
    editor.cancel_request(types.CancelParams(id))
    with pytest.raises(JsonRpcException) as caught:
        await asyncio.wait_for(asyncio.wrap_future(future), SECONDS)
    assert caught.value.code == types.LSPErrorCodes.RequestCancelled
    uri = editor.open(tmp_path / "a.py", FORGETFUL)
    assert isinstance(await editor.pull(uri), Full)


async def test_the_workspace_can_be_left_out(editor: Editor, tmp_path: Path) -> None:
    workspace(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.torch-pitfalls]\nworkspace-diagnostics = false\n")
    await editor.begin(tmp_path, capabilities=PULLING)
    editor.open(tmp_path / "b.py", FORGETFUL)
    assert [one.uri.rpartition("/")[2] for one in (await ask(editor, asking())).items] == ["b.py"]


async def test_a_client_that_is_pushed_to_may_ask_as_well(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=CAPABILITIES)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    assert len(await editor.findings(uri)) == 1
    report = await editor.pull(uri)
    assert isinstance(report, Full)
    assert len(report.items) == 1
