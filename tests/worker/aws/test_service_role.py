from __future__ import annotations

import pytest

from templates.errors import UserError
from worker.aws.service_role import judged_trust, parse_role, trust_policy

ROLE = parse_role("arn:aws:iam::123456789012:role/service/batch")
JOBS = "arn:aws:bedrock:eu-central-1:123456789012:model-invocation-job/*"


def trusting(condition=None, *, effect="Allow", service="bedrock.amazonaws.com", action="sts:AssumeRole"):
    statement = {"Effect": effect, "Principal": {"Service": service}, "Action": action}
    return statement | ({"Condition": condition} if condition else {})


def judged(*statements, region="eu-central-1"):
    return judged_trust({"Statement": list(statements)}, ROLE, region)


def test_a_role_is_read_with_its_account_and_its_name_without_its_path():
    assert (ROLE.partition, ROLE.account, ROLE.name) == ("aws", "123456789012", "batch")


@pytest.mark.parametrize(
    "arn", ["", "batch", "arn:aws:iam::12:role/batch", "arn:aws:iam::123456789012:user/ann", "arn:aws:iam:::role/batch"]
)
def test_what_is_no_role_is_refused(arn):
    with pytest.raises(UserError, match="not the ARN of a role"):
        parse_role(arn)


def test_the_policy_that_we_print_is_one_that_lets_our_jobs_in_and_those_of_no_other_region():
    written = trust_policy(ROLE, "eu-central-1")

    assert judged_trust(written, ROLE, "eu-central-1").refusal == ""
    assert "us-east-1" in judged_trust(written, ROLE, "us-east-1").refusal


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"StringEquals": {"aws:SourceAccount": ["999999999999", "123456789012"]}},
        {"StringLike": {"AWS:SourceArn": JOBS}},
        {"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:bedrock:*:123456789012:model-invocation-job/*"}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:bedrock:eu-central-?:123456789012:*"}},
    ],
)
def test_conditions_that_fit_let_our_jobs_in(condition):
    trust = judged(trusting(condition))

    assert (trust.refusal, trust.unknown) == ("", ())


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"StringEquals": {"aws:SourceAccount": "999999999999"}}, "999999999999"),
        ({"StringEquals": {"aws:SourceArn": JOBS}}, "model-invocation-job"),
        ({"ArnEquals": {"aws:SourceArn": JOBS.replace("eu-central-1", "us-east-1")}}, "us-east-1"),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:bedrock:*:model-invocation-job/*"}}, "aws:SourceArn"),
        ({"ArnEquals": {"aws:SourceArn": JOBS[:-1] + "zzzzzzzzzzzz"}}, "zzzzzzzzzzzz"),
    ],
)
def test_conditions_that_keep_our_jobs_out_are_told(condition, told):
    assert told in judged(trusting(condition)).refusal


def test_a_role_that_nobody_or_somebody_else_may_take_on_is_told():
    told = "does not let bedrock.amazonaws.com take it on"

    assert told in judged().refusal
    assert told in judged(trusting(service="ec2.amazonaws.com")).refusal
    assert told in judged(trusting(action="sts:TagSession")).refusal
    assert told in judged_trust({"Statement": "?"}, ROLE, "eu-central-1").refusal


def test_of_two_statements_one_that_fits_is_enough_and_a_denial_is_too_many():
    other = trusting({"StringEquals": {"aws:SourceAccount": "999999999999"}})

    assert judged(other, trusting()).refusal == ""
    assert "denies" in judged(trusting(), trusting(effect="Deny")).refusal
    assert judged(trusting(), other | {"Effect": "Deny"}).refusal == ""


def test_a_condition_that_cannot_be_judged_is_told_and_lets_in():
    trust = judged(trusting({"StringEquals": {"aws:SourceOrgID": "o-1"}}))

    assert (trust.refusal, trust.unknown) == ("", ("StringEquals aws:SourceOrgID",))
