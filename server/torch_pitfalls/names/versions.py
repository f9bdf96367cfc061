"""Which versions of torch and Python a workspace is for. Files are read; nothing is ever run.

What is installed counts, then what the workspace's files ask for, then what runs beside this program.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path

from torch_pitfalls.names import environment

Version = tuple[int, ...]

_MAX_SIZE = 5_000_000
_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
_STATED = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")
_LISTS = ("requirements*.txt", "requirements/*.txt", "environment*.yml", "environment*.yaml")
_METADATA = "torch-*.dist-info/METADATA"
_LAST_BEFORE = {(1, 0): (0, 4), (2, 0): (1, 13)}
"""The last version before a new major one."""


def torch_version(root: Path | None, interpreter: str | None = None) -> Version | None:
    """The torch version in use: of the selected environment, else the lowest that the workspace allows.

    Without either, the one in this program's own environment; None if nothing tells.
    """
    installed = environment.torch_version(environment.selected_packages(root, interpreter))
    if installed is not None:
        return version_tuple(installed)
    declared = _declared_torch(root) if root is not None else None
    if declared is not None:
        return declared
    return version_tuple(environment.torch_version(environment.site_packages(root, interpreter)))


def python_version(root: Path | None, interpreter: str | None = None) -> Version | None:
    """The Python version in use: of the selected environment, else the lowest that the workspace allows."""
    for folder in environment.selected_packages(root, interpreter):
        found = re.search(r"python(3)\.(\d+)", folder.parent.name)
        if found is not None:
            return (int(found[1]), int(found[2]))
    for text in _texts(root, ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")) if root is not None else ():
        for pattern in _PYTHON:
            found = pattern.search(text)
            lowest = _lowest(found[1]) if found is not None else None
            if lowest is not None:
                return lowest
    return None


def concerns_versions(path: str) -> bool:
    """Whether a change of a file may change the versions in use."""
    name = os.path.basename(path)
    folder = os.path.basename(os.path.dirname(path))
    if name in _LOCKS or name in _STATED or name == "pyvenv.cfg":
        return True
    if name == "METADATA":
        return fnmatch.fnmatch(folder, _METADATA.partition("/")[0])
    patterns = [pattern.rpartition("/") for pattern in _LISTS]
    return any(fnmatch.fnmatch(name, tail) and head in ("", folder) for head, _, tail in patterns)


def version_tuple(version: str | None) -> Version | None:
    """``2.1.0+cpu`` as ``(2, 1, 0)``; None for no version."""
    if not version:
        return None
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3]) or None


def _declared_torch(root: Path) -> Version | None:
    """The lowest torch version that the first file allows which speaks of torch."""
    for text in _texts(root, _LOCKS):
        locked = [version for pattern in _LOCKED for version in pattern.findall(text)]
        if locked:
            return min(filter(None, map(version_tuple, locked)), default=None)
    for text in _texts(root, (*_STATED, *_LISTS)):
        found = [_lowest(match) for pattern in _REQUIRED for match in pattern.findall(text)]
        known = [version for version in found if version is not None]
        if known:
            return min(known)
    return None


def _texts(root: Path, patterns: tuple[str, ...]) -> Iterator[str]:
    """The texts of the files of a folder, without comments, in the order of the patterns."""
    for pattern in patterns:
        try:
            paths = sorted(root.glob(pattern), key=lambda path: (len(path.name), path.name))
        except OSError:
            continue
        for path in paths:
            try:
                if path.stat().st_size <= _MAX_SIZE:
                    text = path.read_text(encoding="utf-8", errors="replace")
                    yield re.sub(r"(?m)(?:^|\s)#.*$", "", text)
            except OSError:
                continue


def _lowest(specifiers: str) -> Version | None:
    """The lowest version that ``>=1.8,<2``, ``^1.9``, ``==1.7.1`` or a bare ``1.7`` allows; None if it names none."""
    above: list[Version] = []
    below: list[Version] = []
    public = re.sub(r"\+[\w.]+", "", specifiers)
    for operator, number in re.findall(r"([<>=!~^]*)\s*v?(\d+(?:\.\d+)*)", public):
        version = version_tuple(number)
        if version is None or operator.startswith("!"):
            continue
        if operator == "<":
            below.append(_just_before(version))
        elif operator == "<=":
            below.append(version)
        else:
            above.append(version)
    return max(above) if above else min(below, default=None)


def _just_before(version: Version) -> Version:
    major, minor = (*version, 0)[:2]
    if version[2:] and any(version[2:]):
        return version[:2]
    return _LAST_BEFORE.get((major, minor), (major, max(minor - 1, 0)))


_BOUNDS = r"(?:[<>=!~^]=?=?\s*v?\d[\w.*+]*\s*,?\s*)+"
_REQUIRED = (
    # torch>=1.8,<2 in a list of requirements, in quotes or alone on its line; conda says pytorch.
    re.compile(rf"(?m)(?<![\w.+/-])(?:py)?torch\s*(?:\[[^\]\n]*\])?\s*\(?\s*({_BOUNDS})"),
    # torch = "^1.9", torch = {version = "1.9", …}
    re.compile(r"""(?m)^\s*["']?torch["']?\s*=\s*(?:\{[^}\n]*?version\s*=\s*)?["']([^"'\n]+)["']"""),
    # torch @ https://…/torch-1.9.0-cp38-….whl
    re.compile(r"(?m)/torch-(\d+\.\d+(?:\.\d+)?)(?:%2B|\+|-)"),
)
_LOCKED = (
    re.compile(r"""(?m)^name\s*=\s*["']torch["']\s*\n(?:.*\n)??version\s*=\s*["']([\d.]+)"""),
    re.compile(r'"torch":\s*\{[^}]*?"version":\s*"==([\d.]+)'),
)
_PYTHON = (
    re.compile(r"""(?m)^\s*(?:requires-python|python_requires|python_version|python)\s*=\s*["']?([^"'\n]+)"""),
    re.compile(r"""python_requires\s*=\s*["']([^"'\n]+)"""),
)

__all__ = ["Version", "concerns_versions", "python_version", "torch_version", "version_tuple"]
