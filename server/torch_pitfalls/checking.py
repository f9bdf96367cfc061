"""The command ``check``: from the options to what is printed, written and returned."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TextIO

from torch_pitfalls import batch, files
from torch_pitfalls.config import Config, Tree
from torch_pitfalls.one_file import Checked, Fixes
from torch_pitfalls.report import Entry
from torch_pitfalls.report.identity import Identity
from torch_pitfalls.terminal import CLEAN, FOUND, TROUBLE, Progress, colourful, complain, processors

FEW = 16
"""Up to this many files one process is as fast as several."""

STANDARD_INPUT = "-"


@dataclass(slots=True)
class Run:
    """The files of one run, with the sentences about what went wrong before any was checked."""

    tree: Tree
    found: list[files.File]
    missing: list[str]

    @property
    def wanted(self) -> list[tuple[files.File, str, Config]]:
        """Each file with its project's root and configuration."""
        return [(file, files.project(file.directory, file.named), self.tree.at(file.directory)) for file in self.found]

    @property
    def documentation(self) -> str | None:
        """The site that links lead to: that of the first file."""
        return self.tree.at(self.found[0].directory).documentation if self.found else None

    @property
    def language(self) -> str | None:
        """The language in which the run is summed up: that of its first file."""
        return self.tree.at(self.found[0].directory).language if self.found else None


def run(options: Namespace) -> int:
    """Check what the options say, and return the exit status."""
    import logging

    # What the log tells in detail is told in a sentence as well.
    logging.getLogger("torch_pitfalls").addHandler(logging.NullHandler())
    contradiction = _contradiction(options)
    if contradiction is not None:
        complain(contradiction)
        return TROUBLE
    if options.watch:
        from torch_pitfalls import watching

        return watching.watch(options)
    this = prepare(options)
    wanted = this.wanted
    _complain_of(this, options)
    try:
        known = _baseline(options)
        results = _checked(wanted, options)
    except (OSError, ValueError) as error:
        complain(str(error))
        return TROUBLE
    return conclude(this, [results[file.path] for file in this.found], options, known)


def _contradiction(options: Namespace) -> str | None:
    reads_input = options.stdin_filename is not None or STANDARD_INPUT in options.paths
    if options.watch and (reads_input or options.write_baseline or options.executor):
        return "--watch goes together with neither standard input, --write-baseline nor --executor"
    if reads_input and [path for path in options.paths if path not in (STANDARD_INPUT, ".")]:
        return "standard input is checked alone, without other paths"
    if options.fix and options.diff:
        return "--fix and --diff exclude each other: --diff shows what --fix would write"
    if options.unsafe_fixes and not (options.fix or options.diff):
        return "--unsafe-fixes needs --fix or --diff"
    return None


def prepare(options: Namespace) -> Run:
    """Find the files."""
    tree = Tree(lambda config: _adjusted(config, options), isolated=options.isolated)
    if options.stdin_filename is not None or STANDARD_INPUT in options.paths:
        return Run(tree, [_standard_input(options.stdin_filename)], [])
    found, missing = files.find(
        options.paths,
        lambda path, directory: tree.at(os.path.dirname(path)).excluded(path, directory=directory),
    )
    return Run(tree, found, missing)


def _standard_input(name: str | None) -> files.File:
    text = sys.stdin.buffer.read().decode("utf-8-sig", "replace")
    path = os.path.abspath(name or "<stdin>.py")
    return files.File(path, os.path.normpath(name) if name else "<stdin>", os.path.dirname(path), text)


def _adjusted(config: Config, options: Namespace) -> Config:
    """The configuration with what the command line says put over it."""
    if options.select is not None:
        config = replace(config, select=options.select, ignore=frozenset())
    if options.ignore is not None:
        config = replace(config, ignore=config.ignore | options.ignore)
    return replace(config, jedi=config.jedi and not options.no_jedi)


def _complain_of(this: Run, options: Namespace) -> None:
    complain(*this.tree.unreadable, *this.tree.wrong, *this.missing)
    if not this.found and not this.missing:
        complain("there are no Python files here: " + ", ".join(options.paths))


def fixes_of(options: Namespace) -> Fixes | None:
    """Which fixes the options ask for."""
    if not (options.fix or options.diff):
        return None
    return Fixes.ALL if options.unsafe_fixes else Fixes.SAFE


def _checked(wanted: Sequence[tuple[files.File, str, Config]], options: Namespace) -> dict[str, Checked]:
    fixes = fixes_of(options)
    with ExitStack() as stack:
        if options.executor is not None:
            from torch_pitfalls.executors import Pool, executor

            pool = stack.enter_context(executor(options.executor))
            crew: batch.Crew = Pool(pool, fixes)
            jobs = Pool.TASKS
        else:
            jobs = options.jobs or (1 if len(wanted) <= FEW else processors())
        progress = stack.enter_context(Progress(len(wanted)))
        jedi = stack.enter_context(batch.Jedi(len(wanted)))
        todo = batch.tasks(wanted, jobs)
        if options.executor is not None:
            return batch.check_by(crew, todo, jedi.ask, progress.advance)
        return batch.check(todo, jobs, jedi.ask, progress.advance, fixes)


