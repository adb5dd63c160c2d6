"""The one owner of retries: a table decides by error class, the engine waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.model import ErrorKind, ModelError


@dataclass(frozen=True, slots=True)
class Rule:
    """How often an item may meet a class of error, and how long it waits after each time."""

    tries: int
    base_s: float
    cap_s: float


#: Errors that are not in the table are never tried again for the item.
RULES = {
    # The limiter slows everybody down; the item only has to come again. Half an hour of refusals in all.
    ErrorKind.THROTTLED: Rule(tries=100, base_s=0.25, cap_s=20),
    ErrorKind.UNAVAILABLE: Rule(tries=8, base_s=0.5, cap_s=20),
    ErrorKind.INTERNAL: Rule(tries=8, base_s=0.5, cap_s=20),
    ErrorKind.TRANSPORT: Rule(tries=8, base_s=0.5, cap_s=20),
    # May have been billed: once more and no further.
    ErrorKind.TIMEOUT: Rule(tries=1, base_s=1, cap_s=1),
    # An imported model's copies are loaded again; that takes minutes (Bedrock user guide, custom model import).
    ErrorKind.NOT_READY: Rule(tries=12, base_s=10, cap_s=60),
}

#: Errors that would hit every item alike.
HITS_EVERY_ITEM = frozenset({ErrorKind.FORBIDDEN, ErrorKind.NO_MODEL, ErrorKind.CREDENTIALS, ErrorKind.QUOTA})

#: After so many items in a row that end in an error of the same class without a good reply, the job stops.
FAILURES_IN_A_ROW = 5


#: Connections that the first request of a job may fail to open, before Bedrock counts as out of reach.
_FIRST_CONNECTIONS = 3


def is_out_of_reach(error: ModelError, times: int) -> bool:
    """Whether a job's first request has failed to be sent so often that nothing can be sent from here."""
    return error.kind is ErrorKind.TRANSPORT and not error.maybe_billed and times >= _FIRST_CONNECTIONS


def wait_after(kind: ErrorKind, times: int, random: Callable[[], float]) -> float | None:
    """Say how long an item waits before its next try, in seconds; None when there is none.

    Exponential backoff with full jitter. `times` counts how often the item has met this class of error, from 1;
    `random` gives numbers from 0 to 1.
    """
    rule = RULES.get(kind)
    if rule is None or times > rule.tries:
        return None
    most_s: float = min(rule.cap_s, rule.base_s * 2.0 ** min(times - 1, 20))
    return most_s * random()
