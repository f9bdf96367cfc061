"""The rules of the house: wording, names, and files that belong together."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch_pitfalls
from torch_pitfalls.check import Diagnosis
from torch_pitfalls.rule import Example

ROOT = Path(__file__).resolve().parents[1]
RULES = Path(torch_pitfalls.__file__).parent / "rules"
FIXTURES = ROOT / "tests" / "rules"
STEMS = sorted(file.stem for file in RULES.glob("*.py") if not file.stem.startswith("_"))

# Words that blame, that talk down, or that say nothing.
AVOIDED = re.compile(
    r"\b(illegal|invalid usage|simply|please|note that|obviously|you|your|yours|may cause)\b|\(s\)",
    re.IGNORECASE,
)
CODE = re.compile(r"`[^`]*`")


def module(stem: str) -> ModuleType:
    return importlib.import_module(f"torch_pitfalls.rules.{stem}")


def slug_of(stem: str) -> str:
    return stem.replace("_", "-")


def avoided(text: str) -> list[str]:
    """Return the words that the house does not use. Code and quoted messages of torch are free."""
    return [found.group() for found in AVOIDED.finditer(CODE.sub("``", text))]


@pytest.fixture(scope="session")
def docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs", ROOT / "scripts" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "docs", loaded)
        spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Simply call it", ["Simply"]),
        ("the worker(s) stop", ["(s)"]),
        ("Your model", ["Your"]),
        ("raises `illegal call, please check (s)` at once", []),
        ("youth is not pleased", []),
    ],
)
def test_avoided_words_are_found_outside_code(text: str, words: list[str]) -> None:
    assert avoided(text) == words


# ── pages ──


def test_there_are_rules() -> None:
    assert STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_page_has_all_its_parts(stem: str, docs: ModuleType) -> None:
    prose = docs.parse(module(stem).__doc__, slug_of(stem))
    assert all(prose.sections.values())


@pytest.mark.parametrize("stem", STEMS)
def test_page_is_worded_as_the_house_writes(stem: str) -> None:
    doc = module(stem).__doc__ or ""
    title = doc.splitlines()[0]
    assert avoided(doc) == []
    assert "://" not in doc, "pages name documentation by its title, not by its address"
    assert doc.count("`") % 2 == 0, "a backtick is missing"
    assert 0 < len(title) <= 72
    assert not title.endswith(".")
    assert title[0].isupper()


@pytest.mark.parametrize("stem", STEMS)
def test_page_refers_to_rules_that_exist(stem: str, docs: ModuleType) -> None:
    see_also = docs.parse(module(stem).__doc__, slug_of(stem)).sections["See also"]
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", see_also))
    assert named <= {slug_of(other) for other in STEMS} - {slug_of(stem)}


@pytest.mark.parametrize("stem", STEMS)
def test_example_marks_its_finding(stem: str) -> None:
    example: Example = module(stem).EXAMPLE
    assert re.findall(r"# expect: (\S+)$", example.bad, re.MULTILINE) == [slug_of(stem)]
    assert "# expect" not in example.good


def test_generated_files_are_up_to_date(docs: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    status = docs.main(["--check"])
    shown = capsys.readouterr()
    assert status == 0, shown.out + shown.err


# ── rules and their files ──


@pytest.mark.parametrize("stem", STEMS)
def test_slug_is_the_name_of_the_file(stem: str) -> None:
    from torch_pitfalls.rules import RULES

    rule = module(stem).RULE
    assert rule.slug == slug_of(stem)
    assert rule.doc == module(stem).__doc__
    assert RULES[rule.slug] is rule


@pytest.mark.parametrize("stem", STEMS)
def test_fixture_has_hits_and_near_misses(stem: str) -> None:
    fixture = FIXTURES / f"{stem}.py"
    assert fixture.is_file(), f"tests/rules/{stem}.py is missing"
    text = fixture.read_text(encoding="utf-8")
    assert f"# expect: {slug_of(stem)}" in text
    cases = re.split(r"^(?=(?:async )?def |class )", text, flags=re.MULTILINE)[1:]
    assert any("# expect" not in case for case in cases), "no function or class shows a near miss"


def test_every_fixture_has_a_rule() -> None:
    assert {file.stem for file in FIXTURES.glob("*.py")} <= set(STEMS)


# ── findings ──

HEADLINE = 72  # characters: all that most readers see
NOTE = 60


def complaints(headline: str, effect: str, remedy: str, notes: tuple[str, ...] = ()) -> list[str]:
    """Return what is wrong with the wording of a finding."""
    parts = {"headline": headline, "effect": effect, "remedy": remedy, **{f"note {n!r}": n for n in notes}}
    found = [f"{part}: avoid {word!r}" for part, text in parts.items() for word in avoided(text)]
    for part, text in parts.items():
        bare = CODE.sub("``", text).replace("e.g. ", "")
        found += [f"{part}: empty"] * (not text.strip())
        found += [f"{part}: ends in a full stop"] * bare.endswith(".")
        found += [f"{part}: more than one sentence"] * (". " in bare)
        found += [f"{part}: a backtick is missing"] * (text.count("`") % 2)
        found += [f"{part}: begins with a capital letter"] * bare[:1].isupper()
    found += [f"headline: {len(headline)} characters, more than {HEADLINE}"] * (len(headline) > HEADLINE)
    found += ["headline: names nothing in backticks"] * ("`" not in headline)
    found += ["headline: says what should be, not what is"] * bool(re.search(r"\b(should|must)\b", headline))
    found += ["remedy: no exact code in backticks"] * ("`" not in remedy)
    found += [f"note {n!r}: {len(n)} characters, more than {NOTE}" for n in notes if len(n) > NOTE]
    return found


@pytest.mark.parametrize(
    ("headline", "effect", "remedy", "expected"),
    [
        (
            "`optimizer` steps, but its gradients are never cleared",
            "without `zero_grad()`, `backward()` adds to `.grad`: each step uses the sum of all batches so far",
            "call `optimizer.zero_grad()` before this `backward()`",
            [],
        ),
        (
            "`softmax` without `dim`",
            "the axis is guessed from the number of dimensions: axis 0 for 3-D input, axis 1 for 2-D",
            "name the axis, e.g. `dim=-1` for classes on the last axis",
            [],
        ),
        (
            "`model` should be in evaluation mode.",
            "This may cause issues. Please beware",
            "fix it",
            [
                "effect: avoid 'may cause'",
                "effect: avoid 'Please'",
                "headline: ends in a full stop",
                "effect: more than one sentence",
                "effect: begins with a capital letter",
                "headline: says what should be, not what is",
                "remedy: no exact code in backticks",
            ],
        ),
    ],
)
def test_wording_of_findings_is_judged(headline: str, effect: str, remedy: str, expected: list[str]) -> None:
    assert complaints(headline, effect, remedy) == expected


@pytest.mark.parametrize("stem", STEMS)
def test_findings_are_worded_as_the_house_writes(stem: str) -> None:
    shown = [diagnosis for diagnosis in diagnoses(stem) if diagnosis.rule.slug == slug_of(stem)]
    assert shown, "neither the example nor the fixture shows a finding"
    for diagnosis in shown:
        notes = tuple(note.text for note in diagnosis.notes)
        assert complaints(diagnosis.headline, diagnosis.effect, diagnosis.remedy, notes) == []
        if diagnosis.fix is not None:
            title = diagnosis.fix.title
            assert avoided(title) == []
            assert CODE.sub("", title)[:1].isupper(), f"the title of a fix begins with a verb: {title}"
            assert not title.endswith(".")


def diagnoses(stem: str) -> Iterator[Diagnosis]:
    """Yield what the example and the fixture of a rule show."""
    from torch_pitfalls.config import Config
    from torch_pitfalls.project import Project

    texts = {"example.py": module(stem).EXAMPLE.bad}
    fixture = FIXTURES / f"{stem}.py"
    if fixture.is_file():
        texts["fixture.py"] = fixture.read_text(encoding="utf-8")
    project = Project(None, Config(select=frozenset({slug_of(stem)})))
    for path, text in texts.items():
        project.set_text(path, text)
        yield from project.report(path).diagnoses


def test_every_feature_is_shown_by_a_test_that_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (ROOT / "docs" / "features.md").read_text("utf-8"))
    assert len(named) > 50
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / "lsp" / file).read_text("utf-8"), f"{file}::{test}"


GUIDES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("editors/*/README.md"))]
GUIDES += [*sorted(ROOT.glob("editors/vscode/walkthrough/*.md")), *sorted(ROOT.glob("editors/neovim/doc/*.txt"))]
CONFIGURED = re.compile(
    r"ignore\"?:?\s*=?\s*[\[{(]\s*['\"]?([a-z0-9-]+)|([a-z0-9-]+)['\"]?\]?\s*[=:]\s*['\"]error['\"]"
)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_guides_configure_rules_that_exist(path: Path) -> None:
    named = [one or other for one, other in CONFIGURED.findall(path.read_text("utf-8"))]
    assert [slug for slug in named if slug.replace("-", "_") not in STEMS] == []
