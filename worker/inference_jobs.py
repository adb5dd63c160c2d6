"""What the batch lane needs from outside: batch-inference jobs, and the objects that go in and come out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class JobStatus(StrEnum):
    """Bedrock's words for where a batch-inference job stands (botocore 1.44.5, ModelInvocationJobStatus)."""

    SUBMITTED = "Submitted"
    VALIDATING = "Validating"
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    PARTIALLY_COMPLETED = "PartiallyCompleted"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    EXPIRED = "Expired"


#: Statuses after which nothing more comes. One that this list does not know is polled on, and told.
ENDED_STATUSES = frozenset(
    (JobStatus.COMPLETED, JobStatus.PARTIALLY_COMPLETED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.EXPIRED)
)


class RecordFormat(StrEnum):
    """How the records of a job are written: its `modelInvocationType`."""

    CONVERSE = "Converse"
    INVOKE_MODEL = "InvokeModel"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """A batch-inference job as it is asked for."""

    name: str
    #: The same token again makes no second job.
    token: str
    model: str
    role_arn: str
    format: RecordFormat
    input_uri: str
    #: Ends with a slash.
    output_uri: str
    #: Key that the output is encrypted with, "" for the bucket's own default.
    kms_key: str
    timeout_hours: int
    #: AWS account of the bucket, "" where it is not known.
    bucket_owner: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A batch-inference job as Bedrock shows it."""

    arn: str
    name: str
    #: A `JobStatus`, or a word that is newer than this program.
    status: str
    message: str = ""
    #: Bedrock's counters, up to a minute behind.
    records: int = 0
    processed: int = 0
    succeeded: int = 0
    failed: int = 0
    #: Where it writes: `output_uri` of its order.
    output_uri: str = ""
    ended_at: str = ""

    @property
    def folder(self) -> str:
        """The last part of its ARN, below which its output lies."""
        return self.arn.rpartition("/")[2]


class InferenceJobs(Protocol):
    """Batch-inference jobs of one account and Region; implementations never retry a create.

    All methods raise `ModelError`: QUOTA when no slot is free; THROTTLED, UNAVAILABLE, INTERNAL, TRANSPORT, TIMEOUT
    for what passes; REJECTED, FORBIDDEN, NO_MODEL, CREDENTIALS for what does not.
    """

    def create(self, order: JobOrder) -> str:
        """Ask for a job; give its ARN."""

    def find(self, name: str) -> JobView | None:
        """Look for a job by its whole name; None when there is none."""

    def get(self, arn: str) -> JobView | None:
        """Look at a job; None when Bedrock does not know it any more."""

    def stop(self, arn: str) -> None:
        """Ask a job to stop; nothing happens to one that has ended."""


class RecordFiles(Protocol):
    """The objects of the batch bucket, by their whole `s3://` URIs.

    All methods raise `AccessError` or `UserError` for what somebody has to mend, `ModelError` (TRANSPORT, UNAVAILABLE)
    for what passes.
    """

    def write(self, uri: str, parts: Iterable[bytes]) -> int:
        """Stream an object there, in parts as they come; give its bytes. Nothing is left of one that breaks off."""

    def lines(self, uri: str) -> Iterator[bytes]:
        """Stream the lines of an object, without their ends.

        Raises:
            FileNotFoundError: there is none.
        """

    def listed(self, prefix: str) -> Sequence[str]:
        """List the objects below a prefix, by URI."""

    def remove(self, uris: Sequence[str]) -> int:
        """Remove objects; give how many there were."""
