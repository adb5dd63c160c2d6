"""Settings of the installation, from the environment and `skuscribe.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from jobs.intake.isolation.limits import ReadLimits
from templates.errors import UserError, nearest, without_passwords
from worker.batch_settings import (
    ACCOUNT,
    BATCH_FORMATS,
    BATCH_NAMES,
    BUCKET,
    LEAST_TIMEOUT_HOURS,
    MOST_TIMEOUT_HOURS,
    ROLE_ARN,
    BatchSettings,
)

DEFAULT_MODEL = "amazon.nova-lite-v1:0"
DEFAULT_REGION = "us-east-1"
FILE = "skuscribe.toml"
_PREFIX = "SKUSCRIBE_"
#: Names that a settings file may set; each is also SKUSCRIBE_NAME in the environment.
NAMES = (
    "database_url", "broker_url", "files", "model", "region", "prices", "owner", "rpm", "tpm", "concurrency",
    "read_timeout_s", "lease_s", "metrics_port", "log", "source_seconds", "source_memory_mib", *BATCH_NAMES,
)  # fmt: skip
#: Names that hold a secret: SKUSCRIBE_NAME_FILE gives a file whose first line is the value.
_SECRET = ("database_url", "broker_url")
#: Only from the environment: where to look for the rest.
_ENVIRONMENT_ONLY = ("home", "source_password", *(f"{name}_file" for name in _SECRET))
_BROKERS = ("redis", "rediss")
_LOGS = ("text", "json")
_LEASE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for all jobs of this installation; options of a command win over it."""

    home: Path
    database_url: str
    #: Redis that carries the messages to the workers; "" where jobs run in the process of the command.
    broker_url: str
    #: Where sources and results are kept that every worker reaches: a folder or `s3://bucket/prefix`; "" is the home.
    files: str
    model: str
    #: "" where none is set: AWS's own configuration decides.
    region: str
    #: The user's own price rows, None for the price book alone.
    prices: Path | None
    owner: str
    rpm: float | None
    tpm: float | None
    concurrency: int | None
    read_timeout_s: float
    #: How long a process may be silent before others take its work.
    lease_s: float
    #: Where a worker shows its metrics, None for nowhere.
    metrics_port: int | None
    #: Form of the log lines of servers and workers: `text` or `json`.
    log: str
    #: What reading a source may take.
    source_limits: ReadLimits
    batch: BatchSettings

    @property
    def templates_folder(self) -> Path:
        """The installation's own templates."""
        return self.home / "templates"


def load_settings(environ: Mapping[str, str], folder: Path) -> Settings:
    """Read the settings: environment, `skuscribe.toml` of the folder, then of the home folder.

    Raises:
        UserError: a setting is unknown or wrong; it is named with its value and what is allowed.
    """
    home = Path(environ.get(f"{_PREFIX}HOME") or platformdirs.user_data_dir("skuscribe", appauthor=False)).expanduser()
    values: dict[str, tuple[Any, str]] = {}
    for place in (home / FILE, folder / FILE):
        values |= {name: (value, str(place)) for name, value in _from_file(place).items()}
    _refuse_misspelt(environ)
    for name in NAMES:
        text = environ.get(_PREFIX + name.upper()) or _from_secret(environ, name)
        if text:
            values[name] = (text, "environment")
    return Settings(
        home=home,
        database_url=_text(values, "database_url") or f"sqlite:///{home.absolute()}/skuscribe.db",
        broker_url=_broker(values),
        files=_text(values, "files"),
        model=_text(values, "model") or DEFAULT_MODEL,
        region=_text(values, "region"),
        prices=Path(_text(values, "prices")).expanduser() if _text(values, "prices") else None,
        owner=_text(values, "owner"),
        rpm=_number(values, "rpm"),
        tpm=_number(values, "tpm"),
        concurrency=_whole(values, "concurrency"),
        read_timeout_s=_number(values, "read_timeout_s") or 120.0,
        lease_s=_number(values, "lease_s") or _LEASE_S,
        metrics_port=_whole(values, "metrics_port"),
        log=_one_of(values, "log", _LOGS),
        source_limits=_source_limits(values),
        batch=_batch(values),
    )


def _batch(values: Mapping[str, tuple[Any, str]]) -> BatchSettings:
    usual = BatchSettings()
    return BatchSettings(
        bucket=_bucket(values),
        bucket_owner=_bucket_owner(values),
        role_arn=_role_arn(values),
        kms_key=_text(values, "batch_kms_key"),
        events=_text(values, "batch_events"),
        format=_one_of(values, "batch_format", BATCH_FORMATS),
        poll_s=_number(values, "batch_poll_s") or usual.poll_s,
        timeout_hours=_timeout_hours(values) or usual.timeout_hours,
        least_records=_whole(values, "batch_least_records"),
        most_records=_whole(values, "batch_most_records"),
        most_bytes=_whole(values, "batch_most_bytes"),
        most_jobs=_whole(values, "batch_most_jobs"),
        least_saving_usd=Decimal(str(_number(values, "batch_least_saving_usd") or usual.least_saving_usd)),
        least_deadline_s=_number(values, "batch_least_deadline_s") or usual.least_deadline_s,
    )


