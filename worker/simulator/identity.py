"""STS GetCallerIdentity, in its XML."""

from __future__ import annotations

from xml.sax.saxutils import escape

_REPLY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>{arn}</Arn><UserId>AROASIMULATOR:local</UserId><Account>{account}</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>
</GetCallerIdentityResponse>"""


def caller_identity(arn: str, account: str, request_id: str) -> bytes:
    """Write who the caller is."""
    return _REPLY.format(arn=escape(arn), account=escape(account), request_id=request_id).encode()
