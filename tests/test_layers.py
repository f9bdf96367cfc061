"""Imports point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "server" / "torch_pitfalls"
LAYERS = [
    {"text", "db", "gitignore", "limits", "messages"},
    {"syntax"},
    {"names", "knowledge"},
    {"flow"},
    {"rule"},
    {"facts", "places"},
    {"subjects"},
    {"rules", "suppressions"},
    {"config", "files", "pages"},
    {"about", "check", "inlays", "known"},
    {"project"},
    {"describing", "report", "fixing", "notebooks", "terminal", "writing"},
    {"one_file", "baseline"},
    {"processes", "batch", "executors", "dask_executor"},
    {"checking", "watching"},
    {"cli", "lsp"},
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or not path.stem.startswith("__"))


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> list[str]:
    """Qualified names of the modules that a module imports; imports for type checkers alone do not count."""
    found = []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_down(path: Path):
    own = RANK[layer(path)]
    for name in imported(path):
        if name.startswith("torch_pitfalls."):
            other = name.split(".")[1]
            if other in RANK:
                assert RANK[other] <= own, f"{layer(path)} must not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_outside_packages_stay_where_they_belong(path: Path):
    tops = {name.partition(".")[0] for name in imported(path)}
    assert "torch" not in tops
    if layer(path) != "lsp":
        assert not tops & {"pygls", "lsprotocol"}
    if path.name != "jedi_worker.py":
        assert not tops & {"jedi", "parso"}
    if layer(path) == "knowledge":
        assert "ast" not in tops


def test_rules_do_not_import_each_other():
    for path in (PACKAGE / "rules").glob("*.py"):
        if path.stem != "__init__":
            assert not [name for name in imported(path) if name.startswith("torch_pitfalls.rules")]


def test_the_command_line_starts_without_the_heavy_packages():
    heavy = ("pygls", "lsprotocol", "jedi", "rich", "torch", "asyncio")
    code = f"import sys, torch_pitfalls.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
