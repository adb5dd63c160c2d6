"""The text of a preview on its way from a worker to who waits for it; what is lost is in the store a moment later."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from jobs.store.item_table import OpenItem
from jobs.store.job_table import JobRecord

#: Shows an item's text as it comes; given for previews.
Show = Callable[[OpenItem, str], None]
#: Gives what was shown since, waiting so many seconds for the first of it.
Heard = Callable[[float], list[tuple[OpenItem, str]]]
#: A text that nobody sees coming is no reason to wait.
_TIMEOUT_S = 1.0
_LOG = logging.getLogger("skuscribe.showing")


class Showing:
    """Carries pieces of text through Redis's channels, one for each job."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )

    def show_of(self, job: JobRecord) -> Show | None:
        """Give what sends a preview's text out; None for jobs whose text nobody watches."""
        if job.kind != "preview":
            return None
        channel = _channel(job.id)

        def show(item: OpenItem, text: str) -> None:
            try:
                self._redis.publish(channel, json.dumps({"item": asdict(item) | {"values": {}}, "text": text}))
            except RedisError as error:
                _LOG.info("a piece of text was not shown: %s", type(error).__name__, extra={"job": job.id})

        return show

    @contextmanager
    def heard_of(self, job_id: str) -> Iterator[Heard]:
        """Listen to a job's text."""
        with self._redis.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]  # its stubs leave it out
            try:
                channel.subscribe(_channel(job_id))
            except RedisError as error:
                _LOG.info("nothing will be heard: %s", type(error).__name__, extra={"job": job_id})

            def heard(wait_s: float) -> list[tuple[OpenItem, str]]:
                found = []
                try:
                    message = channel.get_message(timeout=wait_s)
                    while message:
                        said = json.loads(message["data"])
                        found.append((OpenItem(**said["item"]), said["text"]))
                        message = channel.get_message(timeout=0)
                except RedisError as error:
                    _LOG.info("nothing is heard: %s", type(error).__name__, extra={"job": job_id})
                return found

            yield heard


def _channel(job_id: str) -> str:
    return f"skuscribe:text:{job_id}"
