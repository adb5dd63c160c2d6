"""Worker processes without their processes: hosts in threads on one store, with a broker that is a list."""

import threading
import time
from contextlib import contextmanager
from queue import Empty, Queue

from store_making import now

from jobs.clock import utc_now
from jobs.prices.book import PriceBook
from jobs.store.ledger import Ledger
from worker.assembly import Assembly
from worker.hold import Hold
from worker.host import Host, Identity
from worker.limits.memory import MemoryLimiter
from worker.messages import BULK, Messages
from worker.settings import load_settings
from worker.sweep import Sweep
from worker.tick import Tick


class ListBroker:
    """Keeps messages until a host takes them; may lose or double them when told to."""

    def __init__(self):
        self.queue = Queue()
        self.sent = []
        self.delivered = []
        self.batches = []
        self.copies = 1

    def run_chunk(self, chunk_ids, queue):
        for chunk_id in chunk_ids:
            self.sent.append((chunk_id, queue))
            for _ in range(self.copies):
                self.queue.put(chunk_id)

    def deliver(self, job_id):
        self.delivered.append(job_id)

    def run_batch(self, job_id):
        self.batches.append(job_id)

    def depth(self, queue):
        return self.queue.qsize() if queue == BULK else 0


class OwnLimits:
    """A limiter for each job; what all workers share is tested beside Redis."""

    def limiter(self, _key, quotas, *, job_id, weight, urgent):  # noqa: ARG002 - the port's signature
        return MemoryLimiter(quotas)

    def close(self):
        pass


class Silent:
    def show_of(self, _job):
        return None


class Hosts:
    """Hosts on one store, each with threads that take messages as Celery's do."""

    def __init__(self, store, environ, folder, *, lease_s=60.0):
        self.store, self.broker = store, ListBroker()
        self.messages = Messages(store=store, broker=self.broker, clock=utc_now)
        settings = load_settings(environ, folder)
        self.assembly = Assembly(settings=settings, book=PriceBook.load(None), clock=utc_now, random=lambda: 0.01)
        self.hold = Hold(folder / "locks", store=store, clock=utc_now, lease_s=lease_s)
        self.lease_s = lease_s
        self.running = []
        self.over = threading.Event()

    def begin(self, *, slots=4):
        sweep = Sweep(
            store=self.store, messages=self.messages, lease_s=self.lease_s, clock=utc_now, clock_s=time.monotonic
        )
        ledger = Ledger(self.store.engine, clock=now)
        ledger.open()
        host = Host(
            me=Identity(host="here", process=1, slots=slots),
            store=self.store,
            ledger=ledger,
            assembly=self.assembly,
            limits=OwnLimits(),
            messages=self.messages,
            tick=Tick(sweep),
            lease_s=self.lease_s,
            showing=Silent(),
            closed=lambda _: None,
        )
        host.start()
        threads = [threading.Thread(target=self._take, args=(host,), daemon=True) for _ in range(slots)]
        for thread in threads:
            thread.start()
        self.running.append((host, ledger, threads))
        return host

    def _take(self, host):
        while not self.over.is_set() and not host._stopping.is_set():
            try:
                chunk_id = self.broker.queue.get(timeout=0.05)
            except Empty:
                continue
            host.run_chunk(chunk_id)

    def close(self):
        self.over.set()
        for host, ledger, threads in self.running:
            host.close()
            for thread in threads:
                thread.join(10)
            ledger.close()


@contextmanager
def hosts_on(store, environ, folder, **options):
    hosts = Hosts(store, environ, folder, **options)
    try:
        yield hosts
    finally:
        hosts.close()
