"""What is known of variables where they stand."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from torch_pitfalls.known import Known, known
from torch_pitfalls.project import Project

HEAD = """\
import torch
from torch import nn


"""


def at_mark(text: str) -> Known | None:
    """What is known at the mark ``^`` of a text, which is not part of it."""
    text = HEAD + textwrap.dedent(text)
    offset = text.index("^")
    project = Project(None)
    project.set_text("train.py", text.replace("^", "", 1))
    return known(project.db, "train.py", offset)


def said(text: str) -> dict[str, str]:
    """Label → text, with the lines (from 0, below the imports) that brought it about."""
    found = at_mark(text)
    assert found is not None
    return {
        str(
            one.label
        ): f"{one.text} @ {', '.join(str(since.line - HEAD.count(chr(10))) for since in one.since)}".rstrip(" @")
        for one in found.details
    }


def test_mode_and_device_of_a_module_and_since_when() -> None:
    text = """\
        model = nn.Linear(1, 1).cuda()
        model.eval()
        print(mo^del)
    """
    assert said(text) == {"mode": "evaluation @ 1", "device": "`cuda` @ 0"}


def test_before_the_call_that_changes_it() -> None:
    assert said("model = nn.Linear(1, 1)\nmodel^.eval()\n")["mode"] == "training @ 0"


def test_after_an_assignment() -> None:
    assert said("mod^el = nn.Linear(1, 1)\n")["mode"] == "training @ 0"


def test_two_modes_where_branches_meet() -> None:
    text = """\
        def f(quick):
            model = nn.Linear(1, 1)
            if quick:
                model.eval()
            return mod^el
    """
    assert said(text)["mode"] == "training or evaluation @ 1, 3"


def test_frozen_parameters() -> None:
    text = """\
        model = nn.Linear(1, 1)
        model.requires_grad_(False)
        print(mod^el)
    """
    assert said(text)["parameters"] == "frozen @ 1"


def test_attribute_of_an_object_set_elsewhere() -> None:
    text = """\
        class Trainer:
            def __init__(self):
                self.model = nn.Linear(1, 1)

            def score(self, x):
                self.model.eval()
                return self.mod^el(x)
    """
    found = at_mark(text)
    assert found is not None
    assert found.name == "self.model"
    assert said(text)["mode"] == "evaluation @ 5"


def test_parameter_as_its_caller_leaves_it() -> None:
    text = """\
        def score(model, x):
            return mod^el(x)


        def main():
            net = nn.Linear(1, 1)
            net.eval()
            score(net, torch.ones(1, 1))
    """
    assert said(text)["mode"] == "evaluation @ 6"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = nn.Linear(1, 1)(torch.ones(1, 1))\nprint(^y)\n", "carries one"),
        ("w = torch.ones(1, requires_grad=True)\nprint(^w)\n", "a leaf that requires a gradient"),
        ("net = nn.Linear(1, 1)\ny = net(torch.ones(1, 1))\nprint(^y)\n", "leads back to `net`"),
        ("net = nn.Linear(1, 1)\ny = net(torch.ones(1, 1)).detach()\nprint(^y)\n", "none: cut off @ 1"),
        ("net = nn.Linear(1, 1)\nwith torch.no_grad():\n    y = net(torch.ones(1, 1))\nprint(^y)\n", "none: computed under `no_grad` @ 2"),
        ("x = torch.ones(1)\nprint(^x)\n", "none"),
    ],
)  # fmt: skip
def test_graph_of_a_tensor(text: str, expected: str) -> None:
    assert said(text)["graph"] == expected


def test_activation_and_autograd() -> None:
    text = """\
        def f(net: nn.Module, x: torch.Tensor):
            with torch.no_grad():
                p = net(x).softmax(1)
                return ^p
    """
    found = said(text)
    assert found["activation"] == "`softmax` has been applied @ 2"
    assert found["autograd"] == "off here"


def test_gradients_an_optimizer_holds() -> None:
    text = """\
        net = nn.Linear(1, 1)
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        for x in torch.ones(3, 1):
            net(x).sum().backward()
            op^t.step()
    """
    assert said(text) == {"trains": "`net`", "gradients": "new ones on top of used ones @ 3"}


def test_class_of_the_project_is_named() -> None:
    found = at_mark("class Net(nn.Module):\n    pass\n\n\nnet = Net()\nprint(ne^t)\n")
    assert found is not None
    assert str(found.kind) == "module `Net`"


def test_cause_in_another_file_is_the_call_that_leads_there(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("def freeze(net):\n    net.eval()\n", "utf-8")
    script = str(tmp_path / "train.py")
    text = HEAD + "from helper import freeze\n\nnet = nn.Linear(1, 1)\nfreeze(net)\nprint(net)\n"
    project = Project(tmp_path)
    project.set_text(script, text)
    found = known(project.db, script, text.index("print(net") + 7)
    assert found is not None
    mode = found.details[0]
    assert str(mode.text) == "evaluation"
    assert [since.code for since in mode.since] == ["freeze(net)"]


@pytest.mark.parametrize(
    "text", ["x = 1\nprint(^x)\n", "def f(anything):\n    return any^thing\n", "# com^ment\n", "^"]
)
def test_nothing_is_said_of_what_is_not_known(text: str) -> None:
    assert at_mark(text) is None


def test_an_edit_is_followed() -> None:
    project = Project(None)
    text = HEAD + "net = nn.Linear(1, 1)\nprint(net)\n"
    project.set_text("train.py", text)
    before = known(project.db, "train.py", text.index("print(net") + 7)
    text = text.replace("print", "net.eval()\nprint")
    project.set_text("train.py", text)
    after = known(project.db, "train.py", text.index("print(net") + 7)
    assert before is not None
    assert after is not None
    assert [str(one.details[0].text) for one in (before, after)] == ["training", "evaluation"]
