"""The definitions by which other tools run the command line: pre-commit and GitHub Actions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
COMMAND = Path(sys.executable).with_name("torch-pitfalls")

LOOP = """\
import torch
from torch import nn

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for batch in torch.ones(3, 1):
    loss = model(batch).sum()
    loss.backward()
    optimizer.step()
"""


def hooks() -> dict[str, dict[str, Any]]:
    return {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}


def run(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(LOOP, "utf-8")
    return tmp_path


def test_pre_commit_hook_fails_on_a_finding(folder: Path) -> None:
    result = run(f"{hooks()['torch-pitfalls']['entry']} train.py", folder)
    assert result.returncode == 1
    assert "missing-zero-grad" in result.stdout


def test_pre_commit_hook_repairs(folder: Path) -> None:
    run(f"{hooks()['torch-pitfalls-fix']['entry']} train.py", folder)
    assert "optimizer.zero_grad()" in (folder / "train.py").read_text("utf-8")


def test_action_annotates_the_line_and_fails(folder: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    check = action["runs"]["steps"][-1]
    installed = folder / "temporary" / "torch-pitfalls" / "bin"
    installed.mkdir(parents=True)
    (installed / "torch-pitfalls").symlink_to(COMMAND)
    inputs = {name: action["inputs"][name]["default"] for name in ("paths", "arguments")}
    environment = {
        name: value.replace("${{ inputs.paths }}", inputs["paths"]).replace(
            "${{ inputs.arguments }}", inputs["arguments"]
        )
        for name, value in check["env"].items()
    }
    result = run(check["run"], folder, RUNNER_TEMP=str(folder / "temporary"), **environment)
    assert result.returncode == 1, result.stderr
    assert result.stdout.startswith("::error ") and "file=train.py,line=8," in result.stdout
