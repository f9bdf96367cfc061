"""Module names ↔ files of the workspace."""

from __future__ import annotations

import os
from pathlib import PurePath


def candidates(importer: str, root: str | None, module: str, level: int) -> list[str]:
    """Paths that ``import module`` in the file ``importer`` may mean, the likeliest first.

    Relative imports start from the importer's package; absolute ones are looked for in the
    workspace root, its ``src``, and the importer's folder and the folders above it (where a script
    is started from decides, and is not known).
    """
    if not os.path.isabs(importer):
        return []
    here = os.path.dirname(importer)
    relative = os.path.join(*module.split(".")) if module else ""
    if level:
        base = here
        for _ in range(level - 1):
            base = os.path.dirname(base)
        return _as_files(base, relative)
    found: list[str] = []
    for base in _search_folders(here, root):
        found.extend(_as_files(base, relative))
    return found


def _search_folders(here: str, root: str | None) -> list[str]:
    folders = [here]
    if root is not None and PurePath(here).is_relative_to(root):
        current = here
        while current != root:
            current = os.path.dirname(current)
            folders.append(current)
        folders.append(os.path.join(root, "src"))
    return folders


def _as_files(base: str, relative: str) -> list[str]:
    if not relative:
        return [os.path.join(base, "__init__.py")]
    stem = os.path.join(base, relative)
    return [f"{stem}.py", os.path.join(stem, "__init__.py")]
