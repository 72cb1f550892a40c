"""Configuration to limits and terms: every key arrives."""

from datetime import datetime, time

from localctl.charging.external import SourceKind
from localctl.charging.limits import Cap
from localctl.charging.timetable import source_of
from localctl.plan_charging import (
    fixed_limits_of,
    hours_of,
    lease_terms_of,
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
