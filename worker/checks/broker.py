"""The broker, as `doctor` looks at it: Redis, or what speaks as it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from templates.errors import AccessError, without_passwords
from worker.checks.check import Check, checked

#: Celery's messages with a time need ZRANGE BYSCORE. Source: Celery 5.7, whatsnew, read 2026-11.
_OLDEST = (6, 2)
_TIMEOUT_S = 3.0
_PORT = 6379


def check_broker(url: str, *, workers: int | None) -> Check:
    """Ask Redis who it is, and whether it keeps what it is given.

    Args:
        url: Where it is; "" when jobs run in the process of the command.
        workers: How many show themselves in the store; None when it could not be asked.
    """
    if not url:
        return Check(name="broker", state="ok", detail="none: jobs run in the command.")
    return checked("broker", lambda warnings: _described(url, workers, warnings))


def _described(url: str, workers: int | None, warnings: list[str]) -> str:
    where = _shown(url)
    facts, saves = _asked(url, where)
    version = str(facts.get("redis_version", ""))
    if _numbers(version) < _OLDEST:
        raise AccessError(
            f"The broker at {where} is Redis {version or 'of an unknown version'}.",
            fix="Use Redis 6.2 or newer, or Valkey.",
            code="broker",
        )
    if facts.get("role") == "slave":
        raise AccessError(
            f"The broker at {where} is a replica: nothing can be written to it.",
            fix="Set SKUSCRIBE_BROKER_URL to its primary.",
            code="broker",
        )
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        warnings.append(f"When its memory is full it throws messages away (maxmemory-policy {policy}): set noeviction.")
    if not facts.get("aof_enabled") and saves is False:
        warnings.append(
            "It writes nothing to its disk (appendonly no, save empty): after a restart it has forgotten what the "
            "limiter learned, and messages come again from the store."
        )
    if workers == 0:
        warnings.append("No worker shows itself: jobs wait until one is started.")
    kind = f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else f"Redis {version}"
    return f"{kind} at {where}{'' if workers is None else f', workers: {workers}'}"


def _asked(url: str, where: str) -> tuple[Mapping[str, Any], bool | None]:
    """Give what INFO says, and whether snapshots are saved: None where that may not be asked."""
    import redis  # noqa: PLC0415 - takes a tenth of a second, which installations without a broker need not wait for
    from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    from redis.retry import Retry  # noqa: PLC0415 - as above

    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=_TIMEOUT_S, socket_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        ) as broker:
            facts: Mapping[str, Any] = broker.info()
            return facts, _saves(broker)
    except redis.AuthenticationError as error:
        raise AccessError(
            f"The broker at {where} refuses us: {_said(error)}.",
            fix="Correct user and password in SKUSCRIBE_BROKER_URL; signs such as / and @ are written %2F and %40.",
            code="broker",
        ) from error
    except (redis.RedisError, OSError, ValueError) as error:
        raise AccessError(
            f"The broker at {where} cannot be asked: {_said(error)}.",
            fix="Start Redis there, or correct SKUSCRIBE_BROKER_URL; unset it to run jobs in the command.",
            code="broker",
        ) from error


def _saves(broker: Any) -> bool | None:
    import redis  # noqa: PLC0415 - see above

    try:
        return bool(broker.config_get("save").get("save", ""))
    except redis.ResponseError:  # services that run Redis for others keep CONFIG for themselves
        return None


def _said(error: Exception) -> str:
    return without_passwords(str(error)).rstrip(".")


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or _PORT}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
