"""What Bedrock checks in the input of a job before it is scheduled: whether modelInput fits the model is not in it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from worker.simulator.invocation_jobs.order import Order
from worker.simulator.invocation_jobs.role import Role, RoleRefusedError
from worker.simulator.settings import SimulatorSettings

_EXTENSION = ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What validation found."""

    #: URI of each input file, with its records.
    files: tuple[tuple[str, int], ...] = ()
    #: Why the job fails, "" when it does not.
    violation: str = ""

    @property
    def records(self) -> int:
        """Records of all files."""
        return sum(records for _, records in self.files)


def read_intake(role: Role, order: Order, settings: SimulatorSettings) -> Intake:
    """Read the input of a job once, line by line.

    The words of the messages are the simulator's own. That a folder's other files are passed over, and that an empty
    line is not a record, nobody says; nor what Bedrock does with a bucket of another account than the one that is told:
    here S3 refuses the role, and the job fails.
    """
    try:
        return _read(role, order, settings)
    except RoleRefusedError as error:
        return Intake(violation=f"The service role cannot read the input of the job. {error}")


def _read(role: Role, order: Order, settings: SimulatorSettings) -> Intake:
    found = role.listed(order.input_uri, order.input_owner)
    named = [(uri, size) for uri, size in found if uri.endswith(_EXTENSION)]
    if not named:
        return Intake(violation=f"There is no file with the extension {_EXTENSION} at {order.input_uri}.")
    files: list[tuple[str, int]] = []
    for uri, size in named:
        if size > settings.batch_most_bytes:
            return Intake(violation=f"{uri} has {size} bytes, more than the limit of {settings.batch_most_bytes}.")
        records = 0
        for line in role.lines(uri, order.input_owner):
            records += 1
            if not _is_object(line):
                return Intake(violation=f"Line {records} of {uri} is not a JSON object.")
        files.append((uri, records))
    total = sum(records for _, records in files)
    if total < settings.batch_least_records:
        least = settings.batch_least_records
        return Intake(violation=f"The input contains {total} records, fewer than the required minimum of {least}.")
    if total > settings.batch_most_records:
        most = settings.batch_most_records
        return Intake(violation=f"The input contains {total} records, more than the limit of {most}.")
    return Intake(files=tuple(files))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
