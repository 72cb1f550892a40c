"""Rows of the page: what each section says of the site."""

import copy
from typing import Any

from localctl.web import view
from tests.localctl.charging.scene import busy
from tests.localctl.web.shown import full, station


def picture(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(dict(full().charging)) | changes


def test_a_panel_has_a_line_per_phase_with_what_comes_next():
    main, sub = view.panel_rows(picture(), "en")
    assert [line["phase"] for line in main["lines"]] == ["L1", "L2", "L3"]
    first = main["lines"][0]
    assert (first["limit"], first["by"], first["next"], first["over"]) == ("13.0 A", "ems-1", "25.0 A, fuse", "")
    assert first["span"] == "since 2027-01-15 08:00:20 UTC, until 2027-01-15 08:15:20 UTC"
    assert (sub["lines"][0]["next"], sub["lines"][0]["span"]) == ("–", "since ever, without an end")


def test_p5_a_panel_s_limit_is_told_in_sentences_with_since_until_and_next():
    main, _ = view.panel_rows(picture(), "en")
    assert main["sentences"][:3] == [
        "Limit: panel main L1, L2, L3, 13.0 A for charging by ems-1 (20.0 A less other loads and reserve), since "
        "2027-01-15 08:00:20 UTC, until 2027-01-15 08:15:20 UTC; 13.0 A are given out or reserved there.",
        "L1, L2, L3: next would bind 25.0 A by fuse.",
        "L1, L2, L3: 9.0 / 8.0 / 7.0 A measured; at most 13.0 A could flow by what was sent to stations.",
    ]


def test_a_panel_with_a_reserve_says_where_the_rest_of_its_fuse_is():
    shown = picture()
    for line in shown["panels"][1]["phases"].values():
        line |= {"limit_a": 80.0, "net_a": 64.0, "reserve_a": 16.0, "other_a": 0.0}
    _, sub = view.panel_rows(shown, "en")
    assert "L1, L2, L3: of 80.0 A, others take 0.0 A and 16.0 A are kept in reserve." in sub["sentences"]
    assert sub["lines"][0]["others"].endswith(") + 16.0 A reserve")


def test_what_is_given_out_beyond_what_could_flow_is_explained():
    shown = picture()
    shown["panels"][0]["phases"]["L1"] |= {"allocated_a": 65.8, "entitled_a": 50.5}
    main, _ = view.panel_rows(shown, "en")
    assert sum("is not sent yet, or is kept for stations nobody can steer" in one for one in main["sentences"]) == 1
    main, _ = view.panel_rows(picture(), "en")
    assert not any("not sent yet" in one for one in main["sentences"])


def test_an_overdraft_is_an_alarm_but_not_while_it_falls():
    shown = picture()
    shown["panels"][0]["phases"]["L1"] |= {"over_a": 2.0, "since": shown["at"] - 60}
    line = next(view.panel_rows(shown, "en"))["lines"][0]
    assert (line["over"], line["calm"]) == ("▲ may draw 2.0 A too much", False)
    shown["panels"][0]["phases"]["L1"]["since"] = shown["at"] - 2
    line = next(view.panel_rows(shown, "en"))["lines"][0]
    assert (line["over"], line["calm"]) == ("may draw 2.0 A too much until it has followed", True)


def test_b01_a_station_that_came_back_without_a_boot_is_registered_as_before():
    def of(**changes: Any) -> str:
        return view.connection(station(registration="Unknown", **changes), "en")["registration"]

    assert of() == "as before: no boot on this connection"
    assert of(connected=False, upstream_connected=False) == "not heard yet"
    assert view.connection(station(registration="Rejected"), "en")["registration"] == "rejected"


def test_phases_with_limits_of_their_own_have_sentences_of_their_own():
    shown = picture()
    shown["panels"][0]["phases"]["L2"]["net_a"] = 12.0
    main, _ = view.panel_rows(shown, "en")
    assert [one.partition(":")[0] for one in main["sentences"]] == ["Limit", "L1, L3", "L1, L3", "Limit", "L2", "L2"]


def test_watts_have_a_line_of_their_own():
    shown = picture()
    shown["panels"][0]["power"] = {
        "net_w": 9000.0, "allocated_w": 8000.0, "measured_w": None, "source": "ems-1", "state": "live", "since": None,
        "until": None, "next_source": None, "next_w": None, "over_w": 0.0,
    }  # fmt: skip
    line = next(view.panel_rows(shown, "de"))["lines"][-1]
    assert (line["phase"], line["limit"], line["measured"], line["others"]) == ("Leistung", "9,0 kW", "–", "–")


def test_a_station_has_its_sentences_and_its_connection():
    first = next(view.station_rows(full(), "en"))
    assert (first["identity"], first["state"], first["link"]) == ("CP1", "up", "up")
    assert first["sentences"][0].startswith("CP1 on panel sub is connected")
    assert first["sentences"][-1].startswith("Profiles written in the last day: ")
    assert first["connection"]["version"] == "ocpp2.0.1"
    assert first["evses"][0]["draws"] == "6.0 / 5.0 / 4.0 A"


def test_a_station_the_router_never_saw_has_no_connection():
    assert next(view.station_rows(full(stations=()), "en"))["connection"] is None


def test_a_csms_that_overrules_the_box_is_told():
    shown = picture()
    shown["stations"][0]["overruled"] = True
    assert "stronger than ours" in next(view.station_rows(full(charging=shown), "en"))["sentences"][-1]


def test_stations_are_unplaced_when_neither_panel_nor_adoption_has_them():
    snapshot = full(stations=(station("cp1"), station("STRAY", last_loss="half dead")))
    (stray,) = view.unplaced(snapshot, "en")
    assert (stray["identity"], stray["loss"]) == ("STRAY", "no sign of life")


def test_sources_tell_value_age_and_freshness_each_with_a_word():
    rows = {row["source"]: row for row in view.source_rows(full(), "en")}
    assert rows["ems-1"]["value"] == "20.0 A"
    assert rows["ems-1"]["heard"] == "45 s ago"
    assert rows["ems-1"]["fresh"] == "● live"
    assert (rows["lift"]["heard"], rows["lift"]["fresh"]) == ("never", "▲ stale: fallback holds")
    assert (rows["kitchen"]["kind"], rows["kitchen"]["heard"]) == ("reserved", "–")
    assert rows["CSMS"]["value"] == "3 of 4"


def test_a_silent_ems_is_stale():
    scene = busy()
    scene.now += 400
    rows = {row["source"]: row for row in view.source_rows(full(scene.cycles()), "en")}
    assert rows["ems-1"]["fresh"] == "▲ stale: fallback holds"


def test_a_meter_that_is_heard_is_live():
    shown = picture()
    shown["loads"][1] |= {"known": "meter", "read_at": shown["at"] - 2}
    rows = {row["source"]: row for row in view.source_rows(full(charging=shown), "en")}
    assert (rows["lift"]["fresh"], rows["lift"]["heard"]) == ("● live", "2 s ago")


def test_how_the_csms_took_a_station_is_told_in_the_reader_s_language():
    first = next(view.station_rows(full(), "de"))
    assert first["connection"]["registration"] == "angenommen"


def test_who_limits_is_told_in_the_reader_s_language_and_unknown_ones_as_they_are():
    shown = picture()
    shown["external"][0]["kind"] = "SO"
    assert next(view.source_rows(full(charging=shown), "de"))["kind"] == "Netzbetreiber"
    shown["external"][0]["kind"] = "an almanac"
    assert next(view.source_rows(full(charging=shown), "de"))["kind"] == "an almanac"
