from __future__ import annotations

import ipaddress
import json
import logging
import re

import click

from console.options import json_option
from templates.errors import UserError
from worker.hold import BEATS_A_LEASE
from worker.wiring import wire

_LOG = logging.getLogger("skuscribe.serve")
_TICK_S = 60.0
_NAME = re.compile(r"\*|(\*\.)?[\w.-]+|\[[0-9A-Fa-f:.]+\]")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Another name that requests may call this server by, such as copy.example.com (may be repeated).",
)
@json_option
def command(*, host: str, port: int, hosts: tuple[str, ...], as_json: bool) -> int:
    """Serve the jobs, health and metrics over HTTP until Ctrl-C or SIGTERM.

    This version has no login: whoever reaches the port reads the jobs. That is why it listens on this machine alone
    unless --host says otherwise.
    """
    from console.web.app import make_app  # noqa: PLC0415 - the web framework takes half a second to import
    from console.web.server import listen, serve  # noqa: PLC0415 - as above
    from console.web.ticking import Ticking  # noqa: PLC0415 - as above
    from worker.logs import set_up_logs  # noqa: PLC0415 - as above

    for name in hosts:
        _check(name)
    # Who asks is told at once that the store is away, and asks again.
    parts = wire(patience_s=0)
    app = make_app(
        parts, hosts=_named(host, hosts), queue_depths=parts.cluster.messages.depths if parts.cluster else None
    )
    with listen(host, port) as listening:
        bound = listening.getsockname()[1]
        url = f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        set_up_logs(parts.settings.log)
        if as_json:
            # On one line: who started it reads as far as that, and goes on.
            click.echo(json.dumps({"url": url, "host": host, "port": bound}))
        _LOG.info("listens on %s; Ctrl-C ends it", url)
        if not _is_loopback(host):
            _LOG.warning("there is no login in this version: whoever reaches this port reads the jobs")
        # With a broker as well: it sees workers die when the last of them is gone.
        every_s = parts.settings.lease_s / BEATS_A_LEASE if parts.cluster else _TICK_S
        with Ticking(parts.tick.run, every_s=every_s):
            serve(app, listening)
    return 0


def _named(host: str, hosts: tuple[str, ...]) -> tuple[str, ...]:
    shown = f"[{host}]" if ":" in host else host
    return hosts if host in ("0.0.0.0", "::", "") else (shown, *hosts)  # noqa: S104 - named, not listened on


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UserError(
            f"--allow-host {name} is no name of a host.",
            fix="Give a name without scheme and port, *.example.com for all names below one, or * for any.",
            code="usage",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
