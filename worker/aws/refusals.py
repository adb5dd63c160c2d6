"""The table of Bedrock's error answers: code, words or HTTP status -> what it means and what helps.

Source: Bedrock user guide, troubleshooting-api-error-codes and model-access, and the bedrock-runtime service model of
botocore 1.44.5, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from templates.errors import without_passwords
from worker.aws.models import IdKind, parse_model
from worker.model import ErrorKind

_DETAIL_CHARS = 300
#: Cures that several errors share.
AGAIN = "It is tried again by itself; `skuscribe retry` asks once more for what stayed without an answer."
SIGN_IN = "Sign in to AWS again (`aws sso login` or `aws configure`), or set AWS_PROFILE to a profile that works."
_ALLOW = (
    "Ask whoever runs the AWS account to allow bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on this "
    "model, and for a model of another maker once aws-marketplace:Subscribe; `skuscribe doctor` checks again."
)
_OTHER_MODEL = "Choose another model with --model; `skuscribe prices` lists those with a known price."
_SHORTER = "Shorten the longest cells of this row, or choose a model with a larger context."
_FORM = (
    "Someone must once fill in Anthropic's use-case form for the AWS account: Amazon Bedrock console, Model catalog, "
    "any Claude model, Submit use case details. It takes effect after about 15 minutes."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What an error means: its class, what the row says, what helps."""

    kind: ErrorKind
    message: str
    fix: str = ""
    #: AWS may charge for it.
    maybe_billed: bool = False
    #: AWS's own words help, so that they are added.
    quoted: bool = False


#: By error code, as `x-amzn-errortype` gives it.
_CODES: dict[str, Refusal] = {
    "ThrottlingException": Refusal(
        kind=ErrorKind.THROTTLED, message="Bedrock is at the account's limit for this model.", fix=AGAIN
    ),
    "ModelNotReadyException": Refusal(
        kind=ErrorKind.NOT_READY, message="The model is being started and is not ready yet.", fix=AGAIN
    ),
    "ServiceUnavailableException": Refusal(
        kind=ErrorKind.UNAVAILABLE, message="Bedrock is busy for the moment.", fix=AGAIN
    ),
    "InternalServerException": Refusal(kind=ErrorKind.INTERNAL, message="Bedrock had an error of its own.", fix=AGAIN),
    "ModelTimeoutException": Refusal(
        kind=ErrorKind.TIMEOUT, message="The model took too long to answer.", fix=AGAIN, maybe_billed=True
    ),
    "ModelErrorException": Refusal(kind=ErrorKind.INTERNAL, message="The model had an error.", fix=AGAIN),
    "ModelStreamErrorException": Refusal(
        kind=ErrorKind.INTERNAL, message="The model broke off its reply.", fix=AGAIN, maybe_billed=True
    ),
    "ServiceQuotaExceededException": Refusal(
        kind=ErrorKind.QUOTA,
        message="The account's quota for this model is used up.",
        fix="Ask for a higher quota in the Service Quotas console, or choose another model.",
        quoted=True,
    ),
    "AccessDeniedException": Refusal(
        kind=ErrorKind.FORBIDDEN, message="AWS does not allow {model} in {region}.", fix=_ALLOW, quoted=True
    ),
    "MPAgreementBeingCreated": Refusal(
        kind=ErrorKind.NOT_READY,
        message="AWS is still setting up the subscription of {model}.",
        fix="It can take 15 minutes; then `skuscribe resume` goes on.",
    ),
    "FTUFormNotFilled": Refusal(
        kind=ErrorKind.FORBIDDEN, message="The AWS account has not told Anthropic its use case.", fix=_FORM
    ),
    "ResourceNotFoundException": Refusal(
        kind=ErrorKind.NO_MODEL, message="There is no model {model} in {region}.", fix=_OTHER_MODEL, quoted=True
    ),
    "ValidationException": Refusal(
        kind=ErrorKind.REJECTED, message="Bedrock does not take this request.", fix=_OTHER_MODEL, quoted=True
    ),
    "ConflictException": Refusal(kind=ErrorKind.REJECTED, message="Bedrock does not take this request.", quoted=True),
    "ExpiredTokenException": Refusal(kind=ErrorKind.CREDENTIALS, message="The AWS sign-in has expired.", fix=SIGN_IN),
    "UnrecognizedClientException": Refusal(
        kind=ErrorKind.CREDENTIALS, message="AWS does not know these credentials.", fix=SIGN_IN
    ),
    "InvalidSignatureException": Refusal(
        kind=ErrorKind.CREDENTIALS,
        message="AWS does not accept the signature of these credentials.",
        fix="Check the secret access key, and that this machine's clock is right.",
        quoted=True,
    ),
    "IncompleteSignature": Refusal(
        kind=ErrorKind.CREDENTIALS, message="The AWS credentials are incomplete.", fix=SIGN_IN
    ),
    "OptInRequired": Refusal(
        kind=ErrorKind.FORBIDDEN,
        message="The AWS account is not signed up for Amazon Bedrock.",
        fix=_ALLOW,
        quoted=True,
    ),
}
#: Other names of the same.
_ALIASES = {
    "TooManyRequestsException": "ThrottlingException",
    "Throttling": "ThrottlingException",
    "RequestLimitExceeded": "ThrottlingException",
    "InternalFailure": "InternalServerException",
    "InternalServerError": "InternalServerException",
    "ServiceUnavailable": "ServiceUnavailableException",
    "AccessDenied": "AccessDeniedException",
    "UnauthorizedException": "AccessDeniedException",
    "ExpiredToken": "ExpiredTokenException",
    "RequestExpired": "ExpiredTokenException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "InvalidAccessKeyId": "UnrecognizedClientException",
    "MissingAuthenticationToken": "UnrecognizedClientException",
    "MissingAuthenticationTokenException": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
    "IncompleteSignatureException": "IncompleteSignature",
}
_TOO_LONG = Refusal(
    kind=ErrorKind.TOO_LONG, message="The product's text is too long for the model.", fix=_SHORTER, quoted=True
)
_TOO_LONG_WORDS = (
    "too long",
    "too large",
    "too many input tokens",
    "context window",
    "context limit",
    "context length",
    "maximum context",
    "maximum tokens",
    "max_tokens",
    "maxtokens",
)
_OVER = Refusal(kind=ErrorKind.NO_MODEL, message="{model} is past its end of life.", fix=_OTHER_MODEL, quoted=True)
#: By what AWS says, where one code stands for several things: code, any of these words -> meaning.
_WORDS: tuple[tuple[str, tuple[str, ...], Refusal], ...] = (
    (
        "ThrottlingException",
        ("per day", "daily"),
        Refusal(
            kind=ErrorKind.QUOTA,
            message="The account's tokens for today are used up.",
            fix="Go on tomorrow with `skuscribe resume`, or ask for a higher quota in the Service Quotas console.",
            quoted=True,
        ),
    ),
    ("AccessDeniedException", ("use case",), _CODES["FTUFormNotFilled"]),
    ("ResourceNotFoundException", ("use case",), _CODES["FTUFormNotFilled"]),
    ("ResourceNotFoundException", ("end of its life", "end of life", "legacy"), _OVER),
    (
        "ValidationException",
        ("on-demand throughput",),
        Refusal(
            kind=ErrorKind.NO_MODEL,
            message="{model} can be called only through an inference profile.",
            fix="Use one of its profiles, for example --model {profile}.",
        ),
    ),
    ("ValidationException", ("end of its life", "end of life"), _OVER),
    (
        "ValidationException",
        ("model identifier is invalid", "invalid model", "not supported in this region", "model not found"),
        Refusal(kind=ErrorKind.NO_MODEL, message="There is no model {model} in {region}.", fix=_OTHER_MODEL),
    ),
    (
        "ValidationException",
        ("operation not allowed", "account is not authorized", "not authorized to"),
        _CODES["AccessDeniedException"],
    ),
    (
        "ValidationException",
        _TOO_LONG_WORDS,
        _TOO_LONG,
    ),
)
#: By HTTP status, for answers without a code: proxies, gateways, stand-ins.
_STATUS: dict[int, Refusal] = {
    401: _CODES["UnrecognizedClientException"],
    403: _CODES["AccessDeniedException"],
    404: _CODES["ResourceNotFoundException"],
    408: _CODES["ModelTimeoutException"],
    413: _TOO_LONG,
    424: _CODES["ModelErrorException"],
    429: _CODES["ThrottlingException"],
    502: _CODES["ServiceUnavailableException"],
    503: _CODES["ServiceUnavailableException"],
    504: _CODES["ModelTimeoutException"],
}


