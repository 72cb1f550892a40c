"""How many lines strangers get."""

from localctl.net.ration import BURST_LINES, REFILL_S, Ration


def test_p6_a_burst_is_said_then_one_line_every_few_seconds():
    now = [100.0]
    ration = Ration(lambda: now[0])
    assert [ration.take() for _ in range(BURST_LINES + 2)] == [True] * BURST_LINES + [False] * 2
    now[0] += REFILL_S
    assert [ration.take(), ration.take()] == [True, False]


def test_a_long_silence_gives_one_burst_and_not_more():
    now = [0.0]
    ration = Ration(lambda: now[0])
    ration.take()
    now[0] += 1e6
    assert sum(ration.take() for _ in range(2 * BURST_LINES)) == BURST_LINES
