"""Which profiles are installed, told by what was accepted."""

import json

import msgspec
import pytest

from localctl.charging.knowing import ledger
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.profile.own_ids import OURS_FROM
from localctl.charging.profile.profiles import Protocol

OURS = OURS_FROM


def profile(key, purpose="TxDefaultProfile", level=0, limit=16.0, **more):
    schedule = {"id": 1, "startSchedule": "2027-01-01T00:00:00Z", "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}  # fmt: skip
    return {"id": key, "stackLevel": level, "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute",
            "chargingSchedule": [schedule]} | more  # fmt: skip


def old(key, purpose="TxDefaultProfile", level=0, **more):
    made = profile(key, purpose, level, **more)
    made["chargingProfileId"], [made["chargingSchedule"]] = made.pop("id"), made["chargingSchedule"]
    return made


def new(*sets, book=None):
    """A 2.0.1 ledger after SetChargingProfile (evse, profile, taken)."""
    book = book or Ledger(protocol=Protocol.V201)
    for evse, made, *taken in sets:
        book = ledger.profile_set(book, {"evseId": evse, "chargingProfile": made}, *(taken or [True]))
    return book


def new_16(*sets, book=None):
    book = book or Ledger(protocol=Protocol.V16)
    for connector, made, *taken in sets:
        book = ledger.profile_set(book, {"connectorId": connector, "csChargingProfiles": made}, *(taken or [True]))
    return book


def ids(book):
    return [(entry.profile.id, entry.sure) for entry in book.entries]


def test_only_what_was_accepted_is_installed():
    assert ids(new((1, profile(1)), (1, profile(2), False))) == [(1, True)]


def test_k01_fr05_the_same_id_replaces_whatever_it_was():
    book = new((1, profile(1)), (0, profile(1, "ChargingStationMaxProfile", limit=9.0)))
    assert [(entry.evse_id, entry.profile.purpose.value) for entry in book.entries] == [
        (0, "ChargingStationMaxProfile")
    ]


def test_k01_fr06_in_2x_equal_levels_of_other_ids_stand_beside_each_other():
    assert ids(new((1, profile(1)), (2, profile(2)))) == [(1, True), (2, True)]


def test_10_10_in_1_6_the_same_level_and_purpose_replaces():
    assert ids(new_16((1, old(1)), (1, old(2)))) == [(2, True)]
    assert ids(new_16((1, old(1)), (2, old(2)), (0, old(3)), (1, old(4, level=1)))) == [
        (1, True), (2, True), (3, True), (4, True),
    ]  # fmt: skip


def test_an_answer_that_never_came_leaves_both_possible():
    book = new((1, profile(1)), (1, profile(1, limit=9.0), None))
    assert ids(book) == [(1, False), (1, False)]
    assert ids(new((1, profile(1)), book=book)) == [(1, True)]


def test_k10_fr03_an_id_clears_alone_and_decides_over_criteria():
    book = new((1, profile(1)), (1, profile(2, level=1)))
    request = {"chargingProfileId": 1, "chargingProfileCriteria": {"stackLevel": 1}}
    assert ids(ledger.profiles_cleared(book, request, True)) == [(2, True)]


@pytest.mark.parametrize(
    ("criteria", "left"),
    [
        ({"evseId": 1}, [2, 3]),
        ({"stackLevel": 1}, [1, 3]),
        ({"evseId": 0, "chargingProfilePurpose": "ChargingStationMaxProfile"}, [1, 2]),
        ({"evseId": 1, "stackLevel": 1}, [1, 2, 3]),
        ({}, [1, 2, 3]),
    ],
)
def test_k10_fr04_criteria_count_together(criteria, left):
    book = new((1, profile(1)), (2, profile(2, level=1)), (0, profile(3, "ChargingStationMaxProfile")))
    cleared = ledger.profiles_cleared(book, {"chargingProfileCriteria": criteria}, True)
    assert [key for key, _ in ids(cleared)] == left


def test_10_18_in_1_6_a_clear_without_any_field_clears_everything():
    book = new_16((1, old(1)), (0, old(OURS, "ChargePointMaxProfile")))
    assert ids(ledger.profiles_cleared(book, {}, True)) == []
    wanted = {"chargingProfilePurpose": "ChargePointMaxProfile"}
    assert ids(ledger.profiles_cleared(book, wanted, True)) == [(1, True)]


def test_a_clear_that_was_refused_or_never_answered():
    book = new((1, profile(1)))
    assert ledger.profiles_cleared(book, {"chargingProfileId": 1}, False) is book
    assert ids(ledger.profiles_cleared(book, {"chargingProfileId": 1}, None)) == [(1, False)]


def test_k02_fr05_a_tx_profile_goes_with_its_transaction():
    book = new(
        (1, profile(1, "TxProfile", transactionId="a")),
        (1, profile(2)),
        (2, profile(3, "TxProfile", transactionId="b")),
    )
    assert [key for key, _ in ids(ledger.transaction_ended(book, "a", 1))] == [2, 3]


def test_10_12_in_1_6_a_tx_profile_without_an_id_goes_with_the_connector():
    book = new_16((1, old(1, "TxProfile")), (2, old(2, "TxProfile")))
    assert [key for key, _ in ids(ledger.transaction_ended(book, "9", 1))] == [2]


def test_5_4_3_a_profile_of_a_remote_start_waits_for_its_transaction():
    request = {"evseId": 1, "remoteStartId": 7, "chargingProfile": profile(1, "TxProfile")}
    book = ledger.start_requested(Ledger(protocol=Protocol.V201), request, True, 0.0)
    assert book.at(1) == ()
    assert ledger.transaction_began(book, "tx", 2, 8, 0.0).at(2) == ()
    [bound] = ledger.transaction_began(book, "tx", 2, 7, 0.0).at(2)
    assert (bound.evse_id, bound.profile.transaction_id) == (2, "tx")


def test_10_12_in_1_6_the_next_transaction_on_the_connector_is_meant():
    request = {"connectorId": 1, "idTag": "T", "chargingProfile": old(1, "TxProfile")}
    book = ledger.start_requested(Ledger(protocol=Protocol.V16), request, True, 0.0)
    assert ledger.transaction_began(book, "5", 2, None, 0.0).at(2) == ()
    assert ledger.transaction_began(book, "5", 1, None, 0.0).at(1)[0].profile.transaction_id == "5"


def test_10_12_in_1_6_a_driver_who_never_came_leaves_nothing_for_the_next_one():
    request = {"connectorId": 1, "idTag": "T", "chargingProfile": old(1, "TxProfile")}
    book = ledger.start_requested(Ledger(protocol=Protocol.V16), request, True, 1000.0)
    assert ids(ledger.transaction_began(book, "5", 1, None, 1600.0)) == [(1, True)]
    assert ids(ledger.transaction_began(book, "5", 1, None, 1601.0)) == []


def test_5_4_3_where_the_start_has_a_number_it_is_waited_for_as_long_as_it_takes():
    request = {"evseId": 1, "remoteStartId": 7, "chargingProfile": profile(1, "TxProfile")}
    book = ledger.start_requested(Ledger(protocol=Protocol.V201), request, True, 1000.0)
    assert ledger.transaction_began(book, "tx", 1, 7, 9999.0).at(1)[0].profile.transaction_id == "tx"


def test_a_remote_start_without_a_profile_or_refused_is_nothing():
    book = Ledger(protocol=Protocol.V201)
    assert ledger.start_requested(book, {"remoteStartId": 1}, True, 0.0) is book
    refused = {"remoteStartId": 1, "chargingProfile": profile(1, "TxProfile")}
    assert ledger.start_requested(book, refused, False, 0.0) is book


def test_k28_an_update_changes_the_limit_of_a_dynamic_profile():
    book = new((0, profile(OURS, "ChargingStationMaxProfile", chargingProfileKind="Dynamic")))
    update = {"chargingProfileId": OURS, "scheduleUpdate": {"limit": 9.0}}
    assert ledger.dynamic_updated(book, update, True).entries[0].profile.schedules[0].periods[0].limit == 9.0
    assert ledger.dynamic_updated(book, update, None) is book


@pytest.mark.parametrize("limit", [10**400, True, "9", None])
def test_p6_an_update_to_what_is_no_limit_leaves_the_one_before(limit):
    book = new((0, profile(5, "ChargingStationMaxProfile", chargingProfileKind="Dynamic")))
    update = {"chargingProfileId": 5, "scheduleUpdate": {"limit": limit}}
    assert ledger.dynamic_updated(book, update, True) is book


def test_ours_and_theirs_are_told_apart():
    book = new(
        (0, profile(OURS, "ChargingStationMaxProfile", 3)),
        (0, profile(5, "ChargingStationMaxProfile", 2)),
        (1, profile(6)),
    )
    assert book.levels() == {"ChargingStationMaxProfile": 2, "TxDefaultProfile": 0}
    assert [each.profile.id for each in book.at(1, ours=False)] == [5, 6]
    assert [each.profile.id for each in book.at(2)] == [OURS, 5]
    assert book.present() == {OURS}


def test_a_profile_of_theirs_at_our_level_or_above_overrules_ours():
    mine = (0, profile(OURS, "ChargingStationMaxProfile", 3))
    assert new(mine, (0, profile(5, "ChargingStationMaxProfile", 2))).overruled() == frozenset()
    assert new(mine, (0, profile(5, "ChargingStationMaxProfile", 3), None)).overruled() == {OURS}
    assert new(mine, (1, profile(5, "TxDefaultProfile", 9))).overruled() == frozenset()


def test_5_2_2_a_tx_profile_of_theirs_overrules_our_default_unless_ours_stands_above_it():
    mine = (1, profile(OURS + 2, level=5))
    theirs = (1, profile(9, "TxProfile", 3, transactionId="t"))
    assert new(mine, theirs).overruled() == {OURS + 2}
    assert new(mine, theirs, (1, profile(OURS + 3, "TxProfile", 4, transactionId="t"))).overruled() == frozenset()
    assert new(mine, (2, profile(9, "TxProfile", 3, transactionId="t"))).overruled() == frozenset()


@pytest.mark.parametrize("broken", [None, {}, {"evseId": 1}, {"evseId": "x", "chargingProfile": profile(1)}])
def test_what_cannot_be_read_is_not_remembered(broken):
    book = Ledger(protocol=Protocol.V201)
    assert ledger.profile_set(book, broken or {}, True) == book


def test_the_ledger_is_bounded_and_ours_stay():
    book = new(
        (0, profile(OURS, "ChargingStationMaxProfile")), *((1, profile(number, level=number)) for number in range(400))
    )
    assert len(book.entries) == ledger.MOST_ENTRIES
    assert book.entries[0].ours
    assert book.entries[-1].profile.id == 399


def test_it_comes_back_from_json_as_it_was():
    book = new((0, profile(OURS, "ChargingStationMaxProfile")), (1, profile(2, validFrom="2027-01-01T00:00:00Z"), None))
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(book))), Ledger) == book
