"""Opening a folder runs none of its files: a hostile workspace in front of jedi's worker.

Every planted file leaves a mark in a folder when it runs. The marks are checked to work before they are
trusted to be absent.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import pytest
from torch_pitfalls.names import environment, jedi_worker
from torch_pitfalls.names.foreign import Answer, Question, Resolver

LONG = 60.0  # seconds; only so that a test that hangs fails instead

MODULES = (
    "re.py",
    "json.py",
    "typing.py",
    "ast.py",
    "gi.py",
    "jedi.py",
    "parso.py",
    "numpy.py",
    "conftest.py",
    "setup.py",
    "manage.py",
    "sitecustomize.py",
    "usercustomize.py",
    "django/__init__.py",
    "torch/__init__.py",
    "torch/nn/__init__.py",
    "torch_pitfalls/__init__.py",
)


class Hostile:
    """A workspace full of files that leave a mark when they run."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "workspace"
        self.marks = folder / "marks"
        self.marks.mkdir()
        for name in MODULES:
            self._write(name, self._mark(name) + "class Planted: ...\n")
        self._write("models.py", self._mark("models") + "import evil\nclass Net(evil.Base): ...\n")
        self._write("half.py", "from torch.nn import *\nclass Half(:\n")  # left to jedi, being no Python
        self._write("train.py", "import sys\nsys.path.insert(0, '.')\n")
        self._write(".jedi/project.json", '[1, {"load_unsafe_extensions": true, "environment_path": ".venv"}]')
        self._write("buildout.cfg", "[buildout]\n")
        self._write("bin/tool", f"#!/usr/bin/env python\nimport sys\nsys.path[0:0] = ['lib']\n{self._mark('tool')}")
        self._write("evil" + EXTENSION_SUFFIXES[0], "no machine code")
        self._environment()

    def marked(self) -> set[str]:
        return {mark.name for mark in self.marks.iterdir()}

    def _environment(self) -> None:
        self.venv = self.root / ".venv"
        self.python = self.venv / "bin" / "python"
        packages = f".venv/lib/python3.{sys.version_info.minor}/site-packages"
        self.packages = self.root / packages
        self._write(".venv/pyvenv.cfg", f"home = {self.venv}/bin\ninclude-system-site-packages = true\n")
        self._write(".venv/bin/python", f"#!/bin/sh\ntouch '{self.marks}/python'\n")
        self.python.chmod(0o755)
        self._write(f"{packages}/evil.pth", f"import os; {self._mark('pth')}")
        self._write(f"{packages}/sitecustomize.py", self._mark("sitecustomize"))
        self._write(f"{packages}/installed/__init__.py", self._mark("installed") + "class Installed: ...\n")
        self._write(f"{packages}/installed/native" + EXTENSION_SUFFIXES[0], "no machine code")
        self._write(f"{packages}/torch-2.6.0+cu124.dist-info/METADATA", "Name: torch\nVersion: 2.6.0+cu124\n")

    def _mark(self, name: str) -> str:
        return f"open({str(self.marks / Path(name).parts[0])!r}, 'w').close()\n"

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    """The workspace is the current folder, and all variables that Python heeds lead into it."""
    workspace = Hostile(tmp_path)
    monkeypatch.chdir(workspace.root)
    monkeypatch.setenv("PYTHONPATH", str(workspace.root))
    monkeypatch.setenv("PYTHONSTARTUP", str(workspace.root / "re.py"))
    monkeypatch.setenv("VIRTUAL_ENV", str(workspace.venv))
    monkeypatch.setenv("CONDA_PREFIX", str(workspace.venv))
    return workspace


def test_the_marks_work(hostile: Hostile) -> None:
    subprocess.run([sys.executable, "-c", "import re, gi, torch, models"], check=False, capture_output=True)
    assert {"sitecustomize.py", "re.py", "gi.py", "torch", "models"} <= hostile.marked()
    subprocess.run([str(hostile.python)], check=True)
    code = f"import site; site.addsitedir({str(hostile.packages)!r})"
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    assert {"python", "pth"} <= hostile.marked()


def questions(hostile: Hostile) -> list[Question]:
    names = [Path(name).parts[0].removesuffix(".py") for name in MODULES]
    names += ["evil", "evil.inner", "installed", "installed.native", "models", "half", "train", "tool", "bin.tool"]
    importers = [str(hostile.root / "train.py"), str(hostile.packages / "installed" / "__init__.py")]
    asked = [Question(name, what, file) for name in names for what in ("", "Planted") for file in importers]
    return [*asked, *(Question("." + name, "Planted", importers[0]) for name in names)]


def answers(hostile: Hostile, command: list[str] | None = None) -> dict[Question, Answer]:
    packages = environment.site_packages(hostile.root, None)
    with Resolver(hostile.root, packages, deadline=LONG, command=command) as resolver:
        return dict(resolver.wait(questions(hostile), LONG))


