"""How findings look: the excerpt with its underlines, one-line form, JSON and the last line."""

from __future__ import annotations

import json as stdlib_json

import pytest
from torch_pitfalls import report
from torch_pitfalls.check import Diagnosis, Related, Report
from torch_pitfalls.report import concise, json, text
from torch_pitfalls.rule import Edit, Example, Fix, Rule, Safety, Severity, Span
from torch_pitfalls.text.source import Source

RULE = Rule("some-rule", "Some page", "gradient", Severity.ERROR, None, Example("", "", ""), None, None)  # type: ignore[arg-type]


def diagnosis(source: str, marked: str, *notes: Related, fix: Fix | None = None, **changes: object) -> Diagnosis:
    start = source.index(marked)
    parts = {
        "headline": "headline",
        "effect": "effect",
        "remedy": "remedy",
        "severity": Severity.ERROR,
        **changes,
    }
    return Diagnosis(rule=RULE, span=Span(start, start + len(marked)), notes=notes, fix=fix, **parts)  # type: ignore[arg-type]


def entries(source: str, *diagnoses: Diagnosis, others: dict[str, str] | None = None) -> tuple[report.Entry, ...]:
    def other(path: str) -> Source | None:
        return Source(others[path]) if others and path in others else None

    one = Report("/p/train.py", Source(source), diagnoses)
    return report.entries(one, lambda path: path.removeprefix("/p/"), other)


def rendered(source: str, marked: str, *notes: Related, others: dict[str, str] | None = None) -> str:
    return text.render(entries(source, diagnosis(source, marked, *notes), others=others))


def excerpt(source: str, marked: str) -> list[str]:
    """The rows of source and underline, without the gutter's padding."""
    return rendered(source, marked).split("  |\n", 1)[1].rsplit("\n  |\n", 1)[0].splitlines()


def test_a_finding_with_a_note_beside_it():
    source = "for x in data:\n    loss.backward()\n    optimizer.step()\n"
    note = Related("/p/train.py", (2, 4), (2, 20), "used here")
    assert rendered(source, "loss.backward()", note) == (
        "error[some-rule]: headline\n"
        " --> train.py:2:5\n"
        "  |\n"
        "2 |     loss.backward()\n"
        "  |     ^^^^^^^^^^^^^^^\n"
        "3 |     optimizer.step()\n"
        "  |     ---------------- note: used here\n"
        "  |\n"
        "  = effect: effect\n"
        "  = help: remedy\n"
        "\n"
    )


def test_a_note_far_away_and_one_in_another_file():
    source = "first()\n" + "\n" * 10 + "second()\n"
    here = Related("/p/train.py", (0, 0), (0, 5), "began here")
    there = Related("/p/models.py", (1, 4), (1, 8), "made here")
    shown = rendered(source, "second", here, there, others={"/p/models.py": "\nx = Net()\n"})
    assert shown == (
        "error[some-rule]: headline\n"
        "  --> train.py:12:1\n"
        "   |\n"
        " 1 | first()\n"
        "   | ----- note: began here\n"
        "...\n"
        "12 | second()\n"
        "   | ^^^^^^\n"
        "   |\n"
        "  ::: models.py:2:5\n"
        "   |\n"
        " 2 | x = Net()\n"
        "   |     ---- note: made here\n"
        "   |\n"
        "   = effect: effect\n"
        "   = help: remedy\n"
        "\n"
    )


def test_a_note_in_a_file_that_cannot_be_read_still_tells_its_place():
    note = Related("/p/gone.py", (4, 2), (4, 3), "made here")
    assert "  = note: gone.py:5:3: made here\n" in rendered("x\n", "x", note)


@pytest.mark.parametrize(
    ("line", "marked", "shown", "underline"),
    [
        ("ab = call(x)", "call(x)", "ab = call(x)", "     ^^^^^^^"),
        ("\tcall(x)", "call(x)", "    call(x)", "    ^^^^^^^"),
        ("a\tcall(\tx)", "call(\tx)", "a    call(    x)", "     ^^^^^^^^^^^"),
        ("'日本', call()", "call()", "'日本', call()", "        ^^^^^^"),
        ("x = '日本'", "'日本'", "x = '日本'", "    ^^^^^^"),
        ("'👍'; call()", "call()", "'👍'; call()", "      ^^^^^^"),
        ("'e\u0301'; call()", "call()", "'e\u0301'; call()", "     ^^^^^^"),
        ("\x0ccall()", "call()", "␌call()", " ^^^^^^"),
        ("'\x1b[2J'; call()", "call()", "'␛[2J'; call()", "        ^^^^^^"),
        ("'\u202e'; call()", "call()", "'\ufffd'; call()", "     ^^^^^^"),
    ],
)
def test_underlines_stand_below_what_they_mark(line: str, marked: str, shown: str, underline: str):
    assert excerpt(f"{line}\n", marked) == [f"1 | {shown}", f"  | {underline}"]


