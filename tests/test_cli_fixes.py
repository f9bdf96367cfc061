"""The command line mends: fixes written back, differences, baselines, standard input, notebooks, watching."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
from pathlib import Path

import pytest
from test_cli import CLEAN, EVAL, PROGRAM, TRAIN, ZERO, check, folder, rules_found, write  # noqa: F401
from torch_pitfalls import cli, watching
from torch_pitfalls.one_file import Fixes, checked

MENDED = TRAIN.replace("    loss = ", "    optimizer.zero_grad()\n    loss = ")
UNSAFE = """\
import torch
from torch import nn

loss = nn.CrossEntropyLoss()(torch.softmax(torch.ones(2, 2, requires_grad=True), dim=1), torch.tensor([0, 1]))
"""


def code_cell(*lines: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {"tags": ["a"]},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1.0e-05\n"]}],
        "source": [line + "\n" for line in lines[:-1]] + [lines[-1]],
    }


def notebook(*cells: dict[str, object], **metadata: object) -> str:
    whole = {"cells": list(cells), "metadata": {"scale": 1e-05, **metadata}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1) + "\n"


TEXT_CELL = {"cell_type": "markdown", "metadata": {}, "source": ["# Training"]}
NOTEBOOK = notebook(
    TEXT_CELL,
    code_cell("%matplotlib inline", "import torch", "from torch import nn"),
    code_cell("model = nn.Linear(2, 1)", "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)", "!nvidia-smi"),
    code_cell(
        "for x, y in torch.utils.data.DataLoader(dataset, batch_size=8):",
        "    loss = nn.functional.mse_loss(model(x), y)",
        "    loss.backward()",
        "    optimizer.step()",
    ),
)


# ── fixes ──


def test_fixes_are_written(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, clean=CLEAN)
    assert check("--fix", ".") == 0
    assert Path("train.py").read_text() == MENDED
    assert Path("clean.py").read_text() == CLEAN
    assert capsys.readouterr().out == "Fixed 1 pitfall; no more pitfalls in 2 files.\n"
    assert check(".") == 0


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_fixes_keep_encoding_and_line_ends(ends: str, mark: bytes):
    coding = "" if mark else "# coding: latin-1\n"
    text = (coding + "# é\n" + EVAL).replace("\n", ends)
    Path("a.py").write_bytes(mark + text.encode("utf-8" if mark else "latin-1"))
    assert check("--fix", "a.py") == 0
    expected = text.replace("model.eval", "model.eval()")
    assert Path("a.py").read_bytes() == mark + expected.encode("utf-8" if mark else "latin-1")


def test_unsafe_fixes_are_applied_on_demand_only(capsys: pytest.CaptureFixture[str]):
    write(a=UNSAFE)
    assert check("--fix", "a.py") == 1
    assert Path("a.py").read_text() == UNSAFE
    assert "1 can be fixed with --fix --unsafe-fixes" in capsys.readouterr().out
    assert check("--fix", "--unsafe-fixes", "a.py") == 0
    assert "softmax" not in Path("a.py").read_text()


def test_the_difference_is_shown_and_nothing_written(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, clean=CLEAN)
    assert check("--diff", ".") == 1
    out = capsys.readouterr().out
    assert out.startswith("--- a/train.py\n+++ b/train.py\n@@ ")
    assert [line for line in out.splitlines() if line[0] in "+-"][2:] == ["+    optimizer.zero_grad()"]
    assert Path("train.py").read_text() == TRAIN
    assert check("--diff", "clean.py") == 0
    assert capsys.readouterr().out == ""


def test_the_difference_applies():
    write(train=TRAIN.rstrip("\n"))
    shown = subprocess.run([PROGRAM, "check", "--no-jedi", "--diff"], capture_output=True, text=True).stdout
    Path("fix.patch").write_text(shown)
    subprocess.run(["git", "apply", "fix.patch"], check=True)
    assert Path("train.py").read_text() == MENDED.rstrip("\n")


def test_a_file_that_changes_meanwhile_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write(train=TRAIN)

    def slow(project: object, file: object, fixes: Fixes | None = None) -> object:
        result = checked(project, file, fixes)  # type: ignore[arg-type]
        write(train="# mine\n" + TRAIN)
        return result

    monkeypatch.setattr("torch_pitfalls.batch.checked", slow)
    assert check("--fix", "train.py") == 2
    assert Path("train.py").read_text() == "# mine\n" + TRAIN
    assert capsys.readouterr().err == "train.py: the fixes were not written: the file has changed meanwhile\n"


def test_several_processes_fix_the_same(capsys: pytest.CaptureFixture[str]):
    write(**{f"train{number}": TRAIN for number in range(6)})
    assert check("--fix", "--jobs", "2") == 0
    assert {Path(f"train{number}.py").read_text() for number in range(6)} == {MENDED}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fix", "--diff"], "--fix and --diff exclude each other: --diff shows what --fix would write\n"),
        (["--unsafe-fixes"], "--unsafe-fixes needs --fix or --diff\n"),
        (["-", "other.py"], "standard input is checked alone, without other paths\n"),
        (["--watch", "-"], "--watch goes together with neither standard input, --write-baseline nor --executor\n"),
    ],
)
def test_options_that_contradict(capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str):
    assert check(*arguments) == 2
    assert capsys.readouterr() == ("", sentence)


# ── standard input ──


def given(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_standard_input_is_checked_as_the_file_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write(models="import torch\n\nclass Net(torch.nn.Module):\n    pass\n", train=CLEAN)
    Path("pyproject.toml").write_text(f'[tool.torch-pitfalls]\nper-file-ignores = {{"old.py" = ["{ZERO}"]}}\n')
    given(monkeypatch, TRAIN)
    assert check("--output-format", "json", "--stdin-filename", "train.py", "-") == 1
    assert rules_found(capsys) == [("train.py", ZERO)]
    given(monkeypatch, TRAIN)
    assert check("--stdin-filename", "old.py") == 0
    capsys.readouterr()
    given(monkeypatch, TRAIN)
    assert check("--output-format", "concise", "-") == 1
    assert capsys.readouterr().out.startswith("<stdin>:8:5: error: ")


def test_repaired_standard_input_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    given(monkeypatch, TRAIN)
    assert check("--fix", "-") == 0
    assert capsys.readouterr() == (MENDED, "Fixed 1 pitfall; no more pitfalls in 1 file.\n")
    given(monkeypatch, CLEAN)
    assert check("--fix", "-") == 0
    assert capsys.readouterr().out == CLEAN


# ── baselines ──


def test_only_what_is_new_is_reported(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, sub__eval=EVAL)
    assert check("--write-baseline", "known.json") == 0
    assert "2 pitfalls are in known.json" in capsys.readouterr().out
    assert check("--baseline", "known.json") == 0
    assert capsys.readouterr().out == "No more pitfalls in 2 files; 2 in the baseline.\n"
    write(train="# moved\n\n" + TRAIN, sub__eval=EVAL + "model.eval\n")
    assert check("--baseline", "known.json", "--output-format", "json") == 1
    assert rules_found(capsys) == [("sub/eval.py", "mode-method-not-called")]
    os.chdir("sub")
    assert check("--baseline", "../known.json", ".") == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "the baseline cannot be read: No such file or directory"),
        ("{", "the baseline is not JSON: "),
        ("[]", "this is no baseline; `--write-baseline` makes one"),
        ('{"version": 2}', "the baseline has version 2, not 1"),
    ],
)
def test_a_baseline_that_is_none(capsys: pytest.CaptureFixture[str], content: str | None, reason: str):
    write(train=TRAIN)
    if content is not None:
        Path("known.json").write_text(content)
    assert check("--baseline", "known.json") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"known.json: {reason}")


# ── notebooks ──


def test_findings_of_a_notebook_name_the_cell(capsys: pytest.CaptureFixture[str]):
    Path("a.ipynb").write_text(NOTEBOOK)
    assert check("--output-format", "concise") == 1
    assert capsys.readouterr().out.startswith("a.ipynb:cell 4:3:5: error: ")
    assert check("--output-format", "json", "a.ipynb") == 1
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["cell"], one["line"], one["fix"]["edits"][0]["line"]) == (4, 3, 2)
    assert check() == 1
    out = capsys.readouterr().out
    assert " --> a.ipynb:cell 4:3:5\n" in out
    assert "3 |     loss.backward()\n" in out


def test_fixes_of_a_notebook_touch_only_the_source(capsys: pytest.CaptureFixture[str]):
    Path("a.ipynb").write_text(NOTEBOOK)
    assert check("--fix") == 0
    before, after = NOTEBOOK.splitlines(), Path("a.ipynb").read_text().splitlines()
    added = [line for line in after if line not in before]
    assert added == ['    "    optimizer.zero_grad()\\n",']
    assert [line for line in after if line in before] == before
    assert check() == 0


def test_notebooks_of_other_languages_and_broken_ones(capsys: pytest.CaptureFixture[str]):
    Path("r.ipynb").write_text(notebook(code_cell("x <- 1"), kernelspec={"language": "R"}))
    Path("broken.ipynb").write_text("{")
    Path("none.ipynb").write_text("[]")
    assert check("r.ipynb") == 0
    capsys.readouterr()
    assert check() == 2
    err = capsys.readouterr().err
    assert "broken.ipynb: the file is no notebook: Expecting property name" in err
    assert "none.ipynb: the file is no notebook: it has no list of cells" in err


# ── watching ──


def test_watching_checks_again_what_changes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN)
    steps = iter([lambda: write(train=CLEAN), lambda: write(more=EVAL), lambda: Path("more.py").unlink()])
    monkeypatch.setattr("time.sleep", lambda seconds: next(steps)())
    options = cli._parser().parse_args(["check", "--no-jedi", "--watch", "--output-format", "concise"])
    assert isinstance(options, argparse.Namespace)
    assert watching.watch(options, rounds=4) == 0
    rounds = capsys.readouterr()
    assert [line.split(":")[0] for line in rounds.out.splitlines()] == ["train.py", "more.py"]
    assert rounds.err.count("Watching for changes; Ctrl-C ends it.\n") == 4
