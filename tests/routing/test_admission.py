"""Storms: who dials when many come at once, who is told to come back and when, and that everybody gets in."""

import heapq
import random
from itertools import pairwise

import pytest

from routing import (
    Accept,
    Dial,
    LinkRefused,
    Refuse,
    Router,
    StationArrived,
    StationPolicy,
    UpstreamFailed,
    WakeAt,
    Woke,
)
from routing.admission import FORGOTTEN_S, MAX_TOLD, Admission
from routing.carrying.items import Known
from routing.observations import AdmissionDelayed
from routing.pace import Pace
from routing.policy import OutagePolicy
from routing.values import Instant, LinkId
from tests.routing.playbook import KEY, L1, L2, V201, Play, accepted, arrived

PATIENCE_S = 5.0


def admission(per_s=10.0, burst=1, draw=0.0):
    return Admission(Pace(lambda: draw, per_s=per_s, burst=burst), lambda: draw)


def ask(line, key, now=0.0, patience_s=PATIENCE_S):
    turn = line.ask(key, patience_s, Instant(now))
    return turn.admitted, round(turn.wait_s, 6)


def test_those_who_can_wait_for_their_place_get_one():
    line = admission()
    assert [ask(line, f"S{n}") for n in range(3)] == [(True, 0.0), (True, 0.1), (True, 0.2)]


def test_without_a_rate_everybody_goes_at_once_also_who_cannot_wait():
    line = admission(per_s=0.0)
    assert {ask(line, f"S{n}", patience_s=0.0) for n in range(1000)} == {(True, 0.0)}


def test_who_is_turned_away_is_told_a_moment_of_its_own():
    line = admission()
    for number in range(60):
        ask(line, f"early {number}")
    told = [ask(line, f"S{n}") for n in range(5)]
    assert not any(is_in for is_in, _ in told)
    gaps = [round(after - before, 6) for (_, before), (_, after) in pairwise(told)]
    assert gaps == [0.1] * 4


def test_a_place_that_jitter_might_put_beyond_its_patience_is_not_given():
    line = admission(draw=0.99)
    taken = [ask(line, f"S{n}") for n in range(100)]
    assert max(wait_s for is_in, wait_s in taken if is_in) <= PATIENCE_S


def test_who_asks_again_too_soon_keeps_its_moment():
    line = admission()
    for number in range(300):
        ask(line, f"S{number}")
    first, again = ask(line, "S299"), ask(line, "S299", now=1.0)
    assert (first[0], again[0]) == (False, False)
    assert again[1] == pytest.approx(first[1] - 1.0)


def test_who_comes_before_its_moment_gets_in_while_the_line_is_short():
    line = admission()
    for number in range(200):
        ask(line, f"S{number}")
    assert ask(line, "S199", now=1.0)[0] is False
    assert ask(line, "S199", now=4.0)[0] is True
    assert ask(line, "newcomer", now=4.0)[0] is False


def test_newcomers_do_not_overtake_those_who_were_told_to_come_back():
    line = admission()
    told_s = {f"S{n}": wait_s for n in range(150) for is_in, wait_s in [ask(line, f"S{n}")] if not is_in}
    assert ask(line, "newcomer", now=5.0)[0] is False
    for key, wait_s in told_s.items():
        for number in range(3):
            ask(line, f"newcomer {key} {number}", now=wait_s)
        assert ask(line, key, now=wait_s)[0] is True


def test_those_who_never_come_back_stand_in_nobodys_way_for_long():
    line = admission()
    for number in range(400):
        ask(line, f"S{number}")
    assert ask(line, "newcomer", now=40.0)[0] is True or ask(line, "newcomer", now=41.0 + FORGOTTEN_S)[0] is True
    assert ask(line, "late", now=200.0) == (True, 0.0)
    assert len(line) == 0


def test_p6_the_memory_of_who_was_told_is_bounded():
    line = admission(per_s=0.1)
    for number in range(MAX_TOLD + 100):
        ask(line, f"S{number}", patience_s=0.0)
    assert len(line) == MAX_TOLD


def failed(link):
    return UpstreamFailed(link=link, reason="no route")


def crowded(**policy):
    """A router that lets one station in per ten seconds, and that one has just come."""
    play = Play(hold_s=PATIENCE_S, **policy)
    play.router.common.admission.per_s = 0.1
    return play.given(arrived(L1, identity="A"))


def test_a_station_is_told_that_it_is_crowded_not_that_its_csms_is_away():
    play = crowded().when(arrived(L2, identity="B"))
    refusal = next(command for command in play.commands if isinstance(command, Refuse))
    assert (refusal.status, refusal.reason) == (503, "more stations at once than may go on to their CSMS")
    assert refusal.headers == ((b"Retry-After", b"15"),)
    assert play.fact(LinkRefused).cause == "crowded"
    assert play.fact(AdmissionDelayed).wait_s == 15.0


def test_a_station_that_waited_for_a_back_off_first_has_only_the_rest_of_its_patience():
    play = Play(hold_s=PATIENCE_S, retry_min_s=4.0, retry_range_s=0.0)
    play.given(arrived(L1, identity="B"), failed(L1), arrived(L2, identity="B"))
    play.router.common.admission.per_s = 1.0
    play.given(*(arrived(LinkId(10 + n), identity=f"C{n}") for n in range(4))).after(3.9, L2).then()
    play.given(*(arrived(LinkId(20 + n), identity=f"D{n}") for n in range(2))).after(0.1, L2)
    assert play.fact(LinkRefused).cause == "crowded"


