"""The reply of Converse and InvokeModel, as it is sent."""

from __future__ import annotations

import json
from datetime import datetime

from worker.simulator.local_bedrock import Turn
from worker.simulator.native import Said
from worker.simulator.replies import converse_body


def written(turn: Turn, waited_s: float, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Write the reply of a turn.

    Returns: its body, and the headers that InvokeModel tells its usage in: the bodies of some models have none.
    """
    latency_ms = int(waited_s * 1000) or 1
    if turn.form is None:
        tool = (turn.request.tool_name, turn.tool_use_id)
        body = converse_body(turn.answer, turn.usage, latency_ms=latency_ms, tool=tool, tier=turn.request.tier)
        return json.dumps(body, ensure_ascii=False).encode(), {}
    said = Said(
        model_id=turn.model.id,
        answer=turn.answer,
        usage=turn.usage,
        created_s=int(now.timestamp()),
        reply_id=turn.request.digest.hex(),
    )
    headers = {
        "X-Amzn-Bedrock-Input-Token-Count": str(turn.usage["inputTokens"]),
        "X-Amzn-Bedrock-Output-Token-Count": str(turn.usage["outputTokens"]),
        "X-Amzn-Bedrock-Invocation-Latency": str(latency_ms),
    }
    if "cacheReadInputTokens" in turn.usage:
        headers["X-Amzn-Bedrock-Cache-Read-Input-Token-Count"] = str(turn.usage["cacheReadInputTokens"])
        headers["X-Amzn-Bedrock-Cache-Write-Input-Token-Count"] = str(turn.usage["cacheWriteInputTokens"])
    if turn.request.tier != "default":
        headers["X-Amzn-Bedrock-Service-Tier"] = turn.request.tier
    return json.dumps(turn.form.write(said), ensure_ascii=False).encode(), headers
