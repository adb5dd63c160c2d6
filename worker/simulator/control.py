"""What is no request to a model and no job: models, identity, and the simulator's own paths."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, unquote

from templates.errors import UserError
from worker.simulator.errors import ServiceError
from worker.simulator.identity import caller_identity
from worker.simulator.listing import availability, foundation_model, foundation_models
from worker.simulator.local_bedrock import LocalBedrock
from worker.simulator.question import Question, Told
from worker.simulator.settings import changed


def answer(bedrock: LocalBedrock, asked: Question, request_id: str) -> Told:
    """Answer a question.

    Raises:
        ServiceError: the simulator does not know what is asked, or Bedrock would refuse it.
    """
    if asked.path.startswith("/_simulator/"):
        return _about_itself(bedrock, asked)
    if asked.method == "POST" and asked.path == "/":
        return _sts(bedrock, asked, request_id)
    if asked.method != "GET":
        raise _unknown(asked)
    last = unquote(asked.path.rsplit("/", 1)[1])
    if asked.path == "/foundation-models":
        return _json(foundation_models(asked.query, asked.region))
    if asked.path.startswith("/foundation-models/"):
        return _json(foundation_model(last, asked.region))
    if asked.path.startswith("/foundation-model-availability/"):
        return _json(availability(last, bedrock.settings.denied_models))
    raise _unknown(asked)


def _about_itself(bedrock: LocalBedrock, asked: Question) -> Told:
    """Answer on the simulator's own paths: counters to read, settings and clock to read and to change."""
    what = asked.path.removeprefix("/_simulator/")
    if what == "counters" and asked.method == "GET":
        return _json(bedrock.counters.as_json())
    if what not in {"settings", "clock"}:
        raise _unknown(asked)
    if asked.method == "POST":
        try:
            given = json.loads(asked.body)
            if what == "settings":
                bedrock.change(changed(bedrock.settings, given))
            else:
                bedrock.clock.advance(float(given["advance_s"]))
        except (UserError, ValueError, AttributeError, TypeError, KeyError) as error:
            return Told(status=400, body=json.dumps({"message": str(error)}).encode())
    return _json(asdict(bedrock.settings) if what == "settings" else bedrock.clock.as_json())


def _sts(bedrock: LocalBedrock, asked: Question, request_id: str) -> Told:
    if parse_qs(asked.body.decode()).get("Action") != ["GetCallerIdentity"]:
        raise ServiceError("UnknownOperationException", "The simulator knows only GetCallerIdentity of STS.")
    settings = bedrock.settings
    body = caller_identity(settings.identity_arn, settings.account, request_id)
    return Told(body=body, content_type="text/xml")


def _json(body: dict[str, Any]) -> Told:
    return Told(body=json.dumps(body, ensure_ascii=False).encode())


def _unknown(asked: Question) -> ServiceError:
    return ServiceError("UnknownOperationException", f"The simulator has no {asked.method} {asked.path}.")
