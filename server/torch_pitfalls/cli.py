"""The command ``torch-pitfalls``: check, explain, rules, server.

Exit status: 0 nothing found, 1 pitfalls found, 2 trouble. Everything heavy is imported where it is used.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from torch_pitfalls import __version__

if TYPE_CHECKING:
    from rich.progress import Progress

    from torch_pitfalls.config import Config
    from torch_pitfalls.report import Entry

CLEAN, FOUND, TROUBLE, INTERRUPTED = 0, 1, 2, 130
"""Exit status."""

FEW = 16
"""Up to this many files one process is as fast as several."""

PATIENCE = 0.5
"""Seconds of work after which a progress bar appears."""

LEVELS = ("debug", "info", "warning", "error")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status. Wrong usage raises ``SystemExit``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has gone; the interpreter must not stumble over what is left of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TROUBLE
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="torch-pitfalls", description="Shows PyTorch pitfalls, explains them and repairs them."
    )
    parser.add_argument("--version", action="version", version=f"torch-pitfalls {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = commands.add_parser(
        "check",
        help="report the pitfalls of files and directories",
        description="Report the pitfalls of files and directories. Exit status: 0 none, 1 some, 2 trouble.",
    )
    check.set_defaults(run=_check)
    check.add_argument("paths", nargs="*", metavar="PATH", default=["."], help="default: the current directory")
    check.add_argument("--output-format", choices=("text", "concise", "json"), default="text")
    check.add_argument("--select", type=_slugs, metavar="RULES", help="check these rules only (comma-separated)")
    check.add_argument("--ignore", type=_slugs, metavar="RULES", help="leave these rules out (comma-separated)")
    check.add_argument("--jobs", type=_positive, metavar="N", help="number of processes; default: by the work")
    check.add_argument("--no-jedi", action="store_true", help="do not look into other packages")
    check.add_argument("--isolated", action="store_true", help="ignore every pyproject.toml")

    explain = commands.add_parser("explain", help="show the page of a rule")
    explain.set_defaults(run=_explain)
    explain.add_argument("rule", metavar="RULE")

    rules = commands.add_parser("rules", help="list all rules")
    rules.set_defaults(run=_rules)
    rules.add_argument("--output-format", choices=("text", "json"), default="text")

    server = commands.add_parser("server", help="run the language server on standard input and output")
    server.set_defaults(run=_server)
    server.add_argument("--log-level", choices=LEVELS, default="warning", help="default: warning")
    server.add_argument("--stdio", action="store_true", help="accepted, as editors add it: there is no other way")
    return parser


def _slugs(text: str) -> frozenset[str]:
    """A comma-separated list of rules; each must exist."""
    from torch_pitfalls.config import unknown_rule

    slugs = frozenset(slug.strip() for slug in text.split(",")) - {""}
    for slug in sorted(slugs):
        wrong = unknown_rule(slug)
        if wrong is not None:
            raise argparse.ArgumentTypeError(wrong)
    return slugs


def _positive(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")


def _check(options: argparse.Namespace) -> int:
    import logging

    from torch_pitfalls import batch, files
    from torch_pitfalls.config import Tree

    # What the log tells in detail is told in a sentence as well.
    logging.getLogger("torch_pitfalls").addHandler(logging.NullHandler())
    tree = Tree(lambda config: _adjusted(config, options), isolated=options.isolated)
    found, missing = files.find(
        options.paths,
        lambda path, directory: tree.at(os.path.dirname(path)).excluded(path, directory=directory),
    )
    jobs = options.jobs or (1 if len(found) <= FEW else _processors())
    wanted = [(file, files.project(file.directory, file.named), tree.at(file.directory)) for file in found]
    _complain(*tree.unreadable, *tree.wrong, *missing)
    if not found and not missing:
        _complain("there are no Python files here: " + ", ".join(options.paths))
    with _Progress(len(found)) as progress, batch.Jedi(len(found)) as jedi:
        results = batch.check(batch.tasks(wanted, jobs), jobs, jedi.ask, progress.advance)
    checked = [results[file.path] for file in found]
    _complain(*(f"{one.file.shown}: {problem}" for one in checked for problem in one.problems))
    entries = [entry for one in checked for entry in one.entries]
    unchecked = sum(one.failed for one in checked)
    _show(entries, len(checked) - unchecked, unchecked, options.output_format)
    if missing or unchecked or tree.unreadable:
        return TROUBLE
    return FOUND if entries else CLEAN


def _adjusted(config: Config, options: argparse.Namespace) -> Config:
    """The configuration with what the command line says put over it."""
    from dataclasses import replace

    if options.select is not None:
        config = replace(config, select=options.select, ignore=frozenset())
    if options.ignore is not None:
        config = replace(config, ignore=config.ignore | options.ignore)
    return replace(config, jedi=config.jedi and not options.no_jedi)


def _show(entries: list[Entry], checked: int, unchecked: int, output_format: str) -> None:
    if output_format == "json":
        from torch_pitfalls import pages
        from torch_pitfalls.report import json

        sys.stdout.write(json.render(entries, pages.uri))
    elif output_format == "concise":
        from torch_pitfalls.report import concise

        sys.stdout.write(concise.render(entries))
    else:
        from torch_pitfalls.report import text

        sys.stdout.write(text.render(entries, colour=_colourful(sys.stdout)))
        print(text.summary(entries, checked, unchecked))


def _explain(options: argparse.Namespace) -> int:
    from torch_pitfalls import pages

    try:
        page = pages.text(options.rule)
    except LookupError:
        from torch_pitfalls.config import unknown_rule

        wrong = unknown_rule(options.rule) or f"the page of `{options.rule}` is missing"
        _complain(wrong if "did you mean" in wrong else f"{wrong}; `torch-pitfalls rules` lists all rules")
        return TROUBLE
    if _colourful(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        console = Console(force_terminal=True)
        console.print(Markdown(page, code_theme="ansi_dark"), width=min(console.width, 100))
    else:
        sys.stdout.write(page)
    return CLEAN


def _rules(options: argparse.Namespace) -> int:
    from torch_pitfalls.rules import RULES

    table = [
        {
            "id": rule.slug,
            "category": rule.category,
            "severity": rule.severity.value,
            "fix": rule.fix.value if rule.fix else "none",
            "title": rule.title,
        }
        for rule in RULES.values()
    ]
    if options.output_format == "json":
        import json

        print(json.dumps(table, indent=2))
        return CLEAN
    rows = [{name: name for name in table[0]}, *table]
    widths = {name: max(len(row[name]) for row in rows) for name in rows[0]}
    for row in rows:
        print("  ".join(f"{row[name]:<{width}}" for name, width in widths.items()).rstrip())
    return CLEAN


def _server(options: argparse.Namespace) -> int:
    from torch_pitfalls.lsp.server import main as serve

    return serve(options.log_level)


def _complain(*sentences: str) -> None:
    from torch_pitfalls.report.text import printable

    for sentence in sentences:
        print(printable(sentence), file=sys.stderr)


def _colourful(stream: TextIO) -> bool:
    """Whether to colour: NO_COLOR and FORCE_COLOR decide, else whether a terminal is at the other end."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Progress:
    """A progress bar on standard error, once the work has taken a while and if a person is looking."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, count: int) -> None:
        """So many more files are done."""
        self._done += count
        if self._bar is None and sys.stderr.isatty() and time.monotonic() - self._started > PATIENCE:
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._bar.add_task("Checking", total=self._total)
            self._bar.start()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done)
