"""The process that answers questions about foreign names. Run as a script by ``foreign.Resolver``.

jedi finds the file that an import means; ``follow`` reads what is written in it.

Protocol: one JSON object per line. In come the settings (``root``, ``packages``), then questions
(``module``, ``name``, ``importer``); out go ``{"ready": true}`` and one answer per question, in order. The
process ends when its input does, even in the middle of a question.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import json
import os
import queue
import signal
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_pitfalls.names.follow import Target

_KEPT = 5_000
"""Lines of code whose trees jedi keeps from question to question."""
_OWN = Path(__file__).resolve().parents[2]
"""The folder from which this program itself was loaded."""


class Imports:
    """Finds modules with jedi, which reads what it finds and never runs it."""

    def __init__(self, root: Path | None, packages: Iterable[Path]) -> None:
        import jedi  # type: ignore[import-untyped]
        from jedi.api.environment import InterpreterEnvironment  # type: ignore[import-untyped]
        from jedi.inference import InferenceState  # type: ignore[import-untyped]

        jedi.settings.auto_import_modules = []  # modules that jedi would import instead of reading them
        _parse_in_memory(InferenceState)
        self._script = jedi.Script
        self._project = jedi.Project
        self._environment = InterpreterEnvironment()
        self._root = root
        self._packages = tuple(packages)

    def locate(self, module: str, folder: Path | None) -> Path | None:
        """The file of an absolute module name, seen from a folder; None if there is none or more than one."""
        found = {definition.module_path for definition in self._goto(f"import {module}", folder)}
        return found.pop() if len(found) == 1 else None

    def define(self, module: str, name: str, folder: Path | None) -> Target:
        """What jedi itself says of a name in a file that ``ast`` cannot read, or in a compiled module."""
        from torch_pitfalls.names.follow import Target

        missing = Target("missing", ".".join(filter(None, (module.lstrip("."), name))))
        definitions = self._goto(f"from {module} import {name}", folder) if name else []
        if not definitions:
            return missing
        found = definitions[0]
        if len(definitions) > 1 or found.type not in ("class", "function", "module"):
            return Target("unknown")
        line = found.line - 1 if found.line is not None and found.type != "module" else None
        return Target(found.type, found.full_name or missing.qualified, found.module_path, line)

    def _goto(self, statement: str, folder: Path | None) -> list[Any]:
        from torch_pitfalls.names.follow import workspace_folders

        _limit_memory()
        first, last = workspace_folders(folder, self._root, self._packages)
        project = self._project(
            self._root or folder or Path(os.sep),
            load_unsafe_extensions=False,
            sys_path=[*map(str, first), *sys.path, *map(str, self._packages), *map(str, last)],
            smart_sys_path=False,
        )
        # The statement stands in a file of its own beside the importer: all real files are read from disk.
        path = folder / "_question_.py" if folder is not None else None
        script = self._script(statement, path=path, project=project, environment=self._environment)
        return list(script.goto(1, len(statement)))


def _parse_in_memory(state: Any) -> None:
    """Keep jedi from its cache on disk: what may be killed at any time must not leave half a file there."""
    original = state.parse_and_get_code

    def parse_and_get_code(*arguments: Any, **options: Any) -> Any:
        return original(*arguments, **{**options, "cache": False})

    state.parse_and_get_code = parse_and_get_code


def _limit_memory() -> None:
    """Let jedi forget its trees when there are many: a line takes some 5 kB."""
    from parso.cache import parser_cache

    if sum(len(item.lines) for items in parser_cache.values() for item in items.values()) > _KEPT:
        parser_cache.clear()


class TorchHidden:
    """A finder that makes torch look absent, so that no import in any file leads jedi into it."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Refuse torch itself; other packages may well have a submodule of that name."""
        if name == "torch" and path is None:
            raise ImportError(name)


class NothingElse:
    """The last finder: says of a module that no other finds that it is absent.

    Otherwise, jedi would look among the modules that this process itself has imported.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Refuse every top module."""
        if path is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _reach_jedi() -> None:
    """Import jedi and ``follow``, then leave nothing on the search path but the standard library.

    The isolated mode hides packages that were installed for one user or into a folder of their own; jedi
    then lies beside this program. Without the other entries, jedi sees the user's packages, not the server's.
    """
    sys.path.append(str(_OWN))
    import jedi
    import parso

    import torch_pitfalls.names.follow

    sys.path[:] = [entry for entry in sys.path if _is_standard(entry)]
    sys.meta_path[:] = [
        TorchHidden,
        importlib.machinery.BuiltinImporter,
        importlib.machinery.FrozenImporter,
        importlib.machinery.PathFinder,
        NothingElse,
    ]
    sys.dont_write_bytecode = True
    forbid_effects([os.path.dirname(module.__file__ or "") for module in (jedi, parso, torch_pitfalls)])


def _is_standard(entry: str) -> bool:
    base = entry.startswith((sys.base_prefix, sys.base_exec_prefix))
    return base and "-packages" not in entry and entry != str(_OWN)


_PROCESSES = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"}
_FORKS = {"os.fork", "os.forkpty"}
_FILES = {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
_EFFECTS = _PROCESSES | _FORKS | _FILES | {"socket.connect", "ctypes.dlopen"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def forbid_effects(own: list[str]) -> None:
    """Refuse what only code of a workspace could want to do: the last line, behind jedi's own settings."""
    own_folders = tuple(folder + os.sep for folder in own)
    standard = (
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("platstdlib"),
        sys.base_exec_prefix + "\\DLLs",
    )
    standard_folders = tuple(folder + os.sep for folder in standard)

    def is_foreign(file: object) -> bool:
        if not isinstance(file, str) or file.startswith(("<", *own_folders)):  # <string>, <frozen os>
            return False
        return "-packages" in file or not file.startswith(standard_folders)

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if (
            event in _EFFECTS
            or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING)
            or (event == "import" and is_foreign(arguments[1]))
            or (event == "exec" and isinstance(arguments[0], CodeType) and is_foreign(arguments[0].co_filename))
        ):
            raise PermissionError(f"{event} is not for a process that only reads")

    sys.addaudithook(refuse)


def _lines() -> queue.SimpleQueue[bytes]:
    """The lines of the input. A thread reads them, so that the end of the input is seen at all times."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _own_output() -> Callable[[dict[str, Any]], None]:
    """A function that sends one message; all other output of the process goes nowhere."""
    output = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)

    def send(message: dict[str, Any]) -> None:
        output.write(json.dumps(message).encode("ascii") + b"\n")
        output.flush()

    return send


def main() -> None:
    """Answer questions until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    send = _own_output()
    lines = _lines()
    settings = json.loads(lines.get())
    _reach_jedi()
    from torch_pitfalls.names.follow import Finder

    root = Path(settings["root"]) if settings["root"] is not None else None
    packages = [Path(package) for package in settings["packages"]]
    imports = Imports(root, packages)
    finder = Finder(root, packages, imports.locate, imports.define)
    send({"ready": True})
    while True:
        question = json.loads(lines.get())
        importlib.invalidate_caches()
        send(_answered(finder.answer, question))


def _answered(answer: Callable[..., dict[str, Any]], question: dict[str, str]) -> dict[str, Any]:
    try:
        return answer(question["module"], question["name"], question["importer"])
    except Exception:  # strange files make jedi and others fail in many ways; the next question may not
        nothing = dict.fromkeys(("path", "line", "qualified", "returns"))
        return {"type": "unknown", **nothing, "bases": [], "files": [], "names": []}


if __name__ == "__main__":
    main()