def test_an_empty_range_is_marked_by_one_sign():
    assert excerpt("abc\n", "") == ["1 | abc", "  | ^"]


def test_a_range_over_several_lines_is_marked_at_both_ends():
    source = "with a:\n    call(\n        x,\n        y,\n    )\n"
    assert excerpt(source, source[12:-1]) == [
        "2 |     call(",
        "  |     ^^^^^",
        "...",
        "5 |     )",
        "  |     ^",
    ]


def test_a_range_that_ends_at_the_start_of_a_line_is_marked_before_it():
    assert excerpt("    call()\n    x\n", "call()\n") == ["1 |     call()", "  |     ^^^^^^"]


def test_a_very_long_line_is_cut_around_the_mark():
    source = f"x = [{'1, ' * 1000}call(), {'2, ' * 1000}]\n"
    line, underline = excerpt(source, "call()")
    assert len(line) < 160
    assert line[underline.index("^") :].startswith("call()")
    assert underline.count("^") == 6
    assert line.startswith("1 | …")
    assert line.endswith("…")


def test_colours_change_nothing_but_colours():
    source = "loss.backward()\noptimizer.step()\n"
    note = Related("/p/train.py", (1, 0), (1, 9), "used here")
    some = entries(source, diagnosis(source, "loss.backward()", note))
    coloured = text.render(some, colour=True)
    assert "\x1b[1;31merror[some-rule]\x1b[0m" in coloured
    assert "\x1b[1;31m^^^^^^^^^^^^^^^\x1b[0m" in coloured
    plain = coloured
    for code in ("1", "0", "1;31", "1;32", "1;34"):
        plain = plain.replace(f"\x1b[{code}m", "")
    assert plain == text.render(some)


def test_concise_form():
    source = "x\n  loss.backward()\n"
    some = entries(source, diagnosis(source, "loss", severity=Severity.WARNING))
    assert concise.render(some) == "train.py:2:3: warning: headline [some-rule]\n"


def test_json_counts_from_one_and_in_characters():
    source = "'日本👍'; loss.backward()\n"
    fix = Fix("Repair it", (Edit(Span(7, 7), "a()\n"), Edit(Span(0, 5), "b")), Safety.SAFE)
    some = entries(source, diagnosis(source, "loss", fix=fix), diagnosis(source, "backward"))
    first, second = stdlib_json.loads(json.render(some, lambda slug: f"file:///{slug}.md"))
    assert first == {
        "path": "train.py",
        "rule": "some-rule",
        "severity": "error",
        "line": 1,
        "column": 8,
        "end_line": 1,
        "end_column": 12,
        "message": "headline\neffect",
        "url": "file:///some-rule.md",
        "fix": {
            "title": "Repair it",
            "safety": "safe",
            "edits": [
                {"line": 1, "column": 1, "end_line": 1, "end_column": 6, "text": "b"},
                {"line": 1, "column": 8, "end_line": 1, "end_column": 8, "text": "a()\n"},
            ],
        },
    }
    assert second["fix"] is None


def test_json_of_nothing_is_an_empty_array():
    assert stdlib_json.loads(json.render([], lambda slug: None)) == []


@pytest.mark.parametrize(
    ("found", "fixable", "checked", "unchecked", "line"),
    [
        (0, 0, 12, 0, "No pitfalls in 12 files."),
        (0, 0, 1, 0, "No pitfalls in 1 file."),
        (1, 0, 1, 0, "Found 1 pitfall in 1 file."),
        (3, 2, 12, 0, "Found 3 pitfalls in 12 files; 2 can be fixed with --fix --unsafe-fixes."),
        (3, 0, 12, 1, "Found 3 pitfalls in 12 files; 1 file could not be checked."),
        (0, 0, 0, 2, "No pitfalls in 0 files; 2 files could not be checked."),
    ],
)
def test_last_line(found: int, fixable: int, checked: int, unchecked: int, line: str):
    fix = Fix("Repair it", (Edit(Span(0, 0), ""),))
    some = [diagnosis("x\n", "x", fix=fix if number < fixable else None) for number in range(found)]
    assert text.summary(entries("x\n", *some), checked, unchecked) == line
