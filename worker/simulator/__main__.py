"""`python -m worker.simulator`: a local Bedrock on a port, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

from templates.errors import UserError
from worker.simulator.local_bedrock import LocalBedrock
from worker.simulator.local_s3 import local_s3
from worker.simulator.server import SimulatorServer
from worker.simulator.settings import SimulatorSettings, changed, described


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator in this process until a signal, or until the parent is gone.

    Prints one line of JSON with port and endpoint, and that of S3 when it serves that, when it listens.

    Returns: the exit code.
    """
    given = vars(_parser().parse_args(arguments))
    host, port, with_parent = given.pop("host"), given.pop("port"), given.pop("with_parent")
    try:
        settings = changed(SimulatorSettings(), {name: value for name, value in given.items() if value is not None})
        asyncio.run(_serve(settings, host, port, with_parent=with_parent))
    except (UserError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m worker.simulator", description="A local Bedrock on a port.", allow_abbrev=False
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input closes")
    for name, default, meaning in described():
        parser.add_argument(
            f"--{name.replace('_', '-')}", help=f"{meaning} (default: {default})".replace("%", "%%"), metavar="VALUE"
        )
    return parser


async def _serve(settings: SimulatorSettings, host: str, port: int, *, with_parent: bool) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if with_parent:
        threading.Thread(target=_watch_parent, args=(loop, stopped), daemon=True).start()
    with ExitStack() as stack:
        said: dict[str, int | str] = {}
        if settings.s3:
            said["s3_endpoint"] = stack.enter_context(local_s3(host))
            settings = changed(settings, said)
        server = SimulatorServer(LocalBedrock(settings, time.monotonic))
        runner, port = await server.listen(host, port)
        line = json.dumps({"port": port, "endpoint": f"http://{host}:{port}", **said})
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        await stopped.wait()
        server.close()
        await runner.cleanup()


def _watch_parent(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    """Wait for the end of standard input: it closes with the parent, however that ends."""
    # Not through sys.stdin: its lock would be held when the interpreter ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    loop.call_soon_threadsafe(stopped.set)


if __name__ == "__main__":
    sys.exit(main())
