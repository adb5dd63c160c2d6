"""What readers of several formats say alike of a file that they refuse."""

from __future__ import annotations

from templates.errors import UserError

#: Characters of a library's words that a message quotes.
_MOST_WORDS = 200


def not_a_table(name: str, what: str) -> UserError:
    """Say what a file is when it is no table."""
    return UserError(
        f"{name} is {what}, not a spreadsheet.",
        fix="Give an .xlsx, .xls, .ods, .csv, .tsv or .parquet file, or open it in a spreadsheet program and save it "
        "there as .xlsx.",
        code="source",
    )


def encrypted(name: str, why: str = "(protected by a password)") -> UserError:
    """Say that a workbook is encrypted, and how to give its password."""
    return UserError(
        f"{name} is encrypted {why}.",
        fix="Give its password with --password-file FILE (the first line of the file) or in SKUSCRIBE_SOURCE_PASSWORD, "
        "or save a copy without a password.",
        code="encrypted",
    )


def told(error: BaseException) -> str:
    """Give a library's words on one line, for a sentence of ours: some quote the file, with all its line breaks."""
    words = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]} …"
