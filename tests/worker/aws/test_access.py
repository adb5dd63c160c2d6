from __future__ import annotations

from datetime import date

import pytest

from templates.errors import AccessError
from worker.aws.access import preflight
from worker.aws.client import session_for
from worker.aws.doctor import checks
from worker.aws.models import parse_model

pytestmark = pytest.mark.servers

TODAY = date(2026, 11, 22)
LITE = "amazon.nova-lite-v1:0"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
OPEN = {
    "modelId": LITE,
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


def identity(arn="arn:aws:iam::123456789012:user/ann"):
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{arn}</Arn><UserId>U</UserId><Account>123456789012</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"
    ).encode()


def details(**life):
    return {"modelDetails": {"modelArn": "a", "modelId": LITE, "modelLifecycle": {"status": "ACTIVE"} | life}}


@pytest.fixture
def aws(stand_in, request, monkeypatch):
    request.getfixturevalue("keys")
    monkeypatch.setenv("AWS_ENDPOINT_URL", stand_in.url)
    stand_in.says("/foundation-model-availability/", OPEN)
    stand_in.says("/foundation-models/", details())
    stand_in.answers["/"] = (200, identity(), {"content-type": "text/xml"})
    return stand_in


def check(model=LITE, *, region="us-east-1"):
    return preflight(session_for(region=region), parse_model(model), region=region, today=TODAY)


def refused(**more):
    with pytest.raises(AccessError) as caught:
        check(**more)
    assert caught.value.exit_code == 5
    assert caught.value.fix
    return caught.value


def test_all_well_takes_at_most_four_requests(aws):
    found = check()

    assert found.realm == aws.url.removeprefix("http://")
    assert found.warnings == ()
    assert len(aws.requests) <= 4


def test_no_credentials_are_told_with_the_cure_and_nothing_is_sent(stand_in, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", stand_in.url)

    error = refused()

    assert error.code == "credentials"
    assert "aws configure" in error.fix
    assert "`skuscribe run … --simulate`" in error.fix, "other commands, such as doctor, have no --simulate"
    assert stand_in.requests == []


def test_half_the_credentials_are_told(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")

    assert refused().code == "credentials"


def test_a_profile_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(AccessError, match="nobody") as caught:
        session_for()
    assert caught.value.code == "credentials"


def test_root_credentials_are_refused(aws):
    aws.answers["/"] = (200, identity("arn:aws:iam::123456789012:root"), {"content-type": "text/xml"})

    assert refused().code == "root"


def test_credentials_that_sts_refuses_are_told(aws):
    body = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>no</Message></Error></ErrorResponse>"
    aws.answers["/"] = (403, body, {"content-type": "text/xml"})

    assert refused().code == "credentials"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("region", [None, "Frankfurt", "us_east_1"])
def test_a_region_that_is_missing_or_none_is_told(region):
    with pytest.raises(AccessError) as caught:
        preflight(session_for(), parse_model(LITE), region=region, today=TODAY)

    assert caught.value.code == "region"


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("region", ["mars-north-1", "ap-east-1"])
def test_a_region_without_bedrock_is_told_before_anything_is_sent(region):
    error = refused(region=region)

    assert error.code == "region"
    assert "us-east-1" in error.fix


def test_a_model_past_its_end_of_life_is_refused_without_a_request(aws):
    assert refused(model="us.anthropic.claude-sonnet-4-20250514-v1:0").code == "model_eol"
    assert aws.requests == []


def test_a_model_that_bedrock_says_has_ended_is_refused(aws):
    aws.says("/foundation-models/", details(status="LEGACY", endOfLifeTime="2026-11-01T00:00:00Z"))

    assert refused().code == "model_eol"


def test_a_model_that_will_end_is_a_warning(aws):
    aws.says("/foundation-models/", details(status="LEGACY", endOfLifeTime="2027-03-01T00:00:00Z"))

    assert "2027-03-01" in check().warnings[0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"authorizationStatus": "NOT_AUTHORIZED"}, "model_access"),
        ({"entitlementAvailability": "NOT_AVAILABLE"}, "model_access"),
        ({"agreementAvailability": {"status": "NOT_AVAILABLE"}}, "model_access"),
        ({"regionAvailability": "NOT_AVAILABLE"}, "region"),
    ],
)
def test_a_model_without_access_is_refused(aws, change, code):
    aws.says("/foundation-model-availability/", OPEN | change)

    assert refused().code == code


