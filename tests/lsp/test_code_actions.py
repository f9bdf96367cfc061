"""What the client offers to do about findings, and that it is right when done."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import CAPABILITIES, Editor, edit, everything
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException
from samples import CLEARED, FORGETFUL, NOT_CALLED, TRAINING
from torch_pitfalls.check import Diagnosis
from torch_pitfalls.fixing import chosen, difference, edits_of
from torch_pitfalls.lsp.ignoring import ignore
from torch_pitfalls.rule import Fix, Safety, Severity
from torch_pitfalls.rules import RULES
from torch_pitfalls.text.edits import Edit, Span, apply
from torch_pitfalls.text.source import Source

FIX_ALL = "source.fixAll.torch-pitfalls"


def titles(actions: list[types.CodeAction]) -> list[str]:
    return [action.title for action in actions]


# ── quick fixes ──


async def test_quick_fix_repairs_the_finding(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL, version=3)
    (found,) = await editor.findings(uri)
    fix = (await editor.actions(uri, found.range))[0]
    assert fix.kind == types.CodeActionKind.QuickFix
    assert fix.is_preferred is True
    assert list(fix.diagnostics or ()) == [found]
    editor.apply(fix.edit)
    assert CLEARED in editor.text(uri)
    assert await editor.findings(uri) == []


async def test_actions_are_those_of_the_place(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL + "model.eval\n")
    found = {one.code: one for one in await editor.findings(uri)}
    for code, other in (("missing-zero-grad", "mode-method"), ("mode-method-not-called", "missing-zero")):
        actions = await editor.actions(uri, found[code].range, [types.CodeActionKind.QuickFix])
        assert f"Ignore {code} on this line" in titles(actions)
        assert not any(other in title for title in titles(actions))
    nowhere = types.Range(types.Position(0, 0), types.Position(0, 3))
    assert await editor.actions(uri, nowhere, [types.CodeActionKind.QuickFix]) == []


async def test_cursor_on_a_finding_is_enough(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
    for column in (0, 4, len("model.eval")):
        cursor = types.Position(3, column)
        assert len(await editor.actions(uri, types.Range(cursor, cursor), ["quickfix"])) == 2


ASKED: list[tuple[list[str] | None, set[str]]] = [
    (["quickfix"], {"quickfix"}),
    (["source"], {FIX_ALL}),
    (["source.fixAll"], {FIX_ALL}),
    ([FIX_ALL], {FIX_ALL}),
    (["source.fixAll.other"], set()),
    (["source.organizeImports"], set()),
    (["refactor"], set()),
    (["quick"], set()),
    ([""], {"quickfix", FIX_ALL}),
    (["refactor", "quickfix"], {"quickfix"}),
    (None, {"quickfix", FIX_ALL}),
]


async def test_only_the_kinds_asked_for(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
    for only, kinds in ASKED:
        actions = await editor.actions(uri, everything(NOT_CALLED), only)
        assert {str(one.kind and getattr(one.kind, "value", one.kind)) for one in actions} == kinds, only


async def test_actions_wait_for_the_text_they_are_for(editor: Editor, tmp_path: Path) -> None:
    """Asked for in the same breath as the change, they are for the changed text."""
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", "x = 1\n")
    await editor.findings(uri)
    editor.change(uri, types.TextDocumentContentChangeWholeDocument(NOT_CALLED))
    actions = await editor.actions(uri, everything(NOT_CALLED), ["quickfix"])
    editor.apply(actions[0].edit)
    assert editor.text(uri).endswith("model.eval()\n")


async def test_client_without_versioned_edits(editor: Editor, tmp_path: Path) -> None:
    bare = types.ClientCapabilities(types.WorkspaceClientCapabilities(), CAPABILITIES.text_document)
    await editor.begin(tmp_path, capabilities=bare)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    actions = await editor.actions(uri, everything(NOT_CALLED), ["quickfix"])
    for action in actions:
        assert action.edit is not None
        assert action.edit.document_changes is None
        assert list(action.edit.changes or ()) == [uri]


# ── fix all ──


async def test_fix_all_repairs_all_that_is_safe(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    text = FORGETFUL + "model.eval\nmodel.train\n"
    uri = editor.open(tmp_path / "train.py", text)
    assert len(await editor.findings(uri)) == 3
    (action,) = await editor.actions(uri, everything(text), [FIX_ALL])
    editor.apply(action.edit)
    assert editor.text(uri) == TRAINING + "model.eval()\nmodel.train()\n"
    assert not any((one.data or {}).get("safe") for one in await editor.findings(uri))  # type: ignore[union-attr]


async def test_fix_all_leaves_the_server_with_the_text_of_the_client(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    (before,) = await editor.findings(uri)
    await editor.actions(uri, everything(NOT_CALLED), [FIX_ALL])
    editor.replace(uri, "import torch\n", "\nimport torch\n")
    (after,) = await editor.findings(uri)
    assert after.range.start.line == before.range.start.line + 1


async def test_fix_all_is_worked_out_when_it_is_chosen(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
    (offered,) = (one for one in await editor.actions(uri, everything(NOT_CALLED)) if one.kind == FIX_ALL)
    assert offered.edit is None
    resolved = await editor.code_action_resolve_async(offered)
    editor.apply(resolved.edit)
    assert editor.text(uri).endswith("model.eval()\n")


async def test_stale_offer_is_refused(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
    (offered,) = (one for one in await editor.actions(uri, everything(NOT_CALLED)) if one.kind == FIX_ALL)
    editor.change(uri, edit((0, 0), (0, 0), "# more\n"))
    with pytest.raises(JsonRpcException) as refusal:
        await editor.code_action_resolve_async(offered)
    assert refusal.value.code == JsonRpcContentModified.CODE


async def test_client_that_cannot_resolve_is_offered_fix_all_when_it_asks(editor: Editor, tmp_path: Path) -> None:
    bare = types.ClientCapabilities(
        CAPABILITIES.workspace,
        types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True)
        ),
    )
    await editor.begin(tmp_path, capabilities=bare)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    everywhere = everything(NOT_CALLED)
    assert all(one.edit is not None for one in await editor.actions(uri, everywhere))
    (action,) = await editor.actions(uri, everywhere, ["source.fixAll"])
    assert action.edit is not None


async def test_clean_text_has_nothing_to_fix(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", TRAINING)
    await editor.findings(uri)
    assert await editor.actions(uri, everything(TRAINING)) == []


def fixable(slug: str, *edits: Edit, safety: Safety = Safety.SAFE) -> Diagnosis:
    fix = Fix("Mend", edits, safety)
    return Diagnosis(RULES[slug], Severity.WARNING, edits[0].span, "is", "does", "mend", (), fix)


def test_of_fixes_that_conflict_the_first_is_taken() -> None:
    first, second = Edit(Span(0, 3), "a"), Edit(Span(2, 5), "b")
    same = Edit(Span(7, 7), "c")
    diagnoses = [
        fixable("missing-zero-grad", first, same),
        fixable("missing-zero-grad", second),
        fixable("mode-method-not-called", same),
        fixable("missing-zero-grad", Edit(Span(9, 9), "d"), safety=Safety.UNSAFE),
    ]
    assert edits_of(chosen(diagnoses)) == [first, same]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\nb\nc\n", "a\nx\nb\nc\n"),
        ("a\r\nb", "a\r\nb\r\nc"),
        ("a\n\u2028\nb\n", "b\n"),
        ("", "a"),
        ("a", ""),
        ("a\n", "a\n"),
    ],
)
def test_difference_leads_from_one_text_to_the_other(old: str, new: str) -> None:
    assert apply(old, difference(old, new)) == new


# ── ignoring ──


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
