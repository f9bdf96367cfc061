"""Begin a rule: write its module and its fixture, both to be filled in.

python scripts/new_rule.py softmax-without-dim --category api --severity warning --fix safe \\
    --looks-at 'calls_to("torch.nn.functional.softmax")'

What is not given is asked for. The tests fail until page, example, check and fixture are there.
"""

from __future__ import annotations

import argparse
import re
import sys
import typing
from pathlib import Path

import torch_pitfalls
from torch_pitfalls import subjects
from torch_pitfalls.rule import Safety, Severity

ROOT = Path(__file__).resolve().parents[1]
RULES = Path(torch_pitfalls.__file__).parent / "rules"
FIXTURES = ROOT / "tests" / "rules"
SLUG = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")

MODULE = '''\
"""

How to fix:

Exceptions:

Cannot see:

See also:
"""

from __future__ import annotations

from collections.abc import Iterator
{effects}
from torch_pitfalls.rule import Example, Finding, Rule{safety_name}, Severity, say
from torch_pitfalls.subjects import {names}

EXAMPLE = Example(
    bad="""
import torch
""",
    good="""
import torch
""",
    symptom="",
)


def check({argument}: {subject}) -> Iterator[Finding]:
    yield Finding(at={argument}.at, headline=say(""), effect=say(""), remedy=say(""))


RULE = Rule(
    slug="{slug}",
    doc=__doc__,
    category="{category}",
    severity=Severity.{severity},
    fix={fix},
    example=EXAMPLE,
    looks_at={looks_at},
    check=check,
)
'''

FIXTURE = """\
import torch
from torch import nn

# ── reported ──────────────────────────────────────────────────────────────────────────────────


# ── silent ────────────────────────────────────────────────────────────────────────────────────
"""


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    stem = options.slug.replace("-", "_")
    files = {RULES / f"{stem}.py": module(options), FIXTURES / f"{stem}.py": FIXTURE}
    present = [str(file.relative_to(ROOT)) for file in files if file.exists()]
    if present:
        print(f"There is already {' and '.join(present)}; nothing was written.", file=sys.stderr)
        return 1
    for file, text in files.items():
        file.write_text(text, encoding="utf-8", newline="\n")
        print(f"{file.relative_to(ROOT)}: written")
    print(f"Fill both in, then: python scripts/docs.py && pytest tests -k {stem} --update && pytest tests -k {stem}")
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the answers to all questions; wrong ones end the program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    questions = [
        parser.add_argument("slug", nargs="?", help="names the bad thing, such as missing-zero-grad"),
        parser.add_argument("--category", help="such as gradient, mode, data, device"),
        parser.add_argument("--severity", choices=[severity.value for severity in Severity]),
        parser.add_argument("--fix", choices=[*(safety.value for safety in Safety), "none"]),
        parser.add_argument("--looks-at", help=f"an expression with one of: {', '.join(known_subjects())}"),
    ]
    options = parser.parse_args(arguments)
    for action in questions:
        if getattr(options, action.dest) is None:
            setattr(options, action.dest, ask(action))
    if not SLUG.fullmatch(options.slug):
        parser.error(f"`{options.slug}` is not two or more lower-case words joined by hyphens")
    if subject_name(options.looks_at) not in known_subjects():
        parser.error(f"`{options.looks_at}` names no subject; there are {', '.join(known_subjects())}")
    return options


def ask(action: argparse.Action) -> str:
    """Ask for one answer until it is a possible one."""
    about = f"{action.dest.replace('_', ' ')} ({', '.join(action.choices) if action.choices else action.help}): "
    while True:
        answer = input(about).strip()
        if answer and (action.choices is None or answer in action.choices):
            return answer


def known_subjects() -> dict[str, str]:
    """Return what rules may look at: the name in ``subjects``, and the class that ``check`` is given."""
    variables = subjects.__annotations__
    functions = {
        name: str(typing.cast("dict[str, str]", value.__annotations__).get("return"))
        for name, value in vars(subjects).items()
        if callable(value) and not name.startswith("_") and value.__module__ == subjects.__name__
    }
    found: dict[str, str] = {}
    for name, annotation in {**functions, **variables}.items():
        subject = re.fullmatch(r"Subject\[(\w+)\]", str(annotation))
        if subject:
            found[name] = subject[1]
    return dict(sorted(found.items()))


def subject_name(expression: str) -> str:
    return expression.partition("(")[0].strip()


def module(options: argparse.Namespace) -> str:
    """Return the text of the rule's module."""
    name = subject_name(options.looks_at)
    subject = known_subjects()[name]
    has_fix = options.fix != "none"
    return MODULE.format(
        slug=options.slug,
        category=options.category,
        severity=options.severity.upper(),
        fix=f"Safety.{options.fix.upper()}" if has_fix else "None",
        safety_name=", Safety" if has_fix else "",
        effects="\nfrom torch_pitfalls.knowledge.effects import Effect" if "Effect." in options.looks_at else "",
        names=", ".join(sorted({name, subject}, key=lambda word: (not word.isupper(), word.islower(), word))),
        subject=subject,
        argument=subject.lower(),
        looks_at=options.looks_at,
    )


if __name__ == "__main__":
    sys.exit(main())