def test_resolving_names_runs_nothing_of_the_workspace(hostile: Hostile) -> None:
    found = answers(hostile)
    importer = str(hostile.root / "train.py")
    assert found[Question("gi", "Planted", importer)].type == "class"
    assert found[Question("numpy", "Planted", importer)].path == str(hostile.root / "numpy.py")
    assert found[Question("installed", "", importer)].path == str(hostile.packages / "installed" / "__init__.py")
    assert found[Question("torch", "Planted", importer)] == Answer("unknown", qualified="torch.Planted")
    assert hostile.marked() == set()


def test_the_worker_is_isolated_and_its_environment_clean(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[list[str], dict[str, str], str]] = []
    real = subprocess.Popen

    def spy(command: list[str], *, env: dict[str, str], cwd: str, **options: Any) -> Any:
        started.append((list(command), env, cwd))
        return real(command, env=env, cwd=cwd, **options)

    monkeypatch.setattr(subprocess, "Popen", spy)
    answers(hostile)
    [(command, variables, folder)] = started
    assert command == [sys.executable, "-I", jedi_worker.__file__]
    assert not [name for name, value in variables.items() if str(hostile.root) in value and name != "PWD"]
    assert not Path(folder).is_relative_to(hostile.root)


RECORDER = """
    import os, runpy, sys

    started = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.system")
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def record(event, arguments):
        if event in ("open", "exec", *started):
            file = getattr(arguments[0], "co_filename", arguments[0]) if arguments else ""
        elif event == "import":
            file = arguments[1]
        else:
            return
        os.write(log, f"{event}\\t{file}\\n".encode())

    sys.addaudithook(record)
    runpy.run_path(sys.argv[2], run_name="__main__")
"""


def recorded(hostile: Hostile, folder: Path) -> list[tuple[str, str]]:
    """What the worker process did while it answered, as Python's audit tells: event and file."""
    script, log = folder / "recorder.py", folder / "log.txt"
    script.write_text(textwrap.dedent(RECORDER), encoding="utf-8")
    worker = str(jedi_worker.__file__)
    found = answers(hostile, [sys.executable, "-I", str(script), str(log), worker])
    assert any(answer.type == "class" for answer in found.values())
    lines = log.read_text(encoding="utf-8").splitlines()
    return [(event, file) for event, _, file in (line.partition("\t") for line in lines)]


def test_the_worker_only_reads_the_workspace_and_never_torch(hostile: Hostile, tmp_path: Path) -> None:
    events = recorded(hostile, tmp_path)
    started = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.system"}
    assert started.isdisjoint(event for event, _ in events)
    assert ("exec", str(jedi_worker.__file__)) in events
    inside = [(event, Path(file)) for event, file in events if Path(file).is_relative_to(hostile.root)]
    assert {event for event, _ in inside} == {"open"}
    opened = {path.relative_to(hostile.root) for _, path in inside}
    assert {Path("models.py"), Path("numpy.py"), Path("half.py")} <= opened
    assert not [path for path in opened if path.parts[0] == "torch"]


def test_the_worker_writes_nothing(hostile: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    for name in ("XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(cache))
    before = {path: path.stat().st_mtime_ns for path in hostile.root.rglob("*")}
    assert answers(hostile)[Question("gi", "Planted", str(hostile.root / "train.py"))].type == "class"
    assert list(cache.iterdir()) == []
    assert {path: path.stat().st_mtime_ns for path in hostile.root.rglob("*")} == before


ATTEMPTS = {
    "open('written', 'w')": "open",
    "open('train.py', 'r+')": "open",
    "subprocess.run(['true'])": "subprocess.Popen",
    "os.system('true')": "os.system",
    "os.remove('train.py')": "os.remove",
    "os.mkdir('folder')": "os.mkdir",
    "socket.create_connection(('127.0.0.1', 9), 1)": "socket.connect",
    "importlib.import_module('models')": "exec",
    "importlib.import_module('evil')": "import",
    "runpy.run_path('models.py')": "exec",
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_effects_are_refused_even_if_something_asks_for_them(hostile: Hostile, attempt: str) -> None:
    code = f"""
        import importlib, os, runpy, socket, subprocess, sys
        from torch_pitfalls.names import jedi_worker
        jedi_worker.forbid_effects([])
        sys.path.insert(0, os.getcwd())
        open("train.py").close()
        try:
            {attempt}
        except PermissionError as error:
            print(error)
    """
    command = [sys.executable, "-I", "-c", textwrap.dedent(code)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == f"{ATTEMPTS[attempt]} is not for a process that only reads\n"
    assert hostile.marked() == set()


def test_finding_an_environment_runs_nothing(hostile: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = hostile.packages
    assert environment.site_packages(hostile.root, str(hostile.python))[0] == expected
    assert environment.site_packages(None, None)[0] == expected
    monkeypatch.delenv("VIRTUAL_ENV")
    monkeypatch.delenv("CONDA_PREFIX")
    packages = environment.site_packages(hostile.root, None)
    assert packages[0] == expected
    assert environment.torch_version(packages) == "2.6.0+cu124"
    assert hostile.marked() == set()
