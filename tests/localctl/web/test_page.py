"""The status page: every section in both languages, everything escaped, nothing from elsewhere."""

import copy
import re
from typing import Any

import pytest

from localctl.charging.showing.picture_text import WHY, explain
from localctl.charging.showing.picture_words import LANGUAGES, Language
from localctl.observe.health import ServiceState
from localctl.observe.snapshot import DeadLetter, OutboxQueue, OutboxView, Snapshot
from localctl.web.page import PageMaker
from localctl.web.reader import Reader
from localctl.web.texts import TEXTS
from tests.localctl.charging.scene import busy
from tests.localctl.web.german import english_in
from tests.localctl.web.shown import EVIL, Tags, event, full, hostile, many, station

MAKER = PageMaker()


def page(snapshot: Snapshot, **reader: object) -> str:
    return MAKER.page(snapshot, Reader(**reader))  # type: ignore[arg-type]


def text_of(snapshot: Snapshot, lang: Language = "en") -> str:
    return Tags(page(snapshot, lang=lang)).text


def test_the_page_names_site_version_mode_and_every_section():
    text = text_of(full())
    for words in ("Harbour", "localctl 1.2.3", "The site now", "Timeline", "Stations and why", "Limits of each panel",
                  "Where limits come from", "Events", "Outbox", "Certificates"):  # fmt: skip
        assert words in text


def test_p5_each_station_has_the_sentences_of_explain():
    snapshot = full()
    text = text_of(snapshot)
    for one in snapshot.charging["stations"]:  # type: ignore[attr-defined]
        for sentence in explain(one):
            assert " ".join(sentence.split()) in text


def test_german_readers_get_the_same_sections_in_german():
    text = text_of(full(), "de")
    for words in ("Die Anlage jetzt", "Verlauf", "Stationen und warum", "Grenzen je Verteiler", "Ereignisse",
                  "Postausgang", "Zertifikate", "CP1/1 bekommt 6,5 A je Phase"):  # fmt: skip
        assert words in text
    assert 'lang="de"' in page(full(), lang="de")


def test_no_english_is_left_on_a_german_page_whatever_there_is_to_tell():
    picture: Any = copy.deepcopy(dict(full().charging))
    for station_, reason in zip(picture["stations"] * 9, WHY, strict=False):
        station_["evses"].append(station_["evses"][0] | {"id": len(station_["evses"]) + 1, "reason": reason})
    picture["stations"][0] |= {"overruled": True, "clock_off_s": 12.0, "trial": "proven"}
    picture["stations"][1] |= {"online": False, "trial": "failed"}
    picture["panels"][0]["phases"]["L1"] |= {"over_a": 3.0, "over_since": 0.0, "state": "stale"}
    faults = ("waiting for limits", "the HTTP port has stopped serving")
    told = [event("lost", cause=key.partition(".")[2]) for key in TEXTS if key.startswith("cause.")]
    shown = full(
        charging=picture,
        reasons=faults,
        events=(*told, event("fault", "", reason=faults[1]), event("source", "ems · panel:main", state="stale"),
                event("limit", "main", before="8.0 A", limit="6.5 A", source="fuse", state="ended"),
                event("root", change="installed"), event("not_accepted", registration="Rejected")),
        stations=tuple(
            station(f"S{number}", registration=one, last_loss="half dead")
            for number, one in enumerate(("Unknown", "Pending", "Rejected"))
        ),
        outbox=OutboxView(
            queues=(OutboxQueue(identity="CP1", waiting=7), OutboxQueue(identity="CP2", waiting=1, replaying=True)),
            dead=(DeadLetter(identity="CP2", action="TransactionEvent", at=0.0, reason="GenericError"),), dead_count=1,
        ),
    )  # fmt: skip
    for snapshot in (shown, Snapshot(version="1", state=ServiceState.STARTING)):
        tags = Tags(page(snapshot, lang="de").replace(">English<", "><"))
        spoken = [tags.text, *(data for name in SPOKEN for data in tags.attributes(name))]
        assert english_in(re.sub(r"/[-\w./]+", "", " ".join(spoken))) == set(), "beside the addresses for machines"
    assert english_in(text_of(shown)) != set(), "what finds English finds it on the English page"
    assert not re.search(r"\d\.\d A", Tags(page(shown, lang="de")).text), "decimal commas"


