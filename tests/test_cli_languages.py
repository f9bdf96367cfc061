"""The command line in Chinese."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch_pitfalls import cli

TRAIN = """\
import torch

model = torch.nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    loss = model(torch.ones(1, 1)).sum()
    loss.backward()
    optimizer.step()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    Path("pyproject.toml").write_text('[tool.torch-pitfalls]\nlanguage = "zh-cn"\n', encoding="utf-8")
    Path("train.py").write_text(TRAIN, encoding="utf-8")
    return tmp_path


def test_findings_are_told_in_the_language_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "train.py"]) == 1
    assert (
        capsys.readouterr().out
        == """\
错误[missing-zero-grad]：`optimizer` 更新了参数，但从未清零梯度
 --> train.py:7:5
  |
7 |     loss.backward()
  |     ^^^^^^^^^^^^^^^
8 |     optimizer.step()
  |     ---------------- 注：此次更新混用了新旧梯度
  |
  = 后果：没有 `zero_grad()`，`backward()` 会累加到 `.grad`：每次更新用的都是此前所有批次之和
  = 建议：在这个 `backward()` 之前调用 `optimizer.zero_grad()`

在 1 个文件中发现 1 个陷阱；1 个可用 --fix 修复。
"""
    )


def test_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--fix", "train.py"]) == 0
    assert capsys.readouterr().out == "已修复 1 个陷阱；在 1 个文件中未再发现陷阱。\n"
    assert cli.main(["check", "train.py"]) == 0
    assert capsys.readouterr().out == "在 1 个文件中未发现陷阱。\n"


def test_settings_are_ignored_where_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--isolated", "train.py"]) == 1
    assert "Found 1 pitfall in 1 file" in capsys.readouterr().out


def test_formats_for_programs_keep_their_words_and_translate_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--output-format", "json", "train.py"]) == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["severity"] == "error"
    assert found["message"].startswith("`optimizer` 更新了参数，但从未清零梯度\n")
    assert found["fix"]["title"] == "插入 `optimizer.zero_grad()`"
    assert cli.main(["check", "--output-format", "sarif", "train.py"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (result,) = run["results"]
    assert result["level"] == "error"
    assert result["message"]["text"].endswith("。修复方法：在这个 `backward()` 之前调用 `optimizer.zero_grad()`。")


def test_pages_and_titles_are_in_the_language_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "missing-zero-grad"]) == 0
    assert capsys.readouterr().out.startswith(
        "# 两次更新之间从未清零梯度\n\n`missing-zero-grad` · 梯度 · 错误 · 快速修复：安全\n"
    )
    assert cli.main(["rules", "--output-format", "json"]) == 0
    titles = {rule["id"]: rule["title"] for rule in json.loads(capsys.readouterr().out)}
    assert titles["missing-zero-grad"] == "两次更新之间从未清零梯度"
    assert cli.main(["check", "--statistics", "train.py"]) == 1
    assert capsys.readouterr().out.startswith("1  missing-zero-grad  两次更新之间从未清零梯度\n")
