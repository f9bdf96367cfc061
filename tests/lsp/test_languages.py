"""The language of the editor, and what goes over it."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor
from samples import FORGETFUL
from test_hover import text_of
from torch_pitfalls.lsp.features.code_actions import FIX_ALL


async def test_chinese_editors_are_spoken_to_in_chinese(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, locale="zh-cn")
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert found.message.split("\n")[0] == "`optimizer` 更新了参数，但从未清零梯度"
    assert found.related_information
    assert [note.message for note in found.related_information] == ["此次更新混用了新旧梯度"]
    assert found.code_description is not None
    assert found.code_description.href.endswith("missing-zero-grad.md")
    titles = [action.title for action in await editor.actions(uri, found.range)]
    assert titles[:2] == ["插入 `optimizer.zero_grad()`", "在此行忽略 missing-zero-grad"]
    (everything,) = await editor.actions(uri, found.range, only=[FIX_ALL])
    assert everything.title == "修复 torch-pitfalls 报告的所有可安全修复的问题"
    text = text_of(await editor.hover(uri, found.range.start.line, found.range.start.character))
    parts = [
        "**修复方法**：在这个 `backward()` 之前调用 `optimizer.zero_grad()`。",
        "missing-zero-grad.md) · 错误 · 快速修复，安全",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


async def test_names_of_torch_are_explained_in_chinese(editor: Editor, tmp_path: Path) -> None:
    await editor.begin(tmp_path, locale="zh-Hans")
    uri = editor.open(tmp_path / "train.py", "import torch\n\nwith torch.no_grad():\n    pass\n")
    assert await editor.findings(uri) == []
    assert "其中不记录计算图" in text_of(await editor.hover(uri, 2, 12))


@pytest.mark.parametrize(
    ("locale", "project", "setting", "is_chinese"),
    [
        (None, None, None, False),
        ("de", None, None, False),
        ("zh-cn", "en", None, False),
        ("zh-cn", None, "en", False),
        ("zh-cn", "zh-cn", "en", False),
        ("en", "zh-cn", None, True),
        ("en", "en", "zh-cn", True),
    ],
)
async def test_settings_go_over_the_editors_language(
    locale: str | None, project: str | None, setting: str | None, is_chinese: bool, editor: Editor, tmp_path: Path
) -> None:
    if project is not None:
        table = f'[tool.torch-pitfalls]\nlanguage = "{project}"\n'
        (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    await editor.begin(tmp_path, locale=locale, options={} if setting is None else {"language": setting})
    uri = editor.open(tmp_path / "train.py", FORGETFUL)
    (found,) = await editor.findings(uri)
    assert ("清零梯度" in found.message) is is_chinese
