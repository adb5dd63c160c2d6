from __future__ import annotations

import json
import signal
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from command_line import ended, start
from prometheus_client.parser import text_string_to_metric_families
from store_making import JOB, with_items

from console.web.server import listen
from jobs.lifecycle import JobState
from templates.errors import UserError
from worker.wiring import wire

pytestmark = pytest.mark.servers


def _get(url, host=None):
    server = urlsplit(url)
    connection = HTTPConnection(server.hostname, server.port, timeout=30)
    try:
        connection.request("GET", server.path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def server():
    process = start("serve", "--port", "0", "--json")
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(server, number):
    process, told = server
    assert told["host"] == "127.0.0.1"
    assert told["url"] == f"http://127.0.0.1:{told['port']}"
    assert _get(f"{told['url']}/health") == (200, '{"status":"ok"}')
    process.send_signal(number)
    outcome = ended(process, timeout_s=20)
    assert outcome.code == 0
    assert outcome.out == ""
    with socket.socket() as attempt:
        assert attempt.connect_ex(("127.0.0.1", told["port"])) != 0


def test_all_routes_answer_over_a_connection(server, skuscribe):
    process, told = server
    parts = wire()
    with_items(parts.store, 3, state=JobState.STOPPED)
    parts.store.engine.dispose()
    url = told["url"]
    assert json.loads(_get(f"{url}/ready")[1])["ready"]
    assert json.loads(_get(f"{url}/api/jobs")[1]) == skuscribe.json("jobs")
    assert json.loads(_get(f"{url}/api/jobs/{JOB}")[1]) == skuscribe.json("status", JOB)
    names = {family.name for family in text_string_to_metric_families(_get(f"{url}/metrics")[1])}
    assert {"skuscribe_jobs", "skuscribe_chunks", "skuscribe_workers"} <= names
    assert _get(f"{url}/api/jobs/none")[0] == 404
    assert _get(f"{url}/api/jobs", host="evil.example") == (400, "Invalid host header")
    process.terminate()
    log = ended(process).err
    assert f"/api/jobs/{JOB}" in log
    assert "/metrics" not in log
    assert "/ready" not in log


def test_its_log_is_json_where_that_is_set(monkeypatch):
    monkeypatch.setenv("SKUSCRIBE_LOG", "json")
    process = start("serve", "--port", "0", "--json", "--host", "0.0.0.0")  # noqa: S104 - what a container does
    url = f"http://127.0.0.1:{json.loads(process.stdout.readline())['port']}"
    assert _get(f"{url}/nothing%0Ahere")[0] == 404
    process.terminate()
    lines = [json.loads(line) for line in ended(process).err.splitlines()]
    assert all(line["time"].endswith("Z") for line in lines)
    assert any("no login" in line["message"] for line in lines)
    assert any("/nothing%0Ahere" in line["message"] for line in lines)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--host", "192.0.2.1"), "cannot listen on 192.0.2.1"),
        (("--host", "no such host"), "cannot listen on no such host"),
        (("--allow-host", "http://copy.example.com"), "no name of a host"),
        (("--allow-host", "a*b"), "no name of a host"),
        (("--port", "65536"), "65536"),
    ],
)
def test_what_it_cannot_listen_on_is_bad_input(skuscribe, arguments, word):
    error = skuscribe.json("serve", "--port", "0", *arguments, code=2)["error"]
    assert word in error["message"]
    assert error["fix"]


def test_a_port_that_is_taken_is_named(skuscribe):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = skuscribe.json("serve", "--port", port, code=2)["error"]
    assert str(port) in error["message"]
    assert "it is taken" in error["message"]


def test_the_loopback_of_the_newer_protocol_is_listened_on_where_there_is_one():
    try:
        listening = listen("::1", 0)
    except UserError as error:
        assert "::1" in error.message  # noqa: PT017 - a machine without it has nothing to listen on
        return
    with listening:
        assert listening.family == socket.AF_INET6