def _baseline(options: Namespace) -> Counter[Identity] | None:
    if options.baseline is None:
        return None
    from torch_pitfalls import baseline

    return baseline.read(options.baseline)


def conclude(this: Run, checked: Sequence[Checked], options: Namespace, known: Counter[Identity] | None) -> int:
    """Write what is to be written, show the rest, and return the exit status."""
    problems = [f"{one.file.shown}: {problem}" for one in checked for problem in one.problems]
    entries = [entry for one in checked for entry in one.entries]
    fixed = sum(count for one in checked if one.fixed is not None for _, count in one.fixed.applied)
    if options.fix:
        unwritten = _write_fixes(checked)
        problems += unwritten
    complain(*problems)
    unchecked = sum(one.failed for one in checked)
    trouble = bool(this.missing or unchecked or this.tree.unreadable or (options.fix and unwritten))
    if options.diff:
        _show_difference(checked)
        return TROUBLE if trouble else FOUND if fixed else CLEAN
    if options.write_baseline is not None:
        return TROUBLE if not _write_baseline(options.write_baseline, entries) or trouble else CLEAN
    new = entries
    if known is not None:
        from torch_pitfalls import baseline

        new = baseline.new(entries, known, options.baseline)
    repaired = fixed if options.fix else 0
    counts = Counts(
        len(checked) - unchecked, unchecked, repaired, len(entries) - len(new), this.language, this.documentation
    )
    try:
        _show(new, counts, problems, options)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        complain(f"{options.output_file}: cannot be written: {error.strerror or error}")
        return TROUBLE
    if trouble:
        return TROUBLE
    return FOUND if new else CLEAN


@dataclass(frozen=True, slots=True)
class Counts:
    """How many files were checked and not, how many findings were fixed and are in the baseline; told in a language."""

    checked: int
    unchecked: int
    fixed: int
    known: int
    language: str | None
    documentation: str | None


def _show(entries: list[Entry], counts: Counts, problems: Sequence[str], options: Namespace) -> None:
    if options.output_file is not None:
        with open(options.output_file, "w", encoding="utf-8", newline="\n") as file:
            _render(entries, counts, problems, options, file)
        return
    # The repaired text of standard input has gone to standard output already.
    takes_output = options.fix and (options.stdin_filename is not None or STANDARD_INPUT in options.paths)
    _render(entries, counts, problems, options, sys.stderr if takes_output else sys.stdout)


def _render(entries: list[Entry], counts: Counts, problems: Sequence[str], options: Namespace, stream: TextIO) -> None:
    """Write the findings in the format that was asked for; each is imported where it is used."""
    form, language = options.output_format, counts.language
    if options.statistics:
        from torch_pitfalls.report import statistics

        stream.write(statistics.render(entries, as_json=form == "json", language=language))
    elif form == "json":
        from torch_pitfalls import pages
        from torch_pitfalls.report import json

        stream.write(json.render(entries, lambda slug: pages.uri(slug, language, counts.documentation)))
    elif form == "concise":
        from torch_pitfalls.report import concise

        stream.write(concise.render(entries))
    elif form == "sarif":
        from torch_pitfalls.report import sarif

        stream.write(sarif.render(entries, problems, language=language))
    elif form == "github":
        from torch_pitfalls.report import github

        stream.write(github.render(entries))
    elif form == "gitlab":
        from torch_pitfalls.report import gitlab

        stream.write(gitlab.render(entries))
    elif form == "junit":
        from torch_pitfalls.report import junit

        stream.write(junit.render(entries, counts.checked))
    else:
        from torch_pitfalls.report import text

        stream.write(text.render(entries, colour=colourful(stream), language=language))
    if form == "text":
        from torch_pitfalls.report import text

        total = text.summary(entries, counts.checked, counts.unchecked, counts.fixed, counts.known, language=language)
        stream.write(total + "\n")


def _write_fixes(checked: Iterable[Checked]) -> list[str]:
    """Write the repaired files; sentences about those that could not be written."""
    from torch_pitfalls import writing

    problems = []
    for one in checked:
        if one.file.text is not None:
            sys.stdout.write(one.file.text if one.fixed is None else one.fixed.text)
        elif one.fixed is not None:
            try:
                writing.replace(one.file.path, one.fixed.original, one.fixed.text)
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
                problems.append(f"{one.file.shown}: the fixes were not written: {reason}")
    return problems


def _show_difference(checked: Iterable[Checked]) -> None:
    from torch_pitfalls.report import difference

    colour = colourful(sys.stdout)
    for one in checked:
        if one.fixed is not None:
            sys.stdout.write(difference.render(one.file.shown, one.fixed.original, one.fixed.text, colour=colour))


def _write_baseline(path: str, entries: list[Entry]) -> bool:
    from torch_pitfalls import baseline

    try:
        count = baseline.write(path, entries)
    except OSError as error:
        complain(f"{path}: the baseline cannot be written: {error.strerror or error}")
        return False
    print(f"{count} pitfalls are in {path}; check with --baseline {path} to see what is new.")
    return True
