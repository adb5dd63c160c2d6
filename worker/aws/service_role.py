"""The service role of the batch lane: its ARN, and who may take it on.

Source: Bedrock user guide, batch-iam-sr, read 2026-11; IAM user guide, reference_policies_elements_condition_operators,
for how conditions on ARNs and texts are judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from templates.errors import UserError
from worker.batch_settings import ROLE_ARN

#: The service that takes the role on.
SERVICE = "bedrock.amazonaws.com"
#: A job's id has twelve letters and digits; any will do to see whether a condition lets all of them in.
_SOME_JOB = "abc123abc123"
_TEXTS = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")
_ARNS = ("ArnEquals", "ArnLike")


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """A role by its ARN."""

    arn: str
    partition: str
    account: str

    @property
    def name(self) -> str:
        """Its name without its path."""
        return self.arn.rpartition("/")[2]

    def jobs(self, region: str, job: str = "*") -> str:
        """ARN of the batch-inference jobs of its account in a Region."""
        return f"arn:{self.partition}:bedrock:{region}:{self.account}:model-invocation-job/{job}"


@dataclass(frozen=True, slots=True)
class Trust:
    """What a trust policy says about batch-inference jobs: who is kept out by what, and what cannot be judged."""

    refusal: str = ""
    unknown: tuple[str, ...] = ()


def parse_role(arn: str) -> ServiceRole:
    """Read the ARN of a role.

    Raises:
        UserError: it is none.
    """
    found = ROLE_ARN.fullmatch(arn.strip())
    if found is None:
        raise UserError(
            f'"{arn}" is not the ARN of a role.',
            fix="Write it as arn:aws:iam::123456789012:role/NAME, with the twelve digits of the account.",
            code="role",
        )
    return ServiceRole(arn.strip(), found["partition"], found["account"])


def trust_policy(role: ServiceRole, region: str) -> dict[str, Any]:
    """Write the trust policy: Bedrock takes the role on for batch-inference jobs of its account in a Region."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": SERVICE},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": role.account},
                    "ArnEquals": {"aws:SourceArn": role.jobs(region)},
                },
            }
        ],
    }


def judged_trust(document: Mapping[str, Any], role: ServiceRole, region: str) -> Trust:
    """Judge whether a trust policy lets Bedrock take the role on for batch-inference jobs in a Region."""
    keys = {"aws:sourceaccount": role.account, "aws:sourcearn": role.jobs(region, _SOME_JOB)}
    found = [one for one in _statements(document) if _is_for_bedrock(one)]
    for one in found:
        if one.get("Effect") == "Deny" and not any(_excludes(one, keys)) and not any(_unknown(one, keys)):
            return Trust(f"its trust policy denies it to {SERVICE}")
    allowing = [one for one in found if one.get("Effect") == "Allow"]
    if not allowing:
        return Trust(f"its trust policy does not let {SERVICE} take it on (sts:AssumeRole)")
    excluded = [list(_excludes(one, keys)) for one in allowing]
    if all(excluded):
        return Trust("; ".join(excluded[0]))
    return Trust(unknown=tuple(name for one in found if not any(_excludes(one, keys)) for name in _unknown(one, keys)))


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in _listed(document.get("Statement")) if isinstance(one, Mapping)]


def _is_for_bedrock(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    services = _listed(principal.get("Service")) if isinstance(principal, Mapping) else _listed(principal)
    actions = [str(action).casefold() for action in _listed(statement.get("Action"))]
    return any(service in (SERVICE, "*") for service in services) and any(
        action in ("sts:assumerole", "sts:*", "*") for action in actions
    )


def _conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """Give operator without `IfExists`, key and values of each condition."""
    for operator, pairs in (statement.get("Condition") or {}).items():
        for key, values in pairs.items():
            yield operator.removesuffix("IfExists"), str(key), [str(value) for value in _listed(values)]


def _excludes(statement: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[str]:
    """Say which conditions keep our jobs out."""
    for operator, key, values in _conditions(statement):
        ours = keys.get(key.casefold())
        if ours is not None and operator in _TEXTS + _ARNS and not _fits(operator, ours, values):
            yield f"its trust policy wants {key} to be {' or '.join(values)}, and jobs here are {ours}"


def _unknown(statement: Mapping[str, Any], keys: Mapping[str, str]) -> Iterator[str]:
    for operator, key, _ in _conditions(statement):
        if key.casefold() not in keys or operator not in _TEXTS + _ARNS:
            yield f"{operator} {key}"


def _fits(operator: str, ours: str, values: Iterable[str]) -> bool:
    if operator == "StringEquals":
        return ours in values
    if operator == "StringEqualsIgnoreCase":
        return ours.casefold() in [value.casefold() for value in values]
    if operator == "StringLike":
        return any(_is_like(ours, value) for value in values)
    # Each of the six parts of an ARN is compared by itself.
    parts = ours.split(":", 5)
    asked = [value.split(":", 5) for value in values]
    return any(len(one) == len(parts) and all(map(_is_like, parts, one)) for one in asked)


def _is_like(text: str, pattern: str) -> bool:
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(wild, text, re.DOTALL) is not None


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
