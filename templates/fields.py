"""The contract of an output column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

#: One field's text, or its texts for a field with a count.
FieldValue = str | tuple[str, ...]
#: The copy of one item: field name -> text or texts.
Copy = dict[str, FieldValue]
#: What a field is for on a shop's or a marketplace's page, so that a publish file finds its column.
ROLES = (
    "title", "description", "short_description", "bullets", "seo_title", "seo_description", "alt_text", "keywords",
)  # fmt: skip
#: The roles that a field of several texts may have.
LIST_ROLES = ("bullets", "keywords")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One output column with its contract; lengths count code points."""

    #: Key of the field in the model's JSON answer.
    name: str
    #: Header of its column in the workbook.
    title: str
    #: What the model is told to write in it.
    brief: str
    #: How many texts: 1 is a plain text, more is a list that fills `Title 1` … `Title n`.
    count: int = 1
    #: The fewest texts accepted for a list; `count` unless the template says otherwise.
    min_count: int = 1
    max_chars: int = 2000
    min_chars: int = 1
    min_words: int = 0
    max_words: int = 0
    #: Texts of the list must differ pairwise (case and white space aside).
    distinct: bool = False
    #: Line breaks allowed.
    multiline: bool = False
    #: HTML tags allowed.
    html: bool = False
    #: Characters that must not occur.
    banned_chars: str = ""
    #: Words and phrases that must not occur (whole words, case aside).
    banned_words: tuple[str, ...] = ()
    #: The same word at most so often; 0 is no limit.
    max_word_repeats: int = 0
    #: Where the limits come from.
    source: str = ""
    #: One of `ROLES`, or "" when no publish file takes it. The model is not told, so it decides no text.
    role: str = ""

    @property
    def is_list(self) -> bool:
        """Whether the field holds several texts."""
        return self.count > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One breach of a field's contract, in words that a marketer understands."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A template variable and the usual column names for it."""

    name: str
    #: The word for it in prompts and messages.
    label: str
    aliases: tuple[str, ...] = ()
    #: Needed: an item without it is not sent.
    needed: bool = False
    #: Its values may differ between the rows of one product (size, colour) and are then given together.
    varies: bool = False
    #: A key or code: compared as written, never as a number.
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A prompt and the fields that it fills."""

    name: str
    version: int
    title: str
    description: str
    variables: tuple[Variable, ...]
    fields: tuple[Field, ...]
    #: Sampling parameters: temperature, top_p. Part of the fingerprint.
    parameters: Mapping[str, float]
    #: The three source texts (template.toml, system.j2, user.j2): a job keeps them, so that it resumes unchanged.
    sources: Mapping[str, str]
    #: sha256 of the sources, the lines with roles aside.
    digest: str

    @property
    def ref(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def needs(self) -> tuple[Variable, ...]:
        """The variables without which an item is not sent."""
        return tuple(variable for variable in self.variables if variable.needed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is sent: the part that is the same for every product, and the product."""

    system: str
    user: str
