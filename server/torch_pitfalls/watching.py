"""Checks again whenever a file changes, until it is interrupted.

Files are looked at twice a second: that costs little, works on every file system, and needs no other package.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence

from torch_pitfalls import batch
from torch_pitfalls.checking import Run, conclude, fixes_of, prepare
from torch_pitfalls.config import FILE
from torch_pitfalls.terminal import CLEAN, colourful, complain

INTERVAL = 0.5
"""Seconds between two looks at the files."""

Stamps = dict[str, tuple[int, int] | None]
"""Path → when it was changed and how long it is; None where there is no file."""


def watch(options: Namespace, rounds: int | None = None) -> int:
    """Check, wait for a change, check again; ``rounds`` times, or until Ctrl-C.

    What was analysed is kept, so that a change costs what depends on it.
    """
    crew = batch.Alone(fixes_of(options))
    this = prepare(options)
    done = 0
    while True:
        stamps = _stamps(this)
        _show(this, crew, options)
        done += 1
        if done == rounds:
            return CLEAN
        changed, this = _next_change(stamps, this, options)
        crew.changed(changed)
        if any(os.path.basename(path) == FILE for path in changed):
            crew = batch.Alone(fixes_of(options))


def _show(this: Run, crew: batch.Alone, options: Namespace) -> None:
    if colourful(sys.stdout):
        sys.stdout.write("\x1b[2J\x1b[3J\x1b[H")
    complain(*this.tree.unreadable, *this.tree.wrong, *this.missing)
    todo = batch.tasks(this.wanted, 1)
    with batch.Jedi(len(this.found)) as jedi:
        results = batch.check_by(crew, todo, jedi.ask, lambda count: None)
    from torch_pitfalls import baseline

    known = None if options.baseline is None else baseline.read(options.baseline)
    conclude(this, [results[file.path] for file in this.found], options, known)
    complain("Watching for changes; Ctrl-C ends it.")
    sys.stdout.flush()


def _next_change(stamps: Stamps, this: Run, options: Namespace) -> tuple[Sequence[str], Run]:
    """Wait until a file or its configuration changes; the paths, and what is to be checked now."""
    while True:
        time.sleep(INTERVAL)
        now = _stamps(this)
        found = prepare(options)
        now |= _stamps(found)
        changed = [path for path in {**stamps, **now} if stamps.get(path) != now.get(path)]
        if changed:
            return changed, found


def _stamps(this: Run) -> Stamps:
    folders = {file.directory for file in this.found}
    above = {os.path.join(folder, FILE) for folder in folders for folder in _and_above(folder)}
    return {path: _stamp(path) for path in {*above, *(file.path for file in this.found)}}


def _and_above(folder: str) -> list[str]:
    found = [folder]
    while os.path.dirname(found[-1]) != found[-1]:
        found.append(os.path.dirname(found[-1]))
    return found


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
