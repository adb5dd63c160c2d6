"""STS GetCallerIdentity, in its XML."""

from __future__ import annotations

from xml.sax.saxutils import escape

_REPLY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AROASIMULATOR:local</UserId><Account>{account}</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>"""


def caller_identity(arn: str, request_id: str) -> bytes:
    """Write who the caller is."""
    parts = arn.split(":")
    account = parts[4] if len(parts) > 4 else ""  # noqa: PLR2004 - arn:partition:service:region:account:…
    return _REPLY.format(arn=escape(arn), account=escape(account), request_id=request_id).encode()
