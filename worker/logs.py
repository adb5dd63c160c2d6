"""Log lines of servers and workers: one a record on stderr, with the ids of what it is about, without passwords."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from jobs.clock import stamp
from templates.errors import without_passwords

#: What a record may carry besides its message, by `extra=`: ids first. Extras of libraries are left out.
FIELDS = ("job", "chunk", "item", "attempt", "request", "session", "outcome", "error", "seconds")
#: Libraries that tell each step; their warnings are still shown.
_NOISY = ("asyncio", "boto3", "botocore", "celery", "kombu", "s3transfer", "urllib3", "uvicorn.error")
#: Would end a line, or make a terminal do something.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Names in the JSON for what Python and its JSON formatter call otherwise.
_NAMES = {"asctime": "time", "levelname": "level", "name": "logger", "exc_info": "traceback"}
_KEPT = {"message", "stack_info", *_NAMES.values(), *FIELDS}


def set_up_logs(kind: str, level: int = logging.INFO) -> None:
    """Send what this process logs to stderr, in one form, in place of what was set up before.

    `text` is for people, a traceback on lines of its own; `json` has one object a line.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if kind == "json" else _TextLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)


class _TextLines(logging.Formatter):
    """`2026-11-22T12:00:00.000Z INFO worker.line: what happened, job=j261122-abc123 item=17`."""

    def format(self, record: logging.LogRecord) -> str:
        told = _without_passwords(record)
        fields = [f"{name}={value}" for name, value in _fields(told).items()]
        line = f"{_time(told)} {told.levelname} {told.name}: {' '.join([told.getMessage(), *fields])}"
        return "\n".join([_CONTROL.sub(_escape, line), *(told.exc_text or "").splitlines()])


class _JsonLines(JsonFormatter):
    """One object with `time`, `level`, `logger`, `message`, the fields that were given, and `traceback`."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=_NAMES, json_ensure_ascii=False
        )

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_without_passwords(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802 - logging's signature
        return _time(record)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in log_data.items() if name in _KEPT and value is not None}


def _time(record: logging.LogRecord) -> str:
    return stamp(datetime.fromtimestamp(record.created, UTC))


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    return {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}


def _without_passwords(record: logging.LogRecord) -> logging.LogRecord:
    """Give a copy of a record that can be shown; other handlers still get the record as it was."""
    told = logging.makeLogRecord(record.__dict__)
    told.msg, told.args = without_passwords(record.getMessage()), None
    trace = record.exc_text or (logging.Formatter().formatException(record.exc_info) if record.exc_info else None)
    told.exc_info, told.exc_text = None, None if trace is None else without_passwords(trace)
    for name, value in _fields(record).items():
        setattr(told, name, without_passwords(value) if isinstance(value, str) else value)
    return told


def _escape(sign: re.Match[str]) -> str:
    return sign[0].encode("unicode_escape").decode("ascii")
