"""From places in chunks, which stay when text above them grows, to places in files."""

from __future__ import annotations

from collections.abc import Sequence

from torch_pitfalls.db import Database
from torch_pitfalls.names.resolve import chunk
from torch_pitfalls.text.source import Joined, Source


class ChunkedFile:
    """Where the chunks of a file are. ``starts`` says for each at which character of the file it begins."""

    def __init__(self, path: str, numbers: Sequence[int], sources: Sequence[Source]) -> None:
        self.path = path
        self.source = Joined(sources)
        self.starts = dict(zip(numbers, self.source.starts, strict=False))

    def chunk_at(self, offset: int) -> int | None:
        """The number of the chunk that holds a character of the file."""
        found = None
        for number, start in self.starts.items():
            if start > offset:
                break
            found = number
        return found


def chunked(db: Database, path: str) -> ChunkedFile:
    """A file as it now stands."""
    numbers: tuple[int, ...] = db.input("layout", path) or ()
    return ChunkedFile(path, numbers, [chunk(db, path, number).source for number in numbers])
