"""Settings of the batch lane: its bucket, its role, its limits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

#: Names in `skuscribe.toml`; each is also SKUSCRIBE_NAME in the environment.
BATCH_NAMES = (
    "batch_bucket", "batch_bucket_owner", "batch_role_arn", "batch_kms_key", "batch_events", "batch_format",
    "batch_poll_s", "batch_timeout_hours", "batch_least_records", "batch_most_records", "batch_most_bytes",
    "batch_most_jobs", "batch_least_saving_usd", "batch_least_deadline_s",
)  # fmt: skip
#: `auto` is the format that the capability table has for the model.
BATCH_FORMATS = ("auto", "converse", "invoke-model")
#: botocore 1.44.5, ModelInvocationJobTimeoutDurationInHours.
LEAST_TIMEOUT_HOURS = 24
MOST_TIMEOUT_HOURS = 168
#: A bucket, with a prefix of the characters that CreateModelInvocationJob takes in a URI (botocore 1.44.5, S3Uri).
BUCKET = re.compile(r"(s3://)?[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[-!_*'().a-zA-Z0-9]+)*")
#: An AWS account (botocore 1.44.5, AccountId).
ACCOUNT = re.compile(r"[0-9]{12}")
#: A service role; the account in it is who asks for jobs, since no other may hand the role on.
ROLE_ARN = re.compile(r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>[0-9]{12}):role/(?P<path>[\x21-\x7e]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSettings:
    """What the batch lane of this installation uses; limits that are None are read from Service Quotas."""

    #: `BUCKET` or `s3://BUCKET/PREFIX`, "" where there is no batch lane.
    bucket: str = ""
    #: AWS account of the bucket, "" for that of the role.
    bucket_owner: str = ""
    #: The service role that Bedrock takes on to read and write there.
    role_arn: str = ""
    #: KMS key of the objects, "" for the bucket's own default.
    kms_key: str = ""
    #: URL of an SQS queue that gets EventBridge's events about jobs, "" for none.
    events: str = ""
    format: str = "auto"
    #: How soon a new job is looked at for the first time; later looks are rarer.
    poll_s: float = 60.0
    timeout_hours: int = 72
    #: Fewest and most records of a job, most bytes of its file, most jobs of a model at a time.
    least_records: int | None = None
    most_records: int | None = None
    most_bytes: int | None = None
    most_jobs: int | None = None
    #: `--lane auto` without a deadline waits for batch jobs only to save as much.
    least_saving_usd: Decimal = Decimal(1)
    #: `--lane auto` does not try batch jobs when they must be back sooner.
    least_deadline_s: float = 3 * 3600.0

    @property
    def is_set(self) -> bool:
        """Whether there is a bucket and a role."""
        return bool(self.bucket and self.role_arn)

    @property
    def owner(self) -> str:
        """AWS account that the bucket has to be of, so that nobody else's of the same name gets what is ours.

        "" where neither the setting nor the role says it.
        """
        found = ROLE_ARN.fullmatch(self.role_arn)
        return self.bucket_owner or (found["account"] if found else "")

    @property
    def root(self) -> str:
        """URI of the folder that all objects lie in, without a slash at its end."""
        return f"s3://{self.bucket.removeprefix('s3://')}"
