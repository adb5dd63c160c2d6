"""Batch-inference jobs at Bedrock: model invocation jobs, as its API calls them.

Source: service model of botocore 1.44.5 (CreateModelInvocationJob and its neighbours), Bedrock user guide
(batch-inference-create, -monitor, -stop), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from jobs.clock import stamp
from worker.aws.client import open_client
from worker.aws.job_refusals import look_error, order_error
from worker.inference_jobs import ENDED_STATUSES, JobOrder, JobStatus, JobView
from worker.model import ErrorKind, ModelError

if TYPE_CHECKING:
    from boto3 import Session

#: botocore's tries of what makes no job.
_ATTEMPTS = 3
_PAGE = 1000


class InvocationJobs:
    """`InferenceJobs` of the account of a session in a Region; a job is asked for once, never again by boto3."""

    def __init__(self, session: Session, *, region: str, endpoint_url: str | None = None) -> None:
        """Open it; without an endpoint boto3 finds it: `AWS_ENDPOINT_URL_BEDROCK`, `AWS_ENDPOINT_URL`, AWS.

        Raises:
            AccessError: the AWS configuration cannot be used.
        """
        self._region = region
        self._creator, self._client = (
            open_client(
                session,
                "bedrock",
                region=region,
                endpoint_url=endpoint_url,
                attempts=attempts,
                connect_timeout=5,
                read_timeout=60,
            )
            for attempts in (1, _ATTEMPTS)
        )

    def create(self, order: JobOrder) -> str:
        """Ask for a job; give its ARN."""
        try:
            answer = self._creator.create_model_invocation_job(**order_arguments(order))
        except Exception as error:
            raise order_error(error, order, region=self._region) from error
        return _text(answer, "jobArn")

    def find(self, name: str) -> JobView | None:
        """Look for a job by its whole name, the newest of them; None when there is none."""
        asked = {"nameContains": name, "sortBy": "CreationTime", "sortOrder": "Descending"}
        try:
            pages = self._client.get_paginator("list_model_invocation_jobs").paginate(
                **asked, PaginationConfig={"PageSize": _PAGE}
            )
            found = (job for page in pages for job in page.get("invocationJobSummaries") or ())
            job = next((job for job in found if job.get("jobName") == name), None)
        except Exception as error:
            raise self._look_error(error, "bedrock:ListModelInvocationJobs", name) from error
        return view_of(job) if job else None

    def get(self, arn: str) -> JobView | None:
        """Look at a job; None when Bedrock does not know it any more."""
        try:
            answer = self._client.get_model_invocation_job(jobIdentifier=arn)
        except Exception as error:
            if _is(error, "ResourceNotFoundException"):
                return None
            raise self._look_error(error, "bedrock:GetModelInvocationJob", arn) from error
        return view_of(answer)

    def stop(self, arn: str) -> None:
        """Ask a job to stop; nothing happens to one that has ended, or that is stopping."""
        try:
            self._client.stop_model_invocation_job(jobIdentifier=arn)
        except Exception as error:
            if _is(error, "ResourceNotFoundException"):
                return
            # Which code an ended job gives is not documented, so that the job itself is asked.
            if _is(error, "ConflictException", "ValidationException") and self._is_over(arn):
                return
            if _is(error, "ConflictException"):
                raise ModelError(
                    f"Bedrock cannot stop {arn} at the moment: {error}",
                    kind=ErrorKind.UNAVAILABLE,
                    fix="It is tried again by itself.",
                ) from error
            raise self._look_error(error, "bedrock:StopModelInvocationJob", arn) from error

    def _is_over(self, arn: str) -> bool:
        view = self.get(arn)
        return view is None or view.status in ENDED_STATUSES or view.status == JobStatus.STOPPING

    def _look_error(self, error: Exception, action: str, job: str) -> ModelError:
        return look_error(error, action=action, job=job, region=self._region)


def order_arguments(order: JobOrder) -> dict[str, Any]:
    """Write an order as the arguments of `create_model_invocation_job`."""
    owner = {"s3BucketOwner": order.bucket_owner} if order.bucket_owner else {}
    key = {"s3EncryptionKeyId": order.kms_key} if order.kms_key else {}
    source = {"s3Uri": order.input_uri, "s3InputFormat": "JSONL", **owner}
    return {
        "jobName": order.name,
        "clientRequestToken": order.token,
        "roleArn": order.role_arn,
        "modelId": order.model,
        "modelInvocationType": str(order.format),
        "inputDataConfig": {"s3InputDataConfig": source},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": order.output_uri, **key, **owner}},
        "timeoutDurationInHours": order.timeout_hours,
        "tags": [{"key": key, "value": value} for key, value in order.tags.items()],
    }


def view_of(job: Mapping[str, Any]) -> JobView:
    """Read a job as GetModelInvocationJob and ListModelInvocationJobs show it.

    Raises:
        ModelError: it lacks what a job has.
    """
    ended = job.get("endTime")
    output = (job.get("outputDataConfig") or {}).get("s3OutputDataConfig") or {}
    return JobView(
        arn=_text(job, "jobArn"),
        name=str(job.get("jobName") or ""),
        status=_text(job, "status"),
        message=str(job.get("message") or ""),
        records=job.get("totalRecordCount") or 0,
        processed=job.get("processedRecordCount") or 0,
        succeeded=job.get("successRecordCount") or 0,
        failed=job.get("errorRecordCount") or 0,
        output_uri=str(output.get("s3Uri") or ""),
        ended_at=stamp(ended) if isinstance(ended, datetime) else "",
    )


def _text(answer: Mapping[str, Any], name: str) -> str:
    text = answer.get(name)
    if isinstance(text, str) and text:
        return text
    raise ModelError(
        f"Bedrock's answer about a batch job has no {name}.",
        kind=ErrorKind.TRANSPORT,
        fix="Check what AWS_ENDPOINT_URL_BEDROCK leads to.",
    )


def _is(error: Exception, *codes: str) -> bool:
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in codes
