"""A read-back says what was there before this box; what happens meanwhile is never lost by it."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.knowing import ledger as book
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.knowing.read_back import MOST_CHANGES, ReadBack, asks_for_all
from localctl.charging.profile.own_ids import OURS_FROM
from localctl.charging.profile.profiles import Protocol
from tests.localctl.charging.knowing.test_ledger import ids, new, profile

IDS = (1, 2, OURS_FROM, OURS_FROM + 2)


def report(*profiles, request_id=5, evse=0, tbc=False):
    return {"requestId": request_id, "evseId": evse, "chargingProfile": list(profiles), "tbc": tbc}


def test_k09_the_last_report_replaces_everything_and_parts_say_that_more_follows():
    before = new((1, profile(1)), (1, profile(2, level=1), None))
    reading = ReadBack(5, before)
    assert reading.reported(before, report(profile(8), tbc=True)) is None
    assert reading.reported(before, report(profile(77), request_id=4)) is None
    after = reading.reported(before, report(profile(9), "broken", evse=1))
    assert (ids(after), after.known) == ([(8, True), (9, True)], True)
    assert not before.known


def test_k09_no_profiles_means_none_but_what_waits_for_its_start_is_not_installed_yet():
    start = {"idToken": {}, "remoteStartId": 3, "evseId": 1, "chargingProfile": profile(7, "TxProfile")}
    before = book.start_requested(new((1, profile(1))), start, True, 0.0)
    after = ReadBack(5, before).settled(before)
    assert (ids(after), after.entries[0].start_id, after.known) == ([(7, True)], 3, True)


def test_a_profile_written_while_the_station_reads_is_not_lost_by_an_older_report():
    before = new()
    reading = ReadBack(5, before)
    ours = {"evseId": 0, "chargingProfile": profile(OURS_FROM)}
    reading.changed(lambda ledger: book.profile_set(ledger, ours, True))
    after = reading.reported(before, report(profile(1, level=4)))
    assert (after.present(), after.overruled()) == ({OURS_FROM}, {OURS_FROM})


def test_a_profile_cleared_while_the_station_reads_is_not_there_whatever_was_reported():
    before = new((0, profile(OURS_FROM)))
    reading = ReadBack(5, before)
    reading.changed(lambda ledger: book.profiles_cleared(ledger, {"chargingProfileCriteria": {"evseId": 0}}, True))
    assert reading.reported(before, report(profile(OURS_FROM), profile(3))).entries == ()


def test_a_remote_starts_profile_that_is_reported_and_begins_meanwhile_is_there_once():
    start = {"idToken": {}, "remoteStartId": 3, "evseId": 1, "chargingProfile": profile(7, "TxProfile")}
    before = book.start_requested(new(), start, True, 0.0)
    reading = ReadBack(5, before)
    reading.changed(lambda ledger: book.transaction_began(ledger, "t", 1, 3, 0.0))
    after = reading.reported(before, report(profile(7, "TxProfile", transactionId="t"), evse=1))
    assert [(entry.profile.id, entry.profile.transaction_id) for entry in after.entries] == [(7, "t")]


def test_a_reading_during_which_too_much_happened_changes_nothing():
    before = new((1, profile(1)))
    reading = ReadBack(5, before)
    for _ in range(MOST_CHANGES + 10):
        reading.changed(lambda ledger: ledger)
    assert reading.spoilt
    assert reading.reported(before, report(profile(2))) is before


def test_a_station_that_reports_without_end_is_held_to_what_a_ledger_keeps():
    before = new((1, profile(1)))
    reading = ReadBack(5, before)
    for number in range(40):
        many = [profile(number * 10 + each) for each in range(10)]
        assert reading.reported(before, report(*many, tbc=True)) is None
    assert len(reading.reported(before, report()).entries) == book.MOST_ENTRIES


@pytest.mark.parametrize("raw", [None, 7, "x", {}, {"requestId": 5, "chargingProfile": 3}, {"requestId": "5"}])
def test_a_report_that_makes_no_sense_is_nobodys_profile(raw):
    before = new((1, profile(1)))
    after = ReadBack(5, before).reported(before, raw if isinstance(raw, dict) else {})
    assert after is None or after.entries == ()


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [({}, True), ({"chargingLimitSource": ["CSO"]}, True), ({"chargingLimitSource": ["EMS"]}, False),
     ({"chargingLimitSource": 7}, False), ({"chargingProfileId": [1]}, False), ({"stackLevel": 1}, False),
     ({"chargingProfilePurpose": "TxProfile"}, False), (None, False), ("x", False)],
)  # fmt: skip
def test_k09_fr03_only_what_asks_for_everything_tells_what_is_not_there(criteria, expected):
    assert asks_for_all({"requestId": 5, "chargingProfile": criteria}) is expected
    assert not asks_for_all({"requestId": 5, "evseId": 1, "chargingProfile": criteria})


class Truth:
    """A station: it carries out what reaches it, and reads its profiles EVSE by EVSE whenever it finds the time."""

    def __init__(self, profiles) -> None:
        self.profiles = dict(profiles)

    def carries_out(self, action, request) -> None:
        if action == "set":
            self.profiles[request["chargingProfile"]["id"]] = (request["evseId"], request["chargingProfile"])
            return
        wanted, criteria = request.get("chargingProfileId"), request.get("chargingProfileCriteria", {})
        for number, (evse, one) in list(self.profiles.items()):
            fits = criteria.get("evseId") in (None, evse) and criteria.get("stackLevel") in (None, one["stackLevel"])
            if number == wanted or (wanted is None and fits):
                del self.profiles[number]

    def on(self, evse):
        return [one for place, one in self.profiles.values() if place == evse]

    def ledger(self) -> Ledger:
        """What a ledger should say."""
        return new(*self.profiles.values())


def sets():
    return st.builds(
        lambda number, level, evse: ("set", {"evseId": evse, "chargingProfile": profile(number, level=level)}),
        st.sampled_from(IDS), st.integers(0, 2), st.integers(0, 1),
    )  # fmt: skip


def clears():
    by_id = st.builds(lambda number: ("clear", {"chargingProfileId": number}), st.sampled_from(IDS))
    by_place = st.builds(lambda evse: ("clear", {"chargingProfileCriteria": {"evseId": evse}}), st.integers(0, 1))
    by_level = st.builds(lambda level: ("clear", {"chargingProfileCriteria": {"stackLevel": level}}), st.integers(0, 2))
    return st.one_of(by_id, by_place, by_level)


@given(
    there=st.lists(sets(), max_size=4),
    steps=st.lists(
        st.one_of(sets(), clears(), st.sampled_from([("read", None), ("answer", {}), ("lose", {})])), max_size=14
    ),
    blind=st.booleans(),
)
def test_p2_whatever_interleaves_with_a_reading_no_profile_of_ours_is_believed_in_vain(there, steps, blind):
    """CALLs go one after the other, answers come at once, late or never, EVSEs are read at any two moments.

    In the end: what the ledger surely has of ours is there, what silences ours is known, and where every answer came
    the ledger is what the station has. `blind`: the box knew nothing of what was there.
    """
    truth, known = Truth({}), Ledger(protocol=Protocol.V201)
    for action, request in there:
        truth.carries_out(action, request)
        known = known if blind else change(action, request, True)(known)
    reading, reports, open_calls, lost = ReadBack(5, known), [], [], False

    def settle(taken):
        nonlocal known, lost
        action, request = open_calls.pop(0)
        lost = lost or taken is None
        known = change(action, request, taken)(known)
        reading.changed(change(action, request, taken))

    for action, request in steps:
        if action == "read" and len(reports) < 2:
            reports.append(report(*truth.on(len(reports)), evse=len(reports), tbc=not reports))
        elif action in ("answer", "lose"):
            if open_calls:
                settle(True if action == "answer" else None)
        elif action in ("set", "clear"):
            if open_calls:
                settle(True)
            truth.carries_out(action, request)
            open_calls.append((action, request))
    while len(reports) < 2:
        reports.append(report(*truth.on(len(reports)), evse=len(reports), tbc=not reports))
    first, last = reports
    assert reading.reported(known, first) is None
    known = reading.reported(known, last)
    while open_calls:
        known = change(*open_calls.pop(0), True)(known)
    real = truth.ledger()
    assert known.present() <= real.present()
    for number in known.present():
        assert (number in real.overruled()) <= (number in known.overruled())
    if not lost:
        assert plain(known) == plain(real)


def change(action, request, taken):
    if action == "set":
        return lambda ledger: book.profile_set(ledger, request, taken)
    return lambda ledger: book.profiles_cleared(ledger, request, taken)


def plain(ledger):
    return sorted((entry.profile.id, entry.evse_id, entry.profile.stack_level) for entry in ledger.entries)


def test_a_settled_ledger_comes_back_from_json_as_it_was():
    before = new((1, profile(1)))
    after = ReadBack(5, before).settled(before)
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(after))), Ledger) == after
