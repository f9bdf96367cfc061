"""What the client offers to do about findings, and that it is right when done."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import CAPABILITIES, Editor, edit, everything
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams
from samples import CLEARED, FORGETFUL, NOT_CALLED, TRAINING
from torch_pitfalls.check import Diagnosis
from torch_pitfalls.fixing import chosen, difference, edits_of
from torch_pitfalls.rule import Fix, Safety, Severity
from torch_pitfalls.rules import RULES
from torch_pitfalls.text.edits import Edit, Span, apply

FIX_ALL = "source.fixAll.torch-pitfalls"


async def named(editor: Editor, uri: str, range: types.Range, title: str) -> list[types.CodeAction]:
    return [one for one in await editor.actions(uri, range) if one.title == title]


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
        assert len(await editor.actions(uri, types.Range(cursor, cursor), ["quickfix"])) > 1


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


# ── all of one rule ──


async def test_all_of_one_rule_are_repaired(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    text = FORGETFUL + "model.eval\nmodel.train\n"
    uri = editor.open(tmp_path / "train.py", text)
    found = {one.range.start.line: one for one in await editor.findings(uri)}
    last = found[max(found)]
    (offered,) = await named(editor, uri, last.range, "Fix all mode-method-not-called in this file")
    assert offered.edit is None
    assert list(offered.diagnostics or ()) == [last]
    assert not offered.is_preferred
    resolved = await editor.code_action_resolve_async(offered)
    editor.apply(resolved.edit)
    assert editor.text(uri) == FORGETFUL + "model.eval()\nmodel.train()\n"


async def test_one_finding_of_a_rule_needs_no_action_for_all(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", NOT_CALLED)
    (found,) = await editor.findings(uri)
    assert not await named(editor, uri, found.range, "Fix all mode-method-not-called in this file")


async def test_safe_repairs_bring_no_others(editor: Editor, tmp_path: Path) -> None:
    """The second of these loops may be repaired, but its repair needs a look."""
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL + FORGETFUL)
    found = await editor.findings(uri)
    safe = {one.range.start.line: (one.data or {}).get("safe") for one in found}  # type: ignore[union-attr]
    for one in found:
        (offered,) = await named(editor, uri, one.range, "Fix all missing-zero-grad in this file")
        assert (offered.data or {})["unsafe"] is not safe[one.range.start.line]  # type: ignore[index]


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


@pytest.mark.parametrize("data", [None, 5, {}, {"do": "harm"}, {"what": "file", "uri": 1, "version": [], "more": 1}])
async def test_action_of_somebody_else_is_refused(editor: Editor, tmp_path: Path, data: object) -> None:
    await editor.begin(tmp_path)
    with pytest.raises(JsonRpcException) as refusal:
        await editor.code_action_resolve_async(types.CodeAction("Something else", data=data))  # type: ignore[arg-type]
    assert refusal.value.code == JsonRpcInvalidParams.CODE


async def test_client_that_cannot_resolve_is_offered_fix_all_when_it_asks(editor: Editor, tmp_path: Path) -> None:
    bare = types.ClientCapabilities(
        CAPABILITIES.workspace,
        types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True)
        ),
    )
    await editor.begin(tmp_path, capabilities=bare)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
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
