"""Characters: spans, edits and line tables."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_pitfalls.text.edits import Edit, Span, apply, between, conflict
from torch_pitfalls.text.source import Joined, Source

MANY = settings(max_examples=200, deadline=None, derandomize=True)


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(Span(start, end), text)


# ── spans ──


@pytest.mark.parametrize(
    ("a", "b", "overlap"),
    [
        (Span(0, 2), Span(1, 3), True),
        (Span(0, 3), Span(1, 2), True),
        (Span(0, 2), Span(2, 4), False),
        (Span(0, 2), Span(5, 6), False),
        (Span(0, 2), Span(0, 2), True),
        (Span(1, 1), Span(1, 1), True),
        (Span(1, 1), Span(2, 2), False),
        (Span(1, 1), Span(0, 2), True),
        (Span(0, 0), Span(0, 2), False),
        (Span(2, 2), Span(0, 2), False),
    ],
)
def test_overlaps(a: Span, b: Span, overlap: bool) -> None:
    assert a.overlaps(b) is overlap
    assert b.overlaps(a) is overlap
    assert a.shifted(3).overlaps(b.shifted(3)) is overlap


def test_shifted() -> None:
    assert Span(1, 4).shifted(10) == Span(11, 14)
    assert edit(1, 4, "x").shifted(10) == edit(11, 14, "x")


# ── edits ──


def test_edits_speak_of_the_text_before_all_of_them() -> None:
    assert apply("abcdef", [edit(4, 5, "EEE"), edit(0, 1, ""), edit(2, 2, "-")]) == "b-cdEEEf"


def test_the_same_edit_twice_counts_once() -> None:
    assert apply("abc", [edit(1, 1, "+"), edit(1, 1, "+")]) == "a+bc"


def test_no_edits() -> None:
    assert apply("abc", []) == "abc"


def test_edits_that_touch() -> None:
    assert apply("abcd", [edit(0, 2, "x"), edit(2, 4, "y")]) == "xy"
    assert apply("abcd", [edit(2, 4, "y"), edit(2, 2, "in")]) == "abiny"


@pytest.mark.parametrize(
    "edits",
    [
        [edit(0, 3, "x"), edit(2, 4, "y")],
        [edit(0, 4, "x"), edit(1, 2, "y")],
        [edit(1, 3, "x"), edit(1, 3, "y")],
    ],
)
def test_edits_that_overlap_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="edits overlap at character"):
        apply("abcdef", edits)
    with pytest.raises(ValueError, match="edits overlap at character"):
        apply("abcdef", reversed(edits))


def test_conflict() -> None:
    assert conflict([edit(0, 3, "x")], [edit(2, 4, "y")])
    assert conflict([edit(1, 1, "x")], [edit(1, 1, "y")])
    assert not conflict([edit(0, 3, "x")], [edit(0, 3, "x")])
    assert not conflict([edit(0, 3, "x")], [edit(3, 4, "y")])
    assert not conflict([], [edit(3, 4, "y")])


@st.composite
def texts_with_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    """A text and edits of it that do not overlap."""
    text = draw(st.text("ab\n\r", max_size=30))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    return text, [
        edit(start, end, draw(st.text("xy\n", max_size=3))) for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]


@MANY
@given(texts_with_edits())
def test_edits_together_are_the_edits_one_by_one_from_the_end(case: tuple[str, list[Edit]]) -> None:
    text, edits = case
    expected = text
    for each in sorted(edits, reverse=True):
        expected = expected[: each.span.start] + each.text + expected[each.span.end :]
    assert apply(text, edits) == expected


@MANY
@given(texts_with_edits(), st.integers(0, 3))
def test_edits_without_conflict_can_be_applied_together(case: tuple[str, list[Edit]], where: int) -> None:
    text, edits = case
    some, others = edits[:where], edits[where:]
    assert not conflict(some, others)
    assert apply(text, [*some, *others]) == apply(text, [*others, *some])


# ── lines ──

AWKWARD = "one\r\ntwo\nthree\rfour\x0c five\u2028six\x85seven\x0beight\n\n\rnine"


def test_lines_end_where_the_tokenizer_says() -> None:
    source = Source(AWKWARD)
    lines = [source.line(number) for number in range(source.line_count)]
    assert lines == ["one", "two", "three", "four\x0c five\u2028six\x85seven\x0beight", "", "", "nine"]
    assert source.line(-1) == source.line(source.line_count) == ""


@pytest.mark.parametrize(
    ("text", "starts"),
    [("", [0]), ("a", [0]), ("a\n", [0, 2]), ("\r\n\r\n", [0, 2, 4]), ("\n\r", [0, 1, 2]), ("\r\r\n", [0, 1, 3])],
)
def test_line_starts(text: str, starts: list[int]) -> None:
    source = Source(text)
    assert source.line_starts == starts
    assert source.line_count == len(starts)


def test_positions_outside_are_clamped() -> None:
    source = Source("ab\ncd\n")
    assert source.position(-5) == (0, 0)
    assert source.position(99) == (2, 0)
    assert source.offset(-1, 5) == 0
    assert source.offset(0, 99) == 2
    assert source.offset(0, -3) == 0
    assert source.offset(9, 0) == 6


def test_a_place_after_a_carriage_return_belongs_to_its_line() -> None:
    source = Source("ab\r\ncd")
    assert source.position(2) == (0, 2)
    assert source.position(4) == (1, 0)
    assert source.offset(0, 99) == 2


TEXTS = st.text("ab \n\r\x0c\u2028é😀", max_size=40)


@MANY
@given(TEXTS)
def test_positions_and_offsets_are_inverse(text: str) -> None:
    source = Source(text)
    for offset in range(len(text) + 1):
        line, column = source.position(offset)
        inside_a_line_end = column > len(source.line(line))
        assert source.offset(line, column) == offset - inside_a_line_end


@MANY
@given(TEXTS)
def test_lines_joined_are_the_text(text: str) -> None:
    source = Source(text)
    pieces = re.split(r"\r\n|\n|\r", text)
    assert [source.line(number) for number in range(source.line_count)] == pieces


@MANY
@given(TEXTS)
def test_places_counted_in_bytes(text: str) -> None:
    source = Source(text)
    for number in range(source.line_count):
        line = source.line(number)
        for column in range(len(line) + 1):
            counted = len(line[:column].encode("utf-8"))
            assert source.byte_offset(number, counted) == source.offset(number, column)


@given(st.lists(st.text(alphabet="ab\n\r🔥é", max_size=6), max_size=5), st.data())
def test_joined_sources_are_the_source_of_the_whole(texts: list[str], data: st.DataObject) -> None:
    ended = [text.replace("\r", "\r\n") + "\n" for text in texts[:-1]] + texts[-1:]
    whole, joined = Source("".join(ended)), Joined([Source(text) for text in ended])
    assert joined.text == whole.text
    assert joined.line_count == whole.line_count
    offset = data.draw(st.integers(-2, len(whole.text) + 2))
    assert joined.position(offset) == whole.position(offset)
    line, column = data.draw(st.integers(-2, whole.line_count + 2)), data.draw(st.integers(-1, 9))
    assert joined.line(line) == whole.line(line)
    assert joined.offset(line, column) == whole.offset(line, column)


@MANY
@given(st.text("ab\n"), st.text("ab\n"))
def test_one_edit_leads_from_one_text_to_another(old: str, new: str) -> None:
    edit = between(old, new)
    assert apply(old, [edit]) == new
    if old == new:
        assert edit == Edit(Span(len(old), len(old)), "")


def test_the_edit_between_two_texts_is_what_was_typed() -> None:
    assert between("model.\nloss\n", "model.t\nloss\n") == edit(6, 6, "t")
    assert between("model.t\n", "model.\n") == edit(6, 7, "")
