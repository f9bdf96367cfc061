"""Where the packages of the user's Python environment are. Paths are read; nothing is ever run."""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_IN_WORKSPACE = (".venv", "venv")
_ACTIVATED = ("VIRTUAL_ENV", "CONDA_PREFIX")


def site_packages(root: Path | None, interpreter: str | None) -> tuple[Path, ...]:
    """Return the existing package folders of one environment, the most specific first.

    The environment is that of ``interpreter`` (a Python executable or an environment's folder), else the
    activated one, else ``.venv`` or ``venv`` in ``root``, else the one this program runs in. An interpreter
    without packages beside it gives an empty result, not another environment's packages.
    """
    if found := selected_packages(root, interpreter):
        return found
    if interpreter is not None:
        return ()
    own = map(Path, site.getsitepackages())
    return _existing([*own, *(() if sys.prefix != sys.base_prefix else _of_user())])


def selected_packages(root: Path | None, interpreter: str | None) -> tuple[Path, ...]:
    """The package folders of the environment that somebody chose; empty if nobody did."""
    if interpreter is not None:
        return _of_interpreter(Path(os.path.abspath(os.path.expanduser(interpreter))))
    activated = [Path(folder) for name in _ACTIVATED if (folder := os.environ.get(name))]
    in_root = [root / name for name in _IN_WORKSPACE] if root is not None else []
    beside = [prefix for prefix in in_root if os.path.isfile(prefix / "pyvenv.cfg")]
    for prefix in [*activated, *beside]:
        if found := _of_prefix(prefix):
            return found
    return ()


def torch_version(packages: Iterable[Path]) -> str | None:
    """Return the version of the torch distribution in these folders, such as ``2.13.0+cpu``; None if none."""
    for folder in packages:
        for metadata in sorted(_glob(folder, "torch-*.dist-info/METADATA"), key=_by_version, reverse=True):
            if version := _version(metadata):
                return version
    return None


def _version(metadata: Path) -> str | None:
    try:
        with metadata.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("Version:"):
                    return line.partition(":")[2].strip()
                if not line.strip():
                    break
    except OSError:
        pass
    return None


def _by_version(path: Path) -> list[int]:
    """Order by the numbers in the folder's name, so that 2.13 counts as newer than 2.9."""
    return [int(number) for number in re.findall(r"\d+", str(path.parent.name))]


def _of_interpreter(interpreter: Path) -> tuple[Path, ...]:
    if os.path.isdir(interpreter):
        return _of_prefix(interpreter)
    # The executable of a virtual environment is a link to its base's, so what lies beside the link itself
    # comes first. The name of the file that is run tells the version where several live side by side.
    target = _resolved(interpreter)
    named = re.search(r"\d+\.\d+", target.name)
    for executable in (interpreter, target):
        for prefix in (executable.parent.parent, executable.parent):
            if found := _of_prefix(prefix, named.group() if named else ""):
                return found
    return ()


def _of_prefix(prefix: Path, version: str = "") -> tuple[Path, ...]:
    """The package folders of the environment in a folder, be it virtual, conda's or a system's."""
    settings = _settings(prefix / "pyvenv.cfg")
    if settings is None:
        folders = _existing(_beside(prefix, version))
        return _existing([*folders, *_of_user(version)]) if folders else ()
    version = settings.get("version_info", settings.get("version", version))
    folders = _existing(_beside(prefix, version))
    if settings.get("include-system-site-packages", "").lower() == "true" and "home" in settings:
        base = Path(settings["home"])
        for system in (base.parent, base):
            if found := _existing(_beside(system, version)):
                return _existing([*folders, *found, *_of_user(version)])
    return folders


def _settings(file: Path) -> dict[str, str] | None:
    """The contents of a ``pyvenv.cfg``; None if it is not there."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, equals, value in pairs if equals}


def _beside(prefix: Path, version: str = "") -> Iterator[Path]:
    """Where below a prefix the packages may be, on Windows and elsewhere, with Debian's own names."""
    yield prefix / "Lib" / "site-packages"
    for library in _libraries(prefix, version):
        yield library / "site-packages"
    for library in _libraries(prefix / "local", version):
        yield library / "dist-packages"
    for library in _libraries(prefix, version):
        yield library / "dist-packages"
    yield prefix / "lib" / "python3" / "dist-packages"


def _libraries(prefix: Path, version: str) -> list[Path]:
    """``lib/python3.12`` of this version, or those of all versions, the newest first."""
    short = re.match(r"\d+\.\d+", version)
    pattern = f"lib*/python{short.group()}" if short else "lib*/python3.*"
    return sorted(_glob(prefix, pattern), key=_newest_first)


def _glob(folder: Path, pattern: str) -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def _newest_first(library: Path) -> tuple[int, str]:
    minor = library.name.rpartition(".")[2]
    return (-int(minor) if minor.isdecimal() else 0, str(library))


def _of_user(version: str = "") -> tuple[Path, ...]:
    """The packages that a user installed outside of any environment."""
    if version:
        return tuple(library / "site-packages" for library in _libraries(Path(site.getuserbase()), version))
    return (Path(site.getusersitepackages()),)


def _existing(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Those that are there, each once even if it has several names (``lib64`` is a link to ``lib``)."""
    found: dict[Path, Path] = {}
    for folder in folders:
        if os.path.isdir(folder):
            found.setdefault(_resolved(folder), folder)
    return tuple(found.values())


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        return path