SPOKEN = ("aria-label", "data-on", "data-off", "data-limit", "data-given", "data-measured", "data-time", "data-none",
          "data-failed", "data-label")  # fmt: skip
"""Attributes that are read aloud, or from which the page's script takes its words."""


def test_sources_events_outbox_and_certificates_tell_what_they_have():
    text = text_of(full())
    for words in ("ems-1 EMS panel main 20.0 A ● live", "CP1 lost: no sign of life", "Without a place on the site",
                  "X refused: not known here, HTTP 404", "3 times", "CP1 7 ", "Will not be sent: 1", "STRAY",
                  "refused three times", "box.example", "▲ only 3 days left"):  # fmt: skip
        assert words in text


def test_empty_sections_say_so():
    text = text_of(Snapshot(version="1", state=ServiceState.READY))
    for words in ("only routes", "No station has been here yet.", "Nothing has happened since the start.",
                  "Nothing waits for a CSMS.", "This box uses no certificate of its own."):  # fmt: skip
        assert words in text
    assert "The site now" not in text


def test_a_box_that_only_routes_lists_its_stations():
    text = text_of(Snapshot(version="1", state=ServiceState.READY, stations=(station("CP7", connected=False),)))
    assert "CP7 ○ away" in text


def test_adopted_stations_are_listed_with_their_fixed_current():
    shown = dict(full().charging) | {"adopted": [
        {"identity": "NEW-1", "online": True, "protocol": "ocpp1.6", "actuator": "tx_profile", "distrusted": False,
         "share_a": 6.0, "entitled_a": 6.0},
    ]}  # fmt: skip
    assert "NEW-1 ● up ocpp1.6 6.0 A 6.0 A" in text_of(full(charging=shown))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_p6_what_a_peer_or_a_file_says_is_never_markup(lang: Language):
    tags = Tags(page(hostile(), lang=lang))
    scripts = [attributes for tag, attributes in tags.seen if tag == "script"]
    assert all(set(one) <= {"src", "defer", "type"} and str(one["src"]).startswith("/static/") for one in scripts)
    assert [tag for tag, attributes in tags.seen if tag == "img" and attributes["src"] != "/static/icon.svg"] == []
    assert "{0}{{7*7}}" in tags.text


def test_nothing_on_the_page_is_inline_and_nothing_is_elsewhere():
    """The content security policy would stop it; the page must not need that."""
    shown = page(full())
    tags = Tags(shown)
    assert "style" not in {tag for tag, _ in tags.seen} | {name for _, found in tags.seen for name in found}
    assert not [name for _, found in tags.seen for name in found if name.startswith("on")]
    assert not re.search(r"https?:|//[a-z]|@import", shown)


def test_it_works_without_a_script_by_loading_itself_again():
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page(full())


def test_every_link_inside_the_page_leads_somewhere():
    tags = Tags(page(full()))
    anchors = {href[1:] for href in tags.attributes("href") if href.startswith("#")}
    assert anchors - set(tags.attributes("id")) == set()


def test_labels_refer_to_what_is_there_and_ids_are_unique():
    tags = Tags(page(full()))
    ids = list(tags.attributes("id"))
    assert len(ids) == len(set(ids))
    assert set(tags.attributes("aria-labelledby")) | set(tags.attributes("popovertarget")) <= set(ids)


def test_parts_are_made_once_per_snapshot_and_anew_for_the_next():
    reader, snapshot = Reader(), full()
    first = MAKER.parts(snapshot, reader)
    assert MAKER.parts(snapshot, reader) is first
    assert MAKER.parts(full(), reader) is not first


def test_only_what_changed_is_another_part():
    reader, scene = Reader(), busy()
    before = MAKER.parts(full(scene), reader)
    after = MAKER.parts(full(scene, events=(event("car"),)), reader)
    assert {name for name in before if before[name] != after[name]} == {"events"}


def test_two_hundred_stations_have_a_card_each():
    parts = MAKER.parts(many(200), Reader())
    assert sum(name.startswith("station-") for name in parts) == 200
    assert EVIL not in "".join(parts.values())
