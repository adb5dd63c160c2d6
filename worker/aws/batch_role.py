"""The service role of the batch lane, as `doctor` looks at it.

Source: IAM API reference, GetRole and SimulatePrincipalPolicy, read 2026-11. The latter does not know the policies of
buckets and keys, so that what is not allowed by the role's own may be allowed all the same; what is denied is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from templates.errors import AccessError, UserError
from worker.aws.asking import ask
from worker.aws.batch_policy import BatchPlace, role_statements
from worker.aws.client import probe_client
from worker.aws.endpoint import realm_of
from worker.aws.models import ModelRef
from worker.aws.policy import Statement
from worker.aws.service_role import SERVICE, ServiceRole, judged_trust

if TYPE_CHECKING:
    from boto3 import Session

_FIX = 'Give it what `skuscribe policy --lane batch` prints as "service_role".'
_MISSING = "NoSuchEntity"


def look_at_role(
    session: Session, place: BatchPlace, models: Sequence[ModelRef], *, account: str, realm: str, warnings: list[str]
) -> str:
    """Look whether Bedrock may take the role on for our jobs, and whether its policies allow what they need.

    `account`: the caller's, "" where it is not known.

    Raises:
        AccessError: it is another account's, is not there, or keeps Bedrock or our jobs out.
    """
    role = place.role
    if account and account != role.account:
        raise AccessError(
            f"The role {role.arn} is of another account than the caller's, {account}.",
            fix="Set SKUSCRIBE_BATCH_ROLE_ARN to a role of that account: no other can be handed to Bedrock.",
            code="role",
        )
    client = probe_client(session, "iam", region=place.region)
    if realm != "aws" and realm_of(client.meta.endpoint_url) == "aws":
        warnings.append(f"Who may take it on was not checked: requests go to {realm}.")
        return role.arn
    document = _trust_document(client, role, warnings)
    if document is None:
        return role.arn
    trust = judged_trust(document, role, place.region)
    if trust.refusal:
        raise AccessError(f"The role {role.arn} is closed to batch jobs: {trust.refusal}.", fix=_FIX, code="role")
    if trust.unknown:
        warnings.append(f"Its trust policy has conditions that cannot be judged here: {', '.join(trust.unknown)}.")
    _check_permissions(client, place, _statements(models, place), warnings)
    return f"{role.arn}, which {SERVICE} may take on"


def _statements(models: Sequence[ModelRef], place: BatchPlace) -> list[Statement]:
    try:
        return role_statements(models, place)
    except UserError:  # a model without batch inference, or no key: each has a check of its own
        return []


def _trust_document(client: Any, role: ServiceRole, warnings: list[str]) -> Mapping[str, Any] | None:
    """Ask for the trust policy; None with a warning when it cannot be asked.

    Raises:
        AccessError: there is no such role.
    """
    answer = ask(client, "get_role", RoleName=role.name)
    if answer.code == _MISSING:
        raise AccessError(
            f"There is no role {role.arn}.",
            fix='Make it with the two policies that `skuscribe policy --lane batch` prints as "service_role", or '
            "correct SKUSCRIBE_BATCH_ROLE_ARN.",
            code="role",
        )
    if answer.why:
        needs = " It takes iam:GetRole." if answer.code else ""
        warnings.append(f"Who may take it on could not be checked: {answer.why}.{needs}")
        return None
    found = answer.reply.get("Role") or {}
    document = found.get("AssumeRolePolicyDocument")
    if str(found.get("Arn") or role.arn) != role.arn:
        raise AccessError(
            f"The role {role.name} is {found['Arn']}, not {role.arn}.",
            fix="Set SKUSCRIBE_BATCH_ROLE_ARN to it, with its path.",
            code="role",
        )
    return document if isinstance(document, Mapping) else {}


def _check_permissions(client: Any, place: BatchPlace, statements: Iterable[Statement], warnings: list[str]) -> None:
    """Ask whether the role's policies allow what jobs do.

    Raises:
        AccessError: they deny it.
    """
    role, missing = place.role, list[str]()
    for one in statements:
        resources = [_some(resource, place.region) for resource in one["Resource"]]
        if any("*" in resource for resource in resources):
            continue  # a key by its alias, a profile whose models are not known: nothing that could be asked about
        own = {"ContextKeyName": "aws:ResourceAccount", "ContextKeyValues": [place.owner], "ContextKeyType": "string"}
        answer = ask(
            client,
            "simulate_principal_policy",
            PolicySourceArn=role.arn,
            ActionNames=one["Action"],
            ResourceArns=resources,
            ContextEntries=[own],
        )
        if answer.why:
            needs = " It takes iam:SimulatePrincipalPolicy." if answer.code else ""
            warnings.append(f"What it may do could not be checked: {answer.why}.{needs}")
            return
        found = dict(_decisions(answer.reply))
        denied = sorted(name for name, decision in found.items() if decision == "explicitDeny")
        if denied:
            raise AccessError(
                f"The role {role.arn} is denied {' and '.join(denied)}.",
                fix="Take the denial out of its policies, its boundary or the organization's.",
                code="role",
            )
        missing += sorted(name for name, decision in found.items() if decision != "allowed")
    if missing:
        warnings.append(f"Its own policies do not allow {', '.join(missing)}: {_FIX}")


def _decisions(answer: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Give each action on a resource and how it is decided."""
    for result in answer.get("EvaluationResults") or ():
        action = str(result.get("EvalActionName"))
        by_resource = result.get("ResourceSpecificResults") or [
            {
                "EvalResourceName": result.get("EvalResourceName"),
                "EvalResourceDecision": result.get("EvalDecision"),
            }
        ]
        for one in by_resource:
            yield f"{action} on {one.get('EvalResourceName')}", str(one.get("EvalResourceDecision"))


def _some(resource: str, region: str) -> str:
    """Give one of the resources that a pattern of ours stands for."""
    kind = resource.split(":")[2]
    return resource.replace("*", "doctor") if kind == "s3" else resource.replace(":bedrock:*:", f":bedrock:{region}:")
