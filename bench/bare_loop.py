"""The yardstick: boto3 `converse` calls from a pool of threads, and nothing around them.

usage: bare_loop.py BODIES THREADS; BODIES is a file with one JSON object of arguments a line.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config


def main() -> None:
    """Send every body once and print how many tokens came back."""
    bodies, threads = Path(sys.argv[1]), int(sys.argv[2])
    config = Config(max_pool_connections=threads, retries={"total_max_attempts": 1, "mode": "standard"})
    client = boto3.client("bedrock-runtime", region_name="us-east-1", config=config)

    def send(line: str) -> int:
        reply = client.converse(**json.loads(line))
        return int(reply["usage"]["outputTokens"]) if reply["output"]["message"]["content"] else 0

    with bodies.open(encoding="utf-8") as lines, ThreadPoolExecutor(threads) as pool:
        print(json.dumps({"output_tokens": sum(pool.map(send, lines))}))


if __name__ == "__main__":
    main()
