"""Draw what `check` says of the bundled example as a picture for the README.

python scripts/render.py            write docs/images/check.svg
python scripts/render.py --check    write nothing; exit with 1 if the picture says something else
"""

from __future__ import annotations

import argparse
import html
import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "check.svg"
SHOWN = ("missing-zero-grad", "graph-retained", "inference-in-train-mode")
COMMAND = ["torch-pitfalls", "check", "--select", ",".join(SHOWN), "examples/train.py"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the picture is stale")
    new = draw(output())
    if parser.parse_args(arguments).check:
        old = PICTURE.read_text(encoding="utf-8") if PICTURE.is_file() else ""
        if words(old) == words(new):
            return 0
        print(f"{PICTURE.relative_to(ROOT)}: out of date; run `python scripts/render.py`", file=sys.stderr)
        return 1
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(new, encoding="utf-8", newline="\n")
    print(f"{PICTURE.relative_to(ROOT)}: written")
    return 0


def output() -> str:
    """Return what the command prints on a terminal. Raises ``RuntimeError`` if it finds nothing or fails."""
    run = subprocess.run(
        [sys.executable, "-m", "torch_pitfalls", *COMMAND[1:]],
        cwd=ROOT,
        env={**os.environ, "FORCE_COLOR": "1", "NO_COLOR": "", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if run.returncode != 1:
        raise RuntimeError(f"`{' '.join(COMMAND)}` ended with status {run.returncode}, not 1: {run.stderr.strip()}")
    return run.stdout


def draw(terminal: str) -> str:
    """Return a terminal's content as SVG, below the command that made it."""
    text = Text.from_ansi(terminal.rstrip())
    prompt = Text.assemble(("$ ", "green"), " ".join(COMMAND), "\n")
    width = max(line.cell_len for line in [*text.split(), prompt])
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(prompt)
    console.print(text)
    picture = console.export_svg(title="torch-pitfalls", unique_id="check")
    # A picture inside a page may not load fonts from elsewhere.
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


def words(picture: str) -> str:
    """Return the text of a picture: how it is drawn differs between versions of rich."""
    return html.unescape("".join(re.findall(r">([^<]+)</text>", picture)))


if __name__ == "__main__":
    sys.exit(main())
