from __future__ import annotations

import json
import logging
import re
import warnings

import pytest

from worker.logs import set_up_logs

URL = "redis://ann:sekret@redis.internal:6379/0"


@pytest.fixture
def logged(monkeypatch, capsys):
    """Set up logs, log something, give the lines; what was set up before comes back."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    noisy = {
        name: logging.getLogger(name).level for name in ("botocore", "urllib3", "celery", "kombu", "uvicorn.error")
    }

    def lines(kind, log, level=logging.INFO):
        capsys.readouterr()
        set_up_logs(kind, level)
        log(logging.getLogger("skuscribe.tests"))
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err.splitlines()

    yield lines
    logging.captureWarnings(capture=False)
    for name, level in noisy.items():
        logging.getLogger(name).setLevel(level)


def test_a_json_line_has_time_level_logger_message_and_the_ids_that_are_known(logged):
    ids = {"job": "j261122-abc123", "item": 17, "chunk": None, "request": "r-1"}
    [line] = logged("json", lambda log: log.info("an attempt %s", "ended", extra={**ids, "data": {"of": "a library"}}))
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("time"))
    assert told == {
        "level": "INFO",
        "logger": "skuscribe.tests",
        "message": "an attempt ended",
        "job": "j261122-abc123",
        "item": 17,
        "request": "r-1",
    }


def test_a_text_line_says_the_same_to_people(logged):
    [line] = logged("text", lambda log: log.warning("slow", extra={"job": "j1", "session": "s1"}))
    assert re.fullmatch(r"\d{4}-\S+Z WARNING skuscribe\.tests: slow job=j1 session=s1", line)


@pytest.mark.parametrize("kind", ["text", "json"])
def test_passwords_are_left_out_wherever_they_stand(logged, kind):
    def log(logger):
        logger.info("lost %s", URL)
        logger.info(f"lost {URL}")  # noqa: G004 - a library may do so
        logger.info("lost", extra={"error": URL})
        logger.error("lost", exc_info=ConnectionError(URL))

    text = "\n".join(logged(kind, log))
    assert "sekret" not in text
    assert text.count("redis.internal") == 4


def test_other_handlers_still_get_the_record_as_it_was(logged, caplog):
    logged(
        "json",
        lambda log: (log.addHandler(caplog.handler), log.warning("lost %s", URL), log.removeHandler(caplog.handler)),
    )
    [record] = caplog.records
    assert record.args == (URL,)


def test_a_json_record_is_one_line_even_with_a_traceback_and_line_breaks(logged):
    def log(logger):
        logger.error("a\nb", exc_info=ValueError("first\nsecond"))

    [line] = logged("json", log)
    told = json.loads(line)
    assert told["message"] == "a\nb"
    assert "ValueError: first" in told["traceback"]


def test_what_a_stranger_sent_cannot_forge_a_line_nor_drive_a_terminal(logged):
    [line] = logged("text", lambda log: log.info("GET /x\n2026-11-22T12:00:00.000Z INFO forged\x1b[2J\u2028größe"))
    assert "\\n2026" in line
    assert "\\x1b[2J\\u2028größe" in line


def test_libraries_are_heard_when_something_is_wrong(logged):
    def log(_logger):
        for name in ("botocore.hooks", "urllib3.connectionpool", "celery.worker.strategy", "kombu", "uvicorn.error"):
            logging.getLogger(name).info("each step of %s", name)
        logging.getLogger("celery.worker").warning("trouble")

    [line] = logged("text", log)
    assert line.endswith("celery.worker: trouble")


def test_a_warning_of_python_is_a_log_line(logged):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        [line] = logged("json", lambda _: warnings.warn("old", DeprecationWarning, stacklevel=1))
    assert json.loads(line)["logger"] == "py.warnings"


def test_a_message_that_does_not_fit_its_arguments_stops_nobody(logged):
    lines = logged("json", lambda log: (log.info("%d things", "no number"), log.info("went on")))
    assert json.loads(lines[-1])["message"] == "went on"


def test_setting_up_twice_writes_each_line_once(logged):
    def log(logger):
        set_up_logs("text")
        logger.info("once")

    assert len(logged("text", log)) == 1


def test_debug_shows_more_of_ours_and_not_of_libraries(logged):
    def log(logger):
        logger.debug("ours")
        logging.getLogger("botocore").debug("theirs")

    [line] = logged("text", log, level=logging.DEBUG)
    assert line.endswith("DEBUG skuscribe.tests: ours")
