"""What happens to a server in a long day: bursts, crowds, files that come and go, and documents that change kind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from editor import Editor, edit
from lsprotocol import types
from samples import FORGETFUL, NOT_CALLED, SCRIPT, TRAINING

STEP = "def prepare(optimizer):\n    optimizer.zero_grad()\n"
USES_STEP = FORGETFUL.replace("import torch\n", "import torch\nfrom lib.steps import prepare\n", 1).replace(
    "    loss = ", "    prepare(optimizer)\n    loss = "
)


# ── bursts and crowds ──


async def test_a_burst_of_edits_is_shown_a_few_times_and_rightly_at_last(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    await editor.findings(uri)
    before = len(editor.shown)
    line = SCRIPT.splitlines().index("        optimizer.zero_grad()")
    for column in range(8, 8 + len("optimizer.zero_grad()")):
        editor.change(uri, edit((line, column), (line, column), "x"))
        editor.change(uri, edit((line, column), (line, column + 1), ""))
    for _ in range(60):
        editor.change(uri, edit((0, 0), (0, 0), "#\n"))
    editor.change(uri, edit((line + 60, 0), (line + 61, 0), ""))
    assert await editor.slugs(uri) == ["missing-zero-grad"]
    shown = editor.shown[before:]
    assert len(shown) <= 50, "each publish may be of several edits"
    assert [one.version or 0 for one in shown] == sorted(one.version or 0 for one in shown)
    assert shown[-1].version == editor.documents[uri].version


async def test_two_hundred_documents(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uris = [editor.open(tmp_path / f"script{number}.py", NOT_CALLED) for number in range(200)]
    for uri in uris:
        assert len(await editor.findings(uri)) == 1
    shown = len(editor.shown)
    editor.replace(uris[100], "model.eval\n", "model.eval()\n")
    assert await editor.findings(uris[100]) == []
    assert {one.uri for one in editor.shown[shown:]} == {uris[100]}, "the others have not changed"
    for uri in uris:
        editor.close(uri)
    await editor.until(lambda: all(any(one.uri == uri and not one.diagnostics for one in editor.shown) for uri in uris))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_edits_leave_no_memory_behind(editor: Editor, tmp_path: Path) -> None:
    """The short version of an hour: bodies, names and statements change all the time, and memory stays where it was."""
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", SCRIPT)
    line = SCRIPT.splitlines().index("        running += loss.item()")

    async def work(rounds: range) -> None:
        for number in rounds:
            editor.change(uri, edit((line, 0), (line, 0), f"        value{number} = loss.item() + {number}\n"))
            editor.change(uri, edit((9, 0), (9, 0), f"def helper{number}(x):\n    return x + {number}\n\n\n"))
            if number % 20 == 0:
                await editor.findings(uri)
            editor.change(uri, edit((9, 0), (13, 0), ""))
            editor.change(uri, edit((line, 0), (line + 1, 0), ""))
        assert await editor.findings(uri) == []

    await work(range(300))
    before = memory(editor)
    await work(range(300, 900))
    assert memory(editor) < before + 12_000, "KiB"


def memory(editor: Editor) -> int:
    """Kibibytes that the server's process holds."""
    server = editor._server  # type: ignore[attr-defined]
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


# ── files that come and go ──


