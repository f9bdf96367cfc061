"""The command as people run it: output, exit status, several processes, and strange input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from torch_pitfalls import __version__, batch, cli, terminal
from torch_pitfalls.config import ALL
from torch_pitfalls.names.foreign import Answer
from torch_pitfalls.project import Project
from torch_pitfalls.rules import RULES

TRAIN = """\
import torch
from torch import nn

model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in torch.utils.data.DataLoader(dataset, batch_size=8):
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
"""
CLEAN = TRAIN.replace("    loss.backward()", "    optimizer.zero_grad()\n    loss.backward()")
EVAL = """\
import torch

model = torch.nn.Dropout()
model.eval
"""
OUTER = """\
from netlib import Net
from torch import nn


class Outer(nn.Module):
    def __init__(self):
        super().__init__()
        self.nets = [Net() for _ in range(3)]
"""
ZERO = "missing-zero-grad"
MODE = "mode-method-not-called"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return tmp_path


def write(**contents: str | bytes) -> None:
    """``write(sub__a="...")`` writes sub/a.py."""
    for name, content in contents.items():
        path = Path(name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def rules_found(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    return [(one["path"], one["rule"]) for one in json.loads(capsys.readouterr().out)]


def check(*arguments: str) -> int:
    return cli.main(["check", "--no-jedi", *arguments])


PROGRAM = str(Path(sysconfig.get_path("scripts"), "torch-pitfalls"))


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own."""
    return subprocess.run(
        [PROGRAM, *arguments],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        env={**os.environ, **environment},
    )


def test_the_whole_output(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, clean=CLEAN)
    assert check(".") == 1
    assert capsys.readouterr() == (
        """\
error[missing-zero-grad]: `optimizer` steps, but its gradients are never cleared
 --> train.py:8:5
  |
8 |     loss.backward()
  |     ^^^^^^^^^^^^^^^
9 |     optimizer.step()
  |     ---------------- note: this step uses old and new gradients
  |
  = effect: without `zero_grad()`, `backward()` adds to `.grad`: each step uses the sum of all batches so far
  = help: call `optimizer.zero_grad()` before this `backward()`

Found 1 pitfall in 2 files; 1 can be fixed with --fix.
""",
        "",
    )


def test_clean_files(capsys: pytest.CaptureFixture[str]):
    write(a=CLEAN, empty="")
    assert check("a.py", "empty.py") == 0
    assert capsys.readouterr() == ("No pitfalls in 2 files.\n", "")


def test_concise(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL)
    assert check("--output-format", "concise", ".") == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("eval.py:4:1: warning: ")
    assert first.endswith(" [mode-method-not-called]")
    assert second.startswith("train.py:8:5: error: ")


def test_json(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN)
    assert check("--output-format", "json", "train.py") == 1
    (one,) = json.loads(capsys.readouterr().out)
    page = one.pop("url")
    assert page.startswith("file:///")
    assert page.endswith("/missing-zero-grad.md")
    fix = one.pop("fix")
    assert fix["safety"] == "safe"
    assert [edit["text"].strip() for edit in fix["edits"]] == ["optimizer.zero_grad()"]
    assert one == {
        "path": "train.py",
        "rule": "missing-zero-grad",
        "severity": "error",
        "line": 8,
        "column": 5,
        "end_line": 8,
        "end_column": 20,
        "message": "`optimizer` steps, but its gradients are never cleared\n"
        "without `zero_grad()`, `backward()` adds to `.grad`: each step uses the sum of all batches so far",
    }


def test_json_of_a_clean_file(capsys: pytest.CaptureFixture[str]):
    write(a=CLEAN)
    assert check("--output-format", "json", "a.py") == 0
    assert json.loads(capsys.readouterr().out) == []


def test_select_and_ignore(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL)
    assert check("--output-format", "json", "--select", ZERO) == 1
    assert rules_found(capsys) == [("train.py", ZERO)]
    assert check("--output-format", "json", "--ignore", f"{ZERO}, {MODE}") == 0
    assert rules_found(capsys) == []
    assert check("--output-format", "json", "--select", ZERO, "--select", MODE) == 1
    assert rules_found(capsys) == [("eval.py", MODE), ("train.py", ZERO)]
    assert check("--output-format", "json", "--ignore", ZERO, "--ignore", MODE) == 0
    assert rules_found(capsys) == []


