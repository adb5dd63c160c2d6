from hypothesis import given
from hypothesis import strategies as st

from worker.simulator.invocation_jobs.intake import Intake
from worker.simulator.invocation_jobs.standing import Status, Times, standing
from worker.simulator.settings import SimulatorSettings


@given(
    submitted_s=st.floats(min_value=0, max_value=2e9),
    takes_s=st.floats(min_value=0.001, max_value=20 * 3600.0),
    later_s=st.floats(min_value=0, max_value=1e6),
)
def test_a_job_that_had_its_whole_time_has_processed_all_of_its_records(submitted_s, takes_s, later_s):
    """Whatever its times add up to in floating point."""
    times = Times.of(submitted_s, 24)
    settings = SimulatorSettings(batch_validating_s=1, batch_scheduled_s=1, batch_s=takes_s)
    now_s = submitted_s + 3 + takes_s + later_s
    seen = standing(times, settings, Intake(files=(("s3://b/records.jsonl", 100),)), now_s)
    assert (seen.status, seen.share) == (Status.COMPLETED, 1.0)
