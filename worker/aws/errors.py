"""What went wrong at Bedrock, as the retry table and a marketer understand it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import exceptions as sdk
from urllib3 import exceptions as wire

from templates.errors import without_passwords
from worker.aws.refusals import AGAIN, SIGN_IN, Refusal, refusal_of
from worker.model import ErrorKind, ModelError

_DETAIL_CHARS = 200
_NETWORK = "Check the network, the proxy and AWS_ENDPOINT_URL; `skuscribe doctor` shows what can be reached."

#: What boto3 raises when there is no answer to read, the first that fits counts.
_EXCEPTIONS: tuple[tuple[tuple[type[Exception], ...], Refusal], ...] = (
    (
        (sdk.NoCredentialsError, sdk.PartialCredentialsError, sdk.NoAuthTokenError),
        Refusal(kind=ErrorKind.CREDENTIALS, message="There are no complete AWS credentials.", fix=SIGN_IN, quoted=True),
    ),
    (
        (
            sdk.CredentialRetrievalError,
            sdk.TokenRetrievalError,
            sdk.SSOError,
            sdk.ProfileNotFound,
            sdk.ConfigNotFound,
            sdk.ConfigParseError,
            sdk.InvalidConfigError,
            sdk.MetadataRetrievalError,
            sdk.RefreshWithMFAUnsupportedError,
        ),
        Refusal(kind=ErrorKind.CREDENTIALS, message="The AWS credentials cannot be used.", fix=SIGN_IN, quoted=True),
    ),
    (
        (sdk.NoRegionError, sdk.InvalidRegionError, sdk.UnknownRegionError),
        Refusal(
            kind=ErrorKind.NO_MODEL,
            message="The AWS Region is missing or wrong.",
            fix="Give it with --region or AWS_REGION, for example us-east-1.",
        ),
    ),
    (
        (sdk.ParamValidationError, sdk.InvalidEndpointConfigurationError),
        Refusal(kind=ErrorKind.REJECTED, message="The request is not one that Bedrock takes.", quoted=True),
    ),
    (
        (sdk.EndpointConnectionError, sdk.ConnectTimeoutError, sdk.ProxyConnectionError),
        Refusal(kind=ErrorKind.TRANSPORT, message="Amazon Bedrock cannot be reached.", fix=_NETWORK, quoted=True),
    ),
    (
        (sdk.SSLError,),
        Refusal(
            kind=ErrorKind.TRANSPORT,
            message="No secure connection to Amazon Bedrock could be made.",
            quoted=True,
            fix="Check the system's certificates; behind a company proxy set AWS_CA_BUNDLE.",
        ),
    ),
    (
        (sdk.ReadTimeoutError, wire.ReadTimeoutError),
        Refusal(
            kind=ErrorKind.TIMEOUT,
            message="The model took too long to answer.",
            fix=AGAIN,
            maybe_billed=True,
        ),
    ),
    (
        (sdk.ConnectionError, sdk.HTTPClientError, wire.HTTPError, ConnectionError),
        Refusal(
            kind=ErrorKind.TRANSPORT,
            message="The connection broke before the reply was complete.",
            fix=AGAIN,
            maybe_billed=True,
        ),
    ),
)
_GARBAGE = Refusal(kind=ErrorKind.TRANSPORT, message="The reply could not be read.", fix=AGAIN, maybe_billed=True)


def model_error(exc: Exception, *, model: str, region: str, begun: bool = False) -> ModelError:
    """Say what an exception of boto3 means.

    Args:
        exc: Whatever `converse` or the reading of its stream raised.
        model: The model as asked for.
        region: The Region that was called.
        begun: Part of the reply had arrived, so that AWS may charge for it.
    """
    if isinstance(exc, sdk.ClientError):
        refusal = refusal_of(exc.response, model=model, region=region)
        message, request_id = refusal.message, request_id_of(exc.response)
    else:
        refusal = next((refusal for classes, refusal in _EXCEPTIONS if isinstance(exc, classes)), _GARBAGE)
        message, request_id = _with_detail(refusal, exc), ""
    return ModelError(
        message,
        kind=refusal.kind,
        fix=refusal.fix,
        request_id=request_id,
        maybe_billed=refusal.maybe_billed or begun,
    )


def lost_reply(message: str, *, request_id: str) -> ModelError:
    """An answer that is no reply, though the model may have been paid for one."""
    return ModelError(message, kind=ErrorKind.TRANSPORT, fix=AGAIN, request_id=request_id, maybe_billed=True)


def _with_detail(refusal: Refusal, exc: Exception) -> str:
    # Before it is cut: half a password is one as well.
    detail = without_passwords(" ".join(str(exc).split()))[:_DETAIL_CHARS] if refusal.quoted else ""
    return f"{refusal.message} ({detail})" if detail else refusal.message


def request_id_of(response: Mapping[str, Any]) -> str:
    """The request id that AWS support asks for, "" when there is none."""
    metadata = response.get("ResponseMetadata")
    return str(metadata.get("RequestId") or "") if isinstance(metadata, Mapping) else ""
