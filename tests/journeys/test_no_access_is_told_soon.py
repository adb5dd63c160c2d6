"""What would hit every item is told after a few requests, with the cure, and exit code 5."""

from __future__ import annotations

import pytest
from command_line import csv_file, many, table_of

pytestmark = pytest.mark.servers

RUN = ("--template", "image-alt-text", "--yes")
ROOT_USER = "arn:aws:iam::123456789012:root"
ROLE = "arn:aws:sts::123456789012:assumed-role/writer/me"


@pytest.fixture
def denied(skuscribe, bedrock, tmp_path):
    def run(*arguments):
        csv_file(tmp_path / "p.csv", many(200))
        outcome = skuscribe("run", "p.csv", *RUN, *arguments, "--json")
        assert outcome.code == 5, outcome
        assert set(outcome.json) == {"error"}
        assert all(outcome.json["error"].values())
        assert bedrock.counts.requests + sum(bedrock.counts.others.values()) <= 5
        assert not (tmp_path / "outputs").exists()
        jobs = skuscribe.json("jobs")["jobs"]
        # What was sent stays in the ledger; what sent nothing leaves nothing.
        assert [job["state"] for job in jobs] == (["failed"] if bedrock.counts.requests else [])
        return outcome.json["error"]

    return run


def test_no_credentials(denied, bedrock, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = denied()
    assert error["code"] == "credentials"
    assert "aws configure" in error["fix"]
    assert "--simulate" in error["fix"]
    assert bedrock.counts.requests == 0


def test_a_profile_that_is_not_there(denied, bedrock, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "nobody" in denied()["message"]
    assert bedrock.counts.requests == 0


def test_no_region(denied, bedrock, monkeypatch):
    monkeypatch.delenv("AWS_REGION")
    error = denied()
    assert "--region" in error["fix"]
    assert bedrock.counts.requests == 0


def test_a_region_that_is_none(denied, bedrock):
    assert "mars" in denied("--region", "mars")["message"]
    assert bedrock.counts.requests == 0


def test_a_region_without_bedrock(denied, bedrock, monkeypatch):
    # Against AWS itself, which boto3's own list rules out before anything is asked.
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    error = denied("--region", "ap-east-1")
    assert "ap-east-1" in error["message"]
    assert "us-west-2" in error["fix"]
    assert bedrock.counts.requests == 0


def test_root_credentials(denied, bedrock):
    bedrock.identity = ROOT_USER
    error = denied()
    assert error["code"] == "root"
    assert "123456789012" in error["message"]
    assert bedrock.counts.requests == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("forbidden", "bedrock:InvokeModel"),
        ("expired", "sign"),
        ("missing", "--model"),
        ("end_of_life", "--model"),
        ("on_demand", "us.amazon.nova-lite-v1:0"),
    ],
)
def test_what_bedrock_refuses_at_the_first_request(denied, bedrock, fault, said):
    bedrock.identity, bedrock.always = ROLE, fault
    error = denied()
    assert said in f"{error['message']} {error['fix']}"
    assert bedrock.counts.requests == 1


def test_a_model_past_its_end_by_the_table(denied, bedrock):
    error = denied("--model", "anthropic.claude-3-haiku-20240307-v1:0")
    assert error["code"] == "model_eol"
    assert bedrock.counts.requests == 0


def test_a_model_past_its_end_by_what_aws_says(denied, bedrock):
    life = {"status": "LEGACY", "endOfLifeTime": "2026-01-31T00:00:00Z"}
    bedrock.control["/foundation-models/amazon.nova-lite-v1:0"] = {"modelDetails": {"modelLifecycle": life}}
    assert denied()["code"] == "model_eol"


def test_an_account_without_access_to_the_model(denied, bedrock):
    bedrock.control["/foundation-model-availability/amazon.nova-lite-v1:0"] = {
        "modelId": "amazon.nova-lite-v1:0",
        "agreementAvailability": {"status": "NOT_AVAILABLE"},
        "authorizationStatus": "NOT_AUTHORIZED",
        "entitlementAvailability": "NOT_AVAILABLE",
        "regionAvailability": "AVAILABLE",
    }
    assert denied()["code"] == "model_access"
    assert bedrock.counts.requests == 0


