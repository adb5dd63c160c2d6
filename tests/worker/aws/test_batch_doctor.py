from __future__ import annotations

import json
from datetime import date
from urllib.request import Request, urlopen

import boto3
import pytest
from moto.server import ThreadedMotoServer

from jobs.prices.book import PriceBook
from templates.errors import AccessError, UserError
from worker.aws.batch_bucket import expires_after
from worker.aws.batch_doctor import BatchLook, Called, batch_checks, unchecked
from worker.aws.batch_policy import lifecycle_of
from worker.aws.batch_role import look_at_role
from worker.aws.client import session_for
from worker.aws.models import parse_model
from worker.aws.objects import Bucket
from worker.aws.service_role import parse_role, trust_policy
from worker.batch_settings import BatchSettings
from worker.simulator.local_s3 import BUCKET, local_s3

LITE, OLD = "amazon.nova-lite-v1:0", "amazon.titan-text-express-v1"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
ROLE = parse_role(f"arn:aws:iam::{ACCOUNT}:role/skuscribe/batch")


@pytest.fixture(scope="module")
def moto():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto, monkeypatch, keys):  # noqa: ARG001 - credentials are needed to sign
    """S3 and IAM of a fresh account, with nothing in it."""
    for name in ("", "_S3", "_IAM"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL{name}", moto)
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).close()  # noqa: S310 - a server of this test


