"""Starts the server that comes with the extension: ``python -I launcher.py server``.

Isolated mode keeps the current folder, ``PYTHONPATH`` and the user's own packages away, and the bundled
packages come first, so that an environment's versions of the same packages can never be imported instead.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "bundled" / "libs"))

if __name__ == "__main__":
    from torch_pitfalls.cli import main

    sys.exit(main())
