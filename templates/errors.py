"""The error hierarchy: it stands in the lowest layer so that every folder can raise from it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


#: The user part of a URL, also where the scheme was forgotten and boto3 says so.
_USER_PART = re.compile(r"(//|endpoint: )\S*@")


class SkuscribeError(Exception):
    """Something that the person at the keyboard is told, never a traceback.

    `message` says what and where, `fix` how to mend it, `code` is a stable word for programs.
    """

    exit_code = 1

    def __init__(self, message: str, *, fix: str = "", code: str = "error") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.code = code


class UserError(SkuscribeError):
    """Bad input or usage: nothing was sent and nothing was spent."""

    exit_code = 2


class AccessError(SkuscribeError):
    """No credentials, no access, or no such model in the Region."""

    exit_code = 5


def without_passwords(text: str) -> str:
    """Take `user:password@` out of the URLs of a text that goes into a message or the store."""
    return _USER_PART.sub(r"\1", text)


def nearest(wanted: str, known: Iterable[str], *, most: int = 3) -> str:
    """Say which known names are nearest to a wanted one, for the end of an error message.

    Returns: ` Did you mean "Title" or "Titel"?`, or the list of the known names when none is near, or "".
    """
    names = list(known)
    folded = {name.casefold(): name for name in names}
    close = [folded[hit] for hit in get_close_matches(wanted.casefold(), folded, n=most, cutoff=0.5)]
    if close:
        return " Did you mean " + " or ".join(f'"{name}"' for name in close) + "?"
    if names:
        shown = ", ".join(f'"{name}"' for name in names[:12])
        return f" There is: {shown}{' …' if len(names) > 12 else ''}."  # noqa: PLR2004 - what fits two lines of a terminal
    return ""