@pytest.fixture
def bucket(aws):  # noqa: ARG001 - it is in that account
    client = boto3.client("s3", region_name=REGION)
    client.create_bucket(Bucket="shop-batch", CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.fixture
def role(aws):  # noqa: ARG001 - it is in that account
    client = boto3.client("iam", region_name=REGION)
    client.create_role(
        RoleName=ROLE.name, Path="/skuscribe/", AssumeRolePolicyDocument=json.dumps(trust_policy(ROLE, REGION))
    )
    return client


def looked(model=LITE, *, region=REGION, account=ACCOUNT, realm="127.0.0.1:1", **settings):
    given = {"bucket": "s3://shop-batch/skuscribe", "role_arn": ROLE.arn} | settings
    found = batch_checks(
        session_for(region=region),
        parse_model(model),
        BatchLook(settings=BatchSettings(**given), book=PriceBook.load()),
        Called(region=region, realm=realm, account=account, today=date(2026, 11, 22)),
    )
    return {check.name: check for check in found}


def with_lifecycle(client, configuration):
    client.put_bucket_lifecycle_configuration(Bucket="shop-batch", LifecycleConfiguration=configuration)


def test_without_a_bucket_and_a_role_all_is_well_and_half_of_them_is_told():
    assert looked(bucket="", role_arn="")["batch"].state == "ok"
    assert "policy --lane batch" in looked(bucket="", role_arn="")["batch"].detail
    for half, lacks in (({"bucket": ""}, "BATCH_BUCKET"), ({"role_arn": ""}, "BATCH_ROLE_ARN")):
        check = looked(**half)["batch"]
        assert check.state == "warn"
        assert f"{lacks} is not" in check.detail


def test_what_cannot_be_looked_at_is_told_when_it_is_set_up():
    assert unchecked(BatchSettings()).state == "ok"
    assert unchecked(BatchSettings(bucket="shop-batch", role_arn=ROLE.arn)).state == "warn"


@pytest.mark.servers
@pytest.mark.usefixtures("role")
def test_a_lane_that_is_set_up_as_we_print_it_is_well(bucket):
    with_lifecycle(bucket, lifecycle_of(Bucket("s3://shop-batch/skuscribe")))
    found = looked()

    assert found["batch model"].state == "ok"
    assert found["batch bucket"].state == "ok", found["batch bucket"].detail
    assert "objects expire after 14 days" in found["batch bucket"].detail
    assert "which bedrock.amazonaws.com may take on" in found["batch role"].detail
    assert "does not answer as IAM does" in found["batch role"].detail, "moto cannot simulate policies"
    assert "fail" not in {check.state for check in found.values()}
    assert "Contents" not in bucket.list_objects_v2(Bucket="shop-batch"), "what it wrote is gone"


@pytest.mark.servers
def test_a_bucket_of_another_account_than_the_role_or_the_setting_fails(keys, monkeypatch):  # noqa: ARG001 - see aws
    with local_s3("127.0.0.1") as endpoint:
        for name in ("", "_S3"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL{name}", endpoint)
        theirs, named = "arn:aws:iam::210987654321:role/batch", f"s3://{BUCKET}/skuscribe"
        refused = looked(bucket=named, role_arn=theirs)["batch bucket"]

        assert refused.state == "fail"
        assert "SKUSCRIBE_BATCH_BUCKET_OWNER" in refused.fix
        assert looked(bucket=named, bucket_owner="210987654321")["batch bucket"].state == "fail"
        assert "can be written" in looked(bucket=named)["batch bucket"].detail
        assert "can be written" in looked(bucket=named, role_arn=theirs, bucket_owner=ACCOUNT)["batch bucket"].detail


@pytest.mark.servers
def test_a_bucket_in_another_region_and_without_a_lifecycle_is_warned_of(bucket):
    check = looked(region="us-east-1")["batch bucket"]

    assert check.state == "warn"
    assert f"It is in {REGION}" in check.detail
    assert "put-bucket-lifecycle-configuration --bucket shop-batch" in check.detail
    assert bucket.head_bucket(Bucket="shop-batch")


@pytest.mark.servers
def test_objects_that_expire_before_a_job_is_over_are_warned_of(bucket):
    rule = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    with_lifecycle(bucket, {"Rules": [rule]})

    assert "results would be lost" in looked(timeout_hours=72)["batch bucket"].detail


@pytest.mark.servers
@pytest.mark.usefixtures("aws")
def test_a_bucket_or_a_role_that_is_not_there_fails():
    found = looked()

    assert (found["batch bucket"].state, found["batch role"].state) == ("fail", "fail")
    assert "no such bucket" in found["batch bucket"].detail
    assert "There is no role" in found["batch role"].detail
    assert "service_role" in found["batch role"].fix


@pytest.mark.servers
def test_a_role_that_keeps_our_jobs_out_fails_with_what_it_wants(role):
    other = trust_policy(ROLE, "us-east-1")
    role.update_assume_role_policy(RoleName=ROLE.name, PolicyDocument=json.dumps(other))
    check = looked()["batch role"]

    assert check.state == "fail"
    assert "arn:aws:bedrock:us-east-1" in check.detail
    assert "policy --lane batch" in check.fix


@pytest.mark.servers
@pytest.mark.usefixtures("role")
def test_a_role_without_its_path_is_another_one():
    check = looked(role_arn=f"arn:aws:iam::{ACCOUNT}:role/batch")["batch role"]

    assert check.state == "fail"
    assert "with its path" in check.fix


def test_a_role_of_another_account_fails_without_a_question(keys, monkeypatch):  # noqa: ARG001 - see aws
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = looked(account="999999999999", kms_key="no key")

    assert "another account" in found["batch role"].detail
    assert found["batch key"].state == "fail"
    assert looked(role_arn="batch")["batch role"].state == "fail"


def test_out_of_reach_is_a_warning_for_the_role_and_a_failure_for_the_bucket(keys, monkeypatch):  # noqa: ARG001 - see aws
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    found = looked()

    assert found["batch bucket"].state == "fail"
    assert found["batch role"].state == "warn"
    assert "could not be checked" in found["batch role"].detail


@pytest.mark.parametrize(("status", "body"), [(400, b'{"message": "I know STS only."}'), (200, b"<html>Hello</html")])
def test_what_is_no_iam_is_told_in_a_sentence(keys, monkeypatch, stand_in, status, body):  # noqa: ARG001 - see aws
    monkeypatch.setenv("AWS_ENDPOINT_URL", stand_in.url)
    stand_in.says("/", body, status=status)
    check = looked()["batch role"]
    where = stand_in.url.removeprefix("http://")

    assert check.state == "warn"
    assert (
        check.detail
        == f"{ROLE.arn}. Who may take it on could not be checked: what is at {where} does not answer as IAM does."
    )


def test_credentials_of_a_stand_in_are_not_shown_to_iam(keys, monkeypatch):  # noqa: ARG001 - see aws
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")

    assert "requests go to 127.0.0.1:1" in looked()["batch role"].detail


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("model", "told"),
    [
        (OLD, "not known to take batch jobs"),
        (f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/x", "cannot be told"),
    ],
)
def test_a_model_that_takes_no_batch_jobs_is_warned_of(monkeypatch, model, told):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    check = looked(model)["batch model"]

    assert check.state == "warn"
    assert told in check.detail


def test_a_model_without_a_batch_price_is_warned_of(keys, monkeypatch):  # noqa: ARG001 - see aws
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert "no batch price for input and output" in looked(region="me-south-1")["batch model"].detail


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ({"Filter": {"Prefix": "skus"}}, 9),
        ({"Filter": {}}, 9),
        ({"Prefix": "skuscribe/"}, 9),
        ({"Filter": {"Prefix": "skuscribe/in/"}}, None),
        ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}}, None),
        ({"Filter": {"And": {"Prefix": "", "Tags": []}}}, None),
        ({"Filter": {}, "Status": "Disabled"}, None),
        ({"Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}}, None),
    ],
)
def test_a_rule_counts_when_it_takes_every_object_below_the_prefix(rule, days):
    assert expires_after([{"Status": "Enabled", "Expiration": {"Days": 9}} | rule], "skuscribe/") == days


