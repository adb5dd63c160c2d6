from decimal import Decimal

import pytest
from command_line import csv_file, many, table_of
from faults_making import Watched, outcome_of, run_arguments, spent_usd
from stand_in import StandIn

pytestmark = pytest.mark.servers

FAST = ("--concurrency", 64, "--rpm", 60_000)


def capped(bedrock, tmp_path, budget, *, items=250):
    source = csv_file(tmp_path / "things.csv", many(items))
    out = tmp_path / "out.csv"
    return outcome_of(bedrock, *run_arguments(source, out, "--budget", budget, *FAST)), out


def test_a_budget_is_never_exceeded_and_more_of_it_finishes_the_rest(tmp_path):
    items, budget = 900, Decimal("0.03")
    with StandIn(latency_s=0.15) as bedrock:
        stopped, out = capped(bedrock, tmp_path, budget, items=items)
        assert stopped.code == 4, stopped.err
        spent = spent_usd(bedrock)
        first = stopped.json
        assert budget * Decimal("0.95") <= spent <= budget
        assert Decimal(first["cost_usd"]) == spent
        assert first["stop_reason"] == "cap"
        assert first["items"]["done"] + first["items"]["pending"] == items
        assert first["items"]["done"] == sum(1 for row in table_of(out) if row["Image alt text"]) > 20
        assert 16 < bedrock.counts.max_in_flight <= 64

        rest = outcome_of(bedrock, "resume", first["job"], "--budget", "2")
        assert rest.code == 0, rest.err
        assert rest.json["items"]["done"] == items
        assert Decimal(rest.json["cost_usd"]) == spent_usd(bedrock)
        assert set(bedrock.counts.answers.values()) == {1}
    assert all(row["Image alt text"] for row in table_of(out))


def test_a_budget_holds_after_the_first_reply_against_an_endpoint_that_counts_more_tokens_than_bytes(tmp_path):
    with StandIn(latency_s=0.03, usage={"inputTokens": 200_000, "outputTokens": 3000}) as bedrock:
        stopped, _ = capped(bedrock, tmp_path, "0.10")
        assert stopped.code == 4, stopped.err
        assert stopped.json["items"]["done"] >= 5
        assert spent_usd(bedrock) <= Decimal("0.10")


def test_one_such_reply_is_the_most_that_a_small_budget_can_be_exceeded_by(tmp_path):
    with StandIn(latency_s=0.03, usage={"inputTokens": 200_000, "outputTokens": 3000}) as bedrock:
        stopped, _ = capped(bedrock, tmp_path, "0.005")
        assert stopped.code == 4, stopped.err
        assert bedrock.counts.requests == 1
        assert stopped.json["items"]["done"] == 1


def test_what_may_have_been_billed_counts_against_the_budget(tmp_path):
    with StandIn(faults={"drop": 0.3}, seed=3) as bedrock:
        stopped, _ = capped(bedrock, tmp_path, "0.006")
        assert stopped.code == 4, stopped.err
        summary = stopped.json
        assert summary["unconfirmed_attempts"] == bedrock.counts.faults["drop"]
        assert Decimal(summary["cost_usd"]) + Decimal(summary["unconfirmed_usd"]) <= Decimal("0.006")
    assert Watched().ask("SELECT spent_pico + held_pico <= cap_pico FROM jobs") == [(1,)]
