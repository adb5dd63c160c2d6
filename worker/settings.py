"""Settings of the installation, from the environment and `skuscribe.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import platformdirs

from jobs.intake.isolation.limits import ReadLimits
from templates.errors import UserError, nearest, without_passwords

DEFAULT_MODEL = "amazon.nova-lite-v1:0"
DEFAULT_REGION = "us-east-1"
FILE = "skuscribe.toml"
_PREFIX = "SKUSCRIBE_"
#: Names that a settings file may set; each is also SKUSCRIBE_NAME in the environment.
NAMES = (
    "database_url", "model", "region", "prices", "owner", "rpm", "tpm", "concurrency", "read_timeout_s",
    "source_seconds", "source_memory_mib",
)  # fmt: skip
#: Of the version that shares a job among machines; here they change nothing, so that one settings file serves both.
_WITHOUT_EFFECT = ("files", "batch_bucket", "batch_role_arn")
#: What would change where a job runs, so that it cannot be passed over.
_REFUSED = "broker_url"
#: Only from the environment: where to look for the rest.
_ENVIRONMENT_ONLY = ("home", "source_password")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What holds for all jobs of this installation; options of a command win over it."""

    home: Path
    database_url: str
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
    #: What reading a source may take.
    source_limits: ReadLimits

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
    if environ.get(_PREFIX + _REFUSED.upper()):
        raise _not_here(_PREFIX + _REFUSED.upper())
    for name in NAMES:
        text = environ.get(_PREFIX + name.upper())
        if text:
            values[name] = (text, "environment")
    return Settings(
        home=home,
        database_url=_text(values, "database_url") or f"sqlite:///{home.absolute()}/skuscribe.db",
        model=_text(values, "model") or DEFAULT_MODEL,
        region=_text(values, "region"),
        prices=Path(_text(values, "prices")).expanduser() if _text(values, "prices") else None,
        owner=_text(values, "owner"),
        rpm=_number(values, "rpm"),
        tpm=_number(values, "tpm"),
        concurrency=_whole(values, "concurrency"),
        read_timeout_s=_number(values, "read_timeout_s") or 120.0,
        source_limits=_source_limits(values),
    )


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
    if found.get(_REFUSED):
        raise _not_here(f"{path}: {_REFUSED}")
    for name in found:
        if name not in (*NAMES, *_WITHOUT_EFFECT, _REFUSED):
            raise UserError(
                f'{path}: there is no setting "{name}".{nearest(name, NAMES)}',
                fix="Correct or remove it.",
                code="setting",
            )
    return found


def _refuse_misspelt(environ: Mapping[str, str]) -> None:
    known = [_PREFIX + name.upper() for name in (*NAMES, *_ENVIRONMENT_ONLY, *_WITHOUT_EFFECT, _REFUSED)]
    for name in environ:
        if name.startswith(_PREFIX) and name not in known and get_close_matches(name, known, n=1, cutoff=0.85):
            raise UserError(
                f"There is no setting {name}.{nearest(name, known)}",
                fix="Correct its name, or unset it.",
                code="setting",
            )


def _not_here(shown: str) -> UserError:
    return UserError(
        f"{shown} is set, but sharing a job among machines through a broker is not part of this version.",
        fix="Unset it: jobs run in the process of the command.",
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