def test_select_on_the_command_line_outweighs_the_configuration(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL)
    Path("pyproject.toml").write_text(f'[tool.torch-pitfalls]\nignore = ["{ZERO}"]\n')
    assert check("--output-format", "json") == 1
    assert rules_found(capsys) == [("eval.py", MODE)]
    assert check("--output-format", "json", "--select", ZERO) == 1
    assert rules_found(capsys) == [("train.py", ZERO)]
    assert check("--output-format", "json", "--isolated") == 1
    assert rules_found(capsys) == [("eval.py", MODE), ("train.py", ZERO)]


def test_configuration_of_each_directory(capsys: pytest.CaptureFixture[str]):
    write(a__train=TRAIN, a__old__train=TRAIN, b__train=TRAIN)
    Path("a/pyproject.toml").write_text('[tool.torch-pitfalls]\nexclude = ["old/"]\n')
    Path("b/pyproject.toml").write_text(f'[tool.torch-pitfalls]\nper-file-ignores = {{"train.py" = ["{ZERO}"]}}\n')
    assert check("--output-format", "json") == 1
    assert rules_found(capsys) == [("a/train.py", ZERO)]
    assert check("--output-format", "json", "a/old/train.py") == 1
    assert rules_found(capsys) == [("a/old/train.py", ZERO)]


def test_an_unknown_rule_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]):
    for arguments in (["check", "--select", "missing-zero-gard"], ["explain", "missing-zero-gard"]):
        try:
            status = cli.main(arguments)
        except SystemExit as end:
            status = end.code
        assert status == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "there is no rule `missing-zero-gard`; did you mean `missing-zero-grad`?" in err


def test_a_typo_in_the_configuration_is_told_and_the_rest_counts(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, eval=EVAL)
    Path("pyproject.toml").write_text(f'[tool.torch-pitfalls]\nignore = ["{MODE}"]\nselct = []\n')
    assert check("--output-format", "concise") == 1
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "pyproject.toml: unknown key `selct`; did you mean `select`?\n" in err


def test_a_configuration_that_cannot_be_read_is_trouble(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN)
    Path("pyproject.toml").write_text("[tool.torch-pitfalls\n")
    assert check("--output-format", "concise") == 2
    out, err = capsys.readouterr()
    assert "train.py:8:5" in out
    assert "pyproject.toml: is not valid TOML" in err


def test_a_path_that_is_not_there_is_trouble_and_the_others_are_checked(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN)
    assert check("gone.py", "train.py", "--output-format", "json") == 2
    out, err = capsys.readouterr()
    assert err == "gone.py: no such file or directory\n"
    assert len(json.loads(out)) == 1


def test_a_directory_without_python_files(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "docs").mkdir()
    assert check("docs") == 0
    assert capsys.readouterr() == ("No pitfalls in 0 files.\n", "there are no Python files here: docs\n")


BAD = {
    "null_bytes": (b"import torch\n\x00\n", "the file has a null byte"),
    "latin": ("# é\nimport torch\n".encode("latin-1"), "the file cannot be decoded"),
    "wrong_coding": (b"# -*- coding: nonsense -*-\nimport torch\n", "the file cannot be decoded"),
    "long": (b"x = 1\n" * 900_000, "the file has 5,400,000 bytes, more than the limit"),
    "nested": (b"x = " + b"(" * 500 + b")" * 500 + b"\n", "the file cannot be parsed"),
    "nested_calls": (b"x = " + b"f(" * 500 + b")" * 500 + b"\n", "the file cannot be parsed"),
    "nested_blocks": (b"".join(b" " * n + b"if x:\n" for n in range(500)), "the file cannot be parsed"),
    "binary": (bytes(range(1, 128)) * 50, "the file cannot be parsed"),
    "prose": (b"Once upon a time, there was a model.\n" * 20, "the file cannot be parsed"),
}
ODD = {
    "empty": b"",
    "blank": b"\n \n\t\n",
    "no_newline": b"import torch",
    "carriage_returns": b"import torch\rx = 1\r",
    "form_feed": b"import torch\n\x0c\nx = 1\n",
    "warned_of": b"x = '\\d'\n",
}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_input_that_cannot_be_checked(jobs: str, capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN, **ODD, **{name: content for name, (content, _) in BAD.items()})
    assert check("--output-format", "json", "--jobs", jobs) == 2
    out, err = capsys.readouterr()
    assert [one["path"] for one in json.loads(out)] == ["train.py"]
    told = dict(line.split(".py: ") for line in err.splitlines())
    assert told.keys() == BAD.keys()
    assert [name for name, (_, sentence) in BAD.items() if not told[name].startswith(sentence)] == []