def test_a_model_of_another_maker_that_is_not_subscribed_yet_is_a_warning(aws):
    aws.says("/foundation-model-availability/", OPEN | {"agreementAvailability": {"status": "NOT_AVAILABLE"}})

    found = check("us.anthropic.claude-haiku-4-5-20251001-v1:0")

    assert any("not subscribed" in warning for warning in found.warnings)


@pytest.mark.parametrize("answer", [(404, b"", {}), (200, b"<html>", {}), (200, b"[]", {}), (500, b"{}", {})])
def test_a_stand_in_that_knows_only_converse_gives_warnings(aws, answer):
    aws.answers = {"/": answer}

    found = check()

    assert len(found.warnings) <= 3
    assert len(aws.requests) <= 4


@pytest.mark.usefixtures("keys")
def test_checks_out_of_reach_are_warnings(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    found = check()

    assert len(found.warnings) == 2


@pytest.mark.usefixtures("keys")
def test_aws_itself_is_not_asked_about_the_credentials_of_a_stand_in(stand_in, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", stand_in.url)

    found = check()

    assert found.warnings == ()


def test_an_application_profile_is_resolved_to_its_model(aws):
    models = [
        {"modelArn": f"arn:aws:bedrock:{region}::foundation-model/{LITE}"} for region in ("us-east-1", "us-west-2")
    ]
    aws.says("/inference-profiles/", {"inferenceProfileArn": PROFILE, "models": models})
    aws.answers = dict(sorted(aws.answers.items(), key=lambda pair: -len(pair[0])))

    found = check(PROFILE)

    assert (found.model.base, found.model.scope, found.model.id) == (LITE, "geo", PROFILE)
    assert len(aws.requests) <= 4


def test_a_bedrock_api_key_takes_the_place_of_credentials(stand_in, monkeypatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "key")
    monkeypatch.setenv("AWS_ENDPOINT_URL", stand_in.url)

    found = check()

    assert all("Access" in warning for warning in found.warnings), "such a key is sent over HTTPS only"


@pytest.mark.usefixtures("aws")
def test_the_doctor_says_ok_when_all_is_well():
    found = checks(session_for(region="us-east-1"), parse_model(LITE), region="us-east-1", today=TODAY)

    assert [(line.name, line.state) for line in found] == [
        ("region", "ok"),
        ("identity", "ok"),
        ("model", "ok"),
        ("quotas", "ok"),
    ]
    assert "arn:aws:iam::123456789012:user/ann" in found[1].detail


def test_the_doctor_goes_on_after_what_fails(aws):
    aws.answers["/"] = (200, identity("arn:aws:iam::123456789012:root"), {"content-type": "text/xml"})

    found = {line.name: line for line in checks(session_for(), parse_model(LITE), region="us-east-1", today=TODAY)}

    assert found["identity"].state == "fail"
    assert "root" in found["identity"].detail
    assert found["identity"].fix
    assert found["region"].state == "ok"
    assert found["model"].state == "warn"


def test_the_doctor_of_an_empty_machine_says_what_is_missing():
    found = {line.name: line for line in checks(session_for(), parse_model(LITE), region=None, today=TODAY)}

    assert (found["region"].state, found["identity"].state) == ("fail", "fail")


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://boss:sekret@127.0.0.1:9", None),
        ("http://boss:sek@ret@127.0.0.1:9", None),
        ("http://boss:sek/ret@127.0.0.1:9", "aws_configuration"),
        ("http://boss:sekret@[::1", "aws_configuration"),
        ("http://boss:sekret@127.0.0.1:99999", "aws_configuration"),
        ("boss:sekret@h", "aws_configuration"),
    ],
)
def test_a_password_in_the_endpoint_is_told_to_nobody(monkeypatch, url, code):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    told = [line.detail for line in checks(session_for(), parse_model(LITE), region="us-east-1", today=TODAY)]
    if code:
        error = refused()
        assert error.code == code
        told += [error.message, error.fix]
    else:
        found = check()
        assert found.realm == "127.0.0.1:9"
        told += found.warnings

    assert [one for one in told if any(part in one for part in ("boss", "sek", "ret@"))] == []