def test_stations_the_box_can_stand_in_for_come_in_at_once_and_still_dial_at_the_rate():
    play = Play(hold_s=PATIENCE_S, outage=OutagePolicy(mode="carry"))
    play.router.common.admission.per_s = 1.0
    play.router.common.clock.set(unix_offset_s=0.0, synchronised=True)
    known = Known(accepted=True, subprotocol=V201, trusted=True)
    comes = [StationArrived(link=LinkId(n), identity=f"S{n}", offer=(V201,), known=known) for n in range(1, 21)]
    play.given(*comes[:10]).when(*comes[10:])
    came_in = [command.link for command in play.commands if isinstance(command, Accept)]
    assert came_in == [one.link for one in comes[10:]]
    dialled, began_at = [], play.now
    for _ in range(300):
        for one in comes:
            dialled += [play.now for command in play.after(0.0, one.link).commands if isinstance(command, Dial)]
        play.later(0.1)
    assert len(dialled) == 19, "one dialled at once"
    assert all(after - before >= 0.4 for before, after in pairwise(dialled))
    assert dialled[-1] - began_at >= 19.0


class Storm:
    """Stations that all come at second 0, retry as told or by their own back-off, and a CSMS that takes them all."""

    def __init__(self, count, *, per_s, burst, heeding=1.0, seed=1):
        self.rng = random.Random(seed)
        self.router = Router(
            lambda identity: StationPolicy(csms="main", hold_s=PATIENCE_S), own_key=KEY, uniform=self.rng.random
        )
        self.router.common.admission.per_s, self.router.common.admission.burst = per_s, burst
        self.heeds = {f"S{n}": self.rng.random() < heeding for n in range(count)}
        self.dials, self.entered, self.refusals = [], {}, dict.fromkeys(self.heeds, 0)
        self.heap, self.links, self.who = [], 0, {}
        for name in self.heeds:
            self.at(self.rng.random() * 0.2, "comes", name)

    def at(self, when, what, about):
        heapq.heappush(self.heap, (when, len(self.heap), self.rng.random(), what, about))

    def run(self, until=600.0):
        while self.heap and self.heap[0][0] <= until:
            now, _, _, what, about = heapq.heappop(self.heap)
            if what == "comes":
                self.links += 1
                link = LinkId(self.links)
                self.who[link] = about
                event = arrived(link, identity=about)
            else:
                event = Woke(link=about) if what == "wakes" else accepted(V201, about)
            for command in self.router.handle(event, Instant(now)):
                self.carry_out(command, now)
        return self

    def carry_out(self, command, now):
        name = self.who[command.link]
        if isinstance(command, WakeAt):
            self.at(max(now, command.at), "wakes", command.link)
        elif isinstance(command, Dial):
            self.dials.append(now)
            self.at(now + self.rng.uniform(0.01, 0.3), "accepted", command.link)
        elif isinstance(command, Accept):
            self.entered[name] = now
        elif isinstance(command, Refuse):
            self.refusals[name] += 1
            told_s = float(dict(command.headers)[b"Retry-After"])
            own_s = min(5.0 * 2 ** (self.refusals[name] - 1), 40.0) + self.rng.random() * 5.0
            self.at(now + (told_s if self.heeds[name] else own_s) + self.rng.random() * 0.1, "comes", name)

    def most_within(self, window_s):
        """The most dials in any stretch of this length."""
        return max(sum(first <= at < first + window_s for at in self.dials) for first in self.dials)


@pytest.mark.parametrize("heeding", [1.0, 0.5, 0.0])
@pytest.mark.parametrize(("per_s", "burst"), [(50.0, 100), (20.0, 10), (5.0, 1)])
def test_500_stations_get_in_at_the_rate_and_soon_whether_or_not_they_heed_retry_after(per_s, burst, heeding):
    storm = Storm(500, per_s=per_s, burst=burst, heeding=heeding).run()
    for window_s in (1.0, 10.0):
        assert storm.most_within(window_s) <= burst + per_s * window_s + 1
    assert len(storm.entered) == len(storm.dials) == 500
    at_best_s = (500 - burst) / per_s
    # Who heeds nothing comes in waves of its own back-off, and the box can hold only `hold_s` of each.
    assert max(storm.entered.values()) <= (at_best_s + 5.0 if heeding == 1.0 else 3 * at_best_s + 60.0)


def test_those_who_heed_retry_after_are_turned_away_once():
    storm = Storm(500, per_s=20.0, burst=10).run()
    assert max(storm.refusals.values()) == 1
    assert max(storm.entered.values()) <= 490 / 20.0 + 3.0


def test_nobody_starves_while_newcomers_keep_coming_faster_than_they_may_go_on():
    storm = Storm(100, per_s=5.0, burst=1)
    for number in range(2000):
        name = f"N{number}"
        storm.heeds[name], storm.refusals[name] = True, 0
        storm.at(number / 20.0, "comes", name)
    storm.run(until=60.0)
    first = [storm.entered.get(f"S{n}") for n in range(100)]
    assert None not in first
    assert max(first) <= 100 / 5.0 + 5.0
