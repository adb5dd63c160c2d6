"""What the person at the keyboard is told when the store fails."""

from __future__ import annotations

from templates.errors import SkuscribeError, UserError

_RESUME = "then `skuscribe resume JOB`; nothing paid for is bought again."


class StoreError(SkuscribeError):
    """The store cannot be written; what was paid for until then is in the ledger."""

    exit_code = 3


class StoreLostError(StoreError):
    """The connection to the database is lost or cannot be had: the same work may well succeed in a moment."""

    #: The connection broke while a transaction was being committed: it may be written, or not.
    in_doubt = False


class StoreBusyError(StoreLostError):
    """The database could not do it just now; nothing of the transaction was written, so it is simply tried again."""


class StoreAwayError(StoreLostError, UserError):
    """The database cannot be had when a command begins: nothing was sent."""

    exit_code = 2


def store_error(error: BaseException) -> StoreError:
    """Say that the store failed; `error` is the driver's or SQLAlchemy's."""
    if isinstance(error, StoreError):
        return error
    return StoreError(
        f"The store could not be written: {reason(error)}.",
        fix=f"Free some disk space or repair the store, {_RESUME}",
        code="store",
    )


def store_lost(error: BaseException, *, in_doubt: bool = False) -> StoreLostError:
    """Say that the database went away or cannot be reached."""
    lost = StoreLostError(
        f"The store could not be reached: {reason(error)}.",
        fix=f"See that the database of SKUSCRIBE_DATABASE_URL runs and can be reached, {_RESUME}",
        code="store",
    )
    lost.in_doubt = in_doubt
    return lost


def store_busy(error: BaseException) -> StoreBusyError:
    """Say that other transactions were in the way."""
    return StoreBusyError(
        f"The store was busy with other work: {reason(error)}.", fix=f"Wait a moment, {_RESUME}", code="store"
    )


def store_short(error: BaseException) -> StoreBusyError:
    """Say that the database's server ran out of something that may be had again."""
    return StoreBusyError(
        f"The store could not be written: {reason(error)}.",
        fix=f"Give the database's server what it lacks, {_RESUME}",
        code="store",
    )


def reason(error: BaseException) -> str:
    """Give the first line of a driver's message; hints and what SQLAlchemy adds follow behind it."""
    lines = str(getattr(error, "orig", None) or error).splitlines()
    return " ".join(lines[0].split()).rstrip(".") if lines else type(error).__name__
