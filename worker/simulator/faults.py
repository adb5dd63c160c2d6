"""Which request goes wrong, and how: decided by the seed, the prompt and how often it came."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

from worker.simulator.settings import SimulatorSettings

_SCALE = float(1 << 64)


class Fault(StrEnum):
    """What goes wrong with one request."""

    NONE = ""
    THROTTLE = "throttle"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    DROP_BEFORE = "drop_before"
    DROP_WITHIN = "drop_within"
    NOT_JSON = "not_json"
    HALF_JSON = "half_json"
    MALFORMED = "malformed"
    OVER_LIMIT = "over_limit"
    TRUNCATE = "truncate"


#: Setting -> the faults that share its rate.
_FAULTS_OF = {
    "throttle_rate": (Fault.THROTTLE,),
    "error_rate": (Fault.INTERNAL, Fault.UNAVAILABLE),
    "drop_rate": (Fault.DROP_BEFORE, Fault.DROP_WITHIN),
    "garbage_rate": (Fault.NOT_JSON, Fault.HALF_JSON),
    "malformed_rate": (Fault.MALFORMED,),
    "over_limit_rate": (Fault.OVER_LIMIT,),
    "truncate_rate": (Fault.TRUNCATE,),
}
#: Those that spoil an answer and not its way.
_ANSWER_FAULTS = {name: _FAULTS_OF[name] for name in ("malformed_rate", "over_limit_rate", "truncate_rate")}


def draw(seed: int, digest: bytes, nth: int, purpose: str) -> float:
    """Give a number in [0, 1) that depends on nothing else but its arguments."""
    word = b"%d|%d|%s|" % (seed, nth, purpose.encode()) + digest
    return int.from_bytes(blake2b(word, digest_size=8).digest(), "big") / _SCALE


def choose_fault(settings: SimulatorSettings, digest: bytes, nth: int) -> Fault:
    """Decide what goes wrong with the n-th request of a prompt."""
    return _choose(settings, digest, nth, "fault", _FAULTS_OF)


def choose_record_fault(settings: SimulatorSettings, digest: bytes, nth: int) -> Fault:
    """Decide what goes wrong with the answer to the n-th record of a prompt in batch jobs."""
    return _choose(settings, digest, nth, "record", _ANSWER_FAULTS)


def _choose(
    settings: SimulatorSettings, digest: bytes, nth: int, purpose: str, faults_of: dict[str, tuple[Fault, ...]]
) -> Fault:
    edge = 0.0
    drawn = draw(settings.seed, digest, nth, purpose)
    for name, faults in faults_of.items():
        rate = getattr(settings, name)
        if rate and drawn < edge + rate:
            return faults[int((drawn - edge) / rate * len(faults)) % len(faults)]
        edge += rate
    return Fault.NONE
