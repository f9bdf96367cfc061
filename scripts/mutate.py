"""Put pitfalls into correct code and see how many are found.

python scripts/mutate.py FOLDER…              each folder is a project; a table by rule
python scripts/mutate.py FOLDER… --missed     and the mutants that were not found, as differences
python scripts/mutate.py FOLDER… --rule SLUG  only mutants for one rule

A mutant is one small edit of one file: a call deleted, moved or misspelt. It counts as found if its rule says more
of that file, or of a file that imports it, than before the edit. Which mutants are made follows from the texts and
from `--seed` alone, so that two revisions of the engine are asked the same.
"""

from __future__ import annotations

import argparse
import difflib
import random
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mutations import MUTATORS, Mutant, Script
from torch_pitfalls import files
from torch_pitfalls.project import Project, Unreadable, read_text

FILES = 200
"""Files that are looked at in a project."""

LENGTH = 100_000
"""Longer files are left out."""

MEMOS = 10_000
"""Results that a project may keep before it is begun anew."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--rule", action="append", metavar="SLUG", help="only mutants for this rule")
    parser.add_argument("--missed", action="store_true", help="show the mutants that were not found")
    parser.add_argument("--most", type=int, default=40, help="mutants for each kind of edit (40)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    projects = [path for path in options.folders if path.is_dir()]
    chosen = choose(projects, options.rule, options.most, options.seed)
    made: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    for root, mutants in chosen.items():
        for mutant, seen in tried(root, mutants):
            made[mutant.rule, mutant.edit] += 1
            found[mutant.rule, mutant.edit] += seen
            if options.missed and not seen:
                print(difference(mutant))
            print(f"{sum(made.values())} tried", end="\r", file=sys.stderr)
    print(table(made, found))
    return 0


def choose(projects: list[Path], rules: list[str] | None, most: int, seed: int) -> dict[Path, list[Mutant]]:
    """Mutants of the projects: of each kind of edit at most ``most``, and at most one in a file."""
    candidates: dict[tuple[str, str], list[tuple[Path, Mutant]]] = {}
    for root in projects:
        for path in sample(root, seed):
            for mutant in mutants_of(path):
                if not rules or mutant.rule in rules:
                    candidates.setdefault((mutant.rule, mutant.edit), []).append((root, mutant))
    chosen: dict[Path, list[Mutant]] = {}
    for kind in sorted(candidates):
        pool = candidates[kind]
        random.Random(f"{seed} {kind}").shuffle(pool)
        for root, mutant in in_turn(pool)[:most]:
            chosen.setdefault(root, []).append(mutant)
    for mutants in chosen.values():
        mutants.sort(key=lambda mutant: mutant.path)
    return chosen


def in_turn(pool: list[tuple[Path, Mutant]]) -> list[tuple[Path, Mutant]]:
    """One mutant of each file, in an order in which no project comes again before all have had their turn."""
    seen: set[str] = set()
    turns: Counter[Path] = Counter()
    ordered: list[tuple[int, int, tuple[Path, Mutant]]] = []
    for number, (root, mutant) in enumerate(pool):
        if mutant.path not in seen:
            seen.add(mutant.path)
            turns[root] += 1
            ordered.append((turns[root], number, (root, mutant)))
    return [pair for _, _, pair in sorted(ordered, key=lambda item: item[:2])]


def sample(root: Path, seed: int) -> list[str]:
    """Files of a project, tests aside: all, or in a large one some."""
    found = [file.path for file in files.find([str(root)], lambda path, is_directory: False)[0]]
    paths = sorted(path for path in found if "test" not in path[len(str(root)) :].lower())
    random.Random(f"{seed} {root.name}").shuffle(paths)
    return paths[:FILES]


def mutants_of(path: str) -> list[Mutant]:
    """All mutants of a file that still parse."""
    try:
        text = read_text(path, LENGTH)
        if "torch" not in text:
            return []
        script = Script(path, text)
    except (OSError, Unreadable, SyntaxError, ValueError):
        return []
    return [mutant for mutator in MUTATORS for mutant in mutator(script) if mutant.parses()]


def tried(root: Path, mutants: list[Mutant]) -> Iterable[tuple[Mutant, bool]]:
    """Each mutant of one project, and whether its rule sees it."""
    project = Project(root)
    before: dict[str, Counter[str]] = {}
    for mutant in mutants:
        if len(project.db) > MEMOS:
            project = Project(root)
        if mutant.path not in before:
            before = {mutant.path: said(project, mutant.path)}
        project.set_text(mutant.path, mutant.text)
        seen = said(project, mutant.path)[mutant.rule] > before[mutant.path][mutant.rule]
        project.set_text(mutant.path, mutant.original)
        yield mutant, seen


def said(project: Project, path: str) -> Counter[str]:
    """How often each rule speaks about a file and the files that import it."""
    project.report(path)
    about = (path, *(project.db.input("importers", path) or ()))
    return Counter(diagnosis.rule.slug for each in about for diagnosis in project.report(each).diagnoses)


def difference(mutant: Mutant) -> str:
    """A mutant as a difference with some lines around it."""
    lines = difflib.unified_diff(
        mutant.original.splitlines(), mutant.text.splitlines(), mutant.path, f"{mutant.rule}: {mutant.edit}", n=6
    )
    return "\n".join(line.rstrip("\n") for line in lines) + "\n"


def table(made: Counter[tuple[str, str]], found: Counter[tuple[str, str]]) -> str:
    """Mutants by rule and edit, and how many were found."""
    rows = [(rule, edit, made[rule, edit], found[rule, edit]) for rule, edit in sorted(made)]
    rows.append(("all", "", sum(made.values()), sum(found.values())))
    lines = [f"{'rule':40}{'edit':40}{'made':>6}{'found':>7}{'share':>7}"]
    lines += [f"{rule:40}{edit:40}{a:6}{b:7}{b / a if a else 0:7.0%}" for rule, edit, a, b in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
