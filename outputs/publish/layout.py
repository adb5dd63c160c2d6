"""The columns of a publish file: what fills each, and what the platform makes of an empty one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jobs.intake.names import plain_name
from jobs.sheet import Column
from templates.fields import FieldValue


@dataclass(frozen=True, slots=True)
class Piece:
    """The copy of one field, with what kind of text it is."""

    value: FieldValue
    is_html: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, one for a plain field."""
        return (self.value,) if isinstance(self.value, str) else self.value

    @property
    def text(self) -> str:
        """The texts as one."""
        return " ".join(self.texts)


#: By role.
Pieces = Mapping[str, Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColumn:
    """One column of a publish file."""

    #: As the platform wants it, to the letter.
    header: str
    #: The role of the copy that fills it; "" for one that copy never fills.
    role: str = ""
    #: Another role whose texts join it.
    also: str = ""
    #: A column without a role comes with any of these, or always when there are none.
    comes_with: tuple[str, ...] = ()
    #: Header of an earlier column without whose text this one stays empty.
    beside: str = ""
    #: Headers of the source's column that fills it where copy does not, best first.
    source: tuple[str, ...] = ()
    #: What stands in it in every row.
    fixed: str = ""
    #: By this column the platform finds the product.
    is_key: bool = False
    #: A row with nothing in it would be refused.
    is_needed: bool = False
    #: Name of the platform's limit.
    limit: str = ""
    #: Makes the text of the copy that a row has.
    compose: Callable[[Pieces], str] | None = None
    #: Writes a text as the platform's importer reads it.
    encode: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class Headers:
    """The source's columns by their names, as people write them."""

    columns: Sequence[Column]

    def find(self, *names: str) -> Column | None:
        """Give the first column that has one of these names, best name first."""
        by_name: dict[str, Column] = {}
        for column in self.columns:
            by_name.setdefault(plain_name(column.raw), column)
        return next((by_name[name] for name in map(plain_name, names) if name in by_name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A platform that publish files are written for."""

    #: As `--publish` takes it.
    name: str
    label: str
    #: With its dot.
    extension: str
    delimiter: str
    #: Chooses the columns by what the source has.
    lay_out: Callable[[Headers], tuple[TargetColumn, ...]]
    #: Makes an empty cell empty the field in the shop.
    blank_erases: bool
    #: The product's lead row only, or every row that takes the copy.
    lead_row_only: bool
    #: The rows above the source's header are wanted for it.
    reads_above: bool = False
    #: What a person does with the file, in a sentence.
    advice: str
    #: The rows above the data: by the file's columns, the source's columns, and the rows above the source's header.
    head: Callable[[Sequence[TargetColumn], Headers, Sequence[Sequence[str]]], list[list[str]]]


def header_only(
    columns: Sequence[TargetColumn],
    _headers: Headers,
    _above: Sequence[Sequence[str]],
) -> list[list[str]]:
    """Give the header as the only row above the data."""
    return [[column.header for column in columns]]
