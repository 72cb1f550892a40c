"""Deadlines and pings as a table: what is done about a leg in each condition."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from localctl.net.settings import EdgeLimits, StationEdge
from localctl.net.watch import look_at


@dataclass
class Leg:
    """A leg as the watch sees it, at second 1000."""

    heard_at: float = 1000
    stalled_since: float | None = None
    closing_at: float | None = None
    pinged_at: float = 0
    is_open: bool = True
    waiting_in: int = 0
    done: list = field(default_factory=list)

    @property
    def wire(self):
        return self

    def abort(self, cause):
        self.done.append(cause)

    def send_ping(self):
        self.done.append("ping")


def look(leg, ping_s=60, pong_timeout_s=30):
    link = SimpleNamespace(station=leg, csms=None, edge=StationEdge(ping_s=ping_s, pong_timeout_s=pong_timeout_s))
    look_at(link, 1000, EdgeLimits(send_deadline_s=20, close_timeout_s=5))
    return leg.done


@pytest.mark.parametrize(
    ("leg", "done"),
    [
        (Leg(), []),
        (Leg(heard_at=941), []),
        (Leg(heard_at=940), ["ping"]),
        (Leg(heard_at=930, pinged_at=990), []),
        (Leg(heard_at=920, pinged_at=910), ["ping"]),
        (Leg(heard_at=900, pinged_at=971), []),
        (Leg(heard_at=909, pinged_at=970), ["silent"]),
        (Leg(heard_at=100, waiting_in=1), []),
        (Leg(heard_at=100, is_open=False), []),
        (Leg(stalled_since=981), []),
        (Leg(stalled_since=979), ["stalled"]),
        (Leg(stalled_since=979, closing_at=999), ["stalled"]),
        (Leg(closing_at=996, is_open=False), []),
        (Leg(closing_at=994, is_open=False), ["closed"]),
    ],
)
def test_1_5_4_what_is_done_about_a_leg(leg, done):
    assert look(leg) == done


def test_1_5_4_who_was_not_asked_in_time_is_asked_before_it_is_given_up():
    assert look(Leg(heard_at=998.9, pinged_at=998.8), ping_s=0.5, pong_timeout_s=0.5) == ["ping"]


def test_quirk_8_a_station_that_cannot_bear_pings_gets_none_and_is_never_given_up():
    assert look(Leg(heard_at=0), ping_s=0) == []


def test_the_csms_leg_has_its_own_patience():
    station, csms = Leg(), Leg(heard_at=990)
    link = SimpleNamespace(station=station, csms=csms, csms_ping_s=10, csms_pong_timeout_s=5, edge=StationEdge())
    look_at(link, 1000, EdgeLimits())
    assert (station.done, csms.done) == ([], ["ping"])
