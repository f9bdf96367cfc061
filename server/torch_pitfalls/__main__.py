"""``python -m torch_pitfalls`` is the command line."""

import sys

from torch_pitfalls.cli import main

sys.exit(main())
