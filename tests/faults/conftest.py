from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def _fleet(tmp_path_factory):
    from fleet import Fleet  # noqa: PLC0415 - only for tests that start it

    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL"):
            patch.delenv(name, raising=False)
        with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
            yield fleet


@pytest.fixture
def fleet(_fleet):
    """Three workers that are well."""
    _fleet.made_well()
    yield _fleet
    _fleet.end_commands()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Show what the workers said in a test that failed."""
    report = (yield).get_result()
    if report.failed and "_fleet" in item.funcargs:
        report.sections += list(item.funcargs["_fleet"].logs().items())
