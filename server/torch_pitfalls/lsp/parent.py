"""Watching the client's process, so that the server does not outlive it."""

from __future__ import annotations

import logging
import os
import select
import sys
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two looks at the client where the system cannot tell us of its end."""


def watch(process_id: int, ended: Callable[[], None]) -> None:
    """Call ``ended`` from a thread when the process ends.

    A process that does not exist now is not watched: the client lives in another container, where
    its number means nothing here.
    """
    wait = _waiter(process_id)
    if wait is None:
        log.info("The client's process %d cannot be seen from here and is not watched.", process_id)
        return

    def wait_and_tell() -> None:
        wait()
        log.info("The client's process %d has ended.", process_id)
        ended()

    threading.Thread(target=wait_and_tell, name="parent", daemon=True).start()


def _waiter(process_id: int) -> Callable[[], None] | None:
    """A function that returns when the process has ended; None if there is no such process."""
    if sys.platform == "win32":
        return _windows_waiter(process_id)
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(process_id)
        except ProcessLookupError:
            return None
        except OSError:
            return _poller(process_id)
        return lambda: _wait_readable(descriptor)
    return _poller(process_id)


def _wait_readable(descriptor: int) -> None:
    select.select([descriptor], [], [])
    os.close(descriptor)


def _poller(process_id: int) -> Callable[[], None] | None:
    if not _exists(process_id):
        return None

    def poll() -> None:
        while _exists(process_id):
            time.sleep(INTERVAL)

    return poll


def _exists(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _windows_waiter(process_id: int) -> Callable[[], None] | None:
    import ctypes

    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    synchronize, forever = 0x00100000, 0xFFFFFFFF
    handle = kernel.OpenProcess(synchronize, False, process_id)
    if not handle:
        return None
    return lambda: kernel.WaitForSingleObject(handle, forever)
