"""Folders, settings and files on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from editor import CAPABILITIES, Editor
from lsprotocol import types
from samples import FORGETFUL, NOT_CALLED
from torch_pitfalls.config import Config
from torch_pitfalls.lsp.settings import over, section
from torch_pitfalls.rule import Severity

BOTH = FORGETFUL + "model.eval\n"
WITHOUT_CONFIGURATION = types.ClientCapabilities(types.WorkspaceClientCapabilities(), CAPABILITIES.text_document)


def project(root: Path, *lines: str) -> Path:
    root.mkdir(exist_ok=True)
    table = "\n".join(["[tool.torch-pitfalls]", *lines])
    (root / "pyproject.toml").write_text(table + "\n", encoding="utf-8")
    return root


def configured(editor: Editor, settings: object) -> None:
    editor.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings))


def changed(editor: Editor, *paths: Path) -> None:
    kind = types.FileChangeType.Changed
    events = [types.FileEvent(path.as_uri(), kind) for path in paths]
    editor.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))


async def shows(editor: Editor, uri: str, *slugs: str) -> None:
    """Wait until just these rules are shown for the newest version of a document."""

    def last() -> list[str] | None:
        version = editor.documents[uri].version
        shown = [one for one in editor.shown if one.uri == uri and one.version == version]
        return sorted(str(one.code) for one in shown[-1].diagnostics) if shown else None

    await editor.until(lambda: last() == sorted(slugs))


# ── pyproject.toml ──


async def test_pyproject_is_heeded(editor: Editor, tmp_path: Path) -> None:
    project(
        tmp_path, 'ignore = ["missing-zero-grad"]', "[tool.torch-pitfalls.severity]", 'mode-method-not-called = "error"'
    )
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", BOTH)
    (found,) = await editor.findings(uri)
    assert found.code == "mode-method-not-called"
    assert found.severity is types.DiagnosticSeverity.Error


async def test_nearest_pyproject_is_heeded(editor: Editor, tmp_path: Path) -> None:
    project(tmp_path, 'ignore = ["missing-zero-grad"]')
    nested = project(tmp_path / "nested", 'ignore = ["mode-method-not-called"]')
    await editor.begin(tmp_path)
    await shows(editor, editor.open(tmp_path / "a.py", BOTH), "mode-method-not-called")
    await shows(editor, editor.open(nested / "a.py", BOTH), "missing-zero-grad")


async def test_pyproject_of_a_file_outside_the_workspace_is_heeded(editor: Editor, tmp_path: Path) -> None:
    inside = project(tmp_path / "inside")
    outside = project(tmp_path / "outside", 'select = ["missing-zero-grad"]')
    await editor.begin(inside)
    await shows(editor, editor.open(outside / "a.py", BOTH), "missing-zero-grad")


async def test_change_of_pyproject_is_seen(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", BOTH)
    await shows(editor, uri, "missing-zero-grad", "mode-method-not-called")
    project(tmp_path, 'ignore = ["missing-zero-grad"]')
    changed(editor, tmp_path / "pyproject.toml")
    await shows(editor, uri, "mode-method-not-called")


async def test_wrong_key_is_named_in_the_log_and_the_rest_works(editor: Editor, tmp_path: Path) -> None:
    project(tmp_path, 'ignroe = ["x"]', 'select = ["missing-zero-grad", "mode-method-not-caled"]')
    await editor.begin(tmp_path)
    await shows(editor, editor.open(tmp_path / "a.py", BOTH), "missing-zero-grad")
    await editor.until(lambda: len(editor.log_messages) >= 2)
    logged = "\n".join(one.message for one in editor.log_messages)
    assert "`ignroe`; did you mean `ignore`?" in logged
    assert "did you mean `mode-method-not-called`?" in logged
    assert not editor.messages, "nothing pops up"


# ── the editor's settings ──


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: {"torch-pitfalls": t}, lambda t: {"settings": t}])
async def test_options_of_initialize_are_heeded(editor: Editor, tmp_path: Path, wrap: Any) -> None:
    options = wrap({"ignore": ["missing-zero-grad"]})
    await editor.begin(tmp_path, options=options, capabilities=WITHOUT_CONFIGURATION)
    await shows(editor, editor.open(tmp_path / "a.py", BOTH), "mode-method-not-called")


async def test_pushed_settings_are_heeded(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=WITHOUT_CONFIGURATION)
    uri = editor.open(tmp_path / "a.py", BOTH)
    configured(editor, {"torch-pitfalls": {"select": ["missing-zero-grad"]}})
    await shows(editor, uri, "missing-zero-grad")
    configured(editor, {"torch-pitfalls": {"select": None}})
    await shows(editor, uri, "missing-zero-grad", "mode-method-not-called")


async def test_settings_are_fetched(editor: Editor, tmp_path: Path) -> None:
    editor.set_configuration({"ignore": ["missing-zero-grad"]}, section="torch-pitfalls")
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", BOTH)
    await shows(editor, uri, "mode-method-not-called")
    editor.set_configuration({"ignore": []}, section="torch-pitfalls")
    configured(editor, None)
    await shows(editor, uri, "missing-zero-grad", "mode-method-not-called")


async def test_every_folder_has_its_settings(editor: Editor, tmp_path: Path) -> None:
    one, two = project(tmp_path / "one"), project(tmp_path / "two", 'ignore = ["missing-zero-grad"]')
    settings = {"torch-pitfalls": {"ignore": ["mode-method-not-called"]}}
    editor.set_configuration(settings, scope_uri=one.as_uri())
    await editor.begin(one, two)
    await shows(editor, editor.open(one / "a.py", BOTH), "missing-zero-grad")
    await shows(editor, editor.open(two / "a.py", BOTH), "mode-method-not-called")


async def test_settings_go_over_pyproject(editor: Editor, tmp_path: Path) -> None:
    project(tmp_path, 'ignore = ["missing-zero-grad"]')
    editor.set_configuration({"ignore": ["mode-method-not-called"]}, section="torch-pitfalls")
    await editor.begin(tmp_path)
    await shows(editor, editor.open(tmp_path / "a.py", BOTH))


async def test_wrong_setting_is_named_in_the_log(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, options={"selct": []}, capabilities=WITHOUT_CONFIGURATION)
    uri = editor.open(tmp_path / "a.py", BOTH)
    await shows(editor, uri, "missing-zero-grad", "mode-method-not-called")
    logged = "\n".join(one.message for one in editor.log_messages)
    assert "editor settings: unknown key `selct`; did you mean `select`?" in logged


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ([], None),
        ({}, {}),
        ({"ignore": []}, {"ignore": []}),
        ({"torch-pitfalls": {"ignore": []}}, {"ignore": []}),
        ({"settings": {"torch-pitfalls": {"ignore": []}}}, {"ignore": []}),
        ({"torch-pitfalls": None, "python": {}}, None),
    ],
)
def test_section_is_found(value: object, expected: object) -> None:
    assert section(value) == expected


def test_settings_add_to_the_configuration_or_replace_it() -> None:
    base = Config(
        select=frozenset({"missing-zero-grad"}),
        ignore=frozenset({"graph-retained"}),
        severity={"missing-zero-grad": Severity.ERROR},
        exclude=("a",),
        jedi=False,
        root="/project",
    )
    table = {
        "select": ["no-grad-not-entered"],
        "ignore": ["missing-zero-grad"],
        "severity": {"graph-retained": "hint"},
        "exclude": ["b"],
        "jedi": True,
        "maxFileSize": 10,
        "torch-version": None,
        "interpreter": ["python3"],
    }
    config, problems = over(base, table, Path("/elsewhere"))
    assert problems == []
    assert config.select == {"no-grad-not-entered"}
    assert config.ignore == {"graph-retained", "missing-zero-grad"}
    assert config.severity == {"missing-zero-grad": Severity.ERROR, "graph-retained": Severity.HINT}
    assert config.exclude == ("a", "b")
    assert config.jedi is True
    assert config.max_file_size == 10
    assert config.root == "/project"


def test_unfit_setting_leaves_the_configuration_alone() -> None:
    base = Config(max_file_size=5)
    config, problems = over(base, {"max-file-size": "large"}, None)
    assert config == base
    assert problems == ["editor settings: `max-file-size` must be a number of bytes above 0"]


# ── folders and files ──


async def test_folders_come_and_go(editor: Editor, tmp_path: Path) -> None:
    one, two = project(tmp_path / "one"), project(tmp_path / "two")
    await editor.begin(one)
    settings = {"torch-pitfalls": {"ignore": ["missing-zero-grad"]}}
    editor.set_configuration(settings, scope_uri=two.as_uri())
    uri = editor.open(two / "a.py", BOTH)
    await shows(editor, uri, "missing-zero-grad", "mode-method-not-called")
    folder = types.WorkspaceFolder(two.as_uri(), "two")
    event = types.WorkspaceFoldersChangeEvent(added=[folder], removed=[])
    editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    await shows(editor, uri, "mode-method-not-called")
    event = types.WorkspaceFoldersChangeEvent(added=[], removed=[folder])
    editor.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    await shows(editor, uri, "missing-zero-grad", "mode-method-not-called")


async def test_files_are_watched(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    await editor.until(lambda: editor.registered)
    (registration,) = editor.registered
    assert registration.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    options: Any = registration.register_options
    patterns = {watcher["globPattern"] for watcher in options["watchers"]}
    assert {"**/*.py", "**/pyproject.toml"} <= patterns


async def test_change_of_another_file_on_disk_is_seen(editor: Editor, tmp_path: Path) -> None:
    """Whether ``train_step`` clears the gradients is known from its file alone."""
    steps = tmp_path / "steps.py"
    clearing = "def prepare(optimizer):\n    optimizer.zero_grad()\n"
    steps.write_text("def prepare(optimizer):\n    pass\n", encoding="utf-8")
    text = FORGETFUL.replace("import torch\n", "import torch\nfrom steps import prepare\n", 1)
    text = text.replace("    loss = ", "    prepare(optimizer)\n    loss = ")
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", text)
    await shows(editor, uri, "missing-zero-grad")
    steps.write_text(clearing, encoding="utf-8")
    changed(editor, steps)
    await shows(editor, uri)


async def test_change_of_another_open_file_is_seen(editor: Editor, tmp_path: Path) -> None:
    steps = tmp_path / "steps.py"
    text = FORGETFUL.replace("import torch\n", "import torch\nfrom steps import prepare\n", 1)
    text = text.replace("    loss = ", "    prepare(optimizer)\n    loss = ")
    await editor.begin(tmp_path)
    other = editor.open(steps, "def prepare(optimizer):\n    pass\n")
    uri = editor.open(tmp_path / "train.py", text)
    await shows(editor, uri, "missing-zero-grad")
    editor.replace(other, "pass", "optimizer.zero_grad()")
    await shows(editor, uri)


async def test_untouched_documents_are_not_shown_again(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
    changed(editor, tmp_path / "other.py")
    other = editor.open(tmp_path / "b.py", NOT_CALLED)
    await editor.findings(other)
    assert [one.uri for one in editor.shown] == [uri, other]


async def test_another_torch_version_is_seen(editor: Editor, tmp_path: Path) -> None:
    """``@torch.no_grad`` without parentheses works from torch 2.1 on."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("torch==2.0.1\n", encoding="utf-8")
    await editor.begin(tmp_path)
    code = "import torch\n\n\n@torch.no_grad\ndef predict(model, x):\n    return model(x)\n"
    uri = editor.open(tmp_path / "predict.py", code)
    await shows(editor, uri, "no-grad-not-entered")
    requirements.write_text("torch==2.6.0\n", encoding="utf-8")
    changed(editor, requirements)
    await shows(editor, uri)


async def test_the_packages_of_the_chosen_interpreter_tell_the_version(editor: Editor, tmp_path: Path) -> None:
    metadata = tmp_path / "old" / "lib" / "python3.8" / "site-packages" / "torch-1.13.0.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    metadata.write_text("Name: torch\nVersion: 1.13.0\n\n", encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()
    await editor.begin(work)
    configured(editor, {"torch-pitfalls": {"interpreter": str(tmp_path / "old" / "bin" / "python")}})
    code = "import torch\n\n\n@torch.no_grad\ndef predict(model, x):\n    return model(x)\n"
    await shows(editor, editor.open(work / "predict.py", code), "no-grad-not-entered")
