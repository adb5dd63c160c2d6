"""S3 beside the simulator: moto's server, in the same process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from templates.errors import UserError

#: The bucket that is there from the start.
BUCKET = "skuscribe-simulated"
_REGION = "us-east-1"


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
    moto_server = import_module("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto_server.ThreadedMotoServer(ip_address=host, port=0, verbose=False)
    server.start()
    try:
        _, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        service_role.ServiceRole(endpoint, _REGION).create_bucket(BUCKET)
        yield endpoint
    finally:
        server.stop()
