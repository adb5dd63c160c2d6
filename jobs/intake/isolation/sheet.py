"""A sheet that another process reads."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from jobs.intake.isolation.info import info_from_json
from jobs.intake.isolation.limits import ReadLimits
from jobs.intake.isolation.process import IsolatedProcess
from jobs.sheet import AS_FOUND, ReadOptions, Row, SheetInfo

_MODULE = "jobs.intake.isolation.child"


class IsolatedSheet:
    """A sheet whose source is parsed by a process of its own; each pass over the rows has its own."""

    def __init__(self, path: Path, options: ReadOptions = AS_FOUND, *, limits: ReadLimits) -> None:
        self._path = path
        self._options = options
        self._limits = limits
        process = self._start()
        self._waiting: IsolatedProcess | None = process
        weakref.finalize(self, process.stop)

    @property
    def info(self) -> SheetInfo:
        """What was found out about it; complete in its notes once the rows were streamed to the end."""
        return self._info

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have any text, in order.

        Raises:
            UserError: what is wrong with the file.
        """
        process, self._waiting = self._waiting or self._start(), None
        try:
            process.send("go on", None)
            while True:
                kind, value = process.receive()
                if kind == "end":
                    break
                for number, cells in value:
                    yield Row(number, tuple(cells))
        finally:
            process.stop()
        self._info = info_from_json(value)

    def _start(self) -> IsolatedProcess:
        """Start a process that knows what the source is, and waits to be asked for its rows."""
        process = IsolatedProcess(_MODULE, self._path, self._limits)
        try:
            process.send("open", [str(self._path), asdict(self._options)])
            self._info = info_from_json(process.receive()[1])
        except BaseException:
            process.stop()
            raise
        return process
