"""Finding the packages of the user's environment by path."""

from __future__ import annotations

import os
import site
from pathlib import Path

import pytest
from torch_pitfalls.names.environment import site_packages, torch_version


@pytest.fixture(autouse=True)
def no_activated_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(tmp_path / "user" / "site-packages"))
    monkeypatch.setattr(site, "getuserbase", lambda: str(tmp_path / "user"))


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def environment(prefix: Path, settings: str = "version = 3.12.4\n", version: str = "3.12") -> Path:
    """Make a virtual environment; return its packages folder."""
    packages = folder(prefix / "lib" / f"python{version}" / "site-packages")
    folder(prefix / "bin")
    (prefix / "bin" / "python").touch()
    (prefix / "pyvenv.cfg").write_text(settings, encoding="utf-8")
    return packages


def test_without_any_environment_the_own_packages_count(tmp_path: Path) -> None:
    own = site_packages(tmp_path, None)
    assert own == site_packages(None, None)
    assert [str(path) for path in own] == [path for path in site.getsitepackages() if os.path.isdir(path)]


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_an_environment_in_the_root_is_found(tmp_path: Path, name: str) -> None:
    packages = environment(tmp_path / name)
    assert site_packages(tmp_path, None) == (packages,)


def test_a_folder_of_that_name_that_is_no_environment_is_passed_over(tmp_path: Path) -> None:
    folder(tmp_path / ".venv" / "lib" / "python3.12" / "site-packages")
    packages = environment(tmp_path / "venv")
    assert site_packages(tmp_path, None) == (packages,)


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_an_activated_environment_comes_before_the_roots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    environment(tmp_path / "root" / ".venv")
    packages = environment(tmp_path / "active")
    monkeypatch.setenv(variable, str(tmp_path / "active"))
    assert site_packages(tmp_path / "root", None) == (packages,)


def test_an_activated_environment_that_is_gone_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = environment(tmp_path / ".venv")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "gone"))
    assert site_packages(tmp_path, None) == (packages,)


@pytest.mark.parametrize("interpreter", ["chosen/bin/python", "chosen", "chosen/bin/python3.11"])
def test_an_interpreter_comes_before_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    packages = environment(tmp_path / "chosen")
    environment(tmp_path / ".venv")
    monkeypatch.setenv("VIRTUAL_ENV", str(environment(tmp_path / "active").parents[2]))
    assert site_packages(tmp_path, str(tmp_path / interpreter)) == (packages,)


def test_an_interpreter_without_packages_gives_none(tmp_path: Path) -> None:
    environment(tmp_path / ".venv")
    assert site_packages(tmp_path, str(tmp_path / "nowhere" / "bin" / "python")) == ()


def test_the_environment_is_beside_the_link_not_beside_what_it_leads_to(tmp_path: Path) -> None:
    base = folder(tmp_path / "base" / "bin") / "python3.12"
    base.touch()
    folder(tmp_path / "base" / "lib" / "python3.12" / "site-packages")
    packages = environment(tmp_path / "chosen")
    (tmp_path / "chosen" / "bin" / "python").unlink()
    (tmp_path / "chosen" / "bin" / "python").symlink_to(base)
    assert site_packages(None, str(tmp_path / "chosen" / "bin" / "python")) == (packages,)


def test_a_link_outside_of_any_environment_is_followed(tmp_path: Path) -> None:
    base = folder(tmp_path / "base" / "bin") / "python3.11"
    base.touch()
    packages = folder(tmp_path / "base" / "lib" / "python3.11" / "site-packages")
    folder(tmp_path / "base" / "lib" / "python3.12" / "site-packages")
    link = folder(tmp_path / "somewhere" / "bin") / "python"
    link.symlink_to(base)
    assert site_packages(None, str(link)) == (packages,)


def test_the_packages_of_the_system_follow_if_the_environment_includes_them(tmp_path: Path) -> None:
    system = tmp_path / "system"
    local = folder(system / "local" / "lib" / "python3.12" / "dist-packages")
    shared = folder(system / "lib" / "python3" / "dist-packages")
    folder(system / "lib" / "python3.11" / "site-packages")
    user = folder(tmp_path / "user" / "lib" / "python3.12" / "site-packages")
    settings = f"home = {system}/bin\ninclude-system-site-packages = true\nversion = 3.12.1\n"
    packages = environment(tmp_path / ".venv", settings)
    assert site_packages(tmp_path, None) == (packages, local, shared, user)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text(settings.replace("true", "false"), encoding="utf-8")
    assert site_packages(tmp_path, None) == (packages,)


def test_one_folder_under_two_names_counts_once(tmp_path: Path) -> None:
    packages = environment(tmp_path / ".venv")
    (tmp_path / ".venv" / "lib64").symlink_to("lib")
    assert site_packages(tmp_path, None) == (packages,)


def test_an_environment_of_windows_is_found(tmp_path: Path) -> None:
    packages = folder(tmp_path / "chosen" / "Lib" / "site-packages")
    executable = folder(tmp_path / "chosen" / "Scripts") / "python.exe"
    executable.touch()
    (tmp_path / "chosen" / "pyvenv.cfg").write_text("version = 3.12.4\n", encoding="utf-8")
    found = site_packages(None, str(executable))
    assert [path.resolve() for path in found] == [packages.resolve()]


def test_links_in_a_circle_are_survived(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert site_packages(None, str(tmp_path / "a")) == ()


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        (
            {"torch-2.6.0+cu124": "Metadata-Version: 2.1\nName: torch\nVersion: 2.6.0+cu124\n"},
            "2.6.0+cu124",
        ),
        (
            {"torch-2.9.1": "Version: 2.9.1\n", "torch-2.13.0": "Version: 2.13.0\n"},
            "2.13.0",
        ),
        (
            {
                "torchvision-0.21.0": "Version: 0.21.0\n",
                "torch_geometric-2.6": "Version: 2.6\n",
            },
            None,
        ),
        ({"torch-2.6.0": "Name: torch\n\nVersion: of the description\n"}, None),
        ({}, None),
    ],
)
def test_the_version_of_torch_is_read(tmp_path: Path, metadata: dict[str, str], version: str | None) -> None:
    for name, text in metadata.items():
        (folder(tmp_path / f"{name}.dist-info") / "METADATA").write_text(text, encoding="utf-8")
    assert torch_version([tmp_path / "absent", tmp_path]) == version


def test_the_first_folder_with_torch_counts(tmp_path: Path) -> None:
    for place, version in (("first", "2.4.0"), ("second", "2.8.0")):
        metadata = folder(tmp_path / place / f"torch-{version}.dist-info") / "METADATA"
        metadata.write_text(f"Version: {version}\n", encoding="utf-8")
    assert torch_version([tmp_path / "first", tmp_path / "second"]) == "2.4.0"
