"""Reloads and certificates as metrics."""

from localctl.observe import catalogue as rows
from localctl.observe.box_facts import BoxFacts


def shown(facts: BoxFacts) -> dict[tuple[str, ...], object]:
    return {(row.name.removeprefix("localctl_"), *labels): figure for row, labels, figure in facts.samples()}


def test_the_configuration_the_box_started_with_was_good():
    figures = shown(BoxFacts(started_at=100.0))
    assert figures["config_last_reload_successful",] == 1
    assert figures["config_last_reload_success_timestamp_seconds",] == 100.0
    assert figures["config_reloads_total", "taken"] == 0


def test_a_refused_reload_shows_and_the_last_good_instant_stays():
    facts = BoxFacts(started_at=100.0)
    facts.config_refused()
    figures = shown(facts)
    assert figures["config_last_reload_successful",] == 0
    assert figures["config_last_reload_success_timestamp_seconds",] == 100.0
    assert figures["config_reloads_total", "refused"] == 1


def test_a_good_reload_after_a_bad_one_heals_it():
    facts = BoxFacts(started_at=100.0)
    facts.config_refused()
    facts.config_taken(at=200.0)
    figures = shown(facts)
    assert figures["config_last_reload_successful",] == 1
    assert figures["config_last_reload_success_timestamp_seconds",] == 200.0


def test_each_certificate_in_use_has_its_end_and_one_that_is_gone_expires_no_more():
    facts = BoxFacts(started_at=0.0)
    facts.certificates({"server": 1000.0, "old listener": 1.0})
    facts.certificates({"server": 3000.0, "upstream": 2000.0})
    ends = [(labels, end) for row, labels, end in facts.samples() if row is rows.CERTIFICATE_EXPIRY]
    assert ends == [(("server",), 3000.0), (("upstream",), 2000.0)]
