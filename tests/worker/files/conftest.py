from __future__ import annotations

import pytest
from s3_stand_in import S3StandIn


@pytest.fixture
def s3(monkeypatch):
    """A stand-in for S3 with the bucket `shop-files`, and the environment that leads there."""
    with S3StandIn("shop-files") as stand_in:
        for name, value in stand_in.environ().items():
            monkeypatch.setenv(name, value)
        yield stand_in