def _bucket(values: Mapping[str, tuple[Any, str]]) -> str:
    told = _text(values, "batch_bucket").rstrip("/")
    if told and not BUCKET.fullmatch(told):
        allowed = "the name of a bucket, or s3://BUCKET/PREFIX with letters, digits and -_.!*'() in the prefix"
        raise _wrong("batch_bucket", told, values["batch_bucket"][1], allowed)
    return told


def _bucket_owner(values: Mapping[str, tuple[Any, str]]) -> str:
    told = _text(values, "batch_bucket_owner")
    if told and not ACCOUNT.fullmatch(told):
        place = values["batch_bucket_owner"][1]
        raise _wrong("batch_bucket_owner", told, place, "the AWS account of the bucket, twelve digits")
    return told


def _role_arn(values: Mapping[str, tuple[Any, str]]) -> str:
    told = _text(values, "batch_role_arn")
    if told and not ROLE_ARN.fullmatch(told):
        allowed = "the ARN of a role, arn:aws:iam::123456789012:role/NAME with the twelve digits of its account"
        raise _wrong("batch_role_arn", told, values["batch_role_arn"][1], allowed)
    return told


def _timeout_hours(values: Mapping[str, tuple[Any, str]]) -> int | None:
    hours = _whole(values, "batch_timeout_hours")
    if hours is not None and not LEAST_TIMEOUT_HOURS <= hours <= MOST_TIMEOUT_HOURS:
        allowed = f"a whole number from {LEAST_TIMEOUT_HOURS} to {MOST_TIMEOUT_HOURS}"
        raise _wrong("batch_timeout_hours", hours, values["batch_timeout_hours"][1], allowed)
    return hours


def _broker(values: Mapping[str, tuple[Any, str]]) -> str:
    url = _text(values, "broker_url")
    if url and urlsplit(url).scheme not in _BROKERS:
        raise _wrong("broker_url", url, values["broker_url"][1], "redis://HOST:PORT/0, or rediss:// with TLS")
    return url


def _one_of(values: Mapping[str, tuple[Any, str]], name: str, allowed: tuple[str, ...]) -> str:
    chosen = _text(values, name) or allowed[0]
    if chosen not in allowed:
        raise _wrong(name, chosen, values[name][1], " or ".join(allowed))
    return chosen


def _from_secret(environ: Mapping[str, str], name: str) -> str:
    """Read a secret from the file that the environment names for it, as container platforms hand them in."""
    setting = f"{_PREFIX}{name.upper()}_FILE"
    path = environ.get(setting) if name in _SECRET else None
    if not path:
        return ""
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{setting} names {path}, which cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.",
            fix="Give a text file whose first line is the value, or unset it.",
            code="setting",
        ) from error


def _source_limits(values: Mapping[str, tuple[Any, str]]) -> ReadLimits:
    limits = ReadLimits()
    memory_mib = _whole(values, "source_memory_mib")
    return replace(
        limits,
        seconds=_number(values, "source_seconds") or limits.seconds,
        memory_bytes=memory_mib << 20 if memory_mib else limits.memory_bytes,
    )


def _from_file(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"The settings file {path} cannot be read: {error}.", fix="Mend it.", code="setting") from error
    for name in found:
        if name not in NAMES:
            raise UserError(
                f'{path}: there is no setting "{name}".{nearest(name, NAMES)}',
                fix="Correct or remove it.",
                code="setting",
            )
    return found


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    known = [_PREFIX + name.upper() for name in (*NAMES, *_ENVIRONMENT_ONLY)]
    for name in environ:
        if name.startswith(_PREFIX) and name not in known and get_close_matches(name, known, n=1, cutoff=0.85):
            raise UserError(
                f"There is no setting {name}.{nearest(name, known)}",
                fix="Correct its name, or unset it.",
                code="setting",
            )


def _text(values: Mapping[str, tuple[Any, str]], name: str) -> str:
    value, place = values.get(name, ("", ""))
    if not isinstance(value, str):
        raise _wrong(name, value, place, "a text")
    return value


def _number(values: Mapping[str, tuple[Any, str]], name: str) -> float | None:
    if name not in values:
        return None
    value, place = values[name]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 < number < float("inf") or isinstance(value, bool):
        raise _wrong(name, value, place, "a number above 0")
    return number


def _whole(values: Mapping[str, tuple[Any, str]], name: str) -> int | None:
    number = _number(values, name)
    if number is not None and number != int(number):
        value, place = values[name]
        raise _wrong(name, value, place, "a whole number above 0")
    return None if number is None else int(number)


def _wrong(name: str, value: object, place: str, allowed: str) -> UserError:
    shown = _PREFIX + name.upper() if place == "environment" else f"{place}: {name}"
    return UserError(
        f"{shown} is {without_passwords(repr(value))}, which it cannot be.",
        fix=f"Set it to {allowed}, or unset it.",
        code="setting",
    )
