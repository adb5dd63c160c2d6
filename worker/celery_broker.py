"""The broker: Celery's messages on Redis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from templates.errors import without_passwords
from worker.broker_error import BrokerError
from worker.messages import BULK, CONTROL, INTERACTIVE

RUN_CHUNK, RUN_BATCH, DELIVER, TICK = (
    "skuscribe.run_chunk",
    "skuscribe.run_batch",
    "skuscribe.deliver",
    "skuscribe.tick",
)
#: Seconds between two ticks.
TICK_S = 60.0
_TIMEOUT_S = 5


def celery_on(broker_url: str) -> Celery:
    """Give a Celery app with the settings that lose and repeat nothing (measured with Celery 5.6.3 on Redis 7)."""
    app = Celery("skuscribe", broker=_with_checked_certificate(broker_url))
    app.conf.update(
        # The store knows what is to be done, so a message is worth nothing once it has arrived: it is acknowledged at
        # once. Late acknowledgement repeats long tasks after visibility_timeout, and prefetched messages strand when
        # Redis restarts.
        task_acks_late=False,
        worker_disable_prefetch=True,
        worker_prefetch_multiplier=1,
        # Results and states are in the store.
        task_ignore_result=True,
        result_backend=None,
        task_serializer="json",
        accept_content=["json"],
        event_serializer="json",
        # Each with its own exchange and key: by default they would share one, and each message come to all of them.
        task_queues=[Queue(name, Exchange(name), routing_key=name) for name in (INTERACTIVE, BULK, CONTROL)],
        task_default_queue=CONTROL,
        task_create_missing_queues=False,
        # Threads share one ledger, one limiter and the connections; processes would not.
        worker_pool="threads",
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        # Without an end: a worker outlives any outage of Redis.
        broker_connection_max_retries=None,
        task_publish_retry=False,
        broker_transport_options={
            "visibility_timeout": 7200,
            "max_connections": 64,
            # It waits a second for a message; whoever sends one, or closes a connection that died without a word, is
            # held for no longer than this.
            "socket_timeout": _TIMEOUT_S,
            "socket_connect_timeout": _TIMEOUT_S,
            "socket_keepalive": True,
            "health_check_interval": 25,
        },
        beat_schedule={"tick": {"task": TICK, "schedule": TICK_S, "options": {"queue": CONTROL, "expires": TICK_S}}},
        beat_max_loop_interval=30,
    )
    return app


def _with_checked_certificate(url: str) -> str:
    """Have Celery check the certificate of a Redis with TLS, as redis-py does unless it is told otherwise.

    Source: kombu 5.6 takes a plain `rediss://` for CERT_NONE (measured with a self-signed certificate).
    """
    if not url.startswith("rediss://") or "ssl_cert_reqs=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required"


class CeleryBroker:
    """Sends messages by Celery; none of its calls waits for long."""

    def __init__(self, broker_url: str) -> None:
        self._app = celery_on(broker_url)
        self._redis = Redis.from_url(
            broker_url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S, health_check_interval=25
        )

    def run_chunk(self, chunk_ids: Sequence[int], queue: str) -> None:
        """Ask for chunks to be run.

        Raises:
            BrokerError: it is out of reach.
        """
        with _told(), self._app.producer_pool.acquire(block=True, timeout=_TIMEOUT_S) as producer:
            for chunk_id in chunk_ids:
                self._send(RUN_CHUNK, chunk_id, queue, producer=producer)

    def deliver(self, job_id: str) -> None:
        """Ask for a job's files to be written.

        Raises:
            BrokerError: it is out of reach.
        """
        with _told():
            self._send(DELIVER, job_id, CONTROL)

    def run_batch(self, job_id: str) -> None:
        """Ask for a look at a job's batch lane.

        Raises:
            BrokerError: it is out of reach.
        """
        with _told():
            self._send(RUN_BATCH, job_id, CONTROL)

    def depth(self, queue: str) -> int:
        """Count the messages that wait.

        Raises:
            BrokerError: it is out of reach.
        """
        with _told():
            return int(self._redis.llen(queue))  # type: ignore[arg-type]  # its stubs mix the answers of both clients

    def _send(self, task: str, about: int | str, queue: str, **options: Any) -> None:
        self._app.send_task(task, args=(about,), queue=queue, ignore_result=True, **options)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerError(
            f"The broker is out of reach: {without_passwords(str(error))}",
            fix="Check that Redis runs and that SKUSCRIBE_BROKER_URL leads to it.",
            code="broker",
        ) from error
