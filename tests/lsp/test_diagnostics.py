"""What is shown of a finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import CAPABILITIES, Editor
from lsprotocol import types
from samples import FORGETFUL, NOT_CALLED, TRAINING
from torch_pitfalls.lsp.convert import SEVERITIES, TAGS, path_of
from torch_pitfalls.rule import Tag
from torch_pitfalls.rules import RULES


async def test_finding_is_shown_whole(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL, version=7)
    (found,) = await editor.findings(uri, 7)
    lines = FORGETFUL.splitlines()
    marked = lines[found.range.start.line][found.range.start.character : found.range.end.character]
    headline, effect = found.message.split("\n")
    assert found.source == "torch-pitfalls"
    assert found.code == "missing-zero-grad"
    assert found.severity is SEVERITIES[RULES[found.code].severity]
    assert "`optimizer`" in headline
    assert "`backward()`" in effect
    assert marked in ("loss.backward()", "optimizer.step()")
    assert found.data == {"fix": found.data["fix"], "safe": True}  # type: ignore[index,call-overload]


async def test_finding_leads_to_its_page(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert found.code_description is not None
    page = Path(path_of(found.code_description.href))
    assert page.name == "missing-zero-grad.md"
    assert "zero_grad" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("locale", "path"), [("en", "rules"), ("zh-cn", "rules/zh-cn")])
async def test_finding_leads_to_the_documentation_site(editor: Editor, tmp_path: Path, locale: str, path: str) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.torch-pitfalls]\ndocumentation = "https://docs.example/p/"\n', "utf-8"
    )
    await editor.begin(tmp_path, locale=locale)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert found.code_description is not None
    assert found.code_description.href == f"https://docs.example/p/{path}/missing-zero-grad/"
    hover = await editor.hover(uri, found.range.start.line, found.range.start.character + 1)
    assert hover is not None
    assert found.code_description.href in str(hover.contents)


async def test_finding_names_the_other_places(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert found.related_information
    for place in found.related_information:
        assert place.location.uri == uri
        assert place.message
        assert FORGETFUL.splitlines()[place.location.range.start.line].strip()


async def test_statement_without_effect_is_faded(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    (found,) = await editor.findings(uri)
    assert list(found.tags or ()) == [types.DiagnosticTag.Unnecessary]


def test_every_tag_of_a_rule_is_one_of_the_protocol() -> None:
    assert set(TAGS) == set(Tag)
    assert {tag for rule in RULES.values() for tag in rule.tags} == set(Tag)


async def test_client_gets_only_what_it_knows_of(editor: Editor, tmp_path: Path) -> None:
    bare = types.ClientCapabilities(
        CAPABILITIES.workspace,
        types.TextDocumentClientCapabilities(publish_diagnostics=types.PublishDiagnosticsClientCapabilities()),
    )
    await editor.begin(tmp_path, capabilities=bare)
    uri = editor.open(tmp_path / "train.py", FORGETFUL + "model.eval\n")
    for found in await editor.findings(uri):
        assert found.message
        assert found.code
        assert found.tags is None
        assert found.data is None
        assert found.code_description is None
        assert found.related_information is None


async def test_diagnostics_follow_the_text(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", TRAINING)
    assert await editor.slugs(uri) == []
    editor.replace(uri, "    optimizer.zero_grad()\n", "")
    assert await editor.slugs(uri) == ["missing-zero-grad"]
    editor.replace(uri, "import torch\n", "# moved\nimport torch\n")
    (found,) = await editor.findings(uri)
    line = editor.text(uri).splitlines()[found.range.start.line]
    assert "backward" in line or "step" in line


async def test_closed_document_shows_nothing(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    assert await editor.findings(uri)
    editor.close(uri)
    await editor.until(lambda: not editor.shown[-1].diagnostics)
    assert editor.shown[-1].uri == uri


async def test_every_document_is_shown(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uris = [editor.open(tmp_path / f"a{n}.py", NOT_CALLED) for n in range(30)]
    for uri in uris:
        assert await editor.slugs(uri) == ["mode-method-not-called"]


async def test_text_that_cannot_be_analysed_is_named_in_the_log(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", "x = 1\0\n")
    assert await editor.findings(uri) == []
    await editor.until(lambda: any("a.py" in one.message for one in editor.log_messages))
    assert not editor.messages, "nothing pops up"
