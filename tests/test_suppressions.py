"""Comments that silence, and those that silence nothing."""

from __future__ import annotations

import pytest
from torch_pitfalls.config import Config
from torch_pitfalls.project import Project
from torch_pitfalls.suppressions import UNUSED
from torch_pitfalls.text.edits import apply

HEAD = "import torch\n\nmodel = torch.nn.Dropout()\n"
SLUG = "mode-method-not-called"


def unused(text: str, config: Config | None = None) -> tuple[list[str], str]:
    """The headlines of comments that silence nothing, and the text after their fixes."""
    project = Project(None, config)
    project.set_text("a.py", text)
    found = [one for one in project.report("a.py").diagnoses if one.rule is UNUSED]
    return [one.headline for one in found], apply(text, [edit for one in found if one.fix for edit in one.fix.edits])


@pytest.mark.parametrize(
    ("line", "headlines", "mended"),
    [
        (f"model.eval  # torch-pitfalls: ignore[{SLUG}]", [], None),
        (f"model.eval  # noqa: {SLUG}", [], None),
        ("model.eval  # torch-pitfalls: ignore", [], None),
        (f"model.eval()  # torch-pitfalls: ignore[{SLUG}]", [f"`torch-pitfalls: ignore[{SLUG}]` silences nothing"], "model.eval()"),
        ("model.eval()  # torch-pitfalls: ignore", ["`torch-pitfalls: ignore` silences nothing"], "model.eval()"),
        (
            f"model.eval  # torch-pitfalls: ignore[missing-zero-grad, {SLUG}]",
            ["`missing-zero-grad` is silenced here, but reports nothing"],
            f"model.eval  # torch-pitfalls: ignore[{SLUG}]",
        ),
        (
            f"model.eval  # torch-pitfalls: ignore[{SLUG}, missing-zero-gard]  # why",
            ["`missing-zero-gard` is silenced here, but reports nothing"],
            f"model.eval  # torch-pitfalls: ignore[{SLUG}]  # why",
        ),
        (f"model.eval()  # noqa: {SLUG}", [f"`noqa: {SLUG}` silences nothing"], "model.eval()"),
        ("model.eval()  # noqa: E501", [], None),
        (f"model.eval()  # noqa: {SLUG}  # why", [f"`noqa: {SLUG}` silences nothing"], "model.eval()  # why"),
        (f"# torch-pitfalls: ignore-file[{SLUG}]\nmodel.eval", [], None),
        (
            f"# torch-pitfalls: ignore-file[{SLUG}]\nmodel.eval()",
            [f"`torch-pitfalls: ignore-file[{SLUG}]` silences nothing"],
            "model.eval()",
        ),
        (f"x = '# torch-pitfalls: ignore[{SLUG}]'", [], None),
        ("model.eval()  # torch-pitfalls: ignore[missing-zero-grad, unused-suppression]", [], None),
    ],
)  # fmt: skip
def test_comments(line: str, headlines: list[str], mended: str | None):
    text = HEAD + line + "\n"
    assert unused(text) == (headlines, text if mended is None else HEAD + mended + "\n")


def test_what_is_switched_off_is_not_missed():
    text = HEAD + f"model.eval()  # torch-pitfalls: ignore[{SLUG}]\n"
    assert unused(text, Config(ignore=frozenset({SLUG})))[0] == []
    assert unused(text, Config(ignore=frozenset({UNUSED.slug})))[0] == []
    assert unused(text, Config(select=frozenset({SLUG})))[0] == []


def test_broken_text_is_no_evidence():
    assert unused(HEAD + f"model.eval()  # torch-pitfalls: ignore[{SLUG}]\nx = (\n")[0] == []
