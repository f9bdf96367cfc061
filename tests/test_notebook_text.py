"""Cells as one text, what IPython alone understands, and the way back into the file."""

from __future__ import annotations

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_pitfalls.notebooks import File, NotANotebook, blanked, joined
from torch_pitfalls.text.edits import Edit, Span

MAGICS = [
    ("%matplotlib inline\nx = 1", "_                 \nx = 1"),
    ("!pip install torch \\\n  --upgrade\nx = 1", "_                   \n           \nx = 1"),
    ("files = !ls", "files = _  "),
    ("lines = %sx ls", "lines = _     "),
    ("if a:\n    !ls\n    %cd ..", "if a:\n    _  \n    _     "),
    ("%time loss.backward()", "_;    loss.backward()"),
    ("model?\n?model\nmodel.eval??", "_     \n_     \n_           "),
    ("x = (1\n  % 2)\ny = '''\n%no\n'''", None),
    ("x = 1 \\\n  % 2", None),
    ("s = '!'  # %a\nt = x != y", None),
    ("%%bash\nls 'x", "_     \n     "),
    ("\n%%time\nx = 1", "\n_     \nx = 1"),
    ("%%timeit -n 3\nx = 1", "_            \nx = 1"),
]


@pytest.mark.parametrize(("source", "expected"), MAGICS)
def test_magics_are_blanked(source: str, expected: str | None) -> None:
    assert blanked(source) == (source if expected is None else expected)
    ast.parse(blanked(source))


@given(st.lists(st.sampled_from([source for source, _ in MAGICS] + ["", "\n", "é = 'x'\r\n", "("])))
def test_places_stay_where_they_are(cells: list[str]) -> None:
    notebook = joined(cells)
    for index, cell in enumerate(notebook.cells):
        start = notebook.start(index)
        assert len(blanked(cell.source)) == len(cell.source)
        assert notebook.text[start : start + len(cell.source)] == blanked(cell.source)
        assert notebook.at_line(cell.first_line) == index


@pytest.mark.parametrize("form", ["list", "string", "compact"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_only_the_source_is_written_again(form: str, ascii_only: bool) -> None:
    source = 'x = "é"\nmodel.eval' if form == "string" else ['x = "é"\n', "model.eval"]
    cells = [
        {"cell_type": "markdown", "source": '}]\\"'},
        {"cell_type": "code", "outputs": [{"text": "1e-05"}], "source": source, "metadata": {"source": ["]"]}},
    ]
    raw = json.dumps(
        {"source": 1, "metadata": {"cells": []}, "cells": cells},
        indent=None if form == "compact" else 1,
        ensure_ascii=ascii_only,
    ).replace('"1e-05"', "1e-05")
    file = File(raw)
    at = file.notebook.text.index("eval") + 4
    changed = file.with_sources(file.notebook.repaired([Edit(Span(at, at), "()")]) or {})
    assert changed == raw.replace("model.eval", "model.eval()")


def test_an_edit_over_the_end_of_a_cell_is_refused() -> None:
    notebook = joined(["a\n", "b\n"])
    assert notebook.repaired([Edit(Span(1, 3), "")]) is None
    at = notebook.text.index("b")
    assert notebook.repaired([Edit(Span(at, at + 1), "c")]) == {1: "c\n"}


@pytest.mark.parametrize("raw", ["", "{", "[]", "{}", '{"cells": 1}', "[" * 100_000])
def test_what_is_no_notebook_is_said(raw: str) -> None:
    with pytest.raises(NotANotebook, match="the file is no notebook: "):
        File(raw)


def test_odd_cells_are_passed_over() -> None:
    cells = [1, {}, {"cell_type": "code"}, {"cell_type": "code", "source": [1]}, {"cell_type": "code", "source": "x"}]
    assert [(one.number, one.source) for one in File(json.dumps({"cells": cells})).notebook.cells] == [(5, "x")]
