"""What the simulator is told: pace, quotas, faults, seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from templates.errors import UserError, nearest

#: Shares of which at most one hits a request.
_FAULTS = (
    "throttle_rate",
    "error_rate",
    "drop_rate",
    "garbage_rate",
    "malformed_rate",
    "over_limit_rate",
    "truncate_rate",
)
_SHARES = (*_FAULTS, "fence_rate", "batch_error_rate", "batch_missing_rate", "batch_partial_share")
_SWITCHES = ("batch_expires", "s3")


def _say(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"help": meaning})


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """How the local Bedrock behaves; the same settings and requests give the same replies."""

    seed: int = _say(0, "the same seed gives the same copy and the same faults")
    latency_s: float = _say(0.0, "seconds until a reply (the median, when there is a spread)")
    latency_spread: float = _say(0.0, "0 is a fixed latency, 0.3 a usual one, 1 a wild one")
    first_token_s: float = _say(0.0, "seconds until the first token of a stream; 0 is the latency")
    token_s: float = _say(0.0, "seconds for each output token")
    rpm: float = _say(0.0, "requests a minute and model; 0 is no quota")
    tpm: float = _say(0.0, "tokens a minute and model, by Bedrock's burndown rule; 0 is no quota")
    quota_burst_s: float = _say(60.0, "how many seconds of its quota a model that rested may take at once")
    throttle_rate: float = _say(0.0, "share of requests that are throttled whatever the quota")
    error_rate: float = _say(0.0, "share of requests that end in a server error (500 or 503)")
    drop_rate: float = _say(0.0, "share of requests whose connection breaks before or in the reply")
    garbage_rate: float = _say(0.0, "share of replies with HTTP 200 and a body that is not JSON")
    malformed_rate: float = _say(0.0, "share of answers that are not the JSON that was asked for")
    over_limit_rate: float = _say(0.0, "share of answers with a field over its limit, mended when asked again")
    truncate_rate: float = _say(0.0, "share of answers that stop at max_tokens before their end")
    cold_start_s: float = _say(0.0, "seconds after its first request that a model is not ready")
    fence_rate: float = _say(0.25, "share of answers in a ```json fence when JSON is asked for in the prompt")
    denied: str = _say("", "models that the account has no access to, with commas between them")
    region: str = _say("us-east-1", "the Region when a request names none")
    identity_arn: str = _say(
        "arn:aws:sts::123456789012:assumed-role/skuscribe-simulator/local", "who GetCallerIdentity says you are"
    )
    batch_validating_s: float = _say(0.0, "seconds until a batch job is validated; half of them it is Submitted")
    batch_scheduled_s: float = _say(0.0, "seconds that a batch job is Scheduled")
    batch_s: float = _say(0.0, "seconds that a batch job is InProgress")
    batch_record_s: float = _say(0.0, "seconds that it is InProgress longer for each of its records")
    batch_stopping_s: float = _say(0.0, "seconds that a batch job is Stopping")
    batch_error_rate: float = _say(0.0, "share of the records of batch jobs that end in an error")
    batch_missing_rate: float = _say(0.0, "share of the records that a completed batch job has no line for")
    batch_partial_share: float = _say(0.0, "share of the records that batch jobs end PartiallyCompleted with; 0: never")
    batch_expires: int = _say(0, "1: batch jobs stay Scheduled until their time-out and expire")
    # The limits are Bedrock's defaults (AWS general reference, Bedrock quotas, read 2026-10).
    batch_slots: int = _say(100, "most batch jobs of a model that are not ended")
    batch_least_records: int = _say(100, "fewest records of a batch job")
    batch_most_records: int = _say(100_000, "most records of a batch job, and of one of its files")
    batch_most_bytes: int = _say(1_000_000_000, "most bytes of a file of a batch job")
    s3: int = _say(0, "1: serve S3 as well, with the bucket skuscribe-simulated (needs the extra `demo`)")
    s3_endpoint: str = _say("", "where batch jobs find S3; empty: as boto3 finds it")

    def __post_init__(self) -> None:
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise _wrong(name, getattr(self, name), "a share between 0 and 1")
        for name in _SWITCHES:
            if getattr(self, name) not in (0, 1):
                raise _wrong(name, getattr(self, name), "0 or 1")
        if sum(getattr(self, name) for name in _FAULTS) > 1:
            raise UserError(
                "The fault rates of the simulator add up to more than 1.", fix="Lower some.", code="setting"
            )
        for entry in fields(self):
            value = getattr(self, entry.name)
            if entry.name != "seed" and isinstance(value, int | float) and not 0 <= value < float("inf"):
                raise _wrong(entry.name, value, "0 or more")

    @property
    def denied_models(self) -> frozenset[str]:
        """The models without access, as a set."""
        return frozenset(name.strip() for name in self.denied.split(",") if name.strip())

    @property
    def account(self) -> str:
        """The account of the identity."""
        parts = self.identity_arn.split(":")
        return parts[4] if len(parts) > 4 else ""  # noqa: PLR2004 - arn:partition:service:region:account:…


def _wrong(name: str, value: object, allowed: str) -> UserError:
    return UserError(f'The simulator\'s setting "{name}" cannot be {value!r}.', fix=f"Give {allowed}.", code="setting")


def changed(settings: SimulatorSettings, changes: Mapping[str, Any]) -> SimulatorSettings:
    """Give the settings with some of them changed; values may be texts or JSON values.

    Raises:
        UserError: there is no such setting, or it cannot have that value.
    """
    kinds: dict[str, Callable[[Any], Any]] = {entry.name: type(entry.default) for entry in fields(SimulatorSettings)}
    typed: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in kinds:
            raise UserError(
                f'The simulator has no setting "{name}".{nearest(name, kinds)}', fix="Correct it.", code="setting"
            )
        try:
            typed[name] = kinds[name](value)
        except (TypeError, ValueError) as error:
            raise _wrong(name, value, f"a value of kind {type(getattr(settings, name)).__name__}") from error
    return replace(settings, **typed)


def as_arguments(settings: SimulatorSettings) -> list[str]:
    """Write the settings that differ from the defaults as command-line options."""
    return [
        f"--{entry.name.replace('_', '-')}={getattr(settings, entry.name)}"
        for entry in fields(settings)
        if getattr(settings, entry.name) != entry.default
    ]


def described() -> Iterable[tuple[str, Any, str]]:
    """Give name, default and meaning of every setting."""
    for entry in fields(SimulatorSettings):
        yield entry.name, entry.default, entry.metadata["help"]
