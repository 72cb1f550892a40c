"""After a reload stations come in anew one after the other."""

from structlog.testing import capture_logs

from localctl.net.anew import PAUSE_S, come_anew
from routing.events import Event, ReadingStopped
from routing.values import LinkId


async def test_links_end_with_1012_one_after_the_other_and_those_that_are_gone_are_skipped(autojump_clock):
    posted: list[tuple[float, Event]] = []
    start = autojump_clock.current_time()
    with capture_logs() as logs:
        await come_anew(
            [LinkId(1), LinkId(2), LinkId(3)],
            {LinkId(1), LinkId(3)},
            lambda event: posted.append((autojump_clock.current_time() - start, event)),
        )
    assert [event for _, event in posted] == [
        ReadingStopped(link=LinkId(number), reason="the configuration changed", code=1012) for number in (1, 3)
    ]
    assert posted[1][0] - posted[0][0] >= PAUSE_S
    assert [(entry["event"], entry["count"]) for entry in logs] == [("stations come in anew", 3)]


async def test_a_reload_that_concerns_nobody_says_nothing():
    with capture_logs() as logs:
        await come_anew([], set(), print)
    assert logs == []
