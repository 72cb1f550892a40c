"""Rows of the page: what it says of the box itself."""

import pytest

from localctl.observe.event_changes import Changes
from localctl.observe.snapshot import CertificateView, EventView, OutboxQueue, OutboxView
from localctl.web import view_box
from localctl.web.texts import TEXTS
from tests.localctl.charging.scene import busy
from tests.localctl.web.shown import DAY_S, event, full


def said(*events: EventView, lang: str = "de") -> list[str]:
    return [row["text"] for row in view_box.event_rows(events, lang)]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["connected", "lost", "refused", "not_accepted", "password", "moved", "root", "limit",
                                  "source", "car", "car_over", "disobeys", "disobeys_over", "over", "over_over",
                                  "fault", "fault_over"])  # fmt: skip
def test_every_kind_of_event_has_its_sentence(kind: str):
    assert f"event.{kind}" in TEXTS


def test_events_found_on_the_site_become_sentences():
    scene, changes = busy(), Changes()
    changes.found(scene.picture(), ())
    (change,) = changes.found(scene.limits("main", 24).cycles().picture(), ())
    (row,) = view_box.event_rows((event(change.kind, change.subject, **change.facts),), "en")
    assert row["text"] == "Panel main: limit 20.0 A → 24.0 A (ems-1, live)"


def test_an_event_is_told_with_the_figures_and_words_of_its_reader():
    limit = event("limit", "main", before="80.0 A", limit="40.0 / 6.5 / – A", source="fuse, ems", state="live")
    assert said(limit) == ["Verteiler main: Grenze 80,0 A → 40,0 / 6,5 / – A (Sicherung, ems, aktuell)"]
    assert said(event("source", "ems · panel:main", state="stale")) == ["Quelle ems · Verteiler main ist veraltet"]
    assert said(event("not_accepted", "CP1", registration="Pending")) == ["Das CSMS nimmt CP1 nicht an: wartet"]
    assert "geändert (gelöscht)" in said(event("root", "CP1", change="deleted"))[0]


def test_a_fault_is_told_in_german_and_a_peer_s_words_stay_its_own():
    assert said(event("fault", "", reason="the HTTP port has stopped serving")) == [
        "Störung: der HTTP-Port antwortet nicht mehr"
    ]
    refused = event("refused", "X", cause="csms", status="404", reason="stopping")
    assert said(refused) == ["X abgewiesen: das CSMS sagt nein, HTTP 404 („stopping“)"]


def test_what_befalls_three_phases_at_once_is_one_sentence():
    rows = said(*(event("over_over", f"row a L{number}") for number in (3, 1, 2)), event("car", "CP1/1"))
    assert rows == ["row a L1, L2, L3: alle Stationen haben die Grenze bestätigt", "CP1/1: ein Auto beginnt"]
    assert len(said(event("over", "main L1"), event("over_over", "main L1"), event("over", "sub L1"))) == 3


def test_an_event_nobody_has_a_sentence_for_is_shown_as_it_is():
    (row,) = view_box.event_rows((event("news", "CP1", x="y"),), "de")
    assert row["text"] == "news CP1"


def test_only_queues_in_which_something_waits_are_listed():
    queues = (OutboxQueue(identity="CP1", waiting=0), OutboxQueue(identity="CP2", waiting=3, replaying=True))
    rows = view_box.outbox_rows(full(outbox=OutboxView(queues=queues)), "en")
    assert [(row["identity"], row["state"]) for row in rows["queues"]] == [("CP2", "being sent")]
    assert view_box.outbox_rows(full(outbox=None), "en") == {"queues": [], "dead": [], "dead_count": 0}


@pytest.mark.parametrize(
    ("left_s", "words", "good"),
    [
        (90 * DAY_S, "● 90 days left", True),
        (3 * DAY_S, "▲ only 3 days left", False),
        (1.5 * DAY_S, "▲ only 1 day left", False),
        (7300.0, "▲ only 2 h left", False),
        (-1.0, "▲ expired", False),
        (None, "▲ cannot be read", False),
    ],
)
def test_a_certificate_tells_how_long_it_lasts(left_s: float | None, words: str, good: bool):
    one = CertificateView(use="server_443_1", subject="box", ends_at=None if left_s is None else 1000.0 + left_s)
    (row,) = view_box.certificate_rows((one,), 1000.0, "en")
    assert (row["use"], row["state"], row["good"]) == ("stations, port 443", words, good)


@pytest.mark.parametrize(
    ("use", "words"),
    [
        ("server_443_1", "Stationen, Port 443"),
        ("server_443_2", "Stationen, Port 443 (2)"),
        ("upstream_my_csms", "zum CSMS my_csms"),
        ("something else", "something else"),
    ],
)
def test_a_certificate_tells_what_it_is_used_for(use: str, words: str):
    (row,) = view_box.certificate_rows((CertificateView(use=use, subject="box", ends_at=None),), 0.0, "de")
    assert row["use"] == words
