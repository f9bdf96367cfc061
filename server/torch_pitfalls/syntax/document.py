"""A file's text as chunks that keep their identity while they are edited."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from torch_pitfalls.syntax.chunks import split
from torch_pitfalls.text.edits import Edit


class Document:
    """The text of one file, cut into chunks with stable numbers.

    ``numbers`` and ``texts`` run in parallel, in the order of the file. ``changed`` has the chunks that are
    new or different since it was last cleared, by number; those that are gone have no text.
    """

    __slots__ = ("_next", "changed", "numbers", "texts")

    def __init__(self, text: str) -> None:
        self.texts: list[str] = split(text)
        self.numbers: list[int] = list(range(len(self.texts)))
        self._next = len(self.texts)
        self.changed: dict[int, str | None] = dict(zip(self.numbers, self.texts, strict=True))

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.texts)

    def starts(self) -> list[int]:
        """Offset of every chunk."""
        return [0, *accumulate(map(len, self.texts[:-1]))] if self.texts else []

    def replace(self, text: str) -> None:
        """Take a new text; chunks that are found again keep their numbers."""
        self._renew(0, len(self.texts), split(text))

    def edit(self, edits: Sequence[Edit]) -> None:
        """Apply edits one after another, each against the text that the one before left."""
        for edit in edits:
            self._apply(edit)

    def _apply(self, edit: Edit) -> None:
        starts = self.starts()
        first = max(0, bisect_right(starts, edit.span.start) - 1)
        last = max(first, bisect_right(starts, edit.span.end) - 1)
        # What an edit does to the first line of a chunk may join it to the chunk above.
        first = max(0, first - 1)
        base = starts[first]
        old = "".join(self.texts[first : last + 1])
        new = old[: edit.span.start - base] + edit.text + old[edit.span.end - base :]
        while True:
            following = self.texts[last + 1] if last + 1 < len(self.texts) else ""
            pieces = split(new + following)
            if not following:
                break
            # The cut is good if the untouched chunk that follows is cut off again, whole.
            if pieces[-1] == following and len(pieces) > 1:
                pieces.pop()
                break
            last += 1
            new += following
        self._renew(first, last + 1, pieces)

    def _renew(self, first: int, end: int, pieces: list[str]) -> None:
        """Put ``pieces`` in place of the chunks ``first`` to ``end``, keeping the numbers of equals."""
        old_texts, old_numbers = self.texts[first:end], self.numbers[first:end]
        head = 0
        while head < min(len(pieces), len(old_texts)) and pieces[head] == old_texts[head]:
            head += 1
        tail = 0
        while tail < min(len(pieces), len(old_texts)) - head and pieces[-1 - tail] == old_texts[-1 - tail]:
            tail += 1
        middle = self._match(
            old_texts[head : len(old_texts) - tail],
            old_numbers[head : len(old_numbers) - tail],
            pieces[head : len(pieces) - tail],
        )
        kept_tail = old_numbers[len(old_numbers) - tail :]
        self.numbers[first:end] = [*old_numbers[:head], *middle, *kept_tail]
        self.texts[first:end] = pieces
        self.changed.update(dict.fromkeys(old_numbers[head : len(old_numbers) - tail]))
        self.changed.update(zip(middle, pieces[head : len(pieces) - tail], strict=True))

    def _match(self, old_texts: list[str], old_numbers: list[int], pieces: list[str]) -> list[int]:
        """Numbers for new chunks: of an equal old chunk, else of one that begins alike, else of what is left."""
        left = dict(zip(old_numbers, old_texts, strict=True))
        numbers: dict[int, int] = {}
        for alike in (_same_text, _same_head):
            for position, piece in enumerate(pieces):
                if position not in numbers:
                    found = next((number for number, text in left.items() if alike(text, piece)), None)
                    if found is not None:
                        numbers[position] = found
                        del left[found]
        open_positions = [position for position in range(len(pieces)) if position not in numbers]
        if len(open_positions) == len(left):
            numbers.update(zip(open_positions, left, strict=True))
        return [numbers[position] if position in numbers else self._fresh() for position in range(len(pieces))]

    def _fresh(self) -> int:
        self._next += 1
        return self._next - 1


def _same_text(old: str, new: str) -> bool:
    return old == new


def _same_head(old: str, new: str) -> bool:
    return _head(old) == _head(new)


def _head(text: str) -> str:
    """The beginning of a statement up to its first bracket or line end: usually its keyword and name."""
    return text.split("(", 1)[0].split("\n", 1)[0]
