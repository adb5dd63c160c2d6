"""The brand file: voice, words to avoid and to keep, claims not to make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path

from templates.errors import UserError
from templates.strict_toml import Table, parse_toml, refuse

_CODE = "brand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """What every prompt of a job says about the brand."""

    name: str = ""
    #: How it speaks.
    voice: str = ""
    #: To whom.
    audience: str = ""
    #: Words and phrases that must not occur.
    banned_words: tuple[str, ...] = ()
    #: Words that are never translated or altered: names, trade marks, model lines.
    keep_words: tuple[str, ...] = ()
    #: Claims that must not be made.
    never_claim: tuple[str, ...] = ()
    #: Anything else a writer should know.
    notes: str = ""

    @property
    def digest(self) -> str:
        """sha256 of all that it says."""
        said = repr([(field.name, getattr(self, field.name)) for field in fields(self)])
        return hashlib.sha256(said.encode()).hexdigest()


def load_brand(path: Path) -> Brand:
    """Read a brand file.

    Raises:
        UserError: it cannot be read, or something in it is wrong; all problems at once.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such brand file.", fix="Check the path.", code=_CODE) from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path}: the brand file cannot be read: {error}.", fix="It must be a TOML text in UTF-8.", code=_CODE
        ) from error
    table = Table(parse_toml(text, file=str(path), code=_CODE))
    brand = Brand(
        name=table.text("name"),
        voice=table.text("voice"),
        audience=table.text("audience"),
        banned_words=table.texts("banned_words"),
        keep_words=table.texts("keep_words"),
        never_claim=table.texts("never_claim"),
        notes=table.text("notes"),
    )
    table.close()
    for word in {word.casefold() for word in brand.keep_words} & {word.casefold() for word in brand.banned_words}:
        table.note("keep_words", f'has "{word}", which is also in banned_words')
    refuse(str(path), table.problems, code=_CODE)
    return brand
