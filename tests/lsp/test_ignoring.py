"""Rules are silenced on a line, in a file, in a project."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from editor import CAPABILITIES, Editor
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from samples import FORGETFUL
from torch_pitfalls.lsp.ignoring import ignore, ignore_in_file
from torch_pitfalls.lsp.pyproject import Unchangeable, ignoring
from torch_pitfalls.text.edits import apply
from torch_pitfalls.text.source import Source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

IN_FILE = "Ignore missing-zero-grad in this file"
IN_PROJECT = "Ignore missing-zero-grad in this project"


async def offered(editor: Editor, uri: str, title: str) -> types.CodeAction:
    found = next(one for one in await editor.findings(uri) if str(one.code) in title)
    (action,) = [one for one in await editor.actions(uri, found.range) if one.title == title]
    return action


# ── on a line ──


async def test_ignored_finding_is_gone(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    actions = await editor.actions(uri, found.range)
    (action,) = (one for one in actions if one.title == "Ignore missing-zero-grad on this line")
    assert list(action.diagnostics or ()) == [found]
    assert not action.is_preferred
    editor.apply(action.edit)
    line = editor.text(uri).splitlines()[found.range.start.line]
    assert line.endswith("  # torch-pitfalls: ignore[missing-zero-grad]")
    assert await editor.findings(uri) == []


@pytest.mark.parametrize(
    "statement",
    [
        "loss.backward()",
        "loss.backward()  # a comment",
        "loss.backward(*'''\n'''.split())",
        "loss. \\\n        backward()",
        "loss.backward(\n    )",
        "loss.backward()\t ",
    ],
)
async def test_ignoring_works_wherever_the_comment_must_go(editor: Editor, tmp_path: Path, statement: str) -> None:
    await editor.begin(tmp_path)
    text = FORGETFUL.replace("loss.backward()", statement)
    uri = editor.open(tmp_path / "train.py", text)
    found = [one for one in await editor.findings(uri) if one.code == "missing-zero-grad"]
    assert found
    for one in found:
        actions = await editor.actions(uri, one.range, ["quickfix"])
        (action,) = (each for each in actions if each.title == "Ignore missing-zero-grad on this line")
        editor.apply(action.edit)
    assert await editor.slugs(uri) == []
    compile(editor.text(uri), "train.py", "exec")


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a\nb\n", 0, "a  # torch-pitfalls: ignore[new]\nb\n"),
        ("a\nb", 1, "a\nb  # torch-pitfalls: ignore[new]"),
        ("a\r\nb\r\n", 0, "a  # torch-pitfalls: ignore[new]\r\nb\r\n"),
        ("a  # why\n", 0, "a  # why  # torch-pitfalls: ignore[new]\n"),
        ("a # torch-pitfalls: ignore[old]\n", 0, "a # torch-pitfalls: ignore[old, new]\n"),
        ("a # torch-pitfalls: ignore[ ] x\n", 0, "a # torch-pitfalls: ignore[new ] x\n"),
        (
            "a = '# torch-pitfalls: ignore[old]'\n",
            0,
            "a = '# torch-pitfalls: ignore[old]'  # torch-pitfalls: ignore[new]\n",
        ),
        ("a = '''\nb'''\nc\n", 0, "a = '''\nb'''  # torch-pitfalls: ignore[new]\nc\n"),
        ('a = """\n# b\n"""  # c\n', 0, 'a = """\n# b\n"""  # c  # torch-pitfalls: ignore[new]\n'),
        ("a = 1 + \\\n    2\n", 0, "a = 1 + \\\n    2  # torch-pitfalls: ignore[new]\n"),
        ("f(a,\n  b)\n", 0, "f(a,  # torch-pitfalls: ignore[new]\n  b)\n"),
        ("f('''\n''',\n  b)\n", 0, "f('''\n''',\n  b)  # torch-pitfalls: ignore[new]\n"),
        (
            "def f(:\n    g(\n\ndef h():\n    a\n",
            4,
            "def f(:\n    g(\n\ndef h():\n    a  # torch-pitfalls: ignore[new]\n",
        ),
        ("a = 'x\\\ny'\n", 0, "a = 'x\\\ny'  # torch-pitfalls: ignore[new]\n"),
        ("a \t \nb\n", 0, "a  # torch-pitfalls: ignore[new]\nb\n"),
    ],
)
def test_place_of_the_comment(text: str, line: int, expected: str) -> None:
    assert apply(text, [ignore(Source(text), line, "new")]) == expected


# ── in a file ──


