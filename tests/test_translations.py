"""The catalogues: complete, in step with the program, and true to the code in its sentences."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path
from types import ModuleType

import pytest
from torch_pitfalls.config import ALL
from torch_pitfalls.messages import LANGUAGES, MESSAGES, PAGES, language_of, say, translation
from torch_pitfalls.pages import PHRASES, text
from torch_pitfalls.rule import Severity

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def translate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translate", ROOT / "scripts" / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def faults(translate: ModuleType, english: str, chinese: str, *flags: str) -> list[str]:
    return list(translate.faults_of(translate.Message(english, chinese, flags=flags)))


def test_every_language_has_catalogues(translate: ModuleType) -> None:
    assert {language_of(language) for language in translate.LANGUAGES} == set(LANGUAGES[1:])
    assert set(translate.TEMPLATES) == {MESSAGES, PAGES}


@pytest.mark.parametrize("domain", [MESSAGES, PAGES])
def test_everything_is_translated(domain: str, translate: ModuleType) -> None:
    left = [fault for name in translate.LANGUAGES for fault in translate.bring_up_to_date(name, domain, check=True)]
    assert left == [], "Run `python scripts/translate.py` and translate what has no `msgstr`"


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_rule_has_a_page_in_every_language(language: str) -> None:
    pages = {slug: text(slug, language) for slug in ALL}
    assert [slug for slug, page in pages.items() if page == text(slug)] == []
    assert [slug for slug, page in pages.items() if f"`{slug}` · " not in page] == []


def test_what_is_compiled_is_what_is_read(translate: ModuleType) -> None:
    for language in LANGUAGES[1:]:
        (name,) = (name for name in translate.LANGUAGES if language_of(name) == language)
        for domain in (MESSAGES, PAGES):
            into = translation(language, domain)
            written = translate.read(translate.catalogue(name, domain), name, domain)
            assert [message.id for message in written if message.id and message.string != into(message.id)] == [
                message.id for message in written if message.id and not message.string
            ]


def test_categories_and_severities_are_translated() -> None:
    assert {rule.category for rule in ALL.values()} | {severity.value for severity in Severity} <= set(PHRASES)


def test_a_sentence_is_filled_in_after_it_is_translated() -> None:
    said = say("pass `map_location={device}`", device="cpu")
    assert str(said) == "pass `map_location=cpu`"
    assert said.into(translation("zh-cn")) == "传入 `map_location=cpu`"
    assert said.into(translation("en")) == str(said)
    assert say("never said before").into(translation("zh-cn")) == "never said before"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-cn", "zh-cn"),
        ("zh_CN.UTF-8", "zh-cn"),
        ("zh-Hans-CN", "zh-cn"),
        ("zh", "zh-cn"),
        ("zh-tw", "en"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_of_a_locale(locale: str | None, language: str) -> None:
    assert language_of(locale) == language


@pytest.mark.parametrize(
    ("english", "chinese", "expected"),
    [
        ("pass `{device}`", "传入 `{device}`", []),
        ("pass it", "", ["not translated"]),
        ("{count} files", "文件", ["the places in braces differ"]),
        ("{count} files", "{number} 个文件", ["the places in braces differ"]),
        ("call `eval()`", "调用 eval", ["lacks the code eval()"]),
        ("call it", "调用 `eval()`", ["has the code eval() in addition"]),
        (
            "the DataLoader, e.g. torch.load or num_workers",
            "加载器",
            ["lacks the names DataLoader, num_workers, torch.load"],
        ),
        ("the loader", "加载器 DataLoader", ["has the names DataLoader in addition"]),
    ],
)
def test_faults_of_translations_are_named(
    english: str, chinese: str, expected: list[str], translate: ModuleType
) -> None:
    assert faults(translate, english, chinese) == expected


def test_entries_that_were_guessed_are_named(translate: ModuleType) -> None:
    assert faults(translate, "pass it", "传入它", "fuzzy") == ["fuzzy"]


def test_changed_english_is_a_missing_translation(translate: ModuleType) -> None:
    known, template = translate.Catalog(), translate.Catalog()
    known.add("pass it", "传入它")
    template.add("pass them")
    merged = translate.merged(template, known, "zh_CN", MESSAGES)
    assert {message.id: message.string for message in merged if message.id} == {"pass them": ""}
    assert merged.obsolete["pass it"].string == "传入它"
    kept = translate.read_po(io.BytesIO(translate.as_po(merged)), locale="zh_CN")
    assert kept.obsolete["pass it"].string == "传入它"
    template.add("pass it")
    again = translate.merged(template, kept, "zh_CN", MESSAGES)
    assert {message.id: message.string for message in again if message.id} == {"pass them": "", "pass it": "传入它"}
    assert not again.obsolete
