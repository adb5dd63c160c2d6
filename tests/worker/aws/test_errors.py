from __future__ import annotations

import pytest
from botocore import exceptions as sdk

from worker.aws.errors import model_error
from worker.model import ErrorKind

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
OVER = "This model version has reached the end of its life."


def answered(code, said="", *, status=400, **more):
    response = {
        "Error": {"Code": code, "Message": said},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r"},
    }
    return sdk.ClientError(response | more, "Converse")


def error_of(exc, **more):
    return model_error(exc, model=HAIKU, region="eu-west-1", **more)


@pytest.mark.parametrize(
    ("exc", "kind"),
    [
        (answered("ThrottlingException", "Too many requests", status=429), ErrorKind.THROTTLED),
        (answered("throttlingException", "in a stream"), ErrorKind.THROTTLED),
        (answered("TooManyRequestsException", status=429), ErrorKind.THROTTLED),
        (answered("ThrottlingException", "Too many tokens per day, please wait", status=429), ErrorKind.QUOTA),
        (answered("ServiceQuotaExceededException"), ErrorKind.QUOTA),
        (answered("ModelNotReadyException", status=429), ErrorKind.NOT_READY),
        (answered("ServiceUnavailableException", status=503), ErrorKind.UNAVAILABLE),
        (answered("InternalServerException", status=500), ErrorKind.INTERNAL),
        (answered("ModelTimeoutException", status=408), ErrorKind.TIMEOUT),
        (answered("ModelStreamErrorException", status=424), ErrorKind.INTERNAL),
        (answered("ModelErrorException", status=424, originalStatusCode=500), ErrorKind.INTERNAL),
        (answered("ModelErrorException", status=424, originalStatusCode=429), ErrorKind.INTERNAL),
        (answered("ModelErrorException", status=424), ErrorKind.INTERNAL),
        (answered("ModelErrorException", status=424, originalStatusCode=400), ErrorKind.REJECTED),
        (answered("AccessDeniedException", "You don't have access to the model", status=403), ErrorKind.FORBIDDEN),
        (answered("MPAgreementBeingCreated", status=403), ErrorKind.NOT_READY),
        (answered("FTUFormNotFilled", status=404), ErrorKind.FORBIDDEN),
        (answered("ResourceNotFoundException", "Model use case details have not been submitted"), ErrorKind.FORBIDDEN),
        (
            answered("ResourceNotFoundException", OVER),
            ErrorKind.NO_MODEL,
        ),
        (answered("ResourceNotFoundException", "Could not resolve", status=404), ErrorKind.NO_MODEL),
        (answered("ValidationException", "The provided model identifier is invalid."), ErrorKind.NO_MODEL),
        (answered("ValidationException", "with on-demand throughput isn\u2019t supported."), ErrorKind.NO_MODEL),
        (answered("ValidationException", "Input is too long for requested model."), ErrorKind.TOO_LONG),
        (answered("ValidationException", "The maximum tokens you requested exceeds the limit"), ErrorKind.TOO_LONG),
        (answered("ValidationException", "max_tokens: 99 > 64"), ErrorKind.TOO_LONG),
        (answered("ValidationException", "Operation not allowed"), ErrorKind.FORBIDDEN),
        (answered("ValidationException", "messages: at least one"), ErrorKind.REJECTED),
        (answered("ExpiredTokenException", status=403), ErrorKind.CREDENTIALS),
        (answered("ExpiredToken", status=403), ErrorKind.CREDENTIALS),
        (answered("UnrecognizedClientException", status=403), ErrorKind.CREDENTIALS),
        (answered("InvalidClientTokenId", status=403), ErrorKind.CREDENTIALS),
        (answered("InvalidSignatureException", status=403), ErrorKind.CREDENTIALS),
        (answered("SignatureDoesNotMatch", status=403), ErrorKind.CREDENTIALS),
        (answered("401", status=401), ErrorKind.CREDENTIALS),
        (answered("403", status=403), ErrorKind.FORBIDDEN),
        (answered("404", status=404), ErrorKind.NO_MODEL),
        (answered("408", status=408), ErrorKind.TIMEOUT),
        (answered("413", status=413), ErrorKind.TOO_LONG),
        (answered("418", status=418), ErrorKind.REJECTED),
        (answered("429", status=429), ErrorKind.THROTTLED),
        (answered("500", status=500), ErrorKind.INTERNAL),
        (answered("502", status=502), ErrorKind.UNAVAILABLE),
        (answered("503", status=503), ErrorKind.UNAVAILABLE),
        (answered("504", status=504), ErrorKind.TIMEOUT),
        (answered("SomethingNew", status=500), ErrorKind.INTERNAL),
        (answered("SomethingNew", status=400), ErrorKind.REJECTED),
        (sdk.NoCredentialsError(), ErrorKind.CREDENTIALS),
        (sdk.PartialCredentialsError(provider="env", cred_var="x"), ErrorKind.CREDENTIALS),
        (sdk.ProfileNotFound(profile="x"), ErrorKind.CREDENTIALS),
        (sdk.UnauthorizedSSOTokenError(), ErrorKind.CREDENTIALS),
        (sdk.EndpointConnectionError(endpoint_url="http://x"), ErrorKind.TRANSPORT),
        (sdk.ConnectTimeoutError(endpoint_url="http://x"), ErrorKind.TRANSPORT),
        (sdk.ReadTimeoutError(endpoint_url="http://x"), ErrorKind.TIMEOUT),
        (sdk.ConnectionClosedError(endpoint_url="http://x"), ErrorKind.TRANSPORT),
        (sdk.SSLError(endpoint_url="http://x", error="bad"), ErrorKind.TRANSPORT),
        (sdk.ResponseStreamingError(error="x"), ErrorKind.TRANSPORT),
        (sdk.ParamValidationError(report="x"), ErrorKind.REJECTED),
        (AttributeError("'list' object has no attribute 'get'"), ErrorKind.TRANSPORT),
        (ConnectionResetError(), ErrorKind.TRANSPORT),
    ],
)
def test_every_error_has_its_kind_and_a_message_that_a_marketer_can_read(exc, kind):
    error = error_of(exc)

    assert error.kind is kind
    assert error.code == kind.value
    assert error.message.endswith((".", ")")) or "AWS says: " in error.message
    assert "{" not in error.message + error.fix
    assert "Traceback" not in error.message
    assert "object has no attribute" not in error.message


