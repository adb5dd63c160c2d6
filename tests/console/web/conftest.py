import pytest

from console.web.app import make_app
from worker.wiring import wire


@pytest.fixture
def parts():
    parts = wire()
    yield parts
    parts.store.engine.dispose()


@pytest.fixture
def app(parts):
    return make_app(parts, hosts=("copy.example.com",))
