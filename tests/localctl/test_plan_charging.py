"""Configuration to limits and terms: every key arrives."""

from datetime import datetime, time
from math import sqrt

import pytest

from localctl.charging.dispatching.fleet import Actuator, Managed
from localctl.charging.limiting.external import SourceKind
from localctl.charging.limiting.limits import Cap
from localctl.charging.limiting.timetable import source_of
from localctl.charging.profile.profiles import Protocol, RateUnit
from localctl.plan_charging import (
    adopted_of,
    fixed_limits_of,
    hours_of,
    lease_terms_of,
    managed_of,
    meter_rules_of,
    pace_terms_of,
    rules_of,
    tolerance_of,
    turns_of,
    zone_of,
)
from tests.localctl.config.files import ROUTER, good

SITE = (
    ROUTER.replace('"route"', '"refuse"')
    + """
[site]
time_zone = "Europe/Berlin"
[[panel]]
id = "main"
fuse_a = 63
limit_a = [50, 40, 50]
schedule = [
  { start = "17:00", end = "20:00", days = ["mon", "fri"], limit_a = 32, limit_w = 11_000 },
  { start = "22:00", end = "24:00", limit_w = 5000 },
]
[[panel]]
id = "sub"
parent = "main"
phases = "S"
fuse_a = 16
limit_a = 10
[[limit_source]]
name = "dso"
kind = "SO"
stale_after_s = 120
require_expiry = false
fallback_a = { main = 20, sub = [1, 2, 3] }
[[station]]
identity = "CP1"
panel = "main"
evses = [{ id = 1 }]
[charging]
lease_s = 200
longest_lease_s = 400
renew_at = 0.4
clock_skew_s = 12
reaction_s = 7
dead_band_a = 2
min_gap_s = 11
retry_s = 3
max_writes_per_day = 900
min_on_s = 600
min_off_s = 60
"""
)
CONFIG = good(SITE)


def test_a_fixed_limit_is_a_source_without_amperes_on_absent_phases():
    main, sub = fixed_limits_of(CONFIG)
    assert (main.node, main.steps[0].cap) == (("panel", "main"), Cap(a=(50, 40, 50)))
    assert (sub.node, sub.steps[0].cap) == (("panel", "sub"), Cap(a=(None, 10, None)))
    assert main.stale_after_s is None


def test_schedules_keep_their_days_hours_and_both_units():
    evening, night = hours_of(CONFIG)
    assert (evening.start, evening.end, evening.days) == (time(17), time(20), {0, 4})
    assert (evening.node, evening.cap) == (("panel", "main"), Cap(a=(32, 32, 32), w=11_000))
    assert (night.start, night.end, night.days) == (time(22), time(0), set(range(7)))


def test_24_00_is_the_end_of_the_day_in_the_time_zone_of_the_site():
    zone = zone_of(CONFIG)
    noon = datetime(2026, 11, 23, 12, tzinfo=zone).timestamp()
    steps = source_of(hours_of(CONFIG)[1], zone, noon, 3600).steps
    tonight = [step for step in steps if noon < step.at < noon + 43_200 + 1]
    assert [(step.at - noon) / 3600 for step in tonight] == [10, 12]
    assert [step.cap.w for step in tonight] == [5000, None]


def test_sources_outside_keep_their_rules_and_fallbacks():
    (rule,) = rules_of(CONFIG)
    assert (rule.name, rule.kind, rule.stale_after_s, rule.require_expiry) == ("dso", SourceKind.SO, 120, False)
    assert rule.fallback == {("panel", "main"): Cap(a=(20, 20, 20)), ("panel", "sub"): Cap(a=(None, 2, None))}


def test_terms_of_control_arrive():
    lease, pace, turns = lease_terms_of(CONFIG), pace_terms_of(CONFIG), turns_of(CONFIG)
    assert (lease.lease_s, lease.longest_s, lease.renew_at) == (200, 400, 0.4)
    assert (tolerance_of(CONFIG).skew_s, tolerance_of(CONFIG).reaction_s) == (12, 7)
    assert (pace.dead_band_a, pace.rise_gap_s, pace.retry_s, pace.writes_per_day) == (2, 11, 3, 900)
    assert (turns.min_on_s, turns.min_off_s, turns.dead_band_a) == (600, 60, 2)


def managed(station: str = "", defaults: str = "", evses: str = "{ id = 1 }") -> Managed:
    """The only station of a site, as dispatch knows it."""
    text = ROUTER.replace('"route"', f'"refuse"\n{defaults}') + '[[panel]]\nid = "main"\nfuse_a = 63\n'
    text += f'[[station]]\nidentity = "CP1"\npanel = "main"\nphase_rotation = "RST"\nevses = [{evses}]\n{station}\n'
    (one,) = managed_of(good(text + "[charging]\nclock_skew_s = 12\n"))
    return one


