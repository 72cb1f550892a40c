"""The box's own clock is set: what was promised before is still counted, by whatever clock it runs (P2)."""

import pytest

from localctl.charging.base.instants import Instant, write_instant
from tests.localctl.charging.dispatched import pair
from tests.localctl.charging.played import Play, place

FUSE_A = 38.0


def jumps(play, by_s):
    """NTP sets the box's clock ahead; cars and stations live on by the true time, `play.now - by_s`."""
    play.now += by_s
    play.controller.clock_jumped(by_s)
    return play


def drawn_a(play, by_s):
    """What both cars may draw by the stations' own clocks, which nobody has set."""
    return sum(box.allows(1, play.now - by_s) for box in play.boxes.values())


def shows(play, name, at):
    """The station tells the time by its own clock."""
    state = {"timestamp": write_instant(Instant(int(at))), "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
    play.says(name, "StatusNotification", state, {})


@pytest.mark.parametrize("by_s", [120.0, 600.0, 86_400.0])
def test_p2_a_jump_ahead_ends_no_lease_of_a_station_that_is_away(by_s):
    play = Play(place("A"), place("B"), main_a=FUSE_A).joins("A", "B").goes_on(60).plugs_in("A").goes_on(60)
    play.gives(A=32.0, B=6.0).leaves("A").goes_on(10)
    jumps(play, by_s).plugs_in("B")
    shows(play, "B", play.now - by_s)  # so its clock is no good by ours: it is given limits without times
    for _ in range(120):
        play.goes_on(5)
        assert drawn_a(play, by_s) <= FUSE_A


def test_p2_a_jump_ahead_ends_no_lease_where_no_clock_was_ever_seen():
    play = pair(main_a=FUSE_A).share(a=32.0, b=6.0).settle().see("a", online=False)
    play.dispatcher.clock_jumped(600.0)
    play.after(600).share(a=6.0, b=32.0).plan().then(("b", "repair", 6.0))


def test_a_jump_ahead_writes_everything_anew_for_the_clock_that_is_right_now():
    """The box was an hour behind: its leases had ended before they were written, so cars stood at their failsafe."""
    play = Play(place("A"), main_a=FUSE_A).joins("A").goes_on(60).plugs_in("A").goes_on(60)
    assert play.boxes["A"].allows(1, play.now + 3600) == 6.0
    jumps(play, 3600.0).goes_on(30).gives(A=32.0)


def test_the_clocks_of_stations_were_seen_by_the_old_time_of_the_box():
    play = Play(place("A"), main_a=FUSE_A).joins("A")
    shows(play, "A", play.now + 3600)
    assert play.controller.states["A"].clock.last_s == 3600.0
    jumps(play, 3600.0)
    assert play.controller.states["A"].clock.last_s == 0.0
