"""Which files a command means, with git itself as the judge where it is installed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from torch_pitfalls import files, gitignore


def nothing(path: str, directory: bool) -> bool:
    return False


def found(*named: str | Path, excluded: files.Excluded = nothing) -> list[str]:
    some, problems = files.find([str(name) for name in named], excluded)
    assert problems == []
    return [file.shown for file in some]


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ignore(root: Path, *lines: str, name: str = ".gitignore") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def test_python_files_in_order_of_their_names(tree: Path):
    write(tree, "b.py", "a/z.py", "a/a.py", "a.pyi", "notes.txt", "c.ipynb", "dir.py/inside.py")
    assert found(".") == ["a/a.py", "a/z.py", "b.py", "c.ipynb", "dir.py/inside.py"]


def test_paths_are_shown_as_the_user_wrote_them(tree: Path):
    write(tree, "src/a.py", "src/b.py")
    assert found("src") == ["src/a.py", "src/b.py"]
    assert found("./src/") == ["src/a.py", "src/b.py"]
    assert found(tree / "src") == [f"{tree}/src/a.py", f"{tree}/src/b.py"]
    os.chdir(tree / "src")
    assert found("../src/a.py") == ["../src/a.py"]


def test_a_file_named_twice_is_checked_once(tree: Path):
    write(tree, "a.py")
    assert found("a.py", ".", tree) == ["a.py"]


@pytest.mark.parametrize(
    "name", [".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache", "build"]
)
def test_directories_without_source_of_the_project_are_skipped(tree: Path, name: str):
    write(tree, f"{name}/a.py", "b.py")
    assert found(".") == ["b.py"]
    assert found(name) == [f"{name}/a.py"]


def test_an_environment_of_any_name_is_skipped(tree: Path):
    write(tree, "myenv/pyvenv.cfg", "myenv/lib/a.py", "b.py")
    assert found(".") == ["b.py"]
    assert found("myenv") == ["myenv/lib/a.py"]


def test_nested_ignore_files_and_negation(tree: Path):
    (tree / ".git").mkdir()
    ignore(tree, "scratch/", "gen_*.py", "!gen_kept.py")
    ignore(tree / "sub", "!gen_here.py", "/only_here.py")
    write(tree, "gen_a.py", "gen_kept.py", "scratch/a.py", "sub/gen_here.py", "sub/gen_b.py", "sub/only_here.py")
    write(tree, "sub/deep/only_here.py")
    assert found(".") == ["gen_kept.py", "sub/deep/only_here.py", "sub/gen_here.py"]


def test_everything_but_python_below_a_data_directory(tree: Path):
    ignore(tree, "data/**", "!data/**/", "!data/**/*.py")
    write(tree, "data/a.py", "data/deep/b.py", "data/deep/c.txt")
    assert found(".") == ["data/a.py", "data/deep/b.py"]


def test_ignore_files_above_the_named_directory_count(tree: Path):
    (tree / ".git").mkdir()
    ignore(tree, "gen_*.py")
    write(tree, "src/gen_a.py", "src/a.py")
    assert found("src") == ["src/a.py"]


def test_a_named_path_is_taken_even_if_ignored(tree: Path):
    (tree / ".git").mkdir()
    ignore(tree, "out/", "gen.py")
    write(tree, "out/a.py", "out/deep/b.py", "gen.py")
    assert found("out", "gen.py") == ["out/a.py", "out/deep/b.py", "gen.py"]


def test_the_exclude_file_of_the_repository(tree: Path):
    ignore(tree, "private.py", name=".git/info/exclude")
    ignore(tree / "sub", "!private.py")
    write(tree, "private.py", "sub/private.py", "a.py")
    assert found(".") == ["a.py", "sub/private.py"]


def test_the_exclude_file_of_a_worktree(tree: Path):
    ignore(tree / "main", "private.py", name=".git/info/exclude")
    (tree / "main/.git/worktrees/side").mkdir(parents=True)
    (tree / "main/.git/worktrees/side/commondir").write_text("../..\n")
    write(tree, "side/private.py", "side/a.py")
    (tree / "side/.git").write_text(f"gitdir: {tree}/main/.git/worktrees/side\n")
    assert found("side") == ["side/a.py"]


def test_a_repository_inside_has_its_own_rules(tree: Path):
    (tree / ".git").mkdir()
    ignore(tree, "a.py")
    (tree / "inner/.git").mkdir(parents=True)
    write(tree, "inner/a.py", "a.py", "b.py")
    assert found(".") == ["b.py", "inner/a.py"]


def test_loops_of_links_end(tree: Path):
    write(tree, "pkg/a.py")
    (tree / "pkg/up").symlink_to(tree)
    (tree / "pkg/self.py").symlink_to("self.py")
    (tree / "pkg/gone.py").symlink_to("nowhere.py")
    assert found(".") == ["pkg/a.py"]


def test_a_link_counts_unless_its_target_is_there_itself(tree: Path):
    write(tree, "z.py")
    (tree / "elsewhere").mkdir()
    write(tree, "elsewhere/shared.py", "project/a.py")
    (tree / "project/shared.py").symlink_to(tree / "elsewhere/shared.py")
    (tree / "project/again.py").symlink_to("a.py")
    assert found("project") == ["project/a.py", "project/shared.py"]
    assert found(".") == ["elsewhere/shared.py", "project/a.py", "z.py"]


def test_what_is_not_there_is_told(tree: Path):
    write(tree, "a.py")
    (tree / "loop").symlink_to("loop")
    some, problems = files.find(["gone.py", "a.py", "loop"], nothing)
    assert [file.shown for file in some] == ["a.py"]
    assert problems[0] == "gone.py: no such file or directory"
    assert problems[1].startswith("loop: ")


def test_a_directory_that_cannot_be_read_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch):
    write(tree, "a.py", "locked/b.py")
    scandir = os.scandir

    def guarded(path: str):
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    some, problems = files.find(["."], nothing)
    assert [file.shown for file in some] == ["a.py"]
    assert problems == ["locked: permission denied"]


def test_excluded_directories_are_not_entered(tree: Path):
    write(tree, "a.py", "third_party/b.py", "third_party/deep/c.py")
    asked = []

    def excluded(path: str, directory: bool) -> bool:
        asked.append(os.path.relpath(path, tree))
        return directory and path.endswith("third_party")

    assert found(".", excluded=excluded) == ["a.py"]
    assert asked == ["a.py", "third_party"]


def test_the_folder_that_imports_start_from(tree: Path):
    write(tree, "plain/a.py", "package/__init__.py", "package/inner/__init__.py", "package/inner/a.py")
    write(tree, "repo/sub/pyproject.toml", "repo/sub/a.py", "alone/pyproject.toml", "alone/src/a.py")
    (tree / "repo/.git").mkdir()

    def root(directory: str, named: str) -> str:
        return os.path.relpath(files.project(str(tree / directory), str(tree / named)), tree)

    assert root("plain", "plain") == "plain"
    assert root("plain", ".") == "."
    assert root("package/inner", "package/inner") == "."
    assert root("repo/sub", "repo/sub") == "repo"
    assert root("alone/src", "alone/src") == "alone"


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a.py", ["a.py", "x/a.py"], ["ba.py", "a.pyc"]),
        ("/a.py", ["a.py"], ["x/a.py"]),
        ("x/a.py", ["x/a.py"], ["y/x/a.py"]),
        ("x/", ["x/a.py", "y/x/a.py"], ["x"]),
        ("*.py", ["a.py", "x/.py"], ["a.pyi"]),
        ("x/*", ["x/a", "x/y/a"], ["x"]),
        ("**/a", ["a", "x/a", "x/y/a"], ["xa"]),
        ("x/**/a", ["x/a", "x/y/a", "x/y/z/a"], ["a", "y/x/a"]),
        ("x/**", ["x/a", "x/y/a"], ["x"]),
        ("x**a", ["xa", "xya"], ["x/a"]),
        ("?.py", ["a.py", "é.py"], ["ab.py", "/.py"]),
        ("[a-c]", ["b"], ["d", "-"]),
        ("[!a-c]", ["d"], ["b"]),
        ("[]a]", ["]", "a"], ["[]a]"]),
        ("[[:digit:]_]", ["7", "_"], ["a"]),
        ("[a", [], ["[a", "a"]),
        ("[b-a]", ["b"], ["a"]),
        (r"\#a", ["#a"], [r"\#a"]),
        (r"\!a", ["!a"], ["a"]),
        ("#a", [], ["#a"]),
        ("a ", ["a"], ["a "]),
        (r"a\ ", ["a "], ["a"]),
        ("a\\", [], ["a", "a\\"]),
        ("", [], ["a"]),
        ("/", [], ["a"]),
    ],
)
def test_one_pattern(pattern: str, yes: list[str], no: list[str]):
    patterns = gitignore.parse([pattern])
    assert [path for path in yes if not gitignore.matches(patterns, path)] == []
    assert [path for path in no if gitignore.matches(patterns, path)] == []


NAMES = ["a", "b", "src", "data", "foo", "keep"]
LINES = [
    "*",
    "!*/",
    "!*.py",
    "!keep.py",
    "/a",
    "a/",
    "foo",
    "!foo",
    "/src/",
    "!/src/",
    "data/*",
    "!data/keep.py",
    "**/b",
    "b/**",
    "src/**/a.py",
    "*.py",
    "!src/*.py",
    "[ab].py",
    "?.py",
    "!a/",
    "/*",
    "!/a/",
    "a/b",
    "!a/b",
    "**/",
    "src/*/",
    "!/keep.py",
    "data/**",
    "!data/**/",
]


def plant(root: Path, chance: random.Random, depth: int = 0) -> None:
    write(root, *(f"{name}.py" for name in chance.sample(NAMES, 3)))
    if depth == 0 or chance.random() < 0.5:
        ignore(root, *chance.choices(LINES, k=chance.randint(1, 5)))
    if depth < 2:
        for name in chance.sample(NAMES, 2):
            plant(root / name, chance, depth + 1)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("seed", range(20))
def test_the_walk_finds_what_git_would_track(tree: Path, seed: int):
    chance = random.Random(seed)
    plant(tree, chance)
    git("init", "-q", ".")
    ignore(tree, *chance.choices(LINES, k=2), name=".git/info/exclude")
    listed = git("ls-files", "--others", "--exclude-standard", "-z", "*.py")
    assert sorted(found(".")) == sorted(listed.split("\0")[:-1])


def git(*arguments: str) -> str:
    """Run git in the current directory with no settings but its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
