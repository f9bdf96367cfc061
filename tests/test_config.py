"""What [tool.torch-pitfalls] and editor settings may say, and what is told when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_pitfalls.config import Config, Tree, Unreadable, load, parse, read
from torch_pitfalls.limits import Limits
from torch_pitfalls.rule import Severity
from torch_pitfalls.rules import RULES

ZERO = "missing-zero-grad"
MODE = "mode-method-not-called"


def project(root: Path, table: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    path = root / "pyproject.toml"
    path.write_text(f"[tool.torch-pitfalls]\n{table}\n", encoding="utf-8")
    return path


def test_without_a_table_the_defaults_count(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 100\n")
    assert load(tmp_path) == (Config(), [])


def test_all_keys(tmp_path: Path):
    project(
        tmp_path,
        f"""
        select = ["{ZERO}", "{MODE}"]
        ignore = ["{MODE}"]
        exclude = ["third_party/"]
        torch-version = "2.4"
        max-file-size = 1000
        jedi = false
        limits = {{ max-workers = 16 }}
        per-file-ignores = {{ "tests/**" = ["{ZERO}"] }}
        severity = {{ {ZERO} = "hint" }}
        """,
    )
    config, problems = load(tmp_path / "train.py")
    assert problems == []
    assert config == Config(
        select=frozenset({ZERO, MODE}),
        ignore=frozenset({MODE}),
        per_file_ignores=(("tests/**", frozenset({ZERO})),),
        severity={ZERO: Severity.HINT},
        exclude=("third_party/",),
        torch_version="2.4",
        max_file_size=1000,
        jedi=False,
        limits=Limits(max_workers=16),
        root=str(tmp_path),
    )
    assert hash(config) == hash(load(tmp_path)[0])


def test_the_nearest_file_with_the_table_counts(tmp_path: Path):
    project(tmp_path, f'ignore = ["{ZERO}"]')
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/pyproject.toml").write_text("[project]\nname = 'torch-pitfalls-user'\n")
    config, problems = load(tmp_path / "a/b/train.py")
    assert (config.ignore, config.root, problems) == ({ZERO}, str(tmp_path), [])


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"selct": []}, "settings: unknown key `selct`; did you mean `select`?"),
        (
            {"per_file_ignores": {}},
            "settings: unknown key `per_file_ignores`; did you mean `per-file-ignores`?",
        ),
        ({"quux": 1}, "settings: unknown key `quux`"),
        (
            {"ignore": ["missing-zero-gard"]},
            "settings: `ignore`: there is no rule `missing-zero-gard`; did you mean `missing-zero-grad`?",
        ),
        ({"select": "missing-zero-grad"}, "settings: `select` must be a list of strings"),
        ({"exclude": [1]}, "settings: `exclude` must be a list of strings"),
        (
            {"per-file-ignores": []},
            "settings: `per-file-ignores` must be a table from pattern to rules",
        ),
        ({"per-file-ignores": {"a.py": ZERO}}, "settings: `per-file-ignores.a.py` must be a list of strings"),
        ({"severity": "error"}, "settings: `severity` must be a table from rule to severity"),
        (
            {"severity": {ZERO: "fatal"}},
            f"settings: `severity.{ZERO}` must be one of `error`, `warning`, `information`, `hint`",
        ),
        ({"torch-version": 2.4}, 'settings: `torch-version` must be a version such as "2.4"'),
        ({"max-file-size": True}, "settings: `max-file-size` must be a number of bytes above 0"),
        ({"jedi": "no"}, "settings: `jedi` must be true or false"),
        (
            {"documentation": "docs"},
            "settings: `documentation` must be an address that begins with `https://` or `http://`",
        ),
        ({"limits": 3}, "settings: `limits` must be a table from limit to number"),
        (
            {"limits": {"max-worker": 3}},
            "settings: `limits`: unknown key `max-worker`; did you mean `max-workers`?",
        ),
        ({"limits": {"max-workers": 0}}, "settings: `limits.max-workers` must be a whole number above 0"),
    ],
)
def test_a_wrong_entry_is_named_and_the_rest_counts(table: dict[str, object], sentence: str):
    config, problems = parse({"torchVersion": "2.1", "maxFileSize": None, **table}, "settings")
    assert problems == [sentence]
    if "torch-version" not in table:
        assert config.torch_version == "2.1"


def test_right_rules_beside_a_wrong_one_count():
    config, problems = parse({"ignore": [ZERO, "nonsense"], "severity": {MODE: "error", "x": "error"}}, "s")
    assert config.ignore == {ZERO}
    assert config.severity == {MODE: Severity.ERROR}
    assert problems == ["s: `ignore`: there is no rule `nonsense`", "s: `severity`: there is no rule `x`"]


def test_camel_case_as_in_editor_settings():
    config, problems = parse({"perFileIgnores": {"*.py": [ZERO]}}, "settings")
    assert problems == []
    assert not config.enabled(ZERO, "/p/train.py")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[tool.torch-pitfalls\n", "is not valid TOML: "),
        (b"# torch-pitfalls \xff\n", "is not UTF-8 at byte 17"),
        (b"tool.torch-pitfalls = 1\n", "`tool.torch-pitfalls` must be a table"),
    ],
)
def test_a_file_that_cannot_be_understood(tmp_path: Path, content: bytes, sentence: str):
    path = tmp_path / "pyproject.toml"
    path.write_bytes(content)
    with pytest.raises(Unreadable) as raised:
        read(path)
    assert str(raised.value).startswith(f"{path}: {sentence}")
    config, problems = load(tmp_path)
    assert (config, problems) == (Config(), [str(raised.value)])


def test_a_broken_file_that_does_not_speak_of_us_is_not_our_business(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("[tool.ruff\n")
    assert load(tmp_path) == (Config(), [])


def test_a_directory_in_place_of_the_file(tmp_path: Path):
    (tmp_path / "pyproject.toml").mkdir()
    config, problems = load(tmp_path)
    assert config == Config()
    assert [problem.startswith(f"{tmp_path}/pyproject.toml: cannot be read: ") for problem in problems] == [True]


def test_rules_that_are_hints_are_off_until_asked_for(monkeypatch: pytest.MonkeyPatch):
    from dataclasses import replace

    monkeypatch.setitem(RULES, "a-hint", replace(RULES[ZERO], slug="a-hint", severity=Severity.HINT))
    assert Config().enabled(ZERO, "a.py")
    assert not Config().enabled("a-hint", "a.py")
    assert Config(select=frozenset({"a-hint"})).enabled("a-hint", "a.py")
    assert Config(severity={"a-hint": Severity.WARNING}).enabled("a-hint", "a.py")


def test_a_finding_of_a_hint_that_is_worse_is_on(monkeypatch: pytest.MonkeyPatch):
    from dataclasses import replace

    monkeypatch.setitem(RULES, "a-hint", replace(RULES[ZERO], slug="a-hint", severity=Severity.HINT))
    assert Config().enabled("a-hint", "a.py", Severity.WARNING)
    assert not Config().enabled("a-hint", "a.py", Severity.HINT)
    assert not Config(ignore=frozenset({"a-hint"})).enabled("a-hint", "a.py", Severity.WARNING)
    assert not Config(select=frozenset({ZERO})).enabled("a-hint", "a.py", Severity.WARNING)


def test_select_and_ignore():
    config = Config(select=frozenset({ZERO, MODE}), ignore=frozenset({MODE}))
    assert [slug for slug in RULES if config.enabled(slug, "a.py")] == [ZERO]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("tests/**", "/p/tests/a.py", True),
        ("tests/", "/p/sub/tests/deep/a.py", True),
        ("/tests/", "/p/sub/tests/a.py", False),
        ("test_*.py", "/p/deep/test_a.py", True),
        ("deep/test_*.py", "/p/deep/test_a.py", True),
        ("/p/", "/p/a.py", False),
        ("*.py", "/elsewhere/a.py", True),
        ("*.py", "untitled:Untitled-1", False),
    ],
)
def test_patterns_are_relative_to_the_root(pattern: str, path: str, matches: bool):
    config = Config(per_file_ignores=((pattern, frozenset({ZERO})),), exclude=(pattern,), root="/p")
    assert config.enabled(ZERO, path) is not matches
    assert config.excluded(path) is matches
    assert config.enabled(MODE, path)


def test_each_directory_has_its_own_configuration(tmp_path: Path):
    project(tmp_path, 'selct = ["a"]\njedi = false')
    project(tmp_path / "inner", 'torch-version = "2.0"')
    (tmp_path / "inner/deep").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/pyproject.toml").write_text("torch-pitfalls = [")
    tree = Tree()
    for _ in range(2):
        assert tree.at(str(tmp_path / "inner/deep")).torch_version == "2.0"
        assert tree.at(str(tmp_path / "inner")).jedi
        assert not tree.at(str(tmp_path / "broken")).jedi
        assert not tree.at(str(tmp_path / "other/not/there")).jedi
    assert len(tree.wrong) == 1
    assert len(tree.unreadable) == 1
    isolated = Tree(isolated=True)
    assert isolated.at(str(tmp_path / "inner")) == Config()
    assert isolated.unreadable == []
