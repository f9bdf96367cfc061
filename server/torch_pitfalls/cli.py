"""The command ``torch-pitfalls``: check, explain, rules, server.

Exit status: 0 nothing found, 1 pitfalls found, 2 trouble. Everything heavy is imported where it is used.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from torch_pitfalls import __version__
from torch_pitfalls.terminal import CLEAN, INTERRUPTED, TROUBLE, colourful, complain

FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit")
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
    _add_check_options(check)

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


def _add_check_options(check: argparse.ArgumentParser) -> None:
    check.add_argument(
        "paths", nargs="*", metavar="PATH", default=["."], help="default: the current directory; - is standard input"
    )
    what = check.add_argument_group("what is checked")
    what.add_argument(
        "--select", type=_slugs, action=_Union, metavar="RULES", help="check these rules only (comma-separated)"
    )
    what.add_argument(
        "--ignore", type=_slugs, action=_Union, metavar="RULES", help="leave these rules out (comma-separated)"
    )
    what.add_argument("--baseline", metavar="FILE", help="report only what is not in this baseline")
    what.add_argument("--write-baseline", metavar="FILE", help="write all that is found to a baseline")
    what.add_argument("--stdin-filename", metavar="PATH", help="check standard input as if it were this file")
    what.add_argument("--no-jedi", action="store_true", help="do not look into other packages")
    what.add_argument("--isolated", action="store_true", help="ignore every pyproject.toml")

    mend = check.add_argument_group("what is mended")
    mend.add_argument("--fix", action="store_true", help="apply the fixes that plainly do what was meant")
    mend.add_argument("--unsafe-fixes", action="store_true", help="with --fix or --diff: all other fixes as well")
    mend.add_argument("--diff", action="store_true", help="show what --fix would change; write nothing")

    how = check.add_argument_group("how it is shown and run")
    how.add_argument("--output-format", choices=FORMATS, default="text", help=f"{', '.join(FORMATS)}; default: text")
    how.add_argument("--output-file", metavar="FILE", help="write to this file, not to standard output")
    how.add_argument("--statistics", action="store_true", help="show how many findings each rule has")
    how.add_argument("--watch", action="store_true", help="check again whenever a file changes")
    how.add_argument("--jobs", type=_positive, metavar="N", help="number of processes; default: by the work")
    how.add_argument(
        "--executor",
        metavar="NAME",
        help="run on an executor that a package offers, such as dask",
    )


class _Union(argparse.Action):
    """An option whose sets of rules add up when it is given more than once."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        setattr(namespace, self.dest, values | (getattr(namespace, self.dest) or frozenset()))


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
    from torch_pitfalls import checking

    return checking.run(options)


def _explain(options: argparse.Namespace) -> int:
    from torch_pitfalls import pages

    try:
        page = pages.text(options.rule, _language())
    except LookupError:
        from torch_pitfalls.config import unknown_rule

        wrong = unknown_rule(options.rule) or f"the page of `{options.rule}` is missing"
        complain(wrong if "did you mean" in wrong else f"{wrong}; `torch-pitfalls rules` lists all rules")
        return TROUBLE
    if colourful(sys.stdout):
        from rich.console import Console
        from rich.markdown import Markdown

        console = Console(force_terminal=True)
        console.print(Markdown(page, code_theme="ansi_dark"), width=min(console.width, 100))
    else:
        sys.stdout.write(page)
    return CLEAN


def _rules(options: argparse.Namespace) -> int:
    from torch_pitfalls.config import ALL
    from torch_pitfalls.messages import PAGES, translation

    translate = translation(_language(), PAGES)
    table = [
        {
            "id": rule.slug,
            "category": rule.category,
            "severity": rule.severity.value,
            "fix": rule.fix.value if rule.fix else "none",
            "title": translate(rule.title),
        }
        for rule in ALL.values()
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


def _language() -> str | None:
    """The language of the project that the current directory belongs to."""
    from torch_pitfalls.config import Tree

    return Tree().at(os.getcwd()).language


def _server(options: argparse.Namespace) -> int:
    from torch_pitfalls.lsp.server import main as serve

    return serve(options.log_level)
