"""What the pointer shows on a finding."""

from __future__ import annotations

from pathlib import Path

from editor import CAPABILITIES, Editor
from lsprotocol import types
from samples import FORGETFUL, NOT_CALLED
from torch_pitfalls.check import Diagnosis, Report
from torch_pitfalls.lsp.features.hover import markdown, plain
from torch_pitfalls.lsp.session import Analysis
from torch_pitfalls.lsp.views import single
from torch_pitfalls.rule import Severity
from torch_pitfalls.rules import RULES
from torch_pitfalls.text.edits import Span
from torch_pitfalls.text.source import Source

MARKDOWN_ONLY = types.ClientCapabilities(
    CAPABILITIES.workspace,
    types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True),
        hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
    ),
)


def text_of(hover: types.Hover | None) -> str:
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


async def test_finding_is_explained(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    hover = await editor.hover(uri, found.range.start.line, found.range.start.character + 2)
    text = text_of(hover)
    headline, effect = found.message.split("\n")
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.kind is types.MarkupKind.Markdown
    assert hover.range == found.range
    assert headline not in text, "editors show the diagnostic beside the hover"
    assert effect[1:] not in text
    parts = [
        "**How to fix:** ",
        "`optimizer.zero_grad()`",
        RULES["missing-zero-grad"].title,
        "missing-zero-grad.md)",
        "quick fix, safe",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


NAMES = """\
import torch
from torch.utils.data import DataLoader


def load(data, path):
    loader = DataLoader(data, pin_memory=True)
    with torch.no_grad():
        return loader, len(path)
"""


async def test_names_of_torch_are_explained(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", NAMES)
    assert await editor.findings(uri) == []
    hover = await editor.hover(uri, 6, 17)
    text = text_of(hover)
    assert text.startswith("**`no_grad`**\n\nRecords no graph inside")
    assert "inference-without-no-grad.md)" in text
    assert hover is not None
    assert hover.range == types.Range(types.Position(6, 15), types.Position(6, 22))
    assert "page-locked" in text_of(await editor.hover(uri, 5, 34))
    assert await editor.hover(uri, 7, 25) is None


async def test_other_places_are_links_where_the_diagnostic_does_not_show_them(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, capabilities=MARKDOWN_ONLY)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert not found.related_information
    text = text_of(await editor.hover(uri, found.range.start.line, found.range.start.character))
    line = FORGETFUL.splitlines().index("    optimizer.step()") + 1
    assert f"[line {line}]({uri}#L{line}): this step uses" in text


async def test_other_places_are_left_to_the_diagnostic(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert found.related_information
    text = text_of(await editor.hover(uri, found.range.start.line, found.range.start.character))
    assert not any(note.message in text for note in found.related_information)


async def test_there_is_nothing_beside_a_finding(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    await editor.findings(uri)
    assert await editor.hover(uri, 0, 0) is None
    assert await editor.hover(uri, 9999, 9999) is None
    assert await editor.hover((tmp_path / "other.py").as_uri(), 0, 0) is None


async def test_neighbours_are_explained_each_for_itself(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    text = NOT_CALLED.replace("model.eval\n", "model.eval;model.train\n")
    uri = editor.open(tmp_path / "a.py", text)
    assert len(await editor.findings(uri)) == 2
    inside = text_of(await editor.hover(uri, 3, 3))
    assert inside.count("**How to fix:**") == 1
    assert "`model.train()`" not in inside
    assert "`model.eval()`" in inside


def test_overlapping_findings_are_explained_one_below_the_other() -> None:
    rule = RULES["missing-zero-grad"]
    source = Source("a(b)\n")
    outer = Diagnosis(rule, Severity.WARNING, Span(0, 4), "outer", "goes wrong", "mend `a`")
    inner = Diagnosis(rule, Severity.ERROR, Span(2, 3), "inner", "fails", "mend `b`")
    report = Report("/a.py", source, (outer, inner))
    analysis = Analysis(single("/a.py", "file:///a.py", 1), report, ())
    text = markdown(analysis, [inner, outer], other_places=False)
    assert text.index("mend `b`.") < text.index("\n---\n") < text.index("mend `a`.")


async def test_client_without_markdown_gets_plain_text(editor: Editor, tmp_path: Path) -> None:
    bare = types.ClientCapabilities(
        CAPABILITIES.workspace,
        types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(version_support=True),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.PlainText]),
        ),
    )
    await editor.begin(tmp_path, capabilities=bare)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    await editor.findings(uri)
    hover = await editor.hover(uri, 3, 1)
    text = text_of(hover)
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert hover.contents.kind is types.MarkupKind.PlainText
    assert "model.eval" in text
    assert "**" not in text
    assert "`" not in text
    assert "](" not in text


def test_plain_text_keeps_names() -> None:
    assert plain("**`a_b` is** [here](file:///c.md#L3)") == "a_b is here"
