"""What an EVSE asks for, by what is known of its station."""

from dataclasses import replace

import pytest

from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.knowing.facts import NeedsTold
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.knowing.phase_watch import PhaseWatch
from localctl.charging.knowing.site_state import EvseState, StationState, Transaction
from localctl.charging.loop.demands import PHASES_FRESH_S, Seen, demand_of, is_full, used_phases
from localctl.charging.profile.profiles import Protocol
from tests.localctl.charging.played import place

NOW = 1000.0
OFFERED = frozenset({1})
"""At EVSE 1 a car that takes nothing could have had something."""


def seen(
    steered=True, evses=1, phases=(1, 2, 3), entitled=None, charging=None, protocol=Protocol.V201, offered=OFFERED,
    **evse,
):  # fmt: skip
    if "phases_watch" in evse:
        evse = {"phases": evse["phases_watch"], "measured_at": NOW}
    box = place("A", evses=evses, phases=phases, protocol=protocol)
    running = {"t": Transaction(id="t", evse_id=1, started_at=0.0, charging_state=charging)} if charging else {}
    return Seen(
        placed=box.placed, managed=box.managed, ledger=Ledger(protocol=protocol), steered=steered,
        state=StationState(open=running, evses={"1": EvseState(**evse)}),
        entitled=entitled or Envelope(evse_a={number + 1: 16.0 for number in range(evses)}), offered=offered,
    )  # fmt: skip


def ask(one, number=0, **more):
    return demand_of(one, one.managed.outlets[number], **({"appetite_a": None, "cap_a": None, "now": NOW} | more))


def test_p2_who_is_away_is_reserved_what_it_may_draw():
    assert ask(seen(steered=False)).fixed_a == 16.0


def test_p2_evses_of_a_silent_station_share_its_limit_where_they_share_conductors():
    envelope = Envelope(station_a=40.0, evse_a={1: 32.0, 2: 32.0})
    one = seen(steered=False, evses=2, entitled=envelope)
    assert [ask(one, 0).fixed_a, ask(one, 1).fixed_a] == [32.0, 8.0]


def test_k03_an_idle_evse_keeps_its_failsafe_for_a_new_car():
    assert ask(seen()).fixed_a == 6.0


@pytest.mark.parametrize(
    ("told", "drawn", "most_a"),
    [
        ({"most_a": 16.0}, None, 16.0),
        ({"most_a": 16.0}, 9.0, 9.0),
        ({"most_a": 6.0}, 9.0, 6.0),
        ({"most_a": 5.9}, None, None),
        ({"most_a": -1.0}, 9.0, 9.0),
        ({"most_w": 6900.0}, None, 10.0),
        ({"most_w": 6900.0, "most_a": 400.0}, None, 10.0),
        ({}, None, None),
    ],
)
def test_k15_a_car_asks_for_no_more_than_it_said_it_can_take(told, drawn, most_a):
    needs = NeedsTold(evse_id=1, **told)
    assert ask(seen(charging="Charging", needs=needs), appetite_a=drawn).appetite_a == most_a


def test_a_charging_car_asks_for_all_it_may_have_and_wants():
    demand = ask(seen(charging="Charging"), appetite_a=9.0, cap_a=20.0)
    assert (demand.fixed_a, demand.min_a, demand.max_a, demand.appetite_a, demand.cap_a) == (None, 6.0, 32.0, 9.0, 20.0)


@pytest.mark.parametrize(("drawn_a", "full"), [(0.2, True), (9.0, False)])
def test_a_car_is_full_when_it_stopped_and_the_meter_agrees(drawn_a, full):
    one = seen(charging="SuspendedEV", current_a={"1": drawn_a}, measured_at=NOW)
    assert is_full(one, 1, NOW) is full
    assert (ask(one).fixed_a == 6.0) is full


def test_a_car_that_was_let_have_nothing_is_not_full_whatever_its_station_says():
    one = seen(charging="SuspendedEV", offered=frozenset())
    assert not is_full(one, 1, NOW)
    assert ask(one).min_a == 6.0


@pytest.mark.parametrize(("word", "full"), [("SuspendedEV", True), ("SuspendedEVSE", False), ("Charging", False)])
def test_in_1_6_the_connectors_status_tells(word, full):
    one = seen(charging="x", protocol=Protocol.V16, connectors={"1": word})
    assert is_full(one, 1, NOW) is full


KNOWN = PhaseWatch(used=(1,))


def phases_of(one, now=NOW):
    return used_phases(one, one.managed.outlets[0], now)


def test_a_car_counts_on_the_conductors_it_was_measured_on():
    assert phases_of(seen(charging="Charging", phases_watch=KNOWN)) == (1,)


def test_p2_a_car_counts_on_all_conductors_as_soon_as_anything_is_uncertain():
    assert phases_of(seen(charging="Charging", phases_watch=KNOWN), NOW + PHASES_FRESH_S) == (1,)
    assert phases_of(seen(charging="Charging", phases_watch=KNOWN), NOW + PHASES_FRESH_S + 1) is None
    assert phases_of(seen(charging="Charging", phases_watch=KNOWN, steered=False)) is None
    assert phases_of(seen(phases_watch=KNOWN)) is None
    assert phases_of(seen(charging="Charging", phases_watch=PhaseWatch())) is None


def test_where_the_wires_count_meters_do_not():
    assert phases_of(replace(seen(charging="Charging", phases_watch=KNOWN), wired=True)) is None
