"""The formats for other programs, each against what reads it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as xml

import pytest
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif
from test_cli import CLEAN, EVAL, MODE, TRAIN, ZERO, check, folder, write  # noqa: F401
from test_cli_fixes import NOTEBOOK


def test_sarif_is_as_its_schema_says(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL, **{"with space": EVAL})
    Path("a.ipynb").write_text(NOTEBOOK)
    assert check("--output-format", "sarif") == 1
    log = json.loads(capsys.readouterr().out)
    Sarif.model_validate(log)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == [ZERO, MODE]
    results = run["results"]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in results)
    places = [one["locations"][0]["physicalLocation"] for one in results]
    assert [unquote(place["artifactLocation"]["uri"]) for place in places] == [
        "a.ipynb",
        "eval.py",
        "train.py",
        "with space.py",
    ]
    assert places[2]["region"] == {"startLine": 8, "startColumn": 5, "endLine": 8, "endColumn": 20}
    assert results[2]["level"] == "error"
    (change,) = results[2]["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"]["text"].strip() == "optimizer.zero_grad()"
    assert results[2]["relatedLocations"][0]["message"]["text"] == "this step uses old and new gradients"
    assert "Cell 4, line 3" in results[0]["message"]["text"]


def test_sarif_of_nothing_and_of_trouble(capsys: pytest.CaptureFixture[str]):
    write(clean=CLEAN, broken="def (")
    assert check("--output-format", "sarif") == 2
    log = json.loads(capsys.readouterr().out)
    Sarif.model_validate(log)
    (note,) = log["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("broken.py: the file cannot be parsed")


def test_github(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL)
    Path("a.ipynb").write_text(NOTEBOOK)
    assert check("--output-format", "github") == 1
    cell, warning, error = capsys.readouterr().out.splitlines()
    assert error.startswith(
        f"::error title=torch-pitfalls ({ZERO}),file=train.py,line=8,endLine=8,col=5,endColumn=20::"
    )
    assert "are never cleared%0A" in error
    assert warning.startswith(f"::warning title=torch-pitfalls ({MODE}),file=eval.py,")
    assert cell.split("::")[1].endswith("file=a.ipynb,line=1")
    assert "::cell 4, line 3: " in cell


def test_gitlab(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL + "model.eval\n")
    assert check("--output-format", "gitlab") == 1
    first = json.loads(capsys.readouterr().out)
    assert [one["severity"] for one in first] == ["minor", "minor", "major"]
    assert first[2]["location"]["path"] == "train.py"
    assert first[2]["location"]["positions"]["begin"] == {"line": 8, "column": 5}
    assert len({one["fingerprint"] for one in first}) == 3
    write(train="# moved\n" + TRAIN, eval=EVAL + "model.eval\n")
    check("--output-format", "gitlab")
    assert [one["fingerprint"] for one in json.loads(capsys.readouterr().out)] == [one["fingerprint"] for one in first]


def test_junit(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL.replace("model", "模\\u000b") + EVAL)
    assert check("--output-format", "junit") == 1
    suites = xml.fromstring(capsys.readouterr().out)
    assert suites.attrib["failures"] == str(len(suites.findall("testsuite/testcase/failure")))
    failure = suites.find("testsuite[@name='train.py']/testcase/failure")
    assert failure is not None
    assert re.match("train.py:8:5: `optimizer` steps", failure.text or "")
    write(train=CLEAN, eval="")
    assert check("--output-format", "junit") == 0
    clean = xml.fromstring(capsys.readouterr().out)
    assert (clean.attrib["tests"], clean.attrib["failures"]) == ("1", "0")
    assert clean.find("testsuite/testcase").attrib["name"] == "2 files without pitfalls"  # type: ignore[union-attr]


def test_statistics(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL + "model.eval\n")
    assert check("--statistics") == 1
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[:2] for row in rows[:2]] == [["2", MODE], ["1", ZERO]]
    assert check("--statistics", "--output-format", "json") == 1
    assert [(one["rule"], one["count"], one["fixable"]) for one in json.loads(capsys.readouterr().out)] == [
        (MODE, 2, 2),
        (ZERO, 1, 1),
    ]


def test_output_goes_to_a_file(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN)
    assert check("--output-format", "json", "--output-file", "out.json") == 1
    assert capsys.readouterr().out == ""
    assert json.loads(Path("out.json").read_text())[0]["rule"] == ZERO
    assert check("--output-file", "missing/out.txt") == 2
    assert capsys.readouterr().err == "missing/out.txt: cannot be written: No such file or directory\n"
