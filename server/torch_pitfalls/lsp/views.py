"""Open documents as the client sees them: one text to the engine may be several documents to the client."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple


class View(NamedTuple):
    """A document of the client that shows the lines of an analysed text from ``first_line`` on."""

    uri: str
    version: int | None
    first_line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """One version of a text that the client has open; every version is another object.

    ``views`` are the documents that show it: itself, or the code cells of a notebook, in order.
    """

    path: str
    uri: str
    version: int | None
    views: tuple[View, ...]

    @property
    def has_cells(self) -> bool:
        """Whether this is a notebook, which is shown by its cells."""
        return any(view.uri != self.uri for view in self.views)

    def view_at(self, line: int) -> View:
        """The document that shows a line."""
        return view_at(self.views, line)

    def view(self, uri: str) -> View | None:
        """The document of a URI."""
        return next((view for view in self.views if view.uri == uri), None)


def single(path: str, uri: str, version: int | None) -> Opened:
    """A text that is one document."""
    return Opened(path, uri, version, (View(uri, version),))


def view_at(views: tuple[View, ...], line: int) -> View:
    """The document that shows a line."""
    return views[max(0, bisect_right(views, line, key=attrgetter("first_line")) - 1)]
