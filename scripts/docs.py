"""Write what is generated: a page for each rule, the table in README.md, and the settings of editors.

python scripts/docs.py            write what is out of date
python scripts/docs.py --check    write nothing; name what is out of date and exit with 1
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import families
import settings
from torch_pitfalls import pages
from torch_pitfalls.messages import LANGUAGES, PAGES, Translate, translation
from torch_pitfalls.pages import HEADS
from torch_pitfalls.rule import Rule, Safety

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
FOLDER = Path(pages.__file__).parent

OPTIONAL = {"Versions"}
BEGIN = "<!-- rules: begin, written by scripts/docs.py -->"
END = "<!-- rules: end -->"
FIXES = {Safety.SAFE: "safe", Safety.UNSAFE: "needs a look", None: "none"}


@dataclass(frozen=True)
class Prose:
    """The docstring of a rule, taken apart. Paragraphs keep their line breaks."""

    title: str
    happens: str
    sections: Mapping[str, str]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is stale")
    check = parser.parse_args(arguments).check

    from torch_pitfalls.config import ALL

    try:
        stale = differences(ALL.values())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for file, text in stale.items():
        if not check:
            write(file, text)
        print(f"{file.relative_to(ROOT)}: {'out of date' if check else 'written' if text else 'removed'}")
    if check and stale:
        print("Run `python scripts/docs.py` to bring these files up to date.", file=sys.stderr)
    return 1 if check and stale else 0


def differences(rules: Iterable[Rule[Any]]) -> dict[Path, str | None]:
    """Return every generated file that is out of date, with the text it should have (None: no file)."""
    rules = sorted(rules, key=lambda rule: rule.slug)
    wanted: dict[Path, str | None] = dict.fromkeys(FOLDER.rglob("*.md"))
    wanted |= {FOLDER / f"{rule.slug}.md": page(rule, str) for rule in rules}
    for language in LANGUAGES[1:]:
        translate = translation(language, PAGES)
        translated = [rule for rule in rules if is_translated(rule, translate)]
        wanted |= {FOLDER / language / f"{rule.slug}.md": page(rule, translate) for rule in translated}
    wanted[README] = with_table(read(README) or "", table(rules))
    wanted |= settings.wanted() | families.wanted(rules)
    return {file: text for file, text in wanted.items() if text != read(file)}


def is_translated(rule: Rule[Any], translate: Translate) -> bool:
    """Whether every paragraph of a page is there in another language: half a page helps nobody."""
    return all(translate(paragraph) != paragraph for paragraph in pages.paragraphs(rule.doc))


def page(rule: Rule[Any], translate: Translate) -> str:
    """Return the page of a rule as Markdown."""
    prose = parse(rule.doc, rule.slug, translate)
    facts = [f"`{rule.slug}`", translate(rule.category), translate(rule.severity.value)]
    facts.append(translate("quick fix: {fix}").format(fix=translate(FIXES[rule.fix])))
    if not rule.on_by_default:
        facts.append(translate("preview, off by default" if rule.preview else "off by default"))
    marked = rule.example.bad.replace(f"# expect: {rule.slug}", f"# {translate('reported here')}")
    parts = [
        f"# {prose.title}",
        " · ".join(facts),
        prose.happens,
        f"## {translate('Example')}",
        fenced(marked),
        translate("Right:"),
        fenced(rule.example.good),
    ]
    for head, text in prose.sections.items():
        parts += [f"## {translate(head)}", linked(text) if head == "See also" else text]
    return "\n\n".join(parts) + "\n"


def parse(doc: str, slug: str, translate: Translate = str) -> Prose:
    """Take a docstring apart and translate it. Raises ``ValueError`` when a part is missing or misplaced."""
    title, *paragraphs = doc.strip().split("\n\n")

    def translated(paragraph: str) -> str:
        text = pages.joined(paragraph)
        other = translate(text)
        return capitalised(paragraph.strip()) if other == text else other

    happens: list[str] = []
    sections: dict[str, list[str]] = {}
    under = happens
    for paragraph in paragraphs:
        head, colon, rest = paragraph.partition(":")
        if colon and head in HEADS:
            under = sections.setdefault(head, [])
            paragraph = rest
        under.append(translated(paragraph))
    if not happens:
        raise ValueError(f"The page of {slug} does not say what happens before `{HEADS[0]}:`.")
    expected = tuple(head for head in HEADS if head in sections or head not in OPTIONAL)
    if tuple(sections) != expected:
        raise ValueError(f"The page of {slug} has the heads {', '.join(sections)}, not {', '.join(expected)}.")
    return Prose(
        translated(title), "\n\n".join(happens), {head: "\n\n".join(texts) for head, texts in sections.items()}
    )


def table(rules: Iterable[Rule[Any]]) -> str:
    """Return the table of all rules, by category."""
    folder = FOLDER.relative_to(ROOT).as_posix()
    rows = ["| Rule | What it reports | Category | Severity | Quick fix |", "|---|---|---|---|---|"]
    rows += [
        f"| [`{rule.slug}`]({folder}/{rule.slug}.md) | {rule.title} | {rule.category} "
        f"| {rule.severity.value} | {FIXES[rule.fix]} |"
        for rule in sorted(rules, key=lambda rule: (rule.category, rule.slug))
    ]
    return "\n".join(rows)


def with_table(text: str, rows: str) -> str:
    """Put the table between its two markers. Raises ``ValueError`` when they are not there once each."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README.md needs the line {BEGIN!r} and, below it, the line {END!r}, once each.")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{rows}\n\n{END}{after}"


def linked(text: str) -> str:
    """Turn every slug in backticks into a link to its page."""
    return re.sub(r"`([a-z]+(?:-[a-z]+)+)`", r"[`\1`](\1.md)", text)


def fenced(code: str) -> str:
    return f"```python\n{code.strip()}\n```"


def capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def write(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
