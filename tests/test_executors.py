"""Checks given to executors: the same findings as in one process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from test_cli import CLEAN, EVAL, OUTER, TRAIN, check, folder, write  # noqa: F401
from torch_pitfalls import cli, executors


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    check("--output-format", "json", *arguments)
    return json.loads(capsys.readouterr().out)


def offer(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    points = [EntryPoint("mine", value, executors.GROUP)]
    monkeypatch.setattr(executors, "entry_points", lambda group: points)


@contextmanager
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@contextmanager
def failing() -> Iterator[Executor]:
    class Failing(ThreadPoolExecutor):
        def submit(self, function, task, /, *rest):  # type: ignore[no-untyped-def]
            bad = any(file.path.endswith("eval.py") for file in task.files)
            return super().submit((lambda *_: 1 / 0) if bad else function, task, *rest)

    with Failing(1) as pool:
        yield pool


def test_dask_finds_the_same_as_one_process(capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("distributed")
    write(train=TRAIN, eval=EVAL, clean=CLEAN, sub__train=TRAIN)
    assert found(capsys, "--executor", "dask") == found(capsys, "--jobs", "1") != []


def test_any_executor_finds_the_same(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    offer(monkeypatch, "test_executors:threads")
    write(train=TRAIN, eval=EVAL, clean=CLEAN)
    assert found(capsys, "--executor", "mine") == found(capsys, "--jobs", "1") != []
    assert check("--executor", "mine", "--fix") == 0


def test_answers_about_other_packages_reach_the_workers(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    offer(monkeypatch, "test_executors:threads")
    packages = folder / ".venv/lib/python3.10/site-packages"
    packages.mkdir(parents=True)
    (folder / ".venv/pyvenv.cfg").write_text("version = 3.10.0\n")
    (packages / "netlib.py").write_text("import torch\n\nclass Net(torch.nn.Module):\n    pass\n")
    write(outer=OUTER)
    assert cli.main(["check", "--executor", "mine"]) == 1
    assert "unregistered-submodule" in capsys.readouterr().out


def test_a_task_that_fails_costs_its_files(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    offer(monkeypatch, "test_executors:failing")
    write(train=TRAIN, eval=EVAL)
    assert check("--executor", "mine") == 2
    out, err = capsys.readouterr()
    assert err == "eval.py: the executor failed with ZeroDivisionError: division by zero\n"
    assert "train.py:8:5" in out


def test_an_executor_that_nobody_offers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    write(train=TRAIN)
    assert check("--executor", "dusk") == 2
    assert capsys.readouterr().err == "there is no executor `dusk`; did you mean `dask`?\n"
    offer(monkeypatch, "no_such_module:executor")
    assert check("--executor", "mine") == 2
    assert "the executor `mine` cannot be used: No module named 'no_such_module'" in capsys.readouterr().err
