import pytest
from store_making import opened


@pytest.fixture
def store(tmp_path):
    store = opened(tmp_path)
    yield store
    store.engine.dispose()
