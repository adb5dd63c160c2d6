"""Where requests go: AWS itself, or something that stands in for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from templates.errors import AccessError, without_passwords

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_PORTS = {"http": 80, "https": 443}


def realm_of(endpoint_url: str | None) -> str:
    """Name the realm of an endpoint: `aws` for AWS's own (also by VPC endpoint), else `host:port`, without any user.

    Raises:
        AccessError: it is no URL.
    """
    if not endpoint_url:
        return "aws"
    try:
        parts = urlsplit(endpoint_url if "//" in endpoint_url else f"//{endpoint_url}")
        port = parts.port
    except ValueError as error:
        raise AccessError(
            f'The endpoint "{without_passwords(endpoint_url)}" is not a URL.',
            fix="Correct the AWS_ENDPOINT_URL settings; signs such as / and @ in a password are written %2F and %40.",
            code="aws_configuration",
        ) from error
    host = (parts.hostname or "").casefold()
    if host.endswith(_AWS_DOMAINS):
        return "aws"
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port or _PORTS.get(parts.scheme, 443)}"
