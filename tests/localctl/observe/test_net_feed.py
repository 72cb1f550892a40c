"""The edge's counters reach the page, each in its own series."""

from collections import Counter
from dataclasses import fields

from localctl.net.stats import LegStats, NetStats
from localctl.observe import catalogue
from localctl.observe.net_feed import net_samples


def test_every_counter_of_a_leg_has_a_series_of_its_own():
    """Each counter gets a figure nobody else has; all of them must come out again."""
    stats = NetStats()
    given = []
    for number, name in enumerate(field.name for field in fields(LegStats) if field.name != "closes"):
        setattr(stats.csms, name, 1000 + number)
        given.append(1000 + number)
    stats.csms.closes = Counter({"stalled": 7000})
    shown = [figure for _, labels, figure in net_samples(stats) if labels[:1] == ("csms",)]
    assert sorted(shown) == [*given, 7000]


def test_every_counter_of_the_edge_has_a_series_of_its_own():
    stats = NetStats()
    names = [field.name for field in fields(NetStats) if field.name not in ("station", "csms")]
    given = []
    for number, name in enumerate(names):
        is_by_cause = isinstance(getattr(stats, name), Counter)
        setattr(stats, name, Counter({f"cause{number}": 500 + number}) if is_by_cause else 500 + number)
        given.append(500 + number)
    shown = [figure for _, labels, figure in net_samples(stats) if labels[:1] not in (("csms",), ("station",))]
    assert sorted(shown) == given


def test_compression_tells_plain_from_compressed_in_both_directions():
    stats = NetStats(station=LegStats(deflate_before=100, deflate_after=10, inflate_before=20, inflate_after=200))
    shown = {labels[1:]: figure for row, labels, figure in net_samples(stats)
             if row is catalogue.COMPRESSION_BYTES and labels[0] == "station"}  # fmt: skip
    assert shown == {
        ("out", "plain"): 100, ("out", "compressed"): 10, ("in", "compressed"): 20, ("in", "plain"): 200,
    }  # fmt: skip


def test_what_the_feed_yields_is_declared():
    stats = NetStats(refusals=Counter(rate=1), tls_failures=Counter(eof=1), dial_failures=Counter(refused=1))
    for row, labels, _ in net_samples(stats):
        assert row in catalogue.SECTIONS["Connections"]
        assert len(labels) == len(row.labels)
