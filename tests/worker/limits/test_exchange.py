import pytest

from worker.limits.board import BoardAwayError, Posted
from worker.limits.exchange import Exchange
from worker.limits.limiter import Quotas
from worker.limits.shared_quota import SharedQuota
from worker.limits.wants import Asking, Outcome, Told, Want

TOLD = Asking(job="j", quotas=Quotas(6000, 60_000))
LEARNED = Asking(job="j")


class PaperBoard:
    """A board in memory; `before` runs once before the next write, `fails` says where the next call breaks off."""

    def __init__(self):
        self.clock_s, self.version, self.state = 1000.0, 0, ""
        self.fails = self.before = None

    def read(self):
        self._fail("read")
        return Posted(self.clock_s, self.version, self.state)

    def swap(self, seen, version, state):
        before, self.before = self.before, None
        if before:
            before()
        self._fail("before the write")
        if seen != self.version:
            return self.read()
        self.version, self.state = version, state
        self._fail("after the write")
        return None

    def wipe(self):
        self.version, self.state = 0, ""

    def _fail(self, where):
        if self.fails == where:
            self.fails = None
            raise BoardAwayError(where)


@pytest.fixture
def board():
    return PaperBoard()


def permits(exchange, count, *, asking=TOLD, tokens=100, told=()):
    return [leave.permit for leave in exchange.step(told, [Want(asking, [tokens] * count)]).leaves[0]]


def settled(permits, *, used=100, asking=TOLD):
    return [Told(asking, permit, Outcome.PASSED, used) for permit in permits]


def test_a_permit_is_given_once_however_two_processes_cross(board):
    one, two = Exchange(board, "one"), Exchange(board, "two")
    crossed = []
    board.before = lambda: crossed.extend(permits(two, 100))
    # A quota of 10 requests of 100 tokens a second, one second's worth at the start and two tenths ahead.
    assert len(crossed) + len(permits(one, 100)) + len(permits(two, 100)) <= 12
    assert crossed


def test_what_was_told_while_the_board_was_away_is_told_later(board):
    exchange = Exchange(board, "p")
    given = permits(exchange, 5, tokens=190)
    for where in ("read", "before the write"):
        board.fails = where
        with pytest.raises(BoardAwayError):
            exchange.step(settled(given[:2], used=10), [])
        given = given[2:]
    # 4 of 5 came back by now, so that 4 more fit at once, and those have proved to be small.
    assert len(permits(exchange, 5, tokens=190)) >= 4


def test_what_was_told_is_told_once(board):
    exchange = Exchange(board, "p")
    exchange.step(settled(permits(exchange, 5, tokens=190), used=10), [])
    told = levels(board.state)
    exchange.step([], [])
    assert levels(board.state) == told


def test_a_step_whose_answer_was_lost_is_not_told_twice(board):
    exchange = Exchange(board, "p")
    given = permits(exchange, 5, tokens=190)
    board.fails = "after the write"
    with pytest.raises(BoardAwayError):
        exchange.step(settled(given, used=10), [])
    told = board.state
    exchange.step([], [])
    assert levels(board.state) == levels(told)


def test_permits_whose_answer_was_lost_go_back(board):
    exchange = Exchange(board, "p")
    exchange.step([], [])
    board.fails = "after the write"
    with pytest.raises(BoardAwayError):
        permits(exchange, 50)
    assert permits(exchange, 50) != []


def levels(state):
    return SharedQuota.from_text(state)._allowance.as_plain()[2:]


def learned_rate(board):
    exchange = Exchange(board, "p")
    for _ in range(40):
        board.clock_s += 0.25
        given = permits(exchange, 100, asking=LEARNED)
        exchange.step([Told(LEARNED, permit, Outcome.PASSED) for permit in given], [])
    rate = exchange.step([], []).rate_per_s
    assert rate > 200
    return exchange, rate


@pytest.mark.parametrize("is_first", [True, False])
def test_a_board_without_its_data_gets_back_what_was_learned(board, is_first):
    exchange, rate = learned_rate(board)
    board.wipe()
    if not is_first:
        assert Exchange(board, "new").step([], []).rate_per_s < 100
    exchange.step([], [])
    assert Exchange(board, "new").step([], []).rate_per_s == pytest.approx(rate)


def test_an_older_copy_on_the_board_is_overruled(board):
    exchange, rate = learned_rate(board)
    board.version, board.state = 5, SharedQuota(Quotas(), clock_s=1.0).as_text()
    assert exchange.step([], []).rate_per_s == pytest.approx(rate)
    assert board.version > 5


def test_a_process_that_knows_less_takes_what_stands_there(board):
    idle = Exchange(board, "idle")
    idle.step([], [])
    _, rate = learned_rate(board)
    assert idle.step([], []).rate_per_s == pytest.approx(rate)


def test_the_least_that_was_told_for_a_job_counts_while_it_runs(board):
    exchange = Exchange(board, "p")
    careful = Asking(job="careful", quotas=Quotas(60, None))
    assert exchange.step([], [Want(TOLD, [])]).rate_per_s == pytest.approx(98.5)
    assert exchange.step([], [Want(careful, [])]).rate_per_s == pytest.approx(0.985)
    for _ in range(4):
        board.clock_s += 50
        rate = exchange.step([], [Want(TOLD, [])]).rate_per_s
    assert rate == pytest.approx(98.5)


def test_two_desks_of_one_job_are_both_served(board):
    exchange = Exchange(board, "p")
    given = exchange.step([], [Want(TOLD, [10]), Want(TOLD, []), Want(TOLD, [10])])
    assert [len(leaves) for leaves in given.leaves] == [1, 0, 1]


def test_a_clock_that_leaps_a_day_makes_nobody_forgotten(board):
    exchange = Exchange(board, "p")
    exchange.step([], [Want(Asking(job="careful", quotas=Quotas(60, None)), [])])
    board.clock_s += 86_400
    assert exchange.step([], [Want(TOLD, [])]).rate_per_s == pytest.approx(0.985)
