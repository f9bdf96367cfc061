"""What a change of the engine does to the findings in public projects.

python scripts/ecosystem.py main                  compare main with the working tree
python scripts/ecosystem.py main my-branch        compare two revisions
python scripts/ecosystem.py main --only dmlc/dgl  on one project of the list

The projects and their revisions are in `ecosystem.txt`. They are fetched once, into `--checkouts`; folders named
`owner+name` that are there already are taken as they are. Nothing of the projects is run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "scripts" / "ecosystem.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "torch-pitfalls-ecosystem"


class Found(NamedTuple):
    """A finding, with the source of its line."""

    rule: str
    path: str
    line: int
    message: str
    text: str


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", metavar="REVISION")
    parser.add_argument("new", nargs="?", metavar="REVISION", help="default: the working tree")
    parser.add_argument("--checkouts", type=Path, default=CACHE, help=f"where the projects are ({CACHE})")
    parser.add_argument("--only", action="append", metavar="OWNER/NAME")
    parser.add_argument("--select", metavar="RULES", help="these rules only")
    parser.add_argument("--samples", type=int, default=5, help="findings to show for each rule (5)")
    parser.add_argument("--jobs", default="1")
    options = parser.parse_args(arguments)
    pinned = [line for line in LIST.read_text(encoding="utf-8").split() if "@" in line]
    wanted = [line for line in pinned if not options.only or line.partition("@")[0] in options.only]
    extra = ["--jobs", options.jobs, *(["--select", options.select] if options.select else [])]
    old: Counter[Found] = Counter()
    new: Counter[Found] = Counter()
    with source(options.old) as before, source(options.new) as after:
        for line in wanted:
            project = checkout(line, options.checkouts)
            print(line, file=sys.stderr)
            old.update(findings(Path(before), project, extra))
            new.update(findings(Path(after), project, extra))
    print(difference(old, new, options.samples))
    return 0


def source(revision: str | None) -> tempfile.TemporaryDirectory[str] | _Here:
    """A folder with the sources of a revision; the working tree for None."""
    if revision is None:
        return _Here()
    folder = tempfile.TemporaryDirectory(prefix="torch-pitfalls-")
    archive = subprocess.run(["git", "archive", revision, "server"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", folder.name], input=archive, check=True)
    return folder


class _Here:
    def __enter__(self) -> str:
        return str(ROOT)

    def __exit__(self, *args: object) -> None:
        pass


def checkout(line: str, folder: Path) -> Path:
    """The files of a project at its revision."""
    name, _, revision = line.partition("@")
    path = folder / name.replace("/", "+")
    if not path.is_dir():
        path.mkdir(parents=True)
        git = ["git", "-C", str(path)]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "fetch", "-q", "--depth=1", f"https://github.com/{name}", revision], check=True)
        subprocess.run([*git, "checkout", "-q", "FETCH_HEAD"], check=True)
    return path


def findings(tree: Path, project: Path, extra: list[str]) -> Iterator[Found]:
    """What the engine in a source tree finds in a project."""
    command = [sys.executable, "-m", "torch_pitfalls", "check", "--isolated", "--output-format", "json", *extra, "."]
    environment = {**os.environ, "PYTHONPATH": str(tree / "server")}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"{project.name}: {done.stderr.strip()}")
    lines: dict[str, list[str]] = {}
    for entry in json.loads(done.stdout):
        path = entry["path"]
        if path not in lines:
            lines[path] = (project / path).read_text(encoding="utf-8", errors="replace").split("\n")
        text = lines[path][entry["line"] - 1].strip() if entry["line"] <= len(lines[path]) else ""
        headline = entry["message"].partition("\n")[0]
        yield Found(entry["rule"], f"{project.name}/{path}", entry["line"], headline, text)


def difference(old: Counter[Found], new: Counter[Found], samples: int) -> str:
    """Findings that came and went, by rule."""
    came, gone = new - old, old - new
    rules = sorted({found.rule for found in (*old, *new)})
    lines = [f"{'rule':44}{'before':>8}{'after':>8}{'came':>8}{'gone':>8}"]
    for rule in rules:
        counts = [sum(n for found, n in some.items() if found.rule == rule) for some in (old, new, came, gone)]
        lines.append(f"{rule:44}" + "".join(f"{count:8}" for count in counts))
    for sign, some in (("+", came), ("-", gone)):
        for rule in rules:
            group = sorted(found for found in some if found.rule == rule)
            picked = sorted(random.Random(rule).sample(group, min(samples, len(group))))
            if picked:
                lines += ["", f"{sign} {rule}: {len(picked)} of {len(group)}"]
            for found in picked:
                lines += [f"  {found.path}:{found.line}: {found.message}", f"      {found.text}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
