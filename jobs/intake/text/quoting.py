"""How a text file writes quotation marks where it does not double them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO

from jobs.intake.text.opened import OpenText
from jobs.intake.text.record_fields import RecordFields
from jobs.intake.text.record_form import RecordForm
from jobs.intake.text.records import RecordScanner, RecordTooLongError

_CHUNK_CHARS = 1 << 20
#: As long as the texts that are looked for, less one, at least.
_SEAM_CHARS = 2


def find_form(open_text: OpenText, usual: RecordForm) -> RecordForm:
    r"""Find whether quotes are written `\"` or stand behind spaces: the form in which most records fit the table.

    A file that never has such a pair of characters is read in the usual form and costs one quick search.
    """
    backslash, spaced = _has(open_text, ('\\"', f'{usual.delimiter} "'))
    forms = [
        replace(usual, backslash=with_backslash, spaced=with_spaces)
        for with_backslash in (False, True)[: 1 + backslash]
        for with_spaces in (False, True)[: 1 + spaced]
    ]
    if len(forms) == 1:
        return usual
    return min(forms, key=lambda form: _misfits(open_text, form))


def _has(open_text: OpenText, wanted: Sequence[str]) -> list[bool]:
    """Say which of some short texts occur in a text."""
    has = [False] * len(wanted)
    with open_text() as text:
        end = ""
        for chunk in _chunks(text):
            seam = end + chunk[:_SEAM_CHARS]
            has = [known or each in chunk or each in seam for known, each in zip(has, wanted, strict=True)]
            end = chunk[-_SEAM_CHARS:]
    return has


def _chunks(text: IO[str]) -> Iterator[str]:
    while chunk := text.read(_CHUNK_CHARS):
        yield chunk


def _misfits(open_text: OpenText, form: RecordForm) -> float:
    """Count the records that are not as wide as the table or have text behind a closing quote."""
    fields = RecordFields(form)
    misfits = 0
    try:
        with open_text() as text:
            for record, _ in RecordScanner(fields).records(text):
                if record:
                    misfits += fields.is_odd(record) or fields.width(record) != form.width
    except RecordTooLongError:
        return float("inf")
    return misfits
