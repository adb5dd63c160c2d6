"""`make cluster`: runs the services of docker-compose.yml on this machine until Ctrl-C."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from cluster import Cluster, ClusterError
from compose_file import COMPOSE

_LOOK_S = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a cluster; 0 once it was told to end, 1 when a service ended by itself."""
    given = _arguments().parse_args(arguments)
    told = threading.Event()
    # A second one ends us at once, and all others with us.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: (told.set(), signal.signal(number, signal.SIG_DFL)))
    place = nullcontext(given.folder) if given.folder else tempfile.TemporaryDirectory(prefix="skuscribe-cluster-")
    with place as folder:
        cluster = Cluster(
            Path(folder),
            workers=given.workers,
            simulator=given.simulator,
            steady_ports=True,
            stop_within_s=None,
            compose=given.file,
            show=lambda name, line: _say(f"{name:<10}| {line}"),
        )
        try:
            with cluster:
                _say(_welcome(cluster))
                while not told.wait(_LOOK_S):
                    if dead := cluster.dead():
                        names = ", ".join(f"{process.name} ({process.code})" for process in dead)
                        _say(f"Ended by itself: {names}. Stopping the others.")
                        return 1
                _say("Stopping: workers wait for the replies that are paid for. Ctrl-C once more ends all at once.")
        except ClusterError as error:
            _say(str(error))
            return 1
    return 0


def _welcome(cluster: Cluster) -> str:
    exports = "\n".join(f"  export {name}={shlex.quote(value)}" for name, value in cluster.environ.items())
    metrics = "\n".join(f"  {cluster.url(process.name, 9808)}/metrics" for process in cluster.workers)
    return f"""
The cluster runs. Web: {cluster.url("web", 8000)} (health: /health). Metrics of the workers:
{metrics}
In another terminal:

{exports}
  .venv/bin/skuscribe run examples/outdoor-range.xlsx --template seo-meta --yes

Ctrl-C ends it.
"""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make cluster", description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help="how many workers")
    parser.add_argument("--simulator", action="store_true", help="with a local Bedrock, so that no account is needed")
    parser.add_argument("--folder", help="where files and logs go; kept afterwards (default: a scratch folder)")
    parser.add_argument("--file", type=Path, default=COMPOSE, help="another docker-compose.yml")
    return parser


if __name__ == "__main__":
    sys.exit(main())
