"""What the rules say about the fixtures, the projects and their own examples, and what their fixes do.

`# expect: slug` at the end of a line is a finding there; several slugs are separated by commas.
A line without a mark is silent for every rule.
`# todo-expect: slug` is a known gap: it fails once the finding appears.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

import pytest
from torch_pitfalls.check import Diagnosis, Report
from torch_pitfalls.config import ALL, Config, load
from torch_pitfalls.notebooks import joined
from torch_pitfalls.project import Project
from torch_pitfalls.report import entries
from torch_pitfalls.report.text import render
from torch_pitfalls.rule import Safety
from torch_pitfalls.rules import RULES
from torch_pitfalls.text.edits import Edit, apply, conflict

TESTS = Path(__file__).parent
FIXTURES = sorted((TESTS / "rules").glob("*.py"))
PROJECTS = sorted(folder for folder in (TESTS / "projects").iterdir() if folder.is_dir())
FILES = FIXTURES + [file for folder in PROJECTS for file in sorted(folder.rglob("*.py"))]
SNAPSHOTS = TESTS / "rules" / "__snapshots__"
MARK = re.compile(r"# (todo-expect|expect): ([a-z-]+(?:, [a-z-]+)*)$")
ROUNDS = 5
EVERY = frozenset(ALL)
"""All rules, those that are off by default among them."""

every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(TESTS).as_posix())
every_fixture = pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
every_rule = pytest.mark.parametrize("slug", RULES)

Finding = tuple[int, str]
"""The number of a line, from 1, and the slug of a rule."""


@cache
def project_of(file: Path) -> tuple[Project, str]:
    """A project that holds a file, and the path of the file in it: a fixture is a project of its own."""
    folder = next((folder for folder in PROJECTS if folder in file.parents), None)
    configured = folder is not None and (folder / "pyproject.toml").exists()
    config = load(file)[0] if configured else Config()
    project = Project(root=folder, config=dataclasses.replace(config, select=config.select or EVERY))
    project.set_text(str(file), file.read_text(encoding="utf-8"))
    return project, str(file)


def example_of(slug: str, text: str) -> tuple[Project, str]:
    project, path = Project(root=None, config=Config(select=EVERY)), f"{slug}.py"
    project.set_text(path, text)
    return project, path


def marks(text: str, word: str) -> Counter[Finding]:
    """The findings that the comments of a text speak of."""
    found: Counter[Finding] = Counter()
    for number, line in enumerate(text.split("\n"), start=1):
        mark = MARK.search(line)
        if mark and mark[1] == word:
            found.update((number, slug) for slug in mark[2].split(", "))
    return found


def findings(report: Report) -> Counter[Finding]:
    assert report.problems == ()
    return Counter((line_of(report, diagnosis), diagnosis.rule.slug) for diagnosis in report.diagnoses)


def line_of(report: Report, diagnosis: Diagnosis) -> int:
    return report.source.position(diagnosis.span.start)[0] + 1


def shown(found: Collection[Finding]) -> str:
    return "".join(f"\n  line {line}: {slug}" for line, slug in sorted(found)) or " nothing"


# ── findings ──


@every_file
def test_findings_are_the_marked_ones(file: Path) -> None:
    project, path = project_of(file)
    text = project.text(path)
    found, expected = findings(project.report(path)), marks(text, "expect")
    assert found == expected, f"missing:{shown(expected - found)}\nunexpected:{shown(found - expected)}"
    reached = found & marks(text, "todo-expect")
    assert not reached, f"known gaps that are closed, write `# expect` there:{shown(reached)}"


@every_file
def test_marks_name_rules(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = {slug for word in ("expect", "todo-expect") for _, slug in marks(text, word)}
    assert named <= set(RULES)
    assert text.count("expect:") == len(re.findall(MARK.pattern, text, re.MULTILINE))


@every_rule
def test_example(slug: str) -> None:
    example = RULES[slug].example
    project, path = example_of(slug, example.bad)
    own = Counter(finding for finding in findings(project.report(path)).elements() if finding[1] == slug)
    assert own == marks(example.bad, "expect")
    project, path = example_of(slug, example.good)
    assert not findings(project.report(path))


# ── fixes ──


@every_file
def test_each_fix_of_a_file(file: Path) -> None:
    check_fixes(*project_of(file))


@every_rule
def test_each_fix_of_an_example(slug: str) -> None:
    check_fixes(*example_of(slug, RULES[slug].example.bad))


@every_rule
def test_rule_offers_the_fix_it_states(slug: str) -> None:
    stem = TESTS / "rules" / f"{slug.replace('-', '_')}.py"
    project, path = project_of(stem)
    own = [diagnosis for diagnosis in project.report(path).diagnoses if diagnosis.rule.slug == slug]
    assert {diagnosis.fix.safety for diagnosis in own if diagnosis.fix} == {RULES[slug].fix} - {None}


def check_fixes(project: Project, path: str) -> None:
    """Apply every fix by itself: the text still parses, the finding is gone and nothing new appears."""
    text = project.text(path)
    report = project.report(path)
    before = cases(report)
    for diagnosis in report.diagnoses:
        if diagnosis.fix is None:
            continue
        assert diagnosis.fix.safety is diagnosis.rule.fix
        fixed = apply(text, diagnosis.fix.edits)
        project.set_text(path, fixed)
        after = cases(project.report(path))
        project.set_text(path, text)
        place = f"line {line_of(report, diagnosis)}: {diagnosis.rule.slug}: {diagnosis.fix.title}"
        ast.parse(fixed)
        gone = before - Counter([(case_of(report, diagnosis), diagnosis.rule.slug)])
        assert after <= gone, f"{place}: still there or new: {dict(after - gone)}\n{difference(text, fixed)}"
        reported = text[diagnosis.span.start : diagnosis.span.end]
        kept = texts(text) - (Counter([ast.literal_eval(reported)]) if is_text(reported) else Counter())
        assert kept <= texts(fixed), f"{place}: a text changed\n{difference(text, fixed)}"


@pytest.mark.parametrize("safeties", [{Safety.SAFE}, set(Safety)], ids=["safe", "all"])
@every_file
def test_all_fixes_together(file: Path, safeties: set[Safety]) -> None:
    project, path = project_of(file)
    text = project.text(path)
    before = cases(project.report(path))
    repaired = repair(project, path, safeties)
    project.set_text(path, repaired)
    after = cases(project.report(path))
    again = repair(project, path, safeties)
    project.set_text(path, text)
    ast.parse(repaired)
    assert after <= before, f"new: {dict(after - before)}\n{difference(text, repaired)}"
    assert again == repaired


def repair(project: Project, path: str, safeties: set[Safety]) -> str:
    """The text after all fixes of these kinds; the project keeps its text.

    Fixes that conflict wait for the next round.
    """
    original = text = project.text(path)
    for _ in range(ROUNDS):
        chosen: list[Edit] = []
        for diagnosis in project.report(path).diagnoses:
            fix = diagnosis.fix
            if fix is not None and fix.safety in safeties and not conflict(fix.edits, chosen):
                chosen += fix.edits
        if not chosen:
            break
        text = apply(text, chosen)
        project.set_text(path, text)
    project.set_text(path, original)
    return text


def cases(report: Report) -> Counter[tuple[str, str]]:
    """How often a rule speaks up in each function or class at the top of a file, wherever its lines are."""
    return Counter((case_of(report, diagnosis), diagnosis.rule.slug) for diagnosis in report.diagnoses)


def case_of(report: Report, diagnosis: Diagnosis) -> str:
    line = line_of(report, diagnosis)
    for statement in ast.parse(report.source.text).body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = min([statement.lineno, *(node.lineno for node in statement.decorator_list)])
            if first <= line <= (statement.end_lineno or first):
                return statement.name
    return ""


def texts(code: str) -> Counter[str]:
    """The string constants of a program: a fix that indents lines leaves them as they are."""
    constants = (node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant))
    return Counter(value for value in constants if isinstance(value, str))


def is_text(code: str) -> bool:
    """Whether what is reported is a string, which its fix may replace."""
    try:
        return isinstance(ast.literal_eval(code), str)
    except (SyntaxError, ValueError):
        return False


def difference(old: str, new: str) -> str:
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1)
    return "\n".join(list(lines)[2:])


# ── snapshots ──


@every_fixture
def test_snapshot(file: Path, request: pytest.FixtureRequest) -> None:
    project, path = project_of(file)
    new = "".join(snapshot(project, path, file.name))
    kept = SNAPSHOTS / f"{file.stem}.txt"
    if request.config.getoption("--update"):
        SNAPSHOTS.mkdir(exist_ok=True)
        kept.write_text(new, encoding="utf-8")
    old = kept.read_text(encoding="utf-8") if kept.exists() else ""
    assert old == new, f"run with --update and read the difference:\n{difference(old, new)}"


def snapshot(project: Project, path: str, name: str) -> Iterator[str]:
    """All findings as people see them, and what the fixes make of the file."""
    text = project.text(path)
    yield render(entries(project.report(path), lambda _: name, lambda _: None))
    for title, safeties in (("safe fixes", {Safety.SAFE}), ("all fixes", set(Safety))):
        yield f"──── {title} ────\n{difference(text, repair(project, path, safeties))}\n"


def test_every_snapshot_has_a_fixture() -> None:
    assert {file.stem for file in SNAPSHOTS.glob("*")} <= {file.stem for file in FIXTURES}


def test_cells_of_a_notebook_need_no_main_guard() -> None:
    project = Project(None)
    project.set_text("train.ipynb", RULES["missing-main-guard"].example.bad)
    assert "missing-main-guard" not in {diagnosis.rule.slug for diagnosis in project.report("train.ipynb").diagnoses}


def test_what_a_cell_ends_with_is_shown() -> None:
    project = Project(None)
    cells = joined(["import torch\nx = torch.zeros(3)\nx.add(1)", "x.sub(1)\nfor _ in range(3):\n    x.mul(2)"])
    project.set_text("a.ipynb", cells.text)
    found = findings(project.report("a.ipynb"))
    assert found == {(5, "result-discarded"): 1, (7, "result-discarded"): 1}


def test_an_edit_and_its_undoing_change_nothing() -> None:
    project, path = project_of(TESTS / "rules" / "missing_super_init.py")
    text = project.text(path)
    before = findings(project.report(path))
    project.set_text(path, f"\n{text}")
    project.report(path)
    project.set_text(path, text)
    assert findings(project.report(path)) == before
