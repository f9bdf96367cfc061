"""Keep the translations in step with the program: two catalogues a language, one of messages and one of pages.

python scripts/translate.py            bring the catalogues up to date and compile them
python scripts/translate.py --check    write nothing; name what is missing, outdated or broken and exit with 1

What is missing stands in ``server/torch_pitfalls/locale/<language>/LC_MESSAGES/*.po`` with an empty ``msgstr``.
An entry whose English has changed is a new entry; its old translation is kept at the end of the file.
"""

from __future__ import annotations

import argparse
import datetime
import io
import re
import string
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from torch_pitfalls import messages, pages
from torch_pitfalls.config import ALL
from torch_pitfalls.rules import RULES

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(messages.__file__).parent
LOCALE = PACKAGE / "locale"
LANGUAGES = ("zh_CN",)
_EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
"""The date of compiled catalogues: the same input gives the same file."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if something is to be done")
    check = parser.parse_args(arguments).check
    faults = [
        fault for language in LANGUAGES for domain in TEMPLATES for fault in bring_up_to_date(language, domain, check)
    ]
    for fault in faults:
        print(fault)
    return 1 if check and faults else 0


def bring_up_to_date(language: str, domain: str, check: bool) -> Iterator[str]:
    """Bring a catalogue of a language up to date; yield a line for all that is left to do."""
    file = catalogue(language, domain)
    known = read(file, language, domain) if file.exists() else Catalog()
    catalog = merged(TEMPLATES[domain](), known, language, domain)
    for name, data in ((file, as_po(catalog)), (file.with_suffix(".mo"), as_mo(catalog))):
        if not name.exists() or name.read_bytes() != data:
            if check:
                yield f"{name.relative_to(ROOT)}: out of date; run `python scripts/translate.py`"
            else:
                name.parent.mkdir(parents=True, exist_ok=True)
                name.write_bytes(data)
    for message in catalog:
        if message.id:
            yield from (f"{file.relative_to(ROOT)}: {fault}: {message.id!r}" for fault in faults_of(message))


def catalogue(language: str, domain: str) -> Path:
    """The file that translators write."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read(file: Path, language: str, domain: str) -> Catalog:
    return read_po(io.BytesIO(file.read_bytes()), locale=language, domain=domain)


def said() -> Catalog:
    """The templates of all messages."""
    catalog = Catalog(domain="torch_pitfalls")
    found = extract_from_dir(str(PACKAGE), method_map=[("**.py", "python")], keywords={"say": None})
    for file, _, template, comments, _ in sorted(found, key=lambda entry: (entry[0], entry[1])):
        catalog.add(str(template), locations=[(file, 0)], auto_comments=comments)
    return catalog


def written() -> Catalog:
    """The paragraphs of all pages, and what stands between them."""
    catalog = Catalog(domain="pages")
    for phrase in pages.PHRASES:
        catalog.add(phrase, locations=[("pages/__init__.py", 0)])
    for slug, rule in sorted(ALL.items()):
        for paragraph in pages.paragraphs(rule.doc):
            catalog.add(paragraph, locations=[(source(slug), 0)])
    return catalog


def source(slug: str) -> str:
    """The file in which the page of a rule is written."""
    return f"rules/{slug.replace('-', '_')}.py" if slug in RULES else "suppressions.py"


def merged(template: Catalog, known: Catalog, language: str, domain: str) -> Catalog:
    """The entries of the template with the translations that are known; what is no longer said comes last.

    What is said again is known still.
    """
    catalog = Catalog(locale=language, domain=domain, fuzzy=False)
    for message in template:
        if message.id:
            old = known.get(message.id) or known.obsolete.get(message.id)
            catalog.add(
                message.id,
                old.string if old is not None else "",
                locations=message.locations,
                flags=[flag for flag in (old.flags if old is not None else ()) if flag == "fuzzy"],
            )
    current = {message.id for message in catalog}
    for message in [*known, *known.obsolete.values()]:
        if message.id and message.id not in current and message.string:
            catalog.obsolete[message.id] = Message(message.id, message.string)
    return catalog


def as_po(catalog: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalog, width=110, omit_header=True, no_location=False, include_lineno=False)
    header = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return header + file.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    compiled = Catalog(
        locale=catalog.locale, domain=catalog.domain, fuzzy=False, creation_date=_EPOCH, revision_date=_EPOCH
    )
    for message in catalog:
        if message.id and message.string and not message.fuzzy:
            compiled.add(message.id, message.string)
    file = io.BytesIO()
    write_mo(file, compiled)
    return file.getvalue()


def faults_of(message: Message) -> Iterator[str]:
    """What is wrong with the translation of one entry."""
    english, text = str(message.id), str(message.string)
    if not text:
        yield "not translated"
        return
    if message.fuzzy:
        yield "fuzzy"
    if "{" in english + text and places(english) != places(text):
        yield "the places in braces differ"
    for what, found in (("code", code), ("names", names)):
        lacking, added = found(english) - found(text), found(text) - found(english)
        if lacking:
            yield f"lacks the {what} {', '.join(sorted(lacking))}"
        if added:
            yield f"has the {what} {', '.join(sorted(added))} in addition"


def places(template: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name}
    except ValueError:
        return set()


def code(text: str) -> set[str]:
    """What stands in backticks: code is not translated."""
    return set(text.split("`")[1::2])


def names(text: str) -> set[str]:
    """What is plainly the name of something in a program though it stands in no backticks, such as ``DataLoader``."""
    prose = "`".join(text.split("`")[::2])
    return set(
        re.findall(r"(?<![\w{])(?:[A-Za-z]\w*_\w+|[A-Za-z]+[a-z][A-Z]\w*|[a-z]\w+\.[a-z]\w+)(?![\w}])", prose, re.A)
    )


TEMPLATES: Mapping[str, Callable[[], Catalog]] = {messages.MESSAGES: said, messages.PAGES: written}
"""Each catalogue, and what is in it in English."""

if __name__ == "__main__":
    sys.exit(main())