def refusal_of(response: Mapping[str, Any], *, model: str, region: str) -> Refusal:
    """Say what an error answer means, its message and cure filled in for the model and the Region."""
    error = response.get("Error") or {}
    said = without_passwords(" ".join(str(error.get("Message") or "").split()))
    refusal = _look_up(str(error.get("Code") or ""), said, response)
    names = {"model": model, "region": region or "this Region", "profile": _profile_of(model, region)}
    message = refusal.message.format_map(names)
    if refusal.quoted and said:
        message += f" AWS says: {said[:_DETAIL_CHARS]}"
    return replace(refusal, message=message, fix=refusal.fix.format_map(names))


def _look_up(code: str, said: str, response: Mapping[str, Any]) -> Refusal:
    name = code[:1].upper() + code[1:]  # in a stream the same codes begin with a small letter
    name = _ALIASES.get(name, name)
    words = said.casefold()
    for of_code, parts, refusal in _WORDS:
        if of_code == name and any(part in words for part in parts):
            return refusal
    if name == "ModelErrorException":
        return _by_original(response.get("originalStatusCode"))
    return _CODES.get(name) or _by_status(response)


def _by_original(status: Any) -> Refusal:
    refusal = _CODES["ModelErrorException"]
    if isinstance(status, int) and status < 500 and status != 429:  # noqa: PLR2004 - HTTP status classes
        return replace(refusal, kind=ErrorKind.REJECTED, fix=_OTHER_MODEL, quoted=True)
    return refusal


def _by_status(response: Mapping[str, Any]) -> Refusal:
    metadata = response.get("ResponseMetadata") or {}
    status = metadata.get("HTTPStatusCode") or 0
    if status in _STATUS:
        return _STATUS[status]
    if 400 <= status < 500:  # noqa: PLR2004 - HTTP status classes
        return _CODES["ValidationException"]
    return _CODES["InternalServerException"]


def _profile_of(model: str, region: str) -> str:
    ref = parse_model(model)
    geography = {"eu": "eu", "ap": "apac"}.get(region.split("-", maxsplit=1)[0], "us")
    base = ref.base if ref.kind is IdKind.FOUNDATION_MODEL and ref.base else "ID"
    return f"{geography}.{base}"
