"""A model and prices that do what a test says, and an engine on them."""

import json
import threading
import time
from collections import Counter
from itertools import count

from store_making import JOB, MODEL, now
from templates_making import template

from jobs.store.ledger import Ledger
from jobs.usage import TokenUsage
from worker.composing import Asking, Composer, Task
from worker.engine import Engine
from worker.feed import Feed, by_pages
from worker.limits.limiter import Quotas
from worker.limits.memory import MemoryLimiter
from worker.model import ModelError, OutputMode, Reply
from worker.outcome import Place

TEMPLATE = template()


def reply(text="", *, tool_input=None, stop_reason="end_turn", usage=None):
    return Reply(
        text=text,
        tool_input=tool_input,
        stop_reason=stop_reason,
        usage=usage or TokenUsage(input_tokens=100, output_tokens=20),
        raw_usage={},
        tier="default",
        request_id="r-1",
        latency_ms=1,
    )


def answer(text="Good copy", **more):
    return reply(json.dumps({"text": text} | more))


def error(kind, *, maybe_billed=False, message="it said no"):
    return ModelError(message, kind=kind, fix="Mend it.", maybe_billed=maybe_billed)


class ScriptedModel:
    """Answers by a rule: (request, how often this product's text came, from 1) -> reply, or an error to raise."""

    def __init__(self, rule=lambda _request, _times: answer(), *, latency_s=0.0):
        self.rule = rule
        self.latency_s = latency_s
        self.requests = []
        self.times = Counter()
        self.in_flight = self.most_in_flight = 0
        self.lock = threading.Lock()

    def send(self, _task, request):
        product = request.user.split("</product>")[0]
        with self.lock:
            self.requests.append(request)
            self.times[product] += 1
            times = self.times[product]
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.latency_s:
                time.sleep(self.latency_s)
            said = self.rule(request, times)
            if isinstance(said, Exception):
                raise said
            return said
        finally:
            with self.lock:
                self.in_flight -= 1


class FlatPricing:
    """A picodollar a token; reserves as told."""

    def __init__(self, *, reserve=1000, priced=True):
        self.reserve, self.priced = reserve, priced

    def reserve_pico(self, _model, *, input_tokens, output_tokens, cached):  # noqa: ARG002 - the port's signature
        return self.reserve if self.priced else None

    def cost(self, _model, usage, *, tier):  # noqa: ARG002 - the port's signature
        return (usage.input_tokens + usage.output_tokens, "flat") if self.priced else (None, "")

    def quota_tokens(self, _model, usage):
        return usage.input_tokens + usage.output_tokens


def composer(of=TEMPLATE, *, mode=OutputMode.TOOL, thinks=False, most_output_tokens=0, cache_min_tokens=0):
    asking = Asking(
        mode=mode,
        tier="default",
        cache_min_tokens=cache_min_tokens,
        thinks=thinks,
        most_output_tokens=most_output_tokens,
        metadata={},
    )
    return Composer(of, locale="", brand=None, asking=asking)


def run(store, model, *, concurrency=8, pricing=None, of=TEMPLATE, mode=OutputMode.TOOL, limiter=None, wait_s=20.0):
    """Run the engine over the job's open items; give it when it has ended."""
    clock_s = time.monotonic
    pages = by_pages(lambda after, size: [Task(item) for item in store.items.open_page(JOB, after, size)])
    feed = Feed(pages, clock_s=clock_s)
    with Ledger(store.engine, clock=now) as ledger:
        engine = Engine(
            place=Place(
                job_id=JOB,
                session=f"s{clock_s():.6f}",
                realm="aws",
                region="us-east-1",
                lane="on-demand",
                catalogue="spring",
            ),
            composers={(of.ref, "", MODEL): composer(of, mode=mode)},
            send=model.send,
            ledger=ledger,
            limiter=limiter or MemoryLimiter(Quotas(), unlimited=True),
            pricing=pricing or FlatPricing(),
            feed=feed,
            concurrency=concurrency,
            numbers=count(),
            random=lambda: 0.01,
        )
        engine.start()
        assert engine.join(wait_s), "the engine does not end"
        engine.stopped = feed.stopped
    return engine
