"""What AWS says about who calls and about a model, asked with short time-outs; no answer is only a warning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from templates.errors import AccessError
from worker.aws.capabilities import capability_of
from worker.aws.client import probe_client
from worker.aws.endpoint import realm_of
from worker.aws.errors import model_error
from worker.aws.models import IdKind, ModelRef, resolved_profile
from worker.aws.prerequisites import lifecycle, past_its_end
from worker.model import ErrorKind, ModelError

if TYPE_CHECKING:
    from boto3 import Session

#: An answer, an error, or None where AWS is not asked because requests go elsewhere.
_Answer = Mapping[str, Any] | ModelError | None


def ask_identity(session: Session, *, region: str, realm: str, warnings: list[str]) -> str:
    """Ask STS who calls: the ARN, "" when it cannot be asked (one request).

    Raises:
        AccessError: the credentials are refused, or they are the root user's.
    """
    answer = _ask(session, "sts", "get_caller_identity", {}, region=region, realm=realm)
    if answer is None:
        return ""
    if isinstance(answer, ModelError):
        if answer.kind is ErrorKind.CREDENTIALS:
            raise AccessError(answer.message, fix=answer.fix, code="credentials")
        warnings.append(f"Who calls could not be checked: {answer.message}")
        return ""
    identity = str(answer.get("Arn") or "")
    if identity.endswith(":root"):
        raise AccessError(
            f"These are the credentials of the root user of the AWS account {answer.get('Account') or ''}.",
            fix="Use an IAM role or user that may call Bedrock and nothing else, and delete the root access keys.",
            code="root",
        )
    return identity


def ask_model(
    session: Session, ref: ModelRef, *, region: str, realm: str, today: date, warnings: list[str]
) -> ModelRef:
    """Ask Bedrock about the model: what stands behind a profile, access, life (at most three requests).

    Raises:
        AccessError: no access, not in the Region, past its end of life, or unknown to AWS.
    """

    def ask(operation: str, **arguments: str) -> _Answer:
        return _ask(session, "bedrock", operation, arguments, region=region, realm=realm)

    if ref.kind is IdKind.APPLICATION_PROFILE:
        profile = ask("get_inference_profile", inferenceProfileIdentifier=ref.id)
        if isinstance(profile, Mapping):
            ref = resolved_profile(ref, [str(model.get("modelArn") or "") for model in profile.get("models") or ()])
            warnings += lifecycle(ref, today=today, realm=realm)
    if ref.base is None:
        warnings.append(f"{ref.id}: which model it is cannot be told, so that it is unpriced and asked plainly.")
        return ref
    answer = ask("get_foundation_model_availability", modelId=ref.base)
    if isinstance(answer, Mapping):
        warnings += judged_availability(answer, ref, region=region)
    elif answer is not None:
        warnings.append(f"Access to {ref.name} could not be checked: {answer.message}")
        if answer.kind in (ErrorKind.TRANSPORT, ErrorKind.TIMEOUT):
            return ref  # the same host would not answer the next question either
    details = ask("get_foundation_model", modelIdentifier=ref.base)
    if isinstance(details, Mapping):
        warnings += judged_life(details, ref, today=today)
    elif details is not None and details.kind is ErrorKind.NO_MODEL and realm == "aws":
        raise AccessError(f"There is no model {ref.id} in {region}.", fix=details.fix, code="model")
    return ref


def judged_availability(answer: Mapping[str, Any], ref: ModelRef, *, region: str) -> list[str]:
    """Judge what GetFoundationModelAvailability says.

    Returns: what to look out for.

    Raises:
        AccessError: no access, or not in the Region.
    """
    if answer.get("regionAvailability") == "NOT_AVAILABLE" and ref.scope == "in-region":
        raise AccessError(
            f"{ref.name} is not in {region}.",
            fix="Choose another Region with --region, or an inference profile of the model.",
            code="region",
        )
    agreement = answer.get("agreementAvailability")
    agreed = str(agreement.get("status") or "") if isinstance(agreement, Mapping) else ""
    refused = (
        answer.get("authorizationStatus") == "NOT_AUTHORIZED"
        or answer.get("entitlementAvailability") == "NOT_AVAILABLE"
        or (agreed == "NOT_AVAILABLE" and ref.name.startswith("amazon."))
    )
    if refused:
        raise AccessError(
            f"The AWS account has no access to {ref.name} in {region}.",
            fix="Ask whoever runs the account to open it: Amazon Bedrock console, Model catalog, this model; for "
            "Anthropic's models the use-case form must have been sent once.",
            code="model_access",
        )
    if agreed in ("", "AVAILABLE"):
        return []
    # Models of other makers are subscribed by the first call (reference: Bedrock user guide, model-access, 2026-10).
    return [
        f"{ref.name} is not subscribed yet ({agreed}): the first call does it if aws-marketplace:Subscribe is allowed."
    ]


def judged_life(details: Mapping[str, Any], ref: ModelRef, *, today: date) -> list[str]:
    """Judge the life cycle that GetFoundationModel gives.

    Returns: what to look out for.

    Raises:
        AccessError: the model is past its end of life.
    """
    model = details.get("modelDetails")
    life = model.get("modelLifecycle") if isinstance(model, Mapping) else None
    if not isinstance(life, Mapping):
        return []
    ends = life.get("endOfLifeTime")
    day = ends.date() if isinstance(ends, datetime) else None
    if day and day <= today:
        raise past_its_end(ref)
    if life.get("status") == "LEGACY" and not capability_of(ref.base).legacy:
        return [f"{ref.name} is a legacy model{f' until {day}' if day else ''}: plan to change to another."]
    return []


def _ask(
    session: Session, service: str, operation: str, arguments: Mapping[str, str], *, region: str, realm: str
) -> _Answer:
    try:
        client = probe_client(session, service, region=region)
        if realm != "aws" and realm_of(client.meta.endpoint_url) == "aws":
            return None  # credentials of a stand-in mean nothing to AWS
        answer = getattr(client, operation)(**arguments)
    except AccessError as exc:
        return ModelError(exc.message, kind=ErrorKind.UNAVAILABLE, fix=exc.fix)
    except Exception as exc:  # noqa: BLE001 - whatever comes, it is only a check
        return model_error(exc, model=next(iter(arguments.values()), ""), region=region)
    return answer if isinstance(answer, Mapping) else {}
