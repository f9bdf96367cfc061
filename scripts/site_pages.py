"""What MkDocs adds to ``docs/``: the README as the first page, the pages of the rules, and the large documents.

Each file keeps the links that it has in the repository; here they are turned into links between pages of the site.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from torch_pitfalls.config import ALL

ROOT = Path(__file__).resolve().parents[1]
RULES = "server/torch_pitfalls/pages"
WORK = {
    "Architecture": "ARCHITECTURE.md",
    "Contributing": "CONTRIBUTING.md",
    "Changes": "CHANGELOG.md",
}
PICTURES = "editors/vscode/images"
EDITORS = {"VS Code": "editors/vscode/README.md", "Neovim": "editors/neovim/README.md"}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")


def site_path(path: str) -> str | None:
    """Where a file of the repository is on the site, or None if it is not there."""
    if path == "README.md":
        return "index.md"
    if path in WORK.values():
        return path.lower()
    if path in EDITORS.values():
        return f"{posixpath.dirname(path)}.md"
    for folder, place in ((RULES, "rules"), (PICTURES, "editors/images"), ("docs", "")):
        if path.startswith(f"{folder}/") and (ROOT / path).is_file():
            return posixpath.join(place, path.removeprefix(f"{folder}/"))
    return None


def added() -> Iterator[str]:
    """The files outside ``docs/`` that become pages, by their paths in the repository."""
    yield from ("README.md", *WORK.values(), *EDITORS.values())
    for file in sorted((ROOT / RULES).rglob("*.md")):
        yield file.relative_to(ROOT).as_posix()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Lay out the navigation: the rules by their category, in the order of the alphabet."""
    categories: dict[str, list[dict[str, str]]] = {}
    for rule in sorted(ALL.values(), key=lambda rule: (rule.category, rule.slug)):
        categories.setdefault(rule.category, []).append({rule.slug: f"rules/{rule.slug}.md"})
    config.nav = [
        {"Start": "index.md"},
        {"Editors": ["editors.md", *({name: site_path(path)} for name, path in EDITORS.items())]},
        {"Rules": [{category: pages} for category, pages in categories.items()]},
        {"Inside": [*({name: site_path(path)} for name, path in WORK.items()), *_documents()]},
    ]
    return config


def _documents() -> list[dict[str, list[str]]]:
    folders = {"Engine": "engine", "Decisions": "adr"}
    return [
        {name: [f"{folder}/{file.name}" for file in sorted((ROOT / "docs" / folder).glob("*.md"))]}
        for name, folder in folders.items()
    ]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is outside ``docs/``."""
    for path in added():
        place = site_path(path)
        if place is not None:
            files.append(File.generated(config, place, content=(ROOT / path).read_text("utf-8")))
    for picture in sorted((ROOT / PICTURES).glob("*.png")):
        files.append(File.generated(config, f"editors/images/{picture.name}", abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a page at the pages of the site; what is not on the site keeps its words alone."""
    here = page.file.src_uri
    source = next((path for path in added() if site_path(path) == here), f"docs/{here}")

    def pointed(link: re.Match[str]) -> str:
        image, label, target = link.groups()
        path, mark, anchor = target.partition("#")
        if "://" in target or not path:
            return link.group()
        place = site_path(posixpath.normpath(posixpath.join(posixpath.dirname(source), path)))
        if place is None:
            return label
        return f"{image}[{label}]({posixpath.relpath(place, posixpath.dirname(here) or '.')}{mark}{anchor})"

    return LINK.sub(pointed, markdown)