@pytest.mark.parametrize(
    "exc",
    [
        sdk.ReadTimeoutError(endpoint_url="x"),
        sdk.ConnectionClosedError(endpoint_url="x"),
        sdk.ResponseStreamingError(error="x"),
        answered("ModelTimeoutException", status=408),
        answered("504", status=504),
        ValueError("no JSON"),
    ],
)
def test_a_lost_reply_may_be_billed(exc):
    assert error_of(exc).maybe_billed


@pytest.mark.parametrize(
    "exc",
    [
        sdk.EndpointConnectionError(endpoint_url="x"),
        sdk.ConnectTimeoutError(endpoint_url="x"),
        sdk.NoCredentialsError(),
        answered("ThrottlingException", status=429),
        answered("ValidationException"),
        answered("InternalServerException", status=500),
        answered("ServiceUnavailableException", status=503),
    ],
)
def test_a_refused_request_is_not_billed(exc):
    assert not error_of(exc).maybe_billed


def test_an_error_after_part_of_the_reply_may_be_billed():
    assert error_of(answered("internalServerException"), begun=True).maybe_billed


def test_a_model_that_needs_a_profile_is_told_with_the_profile_of_the_region():
    error = error_of(answered("ValidationException", f"Invocation of model ID {HAIKU} with on-demand throughput isn't"))

    assert f"eu.{HAIKU}" in error.fix


def test_a_model_past_its_end_of_life_is_told_with_the_cure():
    error = error_of(answered("ResourceNotFoundException", OVER))

    assert "past its end of life" in error.message
    assert "--model" in error.fix


def test_a_refused_access_names_the_iam_action():
    error = error_of(answered("AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized", status=403))

    assert "bedrock:InvokeModel" in error.fix
    assert "is not authorized" in error.message


def test_the_request_id_is_kept():
    assert error_of(answered("ThrottlingException", status=429)).request_id == "r"


def test_a_long_answer_of_aws_is_cut():
    assert len(error_of(answered("ValidationException", "x" * 5000)).message) < 400


def test_braces_in_what_aws_says_do_no_harm():
    assert "{model}" in error_of(answered("ValidationException", "bad {model} {0}")).message


@pytest.mark.parametrize("length", [1, 150, 170, 185, 5000])
def test_no_message_holds_the_password_of_a_url(length):
    url = f"http://ann:{'sekret' * length}@127.0.0.1:9/model"
    for exc in (
        sdk.EndpointConnectionError(endpoint_url=url),
        sdk.SSLError(endpoint_url=url, error=f"bad certificate of {url}"),
        sdk.ProxyConnectionError(proxy_url=url),
        answered("ValidationException", f"{url} is not here"),
    ):
        message = error_of(exc).message
        assert "sekret" not in message
        assert "ann:" not in message
        assert "//127.0.0.1:9" in message


def test_a_name_with_an_at_sign_in_an_arn_stays():
    said = "User: arn:aws:sts::123456789012:assumed-role/shop/ann@example.com is not authorized"

    assert said in error_of(answered("AccessDeniedException", said, status=403)).message
