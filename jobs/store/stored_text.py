from __future__ import annotations

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class StoredText(TypeDecorator[str]):
    """Text of any length, which every database takes and orders alike.

    PostgreSQL orders by the database's language unless told otherwise; here text is ordered by code points, as SQLite
    does it, and an index outlives a change of the system's collations.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Give the dialect's own type."""
        return dialect.type_descriptor(Text(collation="C") if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Give the text as a database takes it."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """Put U+FFFD for what no database takes: U+0000, and half of a character, which JSON can carry."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
