"""What readers of several kinds of workbook tell a person in the same words."""

from __future__ import annotations

from jobs.intake.text.row_tally import RowTally


def workbook_notes(no_result_rows: RowTally, *, is_protected: bool) -> tuple[str, ...]:
    """Say what of a sheet a person should know once its rows were read."""
    notes = []
    if no_result_rows:
        notes.append(f"{no_result_rows} formulas without a stored result, read as empty: save the workbook once.")
    if is_protected:
        notes.append("The sheet is protected; it stays so in the copy.")
    return tuple(notes)


def signature_losses(*, is_signed: bool) -> tuple[str, ...]:
    """Say that a digital signature, which covers the content, will break; it is told before anything is spent."""
    return ("The digital signature of the file does not hold for the copy: sign it again.",) if is_signed else ()
