"""Which profiles count for an EVSE, and in which order."""

import dataclasses

import pytest

from localctl.charging.base.instants import Instant
from localctl.charging.composition.composite_stack import Book, evse_stacks, in_force, station_stacks
from localctl.charging.profile.profiles import (
    ChargingProfile,
    ChargingSchedule,
    Installed,
    Kind,
    Period,
    Protocol,
    Purpose,
    RateUnit,
    Transaction,
)

SCHEDULE = ChargingSchedule(unit=RateUnit.AMPS, periods=(Period(start_s=0, limit=6),))
NOW = Instant(1000)
RUNNING = (Transaction(evse_id=1, id="t", started_at=Instant(900), energy_offered_at=Instant(930)),)


def installed(id_, purpose=Purpose.TX_DEFAULT, evse_id=1, level=0, **members):
    made = ChargingProfile(
        id=id_, stack_level=level, purpose=purpose, kind=Kind.RELATIVE, schedules=(SCHEDULE,), **members
    )
    return Installed(evse_id=evse_id, profile=made)


def ids(candidates):
    return [each.profile.id for each in candidates]


def session(*profiles, transactions=RUNNING, protocol=Protocol.V21, evse_id=1):
    book = Book(protocol=protocol, installed=profiles, transactions=transactions)
    return ids(evse_stacks(book, evse_id, NOW, 0, alone=True).session)


def test_r6_r7_purpose_then_level_then_the_evses_own_then_the_newer():
    assert session(
        installed(1, level=9, evse_id=0),
        installed(2, level=1, evse_id=0),
        installed(3, level=1),
        installed(4, level=1),
        installed(5, Purpose.TX, transaction_id="t"),
        installed(6, Purpose.PRIORITY),
        installed(7, evse_id=2),
    ) == [6, 5, 1, 4, 3, 2]


def test_r7_a_tx_profile_counts_for_its_transaction_or_without_a_name_for_any():
    profiles = installed(1, Purpose.TX, transaction_id="t"), installed(2, Purpose.TX, transaction_id="u")
    assert session(*profiles, installed(3, Purpose.TX)) == [3, 1]


def test_r8_without_a_transaction_only_defaults_count():
    profiles = installed(1), installed(2, Purpose.TX, transaction_id="t"), installed(3, Purpose.PRIORITY)
    assert session(*profiles, transactions=()) == [1]


def test_k21_priority_charging_counts_while_the_transaction_has_priority():
    calm = (dataclasses.replace(RUNNING[0], priority=False),)
    assert session(installed(1), installed(2, Purpose.PRIORITY, evse_id=0), transactions=calm) == [1]


def test_r5_relative_counts_from_energy_offered_else_from_the_request():
    (one,) = evse_stacks(Book(installed=(installed(1),), transactions=RUNNING), 1, NOW, 0, alone=True).session
    assert one.zero_at == 930
    (two,) = evse_stacks(Book(installed=(installed(1, evse_id=0),)), 1, NOW, 0, alone=True).session
    assert two.zero_at == 1000


def test_1_6_3_13_1_the_connectors_own_default_replaces_those_of_connector_0():
    profiles = installed(1, evse_id=0, level=5), installed(2, level=0)
    assert session(*profiles, protocol=Protocol.V16) == [2]
    assert session(*profiles, protocol=Protocol.V16, evse_id=2) == [1]
    assert session(*profiles) == [1, 2]


def test_generation_of_the_station_counts_for_an_evse_asked_by_itself():
    book = Book(
        installed=(
            installed(1, Purpose.LOCAL_GENERATION, evse_id=0),
            installed(2, Purpose.LOCAL_GENERATION, evse_id=1),
        )
    )
    assert ids(evse_stacks(book, 1, NOW, 0, alone=True).generation) == [2, 1]
    assert ids(evse_stacks(book, 1, NOW, 0, alone=False).generation) == [2]
    assert ids(station_stacks(book, NOW, 0).generation) == [1]


def test_external_limits_of_evse_and_station_are_two_stacks():
    book = Book(installed=(installed(1, Purpose.EXTERNAL, evse_id=0), installed(2, Purpose.EXTERNAL, level=3)))
    assert ids(evse_stacks(book, 1, NOW, 0, alone=True).external) == [2]
    assert ids(station_stacks(book, NOW, 0).external) == [1]


def test_k15_fr22_the_asked_schedule_of_several_is_taken_and_an_only_one_always():
    other = dataclasses.replace(SCHEDULE, id=9)
    several = installed(1)
    several = dataclasses.replace(several, profile=dataclasses.replace(several.profile, schedules=(SCHEDULE, other)))
    book = Book(installed=(several, installed(2)))
    assert [each.schedule.id for each in evse_stacks(book, 1, NOW, 1, alone=True).session] == [0, 9]


def kept(*profiles, protocol=Protocol.V201, transactions=RUNNING):
    book = in_force(Book(protocol=protocol, installed=profiles, transactions=transactions))
    return [one.profile.stack_level for one in book.installed]


def test_k01_fr05_the_same_id_replaces_on_its_evse_and_purpose():
    assert kept(installed(1, level=1), installed(2, level=2), installed(1, level=3)) == [2, 3]


@pytest.mark.parametrize("protocol", Protocol)
def test_one_id_for_two_purposes_or_evses_is_a_list_put_together_so_both_count(protocol):
    elsewhere = installed(1, level=2, evse_id=2)
    session = installed(1, Purpose.TX, level=3, transaction_id="t")
    assert kept(installed(1, level=1), elsewhere, session, protocol=protocol) == [1, 2, 3]


def test_k01_fr05_external_limits_neither_replace_nor_are_replaced():
    assert kept(installed(1, level=1), installed(1, Purpose.EXTERNAL, 0, level=2), installed(1, level=3)) == [2, 3]


def test_1_6_the_same_purpose_level_and_connector_replaces():
    profiles = installed(1), installed(2), installed(3, evse_id=2)
    assert kept(*profiles) == [0, 0, 0]
    assert kept(*profiles, protocol=Protocol.V16) == [0, 0]


def test_1_6_what_was_replaced_later_had_removed_what_was_there_before():
    assert kept(installed(1, level=1), installed(1, level=2), installed(2, level=2), protocol=Protocol.V16) == [2]
    chain = installed(1, level=1), installed(1, level=2), installed(2, level=2)
    assert [one.profile.id for one in in_force(Book(protocol=Protocol.V16, installed=chain)).installed] == [2]


def test_k01_fr09_fr33_tx_profiles_that_could_not_be_installed_replace_nothing():
    mine, foreign = (installed(1, Purpose.TX, level=level, transaction_id=id_) for level, id_ in ((1, "t"), (2, "u")))
    assert kept(mine, foreign) == [1]
    assert kept(mine, transactions=()) == []
