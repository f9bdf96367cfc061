"""What an edit makes run again: counted, so that a lost memo is a red test and not a slow editor."""

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_pitfalls.project import Project
from torch_pitfalls.text.edits import Edit, Span

TEXT = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(x)


def train_step(model, optimizer, x, y):
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


def evaluate(model, loader):
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader)


def train(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        optimizer.zero_grad()
        train_step(model, optimizer, x, y)


def unrelated(values):
    return [value.item() for value in values]
"""
PATH = "/train.py"


@pytest.fixture
def project() -> Project:
    project = Project(None)
    project.set_text(PATH, TEXT)
    assert project.report(PATH).diagnoses == ()
    return project


def traced(project: Project, edit: Edit) -> tuple[Counter[str], list[str]]:
    """The units that are interpreted again after an edit, and the slugs that are found then."""
    ran: Counter[str] = Counter()
    project.db.on_run = lambda query, args: ran.update([args[0].name or "<module>"]) if query == "trace" else None
    project.edit(PATH, [edit])
    report = project.report(PATH)
    project.db.on_run = None
    return ran, [diagnosis.rule.slug for diagnosis in report.diagnoses]


def replaced(old: str, new: str) -> Edit:
    at = TEXT.index(old)
    return Edit(Span(at, at + len(old)), new)


@pytest.mark.parametrize(
    "edit",
    [
        Edit(Span(0, 0), "# a comment at the top\n\n"),
        replaced("    loss.backward()", "    # a comment in a body\n\n    loss.backward()"),
        replaced("def unrelated", "\n\n\ndef unrelated"),
        replaced("lr=0.1)", "lr=0.1)  # a comment on a line"),
    ],
)
def test_comments_and_blank_lines_run_nothing(project: Project, edit: Edit):
    assert traced(project, edit) == (Counter(), [])


def test_the_same_text_runs_nothing(project: Project):
    ran: list[str] = []
    project.db.on_run = lambda query, args: ran.append(query)
    project.set_text(PATH, TEXT)
    project.report(PATH)
    assert ran == []


def test_a_function_that_nobody_calls_runs_alone(project: Project):
    assert traced(project, replaced("value.item()", "value.cpu()")) == (Counter(["unrelated"]), [])


def test_a_helper_runs_with_its_callers(project: Project):
    ran, found = traced(project, replaced("loss.item()", "loss.detach()"))
    assert ran == Counter(["train_step", "train"])
    assert found == []


def test_a_caller_runs_without_its_helper(project: Project):
    ran, found = traced(project, replaced("        optimizer.zero_grad()\n", ""))
    assert ran == Counter(["train"])
    assert found == ["missing-zero-grad"]


def test_another_file_that_is_changed_runs_its_readers(tmp_path: Path):
    (tmp_path / "engine.py").write_text("def clear(optimizer):\n    optimizer.zero_grad()\n")
    train = tmp_path / "train.py"
    train.write_text(
        "import torch\nfrom engine import clear\n\n\ndef train(model: torch.nn.Module, loader):\n"
        "    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n    for x in loader:\n"
        "        clear(optimizer)\n        model(x).sum().backward()\n        optimizer.step()\n"
    )
    project = Project(tmp_path)
    assert project.report(str(train)).diagnoses == ()
    project.set_text(str(tmp_path / "engine.py"), "def clear(optimizer):\n    pass\n")
    assert [found.rule.slug for found in project.report(str(train)).diagnoses] == ["missing-zero-grad"]


PIECES = st.sampled_from(
    ["", "\n", "    ", "pass\n", "(", ")", "'''", "#", "x = 1\n", "def f():\n    pass\n", "\n\n@", "é"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), PIECES), max_size=5))
def test_edits_give_the_report_of_a_fresh_project(script: list[tuple[int, int, str]]):
    project = Project(None)
    project.set_text(PATH, TEXT)
    project.report(PATH)
    for start, length, text in script:
        size = len(project.text(PATH))
        start = min(start, size)
        project.edit(PATH, [Edit(Span(start, min(start + length, size)), text)])
        project.report(PATH)
    fresh = Project(None)
    fresh.set_text(PATH, project.text(PATH))
    told = [(found.span, found.rule.slug, found.headline) for found in project.report(PATH).diagnoses]
    assert told == [(found.span, found.rule.slug, found.headline) for found in fresh.report(PATH).diagnoses]


FIXTURES = sorted((Path(__file__).parent / "rules").glob("*.py"))


@pytest.mark.parametrize("file", FIXTURES[::6], ids=lambda file: file.stem)
def test_reports_after_edits_are_those_of_a_fresh_analysis(file: Path) -> None:
    random = Random(file.stem)
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    project = Project(None)
    project.set_text("a.py", "".join(lines))
    project.report("a.py")
    for _ in range(12):
        at = random.randrange(len(lines))
        taken = lines.pop(at)
        if random.random() < 0.6:
            lines.insert(random.choice([at, random.randrange(len(lines))]), taken)
        text = "".join(lines)
        project.set_text("a.py", text)
        if random.random() < 0.7:
            assert seen(project) == seen(fresh(text)), f"after line {at + 1}"
    assert seen(project) == seen(fresh("".join(lines)))


def fresh(text: str) -> Project:
    project = Project(None)
    project.set_text("a.py", text)
    return project


def seen(project: Project) -> list[tuple[str, Span, str]]:
    return [(one.rule.slug, one.span, one.headline) for one in project.report("a.py").diagnoses]


def test_a_file_that_shrinks_on_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    helper, script = tmp_path / "helper.py", tmp_path / "train.py"
    helper.write_text("FIRST = 1\nSECOND = 2\n\n\ndef third():\n    return 3\n", encoding="utf-8")
    project = Project(tmp_path)
    project.set_text(str(script), "from helper import third\n\nvalue = third()\n")
    project.report(str(script))
    numbers = project.db.input("layout", str(helper))
    helper.write_text("FIRST = 1\n", encoding="utf-8")
    project.file_changed(str(helper))
    left = [number for number in numbers if project.db.input("chunk", str(helper), number) is not None]
    assert left == list(project.db.input("layout", str(helper)))


def test_an_edit_concerns_few_units_of_a_large_script() -> None:
    constants = "".join(f"RATE_{n} = {n} / 100\n" for n in range(40))
    functions = "".join(f"\n\ndef make_{n}(x):\n    return torch.zeros({n}) + x\n" for n in range(40))
    script = (
        "import torch\nfrom torch.utils.data import DataLoader\n\n"
        + constants
        + "draw = torch.Generator()\n"
        + functions
        + "\n\ndef step(model, optimizer, x):\n    optimizer.zero_grad()\n    model(x).sum().backward()\n"
        + "    optimizer.step()\n\n\ndef main():\n    model = torch.nn.Linear(2, 2)\n"
        + "    optimizer = torch.optim.SGD(model.parameters(), lr=RATE_1)\n"
        + "    for x in DataLoader([1.0], num_workers=2):\n        step(model, optimizer, x)\n"
        + '\n\nif __name__ == "__main__":\n    main()\n'
    )
    project = Project(None)
    project.set_text("a.py", script)
    project.report("a.py")
    runs: Counter[str] = Counter()
    project.db.on_run = lambda name, _: runs.update([name])
    at = script.index("optimizer.zero_grad()")
    project.edit("a.py", [Edit(Span(at, at + len("optimizer.zero_grad()")), "pass")])
    assert [one.rule.slug for one in project.report("a.py").diagnoses if one.rule.slug == "missing-zero-grad"]
    # The edited function, ``main``, and the statement that calls it.
    assert runs["trace"] == 3
    assert runs["findings"] <= 8
    # What goes over the whole file, put together from small queries of which none has changed.
    assert not {"visitors", "_manners", "loader_uses", "overtaken", "worker_loaders"} & runs.keys()