def test_a_job_without_access_goes_on_once_it_has_it(skuscribe, bedrock, tmp_path):
    bedrock.always = "forbidden"
    source = csv_file(tmp_path / "p.csv")
    assert skuscribe("run", source, *RUN).code == 5
    job = skuscribe.json("jobs")["jobs"][0]
    assert job["items"]["pending"] == 3
    bedrock.always = None
    resumed = skuscribe.json("resume", job["job"])
    assert resumed["items"]["done"] == 3
    assert bedrock.counts.requests == 4


def test_access_that_ends_in_the_middle_delivers_what_was_written(skuscribe, bedrock, tmp_path):
    bedrock.plan = lambda _text, _times: "expired" if bedrock.counts.requests > 6 else None
    source = csv_file(tmp_path / "p.csv", many(20))
    outcome = skuscribe("run", source, *RUN, "--concurrency", "2", "--json")
    assert outcome.code == 5
    assert set(outcome.json) == {"error"}
    job = skuscribe.json("jobs")["jobs"][0]
    assert job["state"] == "failed"
    assert job["items"]["done"] == 6
    assert job["items"]["pending"] == 14
    rows = table_of(job["outputs"]["workbook"])
    assert sum(bool(row["Image alt text"]) for row in rows) == 6
    bedrock.plan = None
    assert skuscribe.json("resume", job["job"])["items"]["done"] == 20
    assert max(bedrock.counts.answers.values()) == 1


def test_requests_that_are_all_rejected_stop_after_a_few(skuscribe, bedrock, tmp_path):
    bedrock.always = "refused"
    source = csv_file(tmp_path / "p.csv", many(100))
    outcome = skuscribe("run", source, *RUN, "--json")
    assert outcome.code == 5
    assert bedrock.counts.requests <= 10


@pytest.mark.parametrize("model", ["acme.unheard-of-v1:0", "us.newmaker.writer-9-v1:0"])
def test_a_model_that_the_table_does_not_know_is_asked_in_the_prompt(skuscribe, bedrock, tmp_path, model):
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN, "--model", model)
    assert summary["items"]["done"] == 3
    assert bedrock.counts.models == {model: 3}
    assert not any({"toolConfig", "outputConfig"} & set(body) for body in bedrock.counts.bodies)


def test_a_model_that_refuses_the_form_of_the_request_is_asked_in_the_prompt(skuscribe, bedrock, tmp_path):
    bedrock.plan = lambda _text, _times: "refused" if "toolConfig" in bedrock.counts.bodies[-1] else None
    summary = skuscribe.json("run", csv_file(tmp_path / "p.csv"), *RUN)
    assert summary["items"]["done"] == 3
    assert bedrock.counts.requests == 4


def test_an_endpoint_that_nobody_listens_on(skuscribe, bedrock, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    source = csv_file(tmp_path / "p.csv")
    outcome = skuscribe("run", source, *RUN, "--deadline", "2s", "--json")
    assert outcome.code in (3, 5), outcome
    assert skuscribe.json("costs")["total"]["cost_usd"] in (None, "0")
    assert bedrock.counts.requests == 0


def test_doctor_says_what_is_wrong_and_how_to_mend_it(skuscribe, bedrock, monkeypatch):
    bedrock.identity = ROLE
    well = skuscribe.json("doctor")
    assert well["ok"]
    assert {check["name"] for check in well["checks"]} >= {"store", "region", "identity", "model", "quotas"}
    assert all(set(check) == {"name", "state", "detail", "fix"} for check in well["checks"])
    assert ROLE in str(well)
    bedrock.identity = ROOT_USER
    ill = skuscribe.json("doctor", code=5)
    assert not ill["ok"]
    assert [check["name"] for check in ill["checks"] if check["state"] == "fail"] == ["identity"]
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "aws configure" in skuscribe("doctor").out
    assert bedrock.counts.requests == 0