async def test_a_renamed_document_takes_its_findings_along(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    old, new = tmp_path / "old.py", tmp_path / "new.py"
    uri = editor.open(old, NOT_CALLED)
    await editor.findings(uri)
    editor.close(uri)
    editor.workspace_did_rename_files(types.RenameFilesParams([types.FileRename(old.as_uri(), new.as_uri())]))
    renamed = editor.open(new, NOT_CALLED)
    assert len(await editor.findings(renamed)) == 1
    await editor.until(lambda: not [one for one in editor.shown if one.uri == uri][-1].diagnostics)


async def test_a_renamed_folder_is_followed(editor: Editor, tmp_path: Path) -> None:
    library = tmp_path / "lib"
    library.mkdir()
    (library / "__init__.py").touch()
    (library / "steps.py").write_text(STEP, "utf-8")
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", USES_STEP)
    assert await editor.slugs(uri) == []
    (library / "steps.py").write_text(STEP.replace("optimizer.zero_grad()", "pass"), "utf-8")
    elsewhere = tmp_path / "elsewhere"
    os.rename(library, elsewhere)
    os.rename(elsewhere, library)
    both = [
        types.FileRename(library.as_uri(), elsewhere.as_uri()),
        types.FileRename(elsewhere.as_uri(), library.as_uri()),
    ]
    editor.workspace_did_rename_files(types.RenameFilesParams(both))
    await editor.until(lambda: any(one.diagnostics for one in editor.shown))
    (library / "steps.py").unlink()
    (library / "__init__.py").unlink()
    library.rmdir()
    editor.workspace_did_delete_files(types.DeleteFilesParams([types.FileDelete(library.as_uri())]))
    await editor.until(lambda: not editor.shown[-1].diagnostics)
    library.mkdir()
    (library / "__init__.py").touch()
    (library / "steps.py").write_text(STEP.replace("optimizer.zero_grad()", "pass"), "utf-8")
    editor.workspace_did_create_files(types.CreateFilesParams([types.FileCreate(library.as_uri())]))
    await editor.until(lambda: editor.shown[-1].diagnostics)


async def test_a_file_outside_the_workspace(editor: Editor, tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "steps.py").write_text(STEP, "utf-8")
    await editor.begin(inside)
    uri = editor.open(outside / "train.py", USES_STEP.replace("lib.steps", "steps"))
    assert await editor.slugs(uri) == [], "it finds its neighbours"
    other = editor.open(outside / "other.py", NOT_CALLED)
    assert len(await editor.findings(other)) == 1


async def test_an_untitled_document_is_saved(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open("untitled:Untitled-1", NOT_CALLED)
    assert len(await editor.findings(uri)) == 1
    editor.close(uri)
    saved = editor.open(tmp_path / "a.py", NOT_CALLED)
    assert len(await editor.findings(saved)) == 1
    await editor.until(lambda: not [one for one in editor.shown if one.uri == uri][-1].diagnostics)


async def test_two_documents_of_one_file(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    path = tmp_path / "a.py"
    one = editor.open(path, NOT_CALLED)
    other = editor.open(path.as_uri().replace("file://", "file://localhost"), TRAINING)
    assert len(await editor.findings(one)) == 1
    assert await editor.findings(other) == []
    editor.replace(other, "    optimizer.zero_grad()\n", "")
    assert await editor.slugs(other) == ["missing-zero-grad"]
    editor.close(one)
    editor.replace(other, "range(3)", "range(4)")
    assert await editor.slugs(other) == ["missing-zero-grad"]


# ── documents that change kind ──


@pytest.mark.parametrize("says_so", [True, False], ids=["closed first", "just opened again"])
async def test_a_document_that_is_no_longer_python_shows_nothing(editor: Editor, tmp_path: Path, says_so: bool) -> None:
    await editor.begin(tmp_path)
    uri = editor.open("untitled:Untitled-1", NOT_CALLED)
    assert len(await editor.findings(uri)) == 1
    if says_so:
        editor.close(uri)
    editor.open(uri, NOT_CALLED, version=2, language="plaintext")
    await editor.until(lambda: not editor.shown[-1].diagnostics)
    editor.replace(uri, "model.eval\n", "model.train\n")
    editor.close(uri)
    editor.open(uri, NOT_CALLED, version=4)
    assert len(await editor.findings(uri)) == 1


@pytest.mark.parametrize(
    ("name", "language", "found"),
    [("a.py", "", 1), ("a.txt", "", 0), ("a.py", "markdown", 0), ("a", "python", 1), ("a.pyi", "python", 1)],
)
async def test_what_is_python(editor: Editor, tmp_path: Path, name: str, language: str, found: int) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / name, NOT_CALLED, language=language)
    last = editor.open(tmp_path / "last.py", NOT_CALLED)
    await editor.findings(last)
    assert len([one for one in editor.shown if one.uri == uri]) == found
