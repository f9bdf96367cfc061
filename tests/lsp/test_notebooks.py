"""Notebooks in an editor: cells are one program, and everything is shown in the cell it belongs to."""

from __future__ import annotations

from pathlib import Path

from editor import NOTEBOOKS, PULLING, Editor, edit
from lsprotocol import types

SETUP = "%matplotlib inline\nimport torch\nfrom torch import nn"
MODEL = "model = nn.Linear(2, 1)\n!nvidia-smi\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)"
LOOP = """\
for x, y in torch.utils.data.DataLoader(dataset, batch_size=8):
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()"""


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
        "model = nn.Sequential(nn.Linear(2, 1), nn.Dropout())\nmodel.train()",
        "with torch.no_grad():\n    for x, y in torch.utils.data.DataLoader(dataset):\n        hits = model(x) == y",
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
