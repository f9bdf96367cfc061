"""The server has the same text as the client, whatever is typed and however it is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor, edit
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec
from samples import NOT_CALLED
from torch_pitfalls.lsp.convert import Place, column_of, path_of, units_of, uri_of
from torch_pitfalls.lsp.documents import Document, LineTable
from torch_pitfalls.text.edits import Edit, Span
from torch_pitfalls.text.source import Source

ENCODINGS = ["utf-8", "utf-16", "utf-32"]

# ── the line table ──

TEXTS = st.text(st.sampled_from("ab\n\r\f\u2028\u0085é😀"), max_size=12)


@given(st.text(st.sampled_from("ab\n\r\f\u2028é"), max_size=40), st.data())
def test_line_table_is_that_of_the_text(text: str, data: st.DataObject) -> None:
    table = LineTable(text)
    for _ in range(6):
        fresh = Source(table.text)
        first, last = sorted(data.draw(st.integers(0, fresh.line_count - 1)) for _ in range(2))
        starts = sorted(fresh.line_starts[n] + data.draw(st.integers(0, len(fresh.line(n)))) for n in (first, last))
        one = Edit(Span(starts[0], starts[1]), data.draw(TEXTS))
        expected = table.text[: starts[0]] + one.text + table.text[starts[1] :]
        table.splice(first, last, one)
        assert table.text == expected
        assert [table.start(n) for n in range(len(table))] == Source(expected).line_starts
        assert [table.line(n) for n in range(len(table))] == [Source(expected).line(n) for n in range(len(table))]


# ── documents ──


def document(text: str, encoding: str = "utf-16") -> Document:
    return Document("file:///a.py", text, 1, position_codec=PositionCodec(encoding))


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "expected"),
    [
        ("a\fb\nc\n", (1, 1), (1, 1), "d", "a\fb\ncd\n"),
        ('a = "\u2028"\nc\n', (1, 1), (1, 1), "d", 'a = "\u2028"\ncd\n'),
        ("a\x85b\x0bc\nd", (1, 0), (1, 1), "e", "a\x85b\x0bc\ne"),
        ("a\r\nb\rc\nd", (2, 0), (3, 1), "e", "a\r\nb\re"),
        ("a\nbc", (1, 99), (1, 99), "d", "a\nbcd"),
        ("a\nbc", (99, 3), (99, 5), "d", "a\nbcd"),
        ("a\nbc\n", (0, 99), (0, 99), "d", "ad\nbc\n"),
        ("a\r\nb\r\n", (0, 99), (1, 99), "", "a\r\n"),
        ("abc\ndef\n", (1, 1), (0, 1), "X", "aXef\n"),
        ("", (0, 0), (0, 0), "a", "a"),
        ("a\rb", (1, 0), (1, 0), "\n", "a\r\nb"),
    ],
)
def test_change_is_made_where_the_protocol_says(
    text: str, start: tuple[int, int], end: tuple[int, int], new: str, expected: str
) -> None:
    one = document(text)
    one.apply_change(edit(start, end, new))
    assert one.source == expected
    assert "".join(one.lines) == expected
    assert len(one.lines) == Source(expected).line_count


def test_changes_are_handed_on_in_order() -> None:
    one = document("ab")
    one.apply_change(edit((0, 1), (0, 1), "x"))
    one.apply_change(types.TextDocumentContentChangeWholeDocument("new"))
    one.apply_change(edit((0, 0), (0, 3), "old"))
    assert one.take_changes() == ["new", Edit(Span(0, 3), "old")]
    assert one.take_changes() == []


# ── counting ──


@pytest.mark.parametrize(
    ("encoding", "units", "column"),
    [
        ("utf-16", 0, 0),
        ("utf-16", 1, 1),
        ("utf-16", 2, 1),
        ("utf-16", 3, 2),
        ("utf-16", 4, 3),
        ("utf-8", 4, 1),
        ("utf-8", 5, 2),
        ("utf-8", 6, 2),
        ("utf-8", 7, 3),
        ("utf-32", 2, 2),
        ("utf-16", 99, 4),
        ("utf-8", 99, 4),
        ("utf-32", 99, 4),
    ],
)
def test_column_in_a_line_with_an_emoji(encoding: str, units: int, column: int) -> None:
    """A place inside a character is the place before it."""
    assert column_of("a😀éb", units, encoding) == column


@given(st.text(max_size=20), st.sampled_from(ENCODINGS), st.data())
def test_units_and_columns_agree(line: str, encoding: str, data: st.DataObject) -> None:
    column = data.draw(st.integers(0, len(line)))
    assert column_of(line, units_of(line[:column], encoding), encoding) == column


@given(TEXTS, st.sampled_from(ENCODINGS), st.data())
def test_places_and_offsets_agree(text: str, encoding: str, data: st.DataObject) -> None:
    place = Place(Source(text), encoding)
    offset = data.draw(st.integers(0, len(text)))
    if text[offset - 1 : offset + 1] != "\r\n":
        assert place.offset(place.position(offset)) == offset


@pytest.mark.parametrize("path", ["/a/train.py", "/a b/train;x.py", "/a/100%/t#1.py", "/a/训练.py", "/a/q?.py"])
def test_path_comes_back_from_its_uri(path: str) -> None:
    assert path_of(uri_of(path)) == path


def test_uri_that_is_no_file_is_its_own_path() -> None:
    assert path_of("untitled:Untitled-1") == uri_of("untitled:Untitled-1") == "untitled:Untitled-1"


@pytest.mark.parametrize("uri", ["file:///a/b.py", "file://localhost/a/b.py", "file:///a/%62.py"])
def test_a_file_has_one_path(uri: str) -> None:
    assert path_of(uri) == "/a/b.py"


# ── with a server ──


async def test_text_is_in_step_below_odd_line_ends(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    text = 'odd = "a\u2028b\x85c"\n\f\n' + NOT_CALLED.replace("model.eval\n", "model.ev\n")
    uri = editor.open(tmp_path / "a.py", text)
    assert await editor.slugs(uri) == []
    line = text[: text.index("model.ev\n")].count("\n")
    editor.change(uri, edit((line, 8), (line + 1, 0), "al\n"))
    (found,) = await editor.findings(uri)
    assert (found.range.start.line, found.range.start.character) == (line, 0)


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_columns_count_as_was_agreed(editor: Editor, tmp_path: Path, encoding: str) -> None:
    result = await editor.begin(tmp_path, encodings=[encoding])
    assert result.capabilities.position_encoding == encoding
    text = NOT_CALLED.replace("model.eval\n", '"😀é"; model.ev')
    uri = editor.open(tmp_path / "a.py", text)
    assert await editor.slugs(uri) == []
    line = text.count("\n")
    end = units_of(text.split("\n")[-1], encoding)
    editor.change(uri, edit((line, end), (line, end), "al "))
    (found,) = await editor.findings(uri)
    start = units_of('"😀é"; ', encoding)
    assert (found.range.start.line, found.range.start.character) == (line, start)
    assert found.range.end.character == start + len("model.eval")


async def test_windows_line_ends(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    text = NOT_CALLED.replace("model.eval\n", "model.ev\n").replace("\n", "\r\n")
    uri = editor.open(tmp_path / "a.py", text)
    editor.change(uri, edit((3, 99), (3, 99), "al "))
    (found,) = await editor.findings(uri)
    assert (found.range.start.line, found.range.end.character) == (3, len("model.eval"))


async def test_whole_text_may_be_sent(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", "x = 1\n")
    editor.change(uri, types.TextDocumentContentChangeWholeDocument(NOT_CALLED))
    assert await editor.slugs(uri) == ["mode-method-not-called"]


async def test_untitled_document(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open("untitled:Untitled-1", NOT_CALLED)
    assert await editor.slugs(uri) == ["mode-method-not-called"]


async def test_reopened_document_has_its_new_text(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    assert await editor.slugs(uri) == ["mode-method-not-called"]
    editor.close(uri)
    await editor.until(lambda: not editor.shown[-1].diagnostics)
    editor.shown.clear()
    editor.open(tmp_path / "a.py", "x = 1\n")
    assert await editor.slugs(uri) == []


async def test_other_languages_and_unopened_documents_are_left_alone(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    editor.open(tmp_path / "a.txt", NOT_CALLED, language="plaintext")
    stranger = types.VersionedTextDocumentIdentifier(2, (tmp_path / "b.py").as_uri())
    editor.text_document_did_change(types.DidChangeTextDocumentParams(stranger, [edit((0, 0), (0, 0), "x")]))
    uri = editor.open(tmp_path / "c.py", NOT_CALLED)
    await editor.findings(uri)
    assert {one.uri for one in editor.shown} == {uri}
    assert not editor.messages, "nothing pops up"


async def test_last_of_many_changes_is_shown(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED)
    for _ in range(100):
        editor.change(uri, edit((4, 0), (4, 0), "# x\n"))
    editor.change(uri, edit((3, 10), (3, 10), "()"))
    assert await editor.slugs(uri) == []
    versions = [one.version or 0 for one in editor.shown]
    assert versions == sorted(versions)
    assert versions[-1] == editor.documents[uri].version


async def test_broken_text_keeps_the_findings_of_the_rest(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path)
    uri = editor.open(tmp_path / "a.py", NOT_CALLED + "\n\ndef broken(:\n    x = = 2\n")
    assert await editor.slugs(uri) == ["mode-method-not-called"]
