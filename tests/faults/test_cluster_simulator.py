"""The services of docker-compose.yml with the product's own simulator, which counts by itself."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest
from cluster import Cluster
from command_line import csv_file, many
from fleet import LEASE_S, SCALES, TEMPLATE, WORKERS

pytestmark = pytest.mark.servers


def counted(cluster):
    with urlopen(f"{cluster.url('simulator', 8787)}/_simulator/counters", timeout=10) as answer:  # noqa: S310 - our own simulator
        return json.load(answer)


@pytest.mark.parametrize("scale", SCALES)
def test_the_ledger_agrees_with_the_simulators_own_count_although_a_worker_is_killed(fleet, tmp_path, scale):
    source = csv_file(tmp_path / "things.csv", many(scale.items))
    run = ("run", source, "--template", TEMPLATE, "--concurrency", scale.concurrency, "--yes", "--json")
    with Cluster(
        tmp_path / "cluster",
        workers=WORKERS,
        simulator=("--latency-s", str(scale.latency_s)),
        environ={"SKUSCRIBE_LEASE_S": str(LEASE_S)},
        without=("web", "beat"),
        postgres=fleet.postgres,
    ) as cluster:
        process = fleet.start(*run, **cluster.environ)
        fleet.until(lambda: counted(cluster)["requests"] >= scale.items / 4)
        cluster.worker(0).kill()
        outcome = fleet.outcome(process)
        assert outcome.returncode == 0, outcome.stderr
        counts = counted(cluster)
    summary, answers = json.loads(outcome.stdout), counts["complete_answers_by_prompt"]
    lost, [tokens] = summary["unconfirmed_attempts"], counts["tokens"].values()
    assert summary["items"]["done"] == answers["prompts"] == scale.items
    assert answers["beyond_one"] <= lost <= scale.concurrency
    assert summary["requests"] - lost <= counts["requests"] <= summary["requests"]
    assert scale.items <= counts["ok"] <= scale.items + lost
    paid = summary["usage"]["input_tokens"] + summary["usage"]["output_tokens"]
    given = tokens["inputTokens"] + tokens["outputTokens"]
    assert paid == given if not lost else paid <= given
