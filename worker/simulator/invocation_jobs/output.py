"""The output of a job: one file for each of the input, in an order of its own, and the manifest."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from io import BytesIO
from random import Random
from tempfile import SpooledTemporaryFile
from typing import IO

from worker.simulator.errors import ServiceError
from worker.simulator.invocation_jobs.intake import Intake
from worker.simulator.invocation_jobs.order import Order
from worker.simulator.invocation_jobs.record import RecordWriter
from worker.simulator.invocation_jobs.role import Role

#: What is larger lies on disk: memory stays flat whatever the job's size.
_IN_MEMORY_BYTES = 4 << 20

#: A share of 0.29 of 100 records is 29 of them.
_ROUNDING = 1e-6


class Output:
    """Writes the output of one job, bit by bit as it is told to go on."""

    def __init__(self, job_id: str, order: Order, intake: Intake, *, share: float, seed: int) -> None:
        self._job_id = job_id
        self._order = order
        self._intake = intake
        self._share = share
        self._seed = seed

    def steps(self, role: Role, writer: RecordWriter) -> Iterator[ServiceError | None]:
        """Process one record at each step, then upload; at the end everything lies in S3.

        A step that gives an error did not reach S3; the next one tries again, and no record is processed twice.

        Raises:
            RoleRefusedError: S3 does not give or take an object.
        """
        folder = f"{self._order.output_uri.rstrip('/')}/{self._job_id}"
        for uri, _ in self._intake.files:
            with ExitStack() as stack:
                source, target = (stack.enter_context(_spool()) for _ in range(2))
                yield from _insisting(partial(_fetch, role, uri, self._order.input_owner, source))
                for raw, number in self._chosen(source, uri):
                    target.write(writer.line(raw, number))
                    yield None
                yield from _insisting(partial(self._put, role, f"{folder}/{uri.rpartition('/')[2]}.out", target))
        manifest = {
            "totalRecordCount": self._intake.records,
            "processedRecordCount": writer.succeeded + writer.failed,
            "successRecordCount": writer.succeeded,
            "errorRecordCount": writer.failed,
            "inputTokenCount": writer.input_tokens,
            "outputTokenCount": writer.output_tokens,
        }
        content = json.dumps(manifest).encode()
        with BytesIO(content) as target:
            yield from _insisting(partial(self._put, role, f"{folder}/manifest.json.out", target))

    def _put(self, role: Role, uri: str, target: IO[bytes]) -> None:
        target.seek(0)
        role.put(uri, self._order.output_owner, target, self._order.kms_key)

    def _chosen(self, source: IO[bytes], uri: str) -> Iterator[tuple[bytes, int]]:
        """Give the lines that are processed, shuffled, each with its place in the file."""
        source.seek(0)
        starts, start = array("Q"), 0
        for line in source:
            starts.append(start)
            start += len(line)
        places = array("L", range(1, len(starts) + 1))
        Random(f"{self._seed}|{self._job_id}|{uri}").shuffle(places)
        for place in places[: int(self._share * len(places) + _ROUNDING)]:
            source.seek(starts[place - 1])
            yield source.readline(), place


def _fetch(role: Role, uri: str, owner: str, target: IO[bytes]) -> None:
    target.seek(0)
    target.truncate()
    role.fetch(uri, owner, target)


def _insisting(deed: Callable[[], None]) -> Iterator[ServiceError]:
    """Do something again until it is done, at each step once."""
    while True:
        try:
            return deed()
        except ServiceError as error:
            yield error


def _spool() -> IO[bytes]:
    return SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)
