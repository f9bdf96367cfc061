"""Notebooks in an editor: cells are one program, and everything is shown in the cell it belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import NOTEBOOKS, PULLING, Editor, edit, everything
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException
from samples import FORGETFUL

SETUP = "%matplotlib inline\nimport torch\nfrom torch import nn"
MODEL = "model = nn.Linear(2, 1)\n!nvidia-smi\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)"
LOOP = """\
for x, y in torch.utils.data.DataLoader(dataset, batch_size=8):
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()"""

DROPOUT = "model = nn.Sequential(nn.Linear(2, 1), nn.Dropout())\nmodel.train()"
TEST = "with torch.no_grad():\n    for x, y in torch.utils.data.DataLoader(dataset):\n        hits = model(x) == y"


async def test_flow_runs_across_cells(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    setup, model, loop = editor.open_notebook(tmp_path / "a.ipynb", SETUP, MODEL, LOOP)
    (found,) = await editor.findings(loop)
    assert found.code == "missing-zero-grad"
    assert (found.range.start.line, found.range.start.character) == (2, 4)
    assert await editor.findings(setup) == []
    assert await editor.findings(model) == []


async def test_places_in_other_cells_lead_there(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    cells = editor.open_notebook(
        tmp_path / "a.ipynb",
        SETUP,
        DROPOUT,
        TEST,
    )
    (found,) = await editor.findings(cells[2])
    assert found.related_information
    places = {(one.location.uri, one.location.range.start.line) for one in found.related_information}
    assert (cells[1], 1) in places


async def test_fixes_change_the_cell(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    _, _, loop = editor.open_notebook(where, SETUP, MODEL, LOOP)
    (found,) = await editor.findings(loop)
    fix = (await editor.actions(loop, found.range))[0]
    assert fix.edit is not None
    assert fix.edit.document_changes is not None
    (change,) = fix.edit.document_changes
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.uri == loop
    (one,) = change.edits
    assert isinstance(one, types.TextEdit)
    editor.edit_cell(where, loop, types.TextDocumentContentChangePartial(one.range, one.new_text))
    assert "optimizer.zero_grad()" in editor.text(loop)
    assert await editor.findings(loop) == []


async def test_hover_in_a_cell(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    _, _, loop = editor.open_notebook(tmp_path / "a.ipynb", SETUP, MODEL, LOOP)
    (found,) = await editor.findings(loop)
    hover = await editor.hover(loop, 2, 8)
    assert hover is not None
    assert hover.range == found.range


async def test_an_edit_above_reaches_the_cells_below(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    _, model, loop = editor.open_notebook(where, SETUP, MODEL, LOOP)
    assert len(await editor.findings(loop)) == 1
    shown = len(editor.shown)
    editor.edit_cell(where, model, edit((0, 0), (0, 5), "net = model"))
    await editor.until(lambda: len(editor.shown) > shown)
    (found,) = await editor.findings(loop)
    assert found.range.start.line == 2


async def test_cells_are_added_moved_and_removed(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    setup, _, loop = editor.open_notebook(where, SETUP, MODEL, LOOP)
    assert len(await editor.findings(loop)) == 1
    removed = types.NotebookDocumentCellChangeStructure(
        array=types.NotebookCellArrayChange(2, 1, []), did_close=[types.TextDocumentIdentifier(loop)]
    )
    editor.change_notebook(where, types.NotebookDocumentCellChanges(structure=removed))
    await editor.until(lambda: any(one.uri == loop and not one.diagnostics for one in editor.shown))
    item = editor._cell(setup + "new", "model.eval")
    added = types.NotebookDocumentCellChangeStructure(
        array=types.NotebookCellArrayChange(2, 0, [types.NotebookCell(types.NotebookCellKind.Code, item.uri)]),
        did_open=[item],
    )
    editor.change_notebook(where, types.NotebookDocumentCellChanges(structure=added))
    (found,) = await editor.findings(item.uri)
    assert found.code == "mode-method-not-called"


async def test_a_closed_notebook_shows_nothing(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    *cells, loop = editor.open_notebook(where, SETUP, MODEL, LOOP)
    assert len(await editor.findings(loop)) == 1
    identifiers = [types.TextDocumentIdentifier(one) for one in (*cells, loop)]
    notebook = types.NotebookDocumentIdentifier(where.as_uri())
    editor.notebook_document_did_close(types.DidCloseNotebookDocumentParams(notebook, identifiers))
    await editor.until(lambda: any(one.uri == loop and not one.diagnostics for one in editor.shown))


async def test_cells_of_a_client_that_asks(editor: Editor, tmp_path: Path) -> None:
    both = types.ClientCapabilities(
        PULLING.workspace, PULLING.text_document, notebook_document=NOTEBOOKS.notebook_document
    )
    await editor.begin(tmp_path, capabilities=both)
    _, model, loop = editor.open_notebook(tmp_path / "a.ipynb", SETUP, MODEL, LOOP)
    assert [one.code for one in await editor.findings(loop)] == ["missing-zero-grad"], (
        "it may not ask for those of cells"
    )
    assert not (await editor.pull(loop)).items, "or they are shown twice"  # type: ignore[union-attr]
    assert not (await editor.pull(model)).items  # type: ignore[union-attr]


async def test_other_languages_and_texts_are_left_out(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    cells = ["# Training", SETUP, "%%bash\nmodel.eval", MODEL, "select 1", LOOP]
    uris = editor.open_notebook(
        tmp_path / "a.ipynb", *cells, languages=["markdown", "python", "python", "python", "sql"]
    )
    (found,) = await editor.findings(uris[5])
    assert found.range.start.line == 2
    assert await editor.findings(uris[2]) == []


@pytest.mark.parametrize("cells", [(), ("",), ("", "\n", ""), ("%%time",), ("(",), ("x = 1",)])
async def test_odd_notebooks_do_no_harm(editor: Editor, tmp_path: Path, cells: tuple[str, ...]) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    uris = editor.open_notebook(tmp_path / "odd.ipynb", *cells)
    for uri in uris:
        assert await editor.findings(uri) == []
        assert await editor.hover(uri, 0, 0) is None
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    assert len(await editor.findings(uri)) == 1


async def test_a_cell_moves_up(editor: Editor, tmp_path: Path) -> None:
    """What a cell says is judged by where it stands, not by when it was written."""
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    uris = editor.open_notebook(where, SETUP, DROPOUT, TEST, "model.eval()")
    assert len(await editor.findings(uris[2])) == 1
    cells = [types.NotebookCell(types.NotebookCellKind.Code, one) for one in (uris[3], uris[2])]
    moved = types.NotebookDocumentCellChangeStructure(array=types.NotebookCellArrayChange(2, 2, cells))
    editor.change_notebook(where, types.NotebookDocumentCellChanges(structure=moved))
    await editor.until(lambda: editor.shown[-1].uri == uris[2] and not editor.shown[-1].diagnostics)


async def test_emoji_in_cells_move_nothing(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    text = 'rocket = "🚀🚀"; model.eval'
    _, _, cell = editor.open_notebook(where, SETUP + "  # 🔥", MODEL, text)
    (found,) = await editor.findings(cell)
    assert found.range.start == types.Position(0, len(text.encode("utf-16-le")) // 2 - len("model.eval"))
    action = (await editor.actions(cell, found.range))[0]
    editor.apply_to_cells(where, action.edit)
    assert editor.text(cell) == text + "()"
    assert await editor.findings(cell) == []


async def test_name_in_a_cell_is_not_blamed_while_it_is_typed(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    _, _, cell = editor.open_notebook(where, SETUP, MODEL, "model.eva")
    assert await editor.findings(cell) == []
    editor.edit_cell(where, cell, edit((0, 9), (0, 9), "l"))
    assert await editor.findings(cell) == []
    editor.edit_cell(where, cell, edit((0, 10), (0, 10), "\n"))
    assert len(await editor.findings(cell)) == 1


async def test_rules_are_silenced_in_cells(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    magic, setup, _, loop = editor.open_notebook(where, "%%time", SETUP, MODEL, LOOP)
    (found,) = await editor.findings(loop)
    by_title = {one.title: one for one in await editor.actions(loop, found.range)}
    editor.apply_to_cells(where, by_title["Ignore missing-zero-grad in this file"].edit)
    assert editor.text(magic) == "%%time"
    assert editor.text(setup).startswith("# torch-pitfalls: ignore-file[missing-zero-grad]\n%matplotlib")
    await editor.until(lambda: editor.shown[-1].uri == loop and not editor.shown[-1].diagnostics)


async def test_fix_all_is_for_a_cell_or_for_the_notebook(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    _, _, one, other = editor.open_notebook(where, SETUP, MODEL, "model.train\n", "model.eval\n")
    await editor.findings(other)
    everywhere = everything(editor.text(one))
    (cell,) = await editor.actions(one, everywhere, ["source.fixAll"])
    assert changed(cell) == {one}
    (notebook,) = await editor.actions(one, everywhere, ["notebook.source.fixAll"])
    assert changed(notebook) == {one, other}
    editor.apply_to_cells(where, notebook.edit)
    assert (editor.text(one), editor.text(other)) == ("model.train()\n", "model.eval()\n")


def changed(action: types.CodeAction) -> set[str]:
    assert action.edit is not None
    changes = [one for one in action.edit.document_changes or () if isinstance(one, types.TextDocumentEdit)]
    return {one.text_document.uri for one in changes}


async def test_fixes_of_a_cell_that_has_changed_are_refused(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=NOTEBOOKS)
    where = tmp_path / "a.ipynb"
    setup, _, one = editor.open_notebook(where, SETUP, MODEL, "model.train\nmodel.eval\n")
    found = await editor.findings(one)
    title = "Fix all mode-method-not-called in this file"
    (offered,) = [each for each in await editor.actions(one, found[0].range) if each.title == title]
    editor.edit_cell(where, setup, edit((0, 0), (0, 0), "# more\n"))
    with pytest.raises(JsonRpcException) as refusal:
        await editor.code_action_resolve_async(offered)
    assert refusal.value.code == JsonRpcContentModified.CODE
