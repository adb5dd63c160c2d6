from __future__ import annotations

import socket
from dataclasses import replace
from urllib.request import urlopen

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from templates.errors import UserError
from worker.metrics import LineCollector, LineFigures, registry_of, serve_metrics

LABELS = ("model", "region", "realm", "kind", "state")
PLACE = ("amazon.nova-lite-v1:0", "us-east-1", "aws")


def _line(job_id="j1", **values):
    given = {
        "job_id": job_id,
        "model": PLACE[0],
        "region": PLACE[1],
        "realm": PLACE[2],
        "requests": 10,
        "throttled": 2,
        "input_tokens": 3000,
        "output_tokens": 800,
        "cost_pico": 1_500_000_000_000,
        "in_flight": 4,
        "waited_s": 2.5,
        "finished": 5,
        "failed": 1,
    }
    return LineFigures(**(given | values))


def _shown(collector):
    text = generate_latest(registry_of(collector)).decode()
    return {
        (sample.name, *(sample.labels[name] for name in LABELS if name in sample.labels)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_worker_shows_what_its_lines_have_done():
    found = _shown(LineCollector(lambda: [_line()]))
    assert found["skuscribe_requests_total", *PLACE] == 10
    assert found["skuscribe_throttled_total", *PLACE] == 2
    assert found["skuscribe_tokens_total", *PLACE, "input"] == 3000
    assert found["skuscribe_tokens_total", *PLACE, "output"] == 800
    assert found["skuscribe_cost_usd_total", *PLACE] == 1.5
    assert found["skuscribe_limiter_wait_seconds_total", *PLACE] == 2.5
    assert found["skuscribe_items_finished_total", *PLACE, "done"] == 4
    assert found["skuscribe_items_finished_total", *PLACE, "failed"] == 1
    assert found["skuscribe_requests_in_flight", *PLACE] == 4
    assert found["process_resident_memory_bytes",] > 0


def test_jobs_of_one_place_are_one_series_and_places_stand_apart():
    lines = [_line("j1"), _line("j2"), _line("j3", realm="simulated")]
    collector = LineCollector(lambda: lines)
    found = _shown(collector)
    assert found["skuscribe_requests_total", *PLACE] == 20
    assert found["skuscribe_requests_in_flight", *PLACE] == 8
    assert found["skuscribe_requests_total", *PLACE[:2], "simulated"] == 10
    assert "j1" not in generate_latest(registry_of(collector)).decode()


def test_a_line_that_is_no_more_stays_in_the_counters_and_not_in_flight():
    lines = [_line("j1"), _line("j2", requests=7)]
    collector = LineCollector(lambda: lines)
    assert _shown(collector)["skuscribe_requests_total", *PLACE] == 17
    last = replace(lines.pop(0), requests=12, in_flight=0)
    # Somebody looks just before its last figures are kept.
    between = _shown(collector)
    collector.closed(last)
    after = _shown(collector)
    assert between["skuscribe_requests_total", *PLACE] == 17
    assert after["skuscribe_requests_total", *PLACE] == 19
    assert after["skuscribe_requests_in_flight", *PLACE] == 4


def test_a_job_that_comes_back_counts_on():
    lines = [_line("j1", requests=10)]
    collector = LineCollector(lambda: lines)
    collector.closed(lines.pop())
    lines.append(_line("j1", requests=3))
    assert _shown(collector)["skuscribe_requests_total", *PLACE] == 13


def test_short_jobs_between_two_looks_are_counted():
    collector = LineCollector(list)
    assert ("skuscribe_requests_total", *PLACE) not in _shown(collector)
    collector.closed(_line(requests=3, in_flight=0))
    found = _shown(collector)
    assert found["skuscribe_requests_total", *PLACE] == 3
    assert found["skuscribe_requests_in_flight", *PLACE] == 0


def test_counters_never_go_down_whatever_happens_between_two_looks():
    lines = {}
    collector = LineCollector(lambda: list(lines.values()))
    before = 0.0
    for turn in range(60):
        job_id = f"j{turn % 7}"
        if turn % 3 == 2 and job_id in lines:
            last = lines.pop(job_id)
            assert _shown(collector)["skuscribe_cost_usd_total", *PLACE] >= before
            collector.closed(last)
        else:
            old = lines.get(job_id)
            lines[job_id] = _line(job_id, cost_pico=(old.cost_pico if old else 0) + 10**11)
        now = _shown(collector)["skuscribe_cost_usd_total", *PLACE]
        assert now >= before
        before = now


@pytest.mark.servers
def test_prometheus_finds_a_worker_on_its_port():
    server = serve_metrics(0, registry_of(LineCollector(lambda: [_line()])))
    try:
        with urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=30) as answer:
            assert "skuscribe_requests_total{" in answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.servers
def test_a_port_that_is_taken_is_named():
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port}"):
            serve_metrics(port, registry_of(LineCollector(list)))
