"""boto3 sessions and clients, set up for many requests in flight and no retries of their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from templates.errors import AccessError, without_passwords

if TYPE_CHECKING:
    from boto3 import Session

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def session_for(*, region: str | None = None) -> Session:
    """Open a session by the credentials chain of boto3.

    Raises:
        AccessError: the profile is not in the AWS configuration.
    """
    import boto3  # noqa: PLC0415 - takes a third of a second, which --help must not wait for
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as above

    try:
        # botocore reads AWS_DEFAULT_REGION only; every other AWS tool reads AWS_REGION first.
        return boto3.Session(region_name=region or os.environ.get("AWS_REGION") or None)
    except BotoCoreError as exc:
        raise AccessError(
            f"The AWS configuration cannot be used: {without_passwords(str(exc))}.",
            fix="Correct AWS_PROFILE, or set the profile up with `aws configure --profile NAME`.",
            code="credentials",
        ) from exc


def simulated_session(region: str) -> Session:
    """Open a session for the simulator, whatever the user's AWS configuration holds or lacks."""
    import boto3  # noqa: PLC0415 - see session_for
    import botocore.session  # noqa: PLC0415 - as above

    unset = (None, None, None, None)
    nothing = (None, None, os.devnull, None)
    return boto3.Session(
        aws_access_key_id="simulated",
        aws_secret_access_key="simulated",  # noqa: S106 - signs requests to this machine only
        region_name=region,
        botocore_session=botocore.session.Session(
            session_vars={"profile": unset, "config_file": nothing, "credentials_file": nothing}
        ),
    )


def client_for(
    session: Session,
    *,
    region: str,
    connections: int,
    read_timeout_s: float = 120.0,
    connect_timeout_s: float = 5.0,
    endpoint_url: str | None = None,
) -> Any:
    """Open the bedrock-runtime client that all threads of a process share.

    Without an endpoint boto3 finds it: `AWS_ENDPOINT_URL_BEDROCK_RUNTIME`, `AWS_ENDPOINT_URL`, the profile, AWS.

    Raises:
        AccessError: the AWS configuration cannot be used.
    """
    return open_client(
        session,
        "bedrock-runtime",
        region=region,
        endpoint_url=endpoint_url,
        max_pool_connections=connections,
        read_timeout=read_timeout_s,
        connect_timeout=connect_timeout_s,
        # Two things that boto3 does anew for every request, together 15 % of its time (measured with 1.44.5): it checks
        # arguments, which a test does for ours, and it puts together a user agent out of twenty parts.
        parameter_validation=False,
        user_agent=_user_agent(),
    )


def runtime_endpoint(session: Session, *, region: str) -> str:
    """Find where the requests of a session go, as boto3 finds it.

    Raises:
        AccessError: the AWS configuration cannot be used.
    """
    return str(open_client(session, "bedrock-runtime", region=region).meta.endpoint_url)


def control_endpoint(session: Session, *, region: str) -> str:
    """Find where batch-inference jobs are asked for, as boto3 finds it.

    Raises:
        AccessError: the AWS configuration cannot be used.
    """
    return str(open_client(session, "bedrock", region=region).meta.endpoint_url)


def partition_of(session: Session, region: str) -> str:
    """The partition of a Region (`aws`, `aws-cn`, `aws-us-gov`, …), which its ARNs begin with."""
    from botocore.exceptions import UnknownRegionError  # noqa: PLC0415 - see session_for

    try:
        return session.get_partition_for_region(region)
    except UnknownRegionError:
        return "aws"  # a Region that is newer than this boto3


def probe_client(session: Session, service: str, *, region: str) -> Any:
    """Open a client for a check that must not keep anybody waiting."""
    return open_client(session, service, region=region, connect_timeout=2, read_timeout=3)


def open_client(
    session: Session, service: str, *, region: str, endpoint_url: str | None = None, attempts: int = 1, **options: Any
) -> Any:
    """Open a client; it never retries unless it is given attempts, which only what is not paid for may be."""
    from botocore.config import Config  # noqa: PLC0415 - see session_for
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as above

    if endpoint_url and (urlsplit(endpoint_url).hostname or "") in _LOOPBACK:
        options["proxies"] = {}  # HTTP_PROXY is not meant for this machine itself
        options["auth_scheme_preference"] = "sigv4"  # a Bedrock API key in the environment would insist on HTTPS
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts}, tcp_keepalive=True, **options)
    try:
        return session.client(service, region_name=region, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]  # the stubs want a literal service name
    except (BotoCoreError, ValueError) as exc:  # ValueError: an endpoint URL that is none
        raise AccessError(
            f"The AWS configuration cannot be used: {without_passwords(str(exc))}.",
            fix="Check AWS_PROFILE, AWS_REGION and the AWS_ENDPOINT_URL settings.",
            code="aws_configuration",
        ) from exc


def _user_agent() -> str:
    import boto3  # noqa: PLC0415 - see session_for
    import botocore  # noqa: PLC0415 - as above

    return f"skuscribe Boto3/{boto3.__version__} Botocore/{botocore.__version__}"
