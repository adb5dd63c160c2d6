"""S3 beside the simulator: moto's server, in the same process.

All buckets are of the account that moto gives them to; moto itself passes over who a request wants them to be of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from templates.errors import UserError

#: The bucket that is there from the start.
BUCKET = "skuscribe-simulated"
_REGION = "us-east-1"
_REFUSAL = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"""


def check_installed() -> None:
    """See that what S3 needs is installed.

    Raises:
        UserError: it is not.
    """
    if not all(find_spec(name) for name in ("moto", "flask", "flask_cors")):
        raise UserError(
            "The simulator cannot serve S3: moto's server is not installed.",
            fix="Run `pip install 'skuscribe[demo]'`.",
            code="simulator",
        )


@contextmanager
def local_s3(host: str) -> Iterator[str]:
    """Serve S3 on a free port, with one bucket; give its endpoint.

    Raises:
        UserError: what it needs is not installed.
    """
    check_installed()
    # Both take a second to import, and are needed for nothing else.
    service_role = import_module("worker.simulator.invocation_jobs.service_role")
    moto_server, account = import_module("moto.server"), import_module("moto.core").DEFAULT_ACCOUNT_ID
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto_server.ThreadedMotoServer(ip_address=host, port=0, verbose=False)
    server.start()
    wire = server._server  # noqa: SLF001 - moto's server has no other place to put a check before it
    wire.app = _Owned(wire.app, account)
    try:
        _, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        service_role.ServiceRole(endpoint, _REGION).create_bucket(BUCKET)
        yield endpoint
    finally:
        server.stop()


class _Owned:
    """Refuses requests for buckets of another account, as S3 does (botocore 1.44.5, ExpectedBucketOwner)."""

    def __init__(self, app: Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]], account: str) -> None:
        self._app = app
        self._account = account

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", self._account) == self._account:
            return self._app(environ, start_response)
        # What is not read of a request breaks the connection before the answer is.
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(_REFUSAL)))])
        return [_REFUSAL]
