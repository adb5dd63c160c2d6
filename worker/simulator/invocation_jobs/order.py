"""A model invocation job as it is asked for, and what Bedrock refuses in one.

Source of the constraints: botocore 1.44.5, service model of bedrock, CreateModelInvocationJob. Two of its patterns are
written here so that they take no exponential time; they match the same texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.simulator.errors import invalid
from worker.simulator.models import SimulatedModel

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+.-]{0,62}")
_TOKEN = re.compile(r"(?=.{1,256}\Z)[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?")
_ROLE = re.compile(r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+")
_S3_URI = re.compile(
    r"(?=.{1,1024}\Z)s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+(?:/[-!_*'().a-z0-9A-Z]+)*)?/?"
)
_KMS_KEY = re.compile(
    r"(arn:aws(-[^:]+)?:kms:[a-zA-Z0-9-]*:[0-9]{12}:((key/[a-zA-Z0-9-]{36})|(alias/[a-zA-Z0-9-_/]+)))"
    r"|([a-zA-Z0-9-]{36})|(alias/[a-zA-Z0-9-_/]+)"
)
_ACCOUNT = re.compile(r"[0-9]{12}")
_TAG_KEY = re.compile(r"[a-zA-Z0-9\s._:/=+@-]{1,128}")
_TAG_VALUE = re.compile(r"[a-zA-Z0-9\s._:/=+@-]{0,256}")
_FORMATS = ("InvokeModel", "Converse")
_LEAST_HOURS, _MOST_HOURS = 24, 168
_MOST_TAGS, _MOST_SUBNETS, _MOST_GROUPS = 200, 16, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A job as it is asked for."""

    name: str
    #: "" when none was given.
    token: str
    role_arn: str
    #: As it was named: id, profile or ARN.
    model_id: str
    model: SimulatedModel
    #: `InvokeModel` or `Converse`.
    format: str
    input_uri: str
    output_uri: str
    #: Accounts that the buckets have to be of, "" for any.
    input_owner: str = ""
    output_owner: str = ""
    kms_key: str
    timeout_hours: int
    #: What Get gives back as it was sent.
    echoed: Mapping[str, Any]


def read_order(body: Mapping[str, Any], find_model: Callable[[str], SimulatedModel]) -> Order:
    """Read and check the body of CreateModelInvocationJob; `find_model` refuses a model that cannot be used.

    Raises:
        ServiceError: Bedrock would refuse it.
    """
    for name in ("jobName", "roleArn", "modelId", "inputDataConfig", "outputDataConfig"):
        if body.get(name) is None:
            raise _breach(name, "Member must not be null")
    source = _location(body, "inputDataConfig", "s3InputDataConfig")
    target = _location(body, "outputDataConfig", "s3OutputDataConfig")
    if source.get("s3InputFormat", "JSONL") != "JSONL":
        raise _breach("inputDataConfig.s3InputDataConfig.s3InputFormat", "Member must satisfy enum value set: [JSONL]")
    if body.get("modelInvocationType", "InvokeModel") not in _FORMATS:
        raise _breach("modelInvocationType", "Member must satisfy enum value set: [InvokeModel, Converse]")
    _check_tags(body.get("tags") or [])
    _check_vpc(body.get("vpcConfig"))
    order = Order(
        name=_matched("jobName", body["jobName"], _NAME),
        token=_matched("clientRequestToken", body["clientRequestToken"], _TOKEN)
        if body.get("clientRequestToken") is not None
        else "",
        role_arn=_matched("roleArn", body["roleArn"], _ROLE),
        model_id=str(body["modelId"]),
        model=find_model(str(body["modelId"])),
        format=body.get("modelInvocationType", "InvokeModel"),
        input_uri=source["s3Uri"],
        output_uri=target["s3Uri"],
        input_owner=source.get("s3BucketOwner") or "",
        output_owner=target.get("s3BucketOwner") or "",
        kms_key=target.get("s3EncryptionKeyId") or "",
        timeout_hours=_hours(body.get("timeoutDurationInHours", _LEAST_HOURS)),
        echoed={
            name: body[name]
            for name in ("inputDataConfig", "outputDataConfig", "vpcConfig")
            if body.get(name) is not None
        },
    )
    if not order.model.batch:
        raise invalid(f"The model {order.model_id} doesn't support batch inference. Use another model.")
    return order


def _location(body: Mapping[str, Any], name: str, inner: str) -> Mapping[str, Any]:
    config = body[name].get(inner) if isinstance(body[name], dict) else None
    if not isinstance(config, dict) or config.get("s3Uri") is None:
        raise _breach(f"{name}.{inner}.s3Uri", "Member must not be null")
    _matched(f"{name}.{inner}.s3Uri", config["s3Uri"], _S3_URI)
    if config.get("s3BucketOwner") is not None:
        _matched(f"{name}.{inner}.s3BucketOwner", config["s3BucketOwner"], _ACCOUNT)
    if config.get("s3EncryptionKeyId") is not None:
        _matched(f"{name}.{inner}.s3EncryptionKeyId", config["s3EncryptionKeyId"], _KMS_KEY)
    return config


def _hours(given: Any) -> int:
    if not isinstance(given, int) or not _LEAST_HOURS <= given <= _MOST_HOURS:
        raise _breach("timeoutDurationInHours", f"Member must have value between {_LEAST_HOURS} and {_MOST_HOURS}")
    return given


def _check_tags(tags: Any) -> None:
    if not isinstance(tags, list) or len(tags) > _MOST_TAGS:
        raise _breach("tags", f"Member must have length less than or equal to {_MOST_TAGS}")
    for number, tag in enumerate(tags, 1):
        _matched(f"tags.{number}.member.key", tag.get("key"), _TAG_KEY)
        _matched(f"tags.{number}.member.value", tag.get("value"), _TAG_VALUE)


def _check_vpc(config: Any) -> None:
    if config is None:
        return
    for name, most in (("subnetIds", _MOST_SUBNETS), ("securityGroupIds", _MOST_GROUPS)):
        if not isinstance(config.get(name), list) or not 1 <= len(config[name]) <= most:
            raise _breach(f"vpcConfig.{name}", f"Member must have length between 1 and {most}")


def _matched(where: str, value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _breach(where, f"Member must satisfy regular expression pattern: {pattern.pattern}")
    return value


def _breach(where: str, constraint: str) -> Exception:
    return invalid(f"1 validation error detected: Value at '{where}' failed to satisfy constraint: {constraint}")
