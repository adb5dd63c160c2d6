import pytest
from shared_quota_world import Work, World, bedrock

from worker.limits.limiter import Quotas

RPM, TPM = 3000, 300_000
BOTH = Quotas(RPM, TPM)


def eight(world, *works):
    for _ in range(8):
        world.process(*works)
    return world


def share(world, job, since_s, until_s):
    return world.used(since_s, until_s, job=job) / world.used(since_s, until_s)


def test_eight_processes_use_up_a_quota_of_requests_without_a_throttle():
    world = eight(World(bedrock(rpm=RPM, tpm=TPM, burst_s=1), BOTH), Work("a", used=50, reserved=60)).run(40)
    assert world.requests(5, 40) >= 0.97 * 35 * RPM / 60
    assert world.throttled_share == 0


def test_forty_processes_do_so_as_well_and_do_not_ask_all_the_time():
    world = World(bedrock(rpm=RPM, tpm=TPM, burst_s=1), BOTH)
    for _ in range(40):
        world.process(Work("a", used=50, reserved=60))
    world.run(15)
    assert world.requests(5, 15) >= 0.97 * 10 * RPM / 60
    assert sum(process.number for process in world.processes) <= 15 * 200


@pytest.mark.parametrize(("times", "latency_s"), [(1.5, 2), (5, 5), (4, 10)])
def test_reservations_several_times_the_use_do_not_keep_the_tokens_from_being_used(times, latency_s):
    world = World(bedrock(rpm=RPM, tpm=TPM, burst_s=60), BOTH)
    eight(world, Work("a", threads=64, used=200, reserved=round(200 * times), latency_s=latency_s)).run(90)
    since_s = 2.5 * latency_s + 5
    assert 0.97 <= world.used(since_s, 90) / ((90 - since_s) * TPM / 60) <= 1.1
    assert world.throttled_share < 0.005


def test_an_even_use_needs_no_deeper_quota_than_what_is_in_flight_holds():
    # (3 - 1) x 2 s of the quota are held in flight.
    world = World(bedrock(rpm=RPM, tpm=TPM, burst_s=8), BOTH)
    eight(world, Work("a", threads=64, used=200, reserved=600, latency_s=2)).run(50)
    assert world.used(10, 50) >= 0.97 * 40 * TPM / 60
    assert world.throttled_share < 0.005


@pytest.mark.parametrize(
    ("used", "reserved"), [pytest.param(50, 60, id="requests bind"), pytest.param(200, 500, id="tokens bind")]
)
def test_two_jobs_get_shares_by_their_weights(used, reserved):
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    works = [Work(job, threads=40, weight=weight, used=used, reserved=reserved) for job, weight in (("a", 1), ("b", 3))]
    eight(world, *works).run(40)
    assert share(world, "b", 10, 40) == pytest.approx(0.75, rel=0.05)
    assert share(world, "a", 10, 40) == pytest.approx(0.25, rel=0.05)
    assert world.throttled_share < 0.005


def test_shares_are_of_what_was_used_and_not_of_what_was_reserved():
    world = World(bedrock(rpm=RPM, tpm=TPM, burst_s=60), BOTH)
    eight(world, Work("a", threads=40, used=200, reserved=220), Work("b", threads=40, used=200, reserved=900)).run(60)
    assert share(world, "a", 15, 60) == pytest.approx(0.5, rel=0.05)


def test_shares_do_not_depend_on_how_many_processes_work_for_a_job():
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    world.process(Work("a", threads=100))
    for _ in range(7):
        world.process(Work("b", threads=40))
    world.run(40)
    assert share(world, "a", 10, 40) == pytest.approx(0.5, rel=0.05)


def test_the_processes_of_one_job_get_about_as_much_each():
    world = eight(World(bedrock(rpm=RPM, tpm=TPM), BOTH), Work("a", used=50)).run(30)
    by_process = [sum(one.process == process.name for one in world.sent) for process in world.processes]
    assert min(by_process) >= 0.8 * max(by_process)


def test_a_job_alone_gets_everything_whatever_its_weight():
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    eight(world, Work("a", threads=40, weight=0.1, used=50), Work("b", threads=40, used=50, until_s=10)).run(40)
    assert world.requests(25, 40, job="a") >= 0.97 * 15 * RPM / 60


def test_a_job_that_comes_later_has_no_credit_for_the_past():
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    eight(world, Work("a", threads=40, used=50), Work("b", threads=40, used=50, since_s=20)).run(40)
    assert share(world, "b", 22, 27) == pytest.approx(0.5, rel=0.1)
    assert share(world, "b", 22, 40) == pytest.approx(0.5, rel=0.05)