def test_a_statement_that_is_not_python_costs_only_itself(capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN + "print 'done'\n")
    assert check("--output-format", "json") == 1
    out, err = capsys.readouterr()
    assert [one["rule"] for one in json.loads(out)] == [ZERO]
    assert err.startswith("train.py: parts of the file cannot be parsed and are left out: line 10: ")


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + TRAIN.encode(), "# coding: latin-1\n# é\n".encode("latin-1") + TRAIN.encode()],
    ids=["byte order mark", "coding line"],
)
def test_other_encodings(content: bytes, capsys: pytest.CaptureFixture[str]):
    write(train=content)
    assert check("--output-format", "json", "train.py") == 1
    assert rules_found(capsys) == [("train.py", ZERO)]


def test_several_processes_find_the_same(capsys: pytest.CaptureFixture[str]):
    write(**{f"sub{number % 5}__train{number}": TRAIN if number % 3 else EVAL for number in range(30)})
    statuses = []
    outputs = []
    for jobs in ("1", "3"):
        statuses.append(check("--jobs", jobs))
        outputs.append(capsys.readouterr())
    assert statuses == [1, 1]
    assert outputs[0] == outputs[1]
    assert outputs[0].out.endswith("Found 30 pitfalls in 30 files; 30 can be fixed with --fix.\n")


@pytest.mark.skipif(sys.platform != "linux", reason="the killer must be inherited by the processes")
def test_a_file_that_kills_a_process_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    report = Project.report

    def deadly(self: Project, path: str, *more: object):
        return os._exit(9) if path.endswith("killer.py") else report(self, path, *more)

    monkeypatch.setattr(Project, "report", deadly)
    write(killer=CLEAN, **{f"train{number}": TRAIN for number in range(20)})
    assert check("--jobs", "2", "--output-format", "json") == 2
    out, err = capsys.readouterr()
    assert err == "killer.py: the process that checked it died\n"
    assert len(json.loads(out)) == 20


def test_an_error_in_the_analysis_costs_only_its_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    report = Project.report

    def failing(self: Project, path: str, *more: object):
        if path.endswith("odd.py"):
            raise ZeroDivisionError("division by zero")
        return report(self, path, *more)

    monkeypatch.setattr(Project, "report", failing)
    write(odd=CLEAN, train=TRAIN)
    assert check() == 2
    out, err = capsys.readouterr()
    assert err == "odd.py: the analysis failed with ZeroDivisionError: division by zero\n"
    assert out.endswith("Found 1 pitfall in 1 file; 1 can be fixed with --fix; 1 file could not be checked.\n")


def test_colour_is_for_terminals_and_those_who_ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    write(train=TRAIN)
    check("train.py")
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    check("train.py")
    assert "\x1b[1;31merror" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    check("train.py")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("slug", RULES)
def test_explain_prints_the_page(slug: str, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["explain", slug]) == 0
    out, err = capsys.readouterr()
    assert RULES[slug].title in out
    assert "```python" in out
    assert err == ""


def test_explain_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert cli.main(["explain", ZERO]) == 0
    out = capsys.readouterr().out
    assert "\x1b[" in out
    assert "```" not in out


