from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import compose_file
import psutil
import pytest
import redis
from cluster import Cluster, ClusterError
from compose_local import launch_of
from local_process import LocalProcess
from servers import found, free_port

pytestmark = pytest.mark.servers

TESTS = Path(__file__).parents[1]
_LISTEN = """
import http.server, os, sys
port = int(sys.argv[2] if len(sys.argv) > 2 else os.environ["SKUSCRIBE_METRICS_PORT"])
print("listens", flush=True)
http.server.HTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
_READY = "service_completed_successfully"


def _look(port):
    code = f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{port}/', timeout=2)"
    return {"test": ["CMD", "python", "-c", code]}


def services():
    prepare = "import os; open('/files/prepared', 'w').write(os.environ['SKUSCRIBE_FILES'])"
    return {
        "prepare": {
            "command": ["python", "-c", prepare],
            "environment": {"SKUSCRIBE_FILES": "/files"},
            "volumes": ["files:/files"],
        },
        "web": {
            "command": ["python", "-c", _LISTEN, "--port", "8000"],
            "healthcheck": _look(8000),
            "depends_on": {"prepare": {"condition": _READY}},
        },
        "worker": {
            "command": ["python", "-c", _LISTEN],
            "environment": {"SKUSCRIBE_METRICS_PORT": "9808"},
            "healthcheck": _look(9808),
            "depends_on": {"prepare": {"condition": _READY}},
        },
    }


def written(folder, file):
    path = folder / "compose.yml"
    path.write_text(json.dumps({"services": file}), encoding="utf-8")  # JSON is YAML
    return path


@pytest.fixture
def compose(tmp_path):
    return written(tmp_path, services())


def gone(pids):
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        if not [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"]:
            return True
        time.sleep(0.02)
    return False


def test_services_start_in_their_order_and_end_with_the_cluster(tmp_path, compose):
    with Cluster(tmp_path / "here", workers=2, compose=compose) as cluster:
        assert (tmp_path / "here" / "files" / "prepared").read_text() == str(tmp_path / "here" / "files")
        assert list(cluster.processes) == ["web", "worker-1", "worker-2"]
        assert not cluster.dead()
        assert cluster.url("web", 8000) != cluster.url("worker-1", 9808) != cluster.url("worker-2", 9808)
        assert all(process.well() for process in cluster.processes.values())
        assert "listens" in cluster.worker(1).last_lines()
        pids = [process.pid for process in cluster.processes.values()]
    assert gone(pids)


def test_a_worker_can_be_killed_stopped_and_continued_and_another_started(tmp_path, compose):
    with Cluster(tmp_path / "here", workers=1, compose=compose) as cluster:
        first = cluster.worker(0)
        first.stop()
        assert not first.well(timeout_s=1)
        first.cont()
        assert first.well()
        first.kill()
        assert cluster.dead() == [first]
        second = cluster.start_worker({"SKUSCRIBE_LEASE_S": "5"})
        assert cluster.workers == (first, second)
        assert second.well()
        second.stop()
    assert gone([first.pid, second.pid])


def test_a_service_that_does_not_start_is_told_with_its_last_words(tmp_path):
    file = services()
    file["web"]["command"] = ["python", "-c", "raise SystemExit('no way')"]
    with pytest.raises(ClusterError, match="web ended with 1:\nno way"):
        Cluster(tmp_path / "here", compose=written(tmp_path, file)).__enter__()


def started(compose, folder):
    process = subprocess.Popen(
        [sys.executable, str(TESTS / "make_cluster.py"), f"--file={compose}", f"--folder={folder}", "--workers=1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C ends it" in line:
            break
    assert "worker-1  | listens\n" in lines
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) == 2
    return process, children


def test_services_do_not_outlive_a_holder_that_is_killed(tmp_path, compose):
    holder, children = started(compose, tmp_path / "here")
    with holder:
        holder.kill()
    assert gone([child.pid for child in children])


def test_make_cluster_ends_well_when_it_is_told_to(tmp_path, compose):
    holder, children = started(compose, tmp_path / "here")
    with holder:
        os.kill(holder.pid, signal.SIGTERM)
        rest, _ = holder.communicate(timeout=30)
    assert holder.returncode == 0, rest
    assert gone([child.pid for child in children])


def test_make_cluster_fails_when_a_service_ends_by_itself(tmp_path, compose):
    holder, children = started(compose, tmp_path / "here")
    with holder:
        children[1].kill()
        rest, _ = holder.communicate(timeout=30)
    assert holder.returncode == 1
    assert "Ended by itself: worker-1 (-9)." in rest
    assert gone([child.pid for child in children])


def answers(client):
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        with suppress(redis.ConnectionError):
            return client.ping()
        time.sleep(0.02)
    return False


def test_redis_takes_its_command_and_asks_for_the_password(tmp_path):
    (tmp_path / "run-secrets").mkdir()
    (tmp_path / "run-secrets" / "redis_conf").write_text("requirepass s3cret\n", encoding="utf-8")
    service = compose_file.services({})["redis"]
    launch = launch_of(service, name="redis", folder=tmp_path, own={}, others={}, common=dict(os.environ))
    for folder in launch.folders:
        folder.mkdir(parents=True)
    port = free_port()
    program = str(found("redis-server", "valkey-server"))
    command = (program, *launch.command[1:], "--port", str(port), "--bind", "127.0.0.1")
    process = LocalProcess(replace(launch, command=command), folder=tmp_path)
    client = redis.Redis.from_url(f"redis://:s3cret@127.0.0.1:{port}/0")
    try:
        assert answers(client), process.last_lines()
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert (tmp_path / "data" / "appendonlydir").is_dir()
        with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        client.close()
        process.kill()
