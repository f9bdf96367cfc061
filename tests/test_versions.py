"""Which torch and Python a workspace is for: read from what is installed and from what files ask for."""

from __future__ import annotations

import site
from pathlib import Path

import pytest
from torch_pitfalls.config import Config
from torch_pitfalls.names import environment
from torch_pitfalls.names.versions import concerns_versions, python_version, torch_version
from torch_pitfalls.project import Project

UNCALLED = "import torch\n\n\n@torch.no_grad\ndef predict(model, x):\n    return model(x)\n"
"""Wrong before torch 2.1."""


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No environment is active, and the one that the tests run in has no torch."""
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(own)])
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(tmp_path / "user"))
    monkeypatch.setattr(site, "getuserbase", lambda: str(tmp_path / "user"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def environment_with(prefix: Path, torch: str | None, python: str = "3.11") -> Path:
    """Plant a virtual environment with a torch distribution that nothing could run; return its interpreter."""
    packages = prefix / "lib" / f"python{python}" / "site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    (prefix / "bin").mkdir(exist_ok=True)
    (prefix / "bin" / "python").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (prefix / "pyvenv.cfg").write_text(f"version = {python}.4\n", encoding="utf-8")
    for old in packages.glob("torch-*.dist-info/METADATA"):
        old.unlink()
    if torch is not None:
        metadata = packages / f"torch-{torch}.dist-info" / "METADATA"
        metadata.parent.mkdir(exist_ok=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {torch}\n\nVersion: 9.9\n", encoding="utf-8")
    return prefix / "bin" / "python"


# ── installed ──


@pytest.mark.parametrize(
    ("installed", "version"),
    [("1.7.1", (1, 7, 1)), ("1.13.1+cu117", (1, 13, 1)), ("2.0.0", (2, 0, 0)), ("2.14.0.dev20260101", (2, 14, 0))],
)
def test_the_environment_in_the_workspace_counts(root: Path, installed: str, version: tuple[int, ...]) -> None:
    environment_with(root / ".venv", installed)
    (root / "requirements.txt").write_text("torch==2.5.0\n", encoding="utf-8")
    assert torch_version(root) == version


def test_the_selected_interpreter_comes_first(root: Path, tmp_path: Path) -> None:
    environment_with(root / ".venv", "2.1.0")
    chosen = environment_with(tmp_path / "chosen", "1.9.0", "3.8")
    assert torch_version(root, str(chosen)) == (1, 9, 0)
    assert python_version(root, str(chosen)) == (3, 8)


def test_an_activated_environment_counts(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment_with(tmp_path / "active", "1.12.0", "3.9")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert torch_version(root) == (1, 12, 0)
    assert python_version(root) == (3, 9)


def test_what_files_ask_for_comes_before_what_runs_beside_this_program(root: Path, tmp_path: Path) -> None:
    metadata = tmp_path / "own" / "torch-2.13.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Name: torch\nVersion: 2.13.0\n\n", encoding="utf-8")
    assert torch_version(root) == (2, 13, 0)
    environment_with(root / ".venv", None)
    (root / "requirements.txt").write_text("torch>=1.8\n", encoding="utf-8")
    assert torch_version(root) == (1, 8)


def test_without_any_word_the_version_is_unknown(root: Path) -> None:
    assert torch_version(root) is None
    assert python_version(root) is None
    assert environment.selected_packages(root, None) == ()


# ── asked for ──


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        ("requirements.txt", "numpy\ntorch>=1.8,<2\ntorchvision==0.15\n", (1, 8)),
        ("requirements.txt", "torch == 1.7.1  # the last that works\n", (1, 7, 1)),
        ("requirements.txt", "# torch==1.0\ntorchaudio==2.1\npytorch-lightning==1.5\n", None),
        ("requirements.txt", "torch\n", None),
        ("requirements.txt", "torch<2\n", (1, 13)),
        ("requirements.txt", "torch!=2.0.1,>=1.12\n", (1, 12)),
        ("requirements.txt", "https://download.pytorch.org/whl/cpu/torch-1.9.0%2Bcpu-cp38-cp38-linux_x86_64.whl", (1, 9, 0)),
        ("requirements-dev.txt", 'torch~=2.1; python_version < "3.12"\n', (2, 1)),
        ("requirements/base.txt", "torch==1.13.1+cu117\n", (1, 13, 1)),
        ("pyproject.toml", '[project]\ndependencies = ["numpy", "torch>=2.2", "torchvision"]\n', (2, 2)),
        ("pyproject.toml", '[project]\ndependencies = ["torch>=2.0 ; sys_platform == \'linux\'",\n"torch>=2.3"]\n', (2, 0)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.9"\ntorch = "^1.10"\n', (1, 10)),
        ("pyproject.toml", '[tool.poetry.dependencies]\ntorch = {version = "2.4.1", source = "cpu"}\n', (2, 4, 1)),
        ("pyproject.toml", '[tool.torch-pitfalls]\nignore = []\n', None),
        ("setup.cfg", "[options]\ninstall_requires =\n    numpy\n    torch >= 1.11\n", (1, 11)),
        ("setup.py", 'setup(install_requires=["torch>=1.6", "tqdm"], python_requires=">=3.7")\n', (1, 6)),
        ("environment.yml", "dependencies:\n  - python=3.8\n  - pytorch=1.7.1\n  - pytorch::torchvision\n", (1, 7, 1)),
        ("poetry.lock", '[[package]]\nname = "torch"\nversion = "2.3.1"\n', (2, 3, 1)),
        ("uv.lock", '[[package]]\nname = "torchvision"\nversion = "0.1"\n\n[[package]]\nname = "torch"\nversion = "2.6.0"\n', (2, 6, 0)),
        ("Pipfile.lock", '{"default": {"torch": {"hashes": [], "version": "==1.9.0"}}}', (1, 9, 0)),
        ("Pipfile", '[packages]\ntorch = "==1.9.1"\n', (1, 9, 1)),
    ],
)  # fmt: skip
def test_the_lowest_version_that_a_file_allows_counts(
    root: Path, file: str, text: str, version: tuple[int, ...] | None
) -> None:
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text(text, encoding="utf-8")
    assert torch_version(root) == version
    assert concerns_versions(str(root / file))


def test_a_lock_file_comes_before_a_bound(root: Path) -> None:
    (root / "pyproject.toml").write_text('[project]\ndependencies = ["torch>=1.8"]\n', encoding="utf-8")
    (root / "uv.lock").write_text('[[package]]\nname = "torch"\nversion = "2.7.1"\n', encoding="utf-8")
    assert torch_version(root) == (2, 7, 1)


@pytest.mark.parametrize(
    ("file", "text", "version"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.10"\n', (3, 10)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.9"\n', (3, 9)),
        ("setup.cfg", "[options]\npython_requires = >=3.7\n", (3, 7)),
        ("setup.py", 'setup(name="a", python_requires=">=3.6,<4")\n', (3, 6)),
    ],
)
def test_the_lowest_python_that_a_file_allows_counts(
    root: Path, file: str, text: str, version: tuple[int, ...]
) -> None:
    (root / file).write_text(text, encoding="utf-8")
    assert python_version(root) == version


def test_unreadable_files_cost_nothing(root: Path) -> None:
    (root / "requirements.txt").mkdir()
    (root / "setup.cfg").write_bytes(b"\xff\xfe torch>=1.5\n")
    assert torch_version(root) == (1, 5)


# ── in a project ──


def slugs(project: Project, path: Path) -> list[str]:
    return [diagnosis.rule.slug for diagnosis in project.report(str(path)).diagnoses]


def test_a_project_judges_by_the_installed_version(root: Path) -> None:
    file = root / "predict.py"
    file.write_text(UNCALLED, encoding="utf-8")
    for installed, found in (("2.0.1", ["no-grad-not-entered"]), ("2.1.0", [])):
        environment_with(root / ".venv", installed)
        assert slugs(Project(root), file) == found


def test_the_setting_overrides_what_is_installed(root: Path) -> None:
    file = root / "predict.py"
    file.write_text(UNCALLED, encoding="utf-8")
    environment_with(root / ".venv", "2.6.0")
    assert slugs(Project(root, Config(torch_version="1.13")), file) == ["no-grad-not-entered"]


def test_a_change_of_the_requirements_is_seen(root: Path) -> None:
    file, requirements = root / "predict.py", root / "requirements.txt"
    file.write_text(UNCALLED, encoding="utf-8")
    project = Project(root)
    assert slugs(project, file) == []
    requirements.write_text("torch==1.13.1\n", encoding="utf-8")
    project.file_changed(str(requirements))
    assert slugs(project, file) == ["no-grad-not-entered"]
    requirements.write_text("torch>=2.4\n", encoding="utf-8")
    project.file_changed(str(requirements))
    assert slugs(project, file) == []


def test_another_installation_is_seen(root: Path) -> None:
    file = root / "predict.py"
    file.write_text(UNCALLED, encoding="utf-8")
    environment_with(root / ".venv", "2.0.0")
    project = Project(root)
    assert slugs(project, file) == ["no-grad-not-entered"]
    environment_with(root / ".venv", "2.9.0")
    (metadata,) = root.glob(".venv/lib/python3.11/site-packages/torch-2.9.0.dist-info/METADATA")
    project.file_changed(str(metadata))
    assert slugs(project, file) == []


def test_other_files_do_not_concern_versions() -> None:
    for path in ("/w/train.py", "/w/notes.txt", "/w/.venv/lib/torch_geometric-2.5.dist-info/METADATA", "/w/a.toml"):
        assert not concerns_versions(path)
