"""The spec of a job: everything that decides what it does, from options and a job file."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jobs.money import plain
from templates.errors import UserError, nearest

ONLY = ("all", "empty", "failed", "stale")
#: The publish files that there are.
PUBLISH = ("shopify", "woocommerce", "google-supplemental", "amazon")
#: Which copy goes into them: all that is good, or what a person approved or wrote.
PUBLISH_ROWS = ("all", "approved")
LANES = ("auto", "on-demand", "flex", "batch")
#: The store counts in whole 10⁻¹² USD, of which 9 million dollars fit into a column.
_MOST_USD = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """What to do with a workbook. The names are those of the command's options."""

    template: tuple[str, ...] = ()
    locale: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    brand: str = ""
    sheet: str = ""
    header_row: int | None = None
    source_encoding: str = ""
    key: str = ""
    map: tuple[str, ...] = ()
    rows: str = ""
    only: str = "all"
    fresh: bool = False
    catalogue: str = ""
    owner: str = ""
    region: str = ""
    templates: str = ""
    fill: tuple[str, ...] = ()
    lane: str = "auto"
    deadline: str = ""
    budget: Decimal | None = None
    rpm: float | None = None
    tpm: float | None = None
    concurrency: int | None = None
    #: Share of the quota beside other jobs that want it at the same time.
    weight: int = 1
    out: str = ""
    report: str = ""
    publish: tuple[str, ...] = ()
    publish_rows: str = "all"
    encoding: str = ""
    overwrite: bool = False
    simulate: bool = False

    def to_json(self) -> str:
        """Write the spec for the store."""
        values = asdict(self)
        values["budget"] = None if self.budget is None else plain(self.budget)
        return json.dumps(values, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> JobSpec:
        """Read a spec from the store."""
        values: dict[str, Any] = json.loads(text)
        values["budget"] = None if values["budget"] is None else Decimal(values["budget"])
        settled: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return JobSpec(**settled)


def read_spec(path: str, given: Mapping[str, Any]) -> JobSpec:
    """Make a job's spec out of a job file (or none, "") and the options given, which win.

    Raises:
        UserError: all that is wrong with the file, each with its key.
    """
    values = _from_file(Path(path)) if path else {}
    return JobSpec(**{**values, **given})


def parse_budget(text: str) -> Decimal:
    """Read a cap in dollars: `5`, `0.25`, `$12.50`."""
    try:
        amount = Decimal(text.strip().removeprefix("$").removesuffix("USD").strip())
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 < amount <= _MOST_USD:
        raise UserError(
            f'The budget "{text}" is not an amount of dollars above 0, and at most {_MOST_USD:,}.',
            fix="Write it as --budget 2.50.",
            code="budget",
        )
    return amount


def parse_deadline(text: str) -> float:
    """Read a span of time such as `6h`, `90m` or `1h30m`, in seconds."""
    match = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", text.strip().lower())
    parts = [int(part or 0) for part in match.groups()] if match else []
    span_s = sum(part * unit for part, unit in zip(parts, (86400, 3600, 60, 1), strict=False))
    if not span_s:
        raise UserError(
            f'The deadline "{text}" is not a span of time.', fix="Write it as --deadline 6h or 90m.", code="deadline"
        )
    return float(span_s)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        loaded = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"The job file {path} cannot be read: {error.strerror}.",
            fix="Check the path given to --job.",
            code="job_file",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"The job file {path} is not TOML: {error}.", fix="Mend that place.", code="job_file"
        ) from error
    known = {entry.name for entry in fields(JobSpec)}
    values, problems = {}, []
    for key, value in loaded.items():
        name = key.replace("-", "_")
        if name not in known:
            problems.append(f'"{key}" is no option.{nearest(name, known)}')
            continue
        try:
            values[name] = _READERS[name](value)
        except UserError as error:
            problems.append(f"{key}: {error.message}")
        except (TypeError, ValueError, InvalidOperation) as error:
            problems.append(f"{key} = {value!r} is not right: {error}")
    if problems:
        raise UserError(f"The job file {path} has mistakes: {'; '.join(problems)}", fix="Mend them.", code="job_file")
    return values


def one_of(allowed: tuple[str, ...], what: str) -> Callable[[Any], str]:
    """Make a reader that takes one of a few words."""

    def read(value: Any) -> str:
        if value not in allowed:
            raise UserError(f'{what} "{value}" is not known.', fix=f"One of: {', '.join(allowed)}.", code="option")
        return str(value)

    return read


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, Mapping):
        return tuple(f"{name}={column}" for name, column in value.items())
    return tuple(str(entry) for entry in value) if isinstance(value, list) else (str(value),)


def _text(value: Any) -> str:
    if isinstance(value, list | dict):
        raise TypeError("it takes one value")
    return str(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("it takes true or false")
    return value


def _above_zero(kind: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        number = float(value)
        if isinstance(value, bool) or not 0 < number < float("inf"):
            raise ValueError("it takes a number above 0")
        if kind(value) != number:
            raise ValueError("it takes a whole number")
        return kind(value)

    return read


def _span(value: Any) -> str:
    parse_deadline(str(value))
    return str(value)


_TEXTS = (
    "brand", "sheet", "source_encoding", "key", "rows", "catalogue", "owner", "region", "templates", "out", "report",
    "encoding",
)  # fmt: skip
_READERS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("template", "locale", "model", "map", "fill"), _texts),
    **dict.fromkeys(_TEXTS, _text),
    "publish": lambda value: tuple(map(one_of(PUBLISH, "--publish"), _texts(value))),
    "publish_rows": one_of(PUBLISH_ROWS, "--publish-rows"),
    **dict.fromkeys(("fresh", "overwrite", "simulate"), _yes_or_no),
    **dict.fromkeys(("header_row", "concurrency", "weight"), _above_zero(int)),
    **dict.fromkeys(("rpm", "tpm"), _above_zero(float)),
    "only": one_of(ONLY, "--only"),
    "lane": one_of(LANES, "--lane"),
    "deadline": _span,
    "budget": lambda value: parse_budget(str(value)),
}
