from __future__ import annotations

from typing import Any

import click

from worker.simulator.settings import SimulatorSettings, as_arguments, changed, described


def _options(command: Any) -> Any:
    for name, default, meaning in reversed(list(described())):
        shown = f"{meaning} (default: {default})." if default != "" else f"{meaning}."
        command = click.option(f"--{name.replace('_', '-')}", name, metavar="VALUE", help=shown)(command)
    return command


@click.command("simulator")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True, help="0 takes a free one.")
@_options
def command(*, host: str, port: int, **given: Any) -> int:
    """Run a local Bedrock on a port: boto3 and Skuscribe find it through AWS_ENDPOINT_URL.

    The first line on stdout is JSON with its port and endpoint. Ctrl-C ends it.
    """
    from worker.simulator.__main__ import main  # noqa: PLC0415 - its HTTP library takes a while to import

    settings = changed(SimulatorSettings(), {name: value for name, value in given.items() if value is not None})
    return main([f"--host={host}", f"--port={port}", *as_arguments(settings)])
