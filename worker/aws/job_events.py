"""EventBridge's events about batch-inference jobs, out of an SQS queue: a wake-up that polling does without.

Source: Bedrock user guide, monitoring-eventbridge, read 2026-10: detail-type "Batch Inference Job State Change", of
which `detail.batchJobArn` is used; EventBridge sends them by best effort. SQS API reference, ReceiveMessage.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from templates.errors import without_passwords
from worker.aws.client import open_client

if TYPE_CHECKING:
    from boto3 import Session

_LOG = logging.getLogger("skuscribe.batch")
#: Messages of one ReceiveMessage, and how often it is asked before the caller gets to act.
_MESSAGES = 10
_RECEIVES = 10
#: Long enough that all servers of the queue are asked, short enough for a tick.
_WAIT_S = 1
_HOST = re.compile(r"sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.")


class JobEvents:
    """The queue; whatever hinders it is logged and gives no events. One thread uses it at a time.

        for arn in events.arns():
            ...
        events.forget()

    A message that is not forgotten comes again after the queue's visibility timeout.
    """

    def __init__(self, session: Session, *, queue_url: str, region: str, endpoint_url: str | None = None) -> None:
        self._session = session
        self._queue = queue_url
        self._endpoint_url = endpoint_url
        # A queue may be in another Region than the jobs; its URL says so.
        host = _HOST.match(urlsplit(queue_url).hostname or "")
        self._region = host["region"] if host else region
        self._client: Any = None
        self._received: list[str] = []

    def arns(self) -> set[str]:
        """Give the ARNs of jobs that changed; it waits a second at most when there are none."""
        arns: set[str] = set()
        strange = 0
        try:
            for number in range(_RECEIVES):
                messages = self._receive(wait_s=0 if number else _WAIT_S)
                for message in messages:
                    arn = arn_of(str(message.get("Body") or ""))
                    if arn:
                        self._received.append(str(message["ReceiptHandle"]))
                        arns.add(arn)
                    else:
                        strange += 1
                if not messages:
                    break
        except Exception as error:  # noqa: BLE001 - best effort: the jobs are polled as well
            self._complain("read", error)
        if strange:
            # They may be somebody else's, whose queue was set by mistake.
            _LOG.warning("%d messages in %s are no events of batch jobs and are left there.", strange, self._shown)
        return arns

    def forget(self) -> None:
        """Delete the messages that `arns` gave: the caller has acted."""
        received, self._received = self._received, []
        self._delete(received)

    def _receive(self, *, wait_s: int) -> Sequence[Mapping[str, Any]]:
        if self._client is None:
            self._client = open_client(
                self._session,
                "sqs",
                region=self._region,
                endpoint_url=self._endpoint_url,
                connect_timeout=2,
                read_timeout=_WAIT_S + 4,
            )
        answer = self._client.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=_MESSAGES, WaitTimeSeconds=wait_s
        )
        return answer.get("Messages") or ()

    def _delete(self, handles: Sequence[str]) -> None:
        try:
            for start in range(0, len(handles), _MESSAGES):
                entries = [
                    {"Id": str(number), "ReceiptHandle": handle}
                    for number, handle in enumerate(handles[start : start + _MESSAGES])
                ]
                self._client.delete_message_batch(QueueUrl=self._queue, Entries=entries)
        except Exception as error:  # noqa: BLE001 - as above; they come again
            self._complain("cleared", error)

    def _complain(self, deed: str, error: Exception) -> None:
        _LOG.warning("The queue %s of batch events cannot be %s: %s", self._shown, deed, without_passwords(str(error)))

    @property
    def _shown(self) -> str:
        return without_passwords(self._queue)


def arn_of(body: str) -> str:
    """Read the job's ARN out of an event, "" where it is none."""
    try:
        event = json.loads(body)
    except ValueError:
        return ""
    detail = event.get("detail") if isinstance(event, dict) else None
    arn = detail.get("batchJobArn") if isinstance(detail, dict) else None
    return arn if isinstance(arn, str) and ":model-invocation-job/" in arn else ""
