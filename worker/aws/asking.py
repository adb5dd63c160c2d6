"""One question to AWS whose answer is good to know: whatever comes, it is only a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from templates.errors import without_passwords
from worker.aws.endpoint import realm_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    #: The answer, or what came with the error.
    reply: Mapping[str, Any]
    #: The error code of AWS, "" when there was an answer, or none at all.
    code: str = ""
    #: Why there was no answer, "" when there was one.
    why: str = ""


def ask(client: Any, operation: str, **arguments: Any) -> Answer:
    """Ask, and give the answer or why there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - boto3 is slow to import
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - as above

    try:
        reply = getattr(client, operation)(**arguments)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "")) or "an error without a code"
        return Answer(reply=error.response, code=code, why=code)
    except ResponseParserError:
        # Its own words hold the whole answer, and say to try again.
        where, service = realm_of(client.meta.endpoint_url), client.meta.service_model.service_id
        return Answer(reply={}, why=f"what is at {where} does not answer as {service} does")
    except Exception as error:  # noqa: BLE001 - as the module says
        return Answer(reply={}, why=without_passwords(" ".join(str(error).split())) or type(error).__name__)
    return Answer(reply=reply if isinstance(reply, Mapping) else {})
