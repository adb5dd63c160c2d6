import json
import signal
import subprocess
import sys

import pytest

from worker.simulator.process import start_simulator
from worker.simulator.settings import SimulatorSettings

pytestmark = pytest.mark.servers


def start(*options, **more):
    command = [sys.executable, "-m", "worker.simulator", "--port", "0", *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def test_it_says_its_port_and_stops_on_sigterm():
    with start() as process:
        line = json.loads(process.stdout.readline())
        assert line["endpoint"] == f"http://127.0.0.1:{line['port']}"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_it_ends_with_its_parent():
    with start("--with-parent") as process:
        process.stdout.readline()
        process.stdin.close()
        assert process.wait(60) == 0
        assert process.stderr.read() == b""


def test_a_wrong_setting_ends_it_with_a_sentence():
    with start("--throttle-rate", "7") as process:
        assert process.wait(60) == 2
        assert b'"throttle_rate" cannot be 7.0' in process.stderr.read()


def test_a_port_that_is_taken_ends_it_with_a_sentence():
    with start() as first:
        port = json.loads(first.stdout.readline())["port"]
        with start("--port", str(port)) as second:
            assert second.wait(60) == 2
            assert str(port).encode() in second.stderr.read()
        first.terminate()


def test_a_folder_of_the_user_named_like_ours_does_not_take_its_place(tmp_path, monkeypatch, ask):
    (tmp_path / "worker").mkdir()
    (tmp_path / "worker" / "__init__.py").write_text("raise RuntimeError")
    monkeypatch.chdir(tmp_path)
    with start_simulator(SimulatorSettings(rpm=7)) as simulator:
        assert ask(simulator.endpoint, "settings")["rpm"] == 7
    assert simulator.process.returncode == 0
