"""Where requests go: AWS itself, or something that stands in for it."""

from __future__ import annotations

from urllib.parse import urlsplit

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_PORTS = {"http": 80, "https": 443}


def realm_of(endpoint_url: str | None) -> str:
    """Name the realm of an endpoint: `aws` for AWS's own (also by VPC endpoint), else `host:port`."""
    if not endpoint_url:
        return "aws"
    parts = urlsplit(endpoint_url if "//" in endpoint_url else f"//{endpoint_url}")
    host = (parts.hostname or "").casefold()
    if host.endswith(_AWS_DOMAINS):
        return "aws"
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{parts.port or _PORTS.get(parts.scheme, 443)}"
