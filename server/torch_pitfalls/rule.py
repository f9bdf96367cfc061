"""What a rule is. Authors of rules import this module and ``subjects``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from torch_pitfalls.messages import Text, say
from torch_pitfalls.text.edits import Edit, Span

if TYPE_CHECKING:
    from torch_pitfalls.facts import Facts

__all__ = [
    "Edit",
    "Example",
    "Finding",
    "Fix",
    "Note",
    "Rule",
    "Safety",
    "Severity",
    "Span",
    "Subject",
    "Tag",
    "Text",
    "say",
]

S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class Severity(Enum):
    """How bad a finding is; ``HINT`` rules are off by default."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


class Safety(Enum):
    """Whether a fix may be applied without a person's look."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Tag(Enum):
    """How an editor draws what a finding covers: struck through, or faded out."""

    DEPRECATED = "deprecated"
    UNNECESSARY = "unnecessary"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in any file that was analysed: the span counts from the start of the chunk."""

    path: str
    chunk: int
    span: Span


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair: edits against the text that was analysed, none overlapping."""

    title: Text
    edits: tuple[Edit, ...]
    safety: Safety = Safety.UNSAFE


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that matters, with a few words about it."""

    at: Span | Place
    text: Text


@dataclass(frozen=True, slots=True)
class Finding:
    """One pitfall in one unit. Spans count from the first character of the unit's chunk.

    headline  what is wrong, in the user's names; effect  what happens at run time;
    remedy  what to do; severity  how bad it is, if not as bad as the others of its rule: then it is on
    by default as a rule of that severity would be.
    """

    at: Span
    headline: Text
    effect: Text
    remedy: Text
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """The claim of a page as code that runs on real torch.

    ``bad`` marks its finding with ``# expect: slug``; ``symptom`` is an expression that is true
    after ``bad`` and false after ``good``. Where ``bad`` raises, the exception is ``raised``
    (None otherwise), so that ``symptom`` can speak of it.
    """

    bad: str
    good: str
    symptom: str


class Subject(Protocol[S_co]):
    """Something that rules can look at; ``find`` yields every one in a unit."""

    def find(self, facts: Facts) -> Iterator[S_co]:
        """Yield the subjects of one unit in source order."""
        ...


@dataclass(frozen=True, slots=True)
class Rule(Generic[S]):
    """A pitfall: its page (``doc``), its proof (``example``), what it looks at and how it judges.

    A rule in ``preview`` is off unless it is selected: its findings have not proved right often enough.
    """

    slug: str
    doc: str
    category: str
    severity: Severity
    fix: Safety | None
    example: Example
    looks_at: Subject[S]
    check: Callable[[S], Iterable[Finding]]
    preview: bool = False
    tags: tuple[Tag, ...] = ()

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.doc.strip().splitlines()[0]

    @property
    def on_by_default(self) -> bool:
        """Whether the rule speaks where nobody has selected it."""
        return not self.preview and self.severity is not Severity.HINT

    def run(self, facts: Facts) -> Iterator[Finding]:
        """Judge every subject of a unit."""
        for subject in facts.subjects(self.looks_at):
            yield from self.check(subject)