def test_a_station_arrives_with_its_outlets_ratings_and_failsafe():
    station = managed(
        'subprotocol = "ocpp1.6"\nmax_a = 50\nfailsafe_current_a = 8',
        evses="{ id = 1, phases = [2], min_a = 7, max_a = 20 }, { id = 2 }",
    )
    first, second = station.outlets
    assert (station.identity, station.protocol, station.rating_a) == ("CP1", Protocol.V16, 50)
    assert (first.id, first.phases, first.min_a, first.rating_a, first.failsafe_a) == (1, 1, 7, 20, 8)
    assert (second.id, second.phases, second.rating_a) == (2, 3, 32)
    assert station.tolerance.skew_s == 12


def test_a_station_without_a_pin_counts_as_2_0_1_until_it_connects():
    assert managed().protocol is Protocol.V201


def test_what_stations_get_wrong_arrives():
    station = managed(
        "stack_level = 0\nmax_stack_level = 5\nmax_schedule_periods = 3\nhold_minimum = true\n"
        'relative_profiles = true\nnames_transaction = false\nkeeps_profiles = false\nlimit_unit = "W"'
    )
    assert (station.stack_level, station.max_stack_level, station.most_periods) == (0, 5, 3)
    assert (station.hold_minimum, station.relative, station.names_transaction) == (True, True, False)
    assert (station.keeps_profiles, station.unit) == (False, RateUnit.WATTS)
    plain = managed()
    assert (plain.stack_level, plain.max_stack_level, plain.most_periods) == (None, None, 8)
    assert (plain.hold_minimum, plain.relative, plain.names_transaction) == (False, False, True)
    assert (plain.keeps_profiles, plain.unit) == (True, RateUnit.AMPS)


@pytest.mark.parametrize(
    ("control", "actuator"),
    [
        ("auto", None),
        ("max_profile", Actuator.MAX_PROFILE),
        ("tx_default", Actuator.TX_DEFAULT),
        ("tx_profile", Actuator.TX_PROFILE),
        ("dynamic", Actuator.DYNAMIC),
        ("observe", Actuator.UNCONTROLLED),
        ("uncontrolled", Actuator.UNCONTROLLED),
    ],
)
def test_each_way_of_control_is_its_actuator(control, actuator):
    assert managed(f'control = "{control}"').control is actuator


def test_p3_a_station_that_nobody_limits_falls_back_to_its_rating():
    assert managed('control = "observe"').outlets[0].failsafe_a == 32
    assert managed(evses="{ id = 1, max_a = 5, min_a = 5 }").outlets[0].failsafe_a == 5


def test_k01_fr_50_amperes_become_watts_by_phases_and_voltage():
    watts = [managed(evses=f"{{ id = 1, phases = {phases} }}").outlets[0].watts_per_a for phases in (1, 2, 3)]
    assert watts == [230, 460, 690]


def test_line_to_line_stations_work_at_the_voltage_between_two_lines():
    outlet = managed("line_to_line = true", evses="{ id = 1, phases = 1 }").outlets[0]
    assert outlet.watts_per_a == pytest.approx(230 * sqrt(3))


def test_dc_is_limited_in_watts_at_the_plug():
    station = managed(evses='{ id = 1, current = "DC", max_w = 12_972, efficiency = 0.94 }')
    outlet = station.outlets[0]
    assert (station.unit, outlet.dc) == (RateUnit.WATTS, True)
    assert outlet.watts_per_a == pytest.approx(690 * 0.94)
    assert outlet.rating_a == pytest.approx(20)


ADOPT = 'adopt_into = "main"\nadopt_current_a = {}\nadopt_count = 2'


def adopting(current_a: float, more: str = ""):
    text = ROUTER.replace('"route"', f'"adopt"\n{ADOPT.format(current_a)}\n{more}')
    return good(text + '[[panel]]\nid = "main"\nfuse_a = 63\n[[station]]\nidentity = "CP1"\n')


def test_an_adopted_station_is_held_as_a_whole_at_its_safe_current():
    station = adopted_of(adopting(10), "NEW")
    assert (station.identity, station.control, station.safe_a) == ("NEW", Actuator.MAX_PROFILE, 10)
    assert [outlet.min_a for outlet in station.outlets] == [6]
    assert adopted_of(adopting(4), "NEW").outlets[0].min_a == 4


def test_an_adopted_station_is_treated_by_the_defaults():
    station = adopted_of(adopting(10, 'control = "tx_default"\nsubprotocol = "ocpp2.1"\nlimit_unit = "W"'), "NEW")
    assert (station.control, station.protocol) == (Actuator.TX_DEFAULT, Protocol.V21)
    assert (station.unit, station.outlets[0].watts_per_a) == (RateUnit.WATTS, 690)


def test_nobody_is_adopted_who_is_listed_or_where_others_are_refused():
    assert adopted_of(adopting(10), "cp1") is None
    assert adopted_of(CONFIG, "NEW") is None


def test_a_metered_load_has_its_worst_case_and_its_patience():
    load = '[[load]]\nname = "{}"\npanel = "{}"\nkind = "{}"\ncurrent_a = 4\nstale_after_s = 20\n'
    text = load.format("pump", "sub", "metered") + load.format("light", "main", "reserved")
    ((name, rules),) = meter_rules_of(good(SITE.replace("[charging]", text + "[charging]"))).items()
    assert (name, rules.worst_a, rules.stale_after_s) == ("pump", (None, 4, None), 20)
