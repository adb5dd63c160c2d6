from __future__ import annotations

import json
from http.client import HTTPConnection

import pytest
from command_line import ended, start
from servers import Postgres, Redis
from store_making import with_items

from jobs.lifecycle import JobState
from jobs.store.database import open_database, upgrade_database
from jobs.store.store import store_on

pytestmark = pytest.mark.servers


class _Service:
    """The server in a process of its own."""

    def __init__(self):
        self._process = start("serve", "--port", "0", "--json")
        self._port = json.loads(self._process.stdout.readline())["port"]

    def get(self, path):
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def checks(self):
        status, text = self.get("/ready")
        return status, {check["name"]: check["state"] for check in json.loads(text)["checks"]}, text

    def end(self):
        self._process.terminate()
        return ended(self._process)


def test_it_outlives_its_store_and_its_broker_and_says_which_is_away(monkeypatch):
    with Postgres() as postgres, Redis() as broker:
        url = postgres.url(postgres.new_database())
        upgrade_database(url)
        store = store_on(open_database(url))
        with_items(store, 3, state=JobState.STOPPED)
        store.engine.dispose()
        monkeypatch.setenv("SKUSCRIBE_DATABASE_URL", url)
        monkeypatch.setenv("SKUSCRIBE_BROKER_URL", broker.url)
        service = _Service()
        assert service.checks()[:2] == (200, {"store": "ok", "broker": "ok"})
        assert 'skuscribe_queue_depth{queue="interactive"} 0.0' in service.get("/metrics")[1]
        broker.kill()
        assert service.checks()[:2] == (503, {"store": "ok", "broker": "fail"})
        assert "skuscribe_broker_up 0.0" in service.get("/metrics")[1]
        assert service.get("/api/jobs")[0] == 200
        postgres.kill()
        status, checks, text = service.checks()
        assert (status, checks) == (503, {"store": "fail", "broker": "fail"})
        assert postgres.password not in text
        for route in ("/api/jobs", "/metrics"):
            status, text = service.get(route)
            assert (status, json.loads(text)["error"]["code"]) == (503, "store")
            assert postgres.password not in text
        assert service.get("/health")[0] == 200
        postgres.start()
        broker.start()
        assert service.checks()[:2] == (200, {"store": "ok", "broker": "ok"})
        assert json.loads(service.get("/api/jobs")[1])["jobs"][0]["items"]["pending"] == 3
        outcome = service.end()
        assert outcome.code == 0
        assert postgres.password not in outcome.err
