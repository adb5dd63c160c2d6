"""One worker process of part e: threads that ask the shared limiter and send to the simulator as fast as they may.

usage: limiter_hammer.py JSON, an object of: endpoint, redis (URL), process (its name), tokens_bind, threads (for each
job), jobs (weight of each), rpm, tpm, and since, until, end, which are seconds of the machine's clock.
Prints what the requests used that ended between `since` and `until`, by job, and how many of all were throttled.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

from worker.limits.limiter import Limiter, LimitKey, Quotas
from worker.limits.shared import SharedLimits

MODEL = "amazon.nova-lite-v1:0"
_PATH = f"/model/{quote(MODEL, safe='')}/converse"
_SENTENCE = "It is made of steel and lasts. "


class Hammer:
    """Sends for several jobs at once."""

    def __init__(self, asked: dict[str, object]) -> None:
        self.asked = asked
        self.counts: Counter[str] = Counter()
        self._random = random.Random(str(asked["process"]))
        self._lock = threading.Lock()

    def run(self) -> None:
        """Send until the end."""
        asked = self.asked
        limits = SharedLimits(str(asked["redis"]), process=str(asked["process"]))
        key = LimitKey("simulated", "", "us-east-1", MODEL)
        quotas = Quotas(float(asked["rpm"]), float(asked["tpm"]))
        limiters = [
            (job, limits.limiter(key, quotas, job_id=job, weight=weight)) for job, weight in dict(asked["jobs"]).items()
        ]
        threads = [
            threading.Thread(target=self._send, args=(job, limiter))
            for job, limiter in limiters
            for _ in range(int(asked["threads"]))
        ]
        for thread in threads:
            thread.start()
        time.sleep(max(0.0, float(asked["end"]) - time.time()))
        for _, limiter in limiters:
            limiter.close()
        for thread in threads:
            thread.join()
        limits.close()

    def _send(self, job: str, limiter: Limiter) -> None:
        connection = HTTPConnection(urlsplit(str(self.asked["endpoint"])).netloc)
        while True:
            body, reserved = self._request()
            permit = limiter.acquire(reserved)
            if permit is None:
                connection.close()
                return
            connection.request("POST", _PATH, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            reply = json.loads(response.read())
            if response.status == 429:  # noqa: PLR2004 - too many requests
                limiter.throttled(permit)
                self._count(throttled=1, sent=1)
                continue
            used = int(reply["usage"]["totalTokens"])
            limiter.settle(permit, used)
            self._count(sent=1, reserved=reserved, used=used)
            if float(self.asked["since"]) <= time.time() < float(self.asked["until"]):
                self._count(**{f"{job} requests": 1, f"{job} tokens": used})

    def _request(self) -> tuple[bytes, int]:
        """Give a body, and what it reserves: 1.5 to 7 times its use when tokens are to bind."""
        with self._lock:
            number = self._random.randrange(10**9)
            sentences = self._random.randrange(30) if self.asked["tokens_bind"] else 0
            most = self._random.randrange(200, 700) if self.asked["tokens_bind"] else self._random.randrange(30, 60)
        text = f"Describe product {number}. {_SENTENCE * sentences}"
        body = {"messages": [{"role": "user", "content": [{"text": text}]}], "inferenceConfig": {"maxTokens": most}}
        # As the simulator counts: four characters a token, and three for the frame.
        return json.dumps(body).encode(), 3 - (-len(text) // 4) + most

    def _count(self, **more: int) -> None:
        with self._lock:
            self.counts.update(more)


def main() -> None:
    """Hammer, then say what came of it."""
    hammer = Hammer(json.loads(sys.argv[1]))
    hammer.run()
    print(json.dumps(hammer.counts))


if __name__ == "__main__":
    main()
