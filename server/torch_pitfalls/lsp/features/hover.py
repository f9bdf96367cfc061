"""Hover: what a finding means and what to do about it; elsewhere, what is known of a variable or a name of torch."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.capabilities import get_capability

from torch_pitfalls.lsp.convert import Place, uri_of
from torch_pitfalls.lsp.features.known import markdown as known_markdown
from torch_pitfalls.messages import LANGUAGES, PAGES, Translate, say, translation
from torch_pitfalls.pages import paragraphs
from torch_pitfalls.pages import uri as page_of
from torch_pitfalls.rule import Safety

if TYPE_CHECKING:
    from concurrent.futures import Future

    from torch_pitfalls.about import About
    from torch_pitfalls.check import Diagnosis, Related
    from torch_pitfalls.lsp.projects import Projects
    from torch_pitfalls.lsp.server import Server
    from torch_pitfalls.lsp.session import Analysis
    from torch_pitfalls.text.edits import Span

_REPAIRS = {
    Safety.SAFE: say("quick fix, safe"),
    Safety.UNSAFE: say("quick fix, to be looked at"),
    None: say("no quick fix"),
}


def register(server: Server) -> None:
    """Offer hovers."""
    server.feature(types.TEXT_DOCUMENT_HOVER)(hover)


def hover(ls: Server, params: types.HoverParams) -> Generator[Any, Any, types.Hover | None]:
    """Explain the findings at a place."""
    analysis = yield from ls.current(params.text_document.uri)
    view = analysis.document.view(params.text_document.uri) if analysis is not None else None
    if analysis is None or view is None:
        return None
    place = Place(analysis.report.source, ls.workspace.position_encoding, view.first_line)
    offset = place.offset(params.position)
    found = [one for one in analysis.report.diagnoses if one.span.start <= offset <= one.span.end]
    if not found:
        return (yield from _about(ls, analysis, place, offset))
    # The innermost finding is what the pointer is on; its range is what the client highlights.
    found.sort(key=lambda one: one.span.end - one.span.start)
    other_places = not get_capability(
        ls.client_capabilities, "text_document.publish_diagnostics.related_information", False
    )
    text = markdown(analysis, found, other_places=other_places)
    return types.Hover(_contents(ls, text), place.range(found[0].span))


def _about(ls: Server, analysis: Analysis, place: Place, offset: int) -> Generator[Any, Any, types.Hover | None]:
    """What there is to know about the name at an offset; the session's thread looks it up."""
    document = analysis.document

    def work(projects: Projects) -> tuple[Span, str] | None:
        from torch_pitfalls.about import about
        from torch_pitfalls.known import known

        try:
            project = projects.project(document.path)
        except KeyError:
            return None
        language = project.config.language or LANGUAGES[0]
        variable = known(project.db, document.path, offset)
        if variable is not None:
            return variable.span, known_markdown(variable, document, translation(language))
        found = about(project.db, document.path, offset)
        return None if found is None else (found.span, note_on(found, language, project.config.documentation))

    future: Future[tuple[Span, str] | None] = ls.session.submit(work)
    told: tuple[Span, str] | None = yield ls.waiting(future.result), (), None
    if told is None or not ls.session.newest(document):
        return None
    span, text = told
    return types.Hover(_contents(ls, text), place.range(span))


def note_on(about: About, language: str | None, documentation: str | None = None) -> str:
    """A note as Markdown, with the pages of the rules that say more."""
    from torch_pitfalls.rules import RULES

    pages = [f"[{slug}]({page_of(slug, language, documentation)})" for slug in about.note.rules if slug in RULES]
    text = about.note.text.into(translation(language))
    return "\n\n".join(part for part in (f"**`{about.name}`**", text, " · ".join(pages)) if part)


def markdown(analysis: Analysis, found: Iterable[Diagnosis], *, other_places: bool) -> str:
    """
    What to do about the findings and why, one below the other, as Markdown.

    Editors show the diagnostic beside the hover, so nothing of it is said again: ``other_places`` is for clients that
    do not show those with the diagnostic.
    """
    return "\n\n---\n\n".join(_explanation(analysis, diagnosis, other_places) for diagnosis in found)


def _explanation(analysis: Analysis, diagnosis: Diagnosis, other_places: bool) -> str:
    rule, language = diagnosis.rule, analysis.report.language
    translate, page = translation(language), translation(language, PAGES)
    title, happens = map(page, paragraphs(rule.doc)[:2])
    remedy = _sentence(diagnosis.remedy, translate)
    uri = page_of(rule.slug, language, analysis.report.documentation)
    repair = _REPAIRS[diagnosis.fix.safety if diagnosis.fix else None].into(translate)
    parts = [
        say("**How to fix:** {remedy}", remedy=remedy).into(translate),
        "\n".join(_note(analysis, note, translate) for note in diagnosis.notes) if other_places else "",
        say("**{title}.** {happens}", title=title, happens=happens).into(translate),
        f"[{rule.slug}]({uri}) · {page(diagnosis.severity.value)} · {repair}",
    ]
    return "\n\n".join(part for part in parts if part)


def _note(analysis: Analysis, note: Related, translate: Translate) -> str:
    path, document = note.path, analysis.document
    uri = document.uri if path == document.path else uri_of(path)
    line = str(note.start[0] + 1)
    where = say("line {line}", line=line)
    if path != document.path:
        where = say("{file}, line {line}", file=os.path.basename(path), line=line)
    link = f"[{where.into(translate)}]({uri}#L{line})"
    return say("- {link}: {text}", link=link, text=note.text).into(translate)


def _sentence(text: str, translate: Translate) -> str:
    """A clause with a full stop."""
    return text if text.endswith((".", "!", "?", "。")) else say("{sentence}.", sentence=text).into(translate)


def _contents(ls: Server, text: str) -> types.MarkupContent:
    formats = get_capability(ls.client_capabilities, "text_document.hover.content_format", None)
    if formats is not None and types.MarkupKind.Markdown not in formats:
        return types.MarkupContent(types.MarkupKind.PlainText, plain(text))
    return types.MarkupContent(types.MarkupKind.Markdown, text)


def plain(text: str) -> str:
    """Markdown as this module writes it, without its marks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\*\*|`", "", text)
