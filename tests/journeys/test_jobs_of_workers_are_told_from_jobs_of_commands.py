"""Whether a broker is set where one looks does not change who runs a job."""

import pytest
from command_line import csv_file

from jobs.lifecycle import JobState, StopReason
from worker.wiring import wire


@pytest.fixture
def shared_job(skuscribe, tmp_path):
    """A job that workers elsewhere run, as the store has it."""
    source = csv_file(tmp_path / "p.csv")
    run = skuscribe.json("run", source, "--template", "image-alt-text", "--simulate", "--out", tmp_path / "o.csv")
    store = wire().store
    store.jobs.change(run["job"], state=JobState.RUNNING, shared=True, ended_at=None)
    return run["job"], store


def test_a_job_of_workers_can_be_stopped_where_no_broker_is_set(skuscribe, shared_job, monkeypatch):
    job_id, store = shared_job
    monkeypatch.setattr("console.commands.stop._PATIENCE_S", 0.0)
    stopped = skuscribe("stop", job_id)
    assert stopped.code == 0
    assert "is not running" not in stopped.err
    assert store.jobs.wanted_stop(job_id) is StopReason.USER


def test_a_job_of_workers_is_not_called_interrupted_where_no_broker_is_set(skuscribe, shared_job):
    job_id, _ = shared_job
    assert "interrupted" not in skuscribe("status", job_id).err


def test_a_job_of_workers_is_not_taken_from_them_where_no_broker_is_set(skuscribe, shared_job):
    job_id, _ = shared_job
    refused = skuscribe.json("resume", job_id, code=2)
    assert refused["error"]["code"] == "running"


def test_a_job_is_left_to_workers_only_where_there_are_some(skuscribe, tmp_path):
    refused = skuscribe.json(
        "run", csv_file(tmp_path / "p.csv"), "--template", "image-alt-text", "--simulate", "--detach", code=2
    )
    assert "SKUSCRIBE_BROKER_URL" in refused["error"]["fix"]