class Iam:
    """IAM as far as roles go: what it decides about an action."""

    def __init__(self, **decisions):
        self.decisions = decisions
        self.asked = []
        self.meta = type("Meta", (), {"endpoint_url": "https://iam.amazonaws.com"})

    def get_role(self, **_):
        return {"Role": {"Arn": ROLE.arn, "AssumeRolePolicyDocument": trust_policy(ROLE, REGION)}}

    def simulate_principal_policy(self, **asked):
        self.asked.append(asked)
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalResourceName": resource,
                    "EvalDecision": self.decisions.get(action.partition(":")[2], "allowed"),
                }
                for action in asked["ActionNames"]
                for resource in asked["ResourceArns"]
            ]
        }


def permitted(monkeypatch, model=LITE, **decisions):
    from worker.aws import batch_role  # noqa: PLC0415 - only where its client is another
    from worker.aws.batch_policy import BatchPlace  # noqa: PLC0415 - as above

    iam, warnings = Iam(**decisions), []
    monkeypatch.setattr(batch_role, "probe_client", lambda *_, **__: iam)
    place = BatchPlace(
        bucket=Bucket("s3://shop-batch/skuscribe"), role=ROLE, region=REGION, bucket_owner="210987654321"
    )
    look_at_role(None, place, [parse_model(model)], account="", realm="aws", warnings=warnings)
    return iam.asked, warnings


def test_what_the_role_needs_is_asked_about_with_resources_that_there_could_be(monkeypatch):
    asked, warnings = permitted(monkeypatch)

    assert warnings == []
    assert [one["ResourceArns"] for one in asked] == [
        ["arn:aws:s3:::shop-batch/skuscribe/doctor"],
        ["arn:aws:s3:::shop-batch"],
    ]
    assert all("*" not in resource for one in asked for resource in one["ResourceArns"])
    assert {one["ContextEntries"][0]["ContextKeyValues"][0] for one in asked} == {"210987654321"}, "the bucket's owner"


def test_what_is_not_allowed_is_a_warning_and_what_is_denied_a_failure(monkeypatch):
    _, [warning] = permitted(monkeypatch, PutObject="implicitDeny")
    assert "s3:PutObject on arn:aws:s3:::shop-batch/skuscribe/doctor" in warning

    with pytest.raises(AccessError, match="denied s3:ListBucket"):
        permitted(monkeypatch, ListBucket="explicitDeny")


def test_the_role_is_asked_about_a_profile_and_the_models_behind_it(monkeypatch):
    for scope, resources in (("global", 3), ("eu", 2)):
        asked, _ = permitted(monkeypatch, f"{scope}.anthropic.claude-haiku-4-5-20251001-v1:0")
        assert len(asked[2]["ResourceArns"]) == resources
        assert f":bedrock:{REGION}::foundation-model/" in asked[2]["ResourceArns"][1]


def test_the_checks_never_raise_for_a_role_that_is_none():
    with pytest.raises(UserError):
        parse_role("x")
    assert looked(role_arn="x", bucket="")["batch"].state == "warn"
