from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from worker.simulator.eventstream import event_frame, exception_frame


@given(st.binary(max_size=2000))
def test_botocore_decodes_every_frame(payload):
    buffer = EventStreamBuffer()
    buffer.add_data(event_frame("metadata", payload) + exception_frame("throttlingException", payload))
    event, error = list(buffer)
    assert event.payload == error.payload == payload
    assert event.headers[":event-type"] == "metadata"
    assert error.headers[":message-type"] == "exception"
