"""What is wrong with settings is shown where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import PULLING, Editor
from lsprotocol import types
from samples import TRAINING
from torch_pitfalls.lsp.features.settings_file import place_of
from torch_pitfalls.text.source import Source

WRONG = """\
[project]
name = "selct"

[tool.torch-pitfalls]
selct = []
ignore = ["missing-zero-gard"]
"""


@pytest.mark.parametrize("asks", [False, True], ids=["told", "asks"])
async def test_wrong_settings_are_shown_in_their_file(editor: Editor, tmp_path: Path, asks: bool) -> None:
    pyproject = tmp_path / "pyproject.toml"
    pyproject.write_text(WRONG, "utf-8")
    if asks:
        await editor.begin(tmp_path, capabilities=PULLING)
        await editor.pull(editor.open(tmp_path / "a.py", TRAINING))
    else:
        await editor.begin(tmp_path)
        await editor.findings(editor.open(tmp_path / "a.py", TRAINING))

    def shown() -> list[tuple[str, types.Range]]:
        mine = [one for one in editor.shown if one.uri == pyproject.as_uri()]
        return [(each.message, each.range) for each in mine[-1].diagnostics] if mine else []

    await editor.until(lambda: len(shown()) == 2)
    assert shown() == [
        ("unknown key `selct`; did you mean `select`?", types.Range(types.Position(4, 0), types.Position(4, 5))),
        (
            "`ignore`: there is no rule `missing-zero-gard`; did you mean `missing-zero-grad`?",
            types.Range(types.Position(5, 11), types.Position(5, 28)),
        ),
    ]
    pyproject.write_text(WRONG.replace("selct = []", "select = []").replace("gard", "grad"), "utf-8")
    editor.tell_of(pyproject)
    await editor.until(lambda: not shown())


PLACES = [
    ("[tool.torch-pitfalls]\njedi = 5\n", "`jedi` must be true or false", "jedi"),
    ("[tool.torch-pitfalls.severity]\na-b = 'c'\n", "`severity.a-b` must be one of `hint`", "a-b"),
    ("a = 1\nb = = 2\n", "is not valid TOML: Invalid value (at line 2, column 5)", "b = = 2"),
    ("", "cannot be read: no such file", ""),
]


@pytest.mark.parametrize(("text", "sentence", "place"), PLACES)
def test_place_of_a_sentence(text: str, sentence: str, place: str) -> None:
    span = place_of(Source(text), sentence)
    assert text[span.start : span.end] == place