def test_rules(capsys: pytest.CaptureFixture[str]):
    assert cli.main(["rules", "--output-format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [rule["id"] for rule in listed] == list(ALL)
    zero = next(rule for rule in listed if rule["id"] == ZERO)
    assert zero == {
        "id": ZERO,
        "category": "gradient",
        "severity": "error",
        "fix": "safe",
        "title": RULES[ZERO].title,
    }
    assert {rule["fix"] for rule in listed} <= {"safe", "unsafe", "none"}
    assert cli.main(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "category", "severity", "fix", "title"]
    assert [line.split()[0] for line in lines[1:]] == list(ALL)


def test_version_and_wrong_usage():
    assert command("--version").stdout == f"torch-pitfalls {__version__}\n"
    for arguments in ([], ["chekc"], ["check", "--jobs", "0"], ["check", "--output-format", "xml"]):
        run = command(*arguments)
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.startswith("usage: torch-pitfalls")


def test_check_in_a_process_of_its_own(folder: Path):
    write(train=TRAIN)
    run = command("check", ".")
    assert run.returncode == 1
    assert run.stderr == ""
    assert run.stdout.splitlines()[-1] == "Found 1 pitfall in 1 file; 1 can be fixed with --fix."


def test_no_file_of_the_workspace_is_run(folder: Path):
    """Not even by the processes that check, which start in the workspace."""
    trap = f"open({str(folder / 'ran')!r}, 'w').close()\n"
    names = (
        "re",
        "json",
        "multiprocessing",
        "sitecustomize",
        "usercustomize",
        "torch",
        "models",
        "concurrent",
    )
    write(train="import models\n" + TRAIN, **dict.fromkeys(names, trap))
    write(**{f"train{number}": TRAIN for number in range(20)})
    run = command("check", "--jobs", "2", ".")
    assert run.returncode == 1
    assert run.stderr == ""
    assert not (folder / "ran").exists()


def test_heavy_modules_are_not_imported(folder: Path):
    write(train=TRAIN)
    heavy = ("pygls", "lsprotocol", "jedi", "rich", "asyncio", "multiprocessing", "subprocess")
    program = (
        "import sys\nfrom torch_pitfalls import cli\ntry: cli.main(sys.argv[1:])\nexcept SystemExit: pass\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    for arguments in (["--version"], ["check", "--no-jedi", "train.py"], ["rules"], ["explain", ZERO]):
        run = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
        assert run.stderr == "[]\n"


def test_a_reader_that_goes_away(folder: Path):
    write(**{f"train{number}": TRAIN for number in range(40)})
    read, sent = os.pipe()
    program = [PROGRAM, "check", "--no-jedi"]
    process = subprocess.Popen(program, stdout=sent, stderr=subprocess.PIPE, text=True)
    os.close(sent)
    os.close(read)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "")


def test_names_and_sources_that_the_terminal_cannot_print(folder: Path):
    write(**{"日本": EVAL.replace("model", "模型")})
    run = command("check", "--output-format", "concise", PYTHONIOENCODING="ascii")
    assert run.returncode == 1
    assert run.stdout.startswith(r"\u65e5\u672c.py:4:1: warning: ")


def test_progress_is_shown_only_to_a_person_who_has_waited(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    write(train=TRAIN)
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    check("train.py")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    check("train.py")
    assert "Checking" in capsys.readouterr().err
    monkeypatch.setattr(terminal, "PATIENCE", 60.0)
    check("train.py")
    assert capsys.readouterr().err == ""


def test_a_second_look_that_fails_does_not_undo_the_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    report = Project.report
    seen = []

    def failing(self: Project, path: str, *more: object):
        seen.append(path)
        if len(seen) > 1:
            raise ZeroDivisionError("division by zero")
        return report(self, path, *more)

    monkeypatch.setattr(Project, "report", failing)
    monkeypatch.setattr(batch.Jedi, "ask", lambda self, root, some: dict.fromkeys(some, Answer("module")))
    write(train="import netlib\n\nnetlib.Net()\n" + TRAIN)
    assert cli.main(["check", "--output-format", "concise"]) == 1
    out, err = capsys.readouterr()
    assert len(seen) == 2
    assert out.startswith("train.py:11:5: error: ")
    assert err == "train.py: the analysis failed with ZeroDivisionError: division by zero\n"


@pytest.mark.parametrize("memos", [0, batch.MEMOS])
def test_what_other_packages_hold_is_looked_up(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, memos: int
):
    monkeypatch.setattr(batch, "MEMOS", memos)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.delenv(name, raising=False)
    packages = folder / ".venv/lib/python3.10/site-packages"
    packages.mkdir(parents=True)
    (folder / ".venv/pyvenv.cfg").write_text("version = 3.10.0\n")
    (packages / "netlib.py").write_text("import torch\n\nclass Net(torch.nn.Module):\n    pass\n")
    write(train=OUTER)
    assert check() == 0
    capsys.readouterr()
    for jobs in ("1", "2"):
        write(other=OUTER)
        assert cli.main(["check", "--output-format", "json", "--jobs", jobs]) == 1
        assert rules_found(capsys) == [(path, "unregistered-submodule") for path in ("other.py", "train.py")]