async def test_rule_is_silent_in_the_file(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", "#!/usr/bin/env python\n" + FORGETFUL + FORGETFUL)
    assert len(await editor.findings(uri)) > 1
    editor.apply((await offered(editor, uri, IN_FILE)).edit)
    assert editor.text(uri).splitlines()[1] == "# torch-pitfalls: ignore-file[missing-zero-grad]"
    assert await editor.slugs(uri) == []


IN_FILES = [
    ("a\n", "# torch-pitfalls: ignore-file[new]\na\n"),
    ("a\r\n", "# torch-pitfalls: ignore-file[new]\r\na\r\n"),
    ("\ufeffa\n", "\ufeff# torch-pitfalls: ignore-file[new]\na\n"),
    (
        "#!/bin/python\n# -*- coding: utf-8 -*-\na\n",
        "#!/bin/python\n# -*- coding: utf-8 -*-\n# torch-pitfalls: ignore-file[new]\na\n",
    ),
    ("# coding=utf-8", "# coding=utf-8\n# torch-pitfalls: ignore-file[new]\n"),
    ("a\n# torch-pitfalls: ignore-file[old]\n", "a\n# torch-pitfalls: ignore-file[old, new]\n"),
    ("# torch-pitfalls: ignore-file[ ]\n", "# torch-pitfalls: ignore-file[ new]\n"),
    ("a  # torch-pitfalls: ignore[old]\n", "# torch-pitfalls: ignore-file[new]\na  # torch-pitfalls: ignore[old]\n"),
    (
        "a = '# torch-pitfalls: ignore-file[old]'\n",
        "# torch-pitfalls: ignore-file[new]\na = '# torch-pitfalls: ignore-file[old]'\n",
    ),
]


@pytest.mark.parametrize(("text", "expected"), IN_FILES)
def test_place_of_the_comment_for_the_file(text: str, expected: str) -> None:
    assert apply(text, [ignore_in_file(Source(text), "new")]) == expected


# ── in a project ──


async def test_rule_is_silent_in_the_project(editor: Editor, tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(
        "[project]\nname = 'x'  # mine\n\n[tool.torch-pitfalls]\nignore = [\n  'mode-method-not-called',\n]\n"
    )
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    action = await offered(editor, uri, IN_PROJECT)
    assert action.edit is None
    change = (await editor.code_action_resolve_async(action)).edit
    editor.apply_to_files(change)
    assert pyproject.read_text() == (
        "[project]\nname = 'x'  # mine\n\n[tool.torch-pitfalls]\nignore = [\n"
        "  'mode-method-not-called',\n  \"missing-zero-grad\",\n]\n"
    )
    editor.tell_of(pyproject)
    await editor.until(lambda: not editor.shown[-1].diagnostics)


async def test_settings_file_is_made_where_there_is_none(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    (tmp_path / "deep").mkdir()
    uri = editor.open(tmp_path / "deep" / "train.py", FORGETFUL)
    resolved = await editor.code_action_resolve_async(await offered(editor, uri, IN_PROJECT))
    editor.apply_to_files(resolved.edit)
    assert (tmp_path / "pyproject.toml").read_text() == '[tool.torch-pitfalls]\nignore = ["missing-zero-grad"]\n'


async def test_settings_file_that_is_open_is_changed_as_it_stands_there(editor: Editor, tmp_path: Path) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text("[tool.torch-pitfalls]\n")
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    text = "# not saved\n[tool.torch-pitfalls]\n"
    settings = editor.open(pyproject, text, version=9, language="toml")
    resolved = await editor.code_action_resolve_async(await offered(editor, uri, IN_PROJECT))
    editor.apply(resolved.edit)
    assert editor.text(settings) == text + 'ignore = ["missing-zero-grad"]\n'


@pytest.mark.parametrize(
    "settings", ["[tool.torch-pitfalls", "[tool.torch-pitfalls]\nignore = 5\n", "[tool]\ntorch-pitfalls = 1\n"]
)
async def test_settings_that_cannot_be_changed_are_left_alone(editor: Editor, tmp_path: Path, settings: str) -> None:
    (tmp_path / "pyproject.toml").write_text(settings)
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    action = await offered(editor, uri, IN_PROJECT)
    with pytest.raises(JsonRpcException, match="pyproject") as refusal:
        await editor.code_action_resolve_async(action)
    assert refusal.value.code == types.LSPErrorCodes.RequestFailed.value


async def test_project_is_not_offered_where_it_cannot_be_changed(editor: Editor, tmp_path: Path) -> None:
    """Without a folder there is no project, and some clients make no files."""
    makes_none = types.ClientCapabilities(
        types.WorkspaceClientCapabilities(workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)),
        CAPABILITIES.text_document,
    )
    await editor.begin(tmp_path, capabilities=makes_none)
    for where in (tmp_path / "train.py", "untitled:Untitled-1"):
        uri = editor.open(where, FORGETFUL)
        (found,) = await editor.findings(uri)
        titles = [one.title for one in await editor.actions(uri, found.range)]
        assert IN_FILE in titles
        assert IN_PROJECT not in titles


TABLES = [
    ("", '[tool.torch-pitfalls]\nignore = ["new"]\n'),
    ("[tool.ruff]\na = 1\n", '[tool.ruff]\na = 1\n\n[tool.torch-pitfalls]\nignore = ["new"]\n'),
    ("[tool.torch-pitfalls]\nignore = ['a']  # why\n", "[tool.torch-pitfalls]\nignore = ['a', \"new\"]  # why\n"),
    ("[tool.torch-pitfalls]\nignore = ['new']\n", "[tool.torch-pitfalls]\nignore = ['new']\n"),
    ("tool.torch-pitfalls.ignore = []\n", 'tool.torch-pitfalls.ignore = ["new"]\n'),
    (
        "[tool.torch-pitfalls]\nignore = [\n\t'a',  # why\n\t'b'  # last\n]\n[tool.z]\n",
        "[tool.torch-pitfalls]\nignore = [\n\t'a',  # why\n\t'b',  # last\n\t\"new\",\n]\n[tool.z]\n",
    ),
    (
        "[tool.torch-pitfalls]\r\nselect = []\r\n",
        '[tool.torch-pitfalls]\r\nselect = []\r\nignore = ["new"]\r\n',
    ),
]


@pytest.mark.parametrize(("text", "expected"), TABLES)
def test_table_is_changed_and_nothing_else(text: str, expected: str) -> None:
    assert ignoring(text, "new") == expected


@given(st.text("[tool.]\nignore='\"#, =torch-pitfalls{}", max_size=60))
def test_any_text_is_changed_right_or_refused(text: str) -> None:
    try:
        changed = ignoring(text, "new")
    except Unchangeable:
        return
    tomllib.loads(text)
    assert "new" in tomllib.loads(changed)["tool"]["torch-pitfalls"]["ignore"]