def test_a_job_that_wants_little_does_not_hold_the_others_back():
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    world.process(Work("small", threads=1, weight=10, rest_s=0.5, used=50))
    eight(world, Work("a", threads=40, used=50)).run(30)
    assert world.requests(5, 30) >= 0.97 * 25 * RPM / 60
    assert max(one.waited_s for one in world.sent if one.job == "small") < 0.6


def test_a_preview_passes_before_bulk_work():
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    eight(world, Work("a", threads=60, weight=100))
    world.process(Work("preview", threads=3, urgent=True, weight=0.1, since_s=10))
    world.run(20)
    waits = [one.waited_s for one in world.sent if one.job == "preview"]
    assert len(waits) >= 15
    assert max(waits) < 0.5
    assert max(one.waited_s for one in world.sent if one.job == "a") > 2


@pytest.mark.parametrize("large_job", ["a", "b"])
def test_large_requests_are_not_starved_by_small_ones_of_other_processes(large_job):
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    for _ in range(7):
        world.process(Work("a", threads=40, used=200, reserved=200))
    world.process(Work(large_job, threads=4, used=8000, reserved=8000))
    world.run(40)
    large = [one for one in world.sent if one.used == 8000]
    # A fair share is an eighth of 300,000 tokens in the same job, a half in one of its own.
    assert len(large) >= (3 if large_job == "a" else 10)
    # One of them more or less ends in this time.
    assert world.used(10, 40) >= 0.97 * 30 * TPM / 60 - 8000
    assert world.throttled_share < 0.005


def test_what_a_killed_process_held_comes_back_with_the_quota():
    world = World(bedrock(rpm=RPM, tpm=TPM, burst_s=60), BOTH)
    eight(world, Work("a", threads=64, used=200, reserved=600, latency_s=2))
    for process in world.processes[:4]:
        world.kill(process, 20)
    world.run(45)
    assert world.used(25, 45) >= 0.97 * 20 * TPM / 60
    assert world.throttled_share < 0.005


@pytest.mark.parametrize("slow_s", [0.3, 0.5, 0.7, 1.5])
@pytest.mark.parametrize("job", ["a", "b"])
def test_a_process_that_is_slow_to_ask_does_not_hold_another_back(slow_s, job):
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    world.process(Work("a", threads=60, used=50))
    world.process(Work(job, threads=60, used=50), slow_s=slow_s)
    world.run(20)
    assert world.requests(5, 20) >= 0.95 * 15 * RPM / 60


def test_who_was_killed_is_waited_for_no_longer_than_a_second():
    world = World(bedrock(rpm=RPM, tpm=TPM), BOTH)
    world.process(Work("a", threads=60, used=50))
    other = world.process(Work("b", threads=60, used=50, urgent=True))
    world.kill(other, 10)
    world.run(20)
    assert world.requests(12.5, 20, job="a") >= 0.95 * 7.5 * RPM / 60


@pytest.mark.parametrize("jump_s", [-3600, -1.0, 3600, 86_400 * 400])
@pytest.mark.parametrize("tokens_bind", [True, False])
def test_a_clock_that_jumps_neither_stops_anybody_nor_sets_him_free(jump_s, tokens_bind):
    jumps = [(10, jump_s), (20, -jump_s), (30, jump_s)]
    world = World(bedrock(rpm=RPM, tpm=TPM, burst_s=15), BOTH, jumps=jumps)
    used = 200 if tokens_bind else 50
    eight(world, Work("a", threads=64, used=used, reserved=2 * used)).run(40)
    per_s = TPM / 60 / used if tokens_bind else RPM / 60
    for at_s in (10, 20, 30):
        assert world.requests(at_s, at_s + 8) >= 0.8 * 8 * per_s
    assert world.requests(8, 38) <= (30 + 15) * per_s
    assert world.throttled_share < 0.01


def test_a_rate_that_nobody_told_is_learned_by_all_together():
    world = World(bedrock(rpm=6000, burst_s=1), Quotas())
    eight(world, Work("a", threads=40, latency_s=0.5)).run(60)
    assert world.requests(10, 60) >= 0.85 * 50 * 100
    assert world.throttled_share < 0.03


def test_the_state_of_many_processes_stays_small():
    world = eight(World(bedrock(rpm=RPM, tpm=TPM), BOTH), Work("a"), Work("b")).run(5)
    assert world.most_state < 4000
